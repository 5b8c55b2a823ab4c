"""What participants and coaches are told about classes; the words are filled in at delivery."""

from __future__ import annotations

from collections.abc import Sequence

from core.formats import day_long, moment
from notifications.registry import Ids, Values, register

from .models import ClassSession, Seat, TrainingClass

CLASS_PAGE = "/pelatihan/{class}/"


def about_seat(ids: Sequence[Ids]) -> list[Values | None]:
    """`seat`: the person, the class and its first day."""
    rows = Seat.objects.filter(pk__in={one["seat"] for one in ids}, enrollment__erased_at__isnull=True)
    found = {str(row.pk): _values(row) for row in rows.select_related(*_NAMED)}
    return [found.get(one["seat"]) for one in ids]


def about_moved_session(ids: Sequence[Ids]) -> list[Values | None]:
    """The same, and of `session` its name and when it is held now."""
    rows = ClassSession.objects.filter(pk__in={one["session"] for one in ids})
    sessions = {str(row.pk): row for row in rows.select_related("training_class")}
    found: list[Values | None] = []
    for one, values in zip(ids, about_seat(ids), strict=True):
        session = sessions.get(one["session"])
        if values is None or session is None:
            found.append(None)
        else:
            held = {"session": str(session), "on": day_long(session.on), "hours": session.hours}
            found.append({**values, **held})
    return found


def about_class(ids: Sequence[Ids]) -> list[Values | None]:
    """`class`: its name, where and when."""
    rows = TrainingClass.objects.filter(pk__in={one["class"] for one in ids}).select_related("course")
    found: dict[str, Values] = {
        str(row.pk): {
            "class": str(row.pk), "course": row.course.title, "group": row.name, "where": row.where,
            "when": moment(row.starts_at, row.zone),
        }
        for row in rows
    }  # fmt: skip
    return [found.get(one["class"]) for one in ids]


_NAMED = ("training_class__course", "training_class__center", "enrollment__person")


def _values(seat: Seat) -> dict[str, str]:
    training_class = seat.training_class
    zone = training_class.zone
    return {
        "class": str(training_class.pk),
        "person": str(seat.enrollment.person_id),
        "name": seat.enrollment.person.full_name,
        "course": training_class.course.title,
        "group": training_class.name,
        "where": training_class.where,
        "when": moment(training_class.starts_at, zone),
        "day": day_long(training_class.starts_on),
        "until": moment(seat.offer_until, zone) if seat.offer_until else "",
        "reason": training_class.cancel_reason,
    }


def _tell(kind: str, title: str, body: str, url: str = CLASS_PAGE) -> None:
    register(kind, title=title, body=body, url=url, context=about_seat)


def register_messages() -> None:
    """Make every kind of message of this app known; called once, at start."""
    _tell(
        "kelas_terdaftar", "Anda terdaftar: {course}", "{group}, mulai {when}, di {where}. Catat tanggalnya."
    )
    _tell(
        "kelas_menunggu",
        "Anda di daftar tunggu: {course}",
        "{group} sedang penuh. Begitu ada tempat, Anda kami beri tahu.",
    )
    _tell(
        "kelas_tawaran",
        "Ada tempat untuk Anda: {course}",
        "{group}, mulai {when}. Terima sebelum {until}. Sesudah itu tempatnya untuk orang berikutnya.",
    )
    _tell(
        "kelas_terlewat",
        "Tempat di {course} tidak jadi",
        "Anda tidak lagi di daftar {group}. Masih berminat? Daftar lagi, atau pilih angkatan lain.",
    )
    _tell(
        "kelas_keluar",
        "Anda dikeluarkan dari {course}",
        "Petugas membatalkan tempat Anda di {group}. Keliru? Tanyakan ke pusat Anda.",
    )
    _tell("kelas_pindah", "Kelas Anda pindah: {course}", "Sekarang di {group}, mulai {when}, di {where}.")
    _tell(
        "kelas_tempat",
        "Tempat kelas berubah: {course}",
        "{group} sekarang: {where}. Buka halaman kelas untuk tempat dan tautan yang berlaku.",
    )
    register(
        "kelas_waktu",
        title="Jadwal berubah: {course}",
        body="{group}, pertemuan {session}: sekarang {on}, {hours}, di {where}. Catat waktunya.",
        url=CLASS_PAGE,
        context=about_moved_session,
    )
    register(
        "kelas_mengajar",
        title="Jadwal mengajar Anda berubah: {course}",
        body="{group}, mulai {when}, di {where}. Buka jadwal lengkapnya.",
        url="/pelatihan/{class}/kelola/",
        context=about_class,
    )
    _tell(
        "kelas_batal",
        "Kelas dibatalkan: {course}",
        "{group} ({day}) tidak jadi: {reason}. Buka halaman ini untuk melihat angkatan lain.",
    )
    _tell(
        "kelas_selesai",
        "Kelas selesai: {course}",
        "Terima kasih sudah ikut {group}. Ceritakan kesan Anda di halaman kelas ini, cukup satu menit.",
    )
    _tell(
        "sertifikat_terbit",
        "Sertifikat Anda terbit: {course}",
        "{group}. Unduh di halaman kelas ini.",
    )
    _tell(
        "sertifikat_dicabut",
        "Sertifikat Anda dicabut: {course}",
        "{group}. Tanyakan sebabnya ke pusat Anda.",
    )
    _tell(
        "alpa_beruntun",
        "{name} tiga kali tidak datang",
        "Tanpa kabar di {course}, {group}. Hubungi dan tanyakan apa kendalanya.",
        url="/peserta/{person}/",
    )
