"""What ends with a job seeker's way: applications and placements that still wait."""

from __future__ import annotations

from datetime import datetime

from participants.models import Enrollment, Pathway

from .applications import end_waiting
from .models import Placement
from .placements import end_unconfirmed

ORDER = ("application__vacancy_id", "pk")
"""Vacancies are held one after the other: by everybody in the order of their keys."""


def leave_work(enrollment: Enrollment, *, at: datetime) -> None:
    """End what a held participant waits for, inside the act that ends their way or takes them off this path.

    What both sides confirmed stands. Only job seekers apply, so nobody else is asked about.
    """
    if enrollment.pathway != Pathway.CARI_KERJA:
        return
    end_waiting(enrollment.pk, at=at)
    waiting = Placement.objects.unconfirmed().filter(enrollment=enrollment.pk)
    for placement_id in waiting.order_by(*ORDER).values_list("pk", flat=True):
        end_unconfirmed(placement_id, at=at)
