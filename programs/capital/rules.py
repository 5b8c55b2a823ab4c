"""P7 permodalan: what must be true before the programme is finished. Not needing capital is success."""

from __future__ import annotations

from participants.models import EvidenceKind
from participants.rules import EvidenceSpec, Requirement, Turn

DECISIONS = (EvidenceKind.MODAL_CAIR, EvidenceKind.TIDAK_BUTUH_MODAL, EvidenceKind.MODAL_DITOLAK)

REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        code="hasil_modal",
        label="Hasil permodalan diperiksa orang kedua",
        citizen_label="Kirim hasil pengajuan modal, atau pernyataan tidak butuh modal",
        hint="Modal cair, tidak butuh modal, atau ditolak dengan rencana lanjutan: semuanya sah.",
        turn=Turn.PESERTA,
        is_met=lambda facts: facts.evidence.has_accepted(*DECISIONS),
        evidence=DECISIONS,
    ),
)

EVIDENCE: tuple[EvidenceSpec, ...] = (
    EvidenceSpec(
        kind=EvidenceKind.MODAL_CAIR,
        hint="Surat persetujuan atau bukti pencairan dari lembaga.",
        needs_file=True,
    ),
    EvidenceSpec(
        kind=EvidenceKind.TIDAK_BUTUH_MODAL,
        hint="Tulis di catatan mengapa usaha berjalan tanpa modal dari luar.",
        needs_file=False,
    ),
    EvidenceSpec(
        kind=EvidenceKind.MODAL_DITOLAK,
        hint="Surat penolakan. Tulis alasan dan rencana lanjutan di catatan.",
        needs_file=True,
    ),
)
