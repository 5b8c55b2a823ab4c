"""WhatsApp: through the Business Cloud API where it is configured, else as ready texts behind `wa.me` links.

A business may open a conversation only with a text Meta has approved. The portal uses one, named by
`settings.WHATSAPP_TEMPLATE`, with three parameters in its body: name, message, address.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import httpx
import structlog
from django.conf import settings
from django.template.loader import get_template

from core import clock
from core.outbox import Unavailable
from core.validators import wa_link
from notifications.models import Channel, Notification

logger = structlog.get_logger(__name__)

TIMEOUT = 10.0
"""Seconds for one request to the provider."""

NOT_NOW = frozenset({401, 403, 408, 425, 429, 500, 502, 503, 504})
"""HTTP answers that concern us or the provider, not this message: it is tried again."""


class _NotNow(Exception):
    """The provider takes nothing at the moment."""


def is_configured() -> bool:
    """Whether a provider sends for us."""
    return bool(settings.WHATSAPP_TOKEN and settings.WHATSAPP_PHONE_ID)


def ready_text(notification: Notification, name: str) -> str:
    """The message as one would type it to `name`, with a link into the portal."""
    return (
        get_template("whatsapp/notification.txt")
        .render({"name": name, "body": notification.body, "link": f"{settings.SITE_URL}{notification.url}"})
        .strip()
    )


def ready_link(notification: Notification, *, name: str, e164: str) -> str:
    """`wa.me` address with the text typed in advance. The caller may know this number."""
    return wa_link(e164, ready_text(notification, name))


def send(notification_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Send those not sent yet, over one connection, and remember each; safe to run twice.

    Returns what is for a later attempt, with the reason. A message the provider refuses for good is logged
    and stays in the inbox alone. Raises core.outbox.Unavailable when nothing was sent because the provider
    does not answer, asks to slow down or refuses our access.
    """
    waiting = list(
        Notification.objects.filter(pk__in=notification_ids, whatsapp_at=None)
        .reachable_by(Channel.WHATSAPP)
        .exclude(recipient__phone_index=None)
        .select_related("recipient")
        .order_by("created_at", "id")
    )
    if not waiting:
        return {}
    address = f"{settings.WHATSAPP_API_URL.rstrip('/')}/{settings.WHATSAPP_PHONE_ID}/messages"
    headers = {"Authorization": f"Bearer {settings.WHATSAPP_TOKEN}"}
    sent: list[UUID] = []
    later: dict[UUID, str] = {}
    with httpx.Client(timeout=TIMEOUT, headers=headers) as client:
        for position, notification in enumerate(waiting):
            try:
                accepted = _post(client, address, notification)
            except _NotNow as error:
                if position == 0:
                    raise Unavailable(f"whatsapp: {error}") from error
                later = {rest.pk: f"whatsapp: {error}" for rest in waiting[position:]}
                break
            if accepted:
                sent.append(notification.pk)
    Notification.objects.filter(pk__in=sent).update(whatsapp_at=clock.now())
    return later


def _post(client: httpx.Client, address: str, notification: Notification) -> bool:
    """Hand one message over; False when the provider refuses it for good. Raises _NotNow."""
    try:
        answer = client.post(address, json=payload(notification))
    except httpx.HTTPError as error:
        raise _NotNow(type(error).__name__) from error
    if answer.status_code in NOT_NOW:
        raise _NotNow(f"HTTP {answer.status_code}")
    if answer.is_error:
        logger.warning("whatsapp_refused", notification=str(notification.pk), status=answer.status_code)
    return answer.is_success


def payload(notification: Notification) -> dict[str, object]:
    """The request of the Cloud API for one message (`POST /<phone id>/messages`)."""
    texts = (
        notification.recipient.display_name,
        " ".join(notification.body.split()),  # line breaks are refused in template parameters
        f"{settings.SITE_URL}{notification.url}",
    )
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": notification.recipient.phone(),
        "type": "template",
        "template": {
            "name": settings.WHATSAPP_TEMPLATE,
            "language": {"code": "id"},
            "components": [
                {"type": "body", "parameters": [{"type": "text", "text": text} for text in texts]},
            ],
        },
    }
