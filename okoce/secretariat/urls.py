"""Addresses of the secretariat."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import audit_views, desk_views, place_views, rule_views, support_views

urlpatterns: list[URLPattern] = [
    path("sekretariat/", desk_views.desk, name="secretariat"),
    path("sekretariat/pusat/", place_views.center_list, name="secretariat_centers"),
    path("sekretariat/pusat/baru/", place_views.center_new, name="secretariat_center_new"),
    path("sekretariat/pusat/<str:code>/", place_views.center_edit, name="secretariat_center"),
    path("sekretariat/pusat/<str:code>/tutup/", place_views.center_close, name="secretariat_center_close"),
    path("sekretariat/dinas/", place_views.agency_list, name="secretariat_agencies"),
    path("sekretariat/dinas/baru/", place_views.agency_new, name="secretariat_agency_new"),
    path("sekretariat/dinas/<str:code>/", place_views.agency_edit, name="secretariat_agency"),
    path("aturan/", rule_views.rule_list, name="rules"),
    path("aturan/<slug:family>/<str:key>/", rule_views.rule_page, name="rule"),
    path("aturan/<slug:family>/<str:key>/baru/", rule_views.rule_new, name="rule_new"),
    path(
        "aturan/<slug:family>/<str:key>/<int:value_id>/cabut/",
        rule_views.rule_withdraw,
        name="rule_withdraw",
    ),
    path("dukungan/", support_views.begin, name="support"),
    path("dukungan/selesai/", support_views.finish, name="support_end"),
    path("audit/", audit_views.audit_list, name="audit"),
    path("audit/unduh/", audit_views.audit_export, name="audit_export"),
]
