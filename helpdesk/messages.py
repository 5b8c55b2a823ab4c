"""What askers and staff are told: the kinds of messages, their words and what fills them.

No text names a NIK or a phone number: those cannot be written into a question or an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.clock import now
from core.formats import day_long, number
from notifications.registry import Ids, Values, register

from .models import Ticket, TicketMessage

ASKER_PAGE = "/bantuan/{number}/"
STAFF_PAGE = "/antrean-bantuan/{number}/"


def _of_ticket(ticket: Ticket) -> dict[str, str]:
    """The words every message about a ticket may use."""
    return {
        "number": ticket.number,
        "what": "Keluhan" if ticket.is_complaint else "Pertanyaan",
        "topic": ticket.topic_label,
        "place": ticket.place_label,
        "owner": ticket.owner_name,
        "name": ticket.name,
        "summary": ticket.summary,
        "due": day_long(ticket.due_on),
        "days": number(ticket.days_late(now())),
    }


def _load(ids: Sequence[Ids]) -> dict[str, Ticket]:
    found = Ticket.objects.for_page().filter(pk__in={one["ticket"] for one in ids})
    return {str(ticket.pk): ticket for ticket in found}


def about_ticket(ids: Sequence[Ids]) -> list[Values | None]:
    """`ticket`: the ticket as it is at delivery."""
    found = _load(ids)
    return [_of_ticket(ticket) if (ticket := found.get(one["ticket"])) else None for one in ids]


def about_message(ids: Sequence[Ids]) -> list[Values | None]:
    """`ticket` and `message`: also what was written."""
    found = _load(ids)
    rows = TicketMessage.objects.filter(pk__in={one["message"] for one in ids})
    texts = {str(row.pk): row.text for row in rows}
    return [
        _of_ticket(ticket) | {"text": texts[one["message"]]}
        if (ticket := found.get(one["ticket"])) and one["message"] in texts
        else None
        for one in ids
    ]


def about_waiting(ids: Sequence[Ids]) -> list[Values | None]:
    """`ticket`, only if it still waits past its limit: whoever has answered meanwhile hears nothing."""
    found = _load(ids)
    return [
        _of_ticket(ticket) if (ticket := found.get(one["ticket"])) and ticket.is_overdue(now()) else None
        for one in ids
    ]


Loader = Callable[[Sequence[Ids]], Sequence[Values | None]]


def _tell_asker(kind: str, title: str, body: str, context: Loader = about_ticket) -> None:
    register(kind, title=title, body=body, url=ASKER_PAGE, context=context)


def _tell_staff(kind: str, title: str, body: str, context: Loader = about_ticket) -> None:
    register(kind, title=title, body=body, url=STAFF_PAGE, context=context)


def register_messages() -> None:
    """Make every kind of message of this app known; called once, at start."""
    _tell_asker(
        "bantuan_diterima",
        "{what} Anda tercatat: {number}",
        "{owner} menjawab paling lambat {due}. Buka halaman ini kapan saja untuk melihat kabarnya.",
    )
    _tell_asker(
        "bantuan_dijawab",
        "Jawaban untuk {number}",
        "{owner} menjawab: {text}",
        about_message,
    )
    _tell_asker(
        "bantuan_ditanya",
        "{owner} perlu keterangan untuk {number}",
        "{owner} bertanya: {text} Balas dari halaman ini supaya bisa dilanjutkan.",
        about_message,
    )
    _tell_asker(
        "bantuan_ditutup",
        "{number} selesai",
        "{what} Anda sudah dijawab dan ditutup. Masih ada yang belum beres? Buka lagi dari halaman ini.",
    )
    _tell_staff(
        "bantuan_baru",
        "{what} baru {number}: {topic}",
        "{place}. “{summary}” Jawab paling lambat {due}.",
    )
    _tell_staff(
        "bantuan_dibalas",
        "{number} dibalas penanya",
        "{what} tentang {topic} menunggu jawaban Anda lagi, paling lambat {due}.",
    )
    _tell_staff(
        "bantuan_diserahkan",
        "{number} diserahkan kepada Anda",
        "{what} tentang {topic}, {place}. Jawab paling lambat {due}.",
    )
    _tell_staff(
        "bantuan_lewat",
        "{number} lewat batas",
        "{what} tentang {topic} belum dijawab. Batasnya {due}. Jawab hari ini, atau serahkan kepada yang "
        "bisa.",
        about_waiting,
    )
    _tell_staff(
        "bantuan_naik",
        "{number} lewat {days} hari dari batas",
        "{what} tentang {topic}, {place}, dipegang {owner} dan belum dijawab. Batasnya {due}. Pastikan ada "
        "yang menjawab.",
        about_waiting,
    )
