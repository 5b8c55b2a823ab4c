"""Demo profiles of coaches, and clinics of the home centre: one that is over, one today, one to come.

Rows are written as the acts would have written them, from a source of chance of their own, so that people and
places stay as they were for the same seed.
"""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from core.clock import local_day
from participants.models import Enrollment, Status
from programs.mentoring.models import (
    Clinic,
    ClinicSlot,
    ClinicVisit,
    CoachDetails,
    MentorKind,
    NextStep,
    VisitStatus,
)

from .world import HOME, Place, World

MINUTES = 20
SLOTS = 9
"""09.00 to 12.00."""
QUESTIONS = (
    ("Menghitung harga jual kue", "Harga dihitung ulang dari bahan dan tenaga.", NextStep.PENDAMPING),
    ("Mengurus NIB", "Data untuk OSS sudah lengkap, tinggal diisi di rumah.", NextStep.IZIN),
    ("Memotret produk dengan HP", "Diajari cahaya dan latar. Ada kelasnya bulan ini.", NextStep.KELAS),
    ("Memisahkan uang usaha", "Mulai dua dompet, dilihat lagi dua minggu lagi.", NextStep.KLINIK),
)


PROFILES = (
    (MentorKind.PROGRAM, ["31.74.07"], ["kuliner", "perdagangan"], ["indonesia", "betawi"]),
    (MentorKind.PELAKU_USAHA, ["31.74"], ["fesyen", "kriya"], ["indonesia", "sunda", "jawa"]),
    (MentorKind.PROGRAM, ["31.74.07", "31.74.05"], ["jasa", "digital"], ["indonesia", "bisindo"]),
)
"""What the coaches of the home centre say of themselves, in turn."""


def seed_coaches(world: World, *, at: datetime) -> int:
    """Profiles for the coaches of the home centre; returns how many."""
    rows = [
        CoachDetails(
            profile=coach.coach_profile, kind=kind, areas=areas, sectors=sectors, languages=languages,
            updated_by=coach, updated_at=at,
        )
        for coach, (kind, areas, sectors, languages) in zip(
            world.places[HOME].coaches, PROFILES, strict=False
        )
    ]  # fmt: skip
    CoachDetails.objects.bulk_create(rows)
    return len(rows)


def seed_clinics(world: World, *, seed_number: int, at: datetime) -> int:
    """A clinic last week, today and in three days, with appointments and numbers; returns how many visits."""
    place = world.places[HOME]
    people = list(
        Enrollment.objects.filter(
            center=place.center, status=Status.AKTIF, person__user__isnull=False,
            registered_at__lt=at - timedelta(days=9),
        ).order_by("number")[:SLOTS]
    )  # fmt: skip
    makers = _Makers(random.Random(f"{seed_number}:clinics"), place, at)
    visits = [*makers.clinic(-7, people), *makers.clinic(0, people[1:6]), *makers.clinic(3, people[:1])]
    ClinicVisit.objects.bulk_create(visits)
    heard = []
    for visit in visits:
        if visit.is_finished and visit.enrollment is not None and visit.recorded_at is not None:
            visit.enrollment.last_activity_at = max(visit.enrollment.last_activity_at, visit.recorded_at)
            heard.append(visit.enrollment)
    Enrollment.objects.bulk_update(heard, ["last_activity_at"])
    return len(visits)


class _Makers:
    """Makes rows one after the other from one source of chance."""

    def __init__(self, rng: random.Random, place: Place, at: datetime) -> None:
        self.rng, self.place, self.at = rng, place, at

    def key(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)

    def clinic(self, days: int, people: list[Enrollment]) -> list[ClinicVisit]:
        """So many days from today; the first hours are booked, two come without an appointment."""
        center = self.place.center
        day = local_day(self.at, center.zone) + timedelta(days=days)
        starts_at = datetime.combine(day, time(9), tzinfo=ZoneInfo(center.zone))
        made_at = min(starts_at, self.at) - timedelta(days=5)
        clinic = Clinic.objects.create(
            id=self.key(), center=center, day=day, starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=MINUTES * SLOTS), zone=center.zone, slot_minutes=MINUTES,
            topics="Izin usaha, harga jual, foto produk", place=f"Ruang depan, {center.address}",
            submission_id=self.key(), created_by=self.place.manager, created_at=made_at,
        )  # fmt: skip
        clinic.coaches.set(self.place.coaches[:1])
        slots = ClinicSlot.objects.bulk_create(
            ClinicSlot(
                clinic=clinic,
                starts_at=starts_at + timedelta(minutes=MINUTES * number),
                is_taken=number < len(people),
            )
            for number in range(SLOTS)
        )
        visits = [
            self.settled(
                ClinicVisit(
                    id=self.key(), clinic=clinic, slot=slot, enrollment=enrollment, day=day,
                    created_at=made_at + timedelta(days=1),
                ),
                number,
                slot.starts_at,
            )
            for number, (enrollment, slot) in enumerate(zip(people, slots, strict=False))
        ]  # fmt: skip
        if starts_at <= self.at:
            visits += self.numbers(clinic)
        first = next((visit for visit in visits if visit.is_here), None)
        if first is not None:
            first.called_at = self.at
        return visits

    def numbers(self, clinic: Clinic) -> list[ClinicVisit]:
        """Two people without an appointment, at ten and at half past ten; only those who have come by now."""
        found = []
        for number in (1, 2):
            came_at = clinic.starts_at + timedelta(minutes=30 + 30 * number)
            if came_at <= self.at:
                visit = ClinicVisit(
                    id=self.key(), clinic=clinic, number=number, submission_id=self.key(), day=clinic.day,
                    status=VisitStatus.HADIR, created_at=came_at,
                )  # fmt: skip
                found.append(self.settled(visit, number + 1, came_at + timedelta(minutes=MINUTES)))
        Clinic.objects.filter(pk=clinic.pk).update(last_number=len(found))
        return found

    def settled(self, visit: ClinicVisit, number: int, turn_at: datetime) -> ClinicVisit:
        """How far a visit is now: over an hour after its turn, here shortly before it, expected otherwise."""
        question, outcome, next_step = QUESTIONS[number % len(QUESTIONS)]
        visit.topic = question
        if turn_at + timedelta(hours=1) <= self.at:
            visit.recorded_by, visit.recorded_at = self.place.coaches[0], turn_at + timedelta(hours=1)
            if number % 4 == 3 and visit.slot is not None:
                visit.status = VisitStatus.TIDAK_DATANG
            else:
                visit.status, visit.outcome, visit.next_step = VisitStatus.SELESAI, outcome, next_step
        elif turn_at - timedelta(minutes=MINUTES) <= self.at:
            visit.status = VisitStatus.HADIR
        return visit
