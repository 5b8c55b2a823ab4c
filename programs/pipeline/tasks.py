"""Regular work of the pipeline. Every task may run twice or at the same time as itself."""

from __future__ import annotations

from celery import shared_task
from celery.schedules import crontab

from core import clock

from . import silence

SCHEDULE = {
    "pipeline: remind the silent and their coaches": {
        "task": "pipeline.remind_silent",
        "schedule": crontab(minute="5"),
    },
}


@shared_task(name="pipeline.remind_silent")
def remind_silent() -> int:
    """Remind wherever it is a working day after eight. Hourly, so that each zone has its morning and a missed
    hour or day is caught up; returns how many silences were claimed."""
    return silence.remind_everywhere(at=clock.now())
