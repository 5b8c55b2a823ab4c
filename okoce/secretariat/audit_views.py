"""`/audit/`: who did what to whom, why and when; found by filters, exported as a file."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import role_required
from accounts.models import Role
from accounts.requests import actor_of
from core import audit, clock
from core.fields import CodeField, DayField, WordsField

from . import audit_log
from .audit_words import GROUPS


class AuditFilterForm(forms.Form):
    """Filters of the log; everything may be left open."""

    use_required_attribute = False

    pelaku = WordsField(label="Siapa", max_length=120, required=False, help_text="Nama, boleh sebagian.")
    tindakan = CodeField(
        label="Jenis tindakan", choices=[("", "Semua tindakan"), *GROUPS.items()], required=False
    )
    nomor = WordsField(
        label="Nomor pendaftaran atau permintaan", max_length=80, required=False,
        help_text="Misalnya OK-26-000001 atau HD-26-000001.",
    )  # fmt: skip
    dari = DayField(label="Dari tanggal", required=False)
    sampai = DayField(label="Sampai tanggal", required=False)
    wilayah = forms.RegexField(
        label="Wilayah atau pusat", required=False, strip=True,
        regex=r"\A([0-9]{2}(\.[0-9]{2}){0,2}|P[0-9]{2}\.[0-9]{2}\.[0-9]{2}(-[1-9][0-9]?)?)\Z",
        help_text="Kode, misalnya 31.74 atau P31.74.07.",
        error_messages={"invalid": "Tulis kode wilayah seperti 31.74, atau kode pusat seperti P31.74.07."},
    )  # fmt: skip


def _filters(request: HttpRequest) -> tuple[AuditFilterForm, dict[str, Any]]:
    form = AuditFilterForm(request.POST if request.method == "POST" else request.GET)
    form.is_valid()
    return form, {name: value for name, value in form.cleaned_data.items() if value}


@role_required(Role.ADMIN)
@require_safe
def audit_list(request: HttpRequest) -> HttpResponse:
    """The log, newest first, in pages by key."""
    form, filters = _filters(request)
    actor = actor_of(request)
    page = audit_log.load_page(
        audit_log.search(actor, filters), actor,
        before=_key(request, "sebelum"), after=_key(request, "sesudah"),
    )  # fmt: skip
    kept = {name: request.GET[name] for name in form.fields if request.GET.get(name) and name in filters}

    def link(name: str, key: int) -> str:
        return f"?{urlencode({**kept, name: key})}" if key else ""

    context = {
        "form": form,
        "lines": page.lines,
        "kept": kept,
        "is_filtered": bool(filters),
        "is_narrowed": bool(filters.keys() - {"pelaku"} or form.errors),
        "older": link("sebelum", page.older),
        "newer": link("sesudah", page.newer),
        "crumbs": [{"label": "Sekretariat", "href": reverse("secretariat")}, {"label": "Catatan audit"}],
    }
    return render(request, "secretariat/audit.html", context)


@role_required(Role.ADMIN)
@require_POST
def audit_export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """What the filters find as CSV, streamed; that it was taken is itself an entry."""
    form, filters = _filters(request)
    if form.errors:
        return render(
            request, "secretariat/audit.html", {"form": form, "lines": [], "is_narrowed": True}, status=422
        )
    actor, at = actor_of(request), clock.now()
    found = audit_log.search(actor, filters).filter(at__lte=at)
    audit.record(
        actor=actor, action="audit.ekspor", obj=None,
        detail={"filters": {name: str(value) for name, value in filters.items()}},
    )  # fmt: skip
    answer = StreamingHttpResponse(audit_log.csv_lines(found, actor), content_type="text/csv; charset=utf-8")
    name = f"audit-{clock.local_day(at).isoformat()}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _key(request: HttpRequest, name: str) -> int:
    """A key from the address; 0 for anything that is none."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
