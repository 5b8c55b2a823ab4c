"""The home page: the promise, three ways in, the seven steps, and how many people got how far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import landing_url, public
from core.clock import DEFAULT_ZONE, local_day, now
from core.formats import clock_time, day
from participants.models import Stage
from programs.pipeline.stages import STAGES
from reports.funnel import Funnel, load_funnel
from reports.questions import FunnelQuery

CACHE_KEY = "home:funnel"
CACHE_SECONDS = 60
LEAST_SHOWN = 5
"""Public figures between 1 and 4 are not shown: they would speak of single people."""


@dataclass(frozen=True, slots=True)
class PublicLine:
    """The national funnel in one line and the instant it was counted."""

    counted_at: datetime
    funnel: Funnel

    @property
    def is_shown(self) -> bool:
        """Whether there are enough people for any figure."""
        return self.total >= LEAST_SHOWN

    @property
    def total(self) -> int:
        """Everybody who registered: the denominator of every share."""
        return self.funnel.registered

    @property
    def cutoff(self) -> str:
        """ "23 November 2026 pukul 08.12 WIB"."""
        return f"{day(local_day(self.counted_at, DEFAULT_ZONE))} pukul {clock_time(self.counted_at)}"

    @property
    def items(self) -> list[dict[str, Any]]:
        """Label, value and note of each figure; a value too small to show is None and says so."""
        figures = (
            ("Mendaftar", self.total),
            ("Ikut pelatihan", self.funnel.at(Stage.PELATIHAN).reached),
            ("Didampingi", self.funnel.at(Stage.PENDAMPINGAN).reached),
            ("Punya izin usaha", self.funnel.permits),
        )
        return [
            {"label": label, "value": None, "note": f"kurang dari {LEAST_SHOWN} orang"}
            if 0 < value < LEAST_SHOWN
            else {"label": label, "value": value, "note": ""}
            for label, value in figures
        ]


def load_public_line() -> PublicLine:
    """The national line, counted at most once a minute in each process."""
    line = cache.get(CACHE_KEY)
    if not isinstance(line, PublicLine):
        line = PublicLine(now(), load_funnel(FunnelQuery()))
        cache.set(CACHE_KEY, line, CACHE_SECONDS)
    return line


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
