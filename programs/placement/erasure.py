"""What an erased person's applications and placements lose: the words, the employer, the number."""

from __future__ import annotations

from core import audit
from participants.erasure import GONE, Traces, erases
from participants.models import Person

from .applications import end_waiting
from .models import Application, ApplicationChange, EndedBy, Placement


@erases("placement.Application", "placement.ApplicationChange", "placement.Placement")
def forget_work(traces: Traces) -> None:
    """That somebody applied, and whether a placement was confirmed, stays as a count of the vacancy."""
    for enrollment_id in traces.enrollment_ids:
        end_waiting(enrollment_id, at=traces.at)
    applications = Application.objects.filter(enrollment__in=traces.enrollment_ids)
    applications.exclude(interview_place="").update(interview_place=GONE)
    applications.exclude(reason="").update(reason=GONE)
    audit.redact(
        ApplicationChange.objects.filter(application__in=applications).exclude(note=""),
        actor=traces.actor,
        reason="Penghapusan data",
        obj=Person(pk=traces.person_id),
        values={"note": GONE},
    )
    placements = Placement.objects.filter(enrollment__in=traces.enrollment_ids)
    placements.unconfirmed().update(ended_at=traces.at, ended_side=EndedBy.PETUGAS, ended_reason=GONE)
    placements.update(employer=GONE, position=GONE, phone_sealed=None, phone_mask="")
    placements.exclude(employer_note="").update(employer_note=GONE)
    placements.exclude(ended_reason="").update(ended_reason=GONE)
