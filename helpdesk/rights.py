"""The right to a copy and to erasure (UU PDP 27/2022, art. 7 and 8), as far as questions are concerned."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from core import audit

from .models import Ticket, TicketMessage, TicketNote

GONE = "(data dihapus)"
"""Stands where a text may not be empty."""


def held_about(user: User) -> list[dict[str, Any]]:
    """What is kept of a user's questions, oldest first, in two statements; internal notes are not part."""
    tickets = list(Ticket.objects.asked_by(user).order_by("opened_at", "pk"))
    texts: dict[UUID, list[dict[str, Any]]] = {ticket.pk: [] for ticket in tickets}
    for row in TicketMessage.objects.filter(ticket__in=tickets).order_by("at", "pk"):
        texts[row.ticket_id].append({"at": row.at, "from": row.side, "text": row.text})
    return [
        {
            "number": ticket.number,
            "kind": ticket.kind,
            "topic": ticket.topic,
            "status": ticket.status,
            "opened_at": ticket.opened_at,
            "messages": texts[ticket.pk],
        }
        for ticket in tickets
    ]


@transaction.atomic
def forget(*, user_id: UUID | None, actor: User | None, reason: str, phone_index: bytes | None = None) -> int:
    """Take out who asked and what was written; numbers, places, clocks and statuses stay. Returns how many.

    `phone_index`: of a number that is this person's alone, for what was asked without signing in.
    `reason` must not name anybody: it stays in the audit log, once for each table.
    """
    asked = Q(asker_id=user_id) if user_id else Q(pk__in=[])
    if phone_index is not None:
        asked |= Q(asker=None, phone_index=phone_index)
    tickets = Ticket.objects.select_for_update(of=("self",), no_key=True).filter(asked)
    ids = list(tickets.order_by("pk").values_list("pk", flat=True))
    if not ids:
        return 0
    for rows in (TicketMessage.objects.filter(ticket__in=ids), TicketNote.objects.filter(ticket__in=ids)):
        audit.redact(rows, actor=actor, reason=reason, obj=None, values={"text": GONE})
    Ticket.objects.filter(pk__in=ids).update(
        name=GONE,
        summary=GONE,
        phone_sealed=None,
        phone_index=None,
        phone_mask="",
        email="",
        checks_self=True,
    )
    return len(ids)
