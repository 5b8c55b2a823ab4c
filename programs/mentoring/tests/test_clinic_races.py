"""Many people and the last hour of a clinic, on real connections. Each proof also runs unprotected."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import time
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.tests.meeting import MEET_SECONDS, SURE_SECONDS, kinds_of, together
from participants.models import Enrollment, Stage
from participants.refusals import Refused
from participants.tests.factories import center_of, participant
from programs.mentoring import clinics
from programs.mentoring.models import Clinic, ClinicSlot, ClinicVisit

from .factories import booked, opened, walked_in

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 8


class Place:
    """A centre with a desk and a clinic of a single hour."""

    def __init__(self, people: int) -> None:
        center = center_of()
        self.manager: User = staff(Role.PENGELOLA, center.code, is_demo=True)
        self.coach: User = staff(Role.PENDAMPING, center.code, is_demo=True)
        self.clinic: Clinic = opened(center, self.manager, self.coach, begins=time(9), ends=time(9, 20))
        self.people: list[Enrollment] = [
            participant(stage=Stage.PELATIHAN, center=center) for _ in range(people)
        ]

    def bookings(self) -> list[Callable[[], Any]]:
        return [lambda one=one: booked(one, self.clinic) for one in self.people]  # type: ignore[misc]

    def booked(self) -> int:
        return ClinicVisit.objects.booked().filter(clinic=self.clinic).count()


def meet_in(
    monkeypatch: pytest.MonkeyPatch, name: str, function: Callable[..., Any], *, people: int, sure: bool
) -> None:
    """Everybody waits for everybody once `function`, put in place of `clinics.<name>`, has read."""
    barrier = threading.Barrier(people)

    def read_and_wait(*args: Any, **kwargs: Any) -> Any:
        found = function(*args, **kwargs)
        with suppress(threading.BrokenBarrierError):
            barrier.wait(SURE_SECONDS if sure else MEET_SECONDS)
        return found

    monkeypatch.setattr(clinics, name, read_and_wait)


def unlocked(clinic_id: UUID) -> Clinic:
    """What `lock_clinic` would be without its lock."""
    return Clinic.objects.get(pk=clinic_id)


def ask_first(slot_id: int) -> bool:
    """What `take_slot` would be without its condition: as it was read before everybody met."""
    ClinicSlot.objects.filter(pk=slot_id).update(is_taken=True)
    return True


def drop(name: str) -> None:
    """Take a unique index away, to see what it alone prevents; the database is thrown away."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {name}")


def test_of_many_people_one_gets_the_last_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(PEOPLE)
    meet_in(monkeypatch, "lock_clinic", clinics.lock_clinic, people=PEOPLE, sure=False)
    assert kinds_of(together(*place.bookings())) == {"ClinicVisit": 1, "Refused": PEOPLE - 1}
    assert place.booked() == 1


def test_without_the_lock_the_condition_lets_one_through(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(PEOPLE)
    meet_in(monkeypatch, "lock_clinic", unlocked, people=PEOPLE, sure=True)
    assert kinds_of(together(*place.bookings())) == {"ClinicVisit": 1, "Refused": PEOPLE - 1}
    assert place.booked() == 1


def test_without_lock_and_condition_the_database_lets_one_through(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(PEOPLE)
    monkeypatch.setattr(clinics, "take_slot", ask_first)
    meet_in(monkeypatch, "lock_clinic", unlocked, people=PEOPLE, sure=True)
    assert kinds_of(together(*place.bookings())) == {"ClinicVisit": 1, "IntegrityError": PEOPLE - 1}
    assert place.booked() == 1


def test_without_any_of_them_many_get_the_same_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(PEOPLE)
    monkeypatch.setattr(clinics, "take_slot", ask_first)
    meet_in(monkeypatch, "lock_clinic", unlocked, people=PEOPLE, sure=True)
    drop("clinic_slot_held_once")
    assert kinds_of(together(*place.bookings())) == {"ClinicVisit": PEOPLE}
    assert place.booked() == PEOPLE


def test_one_person_with_two_phones_has_one_appointment_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(1)
    second = opened(place.clinic.center, place.manager, place.coach, begins=time(14), ends=time(15))
    acts = [lambda one=one: booked(place.people[0], one) for one in (place.clinic, second)]  # type: ignore[misc]
    meet_in(monkeypatch, "lock_enrollment", clinics.lock_enrollment, people=2, sure=False)
    assert kinds_of(together(*acts)) == {"ClinicVisit": 1, "Refused": 1}
    assert ClinicVisit.objects.open().count() == 1


def test_without_the_lock_the_database_lets_one_appointment_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(1)
    second = opened(place.clinic.center, place.manager, place.coach, begins=time(14), ends=time(15))
    acts = [lambda one=one: booked(place.people[0], one) for one in (place.clinic, second)]  # type: ignore[misc]
    monkeypatch.setattr(clinics, "lock_enrollment", lambda pk: Enrollment.objects.get(pk=pk))
    meet_in(monkeypatch, "open_visit", clinics.open_visit, people=2, sure=True)
    assert kinds_of(together(*acts)) == {"ClinicVisit": 1, "IntegrityError": 1}
    assert ClinicVisit.objects.open().count() == 1
    assert ClinicSlot.objects.filter(is_taken=True).count() == 1, "the hour of the other is free again"


def test_numbers_given_at_two_desks_run_on_without_gaps() -> None:
    place = Place(0)
    at = place.clinic.starts_at
    acts = [lambda who=who: walked_in(place.clinic, who, at=at) for who in (place.coach, place.manager) * 4]  # type: ignore[misc]
    assert kinds_of(together(*acts)) == {"ClinicVisit": 8}
    assert sorted(ClinicVisit.objects.values_list("number", flat=True)) == list(range(1, 9))


def test_two_desks_call_two_people(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(0)
    place.clinic.coaches.add(place.manager)  # a second table
    at = place.clinic.starts_at
    for _ in range(2):
        walked_in(place.clinic, place.coach, at=at)
    acts = [
        lambda who=who: clinics.call_next(clinic_id=place.clinic.pk, actor=who, at=at)  # type: ignore[misc]
        for who in (place.coach, place.manager)
    ]
    meet_in(monkeypatch, "lock_clinic", clinics.lock_clinic, people=2, sure=False)
    assert kinds_of(together(*acts)) == {"ClinicVisit": 2}
    assert ClinicVisit.objects.called().count() == 2


def test_a_clinic_called_off_leaves_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(1)
    cancel = lambda: clinics.cancel_clinic(  # noqa: E731
        clinic_id=place.clinic.pk, actor=place.manager, reason="Sakit", at=place.clinic.created_at
    )
    meet_in(monkeypatch, "lock_clinic", clinics.lock_clinic, people=2, sure=False)
    found = kinds_of(together(cancel, *place.bookings()))
    assert found["Clinic"] == 1
    assert ClinicVisit.objects.open().count() == 0
    assert not {IntegrityError.__name__, "OperationalError"} & found.keys()
    assert Refused.__name__ in found or ClinicVisit.objects.count() == 1
