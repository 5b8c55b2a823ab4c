"""The short code that opens a ticket for somebody without an account, and how often it may be tried."""

from __future__ import annotations

import base64
import hmac
import re
from datetime import datetime
from uuid import UUID

from accounts import signin
from accounts.codes import ALPHABET, LENGTH, normalize
from core.crypto import blind_index, sign

from .models import Ticket

_NUMBER = re.compile(r"B([0-9]{2})([0-9]{6,12})", re.ASCII)
_NOBODY = UUID(int=0)


def code_of(ticket_id: UUID) -> str:
    """The follow-up code `XXXX-XXXX` of a ticket: made from the signing key, so it is stored nowhere."""
    signature = base64.urlsafe_b64decode(sign(str(ticket_id), purpose="bantuan.kode") + "=")
    rest, letters = int.from_bytes(signature), []
    for _ in range(LENGTH):
        rest, position = divmod(rest, len(ALPHABET))
        letters.append(ALPHABET[position])
    plain = "".join(letters)
    return f"{plain[:4]}-{plain[4:]}"


def canonical_number(text: str) -> str:
    """`B-26-000123` for every usual way of writing it (`b26000123`); "" for anything else."""
    match = _NUMBER.fullmatch(normalize(text)) if len(text) <= 40 else None
    return f"B-{match[1]}-{match[2]}" if match else ""


def open_by_code(*, number: str, code: str, address: str, at: datetime) -> Ticket | None:
    """The ticket with this number, if the code is its own; the same None for unknown numbers and wrong codes.

    Counted like a password check, by number and by network address. Raises signin.TooManyAttempts. Must not
    run inside a transaction.
    """
    known = canonical_number(number)
    key = blind_index(known or normalize(number)[:40], purpose="bantuan.nomor")
    signin.admit_or_refuse(key=key, address=address, at=at)
    ticket = Ticket.objects.filter(number=known).first() if known else None
    expected = normalize(code_of(ticket.pk if ticket else _NOBODY))
    if not hmac.compare_digest(expected.encode(), normalize(code)[:40].encode()) or ticket is None:
        return None
    signin.give_back(key=key, address=address, at=at)
    return ticket
