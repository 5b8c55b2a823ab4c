"""Calendar files (RFC 5545): pure text, instants in UTC; every phone shows its own hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

TYPE = "text/calendar; charset=utf-8"
_WIDEST = 73
"""Bytes of a line before it is folded: 75 with the line's own blank."""


def calendar(events: Iterable[list[str]]) -> str:
    """A whole file of the events, each as `event` makes it."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//OK OCE//Portal//ID", "METHOD:PUBLISH"]
    for one in events:
        lines += one
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def event(
    *, uid: str, starts_at: datetime, ends_at: datetime, summary: str, location: str, at: datetime,
    url: str = "", is_cancelled: bool = False,
) -> list[str]:  # fmt: skip
    """The lines of one event; `at` is when it was written."""
    return [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{_instant(at)}",
        f"DTSTART:{_instant(starts_at)}",
        f"DTEND:{_instant(ends_at)}",
        f"SUMMARY:{_text(summary)}",
        f"LOCATION:{_text(location)}",
        *([f"URL:{url}"] if url else []),
        f"STATUS:{'CANCELLED' if is_cancelled else 'CONFIRMED'}",
        "END:VEVENT",
    ]


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    for sign in "\\;,":
        words = words.replace(sign, f"\\{sign}")
    return words.replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> str:
    """Long lines go on in the next one, never in the middle of a character."""
    parts, part = [], ""
    for character in line:
        if len((part + character).encode()) > _WIDEST:
            parts.append(part)
            part = ""
        part += character
    return "\r\n ".join([*parts, part])
