"""Loads what the rules need, for one or for many enrollments, in a fixed number of queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from .models import (
    Business,
    CoachAssignment,
    Enrollment,
    EvidenceKind,
    EvidenceStatus,
    NotSamePerson,
    Person,
    Stage,
    StageEvidence,
    Threshold,
)
from .models.choices import Status


@dataclass(frozen=True, slots=True)
class EvidenceFacts:
    """How many proofs of each kind are accepted, waiting and sent back."""

    accepted: Counter[str] = field(default_factory=Counter)
    pending: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    accepted_days: dict[str, set[date]] = field(default_factory=lambda: defaultdict(set))

    def has_accepted(self, *kinds: EvidenceKind) -> bool:
        return any(self.accepted[kind] for kind in kinds)

    def months(self, kind: EvidenceKind) -> int:
        """In how many different calendar months accepted proofs of a kind happened."""
        return len({(day.year, day.month) for day in self.accepted_days[kind]})

    def has_pending(self, kinds: Iterable[EvidenceKind]) -> bool:
        return any(self.pending[kind] for kind in kinds)


@dataclass(frozen=True, slots=True)
class RegistrationFacts:
    """What P1's rules ask."""

    is_identity_verified: bool
    has_open_duplicate: bool
    has_center: bool
    has_agency: bool
    has_goal: bool
    has_coach: bool
    evidence: EvidenceFacts = field(default_factory=EvidenceFacts)


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What a stage asks while it runs on evidence: the proofs, the dated numbers, the business, the coach."""

    evidence: EvidenceFacts
    thresholds: dict[str, int]
    has_complete_business: bool
    has_coach_accepted: bool


@dataclass(frozen=True, slots=True)
class SharedFacts:
    """What the rules of several stages ask, loaded once for all enrollments of a page.

    Evidence by enrollment and stage, dated numbers by stage and code, ids of people with a complete business
    record, ids of enrollments whose coach has accepted; `on` is the day asked about.
    """

    on: date
    evidence: dict[tuple[UUID, str], EvidenceFacts]
    thresholds: dict[tuple[str, str], int]
    has_complete_business: set[UUID]
    has_coach_accepted: set[UUID]


def load_shared_facts(enrollments: Sequence[Enrollment], *, on: date) -> SharedFacts:
    """Three queries, whatever the number of enrollments and stages; `on` is the day whose thresholds hold."""
    ids = [enrollment.pk for enrollment in enrollments]
    accepted = CoachAssignment.objects.active().filter(enrollment=OuterRef("pk"), accepted_at__isnull=False)
    known = (
        Enrollment.objects.filter(pk__in=ids)
        .order_by()
        .values_list(
            "pk", "person_id", Exists(accepted),
            Exists(Business.objects.complete().filter(person=OuterRef("person"))),
        )
    )  # fmt: skip
    coached, complete = set(), set()
    for pk, person_id, is_coached, is_complete in known:
        if is_coached:
            coached.add(pk)
        if is_complete:
            complete.add(person_id)
    return SharedFacts(
        on=on,
        evidence=_load_evidence(ids),
        thresholds=Threshold.objects.on(on),
        has_complete_business=complete,
        has_coach_accepted=coached,
    )


def load_registration_facts(
    enrollments: Sequence[Enrollment], *, shared: SharedFacts
) -> dict[UUID, RegistrationFacts]:
    """P1 facts by enrollment id, with one query of its own, whatever the number."""
    del shared
    people = _people([enrollment.person_id for enrollment in enrollments])
    return {
        enrollment.pk: RegistrationFacts(
            is_identity_verified=people[enrollment.person_id].is_identity_verified,
            has_open_duplicate=people[enrollment.person_id].has_open_double,
            has_center=enrollment.center_id is not None,
            has_agency=enrollment.agency_id is not None,
            has_goal=bool(enrollment.goal.strip()),
            has_coach=enrollment.coach_id is not None,
        )
        for enrollment in enrollments
    }


def load_stage_facts(
    stage: Stage, enrollments: Sequence[Enrollment], *, shared: SharedFacts
) -> dict[UUID, StageFacts]:
    """Facts of a stage that still runs on evidence, without a query of its own."""
    thresholds = {code: value for (row_stage, code), value in shared.thresholds.items() if row_stage == stage}
    return {
        enrollment.pk: StageFacts(
            evidence=shared.evidence.get((enrollment.pk, stage)) or EvidenceFacts(),
            thresholds=thresholds,
            has_complete_business=enrollment.person_id in shared.has_complete_business,
            has_coach_accepted=enrollment.pk in shared.has_coach_accepted,
        )
        for enrollment in enrollments
    }


def _load_evidence(enrollment_ids: Sequence[UUID]) -> dict[tuple[UUID, str], EvidenceFacts]:
    """Proofs by enrollment id and stage, counted per kind."""
    facts: dict[tuple[UUID, str], EvidenceFacts] = defaultdict(EvidenceFacts)
    rows = (
        StageEvidence.objects.filter(enrollment__in=enrollment_ids)
        .values("enrollment_id", "stage", "kind", "status", "happened_on")
        .annotate(count=Count("pk"))
    )
    for row in rows:
        entry = facts[row["enrollment_id"], row["stage"]]
        counter = {
            EvidenceStatus.DITERIMA: entry.accepted,
            EvidenceStatus.MENUNGGU: entry.pending,
            EvidenceStatus.DITOLAK: entry.rejected,
        }[EvidenceStatus(row["status"])]
        counter[row["kind"]] += row["count"]
        if row["status"] == EvidenceStatus.DITERIMA:
            entry.accepted_days[row["kind"]].add(row["happened_on"])
    return dict(facts)


def _people(person_ids: Sequence[UUID]) -> dict[UUID, Any]:
    """People by id, each with `has_open_double`: another person on the way with the same name and
    birth date, where one of the two has no NIK.

    Two different NIKs are two people; without a NIK only a person at the centre can tell, and is not asked
    twice.
    """
    other = (
        Person.objects.filter(
            full_name__iexact=OuterRef("full_name"),
            birth_date=OuterRef("birth_date"),
            enrollments__status__in=Status.open_values(),
        )
        .exclude(pk=OuterRef("pk"))
        .exclude(Exists(_found_different(OuterRef("pk"), OuterRef(OuterRef("pk")))))
        .order_by()
    )
    is_double = Q(birth_date__isnull=False) & (
        Q(Exists(other), nik_index__isnull=True) | Q(Exists(other.filter(nik_index__isnull=True)))
    )
    people = Person.objects.only("identity_status").annotate(
        has_open_double=ExpressionWrapper(is_double, output_field=BooleanField())
    )
    return people.in_bulk(person_ids)


def _found_different(one: OuterRef, other: OuterRef) -> QuerySet[NotSamePerson]:
    return NotSamePerson.objects.filter(Q(first=one, second=other) | Q(first=other, second=one))
