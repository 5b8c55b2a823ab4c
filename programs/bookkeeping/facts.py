"""Loads what the rules of P6 need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from participants.facts import StageFacts, load_stage_facts
from participants.models import Enrollment, Stage


def load_facts(enrollments: Sequence[Enrollment], *, on: date) -> dict[UUID, StageFacts]:
    """Facts by enrollment id, with the thresholds in force on the local day `on`."""
    return load_stage_facts(Stage.PELAPORAN_KEUANGAN, enrollments, on=on)
