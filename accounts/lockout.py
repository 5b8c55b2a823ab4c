"""How often a password or code may be tried. The counters live in PostgreSQL, so that a flush of the broker
or a restart does not open the door.

One rule: within any 15 minutes at most 10 checks of one account, whichever of its identifiers was used and
wherever the request says it comes from. A check that succeeds is given back. Unknown logins are counted the
same way, under a keyed hash of what was written. A far wider limit per network address slows down guessing
across many accounts; it counts the address of the connection, because a header can say anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from accounts.models import SignInCounter, User, canonical_login
from core.crypto import blind_index

CHECKS_PER_ACCOUNT = 10
WINDOW = timedelta(minutes=15)
KEEP = timedelta(days=1)

_ADMIT = """
INSERT INTO accounts_signincounter AS counter (key, attempts, updated_at)
VALUES (%(key)s, ARRAY[%(at)s::timestamptz], %(at)s)
ON CONFLICT (key) DO UPDATE SET
    attempts = ARRAY(SELECT a FROM unnest(counter.attempts) a WHERE a > %(since)s ORDER BY a)
        || %(at)s::timestamptz,
    updated_at = %(at)s
WHERE (SELECT count(*) FROM unnest(counter.attempts) a WHERE a > %(since)s) < %(limit)s
RETURNING 1
"""


@dataclass(frozen=True)
class Limit:
    """At most `amount` attempts of one key within `window`."""

    amount: int
    window: timedelta


def account_limit() -> Limit:
    """Password and code checks of one account."""
    return Limit(CHECKS_PER_ACCOUNT, WINDOW)


def address_limit() -> Limit:
    """Checks from one network address; generous, because many phones share one address (carrier NAT)."""
    return Limit(settings.SIGN_IN_CHECKS_PER_ADDRESS, WINDOW)


def account_key(user: User) -> bytes:
    return blind_index(str(user.pk), purpose="lockout.account")


def login_key(login: str, user: User | None) -> bytes:
    """The counter of an account, or of a login that belongs to nobody."""
    return account_key(user) if user else blind_index(canonical_login(login), purpose="lockout.unknown")


def address_key(address: str) -> bytes:
    return blind_index(address, purpose="lockout.address")


def client_address(request: HttpRequest) -> str:
    """The address of the connection; behind N trusted proxies, the N-th from the right of X-Forwarded-For."""
    count: int = settings.TRUSTED_PROXY_COUNT
    if count > 0:
        chain = [
            part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()
        ]
        if len(chain) >= count:
            return chain[-count][:100]
    return str(request.META.get("REMOTE_ADDR") or "")


def admit(key: bytes, *, at: datetime, limit: Limit) -> datetime | None:
    """Count one attempt. None when it may go on; else the instant from which it may be tried again.

    One statement under the row's lock: parallel requests cannot slip past the limit.
    """
    params: dict[str, Any] = {"key": key, "at": at, "since": at - limit.window, "limit": limit.amount}
    with connection.cursor() as cursor:
        cursor.execute(_ADMIT, params)
        if cursor.fetchone():
            return None
    counter = SignInCounter.objects.get(key=key)
    recent = sorted(attempt for attempt in counter.attempts if attempt > at - limit.window)
    return (recent[-limit.amount] if len(recent) >= limit.amount else at) + limit.window


def give_back(key: bytes, *, at: datetime) -> None:
    """Forget the attempt counted at that instant: the check succeeded."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_signincounter"
            " SET attempts = array_remove(attempts, %s::timestamptz) WHERE key = %s",
            [at, key],
        )


def purge(*, at: datetime) -> int:
    """Delete counters untouched for a day; returns how many."""
    deleted, _ = SignInCounter.objects.filter(updated_at__lt=at - KEEP).delete()
    return deleted
