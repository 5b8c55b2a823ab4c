"""Courses, classes and people in them, made by the acts themselves so that they are as real ones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from accounts.models import Role, User
from accounts.tests.factories import staff
from centers.models import Center
from core.clock import now
from participants.models import Enrollment, Stage
from participants.tests.factories import center_of, participant
from programs.training import attendance, planning, services
from programs.training.models import (
    Attendance,
    ClassSession,
    ClassStatus,
    Course,
    Level,
    Presence,
    Seat,
    SeatStatus,
    TrainerKind,
    TrainingClass,
)
from programs.training.schedule import slots_of

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""Monday, 23 November 2026, 10.00 WIB: when the people of the tests act."""
FIRST_DAY = date(2026, 12, 7)


def manager_of(center: Center | str = "P31.74.07", **fields: Any) -> User:
    """A manager of this centre."""
    place = center_of(center) if isinstance(center, str) else center
    return staff(Role.PENGELOLA, place.code, is_demo=True, **fields)


def course(
    *,
    level: Level = Level.DASAR,
    topics: int = 3,
    title: str = "Dasar usaha",
    pathways: list[str] | None = None,
) -> Course:
    """A course of the whole programme."""
    text = planning.CourseText(
        title=title, level=level, aims="Bisa menghitung harga jual", hours=12, pathways=pathways or [],
        topics=[f"Topik {n}" for n in range(1, topics + 1)], materials=[("Buku", "https://contoh.id/buku")],
    )  # fmt: skip
    admin = staff(Role.ADMIN, "ID", is_demo=True)
    return planning.save_course(course_id=None, center=None, text=text, actor=admin, at=AT)


def training_class(
    *, center: Center | str = "P31.74.07", capacity: int = 25, sessions: int = 3, is_open: bool = True,
    of: Course | None = None, manager: User | None = None, trainers: dict[UUID, TrainerKind] | None = None,
    first_on: date = FIRST_DAY, begins: time = time(9), ends: time = time(11), at: datetime = AT,
    place: str = "Ruang Melati", name: str = "Angkatan 1",
) -> TrainingClass:  # fmt: skip
    """An open class with one session a day from `first_on` on, local hours of its centre."""
    where = center_of(center) if isinstance(center, str) else center
    actor = manager or manager_of(where)
    days = [first_on + timedelta(days=n) for n in range(sessions)]
    plan = planning.ClassPlan(
        name=name, place=place, online_url="", capacity=capacity, opens_on=at.date() - timedelta(days=2),
        closes_on=first_on, slots=slots_of(days, begins=begins, ends=ends, zone=where.zone),
        trainers=trainers or {},
    )  # fmt: skip
    made = planning.plan_class(course=of or course(), center=where, plan=plan, actor=actor, at=at)
    return planning.open_class(class_id=made.pk, actor=actor, at=at) if is_open else made


def trainee(center: Center | str = "P31.74.07", **fields: Any) -> Enrollment:
    """Somebody in P2, with an account of their own."""
    stage = fields.pop("stage", Stage.PELATIHAN)
    registered = fields.pop("registered_at", AT - timedelta(days=20))
    return participant(stage=stage, center=center, registered_at=registered, **fields)


def enrolled(one: TrainingClass, enrollment: Enrollment | None = None, *, at: datetime = AT) -> Seat:
    """A seat taken by the participant's own hand."""
    who = enrollment or trainee()
    return services.enrol(enrollment_id=who.pk, class_id=one.pk, actor=who.person.user, at=at)


def session_of(one: TrainingClass, number: int = 1) -> ClassSession:
    """The n-th session."""
    return one.sessions.get(number=number)


def called(one: TrainingClass, seat: Seat, presences: str, *, by: User | None = None, first: int = 1) -> None:
    """Roll calls of the sessions from `first` on, one word each: "hadir alpa alpa"."""
    leader = by or manager_of(one.center)
    for number, word in enumerate(presences.split(), start=first):
        session = session_of(one, number)
        attendance.roll_call(
            session_id=session.pk, actor=leader, submission_id=uuid4(), presences={seat.pk: Presence(word)},
            decided_at=None, at=session.starts_at + timedelta(minutes=5),
        )  # fmt: skip


def finished_class(
    *, people: int, sessions: int = 2, center: Center | str = "P31.74.07"
) -> tuple[TrainingClass, User]:
    """A finished class that everybody attended, and its manager; rows written together, for many people."""
    where = center_of(center) if isinstance(center, str) else center
    manager = manager_of(where, display_name="Maya Contoh")
    one = training_class(center=where, capacity=people, sessions=sessions, manager=manager)
    enrollments = [trainee(center=where) for _ in range(people)]
    seats = Seat.objects.bulk_create(
        Seat(training_class=one, enrollment=who, status=SeatStatus.TERDAFTAR, queued_at=AT)
        for who in enrollments
    )
    Attendance.objects.bulk_create(
        Attendance(
            session=session, seat=seat, presence=Presence.HADIR, decided_at=session.starts_at,
            recorded_at=session.starts_at, recorded_by=manager,
        )
        for session in one.sessions.all() for seat in seats
    )  # fmt: skip
    TrainingClass.objects.filter(pk=one.pk).update(taken=people, status=ClassStatus.SELESAI)
    one.refresh_from_db()
    return one, manager


def begin(one: TrainingClass, number: int) -> ClassSession:
    """Bring the n-th session to the present: the class is under way and this session is on."""
    session = one.sessions.get(number=number)
    starts = now() - timedelta(minutes=5)
    ClassSession.objects.filter(pk=session.pk).update(starts_at=starts, ends_at=starts + timedelta(hours=2))
    TrainingClass.objects.filter(pk=one.pk).update(starts_at=starts - timedelta(days=number))
    planning.begin_classes(at=now())
    session.refresh_from_db()
    return session
