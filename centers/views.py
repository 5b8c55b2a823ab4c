"""Public pages: search a kecamatan, the directory of centres, the centre of a kecamatan."""

from __future__ import annotations

import re
from typing import TypedDict

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.access import public
from centers import directory
from centers.areas import MAX_CHOICES, search
from centers.models import District, Province, Regency
from centers.tiles import PROVINCE as JAKARTA
from centers.tiles import jakarta_tiles

_FIELD_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_PAGE_CODE = re.compile(r"P?([0-9]{2}\.[0-9]{2}\.[0-9]{2})(-[0-9]{1,2})?")


@public
@require_safe
def area_search(request: HttpRequest) -> HttpResponse:
    """Kecamatan for `q` as radio buttons: a fragment for htmx inside a form, else a page of its own.

    `name` is the form field of the radio buttons (default `district`).
    """
    # Inside the registration form the typed text arrives under its field's own name.
    text = (request.GET.get("q") or request.GET.get("district", "")).strip()
    name = request.GET.get("name", "")
    context = {**_matches(text), "field": name if _FIELD_NAME.fullmatch(name) else "district"}
    is_fragment = request.headers.get("HX-Request") == "true"
    template = "centers/includes/_area_choices.html" if is_fragment else "centers/area_search.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@public
@require_safe
def center_list(request: HttpRequest) -> HttpResponse:
    """The directory: search, Jakarta's map and table, all other regions by name."""
    text = request.GET.get("q", "").strip()
    if area := request.GET.get("wilayah", "").strip():
        return _region(request, area)
    if text:
        matches = _matches(text)
        return render(
            request, "centers/search.html", {**matches, "offers": directory.offers(matches["districts"])}
        )
    jakarta = District.objects.current().filter(regency__province_id=JAKARTA).select_related("regency")
    found = directory.offers(jakarta)
    provinces = directory.province_counts()
    context = {
        "tiles": jakarta_tiles(directory.jakarta_cells(found)),
        "groups": directory.by_regency(found),
        "legend": directory.LEGEND,
        "open_count": sum(offer.is_open for offer in found),
        "all_count": len(found),
        "provinces": [province for province in provinces if province.open_districts],
        "waiting_provinces": [province for province in provinces if not province.open_districts],
    }
    return render(request, "centers/list.html", context)


@public
@require_safe
def center_page(request: HttpRequest, code: str) -> HttpResponse:
    """The places of one kecamatan; without an open one, where its people are served instead."""
    match = _PAGE_CODE.fullmatch(code)
    if match and match[1] != code:
        return redirect("center_page", code=match[1], permanent=True)
    district = match and District.objects.select_related("regency__province").filter(pk=match[1]).first()
    if not district:
        return _unknown(request, code)
    offer = directory.offer_of(district)
    return render(
        request,
        "centers/page.html",
        {
            "district": district,
            "offer": offer,
            "places": [(place, directory.LOOKS[place.status]) for place in offer.places],
            "help_center": offer.placement.center,
        },
    )


def _region(request: HttpRequest, code: str) -> HttpResponse:
    """The kab/kota of a province, or the kecamatan of a kab/kota."""
    if re.fullmatch(r"[0-9]{2}\.[0-9]{2}", code):
        regency = Regency.objects.current().select_related("province").filter(pk=code).first()
        if regency:
            districts = regency.districts.current().select_related("regency").order_by("name", "code")
            return render(
                request,
                "centers/regency.html",
                {
                    "regency": regency,
                    "offers": directory.offers(districts),
                },
            )
    province = Province.objects.current().filter(pk=code).first() if re.fullmatch(r"[0-9]{2}", code) else None
    if province:
        return render(
            request,
            "centers/province.html",
            {
                "province": province,
                "regencies": directory.regency_counts(province),
            },
        )
    return _unknown(request, code)


def _unknown(request: HttpRequest, code: str) -> HttpResponse:
    """404 that helps on: what was asked for, and the search."""
    return render(request, "centers/unknown.html", {"code": code[:20]}, status=404)


class Matches(TypedDict):
    """What the search templates show. `is_near`: not the name that was typed, only the nearest to it."""

    query: str
    districts: list[District]
    has_more: bool
    is_near: bool


def _matches(text: str) -> Matches:
    """Search results for the templates: at most ten, and whether more letters are needed."""
    answer = search(text, limit=MAX_CHOICES + 1)
    return {
        "query": text[:100],
        "districts": answer.districts[:MAX_CHOICES],
        "has_more": len(answer.districts) > MAX_CHOICES,
        "is_near": not answer.is_literal,
    }
