"""The profile `jakarta-2018`: the programme report for 2018 as records of people who do not exist.

Figures to the digit (Jakarta, cut-off 31 Dec 2018): 65,414 registered, 55,732 reached training, 33,214
mentoring, 16,734 licensing; everyone there holds a verified base permit and is still there; 29,346 workers
reported, none confirmed. Drawn person by person from one source of chance, written with COPY, parents first.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.codes import ALPHABET
from accounts.models import Role, RoleAssignment, User
from centers.models import Agency, Center, CoachProfile, District
from core import crypto
from core.clock import day_start
from core.models import StoredFile
from core.validators import NIK_WARNINGS, mask_nik, mask_phone
from participants.models import (
    Business,
    CoachAssignment,
    Consent,
    ConsentPurpose,
    Enrollment,
    EvidenceKind,
    EvidenceStatus,
    IdentityStatus,
    Pathway,
    Person,
    Stage,
    StageEvidence,
    StageTransition,
    Status,
    StopReason,
    TransitionKind,
    WorkforceReport,
)
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
from programs.training.certificates import CODE_LENGTH
from programs.training.models import (
    Attendance,
    Certificate,
    ClassSession,
    ClassStatus,
    ClassTrainer,
    Course,
    CourseTopic,
    Level,
    Presence,
    Seat,
    SeatStatus,
    TrainerKind,
    TrainingClass,
)

from .copying import Copier, flush_together
from .names import full_name
from .people import BUSINESS_WORDS, CONSENT_VERSION, GOALS, NIK_WARNING_SHARE
from .world import HOME, STREETS, Phones

PROFILE = "jakarta-2018"
PROVINCE = "31"
ZONE = "Asia/Jakarta"
FIRST_DAY = date(2017, 10, 1)
CUTOFF = date(2018, 12, 31)
LAST = (CUTOFF - FIRST_DAY).days
"""Days are counted from FIRST_DAY; this is the cut-off."""

SMALLEST_SHARE = 0.12
"""Least weight of a kecamatan; the average is 1."""

ISLANDS = {"31.01.01": 0.13, "31.01.02": 0.18}
"""Kepulauan Seribu has few inhabitants."""

FIRST_BIRTH = date(1951, 1, 1)
BIRTHS = (date(2000, 12, 31) - FIRST_BIRTH).days + 1
MENTEES_PER_COACH = 60
DAYS_IN_STAGE = ((1, 12), (14, 60), (30, 110))
"""Least and most days in P1, P2 and P3 of those who went on."""

CLASS_DAYS = (-6, -5, -3, -1, 0)
"""Days of the sessions of a class, counted from its last."""
CLASS_SEATS = 30
PRESENT = (Presence.HADIR, Presence.HADIR, Presence.HADIR, Presence.TERLAMBAT)
ON_PAPER = 0.1
"""Share of what is proved by accepted evidence, as before classes, plans and sessions were in the portal."""

STEPS = (
    ("Urus izin usaha", StepOwner.PESERTA, Stage.PERIZINAN, 45),
    ("Foto produk yang rapi", StepOwner.PESERTA, Stage.PENDAMPINGAN, 14),
    ("Carikan dua calon pembeli tetap", StepOwner.PENDAMPING, Stage.PENDAMPINGAN, 30),
)
"""The steps of every plan: what, whose turn, for which stage, days after it was agreed."""

TALKS = (
    ("Harga dan bahan", "Menghitung harga jual dari bahan, tenaga, dan untung.", "Coba harga baru seminggu"),
    ("Catatan uang", "Memisahkan uang rumah dan uang usaha.", "Catat tiap hari"),
    ("Pembeli tetap", "Menyusun daftar calon pembeli di sekitar.", "Kunjungi tiga warung"),
)
"""What sessions are about: topic, what was done, what was agreed."""

LICENSING_DAYS = 4
"""Days that a permit needs to be issued, sent and checked."""

SOURCES = ("Teman atau keluarga", "Kelurahan", "Media sosial", "Spanduk", "")
WORKERS = (0, 1, 1, 2, 2, 3, 4)
STOPS = (StopReason.PINDAH, StopReason.KELUARGA, StopReason.TIDAK_BERMINAT, StopReason.BEKERJA)


@dataclass(frozen=True, slots=True)
class Golden:
    """The totals a run must give."""

    reached: tuple[int, int, int, int]
    workers: int

    def scaled(self, share: float) -> Golden:
        """The same proportions for fewer people."""
        first, second, third, fourth = (round(figure * share) for figure in self.reached)
        return Golden((first, second, third, fourth), round(self.workers * share))


REPORT_2018 = Golden((65_414, 55_732, 33_214, 16_734), 29_346)


@dataclass(slots=True)
class Post:
    """A centre with the people who work there, and the agencies of its area."""

    center: Center
    manager: UUID
    manager_name: str
    coaches: list[UUID]
    agencies: list[str]
    licensing: str | None


@dataclass(slots=True)
class Plan:
    """What is decided about a person before anything is written: how far, on which path, since when."""

    post: Post
    gender: str
    born: date
    depth: int
    pathway: Pathway
    day: int
    minute: int
    workers: int = 0
    number: str = ""
    is_demo: bool = False


@transaction.atomic
def seed_jakarta_2018(
    *, participants: int, seed_number: int, password: str, phones: Phones, picture: StoredFile
) -> int:
    """Write the profile and return the number of participants. Needs areas; the database holds nobody yet.

    With fewer participants than the report's 65,414 all totals shrink in proportion. `password` is the one
    hash everybody shares.
    """
    golden = REPORT_2018.scaled(participants / REPORT_2018.reached[0])
    rng = random.Random(seed_number)
    _check_references("IMMEDIATE")
    posts = _build_posts(rng, golden, phones=phones, password=password)
    plans = _draw_plans(rng, golden, posts)
    _number(plans)
    certificates = sum(plan.depth > 2 for plan in plans)
    writer = _Writer(rng, phones=phones, password=password, picture=picture, certificates=certificates)
    for plan in plans:
        writer.write(plan)
    writer.finish()
    _check_references("DEFERRED")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return len(plans)


def _check_references(when: str) -> None:
    """Check foreign keys with each chunk, or at the end as usual.

    Checks that wait for the end are walked through again by every row whose history is kept: the time would
    grow with the square of the rows.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL {when}")


# Places and staff -------------------------------------------------------------------------------------------


def _build_posts(rng: random.Random, golden: Golden, *, phones: Phones, password: str) -> list[Post]:
    """One open centre in each kecamatan, its manager and enough coaches; the others of the demo."""
    districts = list(
        District.objects.current()
        .filter(code__startswith=f"{PROVINCE}.")
        .select_related("regency")
        .order_by("code")
    )
    opened = day_start(FIRST_DAY, ZONE)
    staff = _Staff(rng, phones, password, opened)
    mentees = golden.reached[1] / len(districts)
    posts = []
    for district in districts:
        center = Center(
            code=f"P{district.pk}",
            district=district,
            name=f"Pusat OK OCE {district.name}",
            status=Center.Status.BUKA,
            address=f"Jl. {rng.choice(STREETS)} No. {rng.randint(1, 90)}, {district.name}",
            hours="Senin–Jumat 08.00–16.00",
            zone=district.zone,
            capacity=3_000,
            whatsapp=phones.take() or "",
            opened_on=FIRST_DAY,
            lat=district.lat,
            lng=district.lng,
        )
        is_home = center.pk == HOME
        manager = staff.hire(Role.PENGELOLA, center.pk, "pengelola@example.com" if is_home else None)
        manager_name = staff.users[-1].display_name
        number = max(2, round(mentees * ISLANDS.get(district.pk, 1) / MENTEES_PER_COACH))
        coaches = []
        for position in range(number):
            email = "pendamping@example.com" if is_home and not position else None
            coaches.append(staff.hire(Role.PENDAMPING, center.pk, email, center=center))
        agencies = Agency.objects.for_district(district)
        licensing = agencies.licensing().first()
        posts.append(
            Post(
                center,
                manager,
                manager_name,
                coaches,
                [agency.pk for agency in agencies.supervising()],
                licensing.pk if licensing else None,
            )
        )
    staff.hire(Role.DINAS, PROVINCE, "dinas@example.com")
    staff.hire(Role.PELATIH, HOME, "pelatih@example.com")
    staff.hire(Role.MITRA_MODAL, "ID", "mitra@example.com")
    staff.hire(Role.ADMIN, "ID", "admin@example.com", name="Sekretariat PGO")
    Center.objects.bulk_create([post.center for post in posts])
    staff.write()
    return posts


class _Staff:
    """Collects staff and writes them together."""

    def __init__(self, rng: random.Random, phones: Phones, password: str, since: datetime) -> None:
        self.rng, self.phones, self.password, self.since = rng, phones, password, since
        self.users: list[User] = []
        self.roles: list[RoleAssignment] = []
        self.profiles: list[CoachProfile] = []

    def hire(
        self,
        role: Role,
        scope: str,
        email: str | None = None,
        *,
        name: str = "",
        center: Center | None = None,
    ) -> UUID:
        """A member of staff with one role; a coach also gets a profile at the centre."""
        user = User(
            id=_uuid(self.rng),
            display_name=name or full_name(self.rng, self.rng.choice("LP")),
            email=email,
            is_demo=True,
            created_at=self.since,
            password=self.password,
        )
        user.set_phone(self.phones.take())
        self.users.append(user)
        self.roles.append(RoleAssignment(user=user, role=role, scope=scope, starts_at=self.since))
        if center is not None:
            self.profiles.append(
                CoachProfile(
                    user=user,
                    center=center,
                    capacity=MENTEES_PER_COACH,
                    bio="Pendamping usaha mikro, senang mendengar dulu.",
                )
            )
        return user.pk

    def write(self) -> None:
        """Insert everybody."""
        User.objects.bulk_create(self.users, batch_size=500)
        RoleAssignment.objects.bulk_create(self.roles, batch_size=500)
        CoachProfile.objects.bulk_create(self.profiles, batch_size=500)


# Who, how far, since when -----------------------------------------------------------------------------------


def apportion(total: int, weights: Sequence[float], limits: Sequence[int] | None = None) -> list[int]:
    """Whole numbers that add up to `total` in proportion to the weights, none above its limit.

    Raises ValueError when the limits leave no room.
    """
    most = list(limits) if limits is not None else [total] * len(weights)
    if sum(most) < total:
        raise ValueError("the limits leave no room")
    parts = [0] * len(weights)
    left = total
    while left:
        free = [index for index, part in enumerate(parts) if part < most[index]]
        whole = sum(weights[index] for index in free)
        exact = {index: left * weights[index] / whole for index in free}
        given = {index: min(int(exact[index]), most[index] - parts[index]) for index in free}
        if not any(given.values()):
            order = sorted(free, key=lambda index: (int(exact[index]) - exact[index], index))
            given = dict.fromkeys(order[:left], 1)
        for index, part in given.items():
            parts[index] += part
            left -= part
    return parts


def _draw_plans(rng: random.Random, golden: Golden, posts: Sequence[Post]) -> list[Plan]:
    """Everybody, kecamatan after kecamatan; totals are those of `golden`."""
    sizes = [
        ISLANDS.get(post.center.district_id) or max(SMALLEST_SHARE, rng.gauss(1.0, 0.38)) for post in posts
    ]
    counts = [apportion(golden.reached[0], sizes)]
    for total in golden.reached[1:]:
        rates = [before * rng.uniform(0.85, 1.15) + 1e-9 for before in counts[-1]]
        counts.append(apportion(total, rates, counts[-1]))
    plans: list[Plan] = []
    for index, post in enumerate(posts):
        plans += _draw_post(rng, post, [level[index] for level in counts])
    _give_workers(rng, golden.workers, [plan for plan in plans if plan.depth == 4])
    home = [plan for plan in plans if plan.post.center.pk == HOME]
    _make_demo(max(home, key=lambda plan: (plan.depth, plan.gender == "P")), home)
    return plans


def _draw_post(rng: random.Random, post: Post, reached: Sequence[int]) -> Iterator[Plan]:
    """The people of one kecamatan. One NIK with serial 0000 exists for each day and sex: no repetition."""
    depths = [1] * reached[0]
    for level, count in enumerate(reached[1:], start=2):
        depths[:count] = [level] * count
    women = sum(rng.random() < 0.64 for _ in depths)
    births = [("P", day) for day in rng.sample(range(BIRTHS), women)]
    births += [("L", day) for day in rng.sample(range(BIRTHS), len(depths) - women)]
    rng.shuffle(births)
    for depth, (gender, born) in zip(depths, births, strict=True):
        least = sum(days for days, _ in DAYS_IN_STAGE[: depth - 1]) + (LICENSING_DAYS if depth == 4 else 1)
        latest = LAST - least
        yield Plan(
            post=post,
            gender=gender,
            born=FIRST_BIRTH + timedelta(days=born),
            depth=depth,
            pathway=_pathway(rng, depth),
            day=min(latest, int(rng.triangular(0, latest + 1, 0.6 * latest))),
            minute=rng.randrange(8 * 60, 18 * 60),
        )


def _pathway(rng: random.Random, depth: int) -> Pathway:
    """Job seekers end at P3; most of those who get a permit start something new."""
    shares = (0.68, 0.32, 0.0) if depth == 4 else (0.5, 0.26, 0.24)
    return rng.choices((Pathway.MULAI_USAHA, Pathway.NAIK_KELAS, Pathway.CARI_KERJA), shares)[0]


def _give_workers(rng: random.Random, total: int, plans: Sequence[Plan]) -> None:
    """Paid workers of the licensed businesses, `total` together."""
    for plan in plans:
        plan.workers = rng.choice(WORKERS)
    difference = total - sum(plan.workers for plan in plans)
    while difference:
        plan = rng.choice(plans)
        step = 1 if difference > 0 else -1
        if 0 <= plan.workers + step <= 6:
            plan.workers += step
            difference -= step


def _make_demo(plan: Plan, neighbors: Sequence[Plan]) -> None:
    """Let this one be the demo citizen, a woman whose NIK nobody else has."""
    taken = {other.born for other in neighbors if other.gender == "P" and other is not plan}
    while plan.born in taken:
        plan.born += timedelta(days=1)
    plan.is_demo, plan.gender, plan.pathway = True, "P", Pathway.MULAI_USAHA


def _next(sequence: str, count: int) -> list[int]:
    """So many numbers of a sequence of the database, the lowest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s::regclass) FROM generate_series(1, %s)", [sequence, count])
        return sorted(row[0] for row in cursor.fetchall())


def _number(plans: Sequence[Plan]) -> None:
    """Give registration numbers in the order of registration."""
    numbers = _next("participants_registration_number", len(plans))
    ordered = sorted(range(len(plans)), key=lambda index: (plans[index].day, plans[index].minute, index))
    for index, number in zip(ordered, numbers, strict=True):
        plan = plans[index]
        plan.number = f"OK-{_year(plan.day) % 100:02d}-{number:06d}"


# Records ----------------------------------------------------------------------------------------------------


def _uuid(rng: random.Random) -> UUID:
    """A version 4 UUID from the run's own source of chance."""
    return UUID(int=rng.getrandbits(128), version=4)


_DAYS = [(FIRST_DAY + timedelta(days=number)).isoformat() for number in range(LAST + 2)]


def _year(day: int) -> int:
    return int(_DAYS[day][:4])


def _at(day: int, minute: int) -> str:
    """An instant in WIB as the database reads it; the local day is the day itself."""
    return f"{_DAYS[day]} {minute // 60:02d}:{minute % 60:02d}:00+07"


class _Writer:
    """Writes people with everything that belongs to them."""

    def __init__(
        self,
        rng: random.Random,
        *,
        phones: Phones,
        password: str,
        picture: StoredFile,
        certificates: int,
    ) -> None:
        self.rng, self.phones, self.password, self.picture = rng, phones, password, picture.pk
        self.classes = _Classes(rng)
        self.certificate_numbers = iter(_next("training_certificate_number", certificates))
        self.users = Copier(
            User,
            ("id", "display_name", "email", "login_number", "is_demo", "created_at", "password",
            "phone_sealed", "phone_index", "phone_mask"),
        )  # fmt: skip
        self.people = Copier(
            Person,
            ("id", "user_id", "full_name", "birth_date", "gender", "address", "created_at", "nik_sealed",
            "nik_index", "nik_mask", "nik_warnings", "phone_sealed", "phone_index", "phone_mask",
            "identity_status", "identity_checked_by_id", "identity_checked_at"),
        )  # fmt: skip
        self.consents = Copier(Consent, ("person_id", "purpose", "text_version", "given_at"))
        self.businesses = Copier(
            Business,
            ("id", "person_id", "name", "sector", "address", "capital", "annual_sales", "workers_full_time",
            "workers_part_time", "created_at", "updated_at"),
        )  # fmt: skip
        self.enrollments = Copier(
            Enrollment,
            ("id", "number", "person_id", "pathway", "district_id", "center_id", "agency_id",
            "licensing_agency_id", "coach_id", "stage", "status", "stop_reason", "goal", "source", "zone",
            "cohort_year", "registered_at", "registered_on", "stage_entered_at", "last_activity_at",
            "version"),
        )  # fmt: skip
        self.assignments = Copier(
            CoachAssignment, ("enrollment_id", "coach_id", "assigned_by_id", "assigned_at", "accepted_at")
        )
        self.transitions = Copier(
            StageTransition,
            ("id", "enrollment_id", "version", "kind", "from_stage", "to_stage", "from_status", "to_status",
            "reason", "actor_id", "actor_role", "at", "local_day", "zone", "district_code", "center_code",
            "agency_code", "pathway", "gender", "birth_year", "cohort_year"),
        )  # fmt: skip
        self.evidence = Copier(
            StageEvidence,
            ("id", "enrollment_id", "stage", "kind", "number", "file_id", "note", "happened_on",
            "submitted_by_id", "submitted_at", "status", "checked_by_id", "checked_at"),
        )  # fmt: skip
        self.workforce = Copier(
            WorkforceReport,
            ("id", "business_id", "full_time", "part_time", "reported_by_id", "reported_at"),
        )
        self.seats = Copier(Seat, ("id", "training_class_id", "enrollment_id", "status", "queued_at"))
        self.attendance = Copier(
            Attendance,
            ("id", "session_id", "seat_id", "presence", "decided_at", "recorded_at", "recorded_by_id"),
        )
        self.certificates = Copier(
            Certificate,
            ("id", "number", "code", "seat_id", "course", "hours", "signatory", "issued_at", "issued_by_id"),
        )
        self.plans = Copier(
            ActionPlan,
            ("id", "enrollment_id", "goal", "proposed_by_id", "proposed_at", "agreed_at", "agreed_how",
            "agreed_by_id"),
        )  # fmt: skip
        self.steps = Copier(
            PlanStep,
            ("id", "plan_id", "number", "text", "owner", "due_on", "stage", "done_at", "done_by_id"),
        )
        self.meetings = Copier(
            MentoringSession,
            ("id", "enrollment_id", "stage", "coach_id", "submission_id", "held_submission_id", "place_kind",
            "topic", "starts_at", "zone", "day", "status", "done", "agreed", "created_by_id",
            "recorded_by_id", "recorded_at", "recorded_on", "answer", "answered_at", "created_at"),
        )  # fmt: skip
        self.tables = (
            self.users, self.people, self.consents, self.businesses, self.enrollments, self.assignments,
            self.transitions, self.evidence, self.workforce, *self.classes.tables, self.seats,
            self.attendance, self.certificates, self.plans, self.steps, self.meetings,
        )  # fmt: skip

    def write(self, plan: Plan) -> None:
        """One participant."""
        _Life(self, plan).write()
        flush_together(self.tables)

    def finish(self) -> None:
        """Send what is left, and count the seats that were taken."""
        for table in self.tables:
            table.flush()
        held = Seat.objects.holding().filter(training_class=OuterRef("pk")).order_by()
        count = held.values("training_class").annotate(n=Count("pk")).values("n")
        TrainingClass.objects.update(taken=Coalesce(Subquery(count), 0))


@dataclass(slots=True)
class _Class:
    """A class that people are given seats of: its sessions by day, its trainer, how many it has still room
    for."""

    id: UUID
    trainer: UUID
    sessions: list[tuple[UUID, int]]
    free: int = CLASS_SEATS


class _Classes:
    """Classes of one basic course, one after another in every centre, as many at once as are needed."""

    BEGINS, ENDS = 9 * 60, 12 * 60

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        founder = User.objects.get(email="admin@example.com").pk
        self.course = Course.objects.create(
            id=_uuid(rng), title="Memulai usaha", level=Level.DASAR, hours=20, created_by_id=founder,
            aims="Menghitung modal dan harga, melayani pembeli, mencatat uang.",
            created_at=day_start(FIRST_DAY, ZONE),
        )  # fmt: skip
        titles = ("Dari gagasan ke rencana", "Modal dan harga", "Membuat dan menjaga mutu", "Mencari pembeli",
                  "Mencatat uang")  # fmt: skip
        self.titles = [
            CourseTopic(id=_uuid(rng), course=self.course, number=number, title=title)
            for number, title in enumerate(titles, start=1)
        ]
        CourseTopic.objects.bulk_create(self.titles)
        self.open: dict[tuple[str, int], _Class] = {}
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

    def seat(self, post: Post, since: int) -> tuple[_Class, int]:
        """A class with a free seat that begins after the day `since`, and its last day: at most 13 later."""
        last = since + 7 + (-(since + 7) % 7)
        found = self.open.get((post.center.pk, last))
        if found is None or not found.free:
            found = self.open[post.center.pk, last] = self._plan(post, last)
        found.free -= 1
        return found, last

    def _plan(self, post: Post, last: int) -> _Class:
        days = [last + offset for offset in CLASS_DAYS]
        opens = max(0, days[0] - 21)
        made = _Class(
            _uuid(self.rng), self.rng.choice(post.coaches), [(_uuid(self.rng), day) for day in days]
        )
        self.rows.add(
            made.id, self.course.pk, post.center.pk, f"Angkatan {_DAYS[last]}", post.center.name, ZONE,
            CLASS_SEATS, _DAYS[opens], _DAYS[max(opens, days[0] - 1)], _at(days[0], self.BEGINS),
            _at(last, self.ENDS), ClassStatus.SELESAI.value, post.manager, _at(opens, 8 * 60),
        )  # fmt: skip
        for (session, day), topic in zip(made.sessions, self.titles, strict=True):
            self.sessions.add(
                session, made.id, topic.number, topic.title, _at(day, self.BEGINS), _at(day, self.ENDS)
            )
        self.trainers.add(_uuid(self.rng), made.id, made.trainer, TrainerKind.PENDAMPING.value)
        return made


class _Life:
    """One person's way, written row by row."""

    def __init__(self, writer: _Writer, plan: Plan) -> None:
        self.to, self.rng, self.plan, self.post = writer, writer.rng, plan, plan.post
        self.coach = plan.post.coaches[0] if plan.is_demo else self.rng.choice(plan.post.coaches)
        self.user, self.person, self.enrollment = (_uuid(self.rng) for _ in range(3))
        self.name = "Siti Rahmawati" if plan.is_demo else full_name(self.rng, plan.gender)
        self.address = (
            f"Jl. {self.rng.choice(STREETS)} No. {self.rng.randint(1, 200)}, "
            f"RT {self.rng.randint(1, 12):02d}/RW {self.rng.randint(1, 9):02d}"
        )
        self.stage, self.status, self.stop_reason = Stage.PENDAFTARAN, Status.AKTIF, ""
        self.agency = ""
        self.version = 1
        self.business: UUID | None = None
        self.entered = self.last = _at(plan.day, plan.minute)
        self.rows: list[tuple[Copier, tuple[Any, ...]]] = []
        self.moves = self._moving_days()

    def _moving_days(self) -> list[int]:
        """The days on which P1, P2 and P3 were left: at their usual pace, or faster when time was short."""
        plan = self.plan
        spans = DAYS_IN_STAGE[: plan.depth - 1]
        room = LAST - plan.day - (LICENSING_DAYS if plan.depth == 4 else 1) - sum(least for least, _ in spans)
        extra = [self.rng.random() * (most - least) for least, most in spans]
        pace = min(1.0, room / sum(extra)) if extra and sum(extra) else 1.0
        days, day = [], plan.day
        for (least, _), more in zip(spans, extra, strict=True):
            day += least + int(more * pace)
            days.append(day)
        return days

    def write(self) -> None:
        """Decide what happened, then write parents before children."""
        plan = self.plan
        self.log(TransitionKind.DAFTAR, "", "", self.user, Role.PESERTA, plan.day, plan.minute)
        since = plan.day
        for level, day in enumerate(self.moves):
            (self.leave_registration, self.leave_training, self.leave_mentoring)[level](since, day)
            since = day
        self.stay(since)
        self._write_person()
        self._write_enrollment()

    # Stage by stage -------------------------------------------------------------------------------

    def leave_registration(self, since: int, day: int) -> None:
        """Identity checked, agency and coach named, coach accepted."""
        self.agency = self.rng.choice(self.post.agencies)
        self.put(
            self.to.assignments, self.enrollment, self.coach, self.post.manager, _at(day, 8 * 60 - 30),
            _at(day, 8 * 60 - 15),
        )  # fmt: skip
        self.move(TransitionKind.MAJU, Stage.PELATIHAN, self.post.manager, Role.PENGELOLA, day)

    def leave_training(self, since: int, day: int) -> None:
        """Attendance and certificate, or a waiver; an action plan at the door of mentoring."""
        is_waived = not self.plan.is_demo and self.rng.random() < {
            Pathway.NAIK_KELAS: 0.08, Pathway.MULAI_USAHA: 0.015, Pathway.CARI_KERJA: 0.0
        }[self.plan.pathway]  # fmt: skip
        middle = since + (day - since) * 2 // 3
        if not is_waived and self.rng.random() < ON_PAPER:
            self.prove(Stage.PELATIHAN, EvidenceKind.KEHADIRAN, middle, number=str(self.rng.randint(80, 100)))
            number = f"SRT/{_year(middle)}/{self.rng.randrange(10**5):05d}"
            self.prove(Stage.PELATIHAN, EvidenceKind.SERTIFIKAT, middle + 1, number=number)
        elif not is_waived:
            self.attend(since, missed=self.rng.choices((0, 1), (3, 2))[0], is_through=True)
        if self.plan.pathway != Pathway.CARI_KERJA:
            self.agree(max(since + 1, day - 3))
        if is_waived:
            reason = "Punya sertifikat pelatihan dari balai latihan kerja."
            self.move(
                TransitionKind.DISPENSASI, Stage.PENDAMPINGAN, self.post.manager, Role.PENGELOLA, day, reason
            )
        else:
            self.move(TransitionKind.MAJU, Stage.PENDAMPINGAN, self.coach, Role.PENDAMPING, day)

    def leave_mentoring(self, since: int, day: int) -> None:
        """Three sessions and a complete business record."""
        self.found_business(since, is_complete=True)
        for part in (1, 2, 3):
            self.meet(since + (day - since) * part // 4)
        self.move(TransitionKind.MAJU, Stage.PERIZINAN, self.coach, Role.PENDAMPING, day)

    def stay(self, since: int) -> None:
        """What the last stage looks like at the cut-off."""
        if self.stage == Stage.PERIZINAN:
            self.license(since)
            return
        chance = self.rng.random()
        end = self.rng.randint(min(since + 5, LAST), LAST)
        if self.stage == Stage.PENDAMPINGAN and self.plan.pathway == Pathway.CARI_KERJA:
            if chance < 0.45 and LAST - since > 6:
                self.find_work(since)
                return
        elif self.stage == Stage.PENDAMPINGAN:
            if chance < 0.6:
                self.found_business(since, is_complete=False)
            if end - since > 3 and self.rng.random() < 0.6:
                self.meet(self.rng.randint(since + 1, end - 2))
        gone, unreachable = {
            Stage.PENDAFTARAN: (0.4, 0.46), Stage.PELATIHAN: (0.46, 0.6), Stage.PENDAMPINGAN: (0.34, 0.46)
        }[self.stage]  # fmt: skip
        if end <= since or chance > unreachable:
            if self.stage == Stage.PELATIHAN and LAST - since > 14 and self.rng.random() < 0.5:
                self.attend(since, missed=self.rng.randint(2, 4), is_through=False)
            return
        manager = self.post.manager
        if chance < gone:
            why = self.rng.choice(STOPS)
            self.end(TransitionKind.BERHENTI, Status.BERHENTI, manager, Role.PENGELOLA, end, why.label, why)
        else:
            actor, role = (
                (manager, Role.PENGELOLA)
                if self.stage == Stage.PENDAFTARAN
                else (self.coach, Role.PENDAMPING)
            )
            reason = "Tiga kali dihubungi tanpa jawaban."
            self.end(TransitionKind.TIDAK_TERHUBUNGI, Status.TIDAK_TERHUBUNGI, actor, role, end, reason)

    def license(self, since: int) -> None:
        """A base permit that a second person has checked; the workers as they were reported."""
        day = self.rng.randint(since + 1, LAST - 1)
        kind = self.rng.choices([EvidenceKind.NIB, EvidenceKind.IUMK, EvidenceKind.SKU], (62, 30, 8))[0]
        number = {
            EvidenceKind.NIB: f"81200{self.rng.randrange(10**8):08d}",
            EvidenceKind.IUMK: f"IUMK/{self.rng.randrange(10**6):06d}",
            EvidenceKind.SKU: "",
        }[kind]
        self.prove(Stage.PERIZINAN, kind, day, number=number)
        if self.plan.workers:
            full = self.rng.randint(0, self.plan.workers)
            self.put(
                self.to.workforce, _uuid(self.rng), self.business, full, self.plan.workers - full, self.coach,
                _at(day, 17 * 60),
            )  # fmt: skip

    def find_work(self, since: int) -> None:
        """A job seeker found work: the end of the path."""
        day = self.rng.randint(since + 2, LAST - 3)
        self.prove(Stage.PENDAMPINGAN, EvidenceKind.PENEMPATAN, day)
        self.end(TransitionKind.LULUS, Status.LULUS, self.coach, Role.PENDAMPING, day + 2)

    # Rows -----------------------------------------------------------------------------------------

    def move(
        self, kind: TransitionKind, stage: Stage, actor: UUID, role: Role, day: int, reason: str = ""
    ) -> None:
        """One stage forward."""
        before, self.stage = self.stage, stage
        self.version += 1
        minute = self.rng.randrange(8 * 60, 17 * 60)
        self.entered = self._last(day, minute)
        self.log(kind, before, self.status, actor, role, day, minute, reason)

    def end(
        self,
        kind: TransitionKind,
        status: Status,
        actor: UUID,
        role: Role,
        day: int,
        reason: str = "",
        stop_reason: str = "",
    ) -> None:
        """Another status at the same stage."""
        before, self.status, self.stop_reason = self.status, status, stop_reason
        self.version += 1
        minute = self.rng.randrange(8 * 60, 17 * 60)
        self._last(day, minute)
        self.log(kind, self.stage, before, actor, role, day, minute, reason)

    def log(
        self,
        kind: TransitionKind,
        from_stage: str,
        from_status: str,
        actor: UUID,
        role: Role,
        day: int,
        minute: int,
        reason: str = "",
    ) -> None:
        plan = self.plan
        self.put(
            self.to.transitions, _uuid(self.rng), self.enrollment, self.version, kind.value, str(from_stage),
            self.stage.value, str(from_status), self.status.value, reason, actor, role.value,
            _at(day, minute), _DAYS[day], ZONE, plan.post.center.district_id, plan.post.center.pk,
            self.agency, plan.pathway.value, plan.gender, plan.born.year, _year(plan.day),
        )  # fmt: skip

    def prove(self, stage: Stage, kind: EvidenceKind, day: int, *, number: str = "", note: str = "") -> None:
        """A proof of a day that the manager accepted on the next morning."""
        is_from_coach = kind in (EvidenceKind.KEHADIRAN, EvidenceKind.SESI, EvidenceKind.RENCANA_AKSI)
        self.put(
            self.to.evidence, _uuid(self.rng), self.enrollment, stage.value, kind.value, number,
            None if is_from_coach else self.to.picture, note, _DAYS[day],
            self.coach if is_from_coach else self.user, _at(day, 16 * 60), EvidenceStatus.DITERIMA.value,
            self.post.manager, _at(day + 1, 7 * 60 + 30),
        )  # fmt: skip
        self._last(day, 16 * 60)

    def attend(self, since: int, *, missed: int, is_through: bool) -> None:
        """A seat in the next class and how each session went; who was there enough gets the certificate."""
        given, last = self.to.classes.seat(self.post, since)
        seat, absent = _uuid(self.rng), set(self.rng.sample(range(len(CLASS_DAYS)), missed))
        self.put(
            self.to.seats,
            seat,
            given.id,
            self.enrollment,
            SeatStatus.TERDAFTAR.value,
            _at(since, 17 * 60 + 30),
        )
        for number, (session, day) in enumerate(given.sessions):
            was = (Presence.IZIN, Presence.SAKIT, Presence.ALPA) if number in absent else PRESENT
            self.put(
                self.to.attendance, _uuid(self.rng), session, seat, self.rng.choice(was).value,
                _at(day, 9 * 60 + 10), _at(day, 9 * 60 + 10), given.trainer,
            )  # fmt: skip
        if is_through:
            printed = f"SP-{_year(last) % 100:02d}-{next(self.to.certificate_numbers):06d}"
            code = "".join(self.rng.choices(ALPHABET, k=CODE_LENGTH))
            course, post = self.to.classes.course, self.post
            self.put(
                self.to.certificates, _uuid(self.rng), printed, code, seat, course.title, course.hours,
                post.manager_name, _at(last, 17 * 60), post.manager,
            )  # fmt: skip
        self._last(last, 17 * 60)

    def agree(self, day: int) -> None:
        """An action plan, or the photo of one that was accepted."""
        if self.rng.random() < ON_PAPER:
            note = "Tiga langkah: urus izin, foto produk, cari pembeli tetap."
            self.prove(Stage.PENDAMPINGAN, EvidenceKind.RENCANA_AKSI, day, note=note)
            return
        plan, goal = _uuid(self.rng), self.rng.choice(GOALS[self.plan.pathway])
        self.put(
            self.to.plans, plan, self.enrollment, goal, self.coach, _at(day, 10 * 60), _at(day, 11 * 60),
            Agreed.PORTAL.value, self.user,
        )  # fmt: skip
        for number, (text, owner, stage, days) in enumerate(STEPS, start=1):
            is_done = day + days < LAST and self.rng.random() < 0.6
            self.put(
                self.to.steps, _uuid(self.rng), plan, number, text, owner.value, _DAYS[min(day + days, LAST)],
                stage.value, _at(day + days, 16 * 60) if is_done else None, self.user if is_done else None,
            )  # fmt: skip
        self._last(day, 11 * 60)

    def meet(self, day: int) -> None:
        """A session with the coach, which the participant confirmed, or a proof of one that was accepted."""
        if self.rng.random() < ON_PAPER:
            note = "Di pusat. Membahas harga dan bahan. Bertemu lagi dua minggu lagi."
            self.prove(Stage.PENDAMPINGAN, EvidenceKind.SESI, day, note=note)
            return
        topic, done, agreed = self.rng.choice(TALKS)
        at = _at(day, 15 * 60)
        self.put(
            self.to.meetings, _uuid(self.rng), self.enrollment, Stage.PENDAMPINGAN.value, self.coach,
            _uuid(self.rng), _uuid(self.rng), self.rng.choice(list(PlaceKind)).value, topic,
            _at(day, 14 * 60), ZONE, _DAYS[day], SessionStatus.TERLAKSANA.value, done, agreed, self.coach,
            self.coach, at, _DAYS[day], SessionAnswer.TERJADI.value, _at(day, 19 * 60), at,
        )  # fmt: skip
        self._last(day, 19 * 60)

    def found_business(self, day: int, *, is_complete: bool) -> None:
        """The business record; what P3 asks is filled in only by those who go on."""
        rng, plan = self.rng, self.plan
        sector = rng.choice(list(BUSINESS_WORDS))
        self.business = _uuid(rng)
        full = plan.workers // 2
        at = _at(day, 17 * 60)
        self.put(
            self.to.businesses, self.business, self.person,
            f"{rng.choice(BUSINESS_WORDS[sector])} {self.name.split()[0]}", sector,
            self.address if is_complete else "", rng.randrange(5, 400) * 100_000 if is_complete else None,
            rng.randrange(5, 300) * 1_000_000 if is_complete else None, full if is_complete else None,
            plan.workers - full if is_complete else None, at, at,
        )  # fmt: skip

    def put(self, table: Copier, *values: Any) -> None:
        """Keep a row until the person and the enrollment it points at are written."""
        self.rows.append((table, values))

    def _last(self, day: int, minute: int) -> str:
        at = _at(day, minute)
        self.last = max(self.last, at)
        return at

    def _write_person(self) -> None:
        to, plan, rng = self.to, self.plan, self.rng
        phone = to.phones.take()
        phone_index = crypto.blind_index(phone, purpose="phone") if phone else None
        masked = mask_phone(phone) if phone else ""
        at = _at(plan.day, plan.minute)
        email = "warga@example.com" if plan.is_demo else None
        if email is None and rng.random() < 0.3:
            email = f"peserta{plan.number[-6:]}@example.com"
        to.users.add(
            self.user, self.name, email, plan.number, True, at, to.password,
            crypto.seal(phone, context=f"accounts_user.phone_sealed:{self.user}") if phone else None,
            phone_index, masked,
        )  # fmt: skip
        day = plan.born.day + (40 if plan.gender == "P" else 0)
        nik = f"{plan.post.center.district_id.replace('.', '')}{day:02d}{plan.born:%m%y}0000"
        status, checker, checked = IdentityStatus.DIKETIK, None, None
        if self.moves:
            status, checker, checked = IdentityStatus.DIVERIFIKASI, self.post.manager, _at(self.moves[0], 450)
        elif plan.day < LAST and rng.random() < 0.5:
            status, checker = IdentityStatus.DOKUMEN_DILIHAT, self.post.manager
            checked = _at(plan.day + 1, 9 * 60)
        warnings = (
            f'["{rng.choice(list(NIK_WARNINGS))}"]'
            if rng.random() < NIK_WARNING_SHARE and not plan.is_demo
            else "[]"
        )
        to.people.add(
            self.person, self.user, self.name, plan.born, plan.gender, self.address, at,
            crypto.seal(nik, context=f"participants_person.nik_sealed:{self.person}"),
            crypto.blind_index(nik, purpose="nik"), mask_nik(nik), warnings,
            crypto.seal(phone, context=f"participants_person.phone_sealed:{self.person}") if phone else None,
            phone_index, masked, status.value, checker, checked,
        )  # fmt: skip
        for purpose in ConsentPurpose:
            to.consents.add(self.person, purpose.value, CONSENT_VERSION, at)

    def _write_enrollment(self) -> None:
        to, plan, rng, post = self.to, self.plan, self.rng, self.post
        has_goal = bool(self.moves) or rng.random() < 0.6
        to.enrollments.add(
            self.enrollment, plan.number, self.person, plan.pathway.value, post.center.district_id,
            post.center.pk, self.agency or None, post.licensing, self.coach if self.moves else None,
            self.stage.value, self.status.value, str(self.stop_reason),
            rng.choice(GOALS[plan.pathway]) if has_goal else "", rng.choice(SOURCES), ZONE, _year(plan.day),
            _at(plan.day, plan.minute), _DAYS[plan.day], self.entered, self.last, self.version,
        )  # fmt: skip
        for table, values in self.rows:
            table.add(*values)
