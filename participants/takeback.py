"""Taking back what was just set, only while nothing has happened since. The way of the person goes on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from centers.models import CoachProfile
from core import audit
from notifications.services import Draft, notify_many

from .models import (
    AssignmentEnd,
    CoachAssignment,
    Enrollment,
    IdentityStatus,
    Person,
)
from .refusals import Refused
from .services import MANAGERS, lock_enrollment, require_role

CHANGED = "Sesudah itu ada perubahan lain, jadi dibiarkan."


@transaction.atomic
def take_back_coach(*, enrollment_id: UUID, actor: User, assignment_id: int, at: datetime) -> Enrollment:
    """End an assignment nobody has accepted yet; the coach before it, if there was one, goes on as before.

    Raises Refused once the coach has accepted, declined or handed over, and when the coach before no longer
    works at the centre.
    """
    enrollment = lock_enrollment(enrollment_id)
    require_role(actor, enrollment, MANAGERS, act="Penetapan dibatalkan")
    assignment = CoachAssignment.objects.active().filter(pk=assignment_id, enrollment=enrollment).first()
    if assignment is None:
        raise Refused(CHANGED)
    if assignment.accepted_at is not None:
        raise Refused("Pendamping sudah menerima tugas ini, jadi dibiarkan.")
    earlier = (
        CoachAssignment.objects.filter(
            enrollment=enrollment, end_reason=AssignmentEnd.DIALIHKAN, ended_at=assignment.assigned_at
        )
        .exclude(pk=assignment.pk)
        .order_by("-pk")
        .first()
    )
    if earlier is not None and not _works_at(earlier.coach_id, enrollment.center_id):
        raise Refused("Pendamping sebelumnya tidak lagi bertugas di pusat ini, jadi dibiarkan.")
    at = max(at, assignment.assigned_at)
    assignment.ended_at, assignment.end_reason = at, AssignmentEnd.DIBATALKAN
    assignment.save(update_fields=["ended_at", "end_reason"])
    enrollment.coach_id = earlier.coach_id if earlier else None
    enrollment.save(update_fields=["coach"])
    if earlier is not None:
        CoachAssignment.objects.create(
            enrollment=enrollment,
            coach_id=earlier.coach_id,
            assigned_by=actor,
            assigned_at=at,
            accepted_at=at if earlier.accepted_at else None,
            note=earlier.note,
        )
    audit.record(actor=actor, action="pendamping.batalkan", obj=enrollment)
    ids = {"enrollment": str(enrollment.pk)}
    key = f"tugas:{assignment.pk}:batal"
    drafts = [Draft(assignment.coach_id, "tugas_dialihkan", ids, f"{key}:pendamping")]
    if earlier is not None:
        drafts.append(Draft(earlier.coach_id, "peserta_baru", ids, f"{key}:sebelumnya"))
        if enrollment.person.user_id:
            drafts.append(Draft(enrollment.person.user_id, "pendamping_ditetapkan", ids, f"{key}:peserta"))
    elif enrollment.person.user_id:
        drafts.append(Draft(enrollment.person.user_id, "pendamping_dipilih_ulang", ids, f"{key}:peserta"))
    notify_many(drafts)
    return enrollment


def _works_at(user_id: UUID, center_code: str | None) -> bool:
    found = CoachProfile.objects.filter(user_id=user_id, center_id=center_code, user__is_active=True)
    return found.exists()


@transaction.atomic
def take_back_agency(
    *, enrollment_id: UUID, actor: User, agency_code: str, before: str | None, at: datetime
) -> Enrollment:
    """Put back the SKPD pembina that was there before `agency_code` was set."""
    del at
    enrollment = lock_enrollment(enrollment_id)
    require_role(actor, enrollment, MANAGERS, act="Penetapan dibatalkan")
    if enrollment.agency_id != agency_code:
        raise Refused(CHANGED)
    enrollment.agency_id = before
    enrollment.save(update_fields=["agency"])
    audit.record(actor=actor, action="skpd.batalkan", obj=enrollment, detail={"agency": agency_code})
    return enrollment


@transaction.atomic
def take_back_document_seen(
    *, enrollment_id: UUID, actor: User, checked_by: User, checked_at: datetime
) -> Person:
    """Make an identity "diketik" again that `checked_by` marked as seen at `checked_at`."""
    enrollment = lock_enrollment(enrollment_id)
    require_role(actor, enrollment, MANAGERS, act="Tanda dibatalkan")
    person = Person.objects.select_for_update(of=("self",), no_key=True).get(pk=enrollment.person_id)
    is_unchanged = (
        person.identity_status == IdentityStatus.DOKUMEN_DILIHAT
        and person.identity_checked_by_id == checked_by.pk
        and person.identity_checked_at == checked_at
    )
    if not is_unchanged:
        raise Refused(CHANGED)
    person.identity_status = IdentityStatus.DIKETIK
    person.identity_checked_by = None
    person.identity_checked_at = None
    person.save(update_fields=["identity_status", "identity_checked_by", "identity_checked_at"])
    audit.record(actor=actor, action="identitas.batalkan", obj=person)
    return person
