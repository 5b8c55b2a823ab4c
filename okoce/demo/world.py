"""The demo's places and staff: centres in Jakarta and three other regions, managers, coaches, dinas."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime

from django.conf import settings
from django.contrib.auth.hashers import make_password

from accounts.models import Role, RoleAssignment, User
from centers.models import Agency, Center, CoachProfile, District

from .names import full_name

REGIONS = ("31", "32.73", "73.71", "91.71")
"""Jakarta, and one kota for each time zone: Bandung (WIB), Makassar (WITA), Jayapura (WIT)."""

HOME = "P31.74.07"
"""The centre of the demo accounts: Kebayoran Baru."""

PLANNED = frozenset({"31.01.01", "31.01.02", "31.75.10", "91.71.04"})
"""Kepulauan Seribu has no open centre at all: its people wait for one."""

PAUSED = frozenset({"31.72.06", "32.73.05"})
STREETS = ("Melati", "Kenanga", "Cempaka", "Mawar", "Flamboyan", "Anggrek", "Kamboja", "Dahlia")


@dataclass
class Place:
    """A centre with the people who work there."""

    center: Center
    manager: User
    coaches: list[User]
    agencies: list[Agency]
    licensing: Agency | None


@dataclass
class World:
    """Everything a demo participant can be given to."""

    places: dict[str, Place] = field(default_factory=dict)
    districts: list[District] = field(default_factory=list)
    dinas: dict[str, User] = field(default_factory=dict)
    trainer: User | None = None
    """Teaches at the home centre."""


class Phones:
    """Demo phones 0812-0000-xxxxx, each once: 100,000 of them."""

    def __init__(self) -> None:
        self._last = 0

    def take(self) -> str | None:
        """The next number in E.164, or None when all are given out."""
        self._last += 1
        return f"+628120000{self._last:05d}" if self._last < 100_000 else None


def shared_password() -> str:
    """One hash of the demo password for everybody: hashing 2,000 times would take a minute."""
    return make_password(settings.DEMO_PASSWORD)


def build_world(rng: random.Random, *, at: datetime, phones: Phones, password: str) -> World:
    """Make centres and staff. Needs areas and agencies (`load_areas`)."""
    world = World()
    makers = _Makers(rng, phones, password)
    for region in REGIONS:
        districts = District.objects.current().filter(code__startswith=f"{region}.").select_related("regency")
        for district in districts.order_by("code"):
            world.districts.append(district)
            _add_place(world, district, makers, at)
        dinas = makers.user(email="dinas@example.com" if region == "31" else None)
        _grant(dinas, Role.DINAS, region, at)
        world.dinas[region] = dinas
    ptsp = makers.user()
    _grant(ptsp, Role.DINAS, "31", at, agency_code="31-ptsp")
    world.trainer = makers.user(email="pelatih@example.com")
    _grant(world.trainer, Role.PELATIH, HOME, at)
    _grant(makers.user(email="mitra@example.com"), Role.MITRA_MODAL, "ID", at)
    admin = makers.user(email="admin@example.com", name="Sekretariat PGO")
    _grant(admin, Role.ADMIN, "ID", at)
    return world


class _Makers:
    """Makes users one after the other from one source of chance."""

    def __init__(self, rng: random.Random, phones: Phones, password: str) -> None:
        self.rng, self.phones, self.password = rng, phones, password

    def user(self, *, email: str | None = None, name: str = "") -> User:
        """A member of staff with a phone and the demo password. All demo staff skip MFA while DEMO_MODE is
        on.
        """
        user = User(
            display_name=name or full_name(self.rng, self.rng.choice("LP")), email=email, is_demo=True
        )
        user.set_phone(self.phones.take())
        user.password = self.password
        user.save(force_insert=True)
        return user


def _add_place(world: World, district: District, makers: _Makers, at: datetime) -> None:
    rng = makers.rng
    status = Center.Status.BUKA
    if district.pk in PLANNED:
        status = Center.Status.DIRENCANAKAN
    elif district.pk in PAUSED:
        status = Center.Status.JEDA
    center = Center.objects.create(
        code=f"P{district.pk}",
        district=district,
        name=f"Pusat OK OCE {district.name}",
        status=status,
        address=f"Jl. {rng.choice(STREETS)} No. {rng.randint(1, 90)}, {district.name}",
        hours="Senin–Jumat 08.00–16.00",
        zone=district.zone,
        capacity=rng.choice((100, 150, 200, 300)),
        whatsapp=makers.phones.take() or "",
        opened_on=date(2023, rng.randint(1, 12), rng.randint(1, 28)) if status != "direncanakan" else None,
        lat=district.lat,
        lng=district.lng,
    )
    is_home = center.pk == HOME
    manager = makers.user(email="pengelola@example.com" if is_home else None)
    _grant(manager, Role.PENGELOLA, center.pk, at)
    coaches = []
    for number in range(3 if is_home else rng.choice((1, 2))):
        coach = makers.user(email="pendamping@example.com" if is_home and number == 0 else None)
        _grant(coach, Role.PENDAMPING, center.pk, at)
        CoachProfile.objects.create(
            user=coach,
            center=center,
            capacity=rng.choice((25, 30, 40)),
            bio="Pendamping usaha mikro, senang mendengar dulu.",
        )
        coaches.append(coach)
    agencies = Agency.objects.for_district(district)
    world.places[center.pk] = Place(
        center=center,
        manager=manager,
        coaches=coaches,
        agencies=list(agencies.supervising()),
        licensing=agencies.licensing().first(),
    )


def _grant(user: User, role: Role, scope: str, at: datetime, agency_code: str = "") -> None:
    RoleAssignment.objects.create(user=user, role=role, scope=scope, agency_code=agency_code, starts_at=at)
