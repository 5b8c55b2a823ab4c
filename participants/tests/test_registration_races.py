"""Registrations at the same moment. Each proof is also run without its protection, where it must break."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.clock import now
from core.models import OutboxMessage
from core.tests.meeting import SURE_SECONDS, together
from core.validators import clean_nik
from participants import registration
from participants.models import Enrollment, Person, StageTransition
from participants.models.choices import Pathway
from participants.registration import Assistance, Held, Registered, RegistrationData, register_person
from participants.tests.factories import center_of, demo_phone, district_of, synthetic_nik
from participants.tests.test_registration_page import valid

pytestmark = pytest.mark.django_db(transaction=True)

MEET_SECONDS = 2.0
"""How long one waits for the other where a lock keeps it away."""


@pytest.fixture(autouse=True)
def _center() -> None:
    center_of()


@pytest.fixture
def meeting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> threading.Barrier:
    """Two registrations meet after both have looked and before either has written."""
    barrier = threading.Barrier(2)
    callspec = getattr(request.node, "callspec", None)
    is_held_back = callspec is not None and callspec.params["is_protected"]
    seconds = MEET_SECONDS if is_held_back else SURE_SECONDS
    look = registration.look_up
    first_looks = threading.local()

    def look_and_wait(*args: Any) -> Any:
        found = look(*args)
        if not getattr(first_looks, "over", False):
            first_looks.over = True
            with suppress(threading.BrokenBarrierError):
                barrier.wait(seconds)
        return found

    monkeypatch.setattr(registration, "look_up", look_and_wait)
    return barrier


def person_data(**changes: Any) -> RegistrationData:
    fields: dict[str, Any] = {
        "pathway": Pathway.MULAI_USAHA,
        "full_name": "Siti Rahmawati",
        "district": district_of(),
        "address": "Jl. Wijaya",
        "nik": clean_nik(synthetic_nik(gender="P")),
        "phone": demo_phone(),
        "password": "tiga kata yang panjang",
    }
    return RegistrationData(**(fields | changes))


def submit(
    data: RegistrationData, submission_id: UUID, browser: str = "b", **extra: Any
) -> Callable[[], Any]:
    return lambda: register_person(data=data, submission_id=submission_id, browser=browser, at=now(), **extra)


def test_one_registration_sent_fifty_times_is_one_person_one_message_one_answer() -> None:
    data = valid()
    browser = Client().get("/daftar/").cookies["okoce_browser"].value

    def send() -> tuple[int, str]:
        client = Client()
        client.cookies["okoce_browser"] = browser
        response = client.post("/daftar/", data)
        assert "_auth_user_id" in client.session
        return response.status_code, response["Location"]

    answers = together(*[send] * 50, workers=12)
    assert Counter(answers) == {(303, "/daftar/berhasil/"): 50}
    assert (Person.objects.count(), Enrollment.objects.count(), User.objects.count()) == (1, 1, 1)
    assert (StageTransition.objects.count(), OutboxMessage.objects.count()) == (1, 1)


@pytest.mark.usefixtures("meeting")
@pytest.mark.parametrize("is_protected", [True, False])
def test_equal_submissions_need_the_lock(monkeypatch: pytest.MonkeyPatch, is_protected: bool) -> None:
    """Somebody without NIK and phone: no unique index helps, only the lock makes the second one wait."""
    if not is_protected:
        monkeypatch.setattr(registration, "LOCK", "SELECT %(lock)s")
    operator = staff(Role.PENGELOLA, "P31.74.07")
    data = person_data(nik=None, no_nik_reason="Belum jadi", phone="", password=None)
    send = submit(data, uuid4(), assistance=Assistance(by=operator, role=Role.PENGELOLA))
    answers = together(send, send)
    same = len(
        {answer.enrollment.pk if isinstance(answer, Registered) else repr(answer) for answer in answers}
    )
    if is_protected:
        assert same == 1
        assert sorted(answer.is_new for answer in answers) == [False, True]
        assert Person.objects.count() == 1
    else:
        assert same == 2


@pytest.mark.usefixtures("meeting")
@pytest.mark.parametrize("is_protected", [True, False])
def test_one_nik_from_two_phones_needs_the_unique_index(is_protected: bool) -> None:
    if not is_protected:
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE participants_person DROP CONSTRAINT participants_person_nik_index_key"
            )
    nik = clean_nik(synthetic_nik(gender="P"))
    one, other = (submit(person_data(nik=nik), uuid4(), browser=name) for name in ("satu", "dua"))
    answers = together(one, other)
    kinds = Counter(type(answer).__name__ for answer in answers)
    if is_protected:
        assert kinds == {"Registered": 1, "Held": 1}
        assert Person.objects.count() == 1
        told = OutboxMessage.objects.order_by("pk").values_list("ids__kind", flat=True)
        assert sorted(told) == ["pendaftaran_dicoba_lagi", "pendaftaran_diterima"]
    else:
        assert kinds == {"Registered": 2}
        assert Person.objects.count() == 2


@pytest.mark.usefixtures("meeting")
def test_who_lost_the_race_for_a_nik_is_not_signed_in() -> None:
    """The session of the first attempt goes with its account, which another registration made impossible."""
    nik = synthetic_nik(gender="P")
    clients = [Client(), Client()]
    sends = [partial(client.post, "/daftar/", valid(nik=nik)) for client in clients]
    answers = together(*sends)
    assert sorted(answer["Location"] for answer in answers) == ["/daftar/berhasil/", "/daftar/periksa/"]
    for client, answer in zip(clients, answers, strict=True):
        assert ("sessionid" in client.cookies) == (answer["Location"] == "/daftar/berhasil/")
    session = Session.objects.get()
    assert session.get_decoded()["_auth_user_id"] == str(Person.objects.get().user_id)


@pytest.mark.usefixtures("meeting")
def test_two_of_a_household_at_once_are_both_registered_and_one_has_the_phone() -> None:
    phone = demo_phone()
    one = submit(person_data(phone=phone, full_name="Budi Santoso"), uuid4(), browser="satu")
    other = submit(person_data(phone=phone, full_name="Siti Santoso"), uuid4(), browser="dua")
    answers = together(one, other)
    assert [type(answer) for answer in answers] == [Registered, Registered]
    assert User.objects.filter(phone_index__isnull=False).count() == 1
    assert Person.objects.with_phone(phone).count() == 2


@pytest.mark.usefixtures("meeting")
def test_one_email_at_once_goes_to_one_account() -> None:
    one = submit(person_data(email="bersama@contoh.id", full_name="Budi"), uuid4(), browser="satu")
    other = submit(person_data(email="bersama@contoh.id", full_name="Siti"), uuid4(), browser="dua")
    assert [type(answer) for answer in together(one, other)] == [Registered, Registered]
    assert User.objects.filter(email="bersama@contoh.id").count() == 1


def test_numbers_are_never_given_twice() -> None:
    acts = [submit(person_data(), uuid4(), browser=str(index)) for index in range(24)]
    answers = together(*acts, workers=8)
    assert len({answer.enrollment.number for answer in answers}) == 24


def test_another_browser_is_held_while_the_first_registers() -> None:
    data, submission_id = person_data(), uuid4()
    acts = [submit(data, submission_id, browser=f"b{index % 2}") for index in range(10)]
    answers = together(*acts)
    kinds = Counter(type(answer) for answer in answers)
    assert kinds == {Registered: 5, Held: 5}
    assert Person.objects.count() == 1
