"""Regular work on people's records. Every task may run twice or at the same time as itself."""

from __future__ import annotations

from celery import shared_task
from celery.schedules import crontab

from core import clock

from . import retention

SCHEDULE = {
    "participants: let go of what is older than its rule": {
        "task": "participants.retention",
        "schedule": crontab(hour="18", minute="30"),  # 01.30 WIB
    },
}


@shared_task(name="participants.retention")
def apply_retention() -> int:
    """Delete what has expired and propose people whose time has ended; returns how many rows that was."""
    return sum(row.done for row in retention.run(at=clock.now(), is_trial=False))
