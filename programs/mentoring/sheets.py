"""The acts on sheets, and what the figures of money mean.

Two people write a sheet: `version` is the state that the writer's form showed. A state that has been replaced
meanwhile is refused, unless it would change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Role, User
from core.clock import local_day
from notifications.services import Draft, notify_many
from participants.models import CoachAssignment, Enrollment, Stage, Threshold
from participants.refusals import NotYours, Stale
from participants.scoping import acting_role
from participants.services import lock_enrollment, require_role

from .models import BusinessSketch, PrivateSheet, SheetKind
from .models.sheets import SKETCH
from .services import CALLERS

HEAVY = "cicilan_persen"
"""Threshold of P3: percent of what comes in above which instalments are called heavy."""
CHANGED = "Lembar ini sudah diubah sejak Anda membukanya. Bandingkan, lalu simpan sekali lagi."
HOME_OUT = ("makan", "sekolah", "tempat", "lain_rumah")
BUSINESS_OUT = ("belanja", "biaya")


def may_read_private(actor: User, enrollment: Enrollment) -> bool:
    """The person, and the coach of now who has taken the task on; no other role, not even the secretariat."""
    if enrollment.person.user_id == actor.pk:
        return True
    if acting_role(actor, enrollment, frozenset({Role.PENDAMPING})) is None:
        return False
    return CoachAssignment.objects.active().accepted().filter(enrollment=enrollment, coach=actor).exists()


@transaction.atomic
def save_sketch(
    *, enrollment_id: UUID, actor: User, answers: dict[str, str], version: str, at: datetime
) -> BusinessSketch:
    """Write the page: the participant, or who accompanies them. Raises NotYours or Stale."""
    enrollment = lock_enrollment(enrollment_id)
    if enrollment.person.user_id != actor.pk:
        require_role(actor, enrollment, CALLERS, act="Halaman usaha ditulis")
    values = {name: answers[name] for name in SKETCH}
    known = BusinessSketch.objects.filter(enrollment=enrollment).first()
    if known is not None and known.values() == values:
        return known
    _require_same(known, version)
    sketch, _is_new = BusinessSketch.objects.update_or_create(
        enrollment=enrollment, defaults={**values, "updated_by": actor, "updated_at": at}
    )
    return sketch


@transaction.atomic
def save_private(
    *, enrollment_id: UUID, actor: User, kind: SheetKind, values: dict[str, Any], version: str, at: datetime
) -> PrivateSheet:
    """Write a private sheet: the participant, or the coach of now. Raises NotYours or Stale.

    What the participant says in confidence is told to the coach, without a word of it, once a day.
    """
    enrollment = lock_enrollment(enrollment_id)
    if not may_read_private(actor, enrollment):
        raise NotYours("Lembar ini hanya untuk peserta dan pendampingnya.")
    known = PrivateSheet.objects.filter(enrollment=enrollment, kind=kind).first()
    if known is not None and known.values() == values:
        return known
    _require_same(known, version)
    sheet = known or PrivateSheet(enrollment=enrollment, kind=kind)
    sheet.set_values(values)
    sheet.updated_at = at
    sheet.save()
    if kind == SheetKind.KEADAAN and any(values.values()) and enrollment.person.user_id == actor.pk:
        _tell_coach(enrollment, at=at)
    return sheet


def said_on(enrollment: Enrollment) -> datetime | None:
    """When something was last written in confidence; None while nothing stands there. For who may read it."""
    sheet = PrivateSheet.objects.filter(enrollment=enrollment, kind=SheetKind.KEADAAN).first()
    return sheet.updated_at if sheet is not None and any(sheet.values().values()) else None


def _require_same(known: BusinessSketch | PrivateSheet | None, version: str) -> None:
    if version != (known.version if known is not None else ""):
        raise Stale(CHANGED)


def _tell_coach(enrollment: Enrollment, *, at: datetime) -> None:
    """The coach who has taken the task on; another one finds the mark once they have."""
    tasks = CoachAssignment.objects.active().accepted().filter(enrollment=enrollment)
    ids, day = {"enrollment": str(enrollment.pk)}, local_day(at, enrollment.zone)
    notify_many(
        Draft(coach_id, "ditulis_untuk_anda", ids, f"keadaan:{enrollment.pk}:{coach_id}:{day}")
        for coach_id in tasks.values_list("coach_id", flat=True)
    )


@dataclass(frozen=True, slots=True)
class Money:
    """What a month's figures come to, in whole rupiah; unknown figures count as nothing."""

    home_in: int
    home_out: int
    business_in: int
    business_out: int
    instalments: int
    owed: int
    heavy_percent: int

    @property
    def home_left(self) -> int:
        return self.home_in - self.home_out

    @property
    def profit(self) -> int:
        return self.business_in - self.business_out

    @property
    def left(self) -> int:
        """What is left of everything after instalments."""
        return self.home_left + self.profit - self.instalments

    @property
    def burden(self) -> int | None:
        """Instalments in percent of what comes in (the home's money and the profit); None without income."""
        comes_in = self.home_in + max(self.profit, 0)
        return self.instalments * 100 // comes_in if comes_in > 0 else None

    @property
    def is_heavy(self) -> bool:
        return bool(self.instalments) and (self.burden is None or self.burden > self.heavy_percent)


def heavy_percent(on: date) -> int:
    """The share in force on a day."""
    return Threshold.objects.on(on)[Stage.PENDAMPINGAN, HEAVY]


def money_of(values: dict[str, Any], *, heavy_percent: int) -> Money:
    """Pure: the figures of a sheet added up; above `heavy_percent` of what comes in instalments are heavy."""

    def total(*names: str) -> int:
        return sum(values.get(name) or 0 for name in names)

    return Money(
        home_in=total("masuk_rumah"),
        home_out=total(*HOME_OUT),
        business_in=total("masuk_usaha"),
        business_out=total(*BUSINESS_OUT),
        instalments=total("cicilan", "cicilan_pinjol"),
        owed=total("sisa_utang", "sisa_pinjol"),
        heavy_percent=heavy_percent,
    )
