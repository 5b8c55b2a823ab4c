"""What P1's rules are told about people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from core.clock import today
from participants.facts import load_registration_facts, load_shared_facts
from participants.models import Enrollment, Status
from participants.tests.factories import EnrollmentFactory, participant

pytestmark = pytest.mark.django_db

BORN = date(1990, 5, 31)
NO_NIK = {"person__nik": None, "person__no_nik_reason": "Belum jadi"}


def someone(name: str = "Siti Rahmawati", **fields: Any) -> Enrollment:
    return EnrollmentFactory(**({"person__full_name": name, "person__birth_date": BORN} | fields))


def has_double(enrollment: Enrollment) -> bool:
    shared = load_shared_facts([enrollment], on=today())
    return load_registration_facts([enrollment], shared=shared)[enrollment.pk].has_open_duplicate


def test_same_name_and_birth_date_is_a_double_when_one_has_no_nik() -> None:
    with_nik, without = someone(), someone("SITI RAHMAWATI", **NO_NIK)
    assert has_double(with_nik)
    assert has_double(without)


def test_two_niks_are_two_people() -> None:
    one, other = someone(), someone()
    assert not has_double(one)
    assert not has_double(other)


@pytest.mark.parametrize("changes", [{"person__birth_date": date(1990, 5, 30)}, {"person__birth_date": None}])
def test_another_or_no_birth_date_is_no_double(changes: dict[str, Any]) -> None:
    one = someone(**NO_NIK)
    someone(**(NO_NIK | changes))
    assert not has_double(one)


def test_a_double_that_is_no_longer_on_the_way_is_settled() -> None:
    one = someone(**NO_NIK)
    participant(status=Status.BERHENTI, person__full_name="Siti Rahmawati", person__birth_date=BORN)
    assert not has_double(one)


def test_one_query_whatever_the_number(django_assert_num_queries: Callable[..., Any]) -> None:
    everybody = [someone(f"Warga {number}", **NO_NIK) for number in range(12)]
    shared = load_shared_facts(everybody, on=today())
    with django_assert_num_queries(1):
        facts = load_registration_facts(everybody, shared=shared)
    assert len(facts) == 12
