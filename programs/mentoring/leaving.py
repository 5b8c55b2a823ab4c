"""What ends with a participant's way: sessions and clinic hours to come."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import CharField, Value

from accounts.models import User

from .clinics import leave_coming_clinics
from .models import ClinicVisit, MentoringSession
from .sessions import leave_coming_sessions

_SESSION, _CLINIC = "sesi", "klinik"


def leave_coming(enrollment_id: UUID, *, actor: User, at: datetime) -> None:
    """Cancel what is to come for a held participant. Inside the act that ends the way; one query for most.

    The participant is held, and whatever is planned holds the participant: nothing is added meanwhile.
    """
    planned = MentoringSession.objects.planned().filter(enrollment=enrollment_id).order_by()
    booked = ClinicVisit.objects.open().filter(enrollment=enrollment_id).order_by()
    kinds = [
        rows.values_list(Value(kind, output_field=CharField()))
        for rows, kind in ((planned, _SESSION), (booked, _CLINIC))
    ]
    found = {kind for (kind,) in kinds[0].union(kinds[1])}
    if _SESSION in found:
        leave_coming_sessions(enrollment_id, at=at)
    if _CLINIC in found:
        leave_coming_clinics(enrollment_id, actor=actor, at=at)
