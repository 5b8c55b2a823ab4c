"""The acts on courses and classes: describe, plan, open, cancel, begin, finish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast
from uuid import UUID, uuid4

from django.db import transaction

from accounts.access import scopes
from accounts.models import Role, User
from centers.models import Center
from core import audit, files
from core.clock import local_day
from core.fields import RELOADED
from core.models import StoredFile
from participants.refusals import NotYours, Refused

from .access import require_manager
from .models import (
    ClassSession,
    ClassStatus,
    ClassTrainer,
    Course,
    CourseMaterial,
    CourseTopic,
    Seat,
    SeatStatus,
    TrainerKind,
    TrainingClass,
)
from .schedule import MOST_SESSIONS, Slot
from .services import CHUNK, lock_class, pass_on, take_seat, tell


@dataclass(frozen=True, slots=True)
class CourseText:
    """What is written about a course. Materials are pairs of title and https address; `removed` are the ids
    of files that go."""

    title: str
    level: str
    aims: str
    hours: int
    pathways: Sequence[str] = ()
    topics: Sequence[str] = ()
    materials: Sequence[tuple[str, str]] = ()
    removed: Sequence[str] = ()
    is_active: bool = True


@transaction.atomic
def save_course(
    *,
    course_id: UUID | None,
    center: Center | None,
    text: CourseText,
    actor: User,
    at: datetime,
    submission_id: UUID | None = None,
) -> Course:
    """Make a course, or change one; its topics and links are replaced. Classes keep their sessions.
    `submission_id` becomes the id of a new one: sent again, it is the course that was made, unchanged.

    Raises NotYours for a course outside the actor's centres.
    """
    is_admin = bool(scopes(actor, Role.ADMIN))
    written = {
        "title": text.title, "level": text.level, "aims": text.aims, "hours": text.hours,
        "pathways": list(text.pathways), "is_active": text.is_active,
    }  # fmt: skip
    if course_id is None:
        if not is_admin and (center is None or center.pk not in scopes(actor, Role.PENGELOLA)):
            raise NotYours("Kursus dibuat hanya oleh pengelola pusatnya atau sekretariat.")
        made = {"center": center, "created_by": actor, "created_at": at, **written}
        course, is_new = Course.objects.get_or_create(pk=submission_id or uuid4(), defaults=made)
        if not is_new and course.created_by_id != actor.pk:
            raise Refused(RELOADED)
        if not is_new:
            return course
    else:
        course = lock_course(course_id, actor)
        for name, value in written.items():
            setattr(course, name, value)
        course.save(update_fields=list(written))
    course.topics.all().delete()
    CourseTopic.objects.bulk_create(
        CourseTopic(course=course, number=number, title=title)
        for number, title in enumerate(text.topics[:MOST_SESSIONS], start=1)
    )
    for old in course.materials.stored().filter(pk__in=text.removed).select_related("file"):
        old.delete()
        files.delete(cast(StoredFile, old.file))
    course.materials.links().delete()
    CourseMaterial.objects.bulk_create(
        CourseMaterial(course=course, number=number, title=title, url=url)
        for number, (title, url) in enumerate(text.materials, start=1)
    )
    audit.record(actor=actor, action="kursus.simpan", obj=course, detail={"title": text.title})
    return course


def lock_course(course_id: UUID, actor: User) -> Course:
    """A course that somebody changes, held for this transaction. Raises NotYours."""
    course = Course.objects.select_for_update(of=("self",), no_key=True).get(pk=course_id)
    if not Course.objects.editable_by(actor).filter(pk=course_id).exists():
        raise NotYours("Kursus diubah hanya oleh pengelola pusatnya atau sekretariat.")
    return course


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """What a manager decides about a class. Trainers: user id → as what they teach."""

    name: str
    place: str
    online_url: str
    capacity: int
    opens_on: date
    closes_on: date
    slots: Sequence[Slot]
    trainers: Mapping[UUID, TrainerKind] = field(default_factory=dict)


@transaction.atomic
def plan_class(
    *,
    course: Course,
    center: Center,
    plan: ClassPlan,
    actor: User,
    at: datetime,
    submission_id: UUID | None = None,
) -> TrainingClass:
    """Make a class with all its sessions; nobody sees it before it is opened. `submission_id` becomes its id:
    sent again, it is the class that was made, unchanged.

    Raises NotYours, or Refused for a schedule without a session.
    """
    if not plan.slots:
        raise Refused("Jadwalnya belum berisi satu pertemuan pun.")
    require_manager(actor, TrainingClass(center=center), act="Kelas dibuat")
    made = {
        "course": course, "center": center, "name": plan.name, "place": plan.place,
        "online_url": plan.online_url, "zone": center.zone, "capacity": plan.capacity,
        "opens_on": plan.opens_on, "closes_on": plan.closes_on,
        "starts_at": min(slot.starts_at for slot in plan.slots),
        "ends_at": max(slot.ends_at for slot in plan.slots), "created_by": actor, "created_at": at,
    }  # fmt: skip
    key = submission_id or uuid4()
    training_class, is_new = TrainingClass.objects.get_or_create(pk=key, defaults=made)
    if not is_new and training_class.created_by_id != actor.pk:
        raise Refused(RELOADED)
    if not is_new:
        return training_class
    ClassSession.objects.bulk_create(sessions_of(training_class, list(course.topics.all()), plan.slots))
    ClassTrainer.objects.bulk_create(
        ClassTrainer(training_class=training_class, user_id=user_id, kind=kind)
        for user_id, kind in plan.trainers.items()
    )
    audit.record(actor=actor, action="kelas.rencanakan", obj=training_class, detail={"name": plan.name})
    return training_class


def sessions_of(
    training_class: TrainingClass, topics: Sequence[CourseTopic], slots: Sequence[Slot]
) -> list[ClassSession]:
    """The sessions at these times, named after the topics; not saved."""
    return [
        ClassSession(
            training_class=training_class,
            number=number,
            title=topics[number - 1].title if number <= len(topics) else f"Pertemuan {number}",
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
        )
        for number, slot in enumerate(slots[:MOST_SESSIONS], start=1)
    ]


@transaction.atomic
def open_class(*, class_id: UUID, actor: User, at: datetime) -> TrainingClass:
    """Show a class in the catalogue. Opened twice, it is open."""
    training_class = lock_class(class_id)
    require_manager(actor, training_class, act="Kelas dibuka")
    if training_class.is_over:
        raise Refused("Kelas ini sudah berakhir, jadi pendaftarannya tidak bisa dibuka.")
    if not training_class.is_draft:
        return training_class
    if at >= training_class.starts_at:
        raise Refused("Pertemuan pertama sudah lewat. Buat kelas baru dengan jadwal lain.")
    if local_day(at, training_class.zone) > training_class.closes_on:
        raise Refused("Pendaftarannya sudah ditutup sebelum kelas dibuka. Buat kelas baru.")
    training_class.status = ClassStatus.DIBUKA
    training_class.save(update_fields=["status"])
    audit.record(actor=actor, action="kelas.buka", obj=training_class)
    return training_class


@transaction.atomic
def change_capacity(*, class_id: UUID, actor: User, capacity: int, at: datetime) -> TrainingClass:
    """Give a class more or fewer seats; those who wait are offered the new ones, the first first.

    Raises NotYours, or Refused below the number of seats that are held.
    """
    training_class = lock_class(class_id)
    require_manager(actor, training_class, act="Jumlah tempat diubah")
    if training_class.is_over:
        raise Refused("Kelas ini sudah berakhir.")
    if capacity < max(training_class.taken, 1):
        raise Refused(f"Sudah ada {training_class.taken} orang. Jumlah tempat tidak bisa kurang dari itu.")
    before = training_class.capacity
    training_class.capacity = capacity
    if training_class.status in ClassStatus.taking_names():
        is_full = training_class.taken >= capacity
        training_class.status = ClassStatus.PENUH if is_full else ClassStatus.DIBUKA
    training_class.save(update_fields=["capacity", "status"])
    waiting = Seat.objects.queue().filter(training_class=training_class)
    for _ in range(min(capacity - training_class.taken, waiting.count())):
        if take_seat(training_class):
            pass_on(training_class, at=at)
    detail = {"before": before, "after": capacity}
    audit.record(actor=actor, action="kelas.tempat", obj=training_class, detail=detail)
    return training_class


@transaction.atomic
def cancel_class(*, class_id: UUID, actor: User, reason: str, at: datetime) -> TrainingClass:
    """Call a class off and tell everybody in it or waiting for it, with where to find another. A draft stays
    unseen.

    Raises NotYours, or Refused for a class that is over.
    """
    training_class = lock_class(class_id)
    require_manager(actor, training_class, act="Kelas dibatalkan")
    if training_class.is_cancelled:
        return training_class
    if training_class.is_over:
        raise Refused("Kelas ini sudah selesai, jadi tidak bisa dibatalkan.")
    training_class.is_withdrawn = training_class.is_draft
    training_class.status, training_class.cancel_reason, training_class.taken = ClassStatus.BATAL, reason, 0
    training_class.save(update_fields=["status", "is_withdrawn", "cancel_reason", "taken"])
    live = Seat.objects.live().filter(training_class=training_class)
    seats = list(live.select_for_update(of=("self",), no_key=True).order_by("pk"))
    Seat.objects.filter(pk__in=[seat.pk for seat in seats]).update(status=SeatStatus.KELAS_BATAL, ended_at=at)
    tell(seats, "kelas_batal", at=at)
    detail = {"people": len(seats)}
    audit.record(actor=actor, action="kelas.batalkan", obj=training_class, reason=reason, detail=detail)
    return training_class


@transaction.atomic
def finish_class(*, class_id: UUID, actor: User, at: datetime) -> TrainingClass:
    """Close the books of a class after its last session; attendance then changes by correction alone."""
    training_class = lock_class(class_id)
    require_manager(actor, training_class, act="Kelas diselesaikan")
    if training_class.status == ClassStatus.SELESAI:
        return training_class
    if training_class.status != ClassStatus.BERJALAN or at < training_class.ends_at:
        raise Refused("Kelas diselesaikan sesudah pertemuan terakhir.")
    training_class.status = ClassStatus.SELESAI
    training_class.save(update_fields=["status"])
    tell(Seat.objects.enrolled().filter(training_class=training_class), "kelas_selesai", at=at)
    audit.record(actor=actor, action="kelas.selesaikan", obj=training_class)
    return training_class


def begin_classes(*, at: datetime) -> int:
    """Classes whose first session has come are on the way; who still waits is told. How many began."""
    due = TrainingClass.objects.filter(status__in=ClassStatus.taking_names(), starts_at__lte=at)
    ids = list(due.order_by("starts_at", "pk").values_list("pk", flat=True)[:CHUNK])
    return sum(_begin(class_id, at=at) for class_id in ids)


@transaction.atomic
def _begin(class_id: UUID, *, at: datetime) -> bool:
    found = TrainingClass.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    training_class = found.filter(pk=class_id, status__in=ClassStatus.taking_names()).first()
    if training_class is None:
        return False
    training_class.status = ClassStatus.BERJALAN
    training_class.save(update_fields=["status"])
    ended = list(
        Seat.objects.live().filter(training_class=training_class).exclude(status=SeatStatus.TERDAFTAR)
    )
    offered = sum(1 for seat in ended if seat.is_offered)
    Seat.objects.filter(pk__in=[seat.pk for seat in ended]).update(status=SeatStatus.TERLEWAT, ended_at=at)
    TrainingClass.objects.filter(pk=class_id).update(taken=training_class.taken - offered)
    tell(ended, "kelas_terlewat", at=at)
    return True
