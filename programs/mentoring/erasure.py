"""What an erased person's contacts, sessions and plans lose: the words.

That somebody called or met, and when, stays anonymous.
"""

from __future__ import annotations

from core import audit
from participants.erasure import GONE, Traces, drop_files, erases
from participants.models import Person

from .models import (
    ActionPlan,
    BusinessSketch,
    ClinicSlot,
    ClinicVisit,
    CoachWish,
    ContactLog,
    MentoringSession,
    PlanStep,
    PrivateSheet,
    SessionFile,
    SessionStatus,
    Snooze,
    VisitStatus,
)


@erases("mentoring.ContactLog", "mentoring.Snooze")
def forget_contacts(traces: Traces) -> None:
    """Kind, result and days stay as a count of the coach's work."""
    rows = ContactLog.objects.filter(enrollment__in=traces.enrollment_ids)
    for column in ("note", "agreed"):
        audit.redact(
            rows.exclude(**{column: ""}),
            actor=traces.actor,
            reason="Penghapusan data",
            obj=Person(pk=traces.person_id),
            values={column: GONE},
        )
    Snooze.objects.filter(enrollment__in=traces.enrollment_ids).delete()


@erases("mentoring.MentoringSession", "mentoring.SessionFile")
def forget_sessions(traces: Traces) -> None:
    """Kind of place, day and result stay as a count of the coach's work; planned sessions end."""
    sessions = MentoringSession.objects.filter(enrollment__in=traces.enrollment_ids)
    attached = SessionFile.objects.filter(session__in=sessions)
    stored = [row.file for row in attached.select_related("file")]
    attached.delete()
    drop_files(stored)
    for session in sessions.planned():
        session.status, session.recorded_at = SessionStatus.BATAL, traces.at
        session.recorded_on = session.day
        session.save(update_fields=["status", "recorded_at", "recorded_on"])
    sessions.update(topic=GONE, place="", link="", agreed="", private_note="", reason="")
    sessions.exclude(done="").update(done=GONE)
    sessions.exclude(answer_note="").update(answer_note=GONE)


@erases("mentoring.ActionPlan", "mentoring.PlanStep")
def forget_plans(traces: Traces) -> None:
    """That there was an agreed plan stays, for the gate was passed with it."""
    plans = ActionPlan.objects.filter(enrollment__in=traces.enrollment_ids)
    PlanStep.objects.filter(plan__in=plans).delete()
    plans.update(goal=GONE, wish="")
    plans.exclude(agreed_note="").update(agreed_note=GONE)


@erases("mentoring.BusinessSketch", "mentoring.PrivateSheet")
def forget_sheets(traces: Traces) -> None:
    """Nothing was counted with them: they go."""
    BusinessSketch.objects.filter(enrollment__in=traces.enrollment_ids).delete()
    PrivateSheet.objects.filter(enrollment__in=traces.enrollment_ids).delete()


@erases("mentoring.ClinicVisit")
def forget_visits(traces: Traces) -> None:
    """That somebody came stays as a count of the centre's work; hours to come are free again."""
    visits = ClinicVisit.objects.filter(enrollment__in=traces.enrollment_ids)
    ClinicSlot.objects.filter(visits__in=visits.open()).update(is_taken=False)
    visits.open().update(status=VisitStatus.BATAL, recorded_at=traces.at)
    visits.update(topic="")
    visits.exclude(outcome="").update(outcome=GONE)


@erases("mentoring.CoachWish")
def forget_wish(traces: Traces) -> None:
    """Nothing was counted with it: it goes."""
    CoachWish.objects.filter(enrollment__in=traces.enrollment_ids).delete()
