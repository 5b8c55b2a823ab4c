"""Addresses of dashboards and reports."""

from __future__ import annotations

from django.urls import path

from . import public_views, views

urlpatterns = [
    path("statistik/", public_views.statistics, name="statistics"),
    path("statistik/corong.json", public_views.statistics_json, name="statistics_json"),
    path("statistik/corong.csv", public_views.statistics_csv, name="statistics_csv"),
    path("statistik/kamus/", public_views.glossary, name="statistics_glossary"),
    path("dasbor/", views.dashboard, name="dashboard"),
    path("dasbor/corong.json", views.dashboard_json, name="dashboard_json"),
    path("dasbor/corong.csv", views.dashboard_csv, name="dashboard_csv"),
    path("rekonsiliasi/", views.reconcile_runs, name="reconcile"),
    path("laporan/", views.report_list, name="reports"),
    path("laporan/<uuid:job_id>/unduh/", views.report_download, name="report_download"),
    path("laporan/<uuid:job_id>/ulang/", views.report_retry, name="report_retry"),
]
