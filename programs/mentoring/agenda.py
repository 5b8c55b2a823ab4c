"""A coach's agenda: sessions with the people of now, classes they give, clinics where they sit; by day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import User
from centers.models import CoachProfile
from core.clock import DEFAULT_ZONE, day_start, local_day
from core.formats import clock_time
from core.icalendar import calendar, event
from programs.training.models import ClassSession, ClassStatus

from .models import Clinic, ClinicStatus, MentoringSession, PlaceKind, SessionStatus
from .models.session import LENGTH

PAST_DAYS, COMING_DAYS = 30, 120
"""Days that the feed goes back and ahead."""
MOST = 500
LONGEST = timedelta(hours=12)
"""How long before an hour something may have begun that is still on."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the agenda. `short` is what a foreign calendar may read of it."""

    key: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    title: str
    short: str
    where: str
    href: str
    badge: str = ""
    word: str = ""

    @property
    def hours(self) -> str:
        """ "09.00–11.00 WIB"."""
        begins = clock_time(self.starts_at, self.zone).partition(" ")[0]
        return f"{begins}–{clock_time(self.ends_at, self.zone)}"

    @property
    def day(self) -> date:
        return local_day(self.starts_at, self.zone)


@dataclass(frozen=True, slots=True)
class Day:
    """One day with its lines."""

    date: date
    entries: Sequence[Entry]
    is_today: bool


def zone_of(coach: User) -> str:
    """The zone of the coach's centre."""
    found = CoachProfile.objects.filter(user=coach).values_list("center__zone", flat=True).first()
    return found or DEFAULT_ZONE


def days(coach: User, *, first: date, many: int, zone: str, today: date) -> list[Day]:
    """So many days from the first on, with everything on them; three queries."""
    found = entries(coach, since=day_start(first, zone), until=day_start(first + timedelta(days=many), zone))
    dates = [first + timedelta(days=number) for number in range(many)]
    return [
        Day(one, [entry for entry in found if local_day(entry.starts_at, zone) == one], one == today)
        for one in dates
    ]


def entries(coach: User, *, since: datetime, until: datetime) -> list[Entry]:
    """Everything between two moments, in order of time."""
    sessions = sessions_of(coach, since=since, until=until)[:MOST]
    lessons = _lessons(coach).filter(starts_at__gte=since, starts_at__lt=until)[:MOST]
    clinics = Clinic.objects.filter(
        coaches=coach, status=ClinicStatus.DIBUKA, starts_at__gte=since, starts_at__lt=until
    ).select_related("center")[:MOST]
    found = [
        *(_of_session(one) for one in sessions),
        *(_of_lesson(one) for one in lessons),
        *(_of_clinic(one) for one in clinics),
    ]
    return sorted(found, key=lambda entry: (entry.starts_at, entry.key))


def clashes(session: MentoringSession) -> list[Entry]:
    """What else the coach of a session has at its hour."""
    since, until = session.starts_at - LONGEST, session.starts_at + LENGTH
    found = entries(session.coach, since=since, until=until)
    return [one for one in found if one.ends_at > session.starts_at and one.key != f"sesi-{session.pk}"]


def sessions_of(coach: User, *, since: datetime, until: datetime) -> QuerySet[MentoringSession]:
    """Sessions between two moments with the people that a coach accompanies now."""
    own = MentoringSession.objects.filter(enrollment__coach=coach, starts_at__gte=since, starts_at__lt=until)
    kept = own.exclude(status=SessionStatus.BATAL).filter(enrollment__erased_at__isnull=True)
    return kept.select_related("enrollment__person", "enrollment__center").order_by("starts_at", "pk")


def _lessons(coach: User) -> QuerySet[ClassSession]:
    """Sessions of the classes a coach gives that take place."""
    given = ClassSession.objects.filter(training_class__trainers__user=coach)
    held = given.filter(training_class__status__in=[*ClassStatus.taking_part(), ClassStatus.SELESAI])
    return held.select_related("training_class__course", "training_class__center").order_by("starts_at", "pk")


def _of_session(one: MentoringSession) -> Entry:
    person = one.enrollment.person.full_name
    where = one.place_label
    if one.place_kind == PlaceKind.PUSAT and one.enrollment.center is not None:
        where = one.enrollment.center.name
    badge, word = {
        SessionStatus.TERLAKSANA: ("done", "Terlaksana"),
        SessionStatus.TIDAK_DATANG: ("late", "Tidak datang"),
    }.get(SessionStatus(one.status), ("", ""))
    return Entry(
        key=f"sesi-{one.pk}", starts_at=one.starts_at, ends_at=one.starts_at + LENGTH, zone=one.zone,
        title=f"{person}: {one.topic}", short=f"Bertemu {person.split()[0]}", where=where,
        href=reverse("mentoring", args=[one.enrollment.person_id]), badge=badge, word=word,
    )  # fmt: skip


def _of_lesson(one: ClassSession) -> Entry:
    lesson = one.training_class
    return Entry(
        key=f"kelas-{one.pk}", starts_at=one.starts_at, ends_at=one.ends_at, zone=lesson.zone,
        title=f"Kelas {lesson.course.title}, {lesson.name}: {one.title}",
        short=f"Kelas {lesson.course.title}", where=lesson.where,
        href=reverse("class_desk", args=[lesson.pk]), badge="info", word="Kelas",
    )  # fmt: skip


def _of_clinic(one: Clinic) -> Entry:
    return Entry(
        key=f"klinik-{one.pk}", starts_at=one.starts_at, ends_at=one.ends_at, zone=one.zone,
        title=f"Klinik wirausaha: {one.topics}", short="Klinik wirausaha",
        where=f"{one.where}, {one.center.name}", href=reverse("clinic_desk", args=[one.pk]),
        badge="info", word="Klinik",
    )  # fmt: skip


def as_calendar(found: Iterable[Entry], *, at: datetime) -> str:
    """The agenda as a calendar file: first names and places, nothing else of anybody."""
    return calendar(
        event(
            uid=f"{one.key}@okoce", starts_at=one.starts_at, ends_at=one.ends_at, summary=one.short,
            location=one.where, at=at,
        )
        for one in found
    )  # fmt: skip


def feed(coach: User, *, at: datetime) -> str:
    """What the secret address answers."""
    since, until = at - timedelta(days=PAST_DAYS), at + timedelta(days=COMING_DAYS)
    return as_calendar(entries(coach, since=since, until=until), at=at)
