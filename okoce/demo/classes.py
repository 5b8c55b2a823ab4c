"""Demo classes: some that take names, a full one with a waiting list, one under way, one finished.

Rows are written as the acts would have written them, from a source of chance of their own, so that people and
places stay as they were for the same seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from accounts.models import User
from core.clock import local_day
from participants.models import Enrollment, Pathway, Stage, Status
from programs.training.certificates import new_code, new_numbers
from programs.training.models import (
    Attendance,
    Certificate,
    CertificateRevocation,
    ClassSession,
    ClassStatus,
    ClassTrainer,
    Course,
    CourseMaterial,
    CourseTopic,
    Level,
    Moment,
    Presence,
    Question,
    QuizResult,
    Seat,
    SeatStatus,
    SurveyAnswer,
    SurveyDone,
    TrainerKind,
    TrainingClass,
)
from programs.training.schedule import recurring_days, slots_of

from .world import HOME, Place, World


@dataclass(frozen=True)
class Lesson:
    """One course of the programme."""

    title: str
    level: Level
    aims: str
    hours: int
    topics: tuple[str, ...]
    pathways: tuple[str, ...] = ()
    questions: tuple[tuple[str, tuple[str, ...], int], ...] = ()


LESSONS = (
    Lesson(
        "Dasar usaha mikro", Level.DASAR,
        "Sesudah kelas ini Anda bisa menghitung modal dan harga jual, dan tahu siapa pembeli Anda.", 12,
        ("Mengenal usaha dan pembeli", "Modal dan harga jual", "Uang usaha dan uang rumah", "Rencana usaha"),
        questions=(
            ("Modal satu kue Rp 3.000, dijual Rp 5.000. Berapa untungnya?",
             ("Rp 2.000", "Rp 5.000", "Rp 8.000"), 0),
            ("Uang usaha dan uang rumah sebaiknya …", ("dicatat terpisah", "dicampur saja"), 0),
            ("Sebelum membuat produk baru, yang pertama ditanya adalah …",
             ("siapa pembelinya", "apa warnanya", "kapan bank tutup"), 0),
        ),
    ),
    Lesson(
        "Siap kerja", Level.DASAR,
        "Sesudah kelas ini Anda punya surat lamaran yang rapi dan siap menghadapi wawancara.", 9,
        ("Mengenal kekuatan sendiri", "Surat lamaran", "Latihan wawancara"), (Pathway.CARI_KERJA,),
    ),
    Lesson(
        "Naik kelas: menata usaha", Level.LANJUTAN,
        "Sesudah kelas ini Anda bisa membaca untung rugi dan merencanakan tambah pekerja.", 12,
        ("Membaca untung rugi", "Mutu dan kemasan", "Menambah pekerja", "Rencana setahun"),
        (Pathway.NAIK_KELAS, Pathway.MULAI_USAHA),
    ),
    Lesson(
        "Foto produk dengan HP", Level.TEMATIK,
        "Sesudah kelas ini Anda bisa membuat foto produk yang terang dan jujur.", 4,
        ("Cahaya dan latar", "Unggah dan balas pembeli"),
    ),
)  # fmt: skip
BUSY = ("P31.74.07", "P31.74.05", "P31.71.01", "P32.73.01", "P73.71.01", "P91.71.01")
"""Centres that hold classes, where the demo has them: all three time zones."""
SAID = (
    (5, "Contohnya dari usaha sehari-hari, gampang diikuti."), (4, ""),
    (5, "Latihan menghitungnya ditambah."), (3, "Ruangannya panas."), (4, ""), (5, "Pelatihnya sabar."),
)  # fmt: skip
MARKS = (Presence.HADIR,) * 7 + (Presence.TERLAMBAT, Presence.IZIN, Presence.ALPA)


def seed_classes(world: World, *, seed_number: int, at: datetime) -> None:
    """Courses for everybody and classes at some centres, whose people in P2 take part."""
    makers = _Makers(random.Random(f"kelas {seed_number}"), at, world.trainer)
    admin = User.objects.get(email="admin@example.com")
    courses = [makers.course(lesson, admin) for lesson in LESSONS]
    for code in BUSY:
        if place := world.places.get(code):
            makers.at_place(place, courses, is_home=code == HOME)


class _Makers:
    """Makes rows one after the other from one source of chance."""

    def __init__(self, rng: random.Random, at: datetime, trainer: User | None) -> None:
        self.rng, self.at, self.trainer = rng, at, trainer

    def key(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)

    def course(self, lesson: Lesson, admin: User) -> Course:
        course = Course.objects.create(
            id=self.key(), title=lesson.title, level=lesson.level, aims=lesson.aims, hours=lesson.hours,
            pathways=list(lesson.pathways), created_by=admin, created_at=self.at,
        )  # fmt: skip
        CourseTopic.objects.bulk_create(
            CourseTopic(id=self.key(), course=course, number=number, title=title)
            for number, title in enumerate(lesson.topics, start=1)
        )
        Question.objects.bulk_create(
            Question(
                id=self.key(), course=course, number=number, text=text, choices=list(choices), answer=answer
            )
            for number, (text, choices, answer) in enumerate(lesson.questions, start=1)
        )
        CourseMaterial.objects.create(
            id=self.key(),
            course=course,
            number=1,
            title="Lembar kerja",
            url="https://example.com/lembar-kerja",
        )
        return course

    def at_place(self, place: Place, courses: Sequence[Course], *, is_home: bool) -> None:
        """A basic class soon and a thematic one; at home also a full one, one under way and one finished with
        certificates. There the trainer teaches, and the demo citizen takes part in the thematic one.
        """
        learners = self.learners(place)
        if is_home:  # of those who have been there longest
            self.one(place, courses[0], "Angkatan 2", starts_in=-9, capacity=15, people=_take(learners, 3))
            self.one(place, courses[0], "Angkatan 3", starts_in=5, capacity=1, people=_take(learners, 2))
        self.one(place, courses[0], "Angkatan 4", starts_in=12, capacity=20, people=_take(learners, 4))
        citizen = Enrollment.objects.filter(person__user__email="warga@example.com") if is_home else ()
        self.one(
            place, courses[3], "Angkatan 2", starts_in=20, capacity=15, begins=time(13), people=list(citizen)
        )
        if not is_home:
            return
        self.one(place, courses[1], "Angkatan 1", starts_in=9, capacity=12)
        self.one(place, courses[2], "Angkatan 1", starts_in=26, capacity=20, begins=time(18))
        graduates = self.graduates(place)
        people = _take(graduates, 12)
        done = self.one(place, courses[0], "Angkatan 1", starts_in=-60, capacity=20, people=people)
        self.afterwards(done, place.manager)

    def learners(self, place: Place) -> Iterator[Enrollment]:
        """People of the centre who are in P2 now."""
        found = Enrollment.objects.filter(center=place.center, stage=Stage.PELATIHAN, status=Status.AKTIF)
        return iter(list(found.order_by("registered_at", "number")[:40]))

    def graduates(self, place: Place) -> Iterator[Enrollment]:
        """People of the centre who went on from P2 lately."""
        found = Enrollment.objects.filter(
            center=place.center, stage=Stage.PENDAMPINGAN, registered_at__lte=self.at - timedelta(days=70)
        )
        return iter(list(found.order_by("registered_at", "number")[:40]))

    def one(
        self, place: Place, course: Course, name: str, *, starts_in: int, capacity: int,
        people: Sequence[Enrollment] = (), begins: time = time(9),
    ) -> TrainingClass:  # fmt: skip
        """A class that begins in so many days, with these people in it or waiting."""
        zone, topics = place.center.zone, list(course.topics.all())
        first = local_day(self.at + timedelta(days=starts_in), zone)
        days = recurring_days(
            first, count=len(topics), weekdays={1, 3}, skips_weekends=True, skips_holidays=True
        )
        slots = slots_of(days, begins=begins, ends=time(begins.hour + 3), zone=zone)
        enrolled, waiting = people[:capacity], people[capacity:]
        status = ClassStatus.PENUH if len(enrolled) == capacity else ClassStatus.DIBUKA
        if slots[-1].ends_at <= self.at:
            status = ClassStatus.SELESAI
        elif slots[0].starts_at <= self.at:
            status = ClassStatus.BERJALAN
        opened = min(self.at, slots[0].starts_at) - timedelta(days=10)
        training_class = TrainingClass.objects.create(
            id=self.key(), course=course, center=place.center, name=name,
            place=f"Ruang kelas, {place.center.address}"[:200], zone=zone, capacity=capacity,
            taken=len(enrolled), opens_on=local_day(opened, zone), closes_on=days[0],
            starts_at=slots[0].starts_at, ends_at=slots[-1].ends_at, status=status, created_by=place.manager,
            created_at=opened,
        )  # fmt: skip
        sessions = ClassSession.objects.bulk_create(
            ClassSession(
                id=self.key(), training_class=training_class, number=number, title=topic.title,
                starts_at=slot.starts_at, ends_at=slot.ends_at,
            )
            for number, (topic, slot) in enumerate(zip(topics, slots, strict=True), start=1)
        )  # fmt: skip
        coach = place.coaches[-1]
        teaching = [(coach, TrainerKind.PENDAMPING)]
        if self.trainer is not None and place.center.pk == HOME:
            teaching.append((self.trainer, TrainerKind.MITRA))
        ClassTrainer.objects.bulk_create(
            ClassTrainer(id=self.key(), training_class=training_class, user=user, kind=kind)
            for user, kind in teaching
        )
        seats = [
            Seat(
                id=self.key(), training_class=training_class, enrollment=enrollment,
                status=SeatStatus.TERDAFTAR if number < capacity else SeatStatus.MENUNGGU,
                queued_at=opened + timedelta(hours=number),
            )
            for number, enrollment in enumerate([*enrolled, *waiting])
        ]  # fmt: skip
        Seat.objects.bulk_create(seats)
        Attendance.objects.bulk_create(
            Attendance(
                id=self.key(), session=session, seat=seat, presence=self.mark(status),
                decided_at=session.starts_at + timedelta(minutes=10),
                recorded_at=session.starts_at + timedelta(minutes=10), recorded_by=coach,
            )
            for session in sessions
            if session.ends_at <= self.at
            for seat in seats[:capacity]
        )  # fmt: skip
        return training_class

    def afterwards(self, done: TrainingClass, manager: User) -> None:
        """Certificates, one of them revoked, both tests and the survey of a finished class."""
        seats = list(done.seats.order_by("queued_at"))
        numbers = new_numbers(len(seats), done, done.ends_at)
        Certificate.objects.bulk_create(
            Certificate(
                id=self.key(), number=number, code=new_code(), seat=seat, course=done.course.title,
                hours=done.course.hours, signatory=manager.display_name, issued_at=done.ends_at,
                issued_by=manager,
            )
            for seat, number in zip(seats, numbers, strict=True)
        )  # fmt: skip
        revoked = Certificate.objects.filter(seat__in=seats).order_by("number").last()
        if revoked is not None:
            CertificateRevocation.objects.create(
                certificate=revoked, reason="Nama kursus salah; terbit lagi dengan nomor baru.",
                at=done.ends_at + timedelta(days=3), by=manager,
            )  # fmt: skip
        total = done.course.questions.count()
        QuizResult.objects.bulk_create(
            QuizResult(id=self.key(), seat=seat, moment=moment, right=right, total=total, at=at)
            for seat in seats
            for moment, right, at in (
                (Moment.AWAL, self.rng.randrange(total), done.starts_at),
                (Moment.AKHIR, self.rng.randrange(1, total + 1), done.ends_at),
            )
        )
        SurveyDone.objects.bulk_create(SurveyDone(seat=seat) for seat in seats[: len(SAID)])
        SurveyAnswer.objects.bulk_create(
            SurveyAnswer(id=self.key(), training_class=done, batch=number // 5, rating=rating, words=words)
            for number, (rating, words) in enumerate(SAID[: len(seats)])
        )

    def mark(self, status: ClassStatus) -> Presence:
        """Whoever went on from the finished class was there."""
        return Presence.HADIR if status == ClassStatus.SELESAI else self.rng.choice(MARKS)


def _take(people: Iterator[Enrollment], count: int) -> list[Enrollment]:
    return [enrollment for _, enrollment in zip(range(count), people, strict=False)]
