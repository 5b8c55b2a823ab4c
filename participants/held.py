"""What is held about a person, as a plain list with what it is for."""

from __future__ import annotations

from dataclasses import dataclass

from core.clock import local_day
from core.formats import day
from notifications.models import Notification

from .models import Business, Enrollment, IdentityDocument, Person, StageEvidence
from .rights import gender_word


@dataclass(frozen=True, slots=True)
class Held:
    """One thing that is held: its word, its value as the page shows it, and why it is held."""

    label: str
    value: str
    why: str


def held_facts(person: Person, enrollment: Enrollment) -> list[Held]:
    """The list in fixed order; NIK and phone by their masks. Four queries."""
    user = person.user
    business = Business.objects.filter(person=person).order_by("created_at", "pk").first()
    files = StageEvidence.objects.filter(enrollment__person=person, file__isnull=False).count()
    photo = IdentityDocument.objects.filter(person=person).first()
    told = Notification.objects.filter(recipient_id=person.user_id)[:1_000].count()
    place = enrollment.district.full_name
    if enrollment.village:
        place = f"{enrollment.village.name}, {place}"
    return [
        Held("Nama lengkap", person.full_name, "Supaya kami tahu siapa yang kami temani."),
        Held(
            "NIK",
            person.nik_mask or f"Belum ada: {person.no_nik_reason}",
            "Supaya satu orang tercatat satu kali. Tersimpan terkunci.",
        ),
        Held("Nomor HP", person.phone_mask or "Belum ada", "Untuk menghubungi Anda. Tersimpan terkunci."),
        Held("E-mail", (user.email if user else None) or "Belum ada", "Untuk kabar dan kata sandi baru."),
        Held("Tanggal lahir", day(person.birth_date), "Untuk mencocokkan dengan KTP."),
        Held("Jenis kelamin", gender_word(person.gender), "Untuk hitungan tanpa nama."),
        Held("Alamat", person.address or "Belum ada", "Untuk mencocokkan dengan KTP dan mengurus izin."),
        Held("Tempat tinggal", place, "Menentukan pusat Anda."),
        Held("Tujuan", enrollment.goal or "Belum ada", "Dipakai pendamping untuk membantu Anda."),
        Held("Usaha", business.name or "Belum bernama" if business else "Belum ada", "Untuk mengurus izin."),
        Held(
            "Foto KTP",
            f"Dikirim {day(local_day(photo.uploaded_at, enrollment.zone))}" if photo else "Tidak ada",
            "Untuk mencocokkan data Anda. Dihapus sesudah diperiksa.",
        ),
        Held(
            "Foto dan berkas",
            f"{files} berkas" if files else "Belum ada",
            "Bukti langkah Anda. Hanya dibuka petugas Anda.",
        ),
        Held("Pesan", f"{told} pesan" if told else "Belum ada", "Kabar yang pernah kami kirim."),
    ]
