"""Loads what the rules need, for one or for many enrollments, in a fixed number of queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db.models import Count, Exists, OuterRef

from .models import (
    Business,
    Enrollment,
    EvidenceKind,
    EvidenceStatus,
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

    def has_accepted(self, *kinds: EvidenceKind) -> bool:
        return any(self.accepted[kind] for kind in kinds)

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


def load_registration_facts(enrollments: Sequence[Enrollment], *, on: date) -> dict[UUID, RegistrationFacts]:
    """P1 facts by enrollment id. Three queries, whatever the number."""
    del on
    doubles = _people_with_open_double([enrollment.person_id for enrollment in enrollments])
    people = Person.objects.only("identity_status").in_bulk([e.person_id for e in enrollments])
    return {
        enrollment.pk: RegistrationFacts(
            is_identity_verified=people[enrollment.person_id].is_identity_verified,
            has_open_duplicate=enrollment.person_id in doubles,
            has_center=enrollment.center_id is not None,
            has_agency=enrollment.agency_id is not None,
            has_goal=bool(enrollment.goal.strip()),
            has_coach=enrollment.coach_id is not None,
        )
        for enrollment in enrollments
    }


def load_stage_facts(stage: Stage, enrollments: Sequence[Enrollment], *, on: date) -> dict[UUID, StageFacts]:
    """Facts of a stage that still runs on evidence, in four queries whatever the number of enrollments.

    `on` is the local day whose thresholds hold.
    """
    ids = [enrollment.pk for enrollment in enrollments]
    evidence = load_evidence(ids, stage=stage)
    thresholds = {
        code: value for (row_stage, code), value in Threshold.objects.on(on).items() if row_stage == stage
    }
    complete: set[UUID] = {
        business.person_id
        for business in Business.objects.filter(person__in=[e.person_id for e in enrollments])
        if business.is_complete
    }
    accepted = set(
        Enrollment.objects.filter(
            pk__in=ids, assignments__ended_at__isnull=True, assignments__accepted_at__isnull=False
        ).values_list("pk", flat=True)
    )
    return {
        enrollment.pk: StageFacts(
            evidence=evidence[enrollment.pk],
            thresholds=thresholds,
            has_complete_business=enrollment.person_id in complete,
            has_coach_accepted=enrollment.pk in accepted,
        )
        for enrollment in enrollments
    }


def load_evidence(enrollment_ids: Sequence[UUID], *, stage: Stage) -> dict[UUID, EvidenceFacts]:
    """Proofs of one stage by enrollment id, counted per kind. Enrollments without any get empty counts."""
    facts: dict[UUID, EvidenceFacts] = defaultdict(EvidenceFacts)
    rows = (
        StageEvidence.objects.filter(enrollment__in=enrollment_ids, stage=stage)
        .values("enrollment_id", "kind", "status")
        .annotate(count=Count("pk"))
    )
    for row in rows:
        entry = facts[row["enrollment_id"]]
        counter = {
            EvidenceStatus.DITERIMA: entry.accepted,
            EvidenceStatus.MENUNGGU: entry.pending,
            EvidenceStatus.DITOLAK: entry.rejected,
        }[EvidenceStatus(row["status"])]
        counter[row["kind"]] += row["count"]
    return facts


def _people_with_open_double(person_ids: Sequence[UUID]) -> set[UUID]:
    """People who share name and birth date with another person on the way, where one of the two has no NIK.

    Two different NIKs are two people; without a NIK only a person at the centre can tell.
    """
    other = (
        Person.objects.filter(
            full_name__iexact=OuterRef("full_name"),
            birth_date=OuterRef("birth_date"),
            enrollments__status__in=Status.open_values(),
        )
        .exclude(pk=OuterRef("pk"))
        .order_by()
    )
    people = Person.objects.filter(pk__in=person_ids, birth_date__isnull=False)
    without_nik = people.filter(nik_index__isnull=True).filter(Exists(other))
    with_nik = people.filter(nik_index__isnull=False).filter(Exists(other.filter(nik_index__isnull=True)))
    return set(without_nik.values_list("pk", flat=True)) | set(with_nik.values_list("pk", flat=True))
