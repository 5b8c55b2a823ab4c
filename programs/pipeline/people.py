"""The people list: search, filters and reading in pages, always inside the user's scope."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db.models import (
    BooleanField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    UUIDField,
    Value,
)
from django.db.models.functions import Cast

from accounts.access import area_q
from accounts.models import User
from centers.models import District
from core.clock import ZONES, day_start, local_day
from core.privacy import redact_numbers
from core.validators import clean_nik, clean_phone
from participants.models import (
    Enrollment,
    Person,
    Stage,
    StageEvidence,
    StageTransition,
    Status,
    Threshold,
    TransitionKind,
)
from programs.licensing.rules import BASE_PERMITS

PAGE_SIZE = 25
RARE = 1_000
"""A part of a name that at most so many people bear is looked up by name first."""
LEFT_BY: dict[str, frozenset[str]] = {
    "selesai": frozenset({TransitionKind.MAJU, TransitionKind.LULUS}),
    "dispensasi": frozenset({TransitionKind.DISPENSASI}),
    "lewat": frozenset({TransitionKind.MAJU, TransitionKind.LULUS, TransitionKind.DISPENSASI}),
}
"""Filters on how a stage was left → the kinds of transition that count; the funnel's own definitions."""
IN_PROGRESS = "berjalan"
"""The filter `status` for everybody still on the way: what the dashboards count as "sekarang di sini"."""


class IsAmong(Func):
    """`key = ANY(array)`: the server does not know how many there are, takes them for few, and looks each up
    by its key instead of walking the list until it has met a page of them.
    """

    template = "(%(expressions)s))"
    arg_joiner = " = ANY ("
    output_field = BooleanField()


class PersonLine(NamedTuple):
    """What one line of the list shows, loaded without the five objects around it."""

    pk: UUID
    person_id: UUID
    name: str
    number: str
    stage: str
    status: str
    kecamatan: str
    regency: str
    coach_name: str | None
    registered_on: date
    registered_at: datetime


def as_lines(found: QuerySet[Enrollment]) -> QuerySet[Enrollment, PersonLine]:
    """The same enrollments as lines of the list, for `core.keyset.page`.

    Names are subqueries, not joins: they run for the lines of one page only, and planning five joined tables
    took longer than reading the page.
    """
    district = District.objects.filter(pk=OuterRef("district_id"))
    return found.annotate(
        name=F("person__full_name"),
        kecamatan=Subquery(district.values("name")),
        regency=Subquery(district.values("regency__name")),
        coach_name=Subquery(User.objects.filter(pk=OuterRef("coach_id")).values("display_name")),
    ).values_list(*PersonLine._fields, named=True)


def search(user: User, filters: dict[str, Any], *, at: datetime) -> QuerySet[Enrollment]:
    """Enrollments in the user's scope that match the cleaned filters of `PeopleFilterForm`; unordered."""
    found: QuerySet[Enrollment] = Enrollment.objects.visible_to(user)
    if text := " ".join(filters.get("q", "").split()):
        found = found.filter(_named(text))
    if filters.get("status") == IN_PROGRESS:
        found = found.filter(status__in=Status.open_values())
    elif value := filters.get("status"):
        found = found.filter(status=value)
    for name, column in (
        ("tahap", "stage"),
        ("jalur", "pathway"),
        ("pusat", "center_id"),
    ):
        if value := filters.get(name):
            found = found.filter(**{column: value})
    if value := filters.get("wilayah"):
        found = found.filter(area_q("district__code", [value]))
    if value := filters.get("pendamping"):
        found = found.filter(coach_id=value)
    if value := filters.get("tahun"):
        found = found.filter(cohort_year=value)
    if value := filters.get("sampai"):
        found = found.filter(stage__in=_from(value))
    for name, kinds in LEFT_BY.items():
        if value := filters.get(name):
            found = _left(found, Stage(value), kinds)
    if filters.get("izin"):
        permit = StageEvidence.objects.accepted().filter(enrollment=OuterRef("pk"), kind__in=BASE_PERMITS)
        found = found.filter(Exists(permit))
    if filters.get("diam"):
        found = found.filter(silent_q(at))
    if filters.get("bukti"):
        found = found.filter(Exists(StageEvidence.objects.pending().filter(enrollment=OuterRef("pk"))))
    return found


def is_personal_number(text: str) -> bool:
    """Whether a search holds a NIK or a phone number, or may be part of one: nine digits, and no letter."""
    is_long = sum(map(str.isdigit, text)) >= 9 and not any(map(str.isalpha, text))
    return is_long or redact_numbers(text) != text


def with_number(user: User, typed: str) -> QuerySet[Enrollment]:
    """People in the user's scope with this NIK or phone number in any usual spelling, found by keyed index.

    A household may share a phone. Nobody where the text is neither a NIK nor a phone number.
    """
    seen = Enrollment.objects.visible_to(user)
    with suppress(ValidationError):
        return seen.filter(person__in=Person.objects.with_nik(clean_nik(typed).value))
    with suppress(ValidationError):
        return seen.filter(person__in=Person.objects.with_phone(clean_phone(typed)))
    return seen.none()


def _named(text: str) -> Q:
    """A registration number where the text has a digit, else a part of the name: one index each.

    A rare name is looked up first by its own index, so that the list is not walked for it; a frequent one is
    met soon when the list is walked from the newest on.
    """
    if any(character.isdigit() for character in text):
        return Q(number__startswith=text.upper()) | Q(number__endswith=f"-{text}")
    bearers = Person.objects.filter(full_name__icontains=text).annotate(key=Cast("pk", TextField()))
    keys: list[str] = bearers[: RARE + 1].aggregate(keys=ArrayAgg("key", default=[]))["keys"]
    if len(keys) > RARE:
        return Q(person__full_name__icontains=text)
    # As one value: a thousand keys one by one take Django longer than the database needs for the page.
    among = Cast(Value(keys, ArrayField(TextField())), ArrayField(UUIDField()))
    theirs = Enrollment.objects.filter(IsAmong(F("person_id"), among))
    return Q(IsAmong(F("pk"), ArraySubquery(theirs.values("pk"))))


def _from(stage: str) -> list[Stage]:
    """The stage and all after it."""
    return list(Stage)[Stage(stage).number - 1 :]


def _left(found: QuerySet[Enrollment], stage: Stage, kinds: frozenset[str]) -> QuerySet[Enrollment]:
    """Those who left a stage for good, the last time by one of these kinds of transition."""
    leaving = StageTransition.objects.filter(
        enrollment=OuterRef("pk"), from_stage=stage, kind__in=LEFT_BY["lewat"]
    )
    last_kind = Subquery(leaving.order_by("-version").values("kind")[:1])
    behind = Q(stage__in=_from(stage)[1:]) | Q(stage=stage, status=Status.LULUS)
    return found.filter(behind).alias(how_left=last_kind).filter(how_left__in=kinds)


def silent_q(at: datetime) -> Q:
    """Active enrollments without news for at least their stage's threshold of days.

    Days are counted in the enrollment's zone, as on the pages and in the reminders.
    """
    silent = Q(pk__in=[])
    days = {zone: local_day(at, zone) for zone in ZONES}
    thresholds = {day: Threshold.objects.on(day) for day in set(days.values())}
    for zone, today in days.items():
        limits = thresholds[today]
        for stage in Stage:
            first_day_heard = today - timedelta(days=limits[stage, "batas_diam"] - 1)
            silent |= Q(zone=zone, stage=stage, last_activity_at__lt=day_start(first_day_heard, zone))
    return Q(status=Status.AKTIF) & silent
