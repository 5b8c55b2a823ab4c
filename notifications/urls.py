"""Addresses under /pesan/."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("dibaca/", views.mark_all_read, name="inbox_read_all"),
    path("pengaturan/", views.preferences, name="inbox_preferences"),
    path("<uuid:notification_id>/dibaca/", views.mark_read, name="inbox_read"),
]
