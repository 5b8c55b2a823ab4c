"""E-mail through Django's backend: files by default, SMTP or a provider (anymail) where one is configured."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from contextlib import suppress
from email.utils import parseaddr
from uuid import UUID

import structlog
from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import get_template

from core import clock
from core.outbox import Unavailable
from core.privacy import redact_numbers
from notifications.models import Channel, Notification

logger = structlog.get_logger(__name__)

REFUSED = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPDataError,
    AnymailRecipientsRefused,
)
"""The server answered about this one message; the connection is still good."""

UNREACHABLE = (OSError, smtplib.SMTPException, AnymailAPIError)
"""No server, no disk space, or no provider; tried after REFUSED, which is narrower."""


def send(notification_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Send those not sent yet, over one connection, and remember each; safe to run twice.

    Returns what is for a later attempt, with the reason. A message its server refuses for good is logged and
    stays in the inbox alone. Raises core.outbox.Unavailable when the server cannot be reached at all.
    """
    waiting = list(
        Notification.objects.filter(pk__in=notification_ids, emailed_at=None)
        .reachable_by(Channel.EMAIL)
        .exclude(recipient__email=None)
        .select_related("recipient")
        .order_by("created_at", "id")
    )
    if not waiting:
        return {}
    connection = get_connection()
    try:
        connection.open()
    except UNREACHABLE as error:
        raise Unavailable(f"mail: {type(error).__name__}") from error
    sent: list[UUID] = []
    later: dict[UUID, str] = {}
    try:
        for position, notification in enumerate(waiting):
            try:
                connection.send_messages([compose(notification)])
            except REFUSED as refusal:
                if is_temporary(refusal):
                    later[notification.pk] = f"mail: {code_of(refusal)}"
                else:
                    logger.warning("email_refused", notification=str(notification.pk), code=code_of(refusal))
            except UNREACHABLE as error:
                later |= {rest.pk: f"mail: {type(error).__name__}" for rest in waiting[position:]}
                break
            else:
                sent.append(notification.pk)
    finally:
        with suppress(*UNREACHABLE):
            connection.close()
    Notification.objects.filter(pk__in=sent).update(emailed_at=clock.now())
    return later


def compose(notification: Notification) -> EmailMessage:
    """The e-mail of a message: plain text, no NIK and no phone (a mailbox may belong to a household)."""
    body = get_template("emails/notification.txt").render(
        {
            "name": notification.recipient.display_name,
            "body": redact_numbers(notification.body),
            "link": f"{settings.SITE_URL}{notification.url}",
            "settings_link": f"{settings.SITE_URL}/pesan/pengaturan/",
        }
    )
    return EmailMessage(
        subject=" ".join(redact_numbers(notification.email_subject).split()),
        body=body,
        to=[notification.recipient.email or ""],
        headers={"Message-ID": message_id(notification.pk), "Auto-Submitted": "auto-generated"},
    )


def message_id(notification_id: UUID) -> str:
    """The same Message-ID at every attempt, so that mail programs show a repeated message once."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return f"<{notification_id}@{domain}>"


def code_of(refusal: Exception) -> int:
    """The SMTP reply code, of the first recipient where several answered; 0 where the protocol has none."""
    if isinstance(refusal, smtplib.SMTPRecipientsRefused):
        return next((code for code, _text in refusal.recipients.values()), 0)
    return refusal.smtp_code if isinstance(refusal, smtplib.SMTPResponseException) else 0


def is_temporary(refusal: Exception) -> bool:
    """4xx: the server asks to come back later (RFC 5321, section 4.2.1)."""
    return 400 <= code_of(refusal) < 500
