"""The roll call and the code on the screen."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import staff
from programs.training import codes
from programs.training.models import (
    Attendance,
    Presence,
    RollCall,
    TrainerKind,
)

from .factories import (
    enrolled,
    session_of,
    trainee,
    training_class,
)
from .web import browser, demo_mode, main_of, now_is_at, words  # noqa: F401 (two of them are fixtures)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now_is_at")]


class Room:
    """The first session of a class with two people, at its beginning."""

    def __init__(self) -> None:
        self.trainer = staff(Role.PELATIH, "P31.74.07", is_demo=True)
        self.one = training_class(trainers={self.trainer.pk: TrainerKind.MITRA})
        self.seats = [enrolled(self.one), enrolled(self.one)]
        self.session = session_of(self.one)
        self.page = reverse("roll_call", args=[self.session.pk])

    def sheet(self, *marks: str, **more: str) -> dict[str, str]:
        return {
            "submission_id": str(uuid4()), "decided_at": "",
            **{f"p-{seat.pk}": mark for seat, mark in zip(self.seats, marks, strict=True)}, **more,
        }  # fmt: skip


def test_a_trainer_calls_the_roll_and_the_page_remembers() -> None:
    room = Room()
    client = browser(room.trainer)
    with time_machine.travel(room.session.starts_at, tick=False):
        page = client.get(room.page)
        assert page.content.count(b'value="hadir"') == page.content.count(b"checked") == 2
        sent = client.post(room.page, room.sheet("hadir", "sakit"))
        assert sent["Location"] == reverse("class_desk", args=[room.one.pk])
        assert "1 dari 3" in main_of(client.get(sent["Location"]))
        again = client.get(room.page).content.decode()
    assert re.search(r'value="sakit"[^>]*checked', again)
    assert sorted(Attendance.objects.values_list("presence", flat=True)) == ["hadir", "sakit"]


def test_before_the_session_there_is_nothing_to_send() -> None:
    room = Room()
    assert "satu jam sebelum" in main_of(browser(room.trainer).get(room.page))
    answer = browser(room.trainer).post(room.page, room.sheet("hadir", "hadir"))
    assert answer.status_code == 422 and not Attendance.objects.exists()


def test_the_queue_carries_a_sheet_with_the_trainers_clock() -> None:
    room = Room()
    at = room.session.starts_at
    early = room.sheet("alpa", "hadir", decided_at=f"{at + timedelta(minutes=5):%Y-%m-%dT%H:%M:%S.000Z}")
    late = room.sheet("terlambat", "hadir", decided_at=f"{at + timedelta(minutes=30):%Y-%m-%dT%H:%M:%S.000Z}")
    headers = {"X-Author": str(room.trainer.pk), "X-Later": "1"}
    with time_machine.travel(at + timedelta(hours=2), tick=False):
        client = browser(room.trainer)
        for data in (late, early, early, late):
            answer = client.post(room.page, data, headers=headers)
            assert (answer.status_code, "next" in answer.json()) == (200, True)
        foreign = client.post(room.page, early, headers={"X-Author": str(uuid4())})
        assert foreign.status_code == 409
        broken = client.post(room.page, {**early, "submission_id": "x"}, headers=headers)
        assert broken.status_code == 422 and broken.json()["reasons"]
    assert RollCall.objects.count() == 2
    assert Attendance.objects.get(seat=room.seats[0]).presence == Presence.TERLAMBAT


@pytest.mark.parametrize(
    "text", ["", "besok", "2026-13-45T99:99:99Z", "９" * 20, "2026-12-07T02:05:00+99:99"]
)
def test_a_clock_that_says_nothing_is_now(text: str) -> None:
    room = Room()
    with time_machine.travel(room.session.starts_at, tick=False):
        sent = browser(room.trainer).post(room.page, room.sheet("hadir", "hadir", decided_at=text))
    assert sent.status_code == 303
    assert RollCall.objects.get().decided_at == room.session.starts_at


def test_after_its_day_a_person_is_corrected_with_a_reason() -> None:
    room = Room()
    with time_machine.travel(room.session.starts_at, tick=False):
        browser(room.trainer).post(room.page, room.sheet("hadir", "alpa"))
    row = Attendance.objects.get(seat=room.seats[1])
    page = reverse("attendance_correct", args=[row.pk])
    with time_machine.travel(room.session.starts_at + timedelta(days=1), tick=False):
        client = browser(room.trainer)
        assert b'name="p-' not in client.get(room.page).content
        assert client.post(page, {"presence": "sakit", "reason": ""}).status_code == 422
        client.post(page, {"presence": "sakit", "reason": "Surat dokter"})
        assert "Alpa → Sakit" in main_of(client.get(page))
    row.refresh_from_db()
    assert row.presence == Presence.SAKIT


def test_the_code_on_the_screen_opens_one_button_for_the_participant() -> None:
    room = Room()
    user = room.seats[0].enrollment.person.user
    with time_machine.travel(room.session.starts_at, tick=False):
        shown = browser(room.trainer).get(reverse("session_code", args=[room.session.pk]))
        assert shown.context["address"].endswith("/") and b"data:image/svg+xml" in shown.content
        path = reverse("check_in", args=[codes.code_of(room.session, at=room.session.starts_at)])
        assert shown.context["address"].endswith(path)
        signed_out = browser().get(path)
        assert signed_out["Location"].startswith("/masuk/?next=/pelatihan/hadir/")
        assert "Saya hadir" in main_of(browser(user).get(path))
        assert "Tercatat: Hadir" in words(browser(user).post(path, follow=True))
        refused = browser(trainee().person.user).post(path)
        assert refused.status_code == 409 and "tidak terdaftar" in main_of(refused)
    with time_machine.travel(room.session.starts_at + timedelta(minutes=4), tick=False):
        assert browser(user).get(path).status_code == 410
    assert Attendance.objects.count() == 1
