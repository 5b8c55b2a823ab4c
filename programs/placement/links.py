"""The link an employer is sent: signed, of one placement, good for some days and for one answer."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from core.crypto import sign, signature_is_good

from .models import Placement

GOOD_FOR = timedelta(days=7)
PURPOSE = "penempatan.konfirmasi"
_CODE = re.compile(r"([0-9a-f]{32})-([0-9]{9,11})-([A-Za-z0-9_-]{43})", re.ASCII)


def code_of(placement: Placement) -> str:
    """The code of the question last asked; the same for as long as nobody asks anew."""
    assert placement.asked_at is not None  # nobody links to a question that was not asked
    text = f"{placement.pk.hex}-{int(placement.asked_at.timestamp())}"
    return f"{text}-{sign(text, purpose=PURPOSE)}"


def address_of(placement: Placement) -> str:
    """The whole address, for a message that leaves the portal."""
    return settings.SITE_URL + reverse("placement_answer", args=[code_of(placement)])


def is_good(placement: Placement, *, at: datetime) -> bool:
    """Whether the last link still takes an answer."""
    return (
        placement.waits_for_employer and placement.asked_at is not None and at < placement.asked_at + GOOD_FOR
    )


def placement_id_in(code: str) -> tuple[UUID, int] | None:
    """Id and second of a code that is ours; None for anything else."""
    match = _CODE.fullmatch(code)
    if match is None or not signature_is_good(f"{match[1]}-{match[2]}", match[3], purpose=PURPOSE):
        return None
    return UUID(hex=match[1]), int(match[2])


def placement_of(code: str, *, at: datetime) -> Placement | None:
    """The placement whose last link this is, while it takes an answer; else None."""
    known = placement_id_in(code)
    if known is None:
        return None
    placement_id, second = known
    rows = Placement.objects.for_page().filter(pk=placement_id, enrollment__erased_at__isnull=True)
    found = rows.first()
    if found is None or not is_good(found, at=at) or found.asked_at is None:
        return None
    return found if int(found.asked_at.timestamp()) == second else None
