"""Read model of the board, of the participant's own page and of the centre's desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.access import area_q
from accounts.models import User
from participants.models import Enrollment, Pathway
from programs.training.catalogue import Area

from .models import Application, ApplicationStatus, Placement, Vacancy

PAGE_SIZE = 20
MOST_WORDS = 5
SHOWN = 50


def search(filters: dict[str, Any], *, area: Area | None, at: datetime) -> QuerySet[Vacancy]:
    """Open vacancies by the cleaned filters; unordered."""
    found = Vacancy.objects.for_page().open(at)
    if area is not None:
        found = found.filter(area_q("district__code", area.codes))
    for word in filters.get("cari", "").split()[:MOST_WORDS]:
        found = found.filter(Q(position__icontains=word) | Q(employer__icontains=word))
    return found


def desk(user: User) -> QuerySet[Vacancy]:
    """The vacancies somebody works with, with how many wait and how many were accepted."""
    waiting = Count("applications", filter=Q(applications__status__in=ApplicationStatus.waiting()))
    taken = Count("applications", filter=Q(applications__status=ApplicationStatus.DITERIMA))
    return Vacancy.objects.worked_by(user).for_page().annotate(waiting=waiting, taken=taken)


def unconfirmed(user: User) -> list[Placement]:
    """Placements somebody handles that one side has not confirmed yet, the oldest first."""
    rows = Placement.objects.handled_by(user).unconfirmed().for_page()
    return list(rows.order_by("recorded_at", "pk")[:SHOWN])


def applications_of(enrollment: Enrollment) -> list[Application]:
    """The latest applications of a participant, newest first."""
    rows = Application.objects.filter(enrollment=enrollment).for_page()
    return list(rows.prefetch_related("changes").order_by("-applied_at", "-pk")[:SHOWN])


def placements_of(enrollment: Enrollment) -> list[Placement]:
    """The latest placements of a participant, newest first."""
    rows = Placement.objects.filter(enrollment=enrollment).select_related("application")
    return list(rows.order_by("-recorded_at", "-pk")[:SHOWN])


def own_work(enrollment: Enrollment) -> dict[str, Any] | None:
    """What a job seeker's own page says about work: what waits for a tap, the next interview. Two queries;
    None for the other paths, without a query."""
    if enrollment.pathway != Pathway.CARI_KERJA:
        return None
    placements = placements_of(enrollment)
    live = Application.objects.waiting().filter(enrollment=enrollment).select_related("vacancy")
    waiting = list(live.order_by("interview_at", "applied_at", "pk")[:SHOWN])
    return {
        "to_confirm": [one for one in placements if one.waits_for_participant],
        "asked": [one for one in placements if one.waits_for_employer and one.participant_at],
        "confirmed": next((one for one in placements if one.is_confirmed), None),
        "interview": next((one for one in waiting if one.is_invited), None),
        "waiting": len(waiting),
    }
