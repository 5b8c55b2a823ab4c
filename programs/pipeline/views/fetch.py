"""What the views of a participant share: fetch inside the actor's scope, lead back, say why not."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest
from django.urls import reverse

from accounts.requests import actor_of
from participants.models import Enrollment


def enrollment_of(request: HttpRequest, person_id: UUID) -> Enrollment:
    """The latest enrollment of a person that the user may see, with all a page names; else 404."""
    found = (
        Enrollment.objects.visible_to(actor_of(request))
        .filter(person_id=person_id)
        .for_page()
        .order_by("-registered_at", "-pk")
        .first()
    )
    if found is None:
        raise Http404("Tidak ditemukan.")
    return found


def own_enrollment(request: HttpRequest) -> Enrollment:
    """The signed-in participant's latest enrollment; 404 for users who are not enrolled."""
    found = (
        Enrollment.objects.filter(person__user_id=actor_of(request).pk)
        .for_page()
        .order_by("-registered_at", "-pk")
        .first()
    )
    if found is None:
        raise Http404("Tidak ditemukan.")
    return found


def person_url(enrollment: Enrollment) -> str:
    """Address of the participant's page for staff."""
    return reverse("person", args=[enrollment.person_id])
