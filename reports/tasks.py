"""Regular work of reports. Every task may run twice or at the same time as itself."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from celery.schedules import crontab

from core import clock

from .cuts import take_cut
from .reconcile.runs import reconcile_tonight

SCHEDULE = {
    "reports: take the daily cut of the public figures": {
        "task": "reports.take_daily_cut",
        "schedule": crontab(minute="25"),
    },
    "reports: count everything shown a second time": {
        "task": "reports.reconcile",
        "schedule": crontab(hour="19", minute="10"),  # 02.10 WIB
    },
}

SETTLED = timedelta(minutes=2)
"""Age at which nothing earlier is still being written: the cut must hold whenever it is counted again."""


@shared_task(name="reports.take_daily_cut")
def take_daily_cut() -> bool:
    """Take the cut of today (WIB) unless it is there. Hourly, so that a night without a worker is caught up;
    returns whether this run took it."""
    return take_cut(at=clock.now() - SETTLED) is not None


@shared_task(name="reports.reconcile")
def reconcile() -> int:
    """Tonight's run; returns how many differences it found, 0 when it was done already."""
    run = reconcile_tonight(at=clock.now())
    return run.differences if run else 0
