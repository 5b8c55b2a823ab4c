"""Mending what is derived: the state stored with an enrollment, from a log that is whole.

The log itself is never touched: a line that is missing or altered is told, and people find out why.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from core import audit
from core.models import AuditEntry
from participants.models import CoachAssignment, Enrollment, StageTransition
from programs.pipeline.ledger import Entry, faults, state_after
from reports.cuts import take_cut
from reports.models import PublicCut

from .records import mended_values


def mend(enrollment_ids: Iterable[UUID], *, at: datetime) -> int:
    """Bring the stored state of these enrollments back to their logs; returns how many rows changed."""
    return sum(mend_enrollment(key, at=at) for key in dict.fromkeys(enrollment_ids))


@transaction.atomic
def mend_enrollment(enrollment_id: UUID, *, at: datetime) -> bool:
    """Read log and coach again under the lock and write what follows from them; False when nothing may or
    need be done.
    """
    enrollment = Enrollment.objects.select_for_update(of=("self",), no_key=True).get(pk=enrollment_id)
    wanted = _coach(enrollment) | _state(enrollment)
    changes = {name: value for name, value in wanted.items() if getattr(enrollment, name) != value}
    if not changes:
        return False
    before = {name: getattr(enrollment, name) for name in changes}
    for name, value in changes.items():
        setattr(enrollment, name, value)
    enrollment.save(update_fields=list(changes))
    audit.record(
        actor=None,
        action="rekonsiliasi.perbaiki",
        obj=enrollment,
        detail={name: [_stored(before[name]), _stored(value)] for name, value in changes.items()},
    )
    return True


@transaction.atomic
def mend_cut(cut: PublicCut) -> bool:
    """Take the cut of a day again, as of the same cut-off."""
    take_cut(at=cut.taken_at, again=True)
    audit.record(
        actor=None,
        action="rekonsiliasi.perbaiki",
        obj=f"potongan {cut.day}",
        detail={"table": cut._meta.db_table},
    )
    return True


def _coach(enrollment: Enrollment) -> dict[str, Any]:
    """The open assignment says who accompanies; the enrollment repeats it."""
    open_one = CoachAssignment.objects.active().filter(enrollment=enrollment).first()
    return {"coach_id": open_one.coach_id if open_one else None}


def _state(enrollment: Enrollment) -> dict[str, Any]:
    """What a whole log leads to; nothing when it is broken, or when the audit log tells another story."""
    rows = StageTransition.objects.filter(enrollment=enrollment).order_by("version")
    entries = [Entry._make(row) for row in rows.values_list(*Entry._fields)]
    if (
        faults(entries)
        or enrollment.version > entries[-1].version
        or not _is_confirmed(enrollment, entries[-1])
    ):
        return {}
    state = state_after(entries)
    values = mended_values(state, stop_reason=enrollment.stop_reason)
    return values | {"last_activity_at": max(enrollment.last_activity_at, state.last_moved_at)}


def _is_confirmed(enrollment: Enrollment, last: Entry) -> bool:
    """Whether the audited act behind the last line, where one was recorded, led to the same stage."""
    audited = AuditEntry.objects.filter(
        object_type=enrollment._meta.label_lower,
        object_id=str(enrollment.pk),
        action=f"tahap.{last.kind}",
        detail__version=last.version,
    ).first()
    return audited is None or audited.detail.get("to") == last.to_stage


def _stored(value: Any) -> Any:
    return str(value) if isinstance(value, datetime | UUID) else value
