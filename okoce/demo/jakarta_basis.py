"""What the modules of the profile `jakarta-2018` share: its days, its ids, a centre, a person's plan."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import connection

from centers.models import Center
from participants.models import Pathway

ZONE = "Asia/Jakarta"
FIRST_DAY = date(2017, 10, 1)
CUTOFF = date(2018, 12, 31)
LAST = (CUTOFF - FIRST_DAY).days
"""Days are counted from FIRST_DAY; this is the cut-off."""
DAYS_IN_STAGE = ((1, 12), (14, 60), (30, 110))
"""Least and most days in P1, P2 and P3 of those who went on."""
LICENSING_DAYS = 4
"""Days that a permit needs to be issued, sent and checked."""


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


def next_numbers(sequence: str, count: int) -> list[int]:
    """So many numbers of a sequence of the database, the lowest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s::regclass) FROM generate_series(1, %s)", [sequence, count])
        return sorted(row[0] for row in cursor.fetchall())


def new_id(rng: random.Random) -> UUID:
    """A version 4 UUID from the run's own source of chance."""
    return UUID(int=rng.getrandbits(128), version=4)


DAYS = [(FIRST_DAY + timedelta(days=number)).isoformat() for number in range(LAST + 2)]


def year_of(day: int) -> int:
    return int(DAYS[day][:4])


def stamp(day: int, minute: int) -> str:
    """An instant in WIB as the database reads it; the local day is the day itself."""
    return f"{DAYS[day]} {minute // 60:02d}:{minute % 60:02d}:00+07"
