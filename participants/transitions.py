"""One line of the log, with the dimensions of its day copied into it."""

from __future__ import annotations

from datetime import datetime

from accounts.models import Role, User
from core.clock import local_day

from .models import Enrollment, StageTransition, TransitionKind


def log_transition(
    enrollment: Enrollment,
    *,
    kind: TransitionKind,
    from_stage: str,
    from_status: str,
    reason: str,
    actor: User | None,
    actor_role: Role | None,
    at: datetime,
) -> StageTransition:
    """Append the move that brought the enrollment to its present stage, status and version.

    The local day is that of the centre's zone at the instant `at`.
    """
    transition = transition_row(
        enrollment,
        kind=kind,
        from_stage=from_stage,
        from_status=from_status,
        reason=reason,
        actor=actor,
        actor_role=actor_role,
        at=at,
    )
    transition.save(force_insert=True)
    return transition


def transition_row(
    enrollment: Enrollment,
    *,
    kind: TransitionKind,
    from_stage: str,
    from_status: str,
    reason: str,
    actor: User | None,
    actor_role: Role | None,
    at: datetime,
) -> StageTransition:
    """The same line, not yet written: registration writes it together with the enrollment itself."""
    person = enrollment.person
    return StageTransition(
        enrollment=enrollment,
        version=enrollment.version,
        kind=kind,
        from_stage=from_stage,
        to_stage=enrollment.stage,
        from_status=from_status,
        to_status=enrollment.status,
        reason=reason,
        actor=actor,
        actor_role=actor_role or "",
        at=at,
        local_day=local_day(at, enrollment.zone),
        zone=enrollment.zone,
        district_code=enrollment.district_id,
        center_code=enrollment.center_id or "",
        agency_code=enrollment.agency_id or "",
        pathway=enrollment.pathway,
        gender=person.gender,
        birth_year=person.birth_date.year if person.birth_date else None,
        cohort_year=enrollment.cohort_year,
    )
