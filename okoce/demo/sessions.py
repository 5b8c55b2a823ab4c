"""Demo sessions and plans of the home centre: met and confirmed, not yet answered, today, next week, missed.

Rows are written as the acts would have written them, from a source of chance of their own, so that people and
places stay as they were for the same seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from core.clock import local_day, next_working_day
from participants.models import Enrollment, Pathway, Stage, Status
from programs.mentoring.models import (
    ActionPlan,
    Agreed,
    MentoringSession,
    PlaceKind,
    PlanStep,
    SessionAnswer,
    SessionStatus,
    StepOwner,
)

from .world import HOME, World

TALKS = (
    ("Menghitung harga jual", "Menghitung bahan, tenaga, dan untung tiap porsi.", "mencoba harga baru"),
    (
        "Pembeli pertama",
        "Menulis siapa pembelinya dan di mana bertemu mereka.",
        "menawarkan ke lima tetangga",
    ),
    ("Uang usaha dan uang rumah", "Memisahkan dua dompet, mulai mencatat tiap malam.", "mencatat seminggu"),
)
STEPS = (
    ("Menghitung biaya satu porsi", StepOwner.PESERTA, Stage.PENDAMPINGAN),
    ("Menawarkan ke lima pembeli", StepOwner.PESERTA, Stage.PENDAMPINGAN),
    ("Membantu mendaftar NIB di OSS", StepOwner.PENDAMPING, Stage.PERIZINAN),
    ("Memotret tiga produk", StepOwner.PESERTA, Stage.PEMASARAN),
)


@dataclass(frozen=True)
class Story:
    """Sessions met so many days ago (the first `confirmed` of them confirmed), and one in so many days."""

    met_ago: tuple[int, ...]
    confirmed: int
    next_in: int | None = None
    is_proposed: bool = False
    missed_ago: int | None = None


STORIES = (
    Story(met_ago=(16, 9, 2), confirmed=2, next_in=6, missed_ago=12),
    Story(met_ago=(12, 5), confirmed=2, next_in=0, is_proposed=True),
    Story(met_ago=(8,), confirmed=1, next_in=3),
    Story(met_ago=(20, 13, 6), confirmed=3),
    Story(met_ago=(10,), confirmed=0, next_in=1),
)
"""In turn for the mentees of the home centre from P3 on, coach by coach."""


def seed_sessions(world: World, *, seed_number: int, at: datetime) -> int:
    """Sessions and plans for the mentees of the home centre from P3 on; returns how many sessions."""
    makers = _Makers(random.Random(f"{seed_number}:sessions"), at)
    sessions: list[MentoringSession] = []
    plans: list[ActionPlan] = []
    steps: list[PlanStep] = []
    heard: list[Enrollment] = []
    for coach in world.places[HOME].coaches:
        mentees = (
            Enrollment.objects.filter(
                coach=coach, status=Status.AKTIF, stage__in=list(Stage)[2:], person__user__isnull=False,
                registered_at__lt=at - timedelta(days=25), assignments__ended_at__isnull=True,
                assignments__accepted_at__isnull=False,
            )
            .exclude(pathway=Pathway.CARI_KERJA)
            .select_related("person")
            .order_by("number")
            .distinct()
        )  # fmt: skip
        for enrollment in mentees:
            story = STORIES[len(heard) % len(STORIES)]
            made = list(makers.sessions(enrollment, story))
            sessions += made
            met = [one.starts_at for one in made if one.is_held]
            enrollment.last_activity_at = max(enrollment.last_activity_at, *met)
            heard.append(enrollment)
            plan = makers.plan(enrollment, story)
            plans.append(plan)
            steps += makers.steps(plan, enrollment)
    MentoringSession.objects.bulk_create(sessions)
    ActionPlan.objects.bulk_create(plans)
    PlanStep.objects.bulk_create(steps)
    Enrollment.objects.bulk_update(heard, ["last_activity_at"], batch_size=500)
    return len(sessions)


class _Makers:
    """Makes rows one after the other from one source of chance."""

    def __init__(self, rng: random.Random, at: datetime) -> None:
        self.rng, self.at = rng, at

    def key(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)

    def sessions(self, enrollment: Enrollment, story: Story) -> Iterator[MentoringSession]:
        """What was, and what is to come; nothing before the registration."""
        today = local_day(self.at, enrollment.zone)
        for place, ago in enumerate(story.met_ago):
            session = self.session(enrollment, -ago, TALKS[place % len(TALKS)])
            session.status = SessionStatus.TERLAKSANA
            if place < story.confirmed:
                session.answer = SessionAnswer.TERJADI
                session.answered_at = session.recorded_at
            yield session
        if story.missed_ago is not None:
            missed = self.session(enrollment, -story.missed_ago, TALKS[1])
            missed.status, missed.done, missed.agreed = SessionStatus.TIDAK_DATANG, "", ""
            missed.next_on = next_working_day(missed.day)
            yield missed
        if story.next_in is not None:
            coming = self.session(enrollment, story.next_in, TALKS[2])
            coming.status, coming.done, coming.agreed = SessionStatus.DIRENCANAKAN, "", ""
            coming.recorded_at = coming.recorded_on = coming.recorded_by = None
            coming.held_submission_id = coming.next_on = None
            coming.created_at = self.at - timedelta(days=1)
            coming.place_kind = PlaceKind.KUNJUNGAN if story.next_in == 0 else PlaceKind.PUSAT
            assert coming.day >= today
            yield coming

    def session(self, enrollment: Enrollment, days: int, talk: tuple[str, str, str]) -> MentoringSession:
        """One that was held and written down an hour later, so many days from today."""
        topic, done, agreed = talk
        day = local_day(self.at, enrollment.zone) + timedelta(days=days)
        starts_at = datetime.combine(
            day, time(self.rng.choice((9, 10, 13, 15))), tzinfo=ZoneInfo(enrollment.zone)
        )
        recorded_at = starts_at + timedelta(hours=1)
        return MentoringSession(
            id=self.key(), enrollment=enrollment, stage=enrollment.stage, coach=enrollment.coach,
            submission_id=self.key(), held_submission_id=self.key(), place_kind=PlaceKind.PUSAT, topic=topic,
            starts_at=starts_at, zone=enrollment.zone, day=day, done=done, agreed=agreed,
            next_on=next_working_day(day + timedelta(days=6)), created_by=enrollment.coach,
            recorded_by=enrollment.coach, recorded_at=recorded_at,
            recorded_on=local_day(recorded_at, enrollment.zone), created_at=recorded_at,
        )  # fmt: skip

    def plan(self, enrollment: Enrollment, story: Story) -> ActionPlan:
        """Agreed three weeks ago, or just proposed."""
        written_at = self.at - timedelta(days=1 if story.is_proposed else 21)
        plan = ActionPlan(
            id=self.key(), enrollment=enrollment, goal=enrollment.goal or "Berjualan tiap hari",
            proposed_by=enrollment.coach, proposed_at=written_at,
        )  # fmt: skip
        if not story.is_proposed:
            plan.agreed_at, plan.agreed_how = written_at + timedelta(hours=2), Agreed.PORTAL
            plan.agreed_by = enrollment.person.user
        return plan

    def steps(self, plan: ActionPlan, enrollment: Enrollment) -> Iterator[PlanStep]:
        """The first is done where the plan is in force."""
        today = local_day(self.at, enrollment.zone)
        for number, (text, owner, stage) in enumerate(STEPS, start=1):
            step = PlanStep(
                id=self.key(), plan=plan, number=number, text=text, owner=owner, stage=stage,
                due_on=today + timedelta(days=7 * number - 4),
            )  # fmt: skip
            if number == 1 and plan.agreed_at is not None:
                step.done_at, step.done_by = plan.agreed_at + timedelta(days=4), plan.agreed_by
            yield step
