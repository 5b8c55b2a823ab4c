"""Who may see which ticket, said once (roles and scopes: accounts.access)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from accounts.access import area_q, assignments, scopes
from accounts.models import Role

if TYPE_CHECKING:
    from accounts.models import User

NOBODY = Q(pk__in=[])


def own_centers(user: User) -> list[str]:
    """Codes of the centres where the user is manager or coach."""
    return sorted({*scopes(user, Role.PENGELOLA), *scopes(user, Role.PENDAMPING)})


def staff_scope(user: User, prefix: str = "") -> Q:
    """The tickets a user may work on, as a condition on Ticket reached through `prefix`.

    Manager: of the own centres. Coach: those given to them. Dinas: of the area (limited to an agency: those
    given to them). Secretariat: all. Nobody works on a ticket of their own, and nobody of a centre on a
    complaint about the people of that centre, whatever other role they hold.
    """
    if not user.is_authenticated or not user.is_active:
        return NOBODY
    seen = NOBODY
    if scopes(user, Role.ADMIN):
        seen = Q(**{f"{prefix}pk__isnull": False})
    if codes := scopes(user, Role.PENGELOLA):
        seen |= Q(**{f"{prefix}center_id__in": codes})
    if scopes(user, Role.PENDAMPING) or scopes(user, Role.DINAS):
        seen |= Q(**{f"{prefix}owner_id": user.pk})
    for assignment in assignments(user, Role.DINAS):
        if not assignment.agency_code:
            seen |= area_q(f"{prefix}district__code", [assignment.scope])
            seen |= area_q(f"{prefix}center__district__code", [assignment.scope])
    seen &= ~Q(**{f"{prefix}asker_id": user.pk})
    if codes := own_centers(user):
        seen &= ~Q(**{f"{prefix}is_about_staff": True, f"{prefix}center_id__in": codes})
    return seen


def ticket_scope(user: User, prefix: str = "") -> Q:
    """The tickets a user may see: those to work on, and the own questions and complaints."""
    if not user.is_authenticated or not user.is_active:
        return NOBODY
    return staff_scope(user, prefix) | Q(**{f"{prefix}asker_id": user.pk})
