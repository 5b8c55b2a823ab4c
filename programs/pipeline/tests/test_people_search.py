"""Searching people: a link for names and filters, never an address for a NIK or a phone number."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Role
from accounts.tests.factories import staff
from core.validators import local_phone
from participants.models import Enrollment
from participants.tests.factories import demo_phone, participant, synthetic_nik
from programs.pipeline.people import is_personal_number

pytestmark = pytest.mark.django_db

PAGE = "/peserta/"


@pytest.fixture
def browser(settings: Any) -> Client:
    settings.DEMO_MODE = True
    client = Client()
    client.force_login(staff(Role.PENGELOLA, "P31.74.07", is_demo=True))
    return client


@pytest.fixture
def siti() -> Enrollment:
    return participant(
        person__full_name="Siti Contoh", person__nik=synthetic_nik(gender="P"), person__phone=demo_phone()
    )


def test_a_search_becomes_a_link_that_can_be_shared(browser: Client, siti: Enrollment) -> None:
    answer = browser.post(PAGE, {"q": "siti", "tahap": "pendaftaran", "status": "", "tahun": "x"})
    assert answer.status_code == 303
    assert answer["Location"] == "/peserta/?q=siti&tahap=pendaftaran&tahun=x"
    assert "Siti Contoh" in browser.get(answer["Location"]).content.decode()
    assert browser.post(PAGE, {})["Location"] == PAGE


def spellings(siti: Enrollment) -> list[str]:
    nik, phone = siti.person.nik() or "", siti.person.phone() or ""
    return [nik, f"{nik[:6]} {nik[6:12]} {nik[12:]}", f" {nik} ", phone, local_phone(phone), phone[3:]]


def test_a_nik_or_phone_leads_to_the_person(browser: Client, siti: Enrollment) -> None:
    participant()
    for typed in spellings(siti):
        answer = browser.post(PAGE, {"q": typed})
        assert (answer.status_code, answer["Location"]) == (303, f"/peserta/{siti.person_id}/"), typed


def test_a_number_of_nobody_here_is_said_and_not_shown_again(browser: Client) -> None:
    elsewhere = participant(center="P73.71.01")
    unknown = synthetic_nik("917101", "P")
    for typed in (unknown, elsewhere.person.nik(), local_phone(elsewhere.person.phone() or ""), "123456789"):
        answer = browser.post(PAGE, {"q": typed})
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "Tidak ada peserta dengan NIK atau nomor HP itu di cakupan Anda." in page
        assert str(typed) not in page
        assert elsewhere.person.full_name not in page


def test_a_household_with_one_phone_is_a_list(browser: Client, siti: Enrollment) -> None:
    phone = siti.person.phone()
    participant(person__full_name="Budi Contoh", person__phone=phone, person__user=None)
    page = browser.post(PAGE, {"q": phone}).content.decode()
    assert "Siti Contoh" in page
    assert "Budi Contoh" in page
    assert phone not in page


def test_a_number_in_an_address_is_not_looked_up_nor_repeated(browser: Client, siti: Enrollment) -> None:
    nik = siti.person.nik()
    page = browser.get(PAGE, {"q": nik, "tahap": "pendaftaran"}).content.decode()
    assert "dicari lewat kotak pencarian" in page
    assert str(nik) not in page


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3174077105950000", True), ("0812-0000-1234", True), ("+62 812 0000 1234", True),
        ("81200001234", True), ("Siti 081200001234", True), ("OK-26-000001", False), ("000001", False),
        ("", False), ("26-00001", False),
    ],
)  # fmt: skip
def test_what_counts_as_a_personal_number(text: str, expected: bool) -> None:
    assert is_personal_number(text) is expected
