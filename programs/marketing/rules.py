"""P5 pemasaran: what must be true before marketing is left."""

from __future__ import annotations

from participants.models import EvidenceKind
from participants.rules import EvidenceSpec, Requirement, Turn

REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        code="produk",
        label="Produk atau portofolio jasa dipajang",
        citizen_label="Kirim foto produk atau hasil kerja",
        hint="Foto yang terang, dengan harga di catatan.",
        turn=Turn.PESERTA,
        is_met=lambda facts: facts.evidence.has_accepted(EvidenceKind.PRODUK),
        evidence=(EvidenceKind.PRODUK,),
    ),
    Requirement(
        code="penjualan",
        label="Penjualan pertama atau diterima gerai",
        citizen_label="Kirim bukti penjualan pertama",
        hint="Nota, foto pesanan, atau surat diterima gerai.",
        turn=Turn.PESERTA,
        is_met=lambda facts: facts.evidence.has_accepted(EvidenceKind.PENJUALAN),
        evidence=(EvidenceKind.PENJUALAN,),
    ),
)

EVIDENCE: tuple[EvidenceSpec, ...] = (
    EvidenceSpec(
        kind=EvidenceKind.PRODUK, hint="Foto produk, atau hasil kerja bila usahanya jasa.", needs_file=True
    ),
    EvidenceSpec(
        kind=EvidenceKind.PENJUALAN, hint="Nota, foto pesanan, atau surat diterima gerai.", needs_file=True
    ),
)
