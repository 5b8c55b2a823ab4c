"""All addresses of the portal. Stable ones are listed in the README; every view declares its access."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from accounts.access import public
from core.showcase import showcase
from core.views import set_theme
from okoce import health, offline, public_pages
from okoce.home import home
from programs.training.views.certificates import verify, verify_form

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("", include("accounts.urls")),  # before the admin, whose own sign-in leads here
    path("pesan/", include("notifications.urls")),
    path("admin/", admin.site.urls),
    path("", include("programs.placement.urls")),  # before the centres: /pusat/lowongan/ is theirs
    path("", include("centers.urls")),
    path("", include("centers.staff.urls")),
    path("", include("helpdesk.urls")),
    path("", include("participants.urls")),  # before the pipeline: /peserta/<id>/kode/ is theirs
    path("pelatihan/", include("programs.training.urls")),
    path("verifikasi/", verify_form, name="verify_form"),
    path("verifikasi/<slug:code>/", verify, name="verify"),
    path("", include("programs.mentoring.urls")),  # before the pipeline: /peserta/<id>/rencana/ is theirs
    path("", include("programs.pipeline.rights_urls")),
    path("", include("programs.pipeline.urls")),
    path("", include("reports.urls")),
    path("", include("okoce.secretariat.urls")),
    path("", home, name="home"),
    path("aksesibilitas/", public_pages.accessibility, name="accessibility"),
    path("robots.txt", public_pages.robots, name="robots"),
    path("sitemap.xml", public_pages.sitemap, name="sitemap"),
    path("tema/", public(set_theme), name="theme"),
    path("sw.js", offline.worker, name="worker"),
    path("manifest.webmanifest", offline.manifest, name="manifest"),
    path("sinyal/", offline.signal, name="signal"),
    path("tanpa-sinyal/", offline.no_signal, name="no_signal"),
    path("kiriman/", offline.sendings, name="sendings"),
]
if settings.DEBUG:
    urlpatterns.append(path("komponen/", public(showcase), name="showcase"))

handler400 = "okoce.errors.bad_request"
handler403 = "okoce.errors.permission_denied"
handler404 = "okoce.errors.page_not_found"
handler500 = "okoce.errors.server_error"
