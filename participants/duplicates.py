"""Who may be recorded twice: candidates found by index, compared by name, scored with readable reasons.

Two records are compared at all when they share the birth date (or its day and month swapped), the phone, or,
where a birth date is missing, the name key. Each way is one index, so that the cost follows the number of
people looked at, never the number of participants. What a person decided about a pair is not asked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from accounts.models import User
from core import audit
from core.keyset import page as keyset_page

from .models import Enrollment, IdentityStatus, NotSamePerson, Status, StopReason
from .services import MANAGERS, lock_enrollment, require_role

SCAN = 1_000
"""How many enrollments of the scope one page looks through, newest first."""

LEAST_SIMILAR = 0.45
"""Names below this trigram similarity (of their folded keys) are never the same person."""

LEAST_SCORE = 65
LEAST_WITHOUT_BIRTH = 60
"""An equal name in one kab/kota is enough where nothing else can be compared."""

ONE_MAY_HAVE = 10
"""Most candidates of one record that are shown, the likeliest first."""

# Points. An equal name and birth date in one kab/kota give 90; half a similar name needs the phone as well.
_NAME, _BIRTH, _SWAPPED, _PHONE, _DISTRICT, _REGENCY = 50, 30, 22, 25, 12, 10
_OTHER_NIK, _OTHER_GENDER = 10, 15


@dataclass(frozen=True, slots=True)
class Match:
    """What two records have in common. `score` is in points, about 0 to 120."""

    score: int
    similarity: float
    is_birth_same: bool
    is_birth_swapped: bool
    is_phone_same: bool
    is_district_same: bool
    is_regency_same: bool
    is_nik_other: bool
    is_nik_missing: bool
    is_gender_other: bool

    @property
    def reasons(self) -> list[str]:
        """Why they may be one person."""
        same = self.similarity > 0.995
        found = [
            (same, "Nama sama (gelar dan ejaan disamakan)"),
            (not same, f"Nama mirip {round(self.similarity * 100)}%"),
            (self.is_birth_same, "Tanggal lahir sama"),
            (self.is_birth_swapped, "Hari dan bulan lahir tertukar"),
            (self.is_phone_same, "Nomor HP sama"),
            (self.is_district_same, "Kecamatan sama"),
            (self.is_regency_same and not self.is_district_same, "Kab/kota sama"),
        ]
        return [words for is_true, words in found if is_true]

    @property
    def doubts(self) -> list[str]:
        """What speaks against it, or cannot be known."""
        found = [
            (self.is_nik_other, "NIK berbeda"),
            (self.is_nik_missing, "NIK belum lengkap, belum bisa dibandingkan"),
            (self.is_gender_other, "Jenis kelamin berbeda"),
        ]
        return [words for is_true, words in found if is_true]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two enrollments whose people may be one; `first` registered earlier."""

    first: Enrollment
    second: Enrollment
    match: Match

    @property
    def goes_on(self) -> Enrollment:
        """The one that a merge would keep: still on the way or graduated, further along, identity checked."""
        return max(self.first, self.second, key=_worth)

    @property
    def is_taken_out(self) -> Enrollment:
        """The other one."""
        return self.second if self.goes_on is self.first else self.first


def _worth(enrollment: Enrollment) -> tuple[bool, int, bool, bool, float]:
    return (
        enrollment.status != Status.BERHENTI,
        enrollment.stage_number,
        enrollment.person.is_identity_verified,
        bool(enrollment.person.nik_mask),
        -enrollment.registered_at.timestamp(),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """One page: the pairs, how many enrollments were looked through, and the addresses of the neighbours.

    `elsewhere` counts pairs that the reader may not see in full.
    """

    pairs: Sequence[Candidate]
    scanned: int = 0
    oldest: datetime | None = None
    elsewhere: int = 0
    next_cursor: str = ""
    previous_cursor: str = ""


def in_scope(user: User, *, cursor: str = "", name: str = "") -> Found:
    """The pairs among the next `SCAN` enrollments that a user may see. Three statements, however many.

    A pair is shown where its newer record is.
    """
    scope = Enrollment.objects.visible_to(user).exclude(stop_reason=StopReason.GANDA)
    if text := " ".join(name.split()):
        scope = scope.filter(Q(person__full_name__icontains=text) | Q(number__startswith=text.upper()))
    part = keyset_page(
        scope.only("id", "person_id", "registered_at"), cursor=cursor, field="registered_at", size=SCAN
    )
    rows = _pairs([row.person_id for row in part.rows], only_older=True)
    pairs = _load(user, rows)
    return Found(
        pairs,
        scanned=len(part.rows),
        oldest=part.rows[-1].registered_at if part.rows else None,
        elsewhere=len(rows) - len(pairs),
        next_cursor=part.next_cursor,
        previous_cursor=part.previous_cursor,
    )


def of_person(user: User, person_id: UUID) -> Found:
    """The records that may be this very person, the likeliest first. Two statements."""
    rows = _pairs([person_id], only_older=False)
    pairs = _load(user, rows)
    return Found(pairs, elsewhere=len(rows) - len(pairs))


_SWAP = """CASE WHEN extract(day FROM {p}.birth_date) <= 12 THEN make_date(
    extract(year FROM {p}.birth_date)::int, extract(day FROM {p}.birth_date)::int,
    extract(month FROM {p}.birth_date)::int) END"""

_LATEST = """JOIN LATERAL (
    SELECT e.registered_at, e.district_id FROM participants_enrollment e
    WHERE e.person_id = {p}.id AND e.stop_reason <> 'ganda' ORDER BY e.registered_at DESC, e.id DESC LIMIT 1
) {p}e ON TRUE"""

_SQL = f"""
WITH s AS (
    SELECT p.id, p.name_key, p.birth_date, p.phone_index,
           ARRAY[p.birth_date, {_SWAP.format(p="p")}] AS births
    FROM participants_person p WHERE p.id = ANY(%(ids)s::uuid[])
), met AS (
    SELECT s.id AS a, o.id AS b, similarity(s.name_key, o.name_key) AS alike
    FROM s JOIN participants_person o ON o.birth_date = ANY(s.births)
    WHERE o.id <> s.id AND similarity(s.name_key, o.name_key) >= {LEAST_SIMILAR}
    UNION
    SELECT s.id, o.id, similarity(s.name_key, o.name_key)
    FROM s JOIN participants_person o ON o.phone_index = s.phone_index
    WHERE o.id <> s.id AND similarity(s.name_key, o.name_key) >= {LEAST_SIMILAR}
    UNION
    SELECT s.id, o.id, 1
    FROM s JOIN participants_person o ON o.name_key = s.name_key
    WHERE o.id <> s.id AND (o.birth_date IS NULL OR s.birth_date IS NULL)
), seen AS (
    SELECT a.id AS a, b.id AS b, met.alike,
           coalesce(a.birth_date = b.birth_date, FALSE) AS birth_same,
           coalesce(a.birth_date <> b.birth_date AND b.birth_date = {_SWAP.format(p="a")}, FALSE) AS swapped,
           coalesce(a.phone_index = b.phone_index, FALSE) AS phone_same,
           ae.district_id = be.district_id AS district_same,
           left(ae.district_id, 5) = left(be.district_id, 5) AS regency_same,
           coalesce(a.nik_index <> b.nik_index, FALSE) AS nik_other,
           a.nik_index IS NULL OR b.nik_index IS NULL AS nik_missing,
           a.gender <> '' AND b.gender <> '' AND a.gender <> b.gender AS gender_other,
           ae.registered_at AS registered_at
    FROM met
    JOIN participants_person a ON a.id = met.a {_LATEST.format(p="a")}
    JOIN participants_person b ON b.id = met.b {_LATEST.format(p="b")}
    WHERE NOT (a.nik_index <> b.nik_index AND a.identity_status = '{IdentityStatus.DIVERIFIKASI}'
               AND b.identity_status = '{IdentityStatus.DIVERIFIKASI}') IS TRUE
      AND (NOT %(only_older)s OR (be.registered_at, b.id) < (ae.registered_at, a.id))
      AND NOT EXISTS (
          SELECT FROM participants_notsameperson n
          WHERE n.first_id = least(a.id, b.id) AND n.second_id = greatest(a.id, b.id))
      AND NOT EXISTS (
          SELECT FROM participants_merge m WHERE m.loser_id IN (a.id, b.id) AND m.undone_at IS NULL)
), scored AS (
    SELECT *, round(alike::numeric * {_NAME})::int + birth_same::int * {_BIRTH} + swapped::int * {_SWAPPED}
           + phone_same::int * {_PHONE}
           + CASE WHEN district_same THEN {_DISTRICT} WHEN regency_same THEN {_REGENCY} ELSE 0 END
           - nik_other::int * {_OTHER_NIK} - gender_other::int * {_OTHER_GENDER} AS score
    FROM seen
)
SELECT a, b, score, alike, birth_same, swapped, phone_same, district_same, regency_same, nik_other,
       nik_missing, gender_other
FROM (
    SELECT *, row_number() OVER (PARTITION BY a ORDER BY score DESC, b) AS place
    FROM scored
    WHERE score >= {LEAST_SCORE} OR (alike = 1 AND regency_same AND score >= {LEAST_WITHOUT_BIRTH})
) ranked
WHERE place <= {ONE_MAY_HAVE}
ORDER BY registered_at DESC, a DESC, score DESC, b
"""  # nosec B608: built from constants of this module; every value is a parameter


def _pairs(person_ids: Iterable[UUID], *, only_older: bool) -> list[tuple[UUID, UUID, Match]]:
    """The pairs in which one of these people is; `only_older` names each pair once, at its newer record."""
    ids = list(dict.fromkeys(person_ids))
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_SQL, {"ids": ids, "only_older": only_older})
        return [(row[0], row[1], Match(*row[2:])) for row in cursor.fetchall()]


def _load(user: User, rows: Sequence[tuple[UUID, UUID, Match]]) -> list[Candidate]:
    """The pairs of which the user may see both, as the enrollments they stand at now."""
    ids = {person_id for row in rows for person_id in row[:2]}
    if not ids:
        return []
    standing = _standing(user, ids)
    found = []
    for one, other, match in rows:
        if one in standing and other in standing:
            pair = sorted((standing[one], standing[other]), key=lambda e: (e.registered_at, str(e.pk)))
            found.append(Candidate(pair[0], pair[1], match))
    return found


def _standing(user: User, person_ids: Iterable[UUID]) -> dict[UUID, Enrollment]:
    """The latest enrollment of each person that the user may see."""
    latest = Enrollment.objects.visible_to(user).filter(person__in=person_ids).for_page()
    return {enrollment.person_id: enrollment for enrollment in latest.order_by("registered_at", "pk")}


def pair_of(user: User, one: UUID, other: UUID) -> tuple[Enrollment, Enrollment] | None:
    """The enrollments at which two people stand now, when the user may see both; else None. One statement."""
    if one == other:
        return None
    standing = _standing(user, [one, other])
    return (standing[one], standing[other]) if len(standing) == 2 else None


@transaction.atomic
def declare_different(
    *, enrollments: tuple[Enrollment, Enrollment], actor: User, reason: str, at: datetime
) -> NotSamePerson:
    """Remember that two records are two people. Raises NotYours unless the actor manages both."""
    locked = [lock_enrollment(pk) for pk in sorted(enrollment.pk for enrollment in enrollments)]
    for enrollment in locked:
        require_role(actor, enrollment, MANAGERS, act="Pendaftaran ganda diputuskan")
    first, second = sorted({enrollment.person_id for enrollment in locked})
    pair, is_new = NotSamePerson.objects.get_or_create(
        first_id=first,
        second_id=second,
        defaults={"reason": reason, "decided_by": actor, "decided_at": at},
    )
    if is_new:
        for one, other in (locked, locked[::-1]):
            audit.record(
                actor=actor,
                action="duplikat.berbeda",
                obj=one.person,
                reason=reason,
                detail={"other": str(other.person_id)},
            )
    return pair
