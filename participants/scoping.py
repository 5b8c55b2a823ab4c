"""Who may see which enrollment, said once (roles and scopes: accounts.access)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from accounts.access import area_q, assignments, covers, scopes
from accounts.models import Role

if TYPE_CHECKING:
    from accounts.models import User

    from .models import Enrollment

NOBODY = Q(pk__in=[])


def enrollment_scope(user: User, prefix: str = "") -> Q:
    """The enrollments a user may see, as a condition on Enrollment reached through `prefix`.

    Citizen: the own one. Coach: those they accompany now. Manager: those of the own centres.
    Dinas: residence inside the area, limited to the agency if the role says so. Secretariat: all. What is
    left of erased people is counted, but shown to nobody.
    """
    if not user.is_authenticated or not user.is_active:
        return NOBODY
    is_kept = Q(**{f"{prefix}pk__isnull": False, f"{prefix}erased_at__isnull": True})
    if scopes(user, Role.ADMIN):
        return is_kept
    seen = Q(**{f"{prefix}person__user_id": user.pk})
    if scopes(user, Role.PENDAMPING):
        seen |= Q(**{f"{prefix}coach_id": user.pk})
    if center_codes := scopes(user, Role.PENGELOLA):
        seen |= Q(**{f"{prefix}center_id__in": center_codes})
    for assignment in assignments(user, Role.DINAS):
        area = area_q(f"{prefix}district__code", [assignment.scope])
        if assignment.agency_code:
            area &= Q(**{f"{prefix}agency_id": assignment.agency_code}) | Q(
                **{f"{prefix}licensing_agency_id": assignment.agency_code}
            )
        seen |= area
    return seen & is_kept


def acting_role(user: User, enrollment: Enrollment, allowed: frozenset[Role]) -> Role | None:
    """The first of the allowed roles in which the user may act on this very enrollment, or None.

    Being allowed to see is not being allowed to act: a coach acts only while assigned, a manager only for
    the enrollment's centre, dinas only inside its area.
    """
    if Role.PENDAMPING in allowed and enrollment.coach_id == user.pk and scopes(user, Role.PENDAMPING):
        return Role.PENDAMPING
    if Role.PENGELOLA in allowed and enrollment.center_id in scopes(user, Role.PENGELOLA):
        return Role.PENGELOLA
    if Role.DINAS in allowed and any(
        covers(scope, enrollment.district_id) for scope in scopes(user, Role.DINAS)
    ):
        return Role.DINAS
    if Role.ADMIN in allowed and scopes(user, Role.ADMIN):
        return Role.ADMIN
    return None
