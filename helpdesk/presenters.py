"""How a ticket reads: whose turn it is, how old it is, until when. Citizens and staff read other words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.formats import day_long, moment
from core.validators import wa_link

from .models import Ticket, TicketMessage, TicketStatus

WA_LENGTH = 600
"""Characters of an answer that are typed in advance into WhatsApp."""

_CITIZEN = {
    TicketStatus.BARU: ("officer", "Giliran petugas"),
    TicketStatus.DIJAWAB: ("complete", "Sudah dijawab"),
    TicketStatus.MENUNGGU_PENANYA: ("you", "Giliran Anda"),
    TicketStatus.SELESAI: ("done", "Selesai"),
}
_STAFF = {
    TicketStatus.DIJAWAB: ("complete", "Dijawab"),
    TicketStatus.MENUNGGU_PENANYA: ("info", "Menunggu penanya"),
    TicketStatus.SELESAI: ("done", "Selesai"),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """Colour and icon by `status`, and the word (tag `badge`)."""

    status: str
    text: str


def citizen_badge(ticket: Ticket) -> Badge:
    """Whose turn it is, for the asker."""
    return Badge(*_CITIZEN[TicketStatus(ticket.status)])


def staff_badge(ticket: Ticket, at: datetime) -> Badge:
    """How urgent it is, for the staff; the limit stands beside it in the list."""
    if not ticket.is_waiting:
        return Badge(*_STAFF[TicketStatus(ticket.status)])
    if ticket.is_overdue(at):
        return Badge("late", f"Lewat {ticket.days_late(at)} hari")
    if ticket.local_day(at) == ticket.due_on:
        return Badge("soon", "Batasnya hari ini")
    return Badge("waiting", f"Hari ke-{ticket.day_number(at)}")


def age(ticket: Ticket, at: datetime) -> str:
    """The age clock in one sentence: "Hari ke-2, paling lambat Rabu, 25 November 2026"."""
    if ticket.closed_at is not None:
        return f"Ditutup {moment(ticket.closed_at, ticket.zone)}"
    if ticket.is_overdue(at):
        return f"Lewat {ticket.days_late(at)} hari dari batas {day_long(ticket.due_on)}"
    if ticket.is_waiting:
        limit = "hari ini, " if ticket.local_day(at) == ticket.due_on else ""
        return f"Hari ke-{ticket.day_number(at)}, paling lambat {limit}{day_long(ticket.due_on)}"
    return "Menunggu balasan Anda" if ticket.status == TicketStatus.MENUNGGU_PENANYA else "Sudah dijawab"


def whatsapp(ticket: Ticket, messages: list[TicketMessage], officer: str) -> str:
    """`wa.me` address with the last answer typed in advance; "" without a number. For the owner alone."""
    phone = ticket.asker.phone() if ticket.asker else ticket.phone()
    if not phone:
        return ""
    answers = [message.text for message in messages if message.is_from_staff]
    what = f"{ticket.kind_label.lower()} Anda {ticket.number}"
    words = f"Halo {ticket.name}, saya {officer} dari OK OCE, tentang {what}."
    if answers:
        last = answers[-1]
        words += " " + (last if len(last) <= WA_LENGTH else last[: WA_LENGTH - 1].rstrip() + "…")
    return wa_link(phone, words)
