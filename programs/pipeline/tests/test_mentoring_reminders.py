"""Reminding of a session the day before: once a day it is planned for, by the clock of the centre."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from core import outbox
from core.models import OutboxMessage
from notifications.models import Notification
from participants.models import ConsentPurpose, Stage
from participants.rights import withdraw_reminders
from participants.tests.factories import center_of, participant
from programs.mentoring import reminding, sessions, tasks
from programs.mentoring.models import MentoringSession, PlaceKind
from programs.mentoring.reminders import reminded_days
from programs.mentoring.tests.factories import local, planned

from .test_mentoring_sessions import Pair, told

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 09.00 WIB, 10.00 WITA, 11.00 WIT
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


@pytest.fixture
def pair(db: None) -> Pair:
    return earlier("P31.74.07")


def earlier(center: str) -> Pair:
    """People who were there before the days of these tests."""
    with time_machine.travel(MONDAY - 30 * DAY):
        return Pair(center)


def agreed_for(pair: Pair, starts_at: datetime, *, at: datetime = MONDAY - 3 * DAY) -> MentoringSession:
    return planned(pair.one, pair.coach, starts_at=starts_at, at=at)


def moved(session: MentoringSession, pair: Pair, to: datetime, *, at: datetime) -> None:
    day, begins = local(to, pair.one)
    sessions.move_session(
        session_id=session.pk, actor=pair.coach, place=sessions.Place(PlaceKind.PUSAT), topic="Bahan",
        day=day, begins=begins, at=at,
    )  # fmt: skip


def delivered(pair: Pair, *, at: datetime) -> list[str]:
    """Titles of the reminders that arrive when everything waiting is delivered at a moment."""
    with time_machine.travel(at, tick=False):
        OutboxMessage.objects.update(not_before=at)
        while outbox.relay():
            pass
    rows = Notification.objects.filter(recipient=pair.citizen, kind="sesi_ingat")
    return list(rows.order_by("created_at").values_list("title", flat=True))


@pytest.mark.parametrize(
    ("at", "zone", "days"),
    [
        ("2026-11-23T00:59", "Asia/Jakarta", ()),  # 07.59 WIB
        ("2026-11-23T01:00", "Asia/Jakarta", (date(2026, 11, 23), date(2026, 11, 24))),
        ("2026-11-23T00:00", "Asia/Makassar", (date(2026, 11, 23), date(2026, 11, 24))),
        ("2026-11-22T23:00", "Asia/Jayapura", (date(2026, 11, 23), date(2026, 11, 24))),  # Sunday in UTC
        ("2026-11-23T16:59", "Asia/Jakarta", (date(2026, 11, 23), date(2026, 11, 24))),  # 23.59 WIB
        ("2026-11-23T17:00", "Asia/Jakarta", ()),  # midnight
        ("2026-11-21T05:00", "Asia/Jakarta", (date(2026, 11, 21), date(2026, 11, 22))),  # Saturday
    ],
)
def test_reminders_are_of_today_and_tomorrow_after_eight_of_the_place(
    at: str, zone: str, days: tuple[date, ...]
) -> None:
    assert reminded_days(datetime.fromisoformat(at).replace(tzinfo=UTC), zone) == days


def test_the_day_before_it_is_told_once_however_often_the_task_runs(pair: Pair) -> None:
    agreed_for(pair, MONDAY + DAY + HOUR)
    assert reminding.remind_everywhere(at=MONDAY - DAY) == 0
    for hour in range(5):
        assert reminding.remind_everywhere(at=MONDAY + hour * HOUR) == 1
    reminding.remind_everywhere(at=MONDAY + DAY)
    assert told("sesi_ingat") == [str(pair.citizen.pk)]
    assert delivered(pair, at=MONDAY) == ["Ingat, besok bertemu Ratna Dewi"]
    body = Notification.objects.get(kind="sesi_ingat").body
    assert "Pukul 10.00 WIB" in body and "Harga jual" in body


def test_a_missed_day_is_caught_up_until_the_session_begins(pair: Pair) -> None:
    starts_at = MONDAY + DAY + HOUR
    agreed_for(pair, starts_at)
    assert reminding.remind_everywhere(at=starts_at) == 0
    assert reminding.remind_everywhere(at=starts_at - HOUR) == 1
    assert delivered(pair, at=starts_at - HOUR) == ["Ingat, hari ini bertemu Ratna Dewi"]


def test_another_day_is_another_reminder_and_a_cancelled_session_has_none(pair: Pair) -> None:
    session = agreed_for(pair, MONDAY + DAY)
    reminding.remind_everywhere(at=MONDAY)
    assert len(delivered(pair, at=MONDAY)) == 1
    moved(session, pair, MONDAY + 3 * DAY, at=MONDAY + HOUR)
    assert reminding.remind_everywhere(at=MONDAY + 2 * HOUR) == 0
    reminding.remind_everywhere(at=MONDAY + 2 * DAY)
    assert len(told("sesi_ingat")) == 2
    sessions.cancel_session(session_id=session.pk, actor=pair.coach, reason="Hujan", at=MONDAY + 2 * DAY)
    assert len(delivered(pair, at=MONDAY + 2 * DAY)) == 1, "cancelled before it was delivered"
    assert reminding.remind_everywhere(at=MONDAY + 2 * DAY + HOUR) == 0


def test_what_was_made_today_was_told_today(pair: Pair) -> None:
    agreed_for(pair, MONDAY + DAY, at=MONDAY)
    assert reminding.remind_everywhere(at=MONDAY + HOUR) == 0
    assert reminding.remind_everywhere(at=MONDAY + DAY - HOUR) == 1


@pytest.mark.parametrize(
    ("center", "starts_at", "first"),
    [
        # 00.30 of Wednesday in each zone: reminded from eight on Tuesday, not on Monday.
        ("P31.74.07", "2026-11-24T17:30", "2026-11-24T01:00"),
        ("P73.71.01", "2026-11-24T16:30", "2026-11-24T00:00"),
        # 23.30 of Tuesday: reminded on Monday.
        ("P31.74.07", "2026-11-24T16:30", "2026-11-23T01:00"),
        ("P73.71.01", "2026-11-24T15:30", "2026-11-23T00:00"),
    ],
)
@pytest.mark.django_db
def test_the_day_is_the_one_of_the_centre(center: str, starts_at: str, first: str) -> None:
    pair = earlier(center)
    agreed_for(pair, datetime.fromisoformat(starts_at).replace(tzinfo=UTC))
    at = datetime.fromisoformat(first).replace(tzinfo=UTC)
    assert reminding.remind_everywhere(at=at - timedelta(minutes=1)) == 0
    assert reminding.remind_everywhere(at=at) == 1


def test_whoever_does_not_want_reminders_gets_none(pair: Pair) -> None:
    agreed_for(pair, MONDAY + DAY)
    reminding.remind_everywhere(at=MONDAY)
    withdraw_reminders(person_id=pair.one.person_id, actor=pair.citizen, at=MONDAY)
    assert told("sesi_ingat") == []
    assert reminding.remind_everywhere(at=MONDAY + HOUR) == 0
    assert not pair.one.person.consents.given().filter(purpose=ConsentPurpose.PENGINGAT).exists()


def test_the_number_of_statements_is_that_of_chunks(
    pair: Pair, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminding, "CHUNK", 3)
    place = center_of("P31.74.07")
    for _ in range(7):
        one = participant(
            stage=Stage.PENDAMPINGAN, center=place, coach=pair.coach, registered_at=MONDAY - 9 * DAY
        )
        planned(one, pair.coach, starts_at=MONDAY + DAY, at=MONDAY - 3 * DAY)
    # Three chunks read and written, an empty one for each zone and kind of appointment.
    with django_assert_max_num_queries(12):
        assert reminding.remind_everywhere(at=MONDAY) == 7
    assert len(told("sesi_ingat")) == 7


def test_the_scheduler_runs_it_every_hour(pair: Pair) -> None:
    agreed_for(pair, MONDAY + DAY)
    with time_machine.travel(MONDAY, tick=False):
        assert tasks.remind_coming() == 1
    assert [entry["task"] for entry in tasks.SCHEDULE.values()] == ["mentoring.remind_coming"]
