"""The public statistics: the stored daily cut as a page, as JSON and as CSV, and what every figure means."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import public
from core.clock import DEFAULT_ZONE
from participants.models import Stage
from programs.pipeline.stages import stages_of

from .cuts import latest_cut
from .funnel import DEFINITIONS
from .models import PublicCut, ReportedFigure
from .places import load_place
from .public_files import HEADINGS, as_csv, as_json
from .public_page import (
    Answer,
    PublicFilterForm,
    area_breakdown,
    cohort_words,
    find,
    funnel_rows,
    load_parts,
    load_splits,
    other_breakdowns,
    table_rows,
)
from .suppression import LEAST
from .views import cutoff_words

SMALL = f"Kurang dari {LEAST} orang, disembunyikan supaya tidak ada yang dikenali."
NO_CUT = "Angka publik dihitung sekali sehari dan belum pernah dihitung. Coba lagi besok."


def _answer(cut: PublicCut, form: PublicFilterForm) -> Answer:
    """What the cut says to a valid form. Raises Http404 for an area that does not exist."""
    query = form.asked()
    place = load_place(query.area)
    if place is None:
        raise Http404("Wilayah ini tidak ada.")
    return Answer(query, place, cut, find(cut, query))


def _refused(request: HttpRequest, form: PublicFilterForm) -> HttpResponse:
    context = {"form": form.keep_what_was_written()}
    return render(request, "reports/statistics_refused.html", context, status=422)


@public
@require_safe
def statistics(request: HttpRequest) -> HttpResponse:
    """The public funnel of an area, cohort or path, with its parts, definitions and cut-off."""
    form = PublicFilterForm(request.GET)
    if not form.is_valid():
        return _refused(request, form)
    cut = latest_cut()
    if cut is None:
        return render(request, "reports/statistics_none.html", {"reports": _reported()})
    answer = _answer(cut, form)
    parts, splits = load_parts(cut, answer.query, answer.place), load_splits(cut, answer.query)
    address = answer.query.address(reverse("statistics"))
    context: dict[str, Any] = {
        "answer": answer,
        "headline": _headline(answer),
        "words": cohort_words(answer.query),
        "cutoff": cutoff_words(cut.taken_at, DEFAULT_ZONE),
        "trail": [
            *({"label": name, "href": answer.query.address(reverse("statistics"), area=code)}
              for code, name in answer.place.around),
            {"label": answer.place.name, "href": ""},
        ],
        "form": PublicFilterForm.offering(answer.query, answer.place),
        "reset_url": reverse("statistics") if answer.query.parameters() else "",
        "rows": funnel_rows(answer),
        "table": table_rows(answer),
        "areas": area_breakdown(answer, parts),
        "others": other_breakdowns(answer, splits),
        "csv_url": answer.query.address(reverse("statistics_csv")),
        "json_url": answer.query.address(reverse("statistics_json")),
        "share_url": request.build_absolute_uri(address),
        "small": SMALL,
        "reports": _reported(),
    }  # fmt: skip
    return render(request, "reports/statistics.html", context)


def _headline(answer: Answer) -> dict[str, Any]:
    """The figure beside the denominator: a permit, or for one path or cohort the stage it leads to."""
    if answer.figures.permits is not None:
        return {"value": answer.figures.permits, "words": "punya izin usaha"}
    path = answer.query.pathway
    if path and Stage.PERIZINAN not in stages_of(path):
        return {"value": answer.reached(Stage.PENDAMPINGAN), "words": "sampai didampingi"}
    return {"value": answer.reached(Stage.PERIZINAN), "words": "sampai mengurus izin usaha"}


def _reported() -> list[dict[str, Any]]:
    """The figures that others reported, one block per report, oldest first."""
    found = []
    for (as_of, name, source), rows in groupby(
        ReportedFigure.objects.all(), key=lambda row: (row.as_of, row.publication, row.source)
    ):
        figures = list(rows)
        found.append(
            {"as_of": as_of, "name": name, "source": source, "figures": figures, "total": figures[0].value}
        )
    return found


@public
@require_safe
def statistics_json(request: HttpRequest) -> JsonResponse:
    """The same figures for programs, at the stable address."""
    form = PublicFilterForm(request.GET)
    if not form.is_valid():
        errors = {name: [str(error) for error in errors] for name, errors in form.errors.items()}
        return JsonResponse({"error": "Saringan ini tidak terbaca.", "fields": errors}, status=422)
    cut = latest_cut()
    if cut is None:
        return JsonResponse({"error": NO_CUT}, status=503)
    return JsonResponse(as_json(_answer(cut, form)))


@public
@require_safe
def statistics_csv(request: HttpRequest) -> HttpResponse:
    """The same figures with their parts for a spreadsheet."""
    form = PublicFilterForm(request.GET)
    if not form.is_valid():
        return _refused(request, form)
    cut = latest_cut()
    if cut is None:
        return HttpResponse(NO_CUT, content_type="text/plain; charset=utf-8", status=503)
    answer = _answer(cut, form)
    parts, splits = load_parts(cut, answer.query, answer.place), load_splits(cut, answer.query)
    name = f"corong-{answer.query.area}-{cut.day:%Y-%m-%d}.csv"
    return HttpResponse(
        as_csv(answer, parts, splits),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@public
@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """The data dictionary: every figure, column and field, in one sentence each."""
    context = {
        "definitions": [_term(sentence) for sentence in DEFINITIONS.values()],
        "columns": list(zip(HEADINGS, COLUMN_WORDS, strict=True)),
        "fields": FIELD_WORDS,
        "least": LEAST,
        "small": SMALL,
    }
    return render(request, "reports/glossary.html", context)


def _term(sentence: str) -> tuple[str, str]:
    """ "Sampai: pernah masuk tahap ini." as the word and what it means."""
    word, meaning = re.split(" = |: ", sentence, maxsplit=1)
    return word, meaning[:1].upper() + meaning[1:]


COLUMN_WORDS = (
    "Bagian apa baris ini: total, wilayah, angkatan, atau jalur.",
    "Kode wilayah Kemendagri, tahun, atau kode jalur.",
    "Nama untuk dibaca orang.",
    "Nomor tahap, 1 sampai 7.",
    "Nama tahap.",
    "Keikutsertaan yang pernah masuk tahap ini.",
    "Keikutsertaan yang keluar ke depan dengan syarat lengkap.",
    "Keikutsertaan yang keluar ke depan dengan dispensasi.",
    "Keikutsertaan yang masih di tahap ini.",
    "Orang dengan izin usaha yang sudah diperiksa. Sama di semua baris satu bagian.",
    "Pekerja yang dilaporkan usaha. Sama di semua baris satu bagian.",
    "Pekerja yang dikonfirmasi pemilik usaha. Sama di semua baris satu bagian.",
    "“ya” bila ada angka di baris ini yang disembunyikan. Angkanya lalu kosong.",
    "Saat angka dihitung, dengan zona waktu.",
    "Asal angka.",
)

FIELD_WORDS = (
    ("scope", "Wilayah, tahun, dan jalur yang ditanyakan. null berarti semua."),
    ("cutoff", "Saat angka dihitung (ISO 8601, dengan zona waktu)."),
    ("definitions", "Arti setiap angka, sama dengan di halaman ini."),
    ("stages", "Tujuh tahap berurutan: stage, reached, completed, waived, current."),
    ("permits.people", "Orang dengan izin usaha yang sudah diperiksa orang kedua."),
    ("jobs.reported", "Pekerja berbayar selain pemilik, menurut laporan terakhir tiap usaha."),
    ("jobs.confirmed", "Bagian darinya yang dikonfirmasi pemilik usaha."),
    ("suppressed", "true bila ada angka di bagian itu yang null karena disembunyikan."),
)
