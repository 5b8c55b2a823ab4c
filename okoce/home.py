"""The home page: the promise, three ways in, the seven steps, and how many people got how far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import landing_url, public
from core.clock import DEFAULT_ZONE, local_day
from core.formats import clock_time, day
from programs.pipeline.stages import STAGES
from reports.cuts import latest_cut
from reports.public_page import find
from reports.published import Published
from reports.questions import FunnelQuery


@dataclass(frozen=True, slots=True)
class PublicLine:
    """The national funnel of the daily cut in one line."""

    counted_at: datetime
    figures: Published

    @property
    def is_shown(self) -> bool:
        """Whether there are enough people for any figure."""
        return bool(self.total)

    @property
    def total(self) -> int | None:
        """Everybody who registered: the denominator of every share."""
        return self.figures.stages[0][0]

    @property
    def cutoff(self) -> str:
        """ "23 November 2026 pukul 08.12 WIB"."""
        return f"{day(local_day(self.counted_at, DEFAULT_ZONE))} pukul {clock_time(self.counted_at)}"

    @property
    def items(self) -> list[dict[str, Any]]:
        """Label, value and note of each figure; a value that is hidden is None and says so."""
        figures = (
            ("Mendaftar", self.total),
            ("Ikut pelatihan", self.figures.stages[1][0]),
            ("Didampingi", self.figures.stages[2][0]),
            ("Punya izin usaha", self.figures.permits),
        )
        return [
            {"label": label, "value": value, "note": "disembunyikan" if value is None else ""}
            for label, value in figures
        ]


def load_public_line() -> PublicLine | None:
    """The national line of the newest cut, None before the first. Two statements."""
    cut = latest_cut()
    return PublicLine(cut.taken_at, find(cut, FunnelQuery())) if cut else None


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the programme is, where to begin, and how many people got how far."""
    steps = [{"number": row.number, "name": row.label, "text": row.meaning} for row in STAGES.values()]
    context = {
        "steps": steps,
        "line": load_public_line(),
        "own_page": landing_url(request.user) if request.user.is_authenticated else "",
    }
    return render(request, "okoce/home.html", context)
