"""The one clock of the portal: instants are stored in UTC, days are asked for in a centre's zone."""

import csv
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
"""The three Indonesian zones and the abbreviations people read."""

ZONE_CHOICES = list(ZONES.items())
DEFAULT_ZONE = "Asia/Jakarta"
FIRST_HOUR = 8
"""Local hour before which nobody is reminded."""

_HOLIDAYS = Path(__file__).parent / "data" / "holidays.csv"


def now() -> datetime:
    """Return the present instant, aware and in UTC. Nothing else in the portal reads the system clock."""
    return datetime.now(UTC)


def local_day(at: datetime, zone: str = DEFAULT_ZONE) -> date:
    """Return the calendar day on which the aware instant `at` falls in `zone`.

    Raises ValueError when `at` is naive: its day would depend on the machine.
    """
    if at.tzinfo is None:
        raise ValueError("local_day needs an aware datetime")
    return at.astimezone(ZoneInfo(zone)).date()


def today(zone: str = DEFAULT_ZONE) -> date:
    """Return the present calendar day in `zone`."""
    return local_day(now(), zone)


def day_start(day: date, zone: str = DEFAULT_ZONE) -> datetime:
    """Return the first instant of `day` in `zone`, as UTC (for half-open day ranges in queries)."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@cache
def holidays() -> dict[date, str]:
    """Return libur nasional and cuti bersama by day (joint ministerial decrees, `data/holidays.csv`)."""
    with _HOLIDAYS.open(encoding="utf-8", newline="") as lines:
        return {date.fromisoformat(row["date"]): row["name"] for row in csv.DictReader(lines)}


def is_working_day(day: date) -> bool:
    """Return whether `day` is neither Saturday, Sunday, libur nasional nor cuti bersama."""
    return day.weekday() < 5 and day not in holidays()


def reminder_day(at: datetime, zone: str) -> date | None:
    """The local day whose reminders may go out at this instant; None at night and on days of rest.

    Days of rest are weekends, libur nasional and cuti bersama.
    """
    local = at.astimezone(ZoneInfo(zone))
    if local.hour < FIRST_HOUR or not is_working_day(local.date()):
        return None
    return local.date()


def next_working_day(day: date, n: int = 1) -> date:
    """Return the n-th working day after `day` (n >= 1); `day` itself is never the answer."""
    if n < 1:
        raise ValueError("n must be at least 1")
    while n:
        day += timedelta(days=1)
        if is_working_day(day):
            n -= 1
    return day
