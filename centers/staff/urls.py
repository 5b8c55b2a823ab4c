"""Addresses of users and roles."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

urlpatterns: list[URLPattern] = [
    path("pengguna/", views.user_list, name="users"),
    path("pengguna/baru/", views.user_new, name="user_new"),
    path("pengguna/<uuid:user_id>/", views.user_page, name="user"),
    path("pengguna/<uuid:user_id>/peran/", views.role_new, name="role_new"),
    path("pengguna/<uuid:user_id>/peran/<int:role_id>/akhiri/", views.role_end, name="role_end"),
    path("pengguna/<uuid:user_id>/kode/", views.user_code, name="user_code"),
    path("pengguna/<uuid:user_id>/<slug:slug>/", views.user_act, name="user_act"),
]
