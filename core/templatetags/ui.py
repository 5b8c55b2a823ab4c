"""`{% load ui %}`: the words, icons, fields and charts that every template uses."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django import forms, template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms.boundfield import BoundField
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from core import charts, field_html, formats
from core.icons import MARKUP
from core.validators import local_phone, wa_link

register = template.Library()

for _filter in (
    formats.rupiah,
    formats.number,
    formats.percent,
    formats.day,
    formats.day_long,
    formats.day_short,
    formats.moment,
    formats.clock_time,
    formats.file_size,
    formats.inside,
):
    register.filter(_filter.__name__, _filter)
register.filter("phone", local_phone)


@register.simple_tag
def icon(name: str) -> SafeString:
    """`{% icon "check" %}`: one line icon, hidden from screen readers. An unknown name raises KeyError."""
    return MARKUP[name]


@register.simple_tag
def asset(path: str) -> str:
    """`{% asset "dist/app.css" %}`: address of a static file, with its hash where files are collected."""
    return _asset(path, settings.STATIC_URL)


@cache
def _asset(path: str, static_url: str) -> str:
    try:
        return staticfiles_storage.url(path)
    except ValueError:  # not in the manifest: a page without its style is better than no page
        return static_url + path


@register.filter
def chat_link(place: Any) -> str:
    """`{{ center|chat_link }}`: the wa.me address of a centre, an object or a dict; "" without a number.

    `whatsapp_url` is such an address already; `whatsapp` may be one, or the number itself.
    """

    def told(name: str) -> str:
        value = place.get(name) if isinstance(place, Mapping) else getattr(place, name, None)
        return str(value or "")

    contact = told("whatsapp_url") or told("whatsapp")
    return contact if not contact or contact.startswith("https://wa.me/") else wa_link(contact)


# forms -------------------------------------------------------------------------------------------------


@register.simple_tag
def field(
    bound: BoundField,
    label: str = "",
    hint: str = "",
    unit: str = "",
    width: str = "",
    optional: bool | None = None,
    hide_label: bool = False,
    look: str = "",
    notes: Mapping[str, str] | None = None,
    autocomplete: str = "",
    told: bool = False,
) -> SafeString:
    """`{% field form.nik width="nik" %}`: label, hint, error and control of one form field.

    `label`, `hint`: other words than the form's. `unit`: text in front ("Rp"). `width`: nik, phone, date,
    money, number, half. `optional`: False leaves out "(boleh dikosongkan)". `hide_label`: for screen readers
    only. `look="choice"`: radio buttons as large rows, with `notes` (value → second line). `autocomplete`:
    the HTML name. `told`: an empty line under a single control, for what a script says about the value.
    """
    return field_html.render(
        bound,
        field_html.Look(
            label=label or "",
            hint=hint or "",
            unit=unit or "",
            width=width or "",
            optional=optional if isinstance(optional, bool) else None,
            hide_label=bool(hide_label),
            look=look or "",
            notes=notes or None,
            autocomplete=autocomplete or "",
            told=bool(told),
        ),
    )


@register.simple_tag
def form_errors(form: forms.BaseForm) -> list[dict[str, str]]:
    """`{% form_errors form as errors %}`: one entry per faulty field, in the order of the form.

    Each has `text` and `href` (`#id` of the control; empty for what concerns the whole form).
    """
    entries = [{"text": str(message), "href": ""} for message in form.non_field_errors()]
    for name in form.errors:
        if name != NON_FIELD_ERRORS:
            bound = form[name]
            target = "" if bound.is_hidden else f"#{bound.auto_id or bound.html_name}"
            entries.append({"text": field_html.first_error(bound), "href": target})
    return entries


# status ------------------------------------------------------------------------------------------------

STATUSES: dict[str, tuple[str, str, str]] = {
    "waiting": ("wait", "clock", "Menunggu"),
    "verified": ("done", "check", "Diverifikasi"),
    "complete": ("done", "check", "Lengkap"),
    "done": ("done", "check", "Selesai"),
    "active": ("done", "check", "Aktif"),
    "graduated": ("done", "check", "Lulus"),
    "rejected": ("danger", "x", "Ditolak"),
    "blocked": ("danger", "alert", "Terhambat"),
    "late": ("danger", "alert", "Terlambat"),
    "soon": ("wait", "clock", "Mendekati batas"),
    "waived": ("waive", "skip", "Dispensasi"),
    "stopped": ("stop", "pause", "Berhenti"),
    "unreachable": ("stop", "phone", "Tidak terhubungi"),
    "ready": ("brand", "arrow", "Siap naik"),
    "you": ("brand", "arrow", "Giliran Anda"),
    "officer": ("wait", "clock", "Giliran petugas"),
    "missing": ("wait", "clock", "Belum"),
    "info": ("info", "info", "Keterangan"),
}
"""Status → colour, icon, word: always the three together. A code of the domain is mapped by its own app."""


@register.simple_tag
def badge(status: str, text: str = "") -> SafeString:
    """`{% badge "late" "18 hari diam, batas 14" %}`: colour, icon and word of a status (see STATUSES)."""
    css, shape, word = STATUSES[status]
    return SafeString(f'<span class="badge b-{css}">{MARKUP[shape]}{conditional_escape(text or word)}</span>')


# charts ------------------------------------------------------------------------------------------------


@register.simple_tag
def bar(
    total: int | None,
    done: int | None = 0,
    waived: int | None = 0,
    now: int | None = 0,
    stopped: int | None = 0,
    size: str = "",
) -> SafeString:
    """`{% bar total=65414 done=16734 %}`: one track as wide as `total`, filled in fixed order.

    The figures stand in words beside it, so the drawing is hidden from screen readers. `size="sm"`: low.
    """
    amounts = {"done": done or 0, "waived": waived or 0, "now": now or 0, "stopped": stopped or 0}
    parts = "".join(
        f'<rect x="{part.x}" width="{part.width}" height="100%" {part.paint}/>'
        for part in charts.bar_parts(total or 0, amounts)
    )
    low = " bar-sm" if size == "sm" else ""
    return SafeString(f'<svg class="bar{low}" aria-hidden="true" focusable="false">{parts}</svg>')


@register.inclusion_tag("components/tile_map.html")
def tile_map(tiles: list[dict[str, Any]], title: str, legend: list[str] | None = None) -> dict[str, Any]:
    """`{% tile_map tiles title="Persen yang lewat tahap 4" legend=steps %}`, see `core.charts.tile_map`.

    `title`: what the map shows. `legend`: words of the steps 1–5, in order.
    """
    steps = [(f"q{index}", words) for index, words in enumerate(legend or (), start=1)]
    hidden = any(not tile.get("step") for tile in tiles)
    return {"map": charts.tile_map(tiles), "title": title, "steps": steps, "has_hidden": hidden}


# steps -------------------------------------------------------------------------------------------------

STONES: dict[str, tuple[str, str]] = {
    "done": ("check", "Selesai"),
    "now": ("", "Sedang di sini"),
    "wait": ("clock", "Menunggu"),
    "waived": ("skip", "Dispensasi"),
    "stopped": ("pause", "Berhenti"),
    "later": ("", "Belum"),
}
"""State of a stone → icon ("" = its number) and word."""


@register.simple_tag
def stone_word(state: str, citizen: bool = False) -> str:
    """The word of a state; citizens read "Dilewati" where staff read "Dispensasi"."""
    return "Dilewati" if citizen and state == "waived" else STONES[state][1]


@register.simple_tag
def stone_face(state: str, number: int) -> SafeString | str:
    """What stands on the stone: an icon, or the number for the present and the coming steps."""
    shape = STONES[state][0]
    return MARKUP[shape] if shape else str(number)
