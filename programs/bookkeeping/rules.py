"""P6 pelaporan keuangan: what must be true before bookkeeping is left (statements after SAK EMKM)."""

from __future__ import annotations

from participants.models import EvidenceKind
from participants.rules import EvidenceSpec, Requirement, Turn

REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        code="buku_kas",
        label="Buku kas terisi cukup bulan",
        citizen_label="Kirim catatan uang bulanan",
        hint="Satu foto atau berkas untuk setiap bulan.",
        turn=Turn.PESERTA,
        is_met=lambda facts: (
            facts.evidence.months(EvidenceKind.BUKU_KAS) >= facts.thresholds["bulan_buku_kas"]
        ),
        evidence=(EvidenceKind.BUKU_KAS,),
        progress=lambda facts: (
            min(facts.evidence.months(EvidenceKind.BUKU_KAS), facts.thresholds["bulan_buku_kas"]),
            facts.thresholds["bulan_buku_kas"],
        ),
    ),
    Requirement(
        code="laporan",
        label="Laporan keuangan satu periode ditutup dan diperiksa",
        citizen_label="Laporan keuangan Anda diperiksa",
        hint="Harta, utang, dan untung rugi usaha untuk satu masa, dengan catatannya.",
        turn=Turn.PESERTA,
        is_met=lambda facts: facts.evidence.has_accepted(EvidenceKind.LAPORAN_KEUANGAN),
        evidence=(EvidenceKind.LAPORAN_KEUANGAN,),
    ),
)

EVIDENCE: tuple[EvidenceSpec, ...] = (
    EvidenceSpec(
        kind=EvidenceKind.BUKU_KAS,
        hint="Catatan uang masuk dan keluar untuk satu bulan. Tulis tanggal di bulan itu.",
        needs_file=True,
    ),
    EvidenceSpec(
        kind=EvidenceKind.LAPORAN_KEUANGAN,
        hint="Harta, utang, dan untung rugi usaha untuk satu masa, dengan catatannya.",
        needs_file=True,
    ),
)
