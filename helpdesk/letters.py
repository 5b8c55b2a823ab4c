"""Answers by e-mail to people without an account. Whoever has one is told through `notifications`."""

from __future__ import annotations

from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string

from core.models import OutboxMessage
from core.outbox import Unavailable, handler
from core.privacy import redact_numbers

from .models import TicketMessage
from .services import LETTER


@handler(LETTER)
def send_letters(messages: list[OutboxMessage]) -> dict[int, str]:
    """Write and send the letters; what an address refuses is answered as failed.

    Raises core.outbox.Unavailable when the mail server cannot be reached.
    """
    rows = TicketMessage.objects.filter(pk__in=[message.ids["message"] for message in messages])
    found = {str(row.pk): row for row in rows.exclude(ticket__email="").select_related("ticket", "author")}
    if not found:
        return {}
    connection = get_connection()
    try:
        connection.open()
    except (OSError, SMTPException) as error:
        raise Unavailable(f"mail: {type(error).__name__}") from error
    failed: dict[int, str] = {}
    try:
        for message in messages:
            row = found.get(message.ids["message"])
            if row is None:
                continue
            letter = compose(row)
            letter.connection = connection
            try:
                letter.send()
            except (OSError, SMTPException) as error:
                failed[message.pk] = type(error).__name__
    finally:
        connection.close()
    return failed


def compose(row: TicketMessage) -> EmailMessage:
    """The letter with one answer; the follow-up code is not in it, a mailbox may belong to a household."""
    ticket = row.ticket
    text = render_to_string(
        "helpdesk/email/answer.txt",
        {
            "name": ticket.name,
            "number": ticket.number,
            "officer": row.author.display_name if row.author else "Petugas OK OCE",
            "text": redact_numbers(row.text),
            "link": f"{settings.SITE_URL}{ticket.get_absolute_url()}",
        },
    )
    return EmailMessage(f"Jawaban untuk {ticket.number} dari OK OCE", text, to=[ticket.email])
