"""What the portal says about itself: how it can be used by everybody, and what search engines may read."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.access import public
from centers.models import Center

ROBOTS = """User-agent: *
Disallow: /admin/
Disallow: /berkas/
Disallow: /wilayah/cari/
Disallow: /daftar/periksa/

Sitemap: {site}/sitemap.xml
"""
"""Files and fragments are no pages. What needs an account leads to the sign-in page anyway."""

LISTED = (
    "home",
    "register",
    "center_list",
    "class_list",
    "vacancy_list",
    "statistics",
    "statistics_glossary",
    "help",
    "accessibility",
)
"""Public pages that somebody may look for."""


@public
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """What works for whom, what does not yet, and how to tell us."""
    return render(request, "okoce/accessibility.html")


@public
@require_safe
@cache_control(public=True, max_age=86_400)
def robots(request: HttpRequest) -> HttpResponse:
    """/robots.txt for search engines."""
    del request
    return HttpResponse(ROBOTS.format(site=settings.SITE_URL), content_type="text/plain; charset=utf-8")


@public
@require_safe
@cache_control(public=True, max_age=86_400)
def sitemap(request: HttpRequest) -> HttpResponse:
    """/sitemap.xml: the public pages, and the page of every kecamatan with an open centre. One statement."""
    del request
    places = Center.objects.filter(status=Center.Status.BUKA).order_by("district").distinct()
    paths = [reverse(name) for name in LISTED]
    paths += [reverse("center_page", args=[code]) for code in places.values_list("district", flat=True)]
    lines = "".join(f"<url><loc>{settings.SITE_URL}{path}</loc></url>\n" for path in paths)
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{lines}</urlset>\n'
    )
    return HttpResponse(body, content_type="application/xml; charset=utf-8")
