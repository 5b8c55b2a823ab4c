"""Addresses of signing in and of one's own account; allauth's own addresses are not included.

Include before Django's admin: its sign-in and password pages lead to ours.
"""

from __future__ import annotations

from django.urls import path

from accounts import mfa_views, views
from accounts.admin_gate import admin_login, admin_password_change

urlpatterns = [
    path("masuk/", views.login, name="login"),
    path("masuk/", views.login, name="account_login"),  # the name allauth redirects to
    path("keluar/", views.logout, name="logout"),
    path("lupa-sandi/", views.forgot, name="forgot"),
    path("lupa-sandi/terkirim/", views.forgot_sent, name="forgot_sent"),
    path("lupa-sandi/kode/", views.code, name="code"),
    path("lupa-sandi/<uuid:uid>/<str:token>/", views.reset_link, name="reset_link"),
    path("akun/", views.account, name="account"),
    path("akun/kata-sandi/", views.change_password, name="change_password"),
    path("akun/keluar-semua/", views.sign_out_everywhere, name="sign_out_everywhere"),
    path("akun/konfirmasi/", views.reauthenticate, name="account_reauthenticate"),
    path("akun/mfa/", mfa_views.index, name="mfa_index"),
    path("akun/mfa/masuk/", mfa_views.authenticate, name="mfa_authenticate"),
    path("akun/mfa/konfirmasi/", mfa_views.reauthenticate, name="mfa_reauthenticate"),
    path("akun/mfa/pasang/", mfa_views.activate, name="mfa_activate_totp"),
    path("akun/mfa/lepas/", mfa_views.deactivate, name="mfa_deactivate_totp"),
    path("akun/mfa/kode-cadangan/", mfa_views.recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "akun/mfa/kode-cadangan/baru/", mfa_views.generate_recovery_codes, name="mfa_generate_recovery_codes"
    ),
    path(
        "akun/mfa/kode-cadangan/unduh/", mfa_views.download_recovery_codes, name="mfa_download_recovery_codes"
    ),
    path("admin/login/", admin_login),
    path("admin/password_change/", admin_password_change),
]
