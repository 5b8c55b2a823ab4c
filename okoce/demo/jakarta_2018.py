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
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Role, RoleAssignment, User
from centers.models import Agency, Center, CoachProfile, District
from core.clock import day_start
from core.models import StoredFile
from participants.models import (
    Pathway,
)

from .jakarta_basis import (
    DAYS_IN_STAGE,
    FIRST_DAY,
    LAST,
    LICENSING_DAYS,
    ZONE,
    Plan,
    Post,
    new_id,
    next_numbers,
    year_of,
)
from .jakarta_lives import Writer
from .names import full_name
from .world import HOME, STREETS, Phones

PROFILE = "jakarta-2018"
PROVINCE = "31"
SMALLEST_SHARE = 0.12
"""Least weight of a kecamatan; the average is 1."""
ISLANDS = {"31.01.01": 0.13, "31.01.02": 0.18}
"""Kepulauan Seribu has few inhabitants."""
FIRST_BIRTH = date(1951, 1, 1)
BIRTHS = (date(2000, 12, 31) - FIRST_BIRTH).days + 1
MENTEES_PER_COACH = 60
WORKERS = (0, 1, 1, 2, 2, 3, 4)


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
    writer = Writer(rng, phones=phones, password=password, picture=picture, certificates=certificates)
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
            id=new_id(self.rng),
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


def _number(plans: Sequence[Plan]) -> None:
    """Give registration numbers in the order of registration."""
    numbers = next_numbers("participants_registration_number", len(plans))
    ordered = sorted(range(len(plans)), key=lambda index: (plans[index].day, plans[index].minute, index))
    for index, number in zip(ordered, numbers, strict=True):
        plan = plans[index]
        plan.number = f"OK-{year_of(plan.day) % 100:02d}-{number:06d}"
