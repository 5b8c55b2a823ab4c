"""Telling whoever stays late, and the level above: in chunks, each once in however many runs."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from core.clock import ZONES, reminder_day
from notifications.services import Draft, notify_many

from . import routing
from .models import Desk, Ticket, TicketNote

CHUNK = 500


def remind_everywhere(*, at: datetime) -> int:
    """Remind in every zone where it is a working day after eight; returns how many reminders were claimed."""
    return sum(remind_zone(zone=zone, at=at) for zone in ZONES)


def remind_zone(*, zone: str, at: datetime) -> int:
    """Tell the owners of late tickets of one zone, once a wait, and later the level above, once a wait.

    Claim and messages of a chunk are written together or not at all; a second run finds nothing to claim.
    """
    day = reminder_day(at, zone)
    if day is None:
        return 0
    claimed = 0
    while found := _remind_chunk(zone=zone, day=day, at=at):
        claimed += found
    while found := _escalate_chunk(zone=zone, day=day, at=at):
        claimed += found
    return claimed


@transaction.atomic
def _remind_chunk(*, zone: str, day: date, at: datetime) -> int:
    late = _late(zone, Q(due_on__lt=day, reminded_at__isnull=True))
    Ticket.objects.filter(pk__in=[ticket.pk for ticket in late]).update(reminded_at=at)
    drafts = []
    for ticket in late:
        people = [ticket.owner_id] if ticket.owner_id else _desk_people(ticket, at=at)
        drafts += [_draft(ticket, "bantuan_lewat", "lewat", person) for person in people]
    notify_many(drafts)
    return len(late)


@transaction.atomic
def _escalate_chunk(*, zone: str, day: date, at: datetime) -> int:
    late = _late(zone, Q(escalates_on__lte=day, escalated_at__isnull=True))
    Ticket.objects.filter(pk__in=[ticket.pk for ticket in late]).update(escalated_at=at)
    drafts, notes = [], []
    for ticket in late:
        people = routing.level_above(ticket, at=at)
        names = ", ".join(person.display_name for person in people[:5]) or "belum ada petugas di atasnya"
        notes.append(TicketNote(ticket=ticket, act=TicketNote.Act.NAIK, text=names, at=at))
        drafts += [_draft(ticket, "bantuan_naik", "naik", person.pk) for person in people]
    TicketNote.objects.bulk_create(notes)
    notify_many(drafts)
    return len(late)


def _late(zone: str, due: Q) -> list[Ticket]:
    """The next tickets to tell of; those another run holds at this moment are left to it."""
    waiting = Ticket.objects.waiting().filter(due, zone=zone).select_related("district", "center__district")
    locked = waiting.select_for_update(of=("self",), no_key=True, skip_locked=True)
    return list(locked.order_by("due_on", "pk")[:CHUNK])


def _desk_people(ticket: Ticket, *, at: datetime) -> list[UUID]:
    case = routing.case_of(ticket)
    people = routing.people_at(ticket.desk, case, at=at) or routing.people_at(Desk.SEKRETARIAT, case, at=at)
    return [person.pk for person in people]


def _draft(ticket: Ticket, kind: str, key: str, person: UUID) -> Draft:
    """One message per wait, kind and person, whoever sends it."""
    return Draft(
        user_id=person,
        kind=kind,
        ids={"ticket": str(ticket.pk)},
        dedupe_key=f"bantuan:{key}:{ticket.pk}:{ticket.waiting_since.isoformat()}:{person}",
    )
