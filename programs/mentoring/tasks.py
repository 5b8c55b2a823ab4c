"""Regular work of mentoring. Every task may run twice or at the same time as itself."""

from __future__ import annotations

from celery import shared_task
from celery.schedules import crontab

from core import clock

from . import reminding

SCHEDULE = {
    "mentoring: remind of tomorrow's appointments": {
        "task": "mentoring.remind_coming",
        "schedule": crontab(minute="10"),
    },
}


@shared_task(name="mentoring.remind_coming")
def remind_coming() -> int:
    """Remind wherever it is after eight. Hourly, so that each zone has its morning and a missed hour is
    caught up; returns how many reminders were due."""
    return reminding.remind_everywhere(at=clock.now())
