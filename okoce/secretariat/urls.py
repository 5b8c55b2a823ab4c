"""Addresses of the secretariat."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import audit_views, desk_views

urlpatterns: list[URLPattern] = [
    path("sekretariat/", desk_views.desk, name="secretariat"),
    path("audit/", audit_views.audit_list, name="audit"),
    path("audit/unduh/", audit_views.audit_export, name="audit_export"),
]
