"""The clock of a ticket. Pure: values in, days out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.clock import local_day, next_working_day

from .models import Kind, Ticket, TicketRule, Topic

Rules = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Wait:
    """Until when the staff have to answer, and when the level above is told."""

    due_on: date
    escalates_on: date


def wait_from(day: date, kind: str, rules: Rules) -> Wait:
    """The wait of something said on a local day: so many working days, the day itself not counted.

    The owner is reminded on the first working day after `due_on`, the level above `naik` working days later.
    """
    due_on = next_working_day(day, rules[kind, TicketRule.Code.TENGGAT])
    return Wait(due_on, next_working_day(due_on, 1 + rules[kind, TicketRule.Code.NAIK]))


def reopens_until(ticket: Ticket, rules: Rules) -> date | None:
    """The last local day on which the asker may open a closed ticket again; None while it is open."""
    if ticket.closed_at is None:
        return None
    days = rules[ticket.kind, TicketRule.Code.BUKA_LAGI]
    return local_day(ticket.closed_at, ticket.zone) + timedelta(days=days)


def may_reopen(ticket: Ticket, rules: Rules, *, at: datetime) -> bool:
    """Whether a closed ticket may be opened again at this instant."""
    last = reopens_until(ticket, rules)
    return last is not None and ticket.local_day(at) <= last


def is_about_staff(kind: str, topic: str) -> bool:
    """A complaint about the people of a centre: they neither read nor answer it."""
    return kind == Kind.KELUHAN and topic == Topic.PETUGAS
