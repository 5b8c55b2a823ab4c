"""Demo vacancies, and job seekers in every state between applying and a confirmed job.

Rows are written as the acts would have written them, from a source of chance of their own.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from core.clock import local_day, next_working_day
from participants.models import Enrollment, Pathway, Stage, Status
from programs.placement.models import (
    Application,
    ApplicationChange,
    ApplicationStatus,
    Placement,
    Vacancy,
    VacancyStatus,
)
from programs.placement.vacancies import FILLED

from .world import HOME, Phones, Place, World


@dataclass(frozen=True)
class Job:
    """What is advertised: posted so many days ago, for so many more days."""

    position: str
    employer: str
    requirements: str
    pay: tuple[int, int] | None
    places: int = 2
    days_ago: int = 5
    days_left: int = 20
    closed_reason: str = ""


JOBS = (
    Job("Kasir", "Toko Kue Contoh", "Teliti dan jujur. Bisa datang pagi.", (3_200_000, 3_800_000), 3, 2),
    Job("Penjahit", "Konveksi Contoh", "Bisa menjahit mesin.\nBersedia dites.", (3_000_000, 4_500_000), 5),
    Job("Admin gudang", "Gudang Contoh", "Bisa komputer dasar.", None, 1, 8, 12),
    Job("Pramusaji", "Warung Contoh", "Tanpa syarat khusus.", (2_900_000, 2_900_000), 2, 12, 6),
    Job("Barista", "Kedai Contoh", "Ramah. Dilatih.", (3_100_000, 3_600_000), 1, 30, 3, "Sudah terisi"),
)  # fmt: skip
ELSEWHERE = (
    Job("Kurir", "Jasa Antar Contoh", "Punya SIM C.", (3_000_000, 4_000_000), 4, 3, 25),
    Job("Staf toko", "Toko Bangunan Contoh", "Kuat mengangkat barang.", None, 1, 6, 15),
)
STORIES = ("melamar", "wawancara", "ditolak", "diterima", "separuh", "sendiri", "lengkap")
"""In turn for the job seekers in P3. Those near the home centre apply there."""
NEAR_HOME = "31.74."


def seed_work(world: World, *, seed_number: int, at: datetime, phones: Phones) -> int:
    """Vacancies, applications and placements; returns how many vacancies."""
    makers = _Makers(random.Random(f"{seed_number}:work"), at, phones)
    home = world.places[HOME]
    board = {HOME: [makers.vacancy(home, job) for job in JOBS]}
    seekers = Enrollment.objects.filter(
        pathway=Pathway.CARI_KERJA, stage=Stage.PENDAMPINGAN, status=Status.AKTIF,
        person__user__isnull=False, coach__isnull=False, registered_at__lt=at - timedelta(days=25),
    ).select_related("person__user", "coach")  # fmt: skip
    for number, enrollment in enumerate(seekers.order_by("number")):
        near = HOME if enrollment.district_id.startswith(NEAR_HOME) else enrollment.center_id or HOME
        if near not in board:
            board[near] = [makers.vacancy(world.places[near], ELSEWHERE[len(board) % len(ELSEWHERE)])]
        choices = [one for one in board[near] if not one.is_closed]
        makers.follow(STORIES[number % len(STORIES)], enrollment, choices[number % len(choices)])
    vacancies = [one for found in board.values() for one in found]
    for one in vacancies:
        if makers.taken[one.pk] >= one.places and not one.is_closed:
            one.status, one.closed_reason = VacancyStatus.DITUTUP, FILLED
    Vacancy.objects.bulk_create(vacancies)
    Application.objects.bulk_create(makers.applications)
    ApplicationChange.objects.bulk_create(makers.changes)
    Placement.objects.bulk_create(makers.placements)
    return sum(map(len, board.values()))


class _Makers:
    """Makes rows one after the other from one source of chance."""

    def __init__(self, rng: random.Random, at: datetime, phones: Phones) -> None:
        self.rng, self.at, self.phones = rng, at, phones
        self.applications: list[Application] = []
        self.changes: list[ApplicationChange] = []
        self.placements: list[Placement] = []
        self.taken: Counter[UUID] = Counter()

    def key(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)

    def vacancy(self, place: Place, job: Job) -> Vacancy:
        center = place.center
        low, high = job.pay or (None, None)
        return Vacancy(
            id=self.key(), center=center, zone=center.zone, submission_id=self.key(), employer=job.employer,
            position=job.position, district=center.district, pay_from=low, pay_to=high,
            requirements=job.requirements, places=job.places, posted_by=place.manager,
            until_on=local_day(self.at, center.zone) + timedelta(days=job.days_left),
            posted_at=self.at - timedelta(days=job.days_ago, minutes=self.rng.randrange(600)),
            status=VacancyStatus.DITUTUP if job.closed_reason else VacancyStatus.DIBUKA,
            closed_reason=job.closed_reason,
        )  # fmt: skip

    def follow(self, story: str, enrollment: Enrollment, vacancy: Vacancy) -> None:
        """One job seeker: through the board, or with work they found themselves."""
        if story == "sendiri":
            self.place(enrollment, None, confirmed_by_participant=True)
            return
        one = Application(
            id=self.key(), vacancy=vacancy, enrollment=enrollment, applied_at=self.at - timedelta(hours=40)
        )
        self.applications.append(one)
        self.step(one, ApplicationStatus.MELAMAR, hours_ago=40)
        if story == "melamar":
            return
        if story == "ditolak":
            one.reason = "Dicari yang sudah berpengalaman"
            self.step(one, ApplicationStatus.TIDAK_DITERIMA, hours_ago=16, note=one.reason)
            return
        day = next_working_day(local_day(self.at, vacancy.zone) + timedelta(days=1))
        if story != "wawancara":
            day = local_day(self.at, vacancy.zone) - timedelta(days=1)
        one.interview_at = datetime.combine(day, time(9), tzinfo=ZoneInfo(vacancy.zone))
        one.interview_place = "Di tempat kerja, bertemu pemiliknya"
        self.step(one, ApplicationStatus.WAWANCARA, hours_ago=30, note=one.interview_place)
        if story == "wawancara":
            return
        if self.taken[vacancy.pk] >= vacancy.places:
            return
        self.taken[vacancy.pk] += 1
        self.step(one, ApplicationStatus.DITERIMA, hours_ago=6)
        self.place(
            enrollment, one, confirmed_by_participant=story != "diterima",
            confirmed_by_employer=story == "lengkap",
        )  # fmt: skip

    def step(self, one: Application, status: ApplicationStatus, *, hours_ago: int, note: str = "") -> None:
        one.status = status
        is_own = status == ApplicationStatus.MELAMAR
        self.changes.append(
            ApplicationChange(
                application=one,
                status=status,
                note=note,
                at=self.at - timedelta(hours=hours_ago),
                by=one.enrollment.person.user if is_own else one.vacancy.posted_by,
            )
        )

    def place(
        self, enrollment: Enrollment, one: Application | None, *,
        confirmed_by_participant: bool, confirmed_by_employer: bool = False,
    ) -> None:  # fmt: skip
        """The job, recorded six hours ago by who posted the vacancy or by the participant."""
        recorded_at = self.at - timedelta(hours=6)
        user = enrollment.person.user
        assert user is not None  # only people with an account were asked for
        made = Placement(
            id=self.key(), enrollment=enrollment, application=one,
            submission_id=None if one else self.key(),
            employer=one.vacancy.employer if one else "Bengkel Contoh",
            position=one.vacancy.position if one else "Pembantu montir",
            starts_on=local_day(self.at, enrollment.zone) + timedelta(days=3),
            recorded_by=one.vacancy.posted_by if one else user, recorded_at=recorded_at,
            participant_at=recorded_at + timedelta(hours=2) if confirmed_by_participant else None,
        )  # fmt: skip
        if confirmed_by_employer:
            made.employer_at, made.employer_how = recorded_at + timedelta(hours=3), "petugas"
            made.employer_by = enrollment.coach
            made.employer_note = "Tidak punya HP. Saya datangi tempat kerjanya."
        elif one and confirmed_by_participant:  # the employer was asked, and has not answered
            made.asked_at = recorded_at + timedelta(hours=1)
            made.set_phone(self.phones.take() or "")
        self.placements.append(made)
