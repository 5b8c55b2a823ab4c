"""Job seekers finish P3 with a job that both sides have confirmed."""

from __future__ import annotations

from participants.models import EvidenceKind
from participants.rules import JOB_PATHS, EvidenceSpec, Requirement, Turn

REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        code="penempatan",
        label="Penempatan kerja dibenarkan kedua pihak",
        citizen_label="Dapat kerja, dibenarkan Anda dan pemberi kerja",
        hint="Melamar dari papan lowongan, atau catat kerja yang Anda dapat sendiri.",
        action="Lamar pekerjaan, atau catat yang Anda dapat",
        turn=Turn.PESERTA,
        is_met=lambda facts: facts.has_placement,
        evidence=(EvidenceKind.PENEMPATAN,),
        paths=JOB_PATHS,
    ),
)
"""Proofs accepted before count on (`has_placement`); one that still waits is shown as waiting."""

EVIDENCE: tuple[EvidenceSpec, ...] = (
    EvidenceSpec(
        kind=EvidenceKind.PENEMPATAN,
        hint="Surat diterima, kontrak, atau foto kartu karyawan.",
        needs_file=True,
        is_past=True,
        paths=JOB_PATHS,
    ),
)
"""A letter says what one side says: no new ones."""
