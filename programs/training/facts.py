"""Loads what the rules of P2 need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from participants.facts import EvidenceFacts, SharedFacts, load_stage_facts
from participants.models import Enrollment, EvidenceKind, Stage, StageEvidence

from .models import Attendance, Presence


@dataclass(frozen=True, slots=True)
class TrainingFacts:
    """What P2 asks: the proofs, the best accepted attendance in percent, the least one needed."""

    evidence: EvidenceFacts
    attendance_percent: int
    needed_percent: int


def load_facts(enrollments: Sequence[Enrollment], *, shared: SharedFacts) -> dict[UUID, TrainingFacts]:
    """Facts by enrollment id, from what the page has loaded for all stages, and one query for attendance."""
    stage_facts = load_stage_facts(Stage.PELATIHAN, enrollments, shared=shared)
    best: dict[UUID, int] = {}
    sheets = StageEvidence.objects.accepted().filter(
        enrollment__in=list(stage_facts), kind=EvidenceKind.KEHADIRAN
    )
    for enrollment_id, percent in sheets.values_list("enrollment_id", "number"):
        best[enrollment_id] = max(best.get(enrollment_id, 0), int(percent))
    return {
        pk: TrainingFacts(
            evidence=facts.evidence,
            attendance_percent=best.get(pk, 0),
            needed_percent=facts.thresholds["hadir_persen"],
        )
        for pk, facts in stage_facts.items()
    }


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
