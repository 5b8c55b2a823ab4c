"""What the views share: who is here, and classes, seats and sessions inside their scope."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest

from accounts.models import User
from accounts.requests import actor_of
from participants.models import Enrollment
from programs.training.models import ClassSession, Course, Seat, TrainingClass


def visitor_of(request: HttpRequest) -> User | None:
    """The signed-in user, or None."""
    return request.user if isinstance(request.user, User) else None


def own_enrollment(user: User | None) -> Enrollment | None:
    """The participant's latest enrollment, or None for who is not enrolled."""
    if user is None:
        return None
    own = Enrollment.objects.filter(person__user_id=user.pk, erased_at__isnull=True)
    return own.select_related("person").order_by("-registered_at", "-pk").first()


def published(class_id: UUID) -> TrainingClass:
    """A class everybody may see; else 404."""
    found = TrainingClass.objects.published().for_page().filter(pk=class_id).first()
    if found is None:
        raise Http404("Tidak ditemukan.")
    return found


def led(request: HttpRequest, class_id: UUID) -> TrainingClass:
    """A class the user teaches or manages; else 404."""
    found = TrainingClass.objects.led_by(actor_of(request)).for_page().filter(pk=class_id).first()
    if found is None:
        raise Http404("Tidak ditemukan.")
    return found


def managed(request: HttpRequest, class_id: UUID) -> TrainingClass:
    """A class the user manages; else 404."""
    found = TrainingClass.objects.managed_by(actor_of(request)).for_page().filter(pk=class_id).first()
    if found is None:
        raise Http404("Tidak ditemukan.")
    return found


def led_session(request: HttpRequest, session_id: UUID) -> ClassSession:
    """A session of a class the user teaches or manages; else 404."""
    classes = TrainingClass.objects.led_by(actor_of(request)).values("pk")
    found = ClassSession.objects.select_related("training_class__course", "training_class__center")
    session = found.filter(pk=session_id, training_class__in=classes).first()
    if session is None:
        raise Http404("Tidak ditemukan.")
    return session


def visible_seat(request: HttpRequest, seat_id: UUID) -> Seat:
    """A seat in the user's scope, with all a page names; else 404."""
    found = Seat.objects.visible_to(actor_of(request)).select_related(
        "training_class__course", "training_class__center", "enrollment__person"
    )
    seat = found.filter(pk=seat_id).first()
    if seat is None:
        raise Http404("Tidak ditemukan.")
    return seat


def edited_course(request: HttpRequest, course_id: UUID) -> Course:
    """A course the user may change; else 404."""
    found = Course.objects.editable_by(actor_of(request)).filter(pk=course_id).first()
    if found is None:
        raise Http404("Tidak ditemukan.")
    return found
