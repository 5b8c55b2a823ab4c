"""Loads what the rules of P5 need."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from participants.facts import SharedFacts, StageFacts, load_stage_facts
from participants.models import Enrollment, Stage


def load_facts(enrollments: Sequence[Enrollment], *, shared: SharedFacts) -> dict[UUID, StageFacts]:
    """Facts by enrollment id, from what the page has loaded for all stages."""
    return load_stage_facts(Stage.PEMASARAN, enrollments, shared=shared)
