"""The public figures for programs and spreadsheets: `corong.json` and `corong.csv`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from core.clock import DEFAULT_ZONE
from core.spreadsheet import plain
from participants.models import Pathway, Stage

from .exports import SOURCE
from .funnel import DEFINITIONS
from .public_page import Answer
from .published import Published

HEADINGS = (
    "bagian", "kode", "nama", "tahap_ke", "tahap", "sampai", "selesai", "dispensasi", "sekarang_di_sini",
    "punya_izin", "pekerjaan_dilaporkan", "pekerjaan_dikonfirmasi", "disembunyikan", "batas_data", "sumber",
)  # fmt: skip
MEASURES = ("reached", "completed", "waived", "current")


def as_json(answer: Answer) -> dict[str, Any]:
    """One question as the stable address answers it. What is hidden is null, beside `"suppressed": true`."""
    figures, query = answer.figures, answer.query
    found = {
        "scope": {
            "wilayah": query.area,
            "nama": answer.place.name,
            "tahun": query.year,
            "jalur": query.pathway or None,
            "pusat": None,
        },
        "cutoff": _cutoff(answer),
        "definitions": DEFINITIONS,
        "stages": [
            _marked({"stage": str(stage), **dict(zip(MEASURES, counts, strict=True))})
            for stage, counts in zip(Stage, figures.stages, strict=True)
        ],
        "permits": _marked({"people": figures.permits}),
        "jobs": _marked({"reported": figures.reported, "confirmed": figures.confirmed}),
    }
    return found | ({"suppressed": True} if answer.has_hidden else {})


def _marked(counts: dict[str, Any]) -> dict[str, Any]:
    return counts | ({"suppressed": True} if None in counts.values() else {})


def as_csv(answer: Answer, parts: Mapping[str, Published], splits: Iterable[Published]) -> str:
    """One question with its shown parts: a line per part and stage. Hidden figures are empty and marked."""
    place = answer.place
    rows = [("total", place.code, place.name, answer.figures)]
    rows += [("wilayah", code, place.inside.get(code, code), part) for code, part in parts.items()]
    if not answer.query.year and not answer.query.pathway:
        for part in splits:
            if part.year:
                rows.append(("angkatan", str(part.year), f"Angkatan {part.year}", part))
            else:
                rows.append(("jalur", part.pathway, Pathway(part.pathway).label, part))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for kind, code, name, part in rows:
        for stage, counts in zip(Stage, part.stages, strict=True):
            values = (*counts, part.permits, part.reported, part.confirmed)
            writer.writerow(
                [
                    kind, code, plain(name), stage.number, stage.label,
                    *("" if value is None else value for value in values),
                    "ya" if None in values else "tidak", _cutoff(answer), SOURCE,
                ]
            )  # fmt: skip
    # Without the mark Excel reads UTF-8 as its own code page.
    return "\ufeff" + out.getvalue()


def _cutoff(answer: Answer) -> str:
    return answer.cut.taken_at.astimezone(ZoneInfo(DEFAULT_ZONE)).isoformat(timespec="seconds")
