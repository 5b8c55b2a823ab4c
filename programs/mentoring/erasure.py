"""What an erased person's contacts lose: the words. That somebody called, and when, stays anonymous."""

from __future__ import annotations

from core import audit
from participants.erasure import GONE, Traces, erases
from participants.models import Person

from .models import ContactLog, Snooze


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
