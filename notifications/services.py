"""Telling people: the acts other apps call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from core import outbox
from core.models import OutboxMessage

from . import registry
from .models import Channel, Notification, Preference

OUTBOX_KIND = "notification"


@dataclass(frozen=True)
class Draft:
    """One message to one user, before it is written to the outbox; fields as in `notify`."""

    user_id: UUID
    kind: str
    ids: Mapping[str, str]
    dedupe_key: str
    not_before: datetime | None = None


def notify(
    *,
    user_id: UUID,
    kind: str,
    ids: Mapping[str, str],
    dedupe_key: str,
    not_before: datetime | None = None,
) -> None:
    """Send a user a message of a registered kind, once per `dedupe_key`, when this transaction commits.

    `ids` are record ids as text; the words are filled in at delivery. Raises `registry.UnknownKind`.
    """
    notify_many([Draft(user_id, kind, ids, dedupe_key, not_before)])


def notify_many(drafts: Iterable[Draft]) -> None:
    """`notify` for many, in a number of statements that grows by one per thousand.

    Raises `registry.UnknownKind` before anything is written.
    """
    outbox.enqueue_many([_for_outbox(draft) for draft in drafts])


def message_row(draft: Draft) -> OutboxMessage:
    """A message not yet written, for an act that writes all its rows together; see `core.outbox.row_of`.

    Its `dedupe_key` must be new. Raises `registry.UnknownKind`.
    """
    return outbox.row_of(_for_outbox(draft))


def _for_outbox(draft: Draft) -> outbox.Draft:
    registry.get(draft.kind)
    return outbox.Draft(
        kind=OUTBOX_KIND,
        recipient=draft.user_id,
        ids={**draft.ids, "kind": draft.kind},
        dedupe_key=f"n:{draft.dedupe_key}",
        not_before=draft.not_before,
    )


def unread_count(user: User) -> int:
    """Unread messages of a user, counted up to 100 (one cheap query on an index of unread rows)."""
    return Notification.objects.visible_to(user).unread()[:100].count()


def latest(user_id: UUID, *, limit: int = 3) -> list[Notification]:
    """The newest messages of a user, for pages that show a few. The caller may see this user's record."""
    return list(Notification.objects.filter(recipient_id=user_id).newest_first()[:limit])


def mark_read(*, user: User, notification_id: UUID, at: datetime) -> None:
    """Mark one of the user's own messages as read; the first time counts."""
    Notification.objects.visible_to(user).unread().filter(pk=notification_id).update(read_at=at)


def mark_all_read(*, user: User, at: datetime) -> int:
    """Mark everything delivered until `at` as read; returns how many were unread."""
    return Notification.objects.visible_to(user).unread().filter(created_at__lte=at).update(read_at=at)


@transaction.atomic
def set_channels(*, user: User, enabled: Mapping[Channel, bool], at: datetime) -> None:
    """Record which channels the user wants; the inbox cannot be switched off."""
    Preference.objects.bulk_create(
        [
            Preference(user=user, channel=channel, enabled=on, updated_at=at)
            for channel, on in enabled.items()
        ],
        update_conflicts=True,
        unique_fields=["user", "channel"],
        update_fields=["enabled", "updated_at"],
    )


def channels_of(user: User) -> dict[Channel, bool]:
    """Which channels are on for the user: all, save those switched off."""
    refused = set(Preference.objects.visible_to(user).refused().values_list("channel", flat=True))
    return {channel: channel.value not in refused for channel in Channel}
