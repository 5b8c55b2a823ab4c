"""Regular work of help. Every task may run twice or at the same time as itself."""

from __future__ import annotations

from celery import shared_task
from celery.schedules import crontab

from core import clock

from . import reminders

SCHEDULE = {
    "helpdesk: remind the late and tell the level above": {
        "task": "helpdesk.remind_late",
        "schedule": crontab(minute="10"),
    },
}


@shared_task(name="helpdesk.remind_late")
def remind_late() -> int:
    """Remind wherever it is a working day after eight. Hourly, so that each zone has its morning and a missed
    hour or day is caught up; returns how many reminders were claimed."""
    return reminders.remind_everywhere(at=clock.now())
