"""The code a trainer shows and participants scan: signed, of one session, good for a few minutes."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID

from core.crypto import sign, signature_is_good

from .models import ClassSession

GOOD_FOR = timedelta(minutes=3)
"""How long a code counts: long enough to sign in on the way, too short to be passed on for long."""
PURPOSE = "pelatihan.hadir"
_CODE = re.compile(r"([0-9a-f]{32})-([0-9]{9,11})-([A-Za-z0-9_-]{43})", re.ASCII)


def code_of(session: ClassSession, *, at: datetime) -> str:
    """A fresh code of a session."""
    text = f"{session.pk.hex}-{int(at.timestamp())}"
    return f"{text}-{sign(text, purpose=PURPOSE)}"


def session_of(code: str, *, at: datetime) -> ClassSession | None:
    """The session of a code that is ours and still good, with its class and course; else None."""
    match = _CODE.fullmatch(code)
    if match is None or not signature_is_good(f"{match[1]}-{match[2]}", match[3], purpose=PURPOSE):
        return None
    age = at.timestamp() - int(match[2])
    if not -60 <= age <= GOOD_FOR.total_seconds():
        return None
    found = ClassSession.objects.select_related("training_class__course", "training_class__center")
    return found.filter(pk=UUID(hex=match[1])).first()
