"""Addresses of dashboards and reports."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("dasbor/", views.dashboard, name="dashboard"),
    path("dasbor/corong.json", views.dashboard_json, name="dashboard_json"),
    path("dasbor/corong.csv", views.dashboard_csv, name="dashboard_csv"),
    path("rekonsiliasi/", views.reconcile_runs, name="reconcile"),
    path("laporan/", views.report_list, name="reports"),
    path("laporan/<uuid:job_id>/unduh/", views.report_download, name="report_download"),
    path("laporan/<uuid:job_id>/ulang/", views.report_retry, name="report_retry"),
]
