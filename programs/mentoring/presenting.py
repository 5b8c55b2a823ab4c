"""Sessions and plans as the plain lists that components draw; what the participant's own page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core.clock import local_day
from core.formats import day, day_long, moment
from participants.models import Enrollment

from .models import ActionPlan, MentoringSession, PlanStep, SessionStatus

SHOWN = 20
_TITLES = {
    SessionStatus.DIRENCANAKAN: "Pertemuan direncanakan",
    SessionStatus.TERLAKSANA: "Bertemu",
    SessionStatus.TIDAK_DATANG: "Tidak datang ke pertemuan",
    SessionStatus.BATAL: "Pertemuan dibatalkan",
}
BADGES = {
    SessionStatus.DIRENCANAKAN: "soon",
    SessionStatus.TERLAKSANA: "done",
    SessionStatus.TIDAK_DATANG: "late",
    SessionStatus.BATAL: "stopped",
}


def latest(enrollment: Enrollment) -> list[MentoringSession]:
    """The latest sessions of an enrollment, newest first; one query."""
    rows = MentoringSession.objects.filter(enrollment=enrollment).select_related("coach")
    return list(rows.order_by("-starts_at", "-pk")[:SHOWN])


def current_plans(enrollment: Enrollment) -> tuple[ActionPlan | None, ActionPlan | None]:
    """The plan in force and the one proposed; two queries."""
    open_ones = list(ActionPlan.objects.open().filter(enrollment=enrollment).for_page())
    in_force = next((plan for plan in open_ones if plan.is_agreed), None)
    proposed = next((plan for plan in open_ones if not plan.is_agreed), None)
    return in_force, proposed


def history(
    sessions: Sequence[MentoringSession], *, may_read: bool, for_citizen: bool = False
) -> list[dict[str, Any]]:
    """Sessions that are over as lines of a history. Words only for those who `may_read`."""
    return [
        {
            "title": _title(one, may_read=may_read),
            "when": moment(one.starts_at, one.zone),
            "by": "" if for_citizen else one.coach.display_name,
            "note": _note(one, for_citizen=for_citizen) if may_read else "",
            "is_move": False,
            "at": one.starts_at,
        }
        for one in sessions
        if not one.is_planned
    ]


def _title(session: MentoringSession, *, may_read: bool) -> str:
    title = _TITLES[SessionStatus(session.status)]
    return f"{title}: {session.topic}" if may_read else title


def _note(session: MentoringSession, *, for_citizen: bool) -> str:
    """Where, what was done, what was agreed, when to speak next, and what the participant said."""
    parts = [session.where + ".", session.done or session.reason]
    if session.agreed:
        parts.append(f"Disepakati: {session.agreed.rstrip('.')}.")
    if session.is_held and session.next_on:
        parts.append(f"Berikutnya: {day_long(session.next_on)}.")
    if session.is_denied:
        parts.append(
            f"{'Kata Anda' if for_citizen else 'Kata peserta'}: tidak terjadi. {session.answer_note}"
        )
    return "\n".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class OwnMentoring:
    """What a participant's own page says about their coach: sessions to come and to confirm, the plan."""

    coming: MentoringSession | None
    to_confirm: Sequence[MentoringSession]
    has_sessions: bool
    plan: ActionPlan | None
    proposed: ActionPlan | None
    step: PlanStep | None
    is_step_late: bool

    @property
    def is_empty(self) -> bool:
        return not (self.has_sessions or self.plan or self.proposed)

    @property
    def step_text(self) -> str:
        """ "Paling lambat 3 Des 2026", or that it is past."""
        if self.step is None:
            return ""
        word = "Sudah lewat, seharusnya" if self.is_step_late else "Paling lambat"
        return f"{word} {day(self.step.due_on)}"


def own(enrollment: Enrollment, sessions: Sequence[MentoringSession], *, today: date) -> OwnMentoring:
    """What the own page shows, from the latest sessions (newest first)."""
    plan, proposed = current_plans(enrollment)
    step = next((one for one in _open_steps(plan) if one.is_own), None)
    coming = [one for one in sessions if one.is_planned and one.day >= today]
    return OwnMentoring(
        coming=coming[-1] if coming else None,
        to_confirm=[one for one in sessions if one.waits_for_answer],
        has_sessions=bool(sessions),
        plan=plan,
        proposed=proposed,
        step=step,
        is_step_late=step is not None and step.is_late(today),
    )


def _open_steps(plan: ActionPlan | None) -> list[PlanStep]:
    if plan is None:
        return []
    return sorted((one for one in plan.steps.all() if not one.is_done), key=lambda one: one.due_on)


def by_time(sessions: Sequence[MentoringSession], *, at: datetime) -> dict[str, list[dict[str, Any]]]:
    """Sessions (newest first) as the lists of a page: to come, called off before their time, over."""
    coming = [one for one in reversed(sessions) if one.is_planned]
    called_off = [one for one in reversed(sessions) if one.is_called_off and one.starts_at > at]
    over = [one for one in sessions if one not in coming and one not in called_off]
    return {
        "coming": session_rows(coming), "called_off": session_rows(called_off), "over": session_rows(over)
    }  # fmt: skip


def session_rows(sessions: Sequence[MentoringSession]) -> list[dict[str, Any]]:
    """Sessions as the staff's page lists them."""
    return [
        {
            "session": one,
            "badge": BADGES[SessionStatus(one.status)],
            "label": one.status_label,
            "own_label": "Belum jadi bertemu" if one.is_try else one.status_label,
            "answer": _answer(one),
            "may_correct": (one.is_held or one.is_try) and not one.is_confirmed,
        }
        for one in sessions
    ]


def _answer(session: MentoringSession) -> dict[str, str] | None:
    """What the participant said of a held session, as a badge."""
    if session.is_denied:
        return {"status": "rejected", "text": "Kata peserta: tidak terjadi"}
    if session.is_confirmed:
        return {"status": "verified", "text": "Dibenarkan peserta"}
    if session.is_held:
        return {"status": "waiting", "text": "Menunggu jawaban peserta"}
    return None


def plan_rows(plan: ActionPlan | None, *, zone: str, today: date) -> list[dict[str, Any]]:
    """The steps with how each stands."""
    if plan is None:
        return []
    return [
        {
            "step": one,
            "is_late": one.is_late(today),
            "due": day(one.due_on),
            "done": day(local_day(one.done_at, zone)) if one.done_at else "",
        }
        for one in plan.steps.all()
    ]
