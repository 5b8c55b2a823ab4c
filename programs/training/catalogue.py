"""Read model of the public catalogue and of the staff's lists of classes, in a fixed number of statements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.access import area_q
from accounts.models import User
from centers.areas import find_regions
from centers.areas import search as search_districts
from centers.assignment import distance_km
from centers.models import District, short_regency
from core.clock import ZONES, day_start, local_day
from core.formats import number
from participants.models import Enrollment

from .models import ClassSession, ClassStatus, ClassTrainer, Seat, TrainingClass
from .schedule import Slot

PAGE_SIZE = 20
MOST_ALTERNATIVES = 3
MOST_OWN = 6
_AREA = re.compile(r"[0-9]{2}(\.[0-9]{2}){0,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Area:
    """Where somebody looks for a class: kab/kota or wider; `home` is where distances are measured from."""

    codes: tuple[str, ...]
    words: str
    home: District | None = None


def find_area(typed: str) -> Area | None:
    """The area of a code, a province or kab/kota of this name, or the kab/kota of a kecamatan; None for what
    is not known. A name that several places have means all of them."""
    text = typed.strip()
    if _AREA.fullmatch(text) and text.count(".") < 2:
        return Area((text,), f"wilayah {text}")
    if regions := find_regions(text):
        return Area(
            tuple(one.code for one in regions), " dan ".join(short_regency(one.name) for one in regions)
        )
    answer = search_districts(text)
    if not answer.districts:
        return None
    same = [one for one in answer.districts if one.search_name == answer.key] or answer.districts[:1]
    regencies = {one.regency_id: one.regency.short_name for one in same}
    if len(regencies) == 1:
        return Area(tuple(regencies), same[0].regency.short_name, same[0])
    return Area(tuple(sorted(regencies)), f"{same[0].name}, {len(regencies)} kabupaten atau kota")


def home_of(user: User | None) -> District | None:
    """The kecamatan a participant lives in."""
    if user is None or not user.is_peserta:
        return None
    own = Enrollment.objects.filter(person__user_id=user.pk, erased_at__isnull=True)
    latest = own.select_related("district__regency").order_by("-registered_at", "-pk").first()
    return latest.district if latest else None


def own_seats(user: User | None) -> list[Seat]:
    """The classes a participant is in or waits for, and those that are over; the latest first."""
    if user is None or not user.is_peserta:
        return []
    own = Seat.objects.live().filter(enrollment__person__user_id=user.pk)
    own = own.select_related("training_class__course", "training_class__center__district__regency")
    return list(own.order_by("-training_class__starts_at", "-pk")[:MOST_OWN])


def search(filters: dict[str, Any], *, area: Area | None, at: datetime) -> QuerySet[TrainingClass]:
    """Published classes that have not begun, or from a day on, by the cleaned filters; unordered."""
    found = TrainingClass.objects.for_page().filter(status__in=ClassStatus.held())
    found = found.filter(starts_at__gte=at)
    if since := filters.get("mulai"):
        found = found.filter(_from_day_q(since))
    if area is not None:
        found = found.filter(area_q("center__district__code", area.codes))
    if level := filters.get("tingkat"):
        found = found.filter(course__level=level)
    if filters.get("buka"):
        found = found.filter(open_q(at))
    return found


def _from_day_q(day: date) -> Q:
    """Classes that begin on this day or later, each by the clock of its own zone."""
    found = Q(pk__in=[])
    for zone in ZONES:
        found |= Q(zone=zone, starts_at__gte=day_start(day, zone))
    return found


def open_q(at: datetime) -> Q:
    """Classes that take names now and have a free seat, each judged on the day of its own zone."""
    found = Q(pk__in=[])
    for zone in ZONES:
        today = local_day(at, zone)
        found |= Q(zone=zone, opens_on__lte=today, closes_on__gte=today)
    return found & Q(status=ClassStatus.DIBUKA, starts_at__gt=at)


def distance_words(home: District | None, training_class: TrainingClass) -> str:
    """ "± 4 km dari Tebet", or nothing where it is not known. As the crow flies, between kecamatan."""
    if home is None or not training_class.place:
        return ""
    there = training_class.center.district
    if there.pk == home.pk:
        return f"di {home.name}"
    km = distance_km(home, there)
    return f"± {number(max(1, round(km)))} km dari {home.name}" if km < 20_000 else ""


def alternatives(training_class: TrainingClass, *, at: datetime) -> list[TrainingClass]:
    """Open classes of the same level, the same course and kab/kota first."""
    found = TrainingClass.objects.for_page().filter(open_q(at), course__level=training_class.course.level)
    rows = list(found.exclude(pk=training_class.pk).order_by("starts_at", "pk")[:60])
    here = training_class.center.district.regency_id

    def rank(one: TrainingClass) -> tuple[bool, bool, datetime]:
        return (
            one.course_id != training_class.course_id,
            one.center.district.regency_id != here,
            one.starts_at,
        )

    return sorted(rows, key=rank)[:MOST_ALTERNATIVES]


def during(slots: Sequence[Slot]) -> Q:
    """Sessions that overlap one of these."""
    found = Q(pk__in=[])
    for slot in slots:
        found |= Q(starts_at__lt=slot.ends_at, ends_at__gt=slot.starts_at)
    return found


def clashes(
    slots: Sequence[Slot],
    *,
    center_id: str,
    place: str,
    trainers: Iterable[User],
    besides: UUID | None = None,
) -> list[str]:
    """What a schedule runs into, in words: the same place, or a trainer who teaches elsewhere. `besides` is
    the class itself, where it is planned already."""
    if not slots:
        return []
    held = ClassSession.objects.filter(during(slots)).exclude(training_class__status=ClassStatus.BATAL)
    held = held.exclude(training_class=besides) if besides else held
    met = {one.training_class_id: one for one in held.select_related("training_class").order_by("-starts_at")}
    ids = met.keys()
    classes = TrainingClass.objects.filter(pk__in=ids).select_related("course")
    words = [
        f"Tempat “{place}” dipakai {one.course.title}, {one.name}: {met[one.pk].when}."
        for one in classes.filter(center_id=center_id, place__iexact=place).order_by("starts_at", "pk")
        if place
    ]
    busy = ClassTrainer.objects.filter(training_class__in=ids, user__in=[user.pk for user in trainers])
    words += [
        f"{row.user.display_name} mengajar {row.training_class.course.title}, {row.training_class.name}:"
        f" {met[row.training_class_id].when}."
        for row in busy.select_related("user", "training_class__course").order_by("training_class_id", "pk")
    ]
    return words


def busy_with(enrollment: Enrollment, training_class: TrainingClass) -> list[TrainingClass]:
    """Other classes of a participant that meet at the same time as this one."""
    return busy_of([enrollment.pk], training_class)[enrollment.pk]


def busy_of(enrollments: Sequence[UUID], training_class: TrainingClass) -> dict[UUID, list[TrainingClass]]:
    """The same for many participants by enrollment id, in two statements."""
    sessions = [Slot(one.starts_at, one.ends_at) for one in training_class.sessions.all()]
    meeting = ClassSession.objects.filter(during(sessions)).values("training_class")
    seats = Seat.objects.live().filter(enrollment__in=enrollments, training_class__in=meeting)
    found: dict[UUID, list[TrainingClass]] = {pk: [] for pk in enrollments}
    rows = seats.exclude(training_class=training_class).select_related("training_class__course")
    for seat in rows.order_by("training_class__starts_at", "training_class_id"):
        found[seat.enrollment_id].append(seat.training_class)
    return found
