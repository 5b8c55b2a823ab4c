"""P3 pendampingan: what must be true before mentoring is entered and left."""

from __future__ import annotations

from participants.models import EvidenceKind
from participants.rules import BUSINESS_PATHS, EvidenceSpec, Requirement, Turn
from programs.placement import rules as placement

ENTRY: tuple[Requirement, ...] = (
    Requirement(
        code="pendamping_menerima",
        label="Pendamping menerima tugas",
        citizen_label="Pendamping menerima tugasnya",
        hint="Pendamping Anda perlu menekan tombol terima.",
        action="Pendamping menerima tugasnya",
        turn=Turn.PENDAMPING,
        is_met=lambda facts: facts.has_coach_accepted,
    ),
    Requirement(
        code="rencana_aksi",
        label="Rencana aksi disepakati",
        citizen_label="Rencana Anda disepakati dengan pendamping",
        hint="Satu halaman: mau apa, langkahnya apa, kapan.",
        action="Buat rencana bersama pendamping",
        turn=Turn.PENDAMPING,
        is_met=lambda facts: facts.has_plan or facts.evidence.has_accepted(EvidenceKind.RENCANA_AKSI),
        evidence=(EvidenceKind.RENCANA_AKSI,),
        paths=BUSINESS_PATHS,
    ),
)

REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        code="sesi",
        label="Pertemuan pendampingan cukup",
        citizen_label="Bertemu pendamping",
        hint="Dicatat pendamping: tanggal, tempat, isi, kesepakatan. Dihitung sesudah peserta membenarkan.",
        turn=Turn.PENDAMPING,
        is_met=lambda facts: facts.sessions >= facts.thresholds["sesi"],
        evidence=(EvidenceKind.SESI,),
        progress=lambda facts: (
            min(facts.sessions, facts.thresholds["sesi"]),
            facts.thresholds["sesi"],
        ),
        paths=BUSINESS_PATHS,
    ),
    Requirement(
        code="data_usaha",
        label="Data usaha lengkap",
        citizen_label="Lengkapi data usaha Anda",
        hint="Nama, bidang, alamat, modal, dan jumlah pekerja.",
        turn=Turn.PESERTA,
        is_met=lambda facts: facts.has_complete_business,
        paths=BUSINESS_PATHS,
    ),
    *placement.REQUIREMENTS,
)

EVIDENCE: tuple[EvidenceSpec, ...] = (
    EvidenceSpec(
        kind=EvidenceKind.RENCANA_AKSI,
        hint="Foto atau PDF rencana, atau tulis isinya di catatan.",
        needs_file=False,
        from_citizen=False,
        is_within_programme=True,
        paths=BUSINESS_PATHS,
    ),
    EvidenceSpec(
        kind=EvidenceKind.SESI,
        hint="Tulis tempat, yang dibahas, dan yang disepakati. Foto boleh ditambahkan.",
        needs_file=False,
        from_citizen=False,
        is_within_programme=True,
        paths=BUSINESS_PATHS,
    ),
    *placement.EVIDENCE,
)
