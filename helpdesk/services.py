"""The acts on questions and complaints: the only writes."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Q

from accounts.access import has_role
from accounts.models import Role, User
from centers.assignment import center_for
from centers.models import Center, District
from core import clock, outbox
from core.clock import local_day
from core.crypto import blind_index
from core.formats import clock_time, number
from core.refusals import Refused
from notifications.services import notify

from . import routing
from .models import (
    WAIT_FIELDS,
    Desk,
    Kind,
    Ticket,
    TicketMessage,
    TicketNote,
    TicketRule,
    TicketStatus,
    Topic,
)
from .rules import is_about_staff, may_reopen, wait_from

LETTER = "bantuan.surat"
"""The outbox kind of an answer by e-mail to somebody without an account."""
SUMMARY_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody wrote, cleaned. `phone` is E.164 or ""; the contact counts for people without account."""

    kind: Kind
    topic: Topic
    text: str
    name: str = ""
    phone: str = ""
    email: str = ""
    checks_self: bool = False
    district: District | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The ticket behind a submission; `is_new` is False when the answer is a repeated one."""

    ticket: Ticket
    is_new: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """What waits for a member of staff: to answer in all; of these late, own, and taken by nobody yet."""

    waiting: int
    overdue: int
    own: int
    untaken: int

    @property
    def overdue_text(self) -> str:
        return f"{number(self.overdue)} lewat batas"


def counts_for(user: User, *, at: datetime) -> Counts:
    """The figures of the queue inside the user's scope, in one statement."""
    found = (
        Ticket.objects.workable_by(user)
        .waiting()
        .aggregate(
            waiting=Count("pk"),
            overdue=Count("pk", filter=Q(due_at__lte=at)),
            own=Count("pk", filter=Q(owner_id=user.pk)),
            untaken=Count("pk", filter=Q(taken_at__isnull=True)),
        )
    )
    return Counts(**found)


# Asking ------------------------------------------------------------------------------------------------


def ask(
    *, question: Question, submission_id: UUID, browser: str, asker: User | None, at: datetime
) -> Asked | None:
    """Open a ticket once per `submission_id`; the owner is told, a signed-in asker too.

    A repeated submission of the same browser or account gets the same ticket; of anybody else None.
    """
    index = _browser_index(browser)
    try:
        with transaction.atomic():
            return _repeated(submission_id, index, asker) or _open(question, submission_id, index, asker, at)
    except (_Foreign, IntegrityError) as error:
        # Sent twice at the same moment: the other one was committed first.
        if isinstance(error, IntegrityError) and not Ticket.objects.filter(submission_id=submission_id):
            raise
        try:
            return _repeated(submission_id, index, asker)
        except _Foreign:
            return None


def was_asked(submission_id: UUID) -> bool:
    """Whether a ticket of this submission exists, so that its repetition costs nobody an attempt."""
    return Ticket.objects.filter(submission_id=submission_id).exists()


class _Foreign(Exception):
    """This submission was answered to somebody else."""


def _browser_index(browser: str) -> bytes:
    return blind_index(browser, purpose="bantuan.peramban")


def _repeated(submission_id: UUID, index: bytes, asker: User | None) -> Asked | None:
    found = Ticket.objects.for_page().filter(submission_id=submission_id).first()
    if found is None:
        return None
    is_same_browser = hmac.compare_digest(bytes(found.browser_index), index)
    is_same_account = asker is not None and found.asker_id == asker.pk
    if not (is_same_account or (is_same_browser and found.asker_id is None)):
        raise _Foreign
    return Asked(found, is_new=False)


def _open(question: Question, submission_id: UUID, index: bytes, asker: User | None, at: datetime) -> Asked:
    district = question.district
    center = center_for(district).center if district else None
    about_staff = is_about_staff(question.kind, question.topic)
    case = routing.Case(district, center, about_staff, asker.pk if asker else None)
    route = routing.find_route(case, at=at)
    zone = center.zone if center else district.zone if district else clock.DEFAULT_ZONE
    ticket = Ticket(
        number=next_number(at=at, zone=zone),
        submission_id=submission_id,
        browser_index=index,
        kind=question.kind,
        topic=question.topic,
        summary=_shortened(question.text),
        asker=asker,
        name=asker.display_name[:120] if asker else question.name,
        email="" if asker else question.email,
        checks_self=False if asker else question.checks_self,
        district=district,
        center=center,
        is_about_staff=about_staff,
        desk=route.desk,
        owner=route.owner,
        zone=zone,
        opened_at=at,
    )
    ticket.set_phone(question.phone if question.phone and asker is None else None)
    _begin_wait(ticket, at=at)
    ticket.save(force_insert=True)
    _say(ticket, TicketMessage.Side.PENANYA, question.text, author=asker, at=at)
    _tell(ticket, ticket.owner_id, "bantuan_baru", f"baru:{ticket.pk}")
    _tell(ticket, ticket.asker_id, "bantuan_diterima", f"terima:{ticket.pk}")
    return Asked(ticket, is_new=True)


def next_number(*, at: datetime, zone: str) -> str:
    """The next `B-26-000123`: the year of the local day, counted on across years without a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('helpdesk_ticket_number')")
        (value,) = cursor.fetchone()
    return f"B-{local_day(at, zone):%y}-{value:06d}"


@transaction.atomic
def write_again(*, ticket_id: UUID, author: User | None, text: str, at: datetime) -> Ticket:
    """The asker adds something: it is the staff's turn again, with a new limit unless one runs already.

    On a closed ticket this opens it again. Raises Refused when that is too late. The caller has checked that
    this is the asker.
    """
    ticket = _locked(ticket_id)
    rules = TicketRule.objects.on(ticket.local_day(at))
    was_closed = ticket.is_closed
    if was_closed and not may_reopen(ticket, rules, at=at):
        raise Refused("Pertanyaan ini sudah lama ditutup. Tulis pertanyaan baru dan sebutkan nomor ini.")
    message = _say(ticket, TicketMessage.Side.PENANYA, text, author=author, at=at)
    if not ticket.is_waiting:
        _begin_wait(ticket, at=at)
        ticket.save(update_fields=WAIT_FIELDS)
    if was_closed:
        _note(ticket, TicketNote.Act.BUKA_LAGI, author=author, at=at)
    _tell(ticket, ticket.owner_id, "bantuan_dibalas", f"balas:{message.pk}")
    return ticket


# Answering ---------------------------------------------------------------------------------------------


@transaction.atomic
def take(*, ticket_id: UUID, actor: User, at: datetime) -> Ticket:
    """Take a ticket on. Of two officers at once one wins; the other is refused with the winner's name.

    The caller has fetched the ticket inside the actor's scope; it is checked again under the lock.
    """
    ticket = _locked_for(ticket_id, actor)
    _take(ticket, actor, at)
    return ticket


@transaction.atomic
def answer(*, ticket_id: UUID, actor: User, text: str, asks_back: bool, at: datetime) -> Ticket:
    """Answer the asker; with `asks_back` the answer is a question that the asker has to answer first.

    Whoever answers a ticket that nobody has taken takes it. The same words sent again are the same answer.
    Raises Refused for somebody else's ticket, and for a closed one.
    """
    ticket = _locked_for(ticket_id, actor)
    _must_be_open(ticket)
    last = TicketMessage.objects.filter(ticket=ticket).order_by("-at").first()
    if last is not None and (last.author_id, last.text) == (actor.pk, text):
        return ticket  # the button was pressed twice
    if ticket.owner_id != actor.pk or ticket.taken_at is None:
        _take(ticket, actor, at)
    message = _say(
        ticket,
        TicketMessage.Side.PETUGAS,
        text,
        author=actor,
        at=at,
        was_late=ticket.is_overdue(at),
    )
    ticket.status = TicketStatus.MENUNGGU_PENANYA if asks_back else TicketStatus.DIJAWAB
    ticket.answered_at = ticket.answered_at or at
    ticket.save(update_fields=["status", "answered_at"])
    kind = "bantuan_ditanya" if asks_back else "bantuan_dijawab"
    _tell(ticket, ticket.asker_id, kind, f"jawab:{message.pk}", message=str(message.pk))
    if ticket.asker_id is None and ticket.email:
        ids = {"message": str(message.pk)}
        outbox.enqueue(kind=LETTER, recipient=None, ids=ids, dedupe_key=f"{LETTER}:{message.pk}")
    return ticket


@transaction.atomic
def close(*, ticket_id: UUID, actor: User, text: str, at: datetime) -> Ticket:
    """Close an answered ticket. Raises Refused while the asker waits, or for another's ticket."""
    ticket = _locked_for(ticket_id, actor)
    _must_be_open(ticket)
    _must_own(ticket, actor)
    if ticket.is_waiting:
        raise Refused("Jawab dulu penanyanya. Sesudah itu baru bisa ditutup.")
    ticket.status, ticket.closed_at = TicketStatus.SELESAI, at
    ticket.save(update_fields=["status", "closed_at"])
    note = _note(ticket, TicketNote.Act.TUTUP, author=actor, text=text, at=at)
    _tell(ticket, ticket.asker_id, "bantuan_ditutup", f"tutup:{note.pk}")
    return ticket


@transaction.atomic
def add_note(*, ticket_id: UUID, actor: User, text: str, at: datetime) -> TicketNote:
    """Keep something for the staff; the asker never reads it."""
    return _note(_locked_for(ticket_id, actor), TicketNote.Act.CATATAN, author=actor, text=text, at=at)


# Handing over ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """To whom a ticket is given: a person, a desk, or the centre of a kecamatan. One of the three."""

    person_id: UUID | None = None
    desk: Desk | None = None
    district: District | None = None


def may_hand_over(ticket: Ticket, actor: User) -> bool:
    """The owner, and whoever answers for a desk: manager, dinas, secretariat."""
    return ticket.owner_id == actor.pk or has_role(actor, Role.PENGELOLA, Role.DINAS, Role.ADMIN)


def people_for(ticket: Ticket, *, at: datetime) -> list[tuple[str, list[User]]]:
    """Who may be given this ticket, by group: the centre, its coaches, the dinas, the secretariat."""
    case = routing.case_of(ticket)
    groups = [
        ("Pusat", routing.people_at(Desk.PUSAT, case, at=at)),
        ("Pendamping", routing.coaches_at(case, at=at)),
        ("Dinas", routing.people_at(Desk.DINAS, case, at=at)),
        ("Sekretariat PGO", routing.people_at(Desk.SEKRETARIAT, case, at=at)),
    ]
    return [(label, people) for label, people in groups if people]


@transaction.atomic
def hand_over(*, ticket_id: UUID, actor: User, to: Target, reason: str, at: datetime) -> Ticket:
    """Give a ticket to another person, centre or desk. The limit stays: the asker goes on waiting.

    Raises Refused for a closed ticket, without the right to, or when the target cannot answer it.
    """
    ticket = _locked_for(ticket_id, actor)
    _must_be_open(ticket)
    if not may_hand_over(ticket, actor):
        raise Refused(f"{ticket.owner_name} yang memegang ini. Serah terima lewat {ticket.owner_name}.")
    before = ticket.owner_id, ticket.desk, ticket.center_id
    if to.person_id is not None:
        _give_to_person(ticket, to.person_id, at)
    elif to.district is not None:
        _give_to_center(ticket, to.district, at)
    else:
        _give_to_desk(ticket, to.desk or Desk.SEKRETARIAT, at)
    if before == (ticket.owner_id, ticket.desk, ticket.center_id):
        raise Refused(f"Sudah dipegang {ticket.owner_name}. Pilih tujuan lain.")
    ticket.taken_at = None
    ticket.save(update_fields=["owner", "desk", "center", "taken_at"])
    where = ticket.center.name if ticket.desk == Desk.PUSAT and ticket.center else Desk(ticket.desk).label
    note = _note(
        ticket,
        TicketNote.Act.SERAH,
        author=actor,
        text=f"Kepada {ticket.owner_name} ({where}). Alasan: {reason}",
        at=at,
    )
    if ticket.owner_id != actor.pk:
        _tell(ticket, ticket.owner_id, "bantuan_diserahkan", f"serah:{note.pk}")
    return ticket


def _give_to_person(ticket: Ticket, person_id: UUID, at: datetime) -> None:
    desks = {"Pusat": Desk.PUSAT, "Pendamping": Desk.PUSAT, "Dinas": Desk.DINAS}
    for label, people in people_for(ticket, at=at):
        for person in people:
            if person.pk == person_id:
                ticket.owner, ticket.desk = person, desks.get(label, Desk.SEKRETARIAT)
                return
    raise Refused("Orang ini tidak bisa memegang pertanyaan ini. Pilih orang lain.")


def _give_to_center(ticket: Ticket, district: District, at: datetime) -> None:
    if ticket.is_about_staff:
        raise Refused("Keluhan tentang petugas tidak ditangani pusat. Pilih dinas atau sekretariat.")
    center = _open_center(district)
    case = routing.Case(ticket.district, center, False, ticket.asker_id)
    owner = routing.least_burdened(routing.people_at(Desk.PUSAT, case, at=at))
    if owner is None:
        raise Refused(f"{center.name} belum punya pengelola. Pilih dinas atau sekretariat.")
    ticket.center, ticket.desk, ticket.owner = center, Desk.PUSAT, owner


def _open_center(district: District) -> Center:
    center = center_for(district).center
    if center is None:
        raise Refused(f"Belum ada pusat yang buka untuk {district.name}. Pilih dinas atau sekretariat.")
    return center


def _give_to_desk(ticket: Ticket, desk: Desk, at: datetime) -> None:
    owner = routing.least_burdened(routing.people_at(desk, routing.case_of(ticket), at=at))
    if owner is None:
        raise Refused(f"Belum ada petugas {desk.label} untuk wilayah ini. Pilih tujuan lain.")
    ticket.desk, ticket.owner = desk, owner


# parts -----------------------------------------------------------------------------------------------


def _lock(ticket_id: UUID) -> None:
    """Wait for the row. What hangs on it is read afterwards, in a statement of its own: joined to a row that
    changed while we waited, the new owner would come back as nobody.
    """
    rows = Ticket.objects.select_for_update(no_key=True).filter(pk=ticket_id)
    rows.values_list("pk", flat=True).get()


def _locked(ticket_id: UUID) -> Ticket:
    _lock(ticket_id)
    return Ticket.objects.for_page().get(pk=ticket_id)


def _locked_for(ticket_id: UUID, actor: User) -> Ticket:
    """The ticket under its lock, if it is still the actor's to work on."""
    _lock(ticket_id)
    ticket = Ticket.objects.workable_by(actor).for_page().filter(pk=ticket_id).first()
    if ticket is None:
        raise Refused("Pertanyaan ini sudah dipindahkan ke petugas lain.")
    return ticket


def _take(ticket: Ticket, actor: User, at: datetime) -> None:
    _must_be_open(ticket)
    if ticket.taken_at is not None:
        if ticket.owner_id == actor.pk:
            return
        when = clock_time(ticket.taken_at, ticket.zone)
        raise Refused(f"{ticket.owner_name} sudah mengambil ini ({when}). Minta serah terima bila perlu.")
    if ticket.owner_id != actor.pk and has_role(actor, Role.PENDAMPING) and not may_hand_over(ticket, actor):
        raise Refused("Pendamping menjawab pertanyaan yang diserahkan kepadanya.")
    ticket.owner, ticket.taken_at = actor, at
    ticket.save(update_fields=["owner", "taken_at"])
    _note(ticket, TicketNote.Act.AMBIL, author=actor, at=at)


def _must_be_open(ticket: Ticket) -> None:
    if ticket.is_closed:
        raise Refused("Pertanyaan ini sudah ditutup. Hanya penanya yang bisa membukanya lagi.")


def _must_own(ticket: Ticket, actor: User) -> None:
    if ticket.owner_id != actor.pk:
        raise Refused(f"{ticket.owner_name} yang memegang ini. Minta serah terima dulu.")


def _begin_wait(ticket: Ticket, *, at: datetime) -> None:
    day = local_day(at, ticket.zone)
    wait = wait_from(day, ticket.kind, TicketRule.objects.on(day))
    ticket.begin_wait(at=at, due_on=wait.due_on, escalates_on=wait.escalates_on)


def _say(
    ticket: Ticket,
    side: TicketMessage.Side,
    text: str,
    *,
    author: User | None,
    at: datetime,
    was_late: bool = False,
) -> TicketMessage:
    return TicketMessage.objects.create(
        ticket=ticket, side=side, author=author, text=text, was_late=was_late, at=at
    )


def _note(
    ticket: Ticket, act: TicketNote.Act, *, author: User | None, at: datetime, text: str = ""
) -> TicketNote:
    return TicketNote.objects.create(ticket=ticket, act=act, author=author, text=text, at=at)


def _tell(ticket: Ticket, user_id: UUID | None, kind: str, key: str, **ids: str) -> None:
    """Send one of this app's messages, once per key; to nobody when nobody is there."""
    if user_id is not None:
        notify(
            user_id=user_id,
            kind=kind,
            ids={"ticket": str(ticket.pk), **ids},
            dedupe_key=f"bantuan:{key}:{user_id}",
        )


def _shortened(text: str) -> str:
    """The first line as it stands in lists."""
    line = " ".join(text.split())
    return line if len(line) <= SUMMARY_LENGTH else line[: SUMMARY_LENGTH - 1].rstrip() + "…"
