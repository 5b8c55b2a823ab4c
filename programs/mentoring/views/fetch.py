"""What the views share: who is here, and participants, sessions and plans inside their scope."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import reverse

from accounts.access import get_visible_or_404
from accounts.models import Role
from accounts.requests import actor_of
from participants.models import Enrollment
from participants.refusals import NotYours
from participants.scoping import acting_role
from participants.services import require_role
from programs.mentoring.models import ActionPlan, MentoringSession
from programs.mentoring.services import CALLERS

READERS = (Role.PESERTA, Role.PENDAMPING, Role.PENGELOLA, Role.ADMIN)
"""Who may read what was said and planned: the participant, who accompanies them, the secretariat."""
STAFF = (Role.PENDAMPING, Role.PENGELOLA, Role.DINAS, Role.ADMIN)


def enrollment_of(request: HttpRequest, person_id: UUID) -> Enrollment:
    """The latest enrollment of a person that the user may see, with all a page names; else 404."""
    rows = Enrollment.objects.visible_to(actor_of(request)).filter(person_id=person_id).for_page()
    found = rows.order_by("-registered_at", "-pk").first()
    if found is None:
        raise Http404("Tidak ditemukan.")
    return found


def cared_for(request: HttpRequest, person_id: UUID) -> Enrollment:
    """The same, for who accompanies or manages the participant; 403 with who may for those who only see."""
    found = enrollment_of(request, person_id)
    require_carer(request, found)
    return found


def require_carer(request: HttpRequest, enrollment: Enrollment) -> None:
    """403 with who may, for those who only see."""
    try:
        require_role(actor_of(request), enrollment, CALLERS, act="Ini dikerjakan")
    except NotYours as refusal:
        raise PermissionDenied(str(refusal)) from None


def cared_session(request: HttpRequest, session_id: UUID) -> MentoringSession:
    """A session of a participant the user accompanies or manages; else 404, or 403 for those who only see."""
    session = visible_session(request, session_id)
    require_carer(request, session.enrollment)
    return session


def visible_session(request: HttpRequest, session_id: UUID) -> MentoringSession:
    """A session in the user's scope; else 404."""
    rows = MentoringSession.objects.for_page()
    return cast(MentoringSession, get_visible_or_404(rows, actor_of(request), pk=session_id))


def own_session(request: HttpRequest, session_id: UUID) -> MentoringSession:
    """A session of the participant who is here; else 404."""
    rows = MentoringSession.objects.for_page().filter(enrollment__person__user_id=actor_of(request).pk)
    return cast(MentoringSession, get_visible_or_404(rows, actor_of(request), pk=session_id))


def visible_plan(request: HttpRequest, plan_id: UUID) -> ActionPlan:
    """A plan in the user's scope; else 404."""
    rows = ActionPlan.objects.for_page()
    return cast(ActionPlan, get_visible_or_404(rows, actor_of(request), pk=plan_id))


def require_reader(request: HttpRequest, enrollment: Enrollment) -> None:
    """404 for who may see the participant, but not what was said: dinas."""
    actor = actor_of(request)
    is_own = enrollment.person.user_id == actor.pk
    if not is_own and acting_role(actor, enrollment, CALLERS | {Role.ADMIN}) is None:
        raise Http404("Tidak ditemukan.")


def own_plan(request: HttpRequest, plan_id: UUID) -> ActionPlan:
    """A plan of the participant who is here; else 404."""
    rows = ActionPlan.objects.for_page().filter(enrollment__person__user_id=actor_of(request).pk)
    return cast(ActionPlan, get_visible_or_404(rows, actor_of(request), pk=plan_id))


def own_enrollment(request: HttpRequest) -> Enrollment:
    """The signed-in participant's latest enrollment; 404 for users who are not enrolled."""
    rows = Enrollment.objects.filter(person__user_id=actor_of(request).pk).for_page()
    found = rows.order_by("-registered_at", "-pk").first()
    if found is None:
        raise Http404("Tidak ditemukan.")
    return found


def work_url(enrollment: Enrollment) -> str:
    """Address of the mentoring of one participant, for staff."""
    return reverse("mentoring", args=[enrollment.person_id])
