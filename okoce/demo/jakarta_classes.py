"""The classes of the profile `jakarta-2018`."""

from __future__ import annotations

import random
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from core.clock import day_start
from programs.training.models import (
    ClassSession,
    ClassStatus,
    ClassTrainer,
    Course,
    CourseTopic,
    Level,
    TrainerKind,
    TrainingClass,
)

from .copying import Copier
from .jakarta_basis import DAYS, FIRST_DAY, ZONE, Post, new_id, stamp

CLASS_DAYS = (-6, -5, -3, -1, 0)
"""Days of the sessions of a class, counted from its last."""
CLASS_SEATS = 30


@dataclass(slots=True)
class PlannedClass:
    """A class that people are given seats of: its sessions by day, its trainer, how many it has still room
    for."""

    id: UUID
    trainer: UUID
    sessions: list[tuple[UUID, int]]
    free: int = CLASS_SEATS


class Classes:
    """Classes of one basic course, one after another in every centre, as many at once as are needed."""

    BEGINS, ENDS = 9 * 60, 12 * 60

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        founder = User.objects.get(email="admin@example.com").pk
        self.course = Course.objects.create(
            id=new_id(rng), title="Memulai usaha", level=Level.DASAR, hours=20, created_by_id=founder,
            aims="Menghitung modal dan harga, melayani pembeli, mencatat uang.",
            created_at=day_start(FIRST_DAY, ZONE),
        )  # fmt: skip
        titles = ("Dari gagasan ke rencana", "Modal dan harga", "Membuat dan menjaga mutu", "Mencari pembeli",
                  "Mencatat uang")  # fmt: skip
        self.titles = [
            CourseTopic(id=new_id(rng), course=self.course, number=number, title=title)
            for number, title in enumerate(titles, start=1)
        ]
        CourseTopic.objects.bulk_create(self.titles)
        self.open: dict[tuple[str, int], PlannedClass] = {}
        self.rows = Copier(
            TrainingClass,
            ("id", "course_id", "center_id", "name", "place", "zone", "capacity", "opens_on", "closes_on",
            "starts_at", "ends_at", "status", "created_by_id", "created_at"),
        )  # fmt: skip
        self.sessions = Copier(
            ClassSession, ("id", "training_class_id", "number", "title", "starts_at", "ends_at")
        )
        self.trainers = Copier(ClassTrainer, ("id", "training_class_id", "user_id", "kind"))
        self.tables = (self.rows, self.sessions, self.trainers)

    def seat(self, post: Post, since: int) -> tuple[PlannedClass, int]:
        """A class with a free seat that begins after the day `since`, and its last day: at most 13 later."""
        last = since + 7 + (-(since + 7) % 7)
        found = self.open.get((post.center.pk, last))
        if found is None or not found.free:
            found = self.open[post.center.pk, last] = self._plan(post, last)
        found.free -= 1
        return found, last

    def _plan(self, post: Post, last: int) -> PlannedClass:
        days = [last + offset for offset in CLASS_DAYS]
        opens = max(0, days[0] - 21)
        made = PlannedClass(
            new_id(self.rng), self.rng.choice(post.coaches), [(new_id(self.rng), day) for day in days]
        )
        self.rows.add(
            made.id, self.course.pk, post.center.pk, f"Angkatan {DAYS[last]}", post.center.name, ZONE,
            CLASS_SEATS, DAYS[opens], DAYS[max(opens, days[0] - 1)], stamp(days[0], self.BEGINS),
            stamp(last, self.ENDS), ClassStatus.SELESAI.value, post.manager, stamp(opens, 8 * 60),
        )  # fmt: skip
        for (session, day), topic in zip(made.sessions, self.titles, strict=True):
            self.sessions.add(
                session,
                made.id,
                topic.number,
                topic.title,
                stamp(day, self.BEGINS),
                stamp(day, self.ENDS),
            )
        self.trainers.add(new_id(self.rng), made.id, made.trainer, TrainerKind.PENDAMPING.value)
        return made
