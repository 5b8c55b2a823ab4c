"""The contact form as the browser's send queue posts it: as its author, once, with answers for a script."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Role, User
from accounts.tests.factories import staff
from centers.models import CoachProfile
from core.clock import today
from participants.models import Enrollment, Stage
from participants.tests.factories import center_of, participant
from programs.mentoring.models import ContactLog

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


@pytest.fixture
def coach() -> User:
    user = staff(Role.PENDAMPING, "P31.74.07", is_demo=True)
    CoachProfile.objects.create(user=user, center=center_of("P31.74.07"))
    return user


@pytest.fixture
def budi(coach: User) -> Enrollment:
    return participant(stage=Stage.PENDAMPINGAN, coach=coach)


def values(**changes: str) -> dict[str, str]:
    return {
        "submission_id": str(uuid4()), "kind": "telepon", "outcome": "tersambung", "note": "Baik",
        "happened_on": f"{today():%d/%m/%Y}", **changes,
    }  # fmt: skip


def carry(actor: User, enrollment: Enrollment, data: dict[str, str], **more: Any) -> Any:
    """The answer to the send queue while `actor` is signed in; written by `author`, else by the actor."""
    client = Client()
    client.force_login(actor, backend="accounts.backends.LoginBackend")
    headers = {"X-Author": str(more.get("author", actor).pk)} | (
        {"X-Later": "1"} if more.get("later") else {}
    )
    answer = client.post(f"/peserta/{enrollment.person_id}/kabar/", data, headers=headers)
    answer.said = client.get("/pesan/").content.decode()
    return answer


def test_an_entry_is_taken_once_and_both_answers_are_the_same(coach: User, budi: Enrollment) -> None:
    data = values()
    answers = [carry(coach, budi, data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json() == {"next": f"/peserta/{budi.person_id}/"}
    log = ContactLog.objects.get()
    assert (log.note, log.author_id) == ("Baik", coach.pk)


def test_an_entry_of_somebody_else_is_not_taken_under_the_name_of_who_is_signed_in(
    coach: User, budi: Enrollment
) -> None:
    manager = staff(Role.PENGELOLA, "P31.74.07", is_demo=True)
    answer = carry(manager, budi, values(), author=coach)
    assert (answer.status_code, answer.json()) == (409, {"is_foreign": True})
    assert not ContactLog.objects.exists()
    assert carry(manager, budi, values()).status_code == 200  # as herself she may


def test_a_refused_entry_says_why_in_sentences(coach: User, budi: Enrollment) -> None:
    answer = carry(coach, budi, values(happened_on="31/02/2026", note=""))
    assert answer.status_code == 422
    assert [reason.split(":")[0] for reason in answer.json()["reasons"]] == [
        "Tanggal kontak",
        "Apa kabarnya?",
    ]
    assert "31 Februari" in answer.json()["reasons"][0]
    assert not ContactLog.objects.exists()


def test_a_foreign_and_a_missing_participant_give_the_same_answer(coach: User, budi: Enrollment) -> None:
    outsider = staff(Role.PENDAMPING, "P73.71.01", is_demo=True)
    CoachProfile.objects.create(user=outsider, center=center_of("P73.71.01"))
    missing = Enrollment(person_id=uuid4())
    answers = [carry(outsider, one, values()) for one in (budi, missing)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_only_an_entry_that_is_sent_later_says_nothing_on_the_next_page(
    coach: User, budi: Enrollment
) -> None:
    words = f"Kabar {budi.person.full_name} tersimpan."
    assert words in carry(coach, budi, values()).said
    assert words not in carry(coach, budi, values(), later=True).said


def test_without_a_session_the_entry_is_led_to_the_sign_in(budi: Enrollment) -> None:
    answer = Client().post(f"/peserta/{budi.person_id}/kabar/", values(), headers={"X-Author": str(uuid4())})
    assert answer.status_code == 303
    assert answer["Location"].startswith("/masuk/")
    assert not ContactLog.objects.exists()
