"""The coach's calendar by day and week, and its secret address for a phone's calendar."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import has_role, public, role_required
from accounts.models import Role
from accounts.requests import actor_of
from core import validators
from core.clock import ZONES, local_day, now
from core.formats import day_long
from core.icalendar import TYPE
from programs.mentoring import agenda
from programs.mentoring.models import CalendarFeed, renew

WEEK = 7


@role_required(Role.PENDAMPING)
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """A week from its Monday, or one day."""
    return _page(request)


@role_required(Role.PENDAMPING)
@require_POST
def calendar_renew(request: HttpRequest) -> HttpResponse:
    """A new secret address, shown this once; the old one opens nothing any more."""
    path = reverse("calendar_feed", args=[renew(actor_of(request))])
    return _page(request, address=f"{settings.SITE_URL}{path}")


@public
@require_safe
def calendar_feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The agenda of the coach whose secret this is; 404 for any other word."""
    found = CalendarFeed.objects.with_secret(secret).select_related("user").first()
    if found is None or not has_role(found.user, Role.PENDAMPING):
        raise Http404("Tidak ditemukan.")
    response = HttpResponse(agenda.feed(found.user, at=now()), content_type=TYPE)
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _page(request: HttpRequest, *, address: str = "") -> HttpResponse:
    coach = actor_of(request)
    zone = agenda.zone_of(coach)
    today = local_day(now(), zone)
    shown = _day(request.GET.get("tanggal", "")) or today
    is_day = request.GET.get("lihat") == "hari"
    many = 1 if is_day else WEEK
    first = shown if is_day else shown - timedelta(days=shown.weekday())
    kept = "&lihat=hari" if is_day else ""
    last = first + timedelta(days=many - 1)
    context = {
        "days": agenda.days(coach, first=first, many=many, zone=zone, today=today),
        "is_day": is_day,
        "title": day_long(first) if is_day else f"{day_long(first)} sampai {day_long(last)}",
        "zone": ZONES[zone],
        "before": f"?tanggal={first - timedelta(days=many):%d/%m/%Y}{kept}",
        "after": f"?tanggal={first + timedelta(days=many):%d/%m/%Y}{kept}",
        "now": f"?tanggal={today:%d/%m/%Y}{kept}",
        "as_day": f"?tanggal={(today if first <= today <= last else first):%d/%m/%Y}&lihat=hari",
        "as_week": f"?tanggal={first:%d/%m/%Y}",
        "address": address,
        "feed": CalendarFeed.objects.visible_to(coach).first(),
        "feed_zone": zone,
    }
    return render(request, "mentoring/calendar.html", context)


def _day(text: str) -> date | None:
    """A day of the address; anything else is today."""
    try:
        found = validators.clean_date(text)
    except ValidationError:
        return None
    return found if 2000 <= found.year <= 2100 else None
