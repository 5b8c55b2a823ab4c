"""Regular work of the public figures. Every task may run twice or at the same time as itself."""

from __future__ import annotations

from celery import shared_task
from celery.schedules import crontab

from core import clock

from .cuts import take_cut

SCHEDULE = {
    "reports: take the daily cut of the public figures": {
        "task": "reports.take_daily_cut",
        "schedule": crontab(minute="25"),
    },
}


@shared_task(name="reports.take_daily_cut")
def take_daily_cut() -> bool:
    """Take the cut of today (WIB) unless it is there. Hourly, so that a night without a worker is caught up;
    returns whether this run took it."""
    return take_cut(at=clock.now()) is not None
