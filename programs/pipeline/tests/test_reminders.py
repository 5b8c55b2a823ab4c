"""Reminding the silent: who is due, on which local day, and once however often it runs."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, RoleAssignment, User
from accounts.tests.factories import UserFactory, staff
from core import clock, outbox
from core.clock import reminder_day
from core.dated import rewriting_history
from core.models import OutboxMessage
from notifications.models import Notification
from participants.models import Consent, ConsentPurpose, Enrollment, Stage, Status, Threshold
from participants.tests.factories import EnrollmentFactory, center_of
from programs.pipeline import silence, tasks
from programs.pipeline.models import SilenceReminder
from programs.pipeline.reminders import Due, Silence, due_on

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 09.00 WIB, 10.00 WITA, 11.00 WIT
ONE = UUID(int=1)
LIMITS = {"pendaftaran": 14, "pelatihan": 30}


# Who is due (pure) -----------------------------------------------------------------------------------------


def due(days: int, *, reminded: int = 0, stage: str = "pendaftaran") -> list[int]:
    """Multiples due after so many days of silence."""
    day = date(2026, 11, 23)
    silent = Silence(ONE, stage, day - timedelta(days=days), reminded)
    return [one.multiple for one in due_on(day, [silent], LIMITS)]


def test_the_limit_itself_is_due_the_day_before_is_not() -> None:
    assert due(13) == []
    assert due(14) == [1]


def test_each_multiple_is_due_once() -> None:
    assert due(15, reminded=1) == []
    assert due(27, reminded=1) == []
    assert due(28, reminded=1) == [2]


def test_missed_days_are_caught_up_with_one_reminder() -> None:
    assert due(45) == [3]


def test_each_stage_has_its_own_limit_and_none_means_never() -> None:
    assert due(29, stage="pelatihan") == []
    assert due(30, stage="pelatihan") == [1]
    assert due(900, stage="permodalan") == []


def test_news_in_the_future_of_the_day_is_no_silence() -> None:
    assert due(-3) == []


def test_the_key_names_person_silence_and_multiple() -> None:
    assert Due(ONE, date(2026, 11, 9), 2).dedupe_key == f"diam:{ONE}:2026-11-09:2"


@pytest.mark.parametrize(
    ("at", "zone", "day"),
    [
        ("2026-11-23T00:59", "Asia/Jakarta", None),  # 07.59 WIB
        ("2026-11-23T01:00", "Asia/Jakarta", date(2026, 11, 23)),
        ("2026-11-22T23:00", "Asia/Jayapura", date(2026, 11, 23)),  # Sunday 23.00 UTC is Monday 08.00 WIT
        ("2026-11-22T23:00", "Asia/Makassar", None),
        ("2026-11-23T16:59", "Asia/Jakarta", date(2026, 11, 23)),  # 23.59 WIB
        ("2026-11-23T17:00", "Asia/Jakarta", None),  # midnight: the next day has not begun to remind
        ("2026-11-21T05:00", "Asia/Jakarta", None),  # Saturday
        ("2026-12-25T05:00", "Asia/Jakarta", None),  # Natal, a Friday
        ("2026-08-17T05:00", "Asia/Jayapura", None),  # Hari Kemerdekaan, a Monday
    ],
)
def test_reminders_go_out_on_working_days_after_eight_of_the_place(
    at: str, zone: str, day: date | None
) -> None:
    assert reminder_day(datetime.fromisoformat(at).replace(tzinfo=UTC), zone) == day


# The run ---------------------------------------------------------------------------------------------------


def silent(days: int = 14, *, at: datetime = MONDAY, coach: User | None = None, **fields: Any) -> Enrollment:
    """An active enrollment in P1 (limit 14 days) with its last news so many days before `at`."""
    return EnrollmentFactory(registered_at=at - timedelta(days=days), coach=coach, **fields)


def told(kind: str = "diam_peserta") -> list[UUID | None]:
    """Recipients in the outbox, in a steady order."""
    messages = OutboxMessage.objects.filter(kind="notification", ids__kind=kind)
    return sorted(messages.values_list("recipient_id", flat=True), key=str)


def drain() -> None:
    while outbox.relay():
        pass


@pytest.mark.django_db
def test_the_silent_and_their_coach_are_told() -> None:
    coach = UserFactory()
    first, second, lively = silent(14, coach=coach), silent(20, coach=coach), silent(13, coach=coach)
    assert silence.remind_everywhere(at=MONDAY) == 2
    assert told() == sorted([first.person.user_id, second.person.user_id], key=str)
    assert told("diam_pendamping") == [coach.pk]
    with time_machine.travel(MONDAY, tick=False):
        OutboxMessage.objects.update(not_before=MONDAY)
        drain()
    assert Notification.objects.get(recipient=coach).title == "2 peserta Anda diam lewat batas"
    assert "Sudah 20 hari" in Notification.objects.get(recipient=second.person.user_id).body
    assert not Notification.objects.filter(recipient=lively.person.user_id).exists()


@pytest.mark.django_db
def test_five_runs_in_one_day_and_more_the_next_day_tell_once() -> None:
    coach = UserFactory()
    silent(14, coach=coach)
    for hour in range(5):
        silence.remind_everywhere(at=MONDAY + timedelta(hours=hour))
    silence.remind_everywhere(at=MONDAY + timedelta(days=1))
    assert len(told()) == 1
    assert len(told("diam_pendamping")) == 1


@pytest.mark.django_db
def test_the_next_multiple_is_told_again() -> None:
    silent(14)
    silence.remind_everywhere(at=MONDAY)
    silence.remind_everywhere(at=MONDAY + timedelta(days=13))
    assert len(told()) == 1
    silence.remind_everywhere(at=MONDAY + timedelta(days=14))
    assert len(told()) == 2


@pytest.mark.django_db
def test_news_begins_a_new_silence() -> None:
    enrollment = silent(14)
    silence.remind_everywhere(at=MONDAY)
    Enrollment.objects.update(last_activity_at=MONDAY)
    silence.remind_everywhere(at=MONDAY + timedelta(days=1))
    assert len(told()) == 1
    silence.remind_everywhere(at=MONDAY + timedelta(days=14))
    assert SilenceReminder.objects.filter(enrollment=enrollment, multiple=1).count() == 2


@pytest.mark.django_db
def test_a_scheduler_that_was_off_catches_up_with_one_message() -> None:
    silent(14, at=MONDAY - timedelta(days=3))  # due last Friday
    assert silence.remind_everywhere(at=MONDAY) == 1
    assert silence.remind_everywhere(at=MONDAY) == 0


@pytest.mark.django_db
def test_weekends_and_holidays_wait_for_the_next_working_day() -> None:
    christmas_eve = datetime(2026, 12, 23, 2, 0, tzinfo=UTC)
    silent(13, at=christmas_eve)
    days = [christmas_eve + timedelta(days=n) for n in range(7)]
    claimed = {day.date(): silence.remind_everywhere(at=day) for day in days}
    due_from = date(2026, 12, 24)
    expected = next(day for day in claimed if day >= due_from and clock.is_working_day(day))
    assert expected > date(2026, 12, 25)
    assert {day for day, count in claimed.items() if count} == {expected}


@pytest.mark.django_db
@pytest.mark.parametrize("status", [Status.LULUS, Status.BERHENTI, Status.TIDAK_TERHUBUNGI])
def test_only_those_on_their_way_are_reminded(status: Status) -> None:
    enrollment = silent(40)
    reason = "pindah" if status == Status.BERHENTI else ""
    Enrollment.objects.filter(pk=enrollment.pk).update(status=status, stop_reason=reason)
    assert silence.remind_everywhere(at=MONDAY) == 0


@pytest.mark.django_db
def test_without_consent_or_account_only_the_coach_is_told() -> None:
    coach = UserFactory()
    unwilling = silent(14, coach=coach)
    silent(14, coach=coach, person__user=None)
    Consent.objects.filter(person=unwilling.person, purpose=ConsentPurpose.PENGINGAT).update(
        withdrawn_at=MONDAY
    )
    assert silence.remind_everywhere(at=MONDAY) == 2
    assert told() == []
    assert told("diam_pendamping") == [coach.pk]
    assert silence.remind_everywhere(at=MONDAY + timedelta(days=1)) == 0


@pytest.mark.django_db
def test_nobody_without_a_coach_is_forgotten() -> None:
    enrollment = silent(14)
    silence.remind_everywhere(at=MONDAY)
    assert told() == [enrollment.person.user_id]
    assert told("diam_pendamping") == []


@pytest.mark.django_db
def test_a_changed_limit_holds_from_its_day() -> None:
    silent(10)
    assert silence.remind_everywhere(at=MONDAY) == 0
    with rewriting_history():
        Threshold.objects.filter(stage=Stage.PENDAFTARAN, code="batas_diam").update(
            valid_until=MONDAY.date() + timedelta(days=1)
        )
        Threshold.objects.create(
            stage=Stage.PENDAFTARAN,
            code="batas_diam",
            value=7,
            valid_from=MONDAY.date() + timedelta(days=1),
            source="uji",
        )
    assert silence.remind_everywhere(at=MONDAY) == 0
    assert silence.remind_everywhere(at=MONDAY + timedelta(days=1)) == 1


@pytest.mark.django_db
def test_days_are_counted_at_the_place_around_midnight() -> None:
    """16.30 UTC is still the same day in Jakarta and already the next one in Makassar and Jayapura."""
    places = {code: center_of(code) for code in ("P31.74.07", "P73.71.01", "P91.71.01")}
    news = datetime(2026, 11, 8, 16, 30, tzinfo=UTC)  # 8 Nov 23.30 WIB, 9 Nov 00.30 WITA and 01.30 WIT
    mentees = {code: EnrollmentFactory(center=place, registered_at=news) for code, place in places.items()}
    morning = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    friday = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # 12 and 11 days
    assert silence.remind_everywhere(at=friday) == 0
    silence.remind_everywhere(at=morning)
    days = dict(SilenceReminder.objects.values_list("enrollment_id", "since"))
    assert days == {
        mentees["P31.74.07"].pk: date(2026, 11, 8),
        mentees["P73.71.01"].pk: date(2026, 11, 9),
        mentees["P91.71.01"].pk: date(2026, 11, 9),
    }


@pytest.mark.django_db
def test_each_zone_has_its_own_morning() -> None:
    for code in ("P31.74.07", "P73.71.01", "P91.71.01"):
        silent(20, center=center_of(code))
    sunday_utc = datetime(2026, 11, 22, 23, 5, tzinfo=UTC)
    assert [silence.remind_everywhere(at=sunday_utc + timedelta(hours=n)) for n in range(4)] == [1, 1, 1, 0]


@pytest.mark.django_db
def test_the_query_and_the_rule_agree() -> None:
    for days in range(11, 60):
        silent(days)
    day = MONDAY.date()
    everybody = [
        Silence(one.pk, one.stage, clock.local_day(one.last_activity_at, one.zone))
        for one in Enrollment.objects.all()
    ]
    expected = {(one.enrollment_id, one.since, one.multiple) for one in due_on(day, everybody, LIMITS)}
    silence.remind_everywhere(at=MONDAY)
    rows = SilenceReminder.objects.values_list("enrollment_id", "since", "multiple")
    assert set(rows) == expected
    assert len(expected) == 46


@pytest.mark.django_db
def test_chunks_leave_nobody_out_and_cost_a_constant_number_of_queries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(silence, "CHUNK", 4)
    instant = MONDAY - timedelta(days=20)
    coach = UserFactory()
    for _n in range(10):
        EnrollmentFactory(registered_at=instant, coach=coach)  # all at one instant: the key decides
    with CaptureQueriesContext(connection) as captured:
        assert silence.remind_zone(zone="Asia/Jakarta", at=MONDAY) == 10
    assert len(told()) == 10
    inserts = [query for query in captured if query["sql"].strip().startswith("INSERT")]
    assert len(inserts) == 3 * 3  # three chunks: claims, persons, coaches


@pytest.mark.django_db
def test_a_chunk_that_fails_leaves_no_claim_without_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    silent(14)

    def fail(_drafts: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(silence, "notify_many", fail)
        with pytest.raises(ConnectionError):
            silence.remind_everywhere(at=MONDAY)
    assert not SilenceReminder.objects.exists()
    assert silence.remind_everywhere(at=MONDAY) == 1


@pytest.mark.django_db
def test_the_task_reads_the_clock_and_stands_in_the_schedule() -> None:
    silent(14)
    with time_machine.travel(MONDAY, tick=False):
        assert tasks.remind_silent() == 1
    assert [entry["task"] for entry in tasks.SCHEDULE.values()] == ["pipeline.remind_silent"]


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_tell_everybody_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "CHUNK", 5)
    coaches = [UserFactory() for _n in range(4)]
    for number in range(40):
        silent(14 + number % 9, coach=coaches[number % 4])
    chosen = threading.Barrier(2, timeout=20)
    real = silence._silent
    met: set[int] = set()

    def wait_after_choosing(**arguments: Any) -> Any:
        rows = real(**arguments)
        if threading.get_ident() not in met:  # both have chosen the same people before either claims them
            met.add(threading.get_ident())
            chosen.wait()
        return rows

    monkeypatch.setattr(silence, "_silent", wait_after_choosing)
    errors: list[BaseException] = []

    def run() -> None:
        try:
            silence.remind_everywhere(at=MONDAY)
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert len(told()) == len(set(told())) == 40
    assert told("diam_pendamping") == sorted([coach.pk for coach in coaches], key=str)
    assert SilenceReminder.objects.count() == 40


@pytest.mark.django_db
def test_a_silence_of_two_limits_goes_to_the_managers_of_the_centre() -> None:
    center = center_of("P31.74.07")
    manager, other = staff(Role.PENGELOLA, center.code), staff(Role.PENGELOLA, "P73.71.01")
    RoleAssignment.objects.update(starts_at=MONDAY - timedelta(days=90))
    silent(27, center=center)
    silence.remind_everywhere(at=MONDAY)
    assert told("diam_pengelola") == []
    for _ in range(2):
        silence.remind_everywhere(at=MONDAY + timedelta(days=1))
    assert told("diam_pengelola") == [manager.pk]
    assert other.pk not in told("diam_pengelola")
    with time_machine.travel(MONDAY + timedelta(days=1), tick=False):
        OutboxMessage.objects.update(not_before=MONDAY)
        drain()
    assert center.name in Notification.objects.get(recipient=manager).title
