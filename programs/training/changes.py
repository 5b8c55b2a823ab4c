"""The acts that change a planned class: what is written about it, and when one of its sessions is held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts.models import User
from core import audit
from core.formats import day, moment
from notifications.services import Draft, notify_many
from participants.refusals import Refused

from .access import require_manager
from .models import (
    Attendance,
    ClassSession,
    ClassStatus,
    ClassTrainer,
    Seat,
    SeatStatus,
    TrainerKind,
    TrainingClass,
)
from .schedule import FURTHEST, MOST_SESSIONS, Slot
from .services import lock_class, tell


@dataclass(frozen=True, slots=True)
class ClassText:
    """What is written about a class. Trainers: user id → as what they teach; who taught before keeps that."""

    name: str
    place: str
    online_url: str
    opens_on: date
    closes_on: date
    trainers: Mapping[UUID, TrainerKind]


_WRITTEN = ("name", "place", "online_url", "opens_on", "closes_on")
_WHERE = {"place", "online_url"}


@transaction.atomic
def change_class(*, class_id: UUID, text: ClassText, actor: User, at: datetime) -> int:
    """Change what is written about a class; how many people with a seat or a wait are told, which is when
    they have to go elsewhere. Attendance and certificates stay. Sent twice, it is one change.

    Raises NotYours, or Refused for a class that is over.
    """
    training_class = _changeable(class_id, actor, act="Kelas diubah")
    changed = [name for name in _WRITTEN if getattr(training_class, name) != getattr(text, name)]
    before = {name: str(getattr(training_class, name)) for name in changed}
    for name in changed:
        setattr(training_class, name, getattr(text, name))
    training_class.save(update_fields=changed)
    known = set(training_class.trainers.values_list("user_id", flat=True))
    gone, new = known - text.trainers.keys(), [pk for pk in text.trainers if pk not in known]
    training_class.trainers.filter(user__in=gone).delete()
    ClassTrainer.objects.bulk_create(
        ClassTrainer(training_class=training_class, user_id=pk, kind=text.trainers[pk]) for pk in new
    )
    if not (changed or gone or new):
        return 0
    detail = {
        "before": before,
        "after": {name: str(getattr(text, name)) for name in changed},
        "trainers_gone": [str(pk) for pk in gone],
        "trainers_new": [str(pk) for pk in new],
    }
    audit.record(actor=actor, action="kelas.ubah", obj=training_class, detail=detail)
    if _WHERE & set(changed):
        _tell_trainers(training_class, list(text.trainers), actor, at=at)
        return tell(_people(training_class), "kelas_tempat", at=at)
    _tell_trainers(training_class, new, actor, at=at)
    return 0


@transaction.atomic
def move_session(*, session_id: UUID, slot: Slot, actor: User, at: datetime) -> int:
    """Hold one session at another time; how many people with a seat or a wait are told. The class begins and
    ends with its sessions, and their numbers follow their order. Sent twice, it is one move.

    Raises NotYours, or Refused for a class that is over, a session with attendance, and a time that is over
    or in which the class meets already.
    """
    class_id = ClassSession.objects.only("training_class_id").get(pk=session_id).training_class_id
    training_class = _changeable(class_id, actor, act="Waktu pertemuan diubah")
    held = ClassSession.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    sessions = list(held.filter(training_class=training_class))
    session = next(one for one in sessions if one.pk == session_id)
    before = Slot(session.starts_at, session.ends_at)
    if slot == before:
        return 0
    if Attendance.objects.filter(session=session).exists():
        raise Refused("Kehadiran pertemuan ini sudah tercatat, jadi waktunya tidak bisa diubah.")
    if slot.starts_at <= at:
        raise Refused("Waktu ini sudah lewat. Pilih waktu di depan.")
    if slot.starts_at > at + FURTHEST:
        raise Refused("Tanggal ini terlalu jauh. Paling lama setahun lagi.")
    for other in sessions:
        if other != session and other.starts_at < slot.ends_at and slot.starts_at < other.ends_at:
            raise Refused(f"Waktu ini bentrok dengan pertemuan {other.number} kelas ini.")
    session.starts_at, session.ends_at = slot.starts_at, slot.ends_at
    session.save(update_fields=["starts_at", "ends_at"])
    _put_in_order(sessions)
    _follow(training_class, sessions, at=at)
    zone = training_class.zone
    detail = {
        "session": session.title, "before": moment(before.starts_at, zone),
        "after": moment(slot.starts_at, zone),
    }  # fmt: skip
    audit.record(actor=actor, action="kelas.waktu", obj=training_class, detail=detail)
    trainers = list(training_class.trainers.values_list("user_id", flat=True))
    _tell_trainers(training_class, trainers, actor, at=at)
    return tell(_people(training_class), "kelas_waktu", at=at, about=session)


def _changeable(class_id: UUID, actor: User, *, act: str) -> TrainingClass:
    training_class = lock_class(class_id)
    require_manager(actor, training_class, act=act)
    if training_class.is_over:
        raise Refused("Kelas ini sudah berakhir, jadi tidak bisa diubah.")
    return training_class


def _put_in_order(sessions: Sequence[ClassSession]) -> None:
    """Sessions are counted by time: tests, survey and rows of absences read their numbers."""
    ordered = sorted(sessions, key=lambda one: (one.starts_at, one.number))
    moved = [(number, one) for number, one in enumerate(ordered, start=1) if one.number != number]
    aside = ClassSession.objects.filter(pk__in=[one.pk for _, one in moved])
    aside.update(number=F("number") + MOST_SESSIONS)
    for number, one in moved:
        if one.title == f"Pertemuan {one.number}":
            one.title = f"Pertemuan {number}"
        one.number = number
    ClassSession.objects.bulk_update([one for _, one in moved], ["number", "title"])


def _follow(training_class: TrainingClass, sessions: Sequence[ClassSession], *, at: datetime) -> None:
    """A class begins with its first session and ends with its last. One whose first session is put off has
    not begun; names are taken until the first day at most, offers are kept until it begins at most."""
    training_class.starts_at = min(one.starts_at for one in sessions)
    training_class.ends_at = max(one.ends_at for one in sessions)
    if training_class.starts_on < training_class.opens_on:
        raise Refused(f"Pendaftaran baru dibuka {day(training_class.opens_on)}. Majukan dulu tanggal itu.")
    training_class.closes_on = min(training_class.closes_on, training_class.starts_on)
    if training_class.status == ClassStatus.BERJALAN and at < training_class.starts_at:
        training_class.status = ClassStatus.PENUH if training_class.is_full else ClassStatus.DIBUKA
    training_class.save(update_fields=["starts_at", "ends_at", "closes_on", "status"])
    offered = Seat.objects.filter(training_class=training_class, status=SeatStatus.DITAWARI)
    offered.filter(offer_until__gt=training_class.starts_at).update(offer_until=training_class.starts_at)


def _people(training_class: TrainingClass) -> list[Seat]:
    """Who has a seat or waits for one."""
    return list(Seat.objects.live().filter(training_class=training_class).only("pk"))


def _tell_trainers(
    training_class: TrainingClass, user_ids: Sequence[UUID], actor: User, *, at: datetime
) -> None:
    """Tell who teaches a published class, but for whoever changed it."""
    if training_class.is_draft:
        return
    notify_many(
        Draft(
            user_id=pk, kind="kelas_mengajar", ids={"class": str(training_class.pk)},
            dedupe_key=f"kelas_mengajar:{training_class.pk}:{pk}:{at.isoformat()}",
        )
        for pk in user_ids if pk != actor.pk
    )  # fmt: skip
