"""Where a ticket goes: to the centre, to the dinas of the area, or to the secretariat; and to whom there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Length

from accounts.access import NATION
from accounts.models import Role, RoleAssignment, User
from centers.models import Center, District, area_chain

from .models import Desk, Ticket, TicketStatus

CHOICES = 50
"""The most people offered when a ticket is handed over."""


@dataclass(frozen=True, slots=True)
class Case:
    """What decides where a ticket goes."""

    district: District | None
    center: Center | None
    is_about_staff: bool
    asker_id: UUID | None


@dataclass(frozen=True, slots=True)
class Route:
    """The desk in charge and the person there who begins; nobody when no officer is registered at all."""

    desk: Desk
    owner: User | None


def case_of(ticket: Ticket) -> Case:
    """The same question for a ticket that exists."""
    return Case(ticket.district, ticket.center, ticket.is_about_staff, ticket.asker_id)


def find_route(case: Case, *, at: datetime, first: Desk = Desk.PUSAT) -> Route:
    """The nearest desk, from `first` upwards, where somebody can answer; the least burdened begins."""
    for desk in list(Desk)[list(Desk).index(first) :]:
        if owner := least_burdened(people_at(desk, case, at=at)):
            return Route(desk, owner)
    return Route(Desk.SEKRETARIAT, None)


def people_at(desk: str, case: Case, *, at: datetime) -> list[User]:
    """Who may own such a ticket at a desk, nearest area first; at most `CHOICES`.

    Never the asker. For a complaint about a centre's staff, never anybody who works at that centre.
    """
    held = _assignments(desk, case, at=at)
    if held is None:
        return []
    rows = held.exclude(user=case.asker_id) if case.asker_id else held
    if case.is_about_staff and case.center is not None:
        works_there = RoleAssignment.objects.active(at).with_role(Role.PENGELOLA, Role.PENDAMPING)
        rows = rows.exclude(Exists(works_there.filter(user=OuterRef("user"), scope=case.center.pk)))
    rows = rows.filter(user__is_active=True).select_related("user")
    found = {row.user_id: row.user for row in rows.order_by(Length("scope").desc(), "created_at", "pk")}
    return list(found.values())[:CHOICES]


def coaches_at(case: Case, *, at: datetime) -> list[User]:
    """Coaches of the centre: a ticket may be given to them; it never comes to them by itself."""
    if case.center is None or case.is_about_staff:
        return []
    held = RoleAssignment.objects.active(at).with_role(Role.PENDAMPING).filter(scope=case.center.pk)
    users = User.objects.filter(is_active=True, pk__in=held.values("user"))
    if case.asker_id is not None:
        users = users.exclude(pk=case.asker_id)
    return list(users.order_by("display_name", "pk")[:CHOICES])


def level_above(ticket: Ticket, *, at: datetime) -> list[User]:
    """Whom to tell when the owner stays late, never the owner.

    A coach's managers, else the next desk with people; the secretariat has only its other members above.
    """
    case, desks = case_of(ticket), list(Desk)
    here = people_at(ticket.desk, case, at=at)
    others = [user for user in here if user.pk != ticket.owner_id]
    if others and len(others) == len(here):
        return others
    for desk in desks[desks.index(Desk(ticket.desk)) + 1 :]:
        if people := [user for user in people_at(desk, case, at=at) if user.pk != ticket.owner_id]:
            return people
    return others if ticket.desk == Desk.SEKRETARIAT else []


def _assignments(desk: str, case: Case, *, at: datetime) -> QuerySet[RoleAssignment] | None:
    """Role assignments that make somebody answerable at a desk; None where the desk does not exist."""
    active = RoleAssignment.objects.active(at)
    if desk == Desk.PUSAT:
        if case.center is None or case.is_about_staff:
            return None
        return active.with_role(Role.PENGELOLA).filter(scope=case.center.pk)
    if desk == Desk.DINAS:
        place = case.district or (case.center.district if case.center else None)
        if place is None:
            return None
        return active.with_role(Role.DINAS).filter(scope__in=[*area_chain(place.pk), NATION], agency_code="")
    return active.with_role(Role.ADMIN)


def least_burdened(users: Sequence[User]) -> User | None:
    """The one with the fewest tickets to answer; among equals the first."""
    if not users:
        return None
    waiting = Count("owned_tickets", filter=Q(owned_tickets__status=TicketStatus.BARU))
    burden = dict(
        User.objects.filter(pk__in=[user.pk for user in users])
        .annotate(waiting=waiting)
        .values_list("pk", "waiting")
    )
    return min(users, key=lambda user: burden.get(user.pk, 0))
