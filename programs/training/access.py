"""Who may do what to a class or a seat; each answers with a refusal that names who may."""

from __future__ import annotations

from accounts.access import scopes
from accounts.models import Role, User
from participants.models import Enrollment
from participants.refusals import NotYours
from participants.scoping import acting_role

from .models import TrainingClass

ACCOMPANY = frozenset({Role.PENDAMPING, Role.PENGELOLA, Role.ADMIN})


def manages(actor: User, training_class: TrainingClass) -> bool:
    """Manager of its centre, or the secretariat."""
    return bool(scopes(actor, Role.ADMIN)) or training_class.center_id in scopes(actor, Role.PENGELOLA)


def leads(actor: User, training_class: TrainingClass) -> bool:
    """May take the attendance."""
    return TrainingClass.objects.led_by(actor).filter(pk=training_class.pk).exists()


def require_manager(actor: User, training_class: TrainingClass, *, act: str) -> None:
    """Raise NotYours for anybody but the manager of the class."""
    if not manages(actor, training_class):
        raise NotYours(f"{act} hanya oleh pengelola pusatnya atau sekretariat.")


def require_leader(actor: User, training_class: TrainingClass, *, act: str) -> None:
    """Raise NotYours for anybody who neither teaches nor manages the class."""
    if not leads(actor, training_class):
        raise NotYours(f"{act} hanya oleh pelatih kelas ini atau pengelola pusatnya.")


def require_companion(actor: User, enrollment: Enrollment, *, act: str) -> None:
    """Raise NotYours for anybody but the participant, their coach, their manager and the secretariat."""
    if enrollment.person.user_id != actor.pk and acting_role(actor, enrollment, ACCOMPANY) is None:
        raise NotYours(f"{act} hanya oleh peserta sendiri, pendampingnya, atau pengelola pusatnya.")
