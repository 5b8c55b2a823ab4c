"""`/sekretariat/pusat/` and `/sekretariat/dinas/`: centres and agencies, kept by the secretariat."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import SeeOther, area_q, role_required
from accounts.models import Role
from accounts.requests import actor_of, sent
from centers.models import Agency, Center
from centers.names import scope_names
from core import clock
from core.refusals import Refused

from . import attention, places
from .place_forms import AgencyFilterForm, AgencyForm, CenterForm, CloseForm, PlaceFilterForm

FORM = require_http_methods(["GET", "HEAD", "POST"])
PAGE_SIZE = 50
Menu = tuple[str, str]
"""Name of a list's address, and its word in the path of a page."""
CENTERS: Menu = ("secretariat_centers", "Pusat")
AGENCIES: Menu = ("secretariat_agencies", "Dinas")
CENTER_FIELDS = ("name", "status", "opened_on", "address", "hours", "zone", "whatsapp", "capacity")
AGENCY_FIELDS = ("name", "short_name", "area_code", "duties", "sectors", "starts_on", "ends_on")


@role_required(Role.ADMIN)
@require_safe
def center_list(request: HttpRequest) -> HttpResponse:
    """Centres by code, in pages by key."""
    form = PlaceFilterForm(request.GET)
    form.is_valid()
    filters = {name: value for name, value in form.cleaned_data.items() if value}
    found = Center.objects.visible_to(actor_of(request)).with_place()
    if text := filters.get("q"):
        found = found.filter(Q(name__icontains=text) | Q(code__istartswith=text))
    if status := filters.get("status"):
        found = found.filter(status=status)
    if need := filters.get("perlu"):
        found = found.filter(_needs(need))
    return render(request, "secretariat/centers.html", _list(request, form, found, filters, "Pusat"))


def _needs(need: str) -> Q:
    if need == "pengelola":
        return attention.open_without_manager(clock.now())
    return attention.closed_with_people() if need == "peserta" else attention.in_retired_area()


@role_required(Role.ADMIN)
@FORM
def center_new(request: HttpRequest) -> HttpResponse:
    """Open a new centre."""
    form = CenterForm(**sent(request), initial={"capacity": 200, "status": Center.Status.DIRENCANAKAN})
    return _form_page(request, form, Center(), "Pusat baru", CENTERS)


@role_required(Role.ADMIN)
@FORM
def center_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a centre: hours, WhatsApp, zone, capacity, status."""
    center = _center(request, code)
    initial: dict[str, Any] = {name: getattr(center, name) for name in CENTER_FIELDS}
    form = CenterForm(**sent(request), center=center, initial=initial | {"village": center.village_id or ""})
    close = "" if center.status == Center.Status.TUTUP else reverse("secretariat_center_close", args=[code])
    return _form_page(request, form, center, str(center), CENTERS, close=close)


@role_required(Role.ADMIN)
@FORM
def center_close(request: HttpRequest, code: str) -> HttpResponse:
    """Close a centre: first what depends on it, then the question."""
    center, at, form = _center(request, code), clock.now(), CloseForm(**sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            places.close(center=center, actor=actor_of(request), reason=form.cleaned_data["reason"], at=at)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{center} ditutup.")
            return SeeOther(reverse("secretariat_centers"))
    context = {
        "center": center,
        "standing": places.standing_of(center, at=at),
        "form": form,
        "cancel": reverse("secretariat_center", args=[code]),
        "crumbs": _crumbs(CENTERS, f"Tutup {center}"),
    }
    return render(request, "secretariat/center_close.html", context, status=422 if form.errors else 200)


@role_required(Role.ADMIN)
@require_safe
def agency_list(request: HttpRequest) -> HttpResponse:
    """Agencies by code, in pages by key."""
    form = AgencyFilterForm(request.GET)
    form.is_valid()
    filters = {name: value for name, value in form.cleaned_data.items() if value}
    found = Agency.objects.all()
    if text := filters.get("q"):
        found = found.filter(Q(name__icontains=text) | Q(short_name__icontains=text))
    if area := filters.get("wilayah"):
        found = found.filter(area_q("area_code", [area]) if area != "ID" else Q(area_code="ID"))
    context = _list(request, form, found, filters, "Dinas")
    names = scope_names(agency.area_code for agency in context["rows"])
    context["rows"] = [
        {
            "agency": agency,
            "place": names.get(agency.area_code, agency.area_code),
            "duties": [Agency.Duty(duty).label for duty in agency.duties],
        }
        for agency in context["rows"]
    ]
    return render(request, "secretariat/agencies.html", context)


@role_required(Role.ADMIN)
@FORM
def agency_new(request: HttpRequest) -> HttpResponse:
    """A new department."""
    form = AgencyForm(**sent(request))
    return _form_page(request, form, Agency(), "Dinas baru", AGENCIES)


@role_required(Role.ADMIN)
@FORM
def agency_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a department, or end it on a day."""
    agency = Agency.objects.filter(pk=code).first()
    if agency is None:
        raise Http404("Tidak ditemukan.")
    initial = {name: getattr(agency, name) for name in AGENCY_FIELDS}
    form = AgencyForm(**sent(request), agency=agency, initial=initial)
    return _form_page(request, form, agency, str(agency), AGENCIES)


# parts -----------------------------------------------------------------------------------------------------


def _center(request: HttpRequest, code: str) -> Center:
    found = Center.objects.visible_to(actor_of(request)).with_place().filter(pk=code).first()
    if found is None:
        raise Http404("Tidak ditemukan.")
    return found


def _list(
    request: HttpRequest, form: forms.Form, found: Any, filters: dict[str, Any], title: str
) -> dict[str, Any]:
    """What both lists show: one page of rows by code, and the way to the next."""
    after = request.GET.get("sesudah", "")[:40].replace("\x00", "")
    rows = list((found.filter(pk__gt=after) if after else found).order_by("pk")[: PAGE_SIZE + 1])
    kept = {name: request.GET[name] for name in form.fields if request.GET.get(name)}
    has_more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    return {
        "form": form,
        "rows": rows,
        "is_filtered": bool(filters),
        "next_url": f"?{urlencode({**kept, 'sesudah': rows[-1].pk})}" if has_more else "",
        "first_url": f"?{urlencode(kept)}" if after else "",
        "today": clock.today(),
        "crumbs": [{"label": "Sekretariat", "href": reverse("secretariat")}, {"label": title}],
    }


def _crumbs(menu: Menu, title: str) -> list[dict[str, str]]:
    name, label = menu
    return [
        {"label": "Sekretariat", "href": reverse("secretariat")},
        {"label": label, "href": reverse(name)},
        {"label": title},
    ]


def _form_page(
    request: HttpRequest, form: Any, place: Center | Agency, title: str, menu: Menu, *, close: str = ""
) -> HttpResponse:
    """The form of a new or an old place; a valid one is stored and leads back to the list."""
    if request.method == "POST" and form.is_valid():
        values = form.values()
        place.code = values.pop("code", place.code)
        try:
            saved = places.save(
                place=place, values=values, actor=actor_of(request), reason=form.cleaned_data["reason"]
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{saved} tersimpan.")
            return SeeOther(reverse(menu[0]))
    context = {
        "form": form,
        "title": title,
        "close": close,
        "cancel": reverse(menu[0]),
        "crumbs": _crumbs(menu, title),
    }
    return render(request, "secretariat/place_form.html", context, status=422 if form.errors else 200)
