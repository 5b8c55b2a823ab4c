"""Every way in which an enrollment changes stage or status. Nothing else writes them.

Each move locks the enrollment, checks the version the actor had read, checks who may, checks what is missing,
writes one line of the log with that day's dimensions, and leaves its messages in the outbox: all or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Role, User
from centers.models import Center, District
from core import audit
from core.clock import local_day
from core.formats import inside, moment
from notifications.services import notify
from participants.models import (
    Enrollment,
    Pathway,
    Stage,
    StageTransition,
    Status,
    StopReason,
    TransitionKind,
)
from participants.refusals import NotYours, Refused, Stale
from participants.rules import ChecklistItem
from participants.scoping import acting_role
from participants.services import lock_enrollment, require_role
from participants.transitions import log_transition
from programs.mentoring.leaving import leave_coming
from programs.placement.leaving import leave_work
from programs.training.services import leave_coming_classes, return_to_coming_classes

from .stages import STAGES, checklists, entry_checklists, next_stage, stages_of

CORRECTORS = frozenset({Role.PENGELOLA, Role.ADMIN})
CARERS = frozenset({Role.PENDAMPING, Role.PENGELOLA, Role.ADMIN})
PLACERS = frozenset({Role.DINAS, Role.ADMIN})


class StageRefused(Refused):
    """The stage may not be left yet; `missing` holds what is not met, in the order of the table."""

    def __init__(self, missing: Iterable[ChecklistItem], target: str) -> None:
        self.missing = list(missing)
        labels = [item.requirement.label for item in self.missing]
        super().__init__(*(f"Belum bisa {target}: {inside(label)} belum terpenuhi." for label in labels))


@dataclass(frozen=True, slots=True)
class Mover:
    """Who moves, in which role, when."""

    actor: User
    role: Role
    at: datetime


def missing_requirements(enrollment: Enrollment, *, at: datetime) -> list[ChecklistItem]:
    """What is not met of the present stage and of the next one's door."""
    today = local_day(at, enrollment.zone)
    return [item for item in checklists([enrollment], on=today)[enrollment.pk] if not item.is_met]


@transaction.atomic
def advance(*, enrollment_id: UUID, actor: User, version: int, at: datetime) -> Enrollment:
    """Move one stage forward, or to `lulus` at the end of the path.

    Raises StageRefused with every missing requirement, NotYours, or Stale when `version` is no longer the
    last.
    """
    enrollment = _lock(enrollment_id, version)
    row = STAGES[Stage(enrollment.stage)]
    role = require_role(actor, enrollment, row.advance_roles, act="Tahap ini dinaikkan")
    _require_active(enrollment)
    target = next_stage(enrollment.stage, enrollment.pathway)
    if missing := missing_requirements(enrollment, at=at):
        raise StageRefused(missing, f"naik ke {target.label}" if target else "lulus")
    mover = Mover(actor, role, at)
    if target is None:
        leave_work(enrollment, at=at)
        return _write(enrollment, mover, TransitionKind.LULUS, status=Status.LULUS)
    return _write(enrollment, mover, TransitionKind.MAJU, stage=target)


@transaction.atomic
def waive(*, enrollment_id: UUID, actor: User, version: int, reason: str, at: datetime) -> Enrollment:
    """Let a person past a stage without its requirements (dispensasi): manager for P2 and P3, dinas for P4.

    The reason is kept and the waiver is counted apart. What the next stage asks at its door still holds.
    """
    enrollment = _lock(enrollment_id, version)
    row = STAGES[Stage(enrollment.stage)]
    if not row.waiver_roles:
        raise Refused(f"Tahap {row.label} tidak bisa dilewati dengan dispensasi.")
    role = require_role(actor, enrollment, row.waiver_roles, act="Dispensasi diberikan")
    _require_active(enrollment)
    _require_reason(reason)
    target = next_stage(enrollment.stage, enrollment.pathway)
    if target is None:
        raise Refused("Di jalur ini tidak ada tahap sesudahnya, jadi tidak ada yang bisa dilewati.")
    if not missing_requirements(enrollment, at=at):
        raise Refused(f"Semua syarat sudah lengkap. Naikkan saja ke {target.label}, tanpa dispensasi.")
    entry = entry_checklists([enrollment], on=local_day(at, enrollment.zone))[enrollment.pk]
    if missing := [item for item in entry if not item.is_met]:
        raise StageRefused(missing, f"masuk {target.label}")
    return _write(enrollment, Mover(actor, role, at), TransitionKind.DISPENSASI, stage=target, reason=reason)


@transaction.atomic
def correct(
    *, enrollment_id: UUID, actor: User, version: int, to_stage: Stage, reason: str, at: datetime
) -> Enrollment:
    """Take a person back to an earlier stage that was left by mistake. A wrong `lulus` may be taken back
    too.
    """
    enrollment = _lock(enrollment_id, version)
    role = require_role(actor, enrollment, CORRECTORS, act="Koreksi dilakukan")
    _require_reason(reason)
    if enrollment.status not in (Status.AKTIF, Status.TIDAK_TERHUBUNGI, Status.LULUS):
        raise Refused("Lanjutkan dulu keikutsertaannya, baru tahapnya bisa dikoreksi.")
    path = stages_of(enrollment.pathway)
    was_graduate = enrollment.status == Status.LULUS
    here = path.index(Stage(enrollment.stage))
    last_allowed = here if was_graduate else here - 1
    if to_stage not in path or path.index(to_stage) > last_allowed:
        raise Refused("Koreksi hanya mundur, ke tahap yang sudah dilewati.")
    return _write(
        enrollment,
        Mover(actor, role, at),
        TransitionKind.KOREKSI,
        stage=to_stage,
        status=Status.AKTIF,
        reason=reason,
    )


@transaction.atomic
def stop(
    *, enrollment_id: UUID, actor: User, version: int, why: StopReason, reason: str, at: datetime
) -> Enrollment:
    """Record that a person stops here. All stays but seats in classes to come, and they may go on later."""
    enrollment = _lock(enrollment_id, version)
    role = require_role(actor, enrollment, CORRECTORS, act="Berhenti dicatat")
    if not enrollment.is_open:
        raise Refused("Keikutsertaan ini sudah berakhir.")
    if why == StopReason.GANDA:
        raise Refused("Pendaftaran ganda digabung, bukan dihentikan. Buka halaman Pendaftaran ganda.")
    text = reason.strip() or why.label
    leave_coming_classes(enrollment.pk, at=at)
    leave_coming(enrollment.pk, actor=actor, at=at)
    leave_work(enrollment, at=at)
    return _write(
        enrollment,
        Mover(actor, role, at),
        TransitionKind.BERHENTI,
        status=Status.BERHENTI,
        stop_reason=why,
        reason=text,
    )


@transaction.atomic
def resume(*, enrollment_id: UUID, actor: User, version: int, reason: str = "", at: datetime) -> Enrollment:
    """Go on where a person stopped, or after they could be reached again."""
    enrollment = _lock(enrollment_id, version)
    allowed = CARERS if enrollment.status == Status.TIDAK_TERHUBUNGI else CORRECTORS
    role = require_role(actor, enrollment, allowed, act="Keikutsertaan dilanjutkan")
    if enrollment.status not in (Status.BERHENTI, Status.TIDAK_TERHUBUNGI):
        raise Refused("Keikutsertaan ini tidak sedang berhenti.")
    if enrollment.stop_reason == StopReason.GANDA:
        raise Refused(
            "Pendaftaran ini sudah digabung. Batalkan dulu penggabungannya di halaman Pendaftaran ganda."
        )
    if Enrollment.objects.open().filter(person_id=enrollment.person_id).exclude(pk=enrollment.pk).exists():
        raise Refused("Orang ini sudah punya keikutsertaan lain yang berjalan.")
    status = Status.AKTIF if enrollment.center_id else Status.MENUNGGU_PUSAT
    return _write(enrollment, Mover(actor, role, at), TransitionKind.LANJUT, status=status, reason=reason)


@transaction.atomic
def mark_unreachable(
    *, enrollment_id: UUID, actor: User, version: int, reason: str, at: datetime
) -> Enrollment:
    """Record that nobody answers any more. The person keeps the stage and can come back at any time."""
    enrollment = _lock(enrollment_id, version)
    role = require_role(actor, enrollment, CARERS, act="Tidak terhubungi dicatat")
    _require_active(enrollment)
    _require_reason(reason)
    return _write(
        enrollment,
        Mover(actor, role, at),
        TransitionKind.TIDAK_TERHUBUNGI,
        status=Status.TIDAK_TERHUBUNGI,
        reason=reason,
    )


@transaction.atomic
def switch_path(
    *, enrollment_id: UUID, actor: User, version: int, pathway: Pathway, reason: str = "", at: datetime
) -> Enrollment:
    """Change the path. A job seeker who found work may start a business and is active again at the same
    stage.
    """
    enrollment = _lock(enrollment_id, version)
    role = require_role(actor, enrollment, CARERS, act="Jalur diganti")
    if pathway == enrollment.pathway:
        raise Refused("Jalurnya sudah itu.")
    if Stage(enrollment.stage) not in stages_of(pathway):
        raise Refused(f"Jalur {pathway.label} tidak punya tahap {enrollment.stage_label}.")
    if enrollment.status == Status.BERHENTI:
        raise Refused("Lanjutkan dulu keikutsertaannya, baru jalurnya bisa diganti.")
    if enrollment.status == Status.LULUS and enrollment.pathway != Pathway.CARI_KERJA:
        raise Refused("Keikutsertaan ini sudah lulus.")
    leave_work(enrollment, at=at)
    enrollment.pathway = pathway
    enrollment.save(update_fields=["pathway"])
    status = Status.AKTIF if enrollment.status == Status.LULUS else Status(enrollment.status)
    return _write(
        enrollment, Mover(actor, role, at), TransitionKind.GANTI_JALUR, status=status, reason=reason
    )


@transaction.atomic
def place_in_center(
    *, enrollment_id: UUID, actor: User, version: int, center: Center, reason: str = "", at: datetime
) -> Enrollment:
    """End the waiting for a centre: dinas of the area or the secretariat names one that is open.

    A centre with as many people as it can take needs a `reason`.
    """
    enrollment = _lock(enrollment_id, version)
    role = require_role(actor, enrollment, PLACERS, act="Pusat ditetapkan")
    if enrollment.status != Status.MENUNGGU_PUSAT:
        raise Refused("Peserta ini tidak sedang menunggu pusat.")
    if not center.is_open:
        raise Refused("Pusat ini belum buka.")
    if center.district_id[:2] != enrollment.district_id[:2]:
        raise Refused("Pusat ini di provinsi lain. Pilih pusat di provinsi tempat tinggal peserta.")
    here = Enrollment.objects.active().filter(center_id=center.pk)[: center.capacity].count()
    if here >= center.capacity and not reason.strip():
        raise Refused(
            f"{center.name} penuh: daya tampungnya {center.capacity} orang. Tulis alasannya bila tetap ini."
        )
    enrollment.center = center
    enrollment.zone = center.zone
    enrollment.is_center_fallback = center.district_id != enrollment.district_id
    enrollment.status = Status.AKTIF
    enrollment.save(update_fields=["center", "zone", "is_center_fallback", "status"])
    return _write(
        enrollment,
        Mover(actor, role, at),
        TransitionKind.LANJUT,
        status=Status.AKTIF,
        from_status=Status.MENUNGGU_PUSAT,
        reason=f"Pusat ditetapkan. {reason}".strip() if reason else "Pusat ditetapkan",
    )


@transaction.atomic
def take_back_center(
    *, enrollment_id: UUID, actor: User, version: int, center: Center, at: datetime
) -> Enrollment:
    """Let a person wait for a centre again, right after `place_in_center` and before anything else."""
    enrollment = lock_enrollment(enrollment_id)
    role = require_role(actor, enrollment, PLACERS, act="Penetapan pusat dibatalkan")
    is_untouched = (
        enrollment.version == version
        and enrollment.center_id == center.pk
        and enrollment.status == Status.AKTIF
        and enrollment.coach_id is None
    )
    if not is_untouched:
        raise Refused("Sesudah itu ada perubahan lain, jadi dibiarkan.")
    enrollment.center = None
    enrollment.zone = District.objects.select_related("regency").get(pk=enrollment.district_id).zone
    enrollment.is_center_fallback = False
    enrollment.status = Status.MENUNGGU_PUSAT
    enrollment.save(update_fields=["center", "zone", "is_center_fallback", "status"])
    moved = _write(
        enrollment,
        Mover(actor, role, at),
        TransitionKind.KOREKSI,
        status=Status.MENUNGGU_PUSAT,
        from_status=Status.AKTIF,
        reason="Penetapan pusat dibatalkan",
        is_announced=False,
    )
    if moved.person.user_id is not None:
        notify(
            user_id=moved.person.user_id,
            kind="pusat_dipilih_ulang",
            ids={"enrollment": str(moved.pk)},
            dedupe_key=f"pusat-batal:{moved.pk}:{moved.version}",
        )
    return moved


def stop_as_double(enrollment: Enrollment, mover: Mover, *, reason: str) -> Enrollment:
    """Take a merged double out of every stage: a correction that ends in `berhenti` and is no longer counted.

    For `merging.merge` alone, which holds the row, has checked who may, and tells the person itself.
    """
    leave_coming_classes(enrollment.pk, at=mover.at)
    leave_coming(enrollment.pk, actor=mover.actor, at=mover.at)
    leave_work(enrollment, at=mover.at)
    return _write(
        enrollment,
        mover,
        TransitionKind.KOREKSI,
        status=Status.BERHENTI,
        stop_reason=StopReason.GANDA,
        reason=reason,
        is_announced=False,
    )


def restore_double(
    enrollment: Enrollment,
    mover: Mover,
    *,
    status: Status,
    stop_reason: str,
    reason: str,
    merged_at: datetime,
) -> Enrollment:
    """Put an enrollment back as it was before `stop_as_double`: counted again, in the same stage, with its
    seats in classes to come as far as there is room.
    """
    restored = _write(
        enrollment,
        mover,
        TransitionKind.LANJUT,
        status=status,
        stop_reason=stop_reason,
        reason=reason,
        is_announced=False,
    )
    return_to_coming_classes(enrollment.pk, left_at=merged_at, at=mover.at)
    return restored


def refusal_for(enrollment: Enrollment, actor: User, allowed: frozenset[Role]) -> str:
    """Why the actor may not, as a sentence for the page; empty when they may."""
    if acting_role(actor, enrollment, allowed) is not None:
        return ""
    try:
        require_role(actor, enrollment, allowed, act="Ini dilakukan")
    except NotYours as refusal:
        return str(refusal)
    return ""


def _lock(enrollment_id: UUID, version: int) -> Enrollment:
    enrollment = lock_enrollment(enrollment_id)
    if enrollment.version != version:
        raise Stale(_what_changed(enrollment))
    return enrollment


def _what_changed(enrollment: Enrollment) -> str:
    last = enrollment.transitions.select_related("actor").order_by("-version").first()
    if last is None or last.actor is None:
        return "Data peserta ini baru saja berubah. Ini keadaan terbarunya."
    when = moment(last.at, enrollment.zone)
    return (
        f"{last.actor.display_name} baru saja mengubah peserta ini: {last.kind_label} ({when}). "
        "Ini keadaan terbarunya."
    )


def _require_active(enrollment: Enrollment) -> None:
    if enrollment.status == Status.MENUNGGU_PUSAT:
        raise Refused("Peserta ini masih menunggu pusat. Tetapkan dulu pusatnya.")
    if enrollment.status != Status.AKTIF:
        raise Refused(
            f"Peserta ini sedang {enrollment.status_label.lower()}. Lanjutkan dulu keikutsertaannya."
        )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused("Tulis alasannya. Alasan ini tersimpan di riwayat.")


def _write(
    enrollment: Enrollment,
    mover: Mover,
    kind: TransitionKind,
    *,
    stage: Stage | None = None,
    status: Status | None = None,
    from_status: Status | None = None,
    stop_reason: str = "",
    reason: str = "",
    is_announced: bool = True,
) -> Enrollment:
    """Write the move: the enrollment, one line of the log, the audit entry, the messages."""
    before_stage, before_status = enrollment.stage, from_status or enrollment.status
    if stage is not None and (stage != enrollment.stage or kind == TransitionKind.KOREKSI):
        enrollment.stage, enrollment.stage_entered_at = stage, mover.at
    enrollment.status = status or enrollment.status
    enrollment.stop_reason = stop_reason
    enrollment.last_activity_at = max(enrollment.last_activity_at, mover.at)
    enrollment.version += 1
    enrollment.save(
        update_fields=["stage", "stage_entered_at", "status", "stop_reason", "last_activity_at", "version"]
    )
    transition = log_transition(
        enrollment,
        kind=kind,
        from_stage=before_stage,
        from_status=before_status,
        reason=reason,
        actor=mover.actor,
        actor_role=mover.role,
        at=mover.at,
    )
    audit.record(
        actor=mover.actor,
        action=f"tahap.{kind}",
        obj=enrollment,
        reason=reason,
        detail={"from": before_stage, "to": enrollment.stage, "version": enrollment.version},
    )
    if is_announced:
        _announce(enrollment, transition)
    return enrollment


ANNOUNCED = {
    TransitionKind.MAJU: "naik_tahap",
    TransitionKind.DISPENSASI: "dispensasi",
    TransitionKind.KOREKSI: "koreksi",
    TransitionKind.BERHENTI: "berhenti",
    TransitionKind.LANJUT: "lanjut",
    TransitionKind.LULUS: "lulus",
}


def _announce(enrollment: Enrollment, transition: StageTransition) -> None:
    kind = ANNOUNCED.get(TransitionKind(transition.kind))
    if kind is None or enrollment.person.user_id is None:
        return
    if transition.from_status == Status.MENUNGGU_PUSAT:
        kind = "pusat_ditetapkan"
    notify(
        user_id=enrollment.person.user_id,
        kind=kind,
        ids={"enrollment": str(enrollment.pk), "transition": str(transition.pk)},
        dedupe_key=f"tahap:{transition.pk}",
    )
