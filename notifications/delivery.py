"""From outbox to people: the handlers of the outbox kinds `notification`, `email` and `whatsapp`.

Each is safe to run twice with the same messages. The inbox is written first; e-mail and WhatsApp are outbox
messages of their own, enqueued in the same transaction, so that their failure never undoes the inbox.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from accounts.models import User
from core import outbox
from core.models import OutboxMessage

from . import registry
from .channels import email, in_app, whatsapp
from .models import Channel, Notification, Preference, notification_id
from .services import OUTBOX_KIND

TITLE_LENGTH = 200


@outbox.handler(OUTBOX_KIND)
def deliver(messages: list[OutboxMessage]) -> dict[int, str]:
    """Write a chunk of messages into inboxes and enqueue what goes further, in a constant number of
    statements.

    Messages to users or about records that no longer exist are dropped; those of a kind nobody registers any
    more are answered as failed.
    """
    users = {
        user.pk: user
        for user in User.objects.filter(pk__in={message.recipient_id for message in messages}).only(
            "pk", "email", "phone_index", "is_active"
        )
    }
    notifications, failures = _render([message for message in messages if message.recipient_id in users])
    in_app.store(notifications)
    outbox.enqueue_many(_onward(notifications, users))
    return failures


@outbox.handler(Channel.EMAIL.value)
def deliver_email(messages: list[OutboxMessage]) -> dict[int, str]:
    """Send a chunk of e-mail; raises outbox.Unavailable when the server cannot be reached."""
    return _pass_on(messages, email.send)


@outbox.handler(Channel.WHATSAPP.value)
def deliver_whatsapp(messages: list[OutboxMessage]) -> dict[int, str]:
    """Send a chunk of WhatsApp messages; raises outbox.Unavailable when the provider cannot be reached."""
    return _pass_on(messages, whatsapp.send)


def _render(messages: Sequence[OutboxMessage]) -> tuple[list[Notification], dict[int, str]]:
    """The inbox rows of a chunk, in its order, and what went wrong with which outbox message."""
    by_kind: dict[str, list[OutboxMessage]] = defaultdict(list)
    for message in messages:
        by_kind[message.ids["kind"]].append(message)
    rows: dict[int, Notification] = {}
    failures: dict[int, str] = {}
    for kind, group in by_kind.items():
        try:
            texts = registry.get(kind).render_many([message.ids for message in group])
        except registry.UnknownKind as error:
            failures |= {message.pk: str(error) for message in group}
            continue
        for message, text in zip(group, texts, strict=True):
            if text is not None:
                rows[message.pk] = _row(message, kind, text)
    return [rows[message.pk] for message in messages if message.pk in rows], failures


def _row(message: OutboxMessage, kind: str, text: registry.Text) -> Notification:
    assert message.recipient_id is not None  # deliver() keeps messages to existing users only
    return Notification(
        id=notification_id(message.dedupe_key),
        recipient_id=message.recipient_id,
        kind=kind,
        dedupe_key=message.dedupe_key,
        title=text.title[:TITLE_LENGTH],
        body=text.body,
        url=text.url,
        email_subject=text.email_subject[:TITLE_LENGTH],
        created_at=max(message.created_at, message.not_before),
    )


def _onward(notifications: Sequence[Notification], users: Mapping[UUID, User]) -> list[outbox.Draft]:
    """What leaves the portal: to active users who left an address there and did not switch the channel
    off."""
    refused = set(Preference.objects.refused().filter(user__in=users).values_list("user_id", "channel"))
    with_whatsapp = whatsapp.is_configured()
    drafts = []
    for notification in notifications:
        user = users[notification.recipient_id]
        if not user.is_active:
            continue
        addresses = {
            Channel.EMAIL: bool(user.email),
            Channel.WHATSAPP: with_whatsapp and user.phone_index is not None,
        }
        drafts += [
            outbox.Draft(
                kind=channel.value,
                recipient=user.pk,
                ids={"notification": str(notification.pk)},
                dedupe_key=f"{channel.value}:{notification.pk}",
            )
            for channel, has_address in addresses.items()
            if has_address and (user.pk, channel.value) not in refused
        ]
    return drafts


def _pass_on(
    messages: Sequence[OutboxMessage], send: Callable[[Sequence[UUID]], Mapping[UUID, str]]
) -> dict[int, str]:
    named = {UUID(message.ids["notification"]): message.pk for message in messages}
    return {named[key]: error for key, error in send(list(named)).items()}
