"""A class as a calendar file: one event for each session."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from core.icalendar import TYPE, calendar, event

from .models import ClassSession, TrainingClass

__all__ = ["TYPE", "calendar_of"]


def calendar_of(
    training_class: TrainingClass, sessions: Iterable[ClassSession], *, url: str, at: datetime
) -> str:
    """One event for each session."""
    return calendar(
        event(
            uid=f"{session.pk}@okoce", starts_at=session.starts_at, ends_at=session.ends_at,
            summary=f"{training_class.course.title}: {session.title}", location=training_class.where, url=url,
            is_cancelled=training_class.is_cancelled, at=at,
        )
        for session in sessions
    )  # fmt: skip
