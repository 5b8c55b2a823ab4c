"""The acts on seats: enrol, queue, offer, accept, give up, move. The only writers of `TrainingClass.taken`.

Everybody locks in one order: the participant, then the class (two classes by key), then seats. A seat that
gets free goes to whoever waits longest in the same transaction, so none is empty while somebody waits. The
counter is raised by a conditional UPDATE and bounded by the database: without the lock it would still hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Value, When

from accounts.models import User
from core import audit
from core.clock import local_day
from core.formats import day
from notifications.services import Draft, notify_many
from participants.models import Enrollment, Stage, Status, Threshold
from participants.refusals import Refused
from participants.services import lock_enrollment

from .access import manages, require_companion, require_manager
from .models import Attendance, ClassSession, ClassStatus, Seat, SeatStatus, TrainingClass

OFFER_HOURS = "tawaran_jam"
"""Threshold of P2: hours for which an offered seat is kept free."""
MOST_AT_ONCE = 200
CHUNK = 100


def lock_class(class_id: UUID) -> TrainingClass:
    """The class, held for this transaction."""
    return TrainingClass.objects.select_for_update(of=("self",), no_key=True).get(pk=class_id)


def take_seat(training_class: TrainingClass) -> bool:
    """Hold one seat more, if one is free; the last one makes the class full."""
    free = TrainingClass.objects.filter(pk=training_class.pk, taken__lt=F("capacity"))
    is_last = When(status=ClassStatus.DIBUKA, taken__gte=F("capacity") - 1, then=Value(ClassStatus.PENUH))
    return free.update(taken=F("taken") + 1, status=Case(is_last, default=F("status"))) == 1


def pass_on(training_class: TrainingClass, *, at: datetime) -> Seat | None:
    """A held seat of a locked class got free: offer it to whoever waits longest, or count it as free."""
    first = None
    if at < training_class.starts_at:
        first = Seat.objects.queue().filter(training_class=training_class).first()
    if first is None:
        reopened = When(status=ClassStatus.PENUH, then=Value(ClassStatus.DIBUKA))
        TrainingClass.objects.filter(pk=training_class.pk).update(
            taken=F("taken") - 1, status=Case(reopened, default=F("status"))
        )
        return None
    offer(first, training_class, at=at)
    return first


def offer(seat: Seat, training_class: TrainingClass, *, at: datetime) -> None:
    """Keep a held seat free for somebody who waits, until the dated number of hours is over; tell them."""
    hours = Threshold.objects.on(local_day(at, training_class.zone))[Stage.PELATIHAN, OFFER_HOURS]
    seat.status = SeatStatus.DITAWARI
    seat.offered_at = at
    seat.offer_until = min(at + timedelta(hours=hours), training_class.starts_at)
    seat.save(update_fields=["status", "offered_at", "offer_until"])
    tell([seat], "kelas_tawaran", at=at)


@transaction.atomic
def enrol(*, enrollment_id: UUID, class_id: UUID, actor: User, at: datetime) -> Seat:
    """Give a participant a seat, or a place in the waiting list when none is free. Sent twice, it is one.

    Raises NotYours, or Refused for a class that takes no names and a participant it is not for.
    """
    enrollment = lock_enrollment(enrollment_id)
    training_class = lock_class(class_id)
    if not manages(actor, training_class):
        require_companion(actor, enrollment, act="Peserta didaftarkan")
    known = Seat.objects.live().filter(training_class=training_class, enrollment=enrollment).first()
    if known is not None:
        return known
    if reasons := why_not(enrollment, training_class, at=at, by_manager=manages(actor, training_class)):
        raise Refused(*reasons)
    has_seat = take_seat(training_class)
    if not has_seat and at >= training_class.starts_at:
        raise Refused("Kelas ini sudah mulai dan tempatnya habis.")
    is_own = enrollment.person.user_id == actor.pk
    by = None if is_own else actor
    seat = _old_seat(enrollment, training_class, by=by) if has_seat else None
    if seat is None:
        seat = Seat.objects.create(
            training_class=training_class,
            enrollment=enrollment,
            status=SeatStatus.TERDAFTAR if has_seat else SeatStatus.MENUNGGU,
            queued_at=at,
            enrolled_by=by,
        )
    if not is_own:
        audit.record(actor=actor, action="kelas.daftarkan", obj=seat, detail={"status": seat.status})
    tell([seat], "kelas_terdaftar" if has_seat else "kelas_menunggu", at=at)
    return seat


def _old_seat(enrollment: Enrollment, training_class: TrainingClass, *, by: User | None) -> Seat | None:
    """Somebody comes back to a class they attended: the seat they left, with all that was recorded for it;
    None for who is new. The class is locked and a seat is held for them."""
    left = Seat.objects.filter(training_class=training_class, enrollment=enrollment, ended_at__isnull=False)
    seat = left.filter(Exists(Attendance.objects.filter(seat=OuterRef("pk")))).order_by("-ended_at").first()
    if seat is not None:
        seat.status, seat.ended_at, seat.moved_to, seat.enrolled_by = SeatStatus.TERDAFTAR, None, None, by
        seat.save(update_fields=["status", "ended_at", "moved_to", "enrolled_by"])
    return seat


def why_not(
    enrollment: Enrollment, training_class: TrainingClass, *, at: datetime, by_manager: bool = False
) -> list[str]:
    """Why somebody may not be enrolled now, in words; empty when they may. A manager may also add people
    outside the window and after the beginning."""
    reasons = []
    if enrollment.status != Status.AKTIF:
        reasons.append("Keikutsertaan ini sedang tidak aktif. Hubungi pusat Anda dulu.")
    elif enrollment.stage == Stage.PENDAFTARAN:
        reasons.append("Pendaftaran ini masih diperiksa. Sesudah langkah 1 selesai, kelas bisa dipilih.")
    if not training_class.course.suits(enrollment.pathway):
        reasons.append(f"Kelas ini untuk jalur: {training_class.course.for_whom}.")
    is_open = training_class.status in ClassStatus.taking_part() if by_manager else False
    if not (is_open or training_class.takes_names(at)):
        reasons.append(closed_words(training_class, at=at))
    return reasons


def closed_words(training_class: TrainingClass, *, at: datetime) -> str:
    """Why a class takes no names now."""
    if training_class.is_cancelled:
        return "Kelas ini dibatalkan."
    if training_class.is_over or at >= training_class.starts_at:
        return "Kelas ini sudah mulai atau selesai. Pilih angkatan lain."
    if local_day(at, training_class.zone) < training_class.opens_on:
        return f"Pendaftaran kelas ini dibuka {day(training_class.opens_on)}."
    return "Pendaftaran kelas ini sudah ditutup. Pilih angkatan lain."


def hold_seat(seat_id: UUID) -> tuple[Seat, TrainingClass]:
    """A seat with its participant and class, all held in the one order."""
    found = Seat.objects.only("enrollment_id", "training_class_id").get(pk=seat_id)
    lock_enrollment(found.enrollment_id)
    training_class = lock_class(found.training_class_id)
    seat = Seat.objects.select_for_update(of=("self",), no_key=True).get(pk=seat_id)
    return seat, training_class


@transaction.atomic
def accept_offer(*, seat_id: UUID, actor: User, at: datetime) -> Seat:
    """Take the offered seat, or for somebody who said so by phone. Raises NotYours, or Refused when the
    offer is over."""
    seat, training_class = hold_seat(seat_id)
    if not manages(actor, training_class):
        require_companion(actor, seat.enrollment, act="Tawaran diterima")
    if seat.status == SeatStatus.TERDAFTAR:
        return seat
    if seat.status != SeatStatus.DITAWARI or seat.offer_until is None or at >= seat.offer_until:
        raise Refused("Tawaran ini sudah lewat. Daftar lagi untuk masuk daftar tunggu.")
    if training_class.is_over:
        raise Refused(closed_words(training_class, at=at))
    seat.status = SeatStatus.TERDAFTAR
    seat.save(update_fields=["status"])
    if seat.enrollment.person.user_id != actor.pk:
        audit.record(actor=actor, action="kelas.terimakan", obj=seat)
    tell([seat], "kelas_terdaftar", at=at)
    return seat


@transaction.atomic
def give_up(*, seat_id: UUID, actor: User, at: datetime) -> Seat:
    """End a seat or a wait; a seat that gets free goes to whoever waits longest.

    Raises NotYours, or Refused when the class is over.
    """
    seat, training_class = hold_seat(seat_id)
    if not manages(actor, training_class):
        require_companion(actor, seat.enrollment, act="Pendaftaran kelas dibatalkan")
    if not seat.is_live:
        return seat
    if training_class.is_over:
        raise Refused("Kelas ini sudah berakhir, jadi pendaftarannya tidak bisa dibatalkan.")
    end_seat(seat, training_class, SeatStatus.BATAL, at=at)
    if seat.enrollment.person.user_id != actor.pk:
        audit.record(actor=actor, action="kelas.keluarkan", obj=seat)
        tell([seat], "kelas_keluar", at=at)
    return seat


def end_seat(seat: Seat, training_class: TrainingClass, status: SeatStatus, *, at: datetime) -> None:
    """End a live seat of a locked class, and pass on what it held."""
    was_holding = seat.status in SeatStatus.holding()
    seat.status, seat.ended_at = status, at
    seat.save(update_fields=["status", "ended_at"])
    if was_holding:
        pass_on(training_class, at=at)


def leave_coming_classes(enrollment_id: UUID, *, at: datetime) -> int:
    """Give up every seat and wait of a held participant who stops, in classes that have not begun; how many.

    What was attended stays. Inside the transaction of the act that holds the participant.
    """
    coming = Seat.objects.live().filter(enrollment=enrollment_id, training_class__starts_at__gt=at)
    left = 0
    for seat_id, class_id in coming.order_by("training_class_id").values_list("pk", "training_class_id"):
        training_class = lock_class(class_id)
        seat = Seat.objects.select_for_update(of=("self",), no_key=True).get(pk=seat_id)
        if seat.is_live and not training_class.is_over:
            end_seat(seat, training_class, SeatStatus.BATAL, at=at)
            left += 1
    return left


def return_to_coming_classes(enrollment_id: UUID, *, left_at: datetime, at: datetime) -> None:
    """Give a held participant back what `leave_coming_classes` ended at `left_at`, where the class has not
    begun: the seat if one is free, else the old place in the queue. They are told, also of a class that was
    called off meanwhile.
    """
    given_up = Seat.objects.filter(
        enrollment=enrollment_id, status=SeatStatus.BATAL, ended_at=left_at, training_class__starts_at__gt=at
    )
    for old in given_up.order_by("training_class_id", "pk"):
        training_class = lock_class(old.training_class_id)
        if training_class.is_cancelled:
            tell([old], "kelas_batal", at=at)
        live = Seat.objects.live().filter(enrollment=enrollment_id, training_class=training_class)
        if live.exists() or training_class.status not in ClassStatus.taking_names():
            continue
        has_seat = take_seat(training_class)
        back = Seat.objects.create(
            training_class=training_class,
            enrollment_id=enrollment_id,
            status=SeatStatus.TERDAFTAR if has_seat else SeatStatus.MENUNGGU,
            queued_at=old.queued_at,
            enrolled_by_id=old.enrolled_by_id,
        )
        tell([back], "kelas_terdaftar" if has_seat else "kelas_menunggu", at=at)


@transaction.atomic
def move_seat(*, seat_id: UUID, to_class_id: UUID, actor: User, at: datetime) -> Seat:
    """Bring somebody from one class into another that has a free seat; attendance stays where it was.

    Raises NotYours for anybody but the manager of the class left, Refused without a free seat.
    """
    found = Seat.objects.only("enrollment_id", "training_class_id").get(pk=seat_id)
    enrollment = lock_enrollment(found.enrollment_id)
    ids = sorted({found.training_class_id, to_class_id})
    held = {one.pk: one for one in (lock_class(class_id) for class_id in ids)}
    origin, target = held[found.training_class_id], held[to_class_id]
    seat = Seat.objects.select_for_update(of=("self",), no_key=True).get(pk=seat_id)
    require_manager(actor, origin, act="Peserta dipindah")
    if seat.moved_to_id is not None and seat.moved_to and seat.moved_to.training_class_id == to_class_id:
        return seat.moved_to
    if not seat.is_live or origin.is_over:
        raise Refused("Orang ini tidak lagi ikut kelas ini.")
    if origin.pk == target.pk:
        raise Refused("Pilih kelas lain sebagai tujuan.")
    if Seat.objects.live().filter(training_class=target, enrollment=enrollment).exists():
        raise Refused("Orang ini sudah terdaftar di kelas tujuan.")
    if reasons := why_not(enrollment, target, at=at, by_manager=manages(actor, target)):
        raise Refused(*reasons)
    if not take_seat(target):
        raise Refused("Kelas tujuan penuh. Pilih kelas lain, atau daftarkan ke daftar tunggunya.")
    new = _old_seat(enrollment, target, by=actor)
    if new is None:
        new = Seat.objects.create(
            training_class=target, enrollment=enrollment, status=SeatStatus.TERDAFTAR, queued_at=at,
            enrolled_by=actor,
        )  # fmt: skip
    seat.moved_to = new
    seat.save(update_fields=["moved_to"])
    end_seat(seat, origin, SeatStatus.PINDAH, at=at)
    audit.record(actor=actor, action="kelas.pindahkan", obj=seat, detail={"to": str(target.pk)})
    tell([new], "kelas_pindah", at=at)
    return new


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one person of a list: the seat, or why not."""

    enrollment_id: UUID
    seat: Seat | None
    reason: str = ""


def enrol_many(*, enrollment_ids: Sequence[UUID], class_id: UUID, actor: User, at: datetime) -> list[Outcome]:
    """Enrol a list, each person on their own: one refusal holds nobody else up."""
    outcomes = []
    for enrollment_id in enrollment_ids[:MOST_AT_ONCE]:
        try:
            seat = enrol(enrollment_id=enrollment_id, class_id=class_id, actor=actor, at=at)
        except Refused as refusal:
            outcomes.append(Outcome(enrollment_id, None, str(refusal)))
        else:
            outcomes.append(Outcome(enrollment_id, seat))
    return outcomes


def expire_offers(*, at: datetime) -> int:
    """End offers that nobody answered in time and make the next ones; returns how many ended.

    Classes that another run holds at this moment are left to it.
    """
    due = Seat.objects.filter(status=SeatStatus.DITAWARI, offer_until__lte=at)
    ids = due.order_by("training_class_id").values_list("training_class_id", flat=True).distinct()[:CHUNK]
    return sum(_expire_in_class(class_id, at=at) for class_id in list(ids))


@transaction.atomic
def _expire_in_class(class_id: UUID, *, at: datetime) -> int:
    classes = TrainingClass.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    training_class = classes.filter(pk=class_id).first()
    if training_class is None:
        return 0
    due = Seat.objects.filter(
        training_class=training_class, status=SeatStatus.DITAWARI, offer_until__lte=at
    ).select_for_update(of=("self",), no_key=True)
    seats = list(due.order_by("offer_until", "pk"))
    for seat in seats:
        end_seat(seat, training_class, SeatStatus.TERLEWAT, at=at)
    tell(seats, "kelas_terlewat", at=at)
    return len(seats)


def tell(seats: Iterable[Seat], kind: str, *, at: datetime, about: ClassSession | None = None) -> int:
    """Tell the people of these seats, where it is about one of its sessions naming that; how many are told.
    Whoever has no account is not told here: the desk of the class names them."""
    rows = Seat.objects.filter(pk__in=[seat.pk for seat in seats], enrollment__person__user__isnull=False)
    more = {"session": str(about.pk)} if about else {}
    drafts = [
        Draft(
            user_id=user_id,
            kind=kind,
            ids={"seat": str(seat_id), **more},
            dedupe_key=f"{kind}:{seat_id}:{at.isoformat()}",
        )
        for seat_id, user_id in rows.values_list("pk", "enrollment__person__user_id")
    ]
    notify_many(drafts)
    return len(drafts)
