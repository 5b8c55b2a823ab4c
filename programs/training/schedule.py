"""When the sessions of a class take place: pure, in the days and hours of the centre's zone."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.clock import holidays

MOST_SESSIONS = 60
FURTHEST = timedelta(days=366)
"""How far ahead a schedule may reach."""
LONGEST = timedelta(hours=12)
"""How long one session may take."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One planned session: its instants in UTC, end exclusive."""

    starts_at: datetime
    ends_at: datetime


def recurring_days(
    first_on: date, *, count: int, weekdays: Collection[int], skips_weekends: bool, skips_holidays: bool
) -> list[date]:
    """The days of `count` sessions from `first_on` on, on these weekdays (Monday 0; none: every day).

    Days of rest are left out where asked. Fewer days than asked: the schedule would reach too far.
    """
    found: list[date] = []
    day = first_on
    while len(found) < count and day - first_on <= FURTHEST:
        is_wanted = not weekdays or day.weekday() in weekdays
        is_rest = (skips_weekends and day.weekday() >= 5) or (skips_holidays and day in holidays())
        if is_wanted and not is_rest:
            found.append(day)
        day += timedelta(days=1)
    return found


def length_of(begins: time, ends: time) -> timedelta:
    """How long a session takes; an end that is not after the beginning is on the next day."""
    day = date(2000, 1, 1)
    after = timedelta(days=1 if ends <= begins else 0)
    return datetime.combine(day + after, ends) - datetime.combine(day, begins)


def years_without_holidays(days: Sequence[date]) -> list[int]:
    """Years of these days for which no day of rest is known yet."""
    known = {day.year for day in holidays()}
    return sorted({day.year for day in days} - known)


def slots_of(days: Sequence[date], *, begins: time, ends: time, zone: str) -> list[Slot]:
    """The sessions on these days from `begins` to `ends`, local hours; an end before the beginning is on
    the next day."""
    place = ZoneInfo(zone)
    after = timedelta(days=1 if ends <= begins else 0)
    return [
        Slot(
            datetime.combine(day, begins, tzinfo=place).astimezone(UTC),
            datetime.combine(day + after, ends, tzinfo=place).astimezone(UTC),
        )
        for day in days
    ]


def mark_of(slots: Sequence[Slot]) -> str:
    """A short mark of a schedule: the same for the same times, another one for any other."""
    times = "|".join(f"{slot.starts_at.isoformat()}/{slot.ends_at.isoformat()}" for slot in slots)
    return hashlib.sha256(times.encode()).hexdigest()[:16]
