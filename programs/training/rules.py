"""P2 pelatihan: what must be true before training is left."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from participants.models import EvidenceKind
from participants.rules import EvidenceSpec, Requirement, Turn


def clean_attendance(raw: str) -> str:
    """A whole percentage from 0 to 100, as typed: "85" or "85%"."""
    text = raw.strip().removesuffix("%").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= 100):
        raise ValidationError("Tulis persen kehadiran dengan angka 0 sampai 100, misalnya 85.")
    return str(int(text))


REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        code="hadir",
        label="Kehadiran mencapai batas",
        citizen_label="Anda cukup hadir di kelas",
        hint="Pilih kelas di halaman Kelas. Kehadiran dicatat pelatih di setiap pertemuan.",
        action="Ikuti kelas pelatihan",
        turn=Turn.PESERTA,
        is_met=lambda facts: facts.attendance_percent >= facts.needed_percent,
        evidence=(EvidenceKind.KEHADIRAN,),
    ),
    Requirement(
        code="sertifikat",
        label="Sertifikat pelatihan terbit",
        citizen_label="Kirim foto sertifikat pelatihan",
        hint="Dari kelas di portal: terbit sesudah kelas selesai. Dari luar: satu foto, nomornya terbaca.",
        turn=Turn.PESERTA,
        is_met=lambda facts: facts.has_certificate or facts.evidence.has_accepted(EvidenceKind.SERTIFIKAT),
        evidence=(EvidenceKind.SERTIFIKAT,),
    ),
)

EVIDENCE: tuple[EvidenceSpec, ...] = (
    EvidenceSpec(
        kind=EvidenceKind.KEHADIRAN,
        hint="Foto daftar hadir. Tulis berapa persen hadirnya, misalnya 85.",
        needs_file=False,
        number_label="Persen kehadiran",
        clean_number=clean_attendance,
        from_citizen=False,
        is_within_programme=True,
    ),
    EvidenceSpec(
        kind=EvidenceKind.SERTIFIKAT,
        hint="Foto atau PDF sertifikat. Nomornya harus terbaca.",
        needs_file=True,
        number_label="Nomor sertifikat",
    ),
)
