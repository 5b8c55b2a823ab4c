"""Which appointments are reminded of at a moment. Pure: no database, no clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from core.clock import FIRST_HOUR


def dedupe_key(kind: str, pk: UUID, day: date) -> str:
    """The same reminder has the same key in every run of every scheduler; another day is another reminder."""
    return f"{kind}:{pk}:{day}"


def reminded_days(at: datetime, zone: str) -> tuple[date, ...]:
    """The local days whose appointments are reminded of at this instant; none before eight in the morning.

    Tomorrow's are, on days of rest too. Today's are as well: whoever was not reminded yesterday, because the
    scheduler stood still or the appointment was made then, still is before it begins.
    """
    local = at.astimezone(ZoneInfo(zone))
    if local.hour < FIRST_HOUR:
        return ()
    return local.date(), local.date() + timedelta(days=1)
