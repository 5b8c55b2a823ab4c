"""Carries out this app's messages: the letter with the link for a new password."""

from __future__ import annotations

from smtplib import SMTPException

from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string

from accounts import reset
from accounts.models import User
from core.clock import now
from core.models import OutboxMessage
from core.outbox import Unavailable, handler


@handler(reset.KIND)
def send_reset_links(messages: list[OutboxMessage]) -> dict[int, str]:
    """Write and send the letters; the link is made here, so that it never lies in a queue.

    A message without recipient stands for a login nobody has: there is nothing to send.
    """
    users = User.objects.filter(
        pk__in=[m.recipient_id for m in messages if m.recipient_id], is_active=True
    ).in_bulk()
    if not users:
        return {}
    connection = get_connection()
    try:
        connection.open()
    except (OSError, SMTPException) as error:
        raise Unavailable(f"mail: {type(error).__name__}") from error
    failed: dict[int, str] = {}
    try:
        for message in messages:
            user = users.get(message.recipient_id) if message.recipient_id else None
            if user is None or not user.email:
                continue
            text = render_to_string(
                "accounts/email/reset.txt",
                {"name": user.display_name, "link": reset.make_link(user, at=now())},
            )
            letter = EmailMessage("Buat kata sandi baru OK OCE", text, to=[user.email], connection=connection)
            try:
                letter.send()
            except (OSError, SMTPException) as error:
                failed[message.pk] = type(error).__name__
    finally:
        connection.close()
    return failed
