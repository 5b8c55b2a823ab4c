"""Printed codes: the way into an account without e-mail and without a message provider.

A manager or the assigned coach sees the KTP and prints a code. It works once, for 24 hours, and ends every
session of the account. `klaim` opens an account that staff registered for somebody, `reset` sets a new
password.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts import lockout, signin
from accounts.models import AccessCode, User
from core.audit import record
from core.crypto import blind_index

ALPHABET = "ACDEFGHJKMNPQRTUVWXY34679"
"""Letters and digits that nobody confuses on paper (no 0/O, 1/I/L, 2/Z, 5/S, 8/B): 25^8 codes."""
LENGTH = 8
LIFETIME = timedelta(hours=24)
_NOBODY = UUID(int=0)


class CodeRefused(Exception):
    """A code was not accepted; `reason` is one of the constants below, str() is a text for the person."""

    NO_MATCH = "tidak_cocok"
    EXPIRED = "kedaluwarsa"

    def __init__(self, reason: str) -> None:
        texts = {
            self.NO_MATCH: (
                "Nomor atau kode tidak cocok. Periksa lagi kertas kodenya, atau minta kode baru ke pusat."
            ),
            self.EXPIRED: "Kode ini sudah lewat 24 jam. Minta kode baru ke pusat.",
        }
        super().__init__(texts[reason])
        self.reason = reason


@transaction.atomic
def issue_code(*, user: User, purpose: str, issued_by: User | None, at: datetime) -> str:
    """Make a code (`XXXX-XXXX`) for 24 hours and return it, the only time it can be read.

    An older open code of the same purpose stops working. Audited. The caller has checked that the issuer saw
    the KTP and may do this; `issued_by` is None on the server's command line only.
    """
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    AccessCode.objects.filter(user=user, purpose=purpose, used_at=None, voided_at=None).update(voided_at=at)
    plain = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    AccessCode.objects.create(
        user=user,
        purpose=AccessCode.Purpose(purpose),
        code_hash=_hash(user.pk, plain),
        created_at=at,
        expires_at=at + LIFETIME,
        issued_by=issued_by,
    )
    record(actor=issued_by, action="akun.kode_dicetak", obj=user, detail={"purpose": str(purpose)})
    return f"{plain[:4]}-{plain[4:]}"


def redeem_code(
    *, login: str, code: str, new_password: str, at: datetime, address: str | None = None
) -> User:
    """Set a new password with a printed code, of either purpose, and end every session of the account.

    Counted like a password check. Raises CodeRefused, or `accounts.signin.TooManyAttempts`. Of two
    redemptions at once one wins. The password has been validated by the form.
    """
    user = User.objects.find_by_login(login)
    key = lockout.login_key(login, user)
    signin.admit_or_refuse(key=key, address=address, at=at)
    redeemed = _redeem(user, normalize(code), new_password, at)
    signin.give_back(key=key, address=address, at=at)
    return redeemed


def normalize(code: str) -> str:
    """The code as issued, whatever case, spaces or dashes were typed."""
    return "".join(character for character in code.upper() if character.isalnum())


def _hash(user_id: UUID, plain: str) -> bytes:
    return blind_index(f"{user_id}:{plain}", purpose="access-code")


@transaction.atomic
def _redeem(user: User | None, plain: str, new_password: str, at: datetime) -> User:
    owner_id = user.pk if user is not None else _NOBODY
    # The account's row is the lock: codes of one account are redeemed one after the other.
    owner = (
        User.objects.select_for_update(of=("self",), no_key=True).filter(pk=owner_id, is_active=True).first()
    )
    offered = _hash(owner_id, plain)
    matches = [
        code
        for code in AccessCode.objects.filter(user_id=owner_id, used_at=None, voided_at=None).order_by("pk")
        if hmac.compare_digest(bytes(code.code_hash), offered)
    ]
    if owner is None or not matches:
        raise CodeRefused(CodeRefused.NO_MATCH)
    match = matches[0]
    if match.expires_at <= at:
        raise CodeRefused(CodeRefused.EXPIRED)
    match.used_at = at
    match.save(update_fields=["used_at"])
    AccessCode.objects.filter(user=owner, used_at=None, voided_at=None).update(voided_at=at)
    replace_password(user=owner, new_password=new_password)
    record(actor=owner, action="akun.kode_dipakai", obj=owner, detail={"purpose": match.purpose})
    return owner


def replace_password(*, user: User, new_password: str) -> None:
    """Store a new password and end every session of the account."""
    user.set_password(new_password)
    user.session_epoch += 1
    user.save(update_fields=["password", "session_epoch"])
