"""Acts on centres and agencies, audited with what changed and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Count

from accounts.models import RoleAssignment, User
from centers.assignment import Placement, choose
from centers.models import Agency, Center, CoachProfile
from core import audit
from core.refusals import Refused
from participants.models import Enrollment, Stage, Status


@dataclass(frozen=True, slots=True)
class Standing:
    """Who depends on a centre now, and where the next person from its kecamatan would go without it."""

    stages: tuple[tuple[str, int], ...]
    coaches: int
    staff: int
    instead: Placement

    @property
    def people(self) -> int:
        return sum(count for _label, count in self.stages)


def standing_of(center: Center, *, at: datetime) -> Standing:
    """Four statements. People are those still on the way."""
    counts = dict(
        Enrollment.objects.filter(center=center, status__in=Status.open_values())
        .values("stage")
        .annotate(count=Count("pk"))
        .order_by()
        .values_list("stage", "count")
    )
    others = (
        Center.objects.open()
        .filter(district__regency_id=center.district.regency_id)
        .exclude(pk=center.pk)
        .with_place()
    )
    return Standing(
        stages=tuple((stage.label, counts[stage]) for stage in Stage if stage in counts),
        coaches=CoachProfile.objects.filter(center=center, user__is_active=True).count(),
        staff=RoleAssignment.objects.unended(at).filter(scope=center.pk).count(),
        instead=choose(center.district, others),
    )


@transaction.atomic
def save(*, place: Center | Agency, values: dict[str, Any], actor: User, reason: str) -> Center | Agency:
    """Write a new or changed centre or agency. Raises Refused with what the database would not accept.

    What nobody changed writes nothing.
    """
    is_new = place._state.adding
    kind = "pusat" if isinstance(place, Center) else "dinas"
    model = type(place)
    if not is_new:
        # A fresh row under the lock: of two hands at once, the second changes what it meant to change alone.
        place = model._default_manager.select_for_update(of=("self",), no_key=True).get(pk=place.pk)
    changed = sorted(name for name, value in values.items() if is_new or getattr(place, name) != value)
    if not changed:
        return place
    for name, value in values.items():
        setattr(place, name, value)
    _write(place, is_new=is_new)
    audit.record(
        actor=actor,
        action=_ACTIONS[kind, is_new],
        obj=place,
        reason=reason,
        detail={"fields": changed},
    )
    return place


_ACTIONS = {
    ("pusat", True): "pusat.dibuat",
    ("pusat", False): "pusat.diubah",
    ("dinas", True): "dinas.dibuat",
    ("dinas", False): "dinas.diubah",
}


@transaction.atomic
def close(*, center: Center, actor: User, reason: str, at: datetime) -> Center:
    """Close a centre for good. Raises Refused while people on the way belong to it, or when it is closed."""
    center = Center.objects.select_for_update(of=("self",)).with_place().get(pk=center.pk)
    if center.status == Center.Status.TUTUP:
        raise Refused("Pusat ini sudah tutup.")
    standing = standing_of(center, at=at)
    if standing.people:
        raise Refused(
            f"Pusat ini masih menampung {standing.people} orang. Jeda dulu: peserta baru masuk "
            "ke pusat lain, dan pusat ditutup sesudah semua selesai atau berhenti."
        )
    center.status = Center.Status.TUTUP
    center.save(update_fields=["status"])
    CoachProfile.objects.filter(center=center).update(is_accepting=False)
    audit.record(
        actor=actor, action="pusat.ditutup", obj=center, reason=reason, detail={"coaches": standing.coaches}
    )
    return center


def _write(place: models.Model, *, is_new: bool) -> None:
    """Store; what a constraint refuses is said in the constraint's own words."""
    try:
        with transaction.atomic():
            place.save(force_insert=is_new)
    except IntegrityError as error:
        for constraint in place._meta.constraints:
            if constraint.name in str(error):
                raise Refused(str(constraint.get_violation_error_message())) from None
        if "_pkey" in str(error):
            raise Refused(f"Kode {place.pk} sudah dipakai.") from None
        raise
