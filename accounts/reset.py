"""A link by e-mail that lets its owner set a new password: signed, one hour, one use.

Nothing about it is stored. The signature covers the password hash, the session epoch and the address it was
sent to: as soon as one of them changes, the link is dead.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.http import base36_to_int, int_to_base36

from accounts import lockout
from accounts.codes import replace_password
from accounts.models import AccessCode, User
from core.audit import record
from core.crypto import blind_index, sign, signature_is_good
from core.outbox import enqueue

KIND = "akun.reset"
LIFETIME = timedelta(hours=1)
REQUESTS = lockout.Limit(3, timedelta(hours=1))
"""Letters to one account within an hour."""


class LinkRefused(Exception):
    """The link is wrong, older than an hour, or already used."""


def request_link(*, login: str, address: str, at: datetime) -> None:
    """Send a link to the e-mail of this account, if there is such an account and it has one.

    Does the same work for every login, so that neither the answer nor its time tells whether the account
    exists.
    """
    if lockout.admit(lockout.address_key(address), at=at, limit=lockout.address_limit()) is not None:
        return
    user = User.objects.find_by_login(login)
    known = lockout.login_key(login, user)
    key = blind_index(known.hex(), purpose="lockout.reset")
    if lockout.admit(key, at=at, limit=REQUESTS) is not None:
        return
    reachable = user is not None and user.is_active and bool(user.email)
    enqueue(
        kind=KIND, recipient=user.pk if user and reachable else None, ids={}, dedupe_key=f"{KIND}:{uuid4()}"
    )


def make_link(user: User, *, at: datetime) -> str:
    """The absolute address of the page for a new password, good for an hour from `at`."""
    stamp = int_to_base36(int(at.timestamp()))
    token = f"{stamp}-{sign(_signed(user, stamp), purpose=KIND)}"
    return settings.SITE_URL + reverse("reset_link", kwargs={"uid": user.pk, "token": token})


def owner_of_link(*, uid: UUID, token: str, at: datetime) -> User:
    """The account a link is for; raises LinkRefused."""
    return _checked(User.objects.filter(pk=uid, is_active=True).first(), token, at)


@transaction.atomic
def reset_by_link(*, uid: UUID, token: str, new_password: str, at: datetime) -> User:
    """Set a new password with a link and end every session.

    Of two uses at once one wins. Raises LinkRefused.
    """
    locked = User.objects.select_for_update(of=("self",), no_key=True).filter(pk=uid, is_active=True).first()
    user = _checked(locked, token, at)
    replace_password(user=user, new_password=new_password)
    AccessCode.objects.filter(user=user, used_at=None, voided_at=None).update(voided_at=at)
    record(actor=user, action="akun.sandi_baru_lewat_tautan", obj=user)
    return user


def _checked(user: User | None, token: str, at: datetime) -> User:
    stamp, _, signature = token.partition("-")
    try:
        made = base36_to_int(stamp)
    except ValueError:
        raise LinkRefused from None
    if user is None or not signature_is_good(_signed(user, stamp), signature, purpose=KIND):
        raise LinkRefused
    if not 0 <= at.timestamp() - made <= LIFETIME.total_seconds():
        raise LinkRefused
    return user


def _signed(user: User, stamp: str) -> str:
    return f"{user.pk}|{stamp}|{user.password}|{user.session_epoch}|{user.email or ''}"
