"""What participants, coaches and managers are told about sessions and plans; filled in at delivery."""

from __future__ import annotations

from collections.abc import Sequence

from core.formats import day_long, moment
from notifications.registry import Ids, Values, register

from .models import ActionPlan, MentoringSession

JOURNEY = "/saya/"
OWN_PLAN = "/saya/rencana/"
WORK = "/peserta/{person}/pendampingan/"


def about_session(ids: Sequence[Ids]) -> list[Values | None]:
    """`session`: when, where, about what, and who is concerned."""
    rows = MentoringSession.objects.filter(
        pk__in={one["session"] for one in ids}, enrollment__erased_at__isnull=True
    ).select_related("coach", "enrollment__person")
    found = {str(row.pk): _of_session(row) for row in rows}
    return [found.get(one["session"]) for one in ids]


def _of_session(session: MentoringSession) -> dict[str, str]:
    return {
        "person": str(session.enrollment.person_id),
        "name": session.enrollment.person.full_name,
        "coach": session.coach.display_name,
        "topic": session.topic,
        "when": moment(session.starts_at, session.zone),
        "day": day_long(session.day),
        "where": session.where,
        "reason": session.reason.rstrip("."),
        "said": session.answer_note.rstrip("."),
    }


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


def _of_a_session(kind: str, title: str, body: str, url: str = JOURNEY) -> None:
    register(kind, title=title, body=body, url=url, context=about_session)


def _of_a_plan(kind: str, title: str, body: str, url: str = OWN_PLAN) -> None:
    register(kind, title=title, body=body, url=url, context=about_plan)


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
    _of_a_session(
        "sesi_dicatat",
        "Benarkah Anda bertemu {coach}?",
        "Tercatat {when}: {topic}. Buka halaman Langkah, lalu tekan satu tombol.",
    )
    _of_a_session(
        "sesi_dibantah",
        "{name}: pertemuan {day} tidak terjadi",
        "Kata peserta: {said}. Bicarakan dengan peserta, lalu tarik catatannya bila keliru.",
        url=WORK,
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
