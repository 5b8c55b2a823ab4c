"""Erasing a person: what names them goes, the anonymous facts that were counted stay.

One act, one transaction. Kept: the enrollment with its place, path, stage and dates, every line of the log
with the dimensions of its day, which kinds of proof were accepted for which stage, and numbers of workers.
Every statistic is made of these alone, so none changes by a digit. The rows themselves stay because others
point at them, with nothing in them that leads to a human; they are listed nowhere (`erased_at`).

An app above that records something about people registers what is to be done with it:

    @erasure.erases("pipeline.ContactLog")
    def _forget_contacts(traces: Traces) -> None: ...

A test compares the registered names with the models that point at people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import connection, models, transaction
from django.db.models import Q

from accounts.erasure import ERASED_NAME, empty_account
from accounts.models import RoleAssignment, User
from core import audit, files
from core.models import AuditEntry, Job, StoredFile
from helpdesk import rights as tickets
from helpdesk.models import Ticket
from notifications.erasure import forget
from notifications.models import Preference

from .holding import hold_people, with_doubles
from .models import (
    AssignmentEnd,
    Business,
    CoachAssignment,
    Consent,
    CorrectionStatus,
    DataRequest,
    Enrollment,
    IdentityDocument,
    Merge,
    NikCorrection,
    NotSamePerson,
    Person,
    Product,
    RegistrationSubmission,
    RequestStatus,
    StageEvidence,
    StageTransition,
)

logger = structlog.get_logger(__name__)

GONE = "(data dihapus)"
"""Stands where a text may not be empty."""

_KEPT_ALWAYS = ("data.disamarkan", "hak_data.hapus")
"""Audit entries of the erasure itself."""


@dataclass(frozen=True)
class Traces:
    """By what other tables know one person, collected before anything is taken away."""

    person_id: UUID
    user_id: UUID | None
    is_staff: bool
    actor: User | None
    at: datetime
    phone_index: bytes | None = None
    numbers: list[str] = field(default_factory=list)
    enrollment_ids: list[UUID] = field(default_factory=list)
    business_ids: list[UUID] = field(default_factory=list)
    evidence_ids: list[UUID] = field(default_factory=list)
    transition_ids: list[UUID] = field(default_factory=list)
    request_ids: list[UUID] = field(default_factory=list)
    ticket_ids: list[UUID] = field(default_factory=list)
    assignment_ids: list[int] = field(default_factory=list)

    @property
    def own_account(self) -> UUID | None:
        """The account, unless it is also that of somebody who works here."""
        return None if self.is_staff else self.user_id

    def record_ids(self) -> list[str]:
        """Ids that name this person in audit entries, messages and admin logs."""
        found: list[UUID | None] = [
            self.person_id,
            self.own_account,
            *self.enrollment_ids,
            *self.business_ids,
            *self.evidence_ids,
            *self.transition_ids,
            *self.request_ids,
            *self.ticket_ids,
        ]
        return [str(key) for key in found if key is not None]


Eraser = Callable[[Traces], None]
_erasers: dict[Eraser, tuple[str, ...]] = {}


def erases(*labels: str) -> Callable[[Eraser], Eraser]:
    """Register what happens to the rows of these models (`app.Model`) when a person is erased."""

    def register(function: Eraser) -> Eraser:
        _erasers[function] = labels
        return function

    return register


def erased_models() -> frozenset[str]:
    """Labels of all models that somebody takes care of."""
    return frozenset(label for labels in _erasers.values() for label in labels)


@transaction.atomic
def erase_person(*, person_id: UUID, actor: User | None, reason: str, at: datetime) -> bool:
    """Take out everything that names this person; False when that was done already.

    `reason` must not name anybody: it stays. Files on disk go after the commit.
    """
    held = hold_people(with_doubles(person_id))
    if person_id not in held:
        raise Person.DoesNotExist
    person = held[person_id]
    if person.erased_at is not None:
        return False
    # Records found to be the same human go with this one.
    doubles = list(Merge.objects.standing().filter(winner=person).values_list("loser_id", flat=True))
    traces = _collect(person, actor=actor, at=at)
    for eraser in _erasers:
        eraser(traces)
    _forget_history(traces)
    audit.record(actor=actor, action="hak_data.hapus", obj=_person(traces), reason=reason)
    # The id alone: after a restore from an older backup the log says whom to erase again.
    transaction.on_commit(lambda: logger.info("person_erased", person=str(person_id)), robust=True)
    for double_id in doubles:
        erase_person(person_id=double_id, actor=actor, reason=reason, at=at)
    return True


def _collect(person: Person, *, actor: User | None, at: datetime) -> Traces:
    enrollments = list(Enrollment.objects.filter(person=person).values_list("pk", "number"))
    ids = [key for key, _number in enrollments]

    def keys(rows: models.QuerySet[Any]) -> list[Any]:
        return list(rows.values_list("pk", flat=True))

    is_shared = Person.objects.filter(phone_index=person.phone_index).exclude(pk=person.pk).exists()
    phone_index = None if person.phone_index is None or is_shared else bytes(person.phone_index)
    asked = Q(asker_id=person.user_id) if person.user_id else Q(pk__in=[])
    if phone_index is not None:
        asked |= Q(asker=None, phone_index=phone_index)
    return Traces(
        person_id=person.pk,
        user_id=person.user_id,
        is_staff=person.user_id is not None
        and RoleAssignment.objects.filter(user_id=person.user_id).exists(),
        actor=actor,
        at=at,
        phone_index=phone_index,
        ticket_ids=keys(Ticket.objects.filter(asked)),
        numbers=[number for _key, number in enrollments],
        enrollment_ids=ids,
        business_ids=keys(Business.objects.filter(person=person)),
        evidence_ids=keys(StageEvidence.objects.filter(enrollment__in=ids)),
        transition_ids=keys(StageTransition.objects.filter(enrollment__in=ids)),
        request_ids=keys(DataRequest.objects.filter(person=person)),
        assignment_ids=keys(CoachAssignment.objects.filter(enrollment__in=ids)),
    )


def drop_files(stored: Iterable[StoredFile]) -> None:
    """Delete those files that nothing points at any more: the record now, the bytes after the commit."""
    for stored_file in stored:
        if not _is_in_use(stored_file):
            files.delete(stored_file)


def _is_in_use(stored_file: StoredFile) -> bool:
    """Whether any record of any app still has this file: one picture may belong to many."""
    return any(
        relation.related_model._default_manager.filter(**{relation.field.name: stored_file}).exists()
        for relation in StoredFile._meta.get_fields(include_hidden=True)
        if isinstance(relation, models.ManyToOneRel)
    )


# What each table loses ------------------------------------------------------------------------------------


@erases("notifications.Notification", "notifications.Preference", "core.OutboxMessage")
def _forget_messages(traces: Traces) -> None:
    forget(
        user_id=traces.own_account,
        record_ids=traces.record_ids(),
        marks=[str(traces.person_id), *traces.numbers],
    )
    if traces.own_account:
        Preference.objects.filter(user_id=traces.own_account).delete()


@erases("helpdesk.Ticket", "helpdesk.TicketMessage", "helpdesk.TicketNote")
def _forget_questions(traces: Traces) -> None:
    """What was asked signed in, and under a phone number that nobody else uses."""
    tickets.forget(
        user_id=traces.own_account,
        phone_index=traces.phone_index,
        actor=traces.actor,
        reason="Penghapusan data",
    )


@erases("participants.IdentityDocument")
def _forget_ktp(traces: Traces) -> None:
    """The photo of the KTP goes with its file; first, because a file with a photo on it is kept."""
    for document in IdentityDocument.objects.filter(person=traces.person_id).select_related("file"):
        document.delete()
        files.delete(document.file)


@erases("participants.StageEvidence", "core.StoredFile", "core.Job")
def _forget_evidence(traces: Traces) -> None:
    """Kind, stage, status and dates stay; number, note, file and why it was sent back go."""
    rows = StageEvidence.objects.filter(pk__in=traces.evidence_ids)
    stored = set(rows.exclude(file=None).values_list("file_id", flat=True))
    rows.update(number="", note=GONE, file=None)
    rows.exclude(rejection="").update(rejection=GONE)
    if traces.own_account:
        stored |= set(
            StoredFile.objects.filter(uploaded_by_id=traces.own_account).values_list("pk", flat=True)
        )
        Job.objects.filter(requested_by_id=traces.own_account).delete()
    drop_files(StoredFile.objects.filter(pk__in=stored))


@erases("participants.StageTransition")
def _forget_reasons(traces: Traces) -> None:
    """The log keeps every move and dimension; free text goes."""
    rows = StageTransition.objects.filter(pk__in=traces.transition_ids).exclude(reason="")
    audit.redact(
        rows, actor=traces.actor, reason="Penghapusan data", obj=_person(traces), values={"reason": GONE}
    )


@erases("participants.Business", "participants.Product", "participants.WorkforceReport")
def _forget_business(traces: Traces) -> None:
    """Sector and workers stay; name, address, money and products' names go."""
    Business.objects.filter(pk__in=traces.business_ids).update(
        name=GONE, address="", capital=None, annual_sales=None
    )
    Product.objects.filter(business__in=traces.business_ids).update(name=GONE, kind="")


@erases("participants.CoachAssignment")
def _forget_assignments(traces: Traces) -> None:
    """Who accompanied whom stays as a count of the coach's work; notes go, open ones end."""
    rows = CoachAssignment.objects.filter(pk__in=traces.assignment_ids)
    rows.exclude(note="").update(note="")
    rows.active().update(ended_at=traces.at, end_reason=AssignmentEnd.SELESAI)


@erases("participants.DataRequest")
def _forget_requests(traces: Traces) -> None:
    rows = DataRequest.objects.filter(pk__in=traces.request_ids)
    rows.open().update(status=RequestStatus.DIBATALKAN)
    rows.update(changes={}, phone_sealed=None, phone_mask="", reason="")
    rows.exclude(answer="").update(answer=GONE)


@erases("participants.NikCorrection", "participants.Merge", "participants.NotSamePerson")
def _forget_doubles(traces: Traces) -> None:
    """That records were one person's, and that a NIK was corrected, stays; numbers and words go."""
    corrections = NikCorrection.objects.filter(person_id=traces.person_id)
    corrections.pending().update(status=CorrectionStatus.DIBATALKAN, nik_sealed=None)
    corrections.update(nik_mask="", old_nik_mask="", reason="")
    corrections.exclude(answer="").update(answer=GONE)
    mine = Q(winner_id=traces.person_id) | Q(loser_id=traces.person_id)
    Merge.objects.filter(mine).update(
        loser_nik_sealed=None, loser_nik_mask="", winner_nik_sealed=None, changes={}, reason=""
    )
    NotSamePerson.objects.filter(Q(first_id=traces.person_id) | Q(second_id=traces.person_id)).delete()


@erases("participants.Consent", "participants.RegistrationSubmission")
def _end_consents(traces: Traces) -> None:
    """That there was a consent, and when, is proof of lawful work and names nobody."""
    Consent.objects.filter(person_id=traces.person_id, withdrawn_at=None).update(withdrawn_at=traces.at)
    RegistrationSubmission.objects.filter(enrollment__in=traces.enrollment_ids).delete()


@erases("participants.Enrollment")
def _empty_enrollments(traces: Traces) -> None:
    for enrollment_id in traces.enrollment_ids:
        Enrollment.objects.filter(pk=enrollment_id).update(
            number=f"HAPUS-{uuid4().hex[:12].upper()}",
            goal="",
            source="",
            village=None,
            coach=None,
            erased_at=traces.at,
        )


@erases("participants.Person")
def _empty_person(traces: Traces) -> None:
    Person.objects.filter(pk=traces.person_id).update(
        user=None,
        full_name=GONE,
        nik_sealed=None,
        nik_index=None,
        nik_mask="",
        no_nik_reason=GONE,
        nik_warnings=[],
        phone_sealed=None,
        phone_index=None,
        phone_mask="",
        birth_date=None,
        gender="",
        address="",
        erased_at=traces.at,
    )


@erases("accounts.User")
def _empty_account(traces: Traces) -> None:
    if traces.user_id is not None:
        empty_account(user_id=traces.user_id)


@erases("core.AuditEntry")
def _redact_audit(traces: Traces) -> None:
    """Who did what and when stays; reasons, details and the person's own name go."""
    about = AuditEntry.objects.filter(object_id__in=traces.record_ids())
    naming = Q()
    for number in traces.numbers:
        naming |= Q(reason__contains=number) | Q(detail__icontains=number)
    told = AuditEntry.objects.filter(naming) if naming else AuditEntry.objects.none()
    texts = about.exclude(reason="", detail={}).exclude(action__in=_KEPT_ALWAYS)
    for rows in (texts, told):
        audit.redact(
            rows,
            actor=traces.actor,
            reason="Penghapusan data",
            obj=_person(traces),
            values={"reason": GONE, "detail": {}},
        )
    if traces.own_account:
        audit.redact(
            AuditEntry.objects.filter(actor_id=traces.own_account),
            actor=traces.actor,
            reason="Penghapusan data",
            obj=_person(traces),
            values={"actor_label": ERASED_NAME},
        )


@erases("admin.LogEntry")
def _forget_admin_log(traces: Traces) -> None:
    LogEntry.objects.filter(object_id__in=traces.record_ids()).update(object_repr=GONE, change_message="")


# History ---------------------------------------------------------------------------------------------------


def _forget_history(traces: Traces) -> None:
    """Delete earlier states of the person's rows, and the addresses of the requests that made them.

    Last of all: the acts above have written new history of their own.
    """
    contexts: set[UUID] = set()
    for label, keys in _tracked(traces).items():
        events = apps.get_model(label)._default_manager.filter(pgh_obj__in=keys)
        contexts |= set(events.exclude(pgh_context=None).values_list("pgh_context_id", flat=True))
        events.delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pghistory_context SET metadata = metadata - 'url' WHERE id = ANY(%s)", [list(contexts)]
        )


def _tracked(traces: Traces) -> dict[str, list[Any]]:
    """History model → keys of this person's rows in it."""
    return {
        "participants.PersonEvent": [traces.person_id],
        "participants.EnrollmentEvent": traces.enrollment_ids,
        "participants.BusinessEvent": traces.business_ids,
        "participants.CoachAssignmentEvent": traces.assignment_ids,
    }


def _person(traces: Traces) -> Person:
    return Person(pk=traces.person_id)
