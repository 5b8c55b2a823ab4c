"""What the views share: who is here, and vacancies, applications and placements inside their scope."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.db import models
from django.http import Http404, HttpRequest
from django.views.decorators.http import require_http_methods

from accounts.models import Role, User
from accounts.requests import actor_of
from participants.models import Enrollment
from programs.placement.models import Application, Placement, Vacancy

FORM = require_http_methods(["GET", "HEAD", "POST"])
STAFF = (Role.PENDAMPING, Role.PENGELOLA, Role.ADMIN)
_Row = TypeVar("_Row", bound=models.Model)


def visitor_of(request: HttpRequest) -> User | None:
    """The signed-in user, or None."""
    return request.user if isinstance(request.user, User) else None


def enrollment_of(user: User | None) -> Enrollment | None:
    """The participant's latest enrollment, or None for who is not enrolled."""
    if user is None:
        return None
    own = Enrollment.objects.filter(person__user_id=user.pk, erased_at__isnull=True)
    return own.select_related("person", "center").order_by("-registered_at", "-pk").first()


def own_enrollment(request: HttpRequest) -> Enrollment:
    """The same; 404 for users who are not enrolled."""
    found = enrollment_of(actor_of(request))
    if found is None:
        raise Http404("Tidak ditemukan.")
    return found


def public_vacancy(vacancy_id: UUID) -> Vacancy:
    """A vacancy, open or closed; else 404."""
    return _one(Vacancy.objects.for_page(), vacancy_id)


def worked_vacancy(request: HttpRequest, vacancy_id: UUID) -> Vacancy:
    """A vacancy of the user's centres; else 404."""
    return _one(Vacancy.objects.worked_by(actor_of(request)).for_page(), vacancy_id)


def worked_application(request: HttpRequest, application_id: UUID) -> Application:
    """An application for a vacancy of the user's centres; else 404."""
    return _one(Application.objects.worked_by(actor_of(request)).for_page(), application_id)


def own_application(request: HttpRequest, application_id: UUID) -> Application:
    """An application of the participant who is here; else 404."""
    rows = Application.objects.for_page().filter(enrollment__person__user_id=actor_of(request).pk)
    return _one(rows, application_id)


def handled_placement(request: HttpRequest, placement_id: UUID) -> Placement:
    """A placement the user acts on; else 404."""
    return _one(Placement.objects.handled_by(actor_of(request)).for_page(), placement_id)


def own_placement(request: HttpRequest, placement_id: UUID) -> Placement:
    """A placement of the participant who is here; else 404."""
    rows = Placement.objects.for_page().filter(enrollment__person__user_id=actor_of(request).pk)
    return _one(rows, placement_id)


def _one(rows: models.QuerySet[_Row], pk: UUID) -> _Row:
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404("Tidak ditemukan.")
    return found
