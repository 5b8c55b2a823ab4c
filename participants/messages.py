"""What participants and staff are told on the way: the kinds of messages, their words and what fills them.

Citizens read "langkah", staff "tahap" (DESIGN.md). No text names a NIK or a phone number: a mailbox may be
that of a household. Every loader answers for a whole chunk with one or two queries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from centers.models import Center
from core.clock import local_day, now, today
from core.formats import day, number
from notifications.registry import ContextLoader, Ids, Values, register

from .models import (
    CoachAssignment,
    Consent,
    ConsentPurpose,
    Enrollment,
    Merge,
    NikCorrection,
    Pathway,
    Stage,
    StageEvidence,
    StageTransition,
    Status,
    StopReason,
    Threshold,
)

CITIZEN_PAGE = "/saya/"
STAFF_PAGE = "/peserta/{person_id}/"


# What fills the texts --------------------------------------------------------------------------------------


def _of_enrollment(enrollment: Enrollment) -> dict[str, str]:
    """The words every message about an enrollment may use."""
    stage = Stage(enrollment.stage)
    coach = enrollment.coach.display_name if enrollment.coach else ""
    center = enrollment.center
    if enrollment.status == Status.MENUNGGU_PUSAT:
        next_step = (
            "Kecamatan Anda belum punya pusat yang buka. Petugas sedang mencarikan pusat terdekat. "
            "Kami kabari begitu ada."
        )
    else:
        place = center.name if center else "Pusat"
        next_step = f"{place} memeriksa data Anda, lalu memilih pendamping untuk Anda."
    return {
        "name": enrollment.person.full_name,
        "number": enrollment.number,
        "person_id": str(enrollment.person_id),
        "center": center.name if center else "Pusat OK OCE",
        "center_place": " ".join(map(_sentence, (center.address, center.hours))) if center else "",
        "coach": coach or "petugas pusat",
        "helper": f"{coach}, pendamping Anda," if coach else "Petugas pusat",
        "pathway": Pathway(enrollment.pathway).label,
        "stage": f"{stage.number}. {stage.label}",
        "step": f"langkah {stage.number} dari 7: {stage.label}",
        "next_step": next_step,
    }


def _enrollments(ids: Sequence[Ids]) -> dict[str, Enrollment]:
    found = Enrollment.objects.filter(pk__in={one["enrollment"] for one in ids}).select_related(
        "person", "center", "coach"
    )
    return {str(enrollment.pk): enrollment for enrollment in found}


def about_enrollment(ids: Sequence[Ids]) -> list[Values | None]:
    """`enrollment`: the words of the enrollment as it is at delivery."""
    found = _enrollments(ids)
    return [
        _of_enrollment(enrollment) if (enrollment := found.get(one["enrollment"])) else None for one in ids
    ]


def about_move(ids: Sequence[Ids]) -> list[Values | None]:
    """`transition`: the stages it went from and to, as the log has them, with its reason."""
    rows = StageTransition.objects.filter(pk__in={one["transition"] for one in ids}).select_related(
        "enrollment__person", "enrollment__center", "enrollment__coach"
    )
    found = {str(row.pk): row for row in rows}
    return [_of_move(move) if (move := found.get(one["transition"])) else None for one in ids]


def _of_move(move: StageTransition) -> dict[str, str]:
    enrollment = move.enrollment
    to_stage = Stage(move.to_stage)
    stopped_for = StopReason(enrollment.stop_reason).label if enrollment.stop_reason else move.reason
    return _of_enrollment(enrollment) | {
        "from_stage": Stage(move.from_stage).label if move.from_stage else "",
        "to_stage": to_stage.label,
        "to_number": str(to_stage.number),
        "step": f"langkah {to_stage.number} dari 7: {to_stage.label}",
        "reason": _sentence(move.reason),
        "stop_reason": _sentence(stopped_for),
    }


def about_evidence(ids: Sequence[Ids]) -> list[Values | None]:
    """`evidence`: what was brought, when, and what is to be mended."""
    rows = StageEvidence.objects.filter(pk__in={one["evidence"] for one in ids}).select_related("enrollment")
    found = {str(row.pk): row for row in rows}
    return [_of_evidence(row) if (row := found.get(one["evidence"])) else None for one in ids]


def _of_evidence(evidence: StageEvidence) -> dict[str, str]:
    return {
        "evidence": evidence.kind_label,
        "sent_on": day(local_day(evidence.submitted_at, evidence.enrollment.zone)),
        "rejection": _sentence(evidence.rejection),
    }


def about_assignment(ids: Sequence[Ids]) -> list[Values | None]:
    """`assignment`: whom it was about, who was asked, and what the coach wrote."""
    rows = CoachAssignment.objects.filter(pk__in={one["assignment"] for one in ids}).select_related(
        "coach", "enrollment__person", "enrollment__center", "enrollment__coach"
    )
    found = {str(row.pk): row for row in rows}
    return [_of_assignment(row) if (row := found.get(one["assignment"])) else None for one in ids]


def _of_assignment(assignment: CoachAssignment) -> dict[str, str]:
    return _of_enrollment(assignment.enrollment) | {
        "asked": assignment.coach.display_name,
        "answer": _sentence(assignment.note),
    }


def about_silence(ids: Sequence[Ids]) -> list[Values | None]:
    """`enrollment` and `since`, the last day of news: nothing is sent when there was news meanwhile, or when
    the consent to reminders has been withdrawn since the message was queued."""
    agreed = set(
        Consent.objects.given()
        .filter(purpose=ConsentPurpose.PENGINGAT, person__enrollments__in={one["enrollment"] for one in ids})
        .values_list("person_id", flat=True)
    )
    found = {key: row for key, row in _enrollments(ids).items() if row.person_id in agreed}
    return [_of_silence(found.get(one["enrollment"]), date.fromisoformat(one["since"])) for one in ids]


def _of_silence(enrollment: Enrollment | None, since: date) -> dict[str, str] | None:
    if enrollment is None or enrollment.status != Status.AKTIF:
        return None
    if local_day(enrollment.last_activity_at, enrollment.zone) != since:
        return None
    days = enrollment.days_silent(today(enrollment.zone))
    return _of_enrollment(enrollment) | {"days": number(days)}


def about_center(ids: Sequence[Ids]) -> list[Values | None]:
    """`center`: its name."""
    names = dict(Center.objects.filter(pk__in={one["center"] for one in ids}).values_list("pk", "name"))
    return [{"center": names[one["center"]]} if one["center"] in names else None for one in ids]


def about_silent_mentees(ids: Sequence[Ids]) -> list[Values | None]:
    """`coach`: how many of the coach's people are silent beyond the limit now; nothing is sent for none."""
    at = now()
    limits = Threshold.objects.on(local_day(at))
    rows = Enrollment.objects.active().filter(coach__in={one["coach"] for one in ids})
    silent: Counter[str] = Counter()
    for enrollment in rows.only("coach_id", "stage", "zone", "last_activity_at"):
        limit = limits.get((enrollment.stage, "batas_diam"))
        if limit is not None and enrollment.days_silent(local_day(at, enrollment.zone)) >= limit:
            silent[str(enrollment.coach_id)] += 1
    return [{"count": number(count)} if (count := silent[one["coach"]]) else None for one in ids]


def about_merge(ids: Sequence[Ids]) -> list[Values | None]:
    """`merge` and `user`: the numbers of both registrations, and the one under which this user goes on."""
    rows = Merge.objects.filter(pk__in={one["merge"] for one in ids}).select_related(
        "kept__center", "taken_out", "winner__user", "loser"
    )
    found = {str(row.pk): row for row in rows}
    return [_of_merge(row, one["user"]) if (row := found.get(one["merge"])) else None for one in ids]


def _of_merge(done: Merge, user_id: str) -> dict[str, str]:
    is_double = str(done.loser.user_id) == user_id
    return {
        "number": done.taken_out.number if is_double else done.kept.number,
        "other_number": done.kept.number if is_double else done.taken_out.number,
        "login": (done.winner.user and done.winner.user.login_number) or done.kept.number,
        "center": done.kept.center.name if done.kept.center else "pusat OK OCE",
    }


def about_correction(ids: Sequence[Ids]) -> list[Values | None]:
    """`correction`: whose NIK it was about and what was answered, without any number."""
    rows = NikCorrection.objects.filter(pk__in={one["correction"] for one in ids}).select_related(
        "enrollment__person", "enrollment__center", "enrollment__coach"
    )
    found = {str(row.pk): row for row in rows}
    return [
        _of_enrollment(row.enrollment)
        | {"outcome": row.status_label.lower(), "answer": _sentence(row.answer)}
        if (row := found.get(one["correction"]))
        else None
        for one in ids
    ]


def without_record(ids: Sequence[Ids]) -> list[Values | None]:
    """For texts that name nothing."""
    return [{} for _one in ids]


def _sentence(text: str) -> str:
    """A text typed by somebody, ended by a full stop so that a sentence may follow it."""
    text = text.strip()
    return text if not text or text[-1] in ".!?…" else f"{text}."


# The kinds -------------------------------------------------------------------------------------------------


def _tell_citizen(kind: str, title: str, body: str, context: ContextLoader) -> None:
    register(kind, title=title, body=body, url=CITIZEN_PAGE, context=context)


def register_messages() -> None:
    """Make every kind of message of participants and pipeline known; called once, at start."""
    _tell_citizen(
        "pendaftaran_diterima",
        "Pendaftaran Anda sudah masuk",
        "Nomor pendaftaran Anda {number}. Simpan nomor ini: Anda bisa masuk dengannya. {next_step}",
        about_enrollment,
    )
    _tell_citizen(
        "pendaftaran_dicoba_lagi",
        "Ada pendaftaran baru dengan data Anda",
        "Seseorang mendaftar dengan NIK atau nomor HP yang sudah tercatat atas nama Anda. Data Anda tidak "
        "berubah. Bila itu Anda, tidak perlu mendaftar lagi: masuk saja dengan nomor HP atau nomor "
        "pendaftaran. Lupa kata sandi? Minta kode baru ke pusat. Bila bukan Anda, kabari pusat.",
        without_record,
    )
    _tell_citizen(
        "identitas_diverifikasi",
        "Identitas Anda sudah diperiksa",
        "Petugas sudah mencocokkan data Anda dengan KTP. Tidak ada yang perlu Anda kirim lagi untuk bagian "
        "ini.",
        about_enrollment,
    )
    _tell_citizen(
        "identitas_tidak_cocok",
        "Data Anda belum cocok dengan KTP",
        "Petugas menemukan data yang berbeda dengan KTP. Buka halaman Anda: di sana tertulis apa yang "
        "berbeda dan cara membetulkannya. Bisa juga datang ke {center} membawa KTP.",
        about_enrollment,
    )
    _tell_citizen(
        "pendamping_ditetapkan",
        "Pendamping Anda: {coach}",
        "{coach} dari {center} menemani Anda mulai sekarang. Sapa lewat tombol WhatsApp di halaman Anda, "
        "atau tunggu kabar darinya.",
        about_enrollment,
    )
    _tell_citizen(
        "pendamping_dipilih_ulang",
        "Pendamping Anda dipilih ulang",
        "Penetapan pendamping Anda dibatalkan. {center} memilihkan pendamping lagi, dan kami kabari begitu "
        "ada. Anda tidak perlu berbuat apa-apa.",
        about_enrollment,
    )
    _tell_citizen(
        "pusat_ditetapkan",
        "Pusat Anda: {center}",
        "Anda dilayani di {center}. {center_place} Petugas pusat memeriksa data Anda, lalu memilih "
        "pendamping.",
        about_move,
    )
    _tell_citizen(
        "pusat_dipilih_ulang",
        "Pusat Anda dipilih ulang",
        "Penetapan pusat Anda dibatalkan dan dipilih ulang. Kami kabari begitu ada pusat untuk Anda. Anda "
        "tidak perlu mendaftar lagi.",
        about_enrollment,
    )
    _tell_citizen(
        "bukti_diterima",
        "{evidence}: sudah diterima",
        "“{evidence}” yang dikirim pada {sent_on} sudah diperiksa dan diterima. Buka halaman Anda untuk "
        "melihat langkah berikutnya.",
        about_evidence,
    )
    _tell_citizen(
        "bukti_dikembalikan",
        "{evidence}: perlu diperbaiki",
        "“{evidence}” yang dikirim pada {sent_on} belum bisa diterima. Yang perlu diperbaiki: {rejection} "
        "Perbaiki, lalu kirim lagi dari halaman Anda.",
        about_evidence,
    )
    _tell_citizen(
        "naik_tahap",
        "Anda sampai di langkah {to_number}: {to_stage}",
        "Langkah {from_stage} selesai. Sekarang Anda di {step}. Buka halaman Anda untuk melihat apa yang "
        "dilakukan lebih dulu.",
        about_move,
    )
    _tell_citizen(
        "dispensasi",
        "Langkah {from_stage} dilewati",
        "Petugas memutuskan Anda boleh melewati langkah {from_stage}. Alasannya: {reason} Sekarang Anda di "
        "{step}.",
        about_move,
    )
    _tell_citizen(
        "koreksi",
        "Catatan langkah Anda dibetulkan",
        "Catatan langkah Anda dibetulkan dari {from_stage} menjadi {to_stage}. Alasannya: {reason} Bukti "
        "yang sudah diterima tetap berlaku.",
        about_move,
    )
    _tell_citizen(
        "berhenti",
        "Perjalanan Anda dicatat berhenti",
        "Alasan yang dicatat: {stop_reason} Pengingat berhenti dan data Anda tetap tersimpan. Bila ingin "
        "melanjutkan, hubungi {center}.",
        about_move,
    )
    _tell_citizen(
        "lanjut",
        "Perjalanan Anda dilanjutkan",
        "Selamat datang kembali. Anda di {step}. {helper} siap membantu.",
        about_move,
    )
    _tell_citizen(
        "lulus",
        "Anda lulus",
        "Semua langkah untuk jalur {pathway} sudah Anda selesaikan. Kami akan menanyakan kabar Anda sesudah "
        "3, 6, dan 12 bulan.",
        about_move,
    )
    _tell_citizen(
        "diam_peserta",
        "Kami belum mendengar kabar Anda",
        "Sudah {days} hari belum ada kabar dari Anda. Anda di {step}. Buka halaman Anda untuk melihat satu "
        "hal yang bisa dilakukan sekarang. Perlu dibantu? {helper} siap menjawab lewat WhatsApp.",
        about_silence,
    )
    _tell_citizen(
        "pendaftaran_digabung",
        "Dua pendaftaran Anda menjadi satu",
        "Anda tercatat dua kali: {number} dan {other_number}. Mulai sekarang yang dipakai {number}. Bukti "
        "yang sudah Anda kirim ikut pindah. Masuk dengan nomor pendaftaran {login}. Lupa kata sandinya? "
        "Minta kode ke pusat. Bila penggabungan ini keliru, kabari {center} dalam 30 hari.",
        about_merge,
    )
    _tell_citizen(
        "penggabungan_dibatalkan",
        "Penggabungan pendaftaran dibatalkan",
        "Pendaftaran {number} tidak lagi digabung dengan {other_number}. Data Anda kembali seperti semula. "
        "Ada yang belum jelas? Hubungi {center}.",
        about_merge,
    )
    _tell_citizen(
        "nik_diperbaiki",
        "NIK Anda sudah diperbaiki",
        "Petugas kedua mencocokkan NIK yang baru dengan KTP Anda. Tidak ada yang perlu Anda kirim lagi. Anda "
        "tidak meminta ini? Kabari {center}.",
        about_correction,
    )
    _tell_citizen(
        "nik_tetap",
        "NIK Anda belum diubah",
        "Permintaan perbaikan NIK belum bisa diterima. {answer} Datang ke {center} membawa KTP bila masih "
        "ada yang keliru.",
        about_correction,
    )
    register(
        "perbaikan_nik_diputuskan",
        title="Perbaikan NIK {name}: {outcome}",
        body="Permintaan Anda untuk memperbaiki NIK {name} ({number}) sudah diputuskan: {outcome}. {answer}",
        url=STAFF_PAGE,
        context=about_correction,
    )
    register(
        "peserta_baru",
        title="Peserta baru: {name}",
        body="{name} ({number}) ditugaskan kepada Anda, sekarang di tahap {stage}. Buka halamannya, lalu "
        "terima tugas ini atau sampaikan bahwa Anda belum bisa.",
        url=STAFF_PAGE,
        context=about_enrollment,
    )
    register(
        "tugas_dialihkan",
        title="{name} bukan tugas Anda lagi",
        body="{name} ({number}) sekarang dipegang {coach}. Terima kasih sudah menemani sampai di sini. Anda "
        "tidak perlu berbuat apa-apa lagi untuk peserta ini.",
        url="/pendamping/",
        context=about_enrollment,
    )
    register(
        "tugas_ditolak",
        title="{asked} belum bisa menerima {name}",
        body="{asked} mengembalikan tugas pendampingan {name} ({number}). {answer} Pilih pendamping lain, "
        "supaya peserta ini tidak menunggu.",
        url="/antrean/belum-diterima/",
        context=about_assignment,
    )
    register(
        "diam_pendamping",
        title="{count} peserta Anda diam lewat batas",
        body="{count} peserta yang Anda dampingi tidak memberi kabar melewati batas hari tahapnya. Hubungi "
        "mulai dari yang paling lama.",
        url="/peserta/?diam=1",
        context=about_silent_mentees,
    )
    register(
        "diam_pengelola",
        title="{center}: ada peserta yang diam terlalu lama",
        body="Batas harinya sudah berkali-kali lewat, belum ada kabar. Bicarakan dengan pendampingnya, "
        "atau alihkan ke pendamping lain.",
        url="/peserta/?diam=1",
        context=about_center,
    )
