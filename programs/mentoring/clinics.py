"""The acts around a clinic: make and cancel it, book an hour, give a number, call, note what came of it.

Everybody locks in one order: the participant, the clinic, the visit. A slot is taken by a conditional UPDATE,
and the database lets one visit hold it: without the locks one person would still get it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts.access import scopes
from accounts.models import Role, User
from centers.models import Center
from core import audit
from core.clock import local_day
from core.formats import clock_time
from notifications.services import Draft, notify_many
from participants.models import Enrollment
from participants.refusals import NotYours, Refused
from participants.services import lock_enrollment

from .models import Clinic, ClinicSlot, ClinicStatus, ClinicVisit, NextStep, VisitStatus
from .services import FURTHEST_DAYS
from .sessions import instant

MINUTES = (10, 15, 20, 30, 45, 60)
"""How long one person may have."""
MOST_SLOTS = 48


@dataclass(frozen=True, slots=True)
class ClinicPlan:
    """What a manager sets up: a day with hours on the centre's clock, and who sits there."""

    day: date
    begins: time
    ends: time
    minutes: int
    topics: str
    place: str
    link: str
    coaches: Sequence[User]

    def slots(self, zone: str) -> list[datetime]:
        """When somebody's turn begins; only whole turns."""
        first, last = instant(self.day, self.begins, zone), instant(self.day, self.ends, zone)
        step = timedelta(minutes=self.minutes)
        return [first + step * number for number in range((last - first) // step)]


@transaction.atomic
def open_clinic(
    *, center: Center, plan: ClinicPlan, actor: User, submission_id: UUID, at: datetime
) -> Clinic:
    """Offer opening hours at a centre. The same submission makes one clinic.

    Raises NotYours, or Refused for hours that cannot be.
    """
    if center.pk not in scopes(actor, Role.PENGELOLA):
        raise NotYours("Klinik dibuka hanya oleh pengelola pusatnya.")
    known = Clinic.objects.filter(submission_id=submission_id, center=center).first()
    if known is not None:
        return known
    slots = plan.slots(center.zone)
    if not 1 <= len(slots) <= MOST_SLOTS:
        raise Refused(
            f"Dengan jam ini ada {len(slots)} giliran. Buat paling sedikit 1, paling banyak {MOST_SLOTS}."
        )
    if slots[0] <= at:
        raise Refused("Jam mulai ini sudah lewat. Pilih waktu di depan.")
    if plan.day > local_day(at, center.zone) + timedelta(days=FURTHEST_DAYS):
        raise Refused(f"Tanggal ini terlalu jauh. Paling lama {FURTHEST_DAYS} hari lagi.")
    clinic = Clinic.objects.create(
        center=center, day=plan.day, starts_at=slots[0], ends_at=instant(plan.day, plan.ends, center.zone),
        zone=center.zone, slot_minutes=plan.minutes, topics=plan.topics, place=plan.place, link=plan.link,
        submission_id=submission_id, created_by=actor, created_at=at,
    )  # fmt: skip
    clinic.coaches.set(plan.coaches)
    ClinicSlot.objects.bulk_create(ClinicSlot(clinic=clinic, starts_at=begins) for begins in slots)
    audit.record(actor=actor, action="klinik.buka", obj=clinic, detail={"slots": len(slots)})
    return clinic


@transaction.atomic
def cancel_clinic(*, clinic_id: UUID, actor: User, reason: str, at: datetime) -> Clinic:
    """Call a clinic off; whoever has an appointment or sits there is told. Raises NotYours, or Refused."""
    clinic = lock_clinic(clinic_id)
    if clinic.center_id not in scopes(actor, Role.PENGELOLA):
        raise NotYours("Klinik dibatalkan hanya oleh pengelola pusatnya.")
    if clinic.is_cancelled:
        return clinic
    if at >= clinic.ends_at:
        raise Refused("Klinik ini sudah selesai, jadi tidak bisa dibatalkan.")
    clinic.status, clinic.reason = ClinicStatus.BATAL, reason
    clinic.save(update_fields=["status", "reason"])
    visits = list(clinic.visits.open().select_for_update(of=("self",), no_key=True).order_by("pk"))
    ClinicVisit.objects.filter(pk__in=[visit.pk for visit in visits]).update(
        status=VisitStatus.BATAL, recorded_by=actor, recorded_at=at
    )
    ClinicSlot.objects.filter(visits__in=visits).update(is_taken=False)
    audit.record(
        actor=actor, action="klinik.batalkan", obj=clinic, reason=reason, detail={"visits": len(visits)}
    )
    tell(visits, "klinik_batal")
    coaches = clinic.coaches.exclude(pk=actor.pk).order_by("pk").values_list("pk", flat=True)
    notify_many(
        Draft(pk, "klinik_batal_petugas", {"clinic": str(clinic.pk)}, f"klinik:{clinic.pk}:batal:{pk}")
        for pk in coaches
    )
    return clinic


@transaction.atomic
def book(*, enrollment_id: UUID, slot_id: int, actor: User, topic: str, at: datetime) -> ClinicVisit:
    """Take an hour of a clinic of one's own centre. Sent twice, it is one.

    Raises NotYours, or Refused when somebody else was first, when the participant has an appointment that
    day already, and for an hour that is not offered any more.
    """
    enrollment = lock_enrollment(enrollment_id)
    if enrollment.person.user_id != actor.pk:
        raise NotYours("Janji klinik dibuat peserta sendiri.")
    slot = ClinicSlot.objects.get(pk=slot_id)
    clinic = lock_clinic(slot.clinic_id)
    if not enrollment.is_open or enrollment.center_id != clinic.center_id:
        raise NotYours("Klinik ini untuk peserta pusatnya.")
    known = open_visit(enrollment, clinic)
    if known is not None and known.slot_id == slot.pk:
        return known
    _require_hours(clinic, slot, at=at)
    if known is not None:
        raise Refused(_has_one(known))
    if not take_slot(slot.pk):
        raise Refused("Jam ini baru saja dipesan orang lain. Pilih jam lain.")
    visit = ClinicVisit.objects.create(
        clinic=clinic, slot=slot, enrollment=enrollment, day=clinic.day, topic=topic, created_at=at
    )
    tell([visit], "klinik_dipesan")
    return visit


def take_slot(slot_id: int) -> bool:
    """Hold a slot, if nobody does."""
    return ClinicSlot.objects.filter(pk=slot_id, is_taken=False).update(is_taken=True) == 1


@transaction.atomic
def give_number(
    *, clinic_id: UUID, enrollment_id: UUID | None, actor: User, submission_id: UUID, topic: str, at: datetime
) -> ClinicVisit:
    """The next number of the day's queue, for somebody who is here without an appointment.

    `enrollment_id` None is somebody who is not registered. The same submission gives one number. Raises
    NotYours, or Refused for a clinic that is not today and for somebody who is expected or waits already.
    """
    enrollment = lock_enrollment(enrollment_id) if enrollment_id else None
    clinic = lock_clinic(clinic_id)
    _require_desk(actor, clinic)
    known = clinic.visits.filter(submission_id=submission_id).first()
    if known is not None:
        return known
    if clinic.is_cancelled or clinic.day != local_day(at, clinic.zone):
        raise Refused("Nomor antrean diberikan di hari kliniknya.")
    if enrollment is not None:
        _require_desk_may_see(enrollment, clinic, actor)
        has_one = open_visit(enrollment, clinic)
        if has_one is not None:
            raise Refused(f"Orang ini sudah tercatat hari ini: {has_one.turn}.")
    Clinic.objects.filter(pk=clinic.pk).update(last_number=F("last_number") + 1)
    clinic.refresh_from_db(fields=["last_number"])
    return ClinicVisit.objects.create(
        clinic=clinic, number=clinic.last_number, submission_id=submission_id, enrollment=enrollment,
        day=clinic.day, topic=topic, status=VisitStatus.HADIR, created_at=at,
    )  # fmt: skip


@transaction.atomic
def cancel_visit(*, visit_id: UUID, actor: User, at: datetime) -> ClinicVisit:
    """Give an appointment up: the participant, or the desk, which tells them. The hour is free again."""
    visit = hold_visit(visit_id)
    is_own = visit.enrollment is not None and visit.enrollment.person.user_id == actor.pk
    if not is_own:
        _require_desk(actor, visit.clinic)
    if visit.status == VisitStatus.BATAL:
        return visit
    if not visit.is_booked:
        raise Refused(f"Janji ini tidak bisa dibatalkan lagi: {visit.status_label.lower()}.")
    _end(visit, VisitStatus.BATAL, actor=actor, at=at)
    if not is_own:
        audit.record(actor=actor, action="klinik.batal_janji", obj=visit)
        tell([visit], "klinik_janji_batal")
    return visit


def leave_coming_clinics(enrollment_id: UUID, *, actor: User, at: datetime) -> int:
    """Give up what a held participant whose way ends has open; how many. Inside the act that ends it."""
    open_ones = ClinicVisit.objects.open().filter(enrollment=enrollment_id)
    rows = list(open_ones.select_for_update(of=("self",), no_key=True).order_by("pk"))
    for visit in rows:
        _end(visit, VisitStatus.BATAL, actor=actor, at=at)
    return len(rows)


@transaction.atomic
def arrive(*, visit_id: UUID, actor: User, at: datetime) -> ClinicVisit:
    """Somebody with an appointment is here. Raises NotYours, or Refused on another day."""
    visit = hold_visit(visit_id)
    _require_desk(actor, visit.clinic)
    if visit.is_here:
        return visit
    if not visit.is_booked:
        raise Refused(f"Janji ini sudah tercatat: {visit.status_label.lower()}.")
    if visit.day != local_day(at, visit.clinic.zone):
        raise Refused("Kehadiran dicatat di hari kliniknya.")
    visit.status = VisitStatus.HADIR
    visit.save(update_fields=["status"])
    return visit


@transaction.atomic
def call_next(*, clinic_id: UUID, actor: User, at: datetime) -> ClinicVisit:
    """Call whoever is next: who has an hour by it, then the numbers. One at each coach's table at a time.

    Raises NotYours, or Refused when nobody waits or every table is taken.
    """
    clinic = lock_clinic(clinic_id)
    _require_desk(actor, clinic)
    tables = max(1, clinic.coaches.count())
    if clinic.visits.called().count() >= tables:
        raise Refused("Semua meja sedang melayani. Catat dulu hasilnya, baru panggil yang berikutnya.")
    waiting = clinic.visits.waiting().for_page()
    visit: ClinicVisit | None = waiting.first()
    if visit is None:
        raise Refused("Belum ada yang menunggu.")
    ClinicVisit.objects.filter(pk=visit.pk, called_at__isnull=True).update(called_at=at)
    visit.called_at = at
    return visit


@transaction.atomic
def finish(*, visit_id: UUID, actor: User, outcome: str, next_step: NextStep, at: datetime) -> ClinicVisit:
    """Note what came of a visit and where it leads; the participant reads it, and was heard from.

    Raises NotYours, or Refused for somebody who is not here.
    """
    visit = hold_visit(visit_id)
    _require_desk(actor, visit.clinic)
    if visit.is_finished:
        if (visit.recorded_by_id, visit.outcome) == (actor.pk, outcome):
            return visit
        raise Refused(f"Hasilnya sudah dicatat, jadi tulisan ini tidak disimpan: {visit.outcome}")
    if not visit.is_here:
        raise Refused(f"Hasil dicatat untuk yang hadir. Ini tercatat: {visit.status_label.lower()}.")
    visit.outcome, visit.next_step = outcome, next_step
    _end(visit, VisitStatus.SELESAI, actor=actor, at=at)
    enrollment = visit.enrollment
    if enrollment is not None and at > enrollment.last_activity_at:
        enrollment.last_activity_at = at
        enrollment.save(update_fields=["last_activity_at"])
    tell([visit], "klinik_selesai")
    return visit


@transaction.atomic
def miss(*, visit_id: UUID, actor: User, at: datetime) -> ClinicVisit:
    """Somebody did not come, or left before the turn. Raises NotYours, or Refused before the hour."""
    visit = hold_visit(visit_id)
    _require_desk(actor, visit.clinic)
    if visit.status == VisitStatus.TIDAK_DATANG:
        return visit
    if not visit.is_open:
        raise Refused(f"Kunjungan ini sudah tercatat: {visit.status_label.lower()}.")
    if visit.is_booked and visit.slot is not None and at < visit.slot.starts_at:
        raise Refused("Jam janjinya belum tiba.")
    _end(visit, VisitStatus.TIDAK_DATANG, actor=actor, at=at)
    return visit


def lock_clinic(clinic_id: UUID) -> Clinic:
    """The clinic, held for this transaction."""
    return Clinic.objects.select_for_update(of=("self",), no_key=True).get(pk=clinic_id)


def hold_visit(visit_id: UUID) -> ClinicVisit:
    """A visit with its participant and clinic, all held in the one order."""
    found = ClinicVisit.objects.only("enrollment_id", "clinic_id").get(pk=visit_id)
    enrollment = lock_enrollment(found.enrollment_id) if found.enrollment_id else None
    clinic = lock_clinic(found.clinic_id)
    rows = ClinicVisit.objects.select_related("slot").select_for_update(of=("self",), no_key=True)
    visit = rows.get(pk=visit_id)
    visit.enrollment, visit.clinic = enrollment, clinic
    return visit


def open_visit(enrollment: Enrollment, clinic: Clinic) -> ClinicVisit | None:
    """What the participant has open on the day of a clinic, wherever it is."""
    rows = ClinicVisit.objects.open().filter(enrollment=enrollment, day=clinic.day)
    return rows.select_related("slot", "clinic").first()


def _require_hours(clinic: Clinic, slot: ClinicSlot, *, at: datetime) -> None:
    if clinic.is_cancelled:
        raise Refused(f"Klinik ini dibatalkan: {clinic.reason.rstrip('.')}. Pilih klinik lain.")
    if slot.starts_at <= at:
        raise Refused("Jam ini sudah lewat. Pilih jam lain.")


def _has_one(visit: ClinicVisit) -> str:
    when = clock_time(visit.slot.starts_at, visit.clinic.zone) if visit.slot else visit.turn
    return f"Anda sudah punya janji klinik hari itu: {when}. Batalkan dulu bila ingin jam lain."


def _require_desk(actor: User, clinic: Clinic) -> None:
    if not Clinic.objects.run_by(actor).filter(pk=clinic.pk).exists():
        raise NotYours("Ini dikerjakan oleh pengelola atau pendamping pusatnya.")


def _require_desk_may_see(enrollment: Enrollment, clinic: Clinic, actor: User) -> None:
    if enrollment.center_id != clinic.center_id or enrollment.person.user_id == actor.pk:
        raise NotYours("Nomor untuk peserta pusat ini saja.")


def _end(visit: ClinicVisit, status: VisitStatus, *, actor: User, at: datetime) -> None:
    """The last word on a visit; an hour given up is free again."""
    visit.status, visit.recorded_by, visit.recorded_at = status, actor, at
    visit.save(update_fields=["status", "recorded_by", "recorded_at", "outcome", "next_step"])
    if status == VisitStatus.BATAL and visit.slot_id:
        ClinicSlot.objects.filter(pk=visit.slot_id).update(is_taken=False)


def tell(visits: Sequence[ClinicVisit], kind: str) -> None:
    """The participants of visits, who may have no account or not be registered."""
    user_ids = dict(
        ClinicVisit.objects.filter(
            pk__in=[visit.pk for visit in visits], enrollment__person__user__isnull=False
        ).values_list("pk", "enrollment__person__user_id")
    )
    notify_many(
        Draft(user_ids[visit.pk], kind, {"visit": str(visit.pk)}, f"klinik:{visit.pk}:{kind}")
        for visit in visits
        if visit.pk in user_ids
    )
