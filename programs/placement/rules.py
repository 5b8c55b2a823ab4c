"""Job seekers finish P3 with a placement that a second person confirmed."""

from __future__ import annotations

from participants.models import EvidenceKind
from participants.rules import JOB_PATHS, EvidenceSpec, Requirement, Turn

REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        code="penempatan",
        label="Penempatan kerja dikonfirmasi",
        citizen_label="Kirim bukti diterima kerja",
        hint="Surat diterima, kontrak, atau foto kartu karyawan.",
        turn=Turn.PESERTA,
        is_met=lambda facts: facts.evidence.has_accepted(EvidenceKind.PENEMPATAN),
        evidence=(EvidenceKind.PENEMPATAN,),
        paths=JOB_PATHS,
    ),
)

EVIDENCE: tuple[EvidenceSpec, ...] = (
    EvidenceSpec(
        kind=EvidenceKind.PENEMPATAN,
        hint="Surat diterima, kontrak, atau foto kartu karyawan.",
        needs_file=True,
        paths=JOB_PATHS,
    ),
)
