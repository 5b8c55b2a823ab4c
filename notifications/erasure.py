"""Forgetting what was told to a person, or about one: inbox, queue, and e-mail kept as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from .channels import email
from .channels.files import file_name

_QUEUED = """
    DELETE FROM core_outboxmessage
    WHERE recipient_id = %(user)s
       OR EXISTS (SELECT FROM jsonb_each_text(ids) named WHERE named.value = ANY(%(records)s))
    RETURNING dedupe_key
"""

_TOLD = """
    DELETE FROM notifications_notification
    WHERE recipient_id = %(user)s OR dedupe_key = ANY(%(keys)s)
       OR EXISTS (SELECT FROM unnest(%(marks)s::text[]) mark
                  WHERE position(mark IN title || ' ' || body || ' ' || url || ' ' || email_subject) > 0)
    RETURNING id
"""

_ONWARD = "DELETE FROM core_outboxmessage WHERE ids ->> 'notification' = ANY(%(told)s)"


@transaction.atomic
def forget(*, user_id: UUID | None, record_ids: Sequence[str], marks: Sequence[str]) -> int:
    """Delete every message to a user, about one of the records, or naming one of the marks; returns how many.

    `record_ids` are ids as the outbox holds them; `marks` are texts that name one person alone (the id in an
    address, a registration number). Reads both tables once. E-mail files go after the commit.
    """
    with connection.cursor() as cursor:
        cursor.execute(_QUEUED, {"user": user_id, "records": list(record_ids)})
        keys = [row[0] for row in cursor.fetchall()]
        cursor.execute(_TOLD, {"user": user_id, "keys": keys, "marks": [mark for mark in marks if mark]})
        told = [row[0] for row in cursor.fetchall()]
        cursor.execute(_ONWARD, {"told": [str(key) for key in told]})
    folder = Path(settings.EMAIL_FILE_PATH)
    paths = [folder / file_name(email.message_id(key)) for key in told]
    transaction.on_commit(lambda: _unlink(paths), robust=True)
    return len(told)


@transaction.atomic
def forget_pending(*, user_id: UUID, kinds: Sequence[str]) -> int:
    """Take back messages of these kinds that have not reached a user yet; returns how many.

    One that a worker is sending at this very moment is gone already.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM core_outboxmessage message
            WHERE recipient_id = %(user)s AND done_at IS NULL
              AND (ids ->> 'kind' = ANY(%(kinds)s)
                   OR EXISTS (SELECT FROM notifications_notification told
                              WHERE told.id::text = message.ids ->> 'notification'
                                AND told.kind = ANY(%(kinds)s)))
            """,
            {"user": user_id, "kinds": list(kinds)},
        )
        return cursor.rowcount


def _unlink(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
