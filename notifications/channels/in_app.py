"""The inbox inside the portal: everybody has it, it needs no provider."""

from __future__ import annotations

from collections.abc import Sequence

from notifications.models import Notification


def store(notifications: Sequence[Notification]) -> None:
    """Insert what is not there yet, in one statement; a message that exists stays as it is."""
    Notification.objects.bulk_create(notifications, ignore_conflicts=True)
