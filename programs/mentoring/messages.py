"""What is told about sessions, plans and clinics to participants and staff; filled in at delivery."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from core.clock import now, today
from core.formats import clock_time, day_long, moment
from notifications.registry import Ids, Values, register
from participants.models import Consent, ConsentPurpose, Enrollment

from .models import ActionPlan, Clinic, ClinicVisit, MentoringSession

JOURNEY = "/saya/"
OWN_PLAN = "/saya/rencana/"
MEETINGS = "/saya/pertemuan/"
CLINICS = "/klinik/"
WORK = "/peserta/{person}/pendampingan/"


def about_session(ids: Sequence[Ids]) -> list[Values | None]:
    """`session`: when, where, about what, and who is concerned."""
    rows = MentoringSession.objects.filter(
        pk__in={one["session"] for one in ids}, enrollment__erased_at__isnull=True
    ).select_related("coach", "enrollment__person")
    found = {str(row.pk): _of_session(row) for row in rows}
    return [found.get(one["session"]) for one in ids]


def about_session_to_come(ids: Sequence[Ids]) -> list[Values | None]:
    """`session` and its `day`: nothing is sent when it has begun, is cancelled or moved to another day, or
    when the consent to reminders has been withdrawn."""
    rows = (
        MentoringSession.objects.planned()
        .filter(pk__in={one["session"] for one in ids}, starts_at__gt=now())
        .select_related("coach", "enrollment__person")
    )
    found = {(str(row.pk), row.day.isoformat()): row for row in rows}
    agreed = agreed_to_reminders(row.enrollment.person_id for row in found.values())
    answers: list[Values | None] = []
    for one in ids:
        row = found.get((one["session"], one["day"]))
        is_wanted = row is not None and row.enrollment.person_id in agreed
        answers.append(_of_session(row) | near(row.day, row.zone) if row and is_wanted else None)
    return answers


def agreed_to_reminders(person_ids: Iterable[UUID]) -> set[UUID]:
    """Those who want reminders still."""
    given = Consent.objects.given().filter(purpose=ConsentPurpose.PENGINGAT, person__in=list(person_ids))
    return set(given.values_list("person_id", flat=True))


def near(day: date, zone: str) -> dict[str, str]:
    """`near`: how far a day is, as it is said aloud."""
    ahead = (day - today(zone)).days
    return {"near": {0: "hari ini", 1: "besok"}.get(ahead, day_long(day))}


def _of_session(session: MentoringSession) -> dict[str, str]:
    return {
        "person": str(session.enrollment.person_id),
        "name": session.enrollment.person.full_name,
        "coach": session.coach.display_name,
        "topic": session.topic,
        "when": moment(session.starts_at, session.zone),
        "day": day_long(session.day),
        "hour": clock_time(session.starts_at, session.zone),
        "where": session.where,
        "reason": session.reason.rstrip("."),
        "said": session.answer_note.rstrip("."),
    }


def about_visit(ids: Sequence[Ids]) -> list[Values | None]:
    """`visit`: when and where, and what came of it."""
    found = {str(row.pk): _of_visit(row) for row in _visits(ids)}
    return [found.get(one["visit"]) for one in ids]


def about_visit_to_come(ids: Sequence[Ids]) -> list[Values | None]:
    """`visit` and its `day`, as with a session: nothing is sent for one that is not to be."""
    at = now()
    found = {
        str(row.pk): row
        for row in _visits(ids)
        if row.is_booked and row.slot is not None and row.slot.starts_at > at and row.enrollment is not None
    }
    agreed = agreed_to_reminders(row.enrollment.person_id for row in found.values() if row.enrollment)
    answers: list[Values | None] = []
    for one in ids:
        row = found.get(one["visit"])
        is_wanted = row is not None and row.enrollment is not None and row.enrollment.person_id in agreed
        answers.append(_of_visit(row) | near(row.day, row.clinic.zone) if row and is_wanted else None)
    return answers


def _visits(ids: Sequence[Ids]) -> list[ClinicVisit]:
    rows = ClinicVisit.objects.filter(
        pk__in={one["visit"] for one in ids}, enrollment__erased_at__isnull=True
    ).for_page()
    return list(rows)


def _of_visit(visit: ClinicVisit) -> dict[str, str]:
    return {
        "when": f"{day_long(visit.day)}, {visit.turn}",
        "turn": visit.turn,
        "where": visit.clinic.where,
        "center": visit.clinic.center.name,
        "reason": visit.clinic.reason.rstrip("."),
        "outcome": visit.outcome.rstrip("."),
        "next": visit.next_label.lower(),
    }


def about_clinic(ids: Sequence[Ids]) -> list[Values | None]:
    """`clinic`: when, where, and why it is called off."""
    rows = Clinic.objects.filter(pk__in={one["clinic"] for one in ids}).select_related("center")
    found = {
        str(row.pk): {
            "clinic": str(row.pk),
            "when": f"{day_long(row.day)}, {row.hours}",
            "center": row.center.name,
            "reason": row.reason.rstrip("."),
        }
        for row in rows
    }
    return [found.get(one["clinic"]) for one in ids]


def about_plan(ids: Sequence[Ids]) -> list[Values | None]:
    """`plan`: whose, what for, and what is asked to be changed."""
    rows = ActionPlan.objects.filter(
        pk__in={one["plan"] for one in ids}, enrollment__erased_at__isnull=True
    ).select_related("proposed_by", "enrollment__person")
    found = {
        str(row.pk): {
            "person": str(row.enrollment.person_id),
            "name": row.enrollment.person.full_name,
            "coach": row.proposed_by.display_name,
            "goal": row.goal.rstrip("."),
            "wish": row.wish.rstrip("."),
        }
        for row in rows
    }
    return [found.get(one["plan"]) for one in ids]


def about_sheet(ids: Sequence[Ids]) -> list[Values | None]:
    """`enrollment`: whose; never what was written."""
    rows = Enrollment.objects.filter(
        pk__in={one["enrollment"] for one in ids}, erased_at__isnull=True
    ).select_related("person")
    found = {str(row.pk): {"person": str(row.person_id), "name": row.person.full_name} for row in rows}
    return [found.get(one["enrollment"]) for one in ids]


def _of_a_session(kind: str, title: str, body: str, url: str = JOURNEY) -> None:
    register(kind, title=title, body=body, url=url, context=about_session)


def _of_a_plan(kind: str, title: str, body: str, url: str = OWN_PLAN) -> None:
    register(kind, title=title, body=body, url=url, context=about_plan)


def _of_a_visit(kind: str, title: str, body: str) -> None:
    register(kind, title=title, body=body, url=CLINICS, context=about_visit)


def register_messages() -> None:
    """Make every kind of message of this app known; called once, at start."""
    _of_a_session(
        "sesi_direncanakan", "Janji bertemu: {when}", "Dengan {coach}. {where}. Yang dibahas: {topic}."
    )
    _of_a_session(
        "sesi_pindah",
        "Janji bertemu berubah: {when}",
        "Dengan {coach}. Sekarang: {where}. Yang dibahas: {topic}.",
    )
    _of_a_session(
        "sesi_batal",
        "Pertemuan dibatalkan: {when}",
        "Dengan {coach}: {reason}. Pendamping Anda akan mencari waktu lain.",
    )
    register(
        "sesi_ingat",
        title="Ingat, {near} bertemu {coach}",
        body="Pukul {hour}. {where}. Yang dibahas: {topic}. Berhalangan? Kabari pendamping Anda.",
        url=MEETINGS,
        context=about_session_to_come,
    )
    _of_a_session(
        "sesi_dicatat",
        "Benarkah Anda bertemu {coach}?",
        "Tercatat {when}: {topic}. Buka halaman Langkah, lalu tekan satu tombol.",
    )
    _of_a_session(
        "sesi_tidak_datang",
        "Tercatat: belum jadi bertemu {coach}",
        "Janji {when}: {topic}. Keliru? Katakan kepada pendamping Anda, supaya catatannya diperbaiki.",
        url="/saya/pertemuan/",
    )
    _of_a_session(
        "sesi_dibantah",
        "{name}: pertemuan {day} tidak terjadi",
        "Kata peserta: {said}. Bicarakan dengan peserta, lalu tarik catatannya bila keliru.",
        url=WORK,
    )
    _of_a_visit("klinik_dipesan", "Janji klinik: {when}", "{center}. {where}. Berhalangan? Batalkan di sini.")
    register(
        "klinik_ingat",
        title="Ingat, {near} klinik wirausaha",
        body="Pukul {turn}. {where}. Berhalangan? Batalkan, supaya jamnya bisa dipakai orang lain.",
        url=CLINICS,
        context=about_visit_to_come,
    )
    _of_a_visit(
        "klinik_batal", "Klinik dibatalkan: {when}", "{center}: {reason}. Pilih hari lain di halaman Klinik."
    )
    _of_a_visit(
        "klinik_janji_batal",
        "Janji klinik Anda dibatalkan: {when}",
        "Petugas {center} membatalkan janji ini. Pilih jam lain di halaman Klinik.",
    )
    _of_a_visit("klinik_selesai", "Hasil klinik Anda", "{outcome}. Berikutnya: {next}.")
    register(
        "klinik_batal_petugas",
        title="Klinik dibatalkan: {when}",
        body="{center}: {reason}. Yang sudah punya janji diberi tahu.",
        url="/klinik/meja/{clinic}/",
        context=about_clinic,
    )
    register(
        "ditulis_untuk_anda",
        title="{name} menulis sesuatu untuk Anda",
        body="Hanya Anda yang bisa membacanya, di halaman pendampingannya.",
        url=WORK,
        context=about_sheet,
    )
    _of_a_plan(
        "rencana_diusulkan",
        "Rencana Anda siap dibaca",
        "{coach} menulis rencana untuk: {goal}. Baca, lalu setujui atau minta diubah.",
    )
    _of_a_plan(
        "rencana_lisan",
        "Rencana Anda berlaku",
        "{coach} mencatat bahwa Anda setuju. Keliru? Katakan kepada pendamping Anda.",
    )
    _of_a_plan("rencana_disepakati", "{name} menyetujui rencananya", "Rencana untuk: {goal}.", url=WORK)
    _of_a_plan("rencana_ubah", "{name} minta rencananya diubah", "Yang diminta: {wish}.", url=WORK)
