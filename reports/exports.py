"""The funnel as files: rows for a spreadsheet, with no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime

from centers.models import Center
from core.spreadsheet import plain
from participants.models import Pathway

from .funnel import DEFINITIONS, Funnel, load_cube, load_funnel, load_jobs
from .places import Place, area_names, district_names
from .questions import FunnelQuery

HEADINGS = (
    "bagian", "kode", "nama", "tahap_ke", "tahap", "sampai", "selesai", "dispensasi", "sekarang_di_sini",
    "berhenti", "punya_izin", "batas_data", "sumber",
)  # fmt: skip
SOURCE = "Catatan perpindahan tahap, portal OK OCE"


def load_csv(query: FunnelQuery, place: Place, *, at: datetime) -> str:
    """One question with all its breakdowns: a line per part and stage. For people and for programs."""
    cube = load_cube(query, area_length=query.child_length, with_centers=True)
    by_center, by_area = cube.by_center(), cube.by_area(query.child_length)
    centers = dict(
        Center.objects.filter(pk__in=[code for code in by_center if code]).values_list("pk", "name")
    )
    names = place.inside or ({place.code: place.name} if query.level == 3 else {})
    missing = [code for code in by_area if code not in names]
    if missing:
        names |= district_names(missing) if query.child_length == 8 else area_names(missing)
    total_name = centers.get(query.center, query.center) if query.center else place.name
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    cut = at.isoformat(timespec="minutes")
    parts: list[tuple[str, str, str, Funnel]] = [
        ("total", query.center or place.code, total_name, cube.total())
    ]
    parts += [("wilayah", code, names.get(code, code), funnel) for code, funnel in by_area.items()]
    parts += [("jalur", code, Pathway(code).label, funnel) for code, funnel in cube.by_pathway().items()]
    parts += [("angkatan", str(year), f"Angkatan {year}", funnel) for year, funnel in cube.by_year().items()]
    parts += [
        ("pusat", code, centers.get(code, code) if code else "Belum punya pusat", funnel)
        for code, funnel in by_center.items()
    ]
    for kind, code, name, funnel in parts:
        for figures in funnel.stages:
            writer.writerow(
                [
                    kind, code, plain(name), figures.stage.number, figures.stage.label, figures.reached,
                    figures.completed, figures.waived, figures.current, figures.stopped, funnel.permits,
                    cut, SOURCE,
                ]
            )  # fmt: skip
    # Without the mark Excel reads UTF-8 as its own code page.
    return "\ufeff" + out.getvalue()


def stages_as_json(funnel: Funnel) -> Iterator[Mapping[str, object]]:
    """The seven stages as the stable addresses give them."""
    for figures in funnel.stages:
        yield {
            "stage": str(figures.stage),
            "reached": figures.reached,
            "completed": figures.completed,
            "waived": figures.waived,
            "current": figures.current,
        }


def load_json(query: FunnelQuery, place: Place, *, at: datetime) -> dict[str, object]:
    """One question as the stable address `corong.json` answers it."""
    funnel = load_funnel(query)
    jobs = load_jobs(query)
    return {
        "scope": {
            "wilayah": query.area,
            "nama": place.name,
            "tahun": query.year,
            "jalur": query.pathway or None,
            "pusat": query.center or None,
        },
        "cutoff": at.isoformat(timespec="seconds"),
        "definitions": DEFINITIONS,
        "stages": list(stages_as_json(funnel)),
        "permits": {"people": funnel.permits},
        "jobs": {"reported": jobs.reported, "confirmed": jobs.confirmed},
    }
