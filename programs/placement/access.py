"""Who may act on a vacancy, an application or a placement; each refusal names who may."""

from __future__ import annotations

from accounts.access import scopes
from accounts.models import Role, User
from participants.models import Enrollment
from participants.refusals import NotYours
from participants.scoping import acting_role

from .models import Placement, Vacancy
from .models.vacancy import DESK

ACCOMPANY = frozenset({Role.PENDAMPING, Role.PENGELOLA, Role.ADMIN})


def works_at(actor: User, center_id: str) -> bool:
    """Manager or coach of the centre, or the secretariat."""
    return bool(scopes(actor, Role.ADMIN)) or any(center_id in scopes(actor, role) for role in DESK)


def require_desk(actor: User, center_id: str, *, act: str) -> None:
    """Raise NotYours for anybody who does not work at the centre."""
    if not works_at(actor, center_id):
        raise NotYours(f"{act} hanya oleh pengelola atau pendamping pusatnya.")


def require_other(actor: User, enrollment: Enrollment) -> None:
    """Nobody decides about themselves."""
    if enrollment.person.user_id == actor.pk:
        raise NotYours("Tentang lamaran Anda sendiri, yang memutuskan petugas lain.")


def may_handle(actor: User, placement: Placement) -> bool:
    """Who accompanies or manages the participant, and who works with the vacancy it came from."""
    if placement.enrollment.person.user_id == actor.pk:
        return False
    if placement.application is not None and works_at(actor, placement.application.vacancy.center_id):
        return True
    return acting_role(actor, placement.enrollment, ACCOMPANY) is not None


def require_handler(actor: User, placement: Placement, *, act: str) -> None:
    """Raise NotYours for anybody who neither accompanies the participant nor works with the vacancy."""
    if not may_handle(actor, placement):
        raise NotYours(f"{act} hanya oleh pendamping peserta atau pengelola pusatnya.")


def posting_centers(actor: User) -> list[str]:
    """Codes of the centres for which somebody posts vacancies."""
    return sorted({scope for role in DESK for scope in scopes(actor, role)})


def may_post(actor: User, vacancy: Vacancy) -> bool:
    return works_at(actor, vacancy.center_id)
