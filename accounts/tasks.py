"""Regular work: forget what no longer matters."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from celery import shared_task

from accounts import lockout
from accounts.models import MfaSecret
from core.clock import now

SCHEDULE = {"accounts: forget old counters": {"task": "accounts.forget_old", "schedule": 6 * 3600.0}}


@shared_task(name="accounts.forget_old")
def forget_old() -> int:
    """Delete sign-in counters and second-factor secrets that nothing refers to any more; returns how many."""
    return lockout.purge(at=now()) + forget_orphaned_secrets()


def forget_orphaned_secrets() -> int:
    """Delete secrets whose authenticator was removed, a quarter of an hour after they were made."""
    in_use: set[str] = set()
    for data in Authenticator.objects.values_list("data", flat=True).iterator():
        in_use.update(str(data[name]) for name in ("secret", "seed") if name in data)
    old = MfaSecret.objects.filter(created_at__lt=now() - lockout.WINDOW)
    deleted, _ = old.exclude(pk__in=[key for key in in_use if len(key) == 36]).delete()
    return deleted
