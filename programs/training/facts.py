"""Loads what the rules of P2 need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from participants.facts import EvidenceFacts, SharedFacts, load_stage_facts
from participants.models import Enrollment, EvidenceKind, Pathway, Stage, StageEvidence

from .models import (
    Attendance,
    Certificate,
    ClassSession,
    ClassStatus,
    Level,
    Presence,
    Seat,
    SeatStatus,
    TrainingClass,
)

ABSENCES = 3
"""Sessions missed in a row, without a word, that raise a flag for the coach."""


@dataclass(frozen=True, slots=True)
class TrainingFacts:
    """What P2 asks: the proofs, the best accepted attendance in percent, the least one needed, whether a
    certificate of a needed class is valid."""

    evidence: EvidenceFacts
    attendance_percent: int
    needed_percent: int
    has_certificate: bool


BASIC_LEVELS = (Level.DASAR, Level.LANJUTAN)
"""Classes that count towards P2 for everybody. Who has a business already may choose a thematic one too."""
NEEDED = Q(training_class__course__level__in=BASIC_LEVELS) | Q(enrollment__pathway=Pathway.NAIK_KELAS)
"""Seats in such a class."""


def load_facts(enrollments: Sequence[Enrollment], *, shared: SharedFacts) -> dict[UUID, TrainingFacts]:
    """Facts by enrollment id, from what the page has loaded for all stages, and one query for attendance."""
    stage_facts = load_stage_facts(Stage.PELATIHAN, enrollments, shared=shared)
    best: dict[UUID, int] = {}
    certified: set[UUID] = set()
    for enrollment_id, percent, has_certificate in attended_percents(list(stage_facts)):
        best[enrollment_id] = max(best.get(enrollment_id, 0), percent)
        if has_certificate:
            certified.add(enrollment_id)
    return {
        pk: TrainingFacts(
            evidence=facts.evidence,
            attendance_percent=best.get(pk, 0),
            needed_percent=facts.thresholds["hadir_persen"],
            has_certificate=pk in certified,
        )
        for pk, facts in stage_facts.items()
    }


def share() -> Combinable:
    """Percent of a seat: sessions attended of all that were planned, rounded down."""
    sessions = ClassSession.objects.filter(training_class=OuterRef("training_class")).order_by()
    planned = sessions.values("training_class").annotate(n=Count("pk")).values("n")
    came = Count("attendance", filter=Q(attendance__presence__in=Presence.attended()))
    return came * 100 / Subquery(planned, output_field=IntegerField())


def recorded_sessions(training_class: TrainingClass) -> QuerySet[ClassSession]:
    """The sessions of a class in order, with `recorded`: of how many people who are enrolled it is known how
    they were."""
    known = Q(
        attendance__seat__status=SeatStatus.TERDAFTAR,
        attendance__seat__enrollment__erased_at__isnull=True,
    )
    return training_class.sessions.annotate(recorded=Count("attendance", filter=known)).order_by("number")


def passed_seats(*, enough: int) -> QuerySet[Seat]:
    """Seats in finished classes that count towards P2, with enough attendance."""
    finished = Seat.objects.enrolled().filter(NEEDED, training_class__status=ClassStatus.SELESAI)
    return finished.order_by().annotate(percent=share()).filter(percent__gte=enough)


def class_percents(training_class: TrainingClass) -> dict[UUID, int]:
    """Percent by seat id, of everybody enrolled in a class; one query."""
    seats = Seat.objects.enrolled().filter(training_class=training_class).order_by().values("pk")
    return dict(seats.annotate(percent=share()).values_list("pk", "percent"))


def attended_percents(enrollment_ids: Sequence[UUID]) -> list[tuple[UUID, int, bool]]:
    """Enrollment id, percent and whether there is a valid certificate, of each class of a needed level and of
    each accepted sheet; one query.

    Of a class: sessions attended of all that were planned, rounded down, so that nobody is through before
    the sessions that are still to come could change it.
    """
    seats = (
        Seat.objects.enrolled()
        .filter(NEEDED, enrollment__in=enrollment_ids, training_class__status__in=ClassStatus.held())
        .order_by()
        .values("pk")
        .annotate(percent=share(), certified=Exists(Certificate.objects.valid().filter(seat=OuterRef("pk"))))
        .values_list("enrollment_id", "percent", "certified")
    )
    sheets = (
        StageEvidence.objects.accepted()
        .filter(enrollment__in=enrollment_ids, kind=EvidenceKind.KEHADIRAN)
        .exclude(number="")
        .order_by()
        .values_list("enrollment_id", Cast("number", IntegerField()), Value(False))
    )
    return list(seats.union(sheets, all=True))


def with_absences(enrollments: QuerySet[Enrollment]) -> QuerySet[Enrollment]:
    """The enrollments with `sessions_missed`: how many sessions in a row they missed last, without a word,
    from `ABSENCES` on and as long as nothing was heard of them since; else None. No query more.
    """
    later = Attendance.objects.filter(
        seat=OuterRef("seat"), session__number__gt=OuterRef("session__number")
    ).exclude(presence=Presence.ALPA)
    missed = (
        Attendance.objects.filter(
            ~Exists(later),
            seat__enrollment=OuterRef("pk"),
            seat__status=SeatStatus.TERDAFTAR,
            seat__training_class__status__in=ClassStatus.held(),
            presence=Presence.ALPA,
        )
        .order_by()
        .values("seat")
        .annotate(count=Count("pk"), latest=Max("session__ends_at"))
        .filter(count__gte=ABSENCES, latest__gt=OuterRef("last_activity_at"))
        .order_by("-count")
        .values("count")[:1]
    )
    return enrollments.annotate(sessions_missed=Subquery(missed, output_field=IntegerField()))


@dataclass(frozen=True, slots=True)
class AbsenceRun:
    """How many of the latest recorded sessions somebody missed without a word, and the first of them."""

    seat_id: UUID
    count: int
    first_session_id: UUID


def absences_in_a_row(seat_ids: Sequence[UUID]) -> list[AbsenceRun]:
    """The run of absences each seat ends with, for those that end with one; one query."""
    rows = Attendance.objects.filter(seat__in=seat_ids).order_by("seat_id", "-session__number")
    kept: dict[UUID, list[UUID]] = defaultdict(list)
    ended: set[UUID] = set()
    for seat_id, session_id, presence in rows.values_list("seat_id", "session_id", "presence"):
        if seat_id in ended:
            continue
        if presence == Presence.ALPA:
            kept[seat_id].append(session_id)
        else:
            ended.add(seat_id)
    return [AbsenceRun(seat_id, len(missed), missed[-1]) for seat_id, missed in kept.items()]
