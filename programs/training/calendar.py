"""A class as a calendar file (RFC 5545): pure text, instants in UTC; every phone shows its own hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from .models import ClassSession, TrainingClass

TYPE = "text/calendar; charset=utf-8"
_WIDEST = 73
"""Bytes of a line before it is folded: 75 with the line's own blank."""


def calendar_of(
    training_class: TrainingClass, sessions: Iterable[ClassSession], *, url: str, at: datetime
) -> str:
    """One event for each session."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//OK OCE//Pelatihan//ID", "METHOD:PUBLISH"]
    for session in sessions:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{session.pk}@okoce",
            f"DTSTAMP:{_instant(at)}",
            f"DTSTART:{_instant(session.starts_at)}",
            f"DTEND:{_instant(session.ends_at)}",
            f"SUMMARY:{_text(f'{training_class.course.title}: {session.title}')}",
            f"LOCATION:{_text(training_class.where)}",
            f"URL:{url}",
            f"STATUS:{'CANCELLED' if training_class.is_cancelled else 'CONFIRMED'}",
            "END:VEVENT",
        ]
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


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
