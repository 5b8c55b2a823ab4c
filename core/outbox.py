"""Effects that follow a committed cause: messages, notifications, wake-ups.

The row is written in the cause's transaction (`enqueue`), so the effect exists exactly when the cause does.
Workers claim rows in chunks and call the handler of the kind; the row is marked done in the transaction of
the handler's own writes, so those happen once however often a task runs. A claim whose worker died is freed
by `sweep`.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import F

from core import broker, clock
from core.models import OutboxMessage
from core.privacy import redact_numbers

logger = logging.getLogger(__name__)

CHUNK = 500
MAX_ATTEMPTS = 10
RETRY_SECONDS = (5, 10, 20, 40, 60, 90, 90, 90, 90)
"""Pauses after the 1st, 2nd … failed attempt: short, as all must be through two minutes after a repair."""
UNAVAILABLE_SECONDS = 20

Handler = Callable[[list[OutboxMessage]], Mapping[int, str] | None]

_handlers: dict[str, Handler] = {}

_BATCH = 1_000
_to_json = DjangoJSONEncoder().encode

# Arrays instead of model instances: a third of the time for the tens of thousands of a reminder run.
_INSERT = """
    INSERT INTO core_outboxmessage
        (kind, recipient_id, ids, dedupe_key, not_before, created_at, attempts, last_error)
    SELECT kind, recipient_id, ids::jsonb, dedupe_key, not_before, %(at)s, 0, ''
    FROM unnest(%(kinds)s::text[], %(recipients)s::uuid[], %(ids)s::text[], %(keys)s::text[],
                %(times)s::timestamptz[]) AS draft (kind, recipient_id, ids, dedupe_key, not_before)
    ON CONFLICT DO NOTHING
"""


class Unavailable(Exception):
    """Raised by a handler when a service (mail, WhatsApp) is down: its messages wait, no attempt counts."""


@dataclass(frozen=True)
class Draft:
    """One message for `enqueue_many`; `ids` holds record ids only."""

    kind: str
    recipient: UUID | None
    dedupe_key: str
    ids: dict[str, Any] = field(default_factory=dict)
    not_before: datetime | None = None


def enqueue(
    *,
    kind: str,
    recipient: UUID | None,
    ids: dict[str, Any],
    dedupe_key: str,
    not_before: datetime | None = None,
) -> None:
    """Write a message into the current transaction; a second one with the same `dedupe_key` is dropped.

    `ids` holds record ids only (text, numbers, UUIDs, dates), never names or numbers of people. After the
    commit the relay is woken; without a broker it finds the message at its next scan. `not_before` delays it.
    """
    enqueue_many(
        [Draft(kind=kind, recipient=recipient, ids=ids, dedupe_key=dedupe_key, not_before=not_before)]
    )


def enqueue_many(drafts: Iterable[Draft]) -> None:
    """Write many messages with one statement per 1,000; see `enqueue`."""
    at = clock.now()
    rows = list(drafts)
    if not rows:
        return
    with connection.cursor() as cursor:
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            cursor.execute(
                _INSERT,
                {
                    "kinds": [row.kind for row in batch],
                    "recipients": [row.recipient for row in batch],
                    "ids": [_to_json(row.ids) for row in batch],
                    "keys": [row.dedupe_key for row in batch],
                    "times": [row.not_before or at for row in batch],
                    "at": at,
                },
            )
    if any(row.not_before is None or row.not_before <= at for row in rows):
        _wake_after_commit()


def row_of(draft: Draft) -> OutboxMessage:
    """A message not yet written, for an act that writes all its rows together, in this transaction.

    Its `dedupe_key` must be new: a second one ends in IntegrityError here instead of being dropped. The relay
    is woken after the commit, as with `enqueue`.
    """
    at = clock.now()
    not_before = draft.not_before or at
    if not_before <= at:
        _wake_after_commit()
    return OutboxMessage(
        kind=draft.kind,
        recipient_id=draft.recipient,
        ids=draft.ids,
        dedupe_key=draft.dedupe_key,
        not_before=not_before,
        created_at=at,
    )


def readdress(*, old: UUID, new: UUID) -> int:
    """Give the messages that wait for one recipient to another; returns how many."""
    waiting = OutboxMessage.objects.pending().filter(recipient_id=old, claim__isnull=True)
    return waiting.update(recipient_id=new)


def _wake_after_commit() -> None:
    """Wake the relay once per transaction; a rolled-back savepoint takes only its own wake-up along."""
    if not any(entry[1] is wake for entry in connection.run_on_commit):
        transaction.on_commit(wake, robust=True)


def wake() -> None:
    """Ask a worker to relay now; does nothing when the broker is away."""
    broker.publish("core.relay_outbox")


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that carries out messages of `kind`, called with a chunk inside a transaction.

    It returns nothing when all went well, or `{message.id: what went wrong}` for those that failed. When it
    raises, all its database writes are undone and the messages are tried again one by one.
    """

    def register(function: Handler) -> Handler:
        if kind in _handlers and _handlers[kind] is not function:
            raise ValueError(f"two handlers for outbox messages of kind {kind!r}")
        _handlers[kind] = function
        return function

    return register


def relay(limit: int = CHUNK) -> int:
    """Claim up to `limit` due messages, carry them out and return how many are done now.

    Several may run at once: each claims other rows (SKIP LOCKED).
    """
    token = uuid4()
    fresh: dict[str, list[OutboxMessage]] = {}
    again: list[OutboxMessage] = []
    for message in _claim(limit, token):
        # What failed before, or ended its worker, goes alone: it must not take others down with it.
        if message.attempts:
            again.append(message)
        else:
            fresh.setdefault(message.kind, []).append(message)
    done = sum(_deliver_chunk(kind, chunk, token) for kind, chunk in fresh.items())
    return done + sum(_deliver_chunk(message.kind, [message], token) for message in again)


def _claim(limit: int, token: UUID) -> list[OutboxMessage]:
    """Take due messages for this run, in one committed statement, oldest first."""
    at = clock.now()
    claimed = OutboxMessage.objects.raw(
        """
        WITH due AS MATERIALIZED (
            SELECT id FROM core_outboxmessage
            WHERE done_at IS NULL AND parked_at IS NULL AND claimed_at IS NULL AND not_before <= %s
            ORDER BY not_before, id
            LIMIT %s
            FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE core_outboxmessage AS message SET claim = %s, claimed_at = %s
        FROM due WHERE message.id = due.id
        RETURNING message.*
        """,
        [at, limit, token, at],
    )
    return sorted(claimed, key=lambda message: message.pk)


def _deliver_chunk(kind: str, messages: list[OutboxMessage], token: UUID) -> int:
    """Carry out one chunk of one kind; when it fails as a whole, its messages one by one."""
    try:
        return _deliver(kind, messages, token)
    except Unavailable as error:
        _postpone([message.pk for message in messages], token, str(error))
        return 0
    except Exception as error:  # a handler may raise anything; the messages must survive it
        logger.warning(
            "outbox messages failed",
            extra={"kind": kind, "count": len(messages), "error": type(error).__name__},
        )
        if len(messages) == 1:
            _put_back({messages[0].pk: f"{type(error).__name__}: {error}"}, held_by=token)
            return 0
    return sum(_deliver_chunk(kind, [message], token) for message in messages)


def _deliver(kind: str, messages: list[OutboxMessage], token: UUID) -> int:
    with transaction.atomic():
        # Marked before the effect: row locks keep the sweeper off, a failure undoes the mark.
        held = _mark_done([message.pk for message in messages], token)
        if not held:
            return 0
        function = _handlers.get(kind)
        if function is None:
            raise LookupError(f"no handler for outbox messages of kind {kind!r}")
        failures = dict(function([message for message in messages if message.pk in held]) or {})
        _put_back(failures)
        return len(held) - len(failures)


def _mark_done(ids: Sequence[int], token: UUID) -> set[int]:
    """Mark the messages that this run still holds; return their ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_outboxmessage SET done_at = %s, claim = NULL, claimed_at = NULL, last_error = ''"
            " WHERE id = ANY(%s) AND claim = %s AND done_at IS NULL RETURNING id",
            [clock.now(), list(ids), token],
        )
        return {row[0] for row in cursor.fetchall()}


@transaction.atomic
def _put_back(errors: Mapping[int, str], *, held_by: UUID | None = None) -> None:
    """Give failed messages a later attempt, or park them after the last one.

    Outside the transaction that marked them, `held_by` spares what another run has taken over meanwhile.
    """
    if not errors:
        return
    at = clock.now()
    mine = OutboxMessage.objects.filter(id__in=list(errors))
    if held_by is not None:
        mine = mine.filter(claim=held_by)
    rows = list(mine.select_for_update(no_key=True).order_by("id"))
    for row in rows:
        row.attempts += 1
        row.claim = row.claimed_at = row.done_at = None
        row.last_error = redact_numbers(errors[row.pk])[:2_000]
        if row.attempts >= MAX_ATTEMPTS:
            row.parked_at = at
        else:
            row.not_before = at + timedelta(seconds=RETRY_SECONDS[row.attempts - 1])
    OutboxMessage.objects.bulk_update(
        rows, ["attempts", "claim", "claimed_at", "done_at", "last_error", "parked_at", "not_before"]
    )


def _postpone(ids: Sequence[int], token: UUID, error: str) -> None:
    OutboxMessage.objects.filter(id__in=ids, claim=token).update(
        claim=None,
        claimed_at=None,
        not_before=clock.now() + timedelta(seconds=UNAVAILABLE_SECONDS),
        last_error=redact_numbers(error)[:2_000],
    )


def sweep() -> int:
    """Free claims older than `settings.OUTBOX_CLAIM_SECONDS` whose worker is gone; return how many.

    Each counts as an attempt, so a message that ends every worker that touches it is parked in the end.
    """
    at = clock.now()
    stale_before = at - timedelta(seconds=getattr(settings, "OUTBOX_CLAIM_SECONDS", 60))
    with transaction.atomic():
        stale = OutboxMessage.objects.pending().filter(claimed_at__lt=stale_before)
        ids = list(
            stale.select_for_update(skip_locked=True, no_key=True).values_list("id", flat=True)[:10_000]
        )
        rows = OutboxMessage.objects.filter(id__in=ids)
        rows.update(
            attempts=F("attempts") + 1,
            claim=None,
            claimed_at=None,
            last_error="the worker ended before it finished",
        )
        rows.filter(attempts__gte=MAX_ATTEMPTS).update(parked_at=at)
    if ids:
        logger.warning("outbox claims freed", extra={"count": len(ids)})
    return len(ids)


def requeue(ids: Iterable[int]) -> int:
    """Give parked messages ten new attempts; return how many came back."""
    return (
        OutboxMessage.objects.parked()
        .filter(id__in=list(ids))
        .update(parked_at=None, attempts=0, not_before=clock.now())
    )
