"""Until when the present step is due."""

from __future__ import annotations

from datetime import date, timedelta

from core.clock import is_working_day, local_day

from .models import Enrollment


def due_day(enrollment: Enrollment, thresholds: dict[tuple[str, str], int]) -> date:
    """The working day by which the present step is due: `tenggat` days after the stage was entered."""
    day = local_day(enrollment.stage_entered_at, enrollment.zone)
    day += timedelta(days=thresholds[enrollment.stage, "tenggat"])
    while not is_working_day(day):
        day += timedelta(days=1)
    return day
