"""What a manager weighs: how full a centre is, which coach fits, who has not answered, what is near."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import inf
from typing import Any
from uuid import UUID

from django.db.models import Count, F, FilteredRelation, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Role, RoleAssignment, User
from centers.assignment import distance_km
from centers.models import Center, CoachProfile, District, Regency, short_regency
from core.clock import ZONES, day_start, local_day, next_working_day
from participants.models import CoachAssignment, Enrollment, Stage, Status, Threshold
from programs.mentoring.models import CoachDetails, CoachWish
from programs.mentoring.models.coach import short, spoken

from .people import silent_q

NEAR_LIMIT_PERCENT = 90
"""From here on a centre is shown as nearly full."""

NEAREST_SHOWN = 3
"""Centres offered in one tap to somebody who waits for one."""


# Capacity -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Load:
    """People accompanied now, beside how many can be."""

    active: int
    capacity: int

    @property
    def is_full(self) -> bool:
        return self.active >= self.capacity

    @property
    def is_near(self) -> bool:
        return not self.is_full and self.active * 100 >= self.capacity * NEAR_LIMIT_PERCENT

    @property
    def free(self) -> int:
        return max(self.capacity - self.active, 0)

    @property
    def status(self) -> str:
        """Badge of the load; empty while there is room."""
        return "late" if self.is_full else "soon" if self.is_near else ""

    @property
    def words(self) -> str:
        if self.is_full:
            return f"Penuh: {self.active} dari {self.capacity}"
        if self.is_near:
            return f"Hampir penuh, sisa {self.free}"
        return f"{self.active} dari {self.capacity}"


@dataclass(frozen=True, slots=True)
class CenterLoad:
    """One centre with its load."""

    center: Center
    load: Load


def with_active(centers: QuerySet[Center]) -> QuerySet[Center]:
    """Centres, each with `active`: how many people are active there."""
    people = Count("enrollments", filter=Q(enrollments__status="aktif", enrollments__erased_at__isnull=True))
    return centers.annotate(active=people)


def load_of(center: Any) -> Load:
    """The load of a centre read by `with_active`."""
    return Load(center.active, center.capacity)


def centers_of(user: User, *, text: str = "", most: int) -> list[CenterLoad]:
    """Open centres the user works with, the fullest first; `text`: part of a name, or how a code begins."""
    found = Center.objects.visible_to(user).open().with_place()
    if text:
        found = found.filter(Q(name__icontains=text) | Q(code__startswith=text.upper()))
    fullest = (F("active") * 100) / (F("capacity") + 1)
    rows = with_active(found).order_by(fullest.desc(), "code")[:most]
    return [CenterLoad(center, load_of(center)) for center in rows]


# Coaches --------------------------------------------------------------------------------------------------


def _mentees(at: datetime | None = None, **conditions: Any) -> Coalesce:
    """How many people of a coach meet the conditions, as a column; with `at`, only the silent ones."""
    rows = Enrollment.objects.filter(coach=OuterRef("user"), erased_at__isnull=True, **conditions)
    if at is not None:
        rows = rows.filter(silent_q(at))
    counted = rows.order_by().values("coach").annotate(many=Count("pk", distinct=True)).values("many")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def coaches_with_load(center_codes: Iterable[str], *, at: datetime) -> QuerySet[CoachProfile]:
    """Coaches of centres, the least loaded first: `mentee_count`, `silent_count`, `unanswered_count`."""
    waiting = (
        CoachAssignment.objects.active()
        .filter(coach=OuterRef("user"), accepted_at__isnull=True)
        .order_by()
        .values("coach")
        .annotate(many=Count("pk"))
        .values("many")
    )
    return (
        CoachProfile.objects.filter(center__in=list(center_codes), user__is_active=True)
        .select_related("user", "center", "details")
        .annotate(
            mentee_count=_mentees(status="aktif"),
            silent_count=_mentees(at),
            unanswered_count=Coalesce(Subquery(waiting, output_field=IntegerField()), 0),
        )
        .order_by("center_id", "mentee_count", "user__display_name", "pk")
    )


def area_names(codes: Iterable[str]) -> dict[str, str]:
    """Names of kab/kota and kecamatan by code; one query."""
    wanted = set(codes)
    districts = District.objects.filter(pk__in=wanted).order_by().values_list("pk", "name")
    regencies = Regency.objects.filter(pk__in=wanted).order_by().values_list("pk", "name")
    return {code: short_regency(name) for code, name in districts.union(regencies, all=True)}


@dataclass(frozen=True, slots=True)
class CoachOption:
    """A coach who may be chosen for one person, with what speaks for and against, in words."""

    profile: CoachProfile
    load: Load
    silent: int
    reasons: Sequence[str] = field(default_factory=tuple)
    points: float = 0.0

    @property
    def label(self) -> str:
        return f"{self.profile.user.display_name} ({self.load.active} dari {self.load.capacity} peserta)"

    @property
    def note(self) -> str:
        return " ".join(self.reasons)


def coach_options(enrollment: Enrollment, *, at: datetime) -> list[CoachOption]:
    """Coaches of the enrollment's centre who take people now, the best fitting first. The day's thresholds,
    the business, the wish, and all coaches with their counts: four queries.

    Points: up to 4 for free places; 2 for a coach who serves the kecamatan, else 1 for its kab/kota; 2 each
    for the sector (wished for, else that of the business) and the language wished for, 1 for the kind; 2 for
    people in the same kelurahan, else 1 for the same kecamatan, 1 for businesses of the same kind; up to 2
    less for silent people. Full ones come last whatever their points.
    """
    business = enrollment.person.businesses.order_by("created_at", "pk").first()
    wish = CoachWish.objects.filter(enrollment=enrollment).first() or CoachWish()
    sector = wish.sector or (business.sector if business else "")
    nothing = Coalesce(Subquery(Enrollment.objects.none().values("pk"), output_field=IntegerField()), 0)
    rows = (
        coaches_with_load([enrollment.center_id or ""], at=at)
        .filter(is_accepting=True, center__status=Center.Status.BUKA)
        .exclude(user__person=enrollment.person_id)
        .annotate(
            village_count=_mentees(status="aktif", village=enrollment.village_id)
            if enrollment.village_id
            else nothing,
            district_count=_mentees(status="aktif", district=enrollment.district_id),
            sector_count=_mentees(person__businesses__sector=sector) if sector else nothing,
        )
    )
    options = [_weigh(profile, enrollment, sector, wish) for profile in rows]
    return sorted(
        options, key=lambda o: (o.load.is_full, -o.points, o.load.active, o.profile.user.display_name)
    )


def _weigh(profile: Any, enrollment: Enrollment, sector: str, wish: CoachWish) -> CoachOption:
    load = Load(profile.mentee_count, profile.capacity)
    fits, points = _fit(getattr(profile, "details", None), enrollment, sector, wish)
    fits.append(f"masih {load.free} tempat" if load.free else "sudah penuh")
    fit = ", ".join(fits)
    reasons = [f"{fit[:1].upper()}{fit[1:]}."]
    points += 4.0 * load.free / max(load.capacity, 1)
    if profile.village_count and enrollment.village is not None:
        reasons.append(f"Mendampingi {profile.village_count} orang di {enrollment.village.name}.")
        points += 2
    elif profile.district_count:
        reasons.append(f"Mendampingi {profile.district_count} orang di {enrollment.district.name}.")
        points += 1
    if profile.sector_count:
        reasons.append(f"Pernah mendampingi {profile.sector_count} usaha {short(sector)}.")
        points += 1
    if profile.silent_count:
        reasons.append(f"{profile.silent_count} orangnya diam lewat batas.")
        points -= 2.0 * profile.silent_count / max(load.active, 1)
    if profile.unanswered_count:
        reasons.append(f"{profile.unanswered_count} tugas belum diterima.")
    return CoachOption(profile, load, profile.silent_count, tuple(reasons), points)


def _fit(
    details: CoachDetails | None, enrollment: Enrollment, sector: str, wish: CoachWish
) -> tuple[list[str], float]:
    """What of the coach's own profile fits the person, in words, and its points; nothing without one."""
    fits: list[str] = []
    points = 0.0
    if details is None:
        return fits, points
    if area := details.area_of(enrollment.district_id):
        is_near = area == enrollment.district_id
        fits.append("satu kecamatan" if is_near else "satu kab/kota")
        points += 2 if is_near else 1
    if sector in details.sectors:
        fits.append(f"sama bidang: {short(sector)}")
        points += 2
    if wish.language in details.languages:
        fits.append(f"berbahasa {spoken(wish.language)}")
        points += 2
    if wish.kind == details.kind:
        fits.append(details.kind_label.lower())
        points += 1
    return fits, points


# Answers that are late ------------------------------------------------------------------------------------


def unanswered(user: User, *, at: datetime) -> Any:
    """People whose coach has not accepted within `terima_tugas` working days, with `assigned_at`; unordered.

    The day of the assignment does not count; days are those of the enrollment's zone.
    """
    tasks = FilteredRelation("assignments", condition=Q(assignments__ended_at__isnull=True))
    rows = (
        Enrollment.objects.visible_to(user)
        .open()
        .annotate(task=tasks)
        .filter(coach__isnull=False, task__isnull=False, task__accepted_at__isnull=True)
        .annotate(assigned_at=F("task__assigned_at"))
    )
    return rows.filter(_late_q(at))


def without_coach(user: User, *, at: datetime) -> Any:
    """People whom nobody accompanies: past the registration the coach could not take them on, or at any stage
    the coach's account or role has ended."""
    working = RoleAssignment.objects.active(at).with_role(Role.PENDAMPING).filter(user__is_active=True)
    gone = CoachProfile.objects.exclude(user__in=working.values("user")).values("user")
    alone = (Q(coach=None) & ~Q(stage=Stage.PENDAFTARAN)) | Q(coach__in=gone)
    return Enrollment.objects.visible_to(user).filter(alone, status=Status.AKTIF)


def _late_q(at: datetime) -> Q:
    limits = Threshold.objects.on(local_day(at))
    late = Q(pk__in=[])
    for zone in ZONES:
        today = local_day(at, zone)
        stages: dict[int, list[str]] = {}
        for stage in Stage:
            if days := limits.get((stage, "terima_tugas")):
                stages.setdefault(days, []).append(stage)
        for days, those in stages.items():
            until = day_start(last_late_day(today, days) + timedelta(days=1), zone)
            late |= Q(zone=zone, stage__in=those, assigned_at__lt=until)
    return late


def last_late_day(today: date, days: int) -> date:
    """The latest day of assignment whose `days` working days are over on `today`."""
    day = today
    while next_working_day(day, days) >= today:
        day -= timedelta(days=1)
    return day


# Centres near by ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Nearby:
    """An open centre, how far its kecamatan is (km; None when unknown), and its load."""

    center: Center
    km: float | None
    load: Load

    @property
    def label(self) -> str:
        """Where, and how far; "Pusat OK OCE" stands above the list already."""
        name = self.center.name.removeprefix("Pusat OK OCE ")
        if self.km is None:
            return name
        return f"{name}, {self.km:.0f} km" if self.km >= 1 else f"{name}, kurang dari 1 km"


def nearest_centers(enrollments: Sequence[Enrollment]) -> dict[UUID, list[Nearby]]:
    """The nearest open centres of the same province for each person, in one query; equal: the lower code."""
    provinces = {enrollment.district_id[:2] for enrollment in enrollments}
    inside = Q(pk__in=[])
    for province in provinces:
        inside |= Q(district__code__startswith=f"{province}.")
    centers = list(with_active(Center.objects.open().filter(inside).with_place())) if provinces else []
    found = {}
    for enrollment in enrollments:
        near = sorted(
            (
                (distance_km(enrollment.district, center.district), center.code, center)
                for center in centers
                if center.district_id[:2] == enrollment.district_id[:2]
            ),
            key=lambda entry: entry[:2],
        )
        found[enrollment.pk] = [
            Nearby(center, None if km == inf else km, load_of(center))
            for km, _code, center in near[:NEAREST_SHOWN]
        ]
    return found
