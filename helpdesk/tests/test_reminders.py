"""Late tickets: the owner is told, then the level above; each once, by the days of the ticket's own zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from core import outbox
from core.models import OutboxMessage
from helpdesk import services
from helpdesk.models import Kind, Ticket, TicketNote, Topic
from helpdesk.reminders import remind_everywhere
from helpdesk.tasks import SCHEDULE, remind_late
from helpdesk.tests.factories import MONDAY, manager, officer, ticket
from notifications.models import Notification

pytestmark = pytest.mark.django_db


def wib(text: str) -> datetime:
    """A local time in Jakarta as an instant."""
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


def told(kind: str) -> list[Any]:
    rows = OutboxMessage.objects.filter(kind="notification", ids__kind=kind)
    return list(rows.order_by("pk").values_list("recipient_id", flat=True))


def test_the_owner_is_told_on_the_first_working_day_after_the_limit_and_once():
    boss = manager()
    ticket(kind=Kind.KELUHAN)  # Monday: the limit is Wednesday, 25 November
    assert remind_everywhere(at=wib("2026-11-25T23:00")) == 0
    assert remind_everywhere(at=wib("2026-11-26T07:59")) == 0, "nobody is told before eight"
    assert remind_everywhere(at=wib("2026-11-26T08:00")) == 1
    assert told("bantuan_lewat") == [boss.pk]
    assert remind_everywhere(at=wib("2026-11-26T09:00")) == 0
    assert remind_everywhere(at=wib("2026-11-27T09:00")) == 0


def test_the_level_above_is_told_two_working_days_later():
    boss, dinas, admin = manager(), officer(Role.DINAS, "31.74"), officer(Role.ADMIN, "ID")
    one = ticket(kind=Kind.KELUHAN)
    remind_everywhere(at=wib("2026-11-26T08:00"))
    for quiet in ("2026-11-27T12:00", "2026-11-28T12:00", "2026-11-29T12:00"):
        assert remind_everywhere(at=wib(quiet)) == 0
    assert remind_everywhere(at=wib("2026-11-30T08:00")) == 1
    assert told("bantuan_naik") == [dinas.pk]
    assert remind_everywhere(at=wib("2026-12-01T08:00")) == 0
    assert TicketNote.objects.get(ticket=one, act="naik").text == dinas.display_name
    assert boss.pk not in told("bantuan_naik")
    assert admin.pk not in told("bantuan_naik")


def test_without_dinas_the_secretariat_is_told_and_above_it_its_other_members():
    manager()
    first, second = officer(Role.ADMIN, "ID"), officer(Role.ADMIN, "ID")
    ticket(kind=Kind.KELUHAN)
    held = ticket(kind=Kind.KELUHAN, place="")
    remind_everywhere(at=wib("2026-11-30T08:00"))
    above = told("bantuan_naik")
    other = second if held.owner_id == first.pk else first
    assert sorted(map(str, above)) == sorted(map(str, [first.pk, second.pk, other.pk]))


def test_a_coach_who_is_late_has_the_manager_above():
    boss, coach = manager(), officer(Role.PENDAMPING, "P31.74.07")
    officer(Role.DINAS, "31")
    one = ticket(kind=Kind.KELUHAN)
    to = services.Target(person_id=coach.pk)
    services.hand_over(ticket_id=one.pk, actor=boss, to=to, reason="Peserta Anda", at=MONDAY)
    remind_everywhere(at=wib("2026-11-30T08:00"))
    assert told("bantuan_lewat") == [coach.pk]
    assert told("bantuan_naik") == [boss.pk]


def test_a_complaint_about_staff_is_never_told_to_its_centre():
    boss = manager()
    dinas, admin = officer(Role.DINAS, "31"), officer(Role.ADMIN, "ID")
    ticket(kind=Kind.KELUHAN, topic=Topic.PETUGAS)
    remind_everywhere(at=wib("2026-11-30T08:00"))
    assert (told("bantuan_lewat"), told("bantuan_naik")) == ([dinas.pk], [admin.pk])
    assert boss.pk not in OutboxMessage.objects.values_list("recipient_id", flat=True)


def test_holidays_and_weekends_are_no_reminder_days():
    manager()
    ticket(kind=Kind.KELUHAN, at=wib("2026-12-21T10:00"))  # Monday; the limit is Wednesday, 23 December
    for quiet in ("2026-12-24", "2026-12-25", "2026-12-26", "2026-12-27"):
        assert remind_everywhere(at=wib(f"{quiet}T12:00")) == 0
    assert remind_everywhere(at=wib("2026-12-28T08:00")) == 1


def test_each_zone_has_its_own_morning():
    manager("P91.71.01")
    manager()
    papua, jakarta = ticket(kind=Kind.KELUHAN, place="91.71.01"), ticket(kind=Kind.KELUHAN)
    assert remind_everywhere(at=wib("2026-11-26T06:00")) == 1  # 08.00 in Jayapura
    papua.refresh_from_db()
    jakarta.refresh_from_db()
    assert (papua.reminded_at is None, jakarta.reminded_at is None) == (False, True)


def test_an_answered_ticket_is_left_in_peace_and_a_new_wait_is_reminded_again():
    boss = manager()
    one = ticket(kind=Kind.KELUHAN)
    remind_everywhere(at=wib("2026-11-26T08:00"))
    services.answer(
        ticket_id=one.pk, actor=boss, text="Maaf, ini.", asks_back=False, at=wib("2026-11-26T09:00")
    )
    assert remind_everywhere(at=wib("2026-11-30T08:00")) == 0
    services.write_again(ticket_id=one.pk, author=None, text="Belum.", at=wib("2026-11-30T10:00"))
    assert remind_everywhere(at=wib("2026-12-02T12:00")) == 0
    assert remind_everywhere(at=wib("2026-12-03T08:00")) == 1
    assert told("bantuan_lewat") == [boss.pk, boss.pk]


def test_a_reminder_that_is_overtaken_by_the_answer_says_nothing():
    boss = manager()
    with time_machine.travel(MONDAY, tick=False):
        one = ticket(kind=Kind.KELUHAN)
    with time_machine.travel(wib("2026-11-26T08:00"), tick=False) as clock:
        remind_late()
        services.answer(
            ticket_id=one.pk, actor=boss, text="Ini.", asks_back=False, at=wib("2026-11-26T08:00")
        )
        clock.shift(60)
        outbox.relay()
        outbox.relay()  # the e-mail of the message to the owner that the ticket is there
    assert not OutboxMessage.objects.filter(done_at=None).exists()
    assert not Notification.objects.filter(kind="bantuan_lewat").exists()


def test_words_of_both_reminders():
    manager()
    dinas = officer(Role.DINAS, "31")
    with time_machine.travel(MONDAY, tick=False):
        one = ticket(kind=Kind.KELUHAN, topic=Topic.DATA)
    with time_machine.travel(wib("2026-11-30T08:00"), tick=False) as clock:
        remind_late()
        clock.shift(60)
        outbox.relay()
    late = Notification.objects.get(kind="bantuan_lewat")
    assert late.title == f"{one.number} lewat batas"
    assert "Batasnya Rabu, 25 November 2026." in late.body
    above = Notification.objects.get(kind="bantuan_naik", recipient=dinas)
    assert above.title == f"{one.number} lewat 5 hari dari batas"
    assert above.url == f"/antrean-bantuan/{one.number}/"


def test_a_run_of_many_claims_each_once_in_a_constant_number_of_statements():
    manager()
    counted = []
    for number, day in ((2, "2026-11-26"), (12, "2026-11-27")):
        for _ in range(number):
            ticket(kind=Kind.KELUHAN)
        with CaptureQueriesContext(connection) as caught:
            assert remind_everywhere(at=wib(f"{day}T08:00")) == number
        counted.append(len(caught))
    assert counted[0] == counted[1]
    assert Ticket.objects.filter(reminded_at=None).count() == 0
    assert len(told("bantuan_lewat")) == 14


def test_it_is_scheduled_hourly():
    (entry,) = SCHEDULE.values()
    assert entry["task"] == remind_late.name
    assert entry["schedule"].minute == {10}
    assert entry["schedule"].hour == set(range(24))
