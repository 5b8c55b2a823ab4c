"""Loads what the placement rule needs. Placements are made within P3, so its facts are P3's."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from participants.facts import SharedFacts, StageFacts, load_stage_facts
from participants.models import Enrollment, EvidenceKind, Stage

from .models import Placement, PlacementQuerySet


def load_facts(enrollments: Sequence[Enrollment], *, shared: SharedFacts) -> dict[UUID, StageFacts]:
    """Facts by enrollment id, from what the page has loaded for all stages."""
    return load_stage_facts(Stage.PENDAMPINGAN, enrollments, shared=shared)


def confirmed() -> PlacementQuerySet:
    """What counts, for the one query of P3."""
    return Placement.objects.confirmed()


def has_accepted(facts: StageFacts) -> bool:
    """Whether a proof of a placement was accepted, as was done before placements were confirmed."""
    return facts.evidence.has_accepted(EvidenceKind.PENEMPATAN)
