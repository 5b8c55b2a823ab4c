"""The daily cut: public figures are counted once a day, stored, and only read from then on."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime

from django.db import connection, transaction

from core.clock import local_day

from .models import PublicCut, PublicFigures
from .published import load_published

KEPT = 8
"""Days whose cuts are kept, the newest included: a week to look back for whoever checks them."""

_LOCK = 0x5074
"""Key of the advisory lock under which one process at a time takes a cut."""


@transaction.atomic
def take_cut(*, at: datetime, again: bool = False) -> PublicCut | None:
    """Count and store the public figures of the day of `at` (WIB); None when the day has its cut already.

    `again` replaces the day's cut. Safe to run twice or at the same time as itself. All figures are those of
    the log as of `at`, so what is written meanwhile belongs to the next cut.
    """
    day = local_day(at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    if again:
        PublicCut.objects.filter(day=day).delete()
    elif PublicCut.objects.filter(day=day).exists():
        return None
    figures = load_published(at=at)
    cut = PublicCut.objects.create(day=day, taken_at=at)
    PublicFigures.objects.bulk_create(
        [PublicFigures(cut=cut, **asdict(published)) for published in figures], batch_size=2_000
    )
    _forget_old()
    return cut


def _forget_old() -> None:
    oldest: list[date] = list(PublicCut.objects.order_by("-day").values_list("day", flat=True)[:KEPT])
    PublicCut.objects.filter(day__lt=oldest[-1]).delete()


def latest_cut() -> PublicCut | None:
    """The cut that the public pages show, or None before the first."""
    return PublicCut.objects.order_by("-day").first()
