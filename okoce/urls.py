"""All addresses of the portal. Stable ones are listed in the README; every view declares its access."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from okoce import health
from okoce.home import home

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("", include("accounts.urls")),  # before the admin, whose own sign-in leads here
    path("pesan/", include("notifications.urls")),
    path("admin/", admin.site.urls),
    path("", include("centers.urls")),
    path("", include("participants.urls")),  # before the pipeline: /peserta/<id>/kode/ is theirs
    path("", include("programs.pipeline.urls")),
    path("", include("reports.urls")),
    path("", home, name="home"),
]

handler400 = "okoce.errors.bad_request"
handler403 = "okoce.errors.permission_denied"
handler404 = "okoce.errors.page_not_found"
handler500 = "okoce.errors.server_error"
