"""How figures, money, days and instants are written for Indonesian readers.

The interface language is fixed, so plain functions are enough: no locale machinery, the same text on a page,
in a message and in a file. The template filters of the same names live in `core.templatetags.ui`.
"""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from core.clock import DEFAULT_ZONE, ZONES

NOTHING = "–"
"""Written where there is no figure to show (en dash, never an empty cell)."""

DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip
SHORT_MONTHS = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")

MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"


def number(value: int | None) -> str:
    """Return a whole number with dots for thousands ("65.414"), or a dash for None."""
    if value is None:
        return NOTHING
    digits = f"{abs(value):,}".replace(",", ".")
    return MINUS + digits if value < 0 else digits


def rupiah(value: int | None) -> str:
    """Return whole rupiah ("Rp1.500.000", no decimals: the portal keeps whole rupiah), or a dash for None."""
    if value is None:
        return NOTHING
    digits = f"Rp{number(abs(value))}"
    return MINUS + digits if value < 0 else digits


def percent(part: int | None, whole: int | None) -> str:
    """Return `part` of `whole` with one decimal ("25,6%"), halves rounded up.

    A dash where the share has no meaning (no denominator, or a figure that is not shown). A share that is
    neither nothing nor everything is never written as one: 1 of 10.000 reads "<0,1%", 9.999 ">99,9%".
    """
    if part is None or not whole:
        return NOTHING
    share = (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    if part > 0 and share == 0:
        return "<0,1%"
    if part < whole and share == 100:
        return ">99,9%"
    return f"{share}%".replace(".", ",")


def day(value: date | None) -> str:
    """Return a day in full ("27 November 2026")."""
    return NOTHING if value is None else f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def day_long(value: date | None) -> str:
    """Return a day with its weekday ("Jumat, 27 November 2026")."""
    return NOTHING if value is None else f"{DAYS[value.weekday()]}, {day(value)}"


def day_short(value: date | None) -> str:
    """Return a day for tight places ("27 Nov 2026")."""
    return NOTHING if value is None else f"{value.day} {SHORT_MONTHS[value.month - 1]} {value.year}"


def clock_time(at: datetime, zone: str = DEFAULT_ZONE) -> str:
    """Return the time of day of an aware instant in `zone` ("14.20 WIB")."""
    return f"{_local(at, zone):%H.%M} {ZONES[zone]}"


def moment(at: datetime | None, zone: str = DEFAULT_ZONE) -> str:
    """Return an aware instant as day and time in `zone` ("27 November 2026, 14.20 WIB").

    `zone` is one of `core.clock.ZONES`; another raises KeyError, a naive instant ValueError.
    """
    return NOTHING if at is None else f"{day(_local(at, zone))}, {clock_time(at, zone)}"


def file_size(size: int) -> str:
    """Return a size in bytes as people compare it ("240 kB", "5 MB", "1,4 MB"); decimal units."""
    if size < 1000:
        return f"{size} byte"
    if size < 1_000_000:
        return f"{round(size / 1000)} kB"
    return f"{size / 1_000_000:.1f}".removesuffix(".0").replace(".", ",") + " MB"


def inside(words: str) -> str:
    """A label in the middle of a sentence: "Nomor NIB" → "nomor NIB"; "SKPD pembina" stays."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def _local(at: datetime, zone: str) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an instant must be aware: its day would depend on the machine")
    return at.astimezone(ZoneInfo(zone))
