"""P4 perizinan: what must be true before licensing is left."""

from __future__ import annotations

from core.validators import clean_nib
from participants.models import EvidenceKind
from participants.rules import EvidenceSpec, Requirement, Turn

BASE_PERMITS = (EvidenceKind.NIB, EvidenceKind.IUMK, EvidenceKind.SKU)

REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        code="izin_dasar",
        label="Izin dasar (NIB) diperiksa orang kedua",
        citizen_label="Kirim foto NIB Anda",
        hint="Satu foto cukup, asal nomornya terbaca. IUMK atau SKU lama juga boleh.",
        turn=Turn.PESERTA,
        is_met=lambda facts: facts.evidence.has_accepted(*BASE_PERMITS),
        evidence=BASE_PERMITS,
    ),
)

EVIDENCE: tuple[EvidenceSpec, ...] = (
    EvidenceSpec(
        kind=EvidenceKind.NIB,
        hint="NIB dari OSS: 13 angka dan fotonya.",
        needs_file=True,
        number_label="Nomor NIB",
        clean_number=clean_nib,
    ),
    EvidenceSpec(
        kind=EvidenceKind.IUMK,
        hint="Izin Usaha Mikro dan Kecil yang pernah terbit.",
        needs_file=True,
        number_label="Nomor IUMK",
    ),
    EvidenceSpec(
        kind=EvidenceKind.SKU,
        hint="Surat Keterangan Usaha dari kelurahan atau kecamatan.",
        needs_file=True,
        number_label="Nomor SKU",
    ),
)
