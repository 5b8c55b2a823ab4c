"""Loads what the rules of P2 need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from participants.facts import EvidenceFacts, SharedFacts, load_stage_facts
from participants.models import Enrollment, EvidenceKind, Stage, StageEvidence


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
