"""Two officers and one ticket, one form sent ten times, two schedulers: on real connections at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, models

from centers.tests.factories import district
from core.models import OutboxMessage
from core.refusals import Refused
from helpdesk import reminders, services
from helpdesk.models import Kind, Ticket, TicketMessage, TicketNote, Topic
from helpdesk.tests.factories import MONDAY, manager, ticket

pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Run every act in a thread with a connection of its own, all let go at the same moment."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=30)
            return act()
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, act) for act in acts]]


def two_take() -> tuple[Ticket, list[Any]]:
    first, second = manager(), manager()
    one = ticket()
    return one, together(
        lambda: services.take(ticket_id=one.pk, actor=first, at=MONDAY),
        lambda: services.take(ticket_id=one.pk, actor=second, at=MONDAY),
    )


def test_two_officers_take_one_ticket_and_one_is_told_who_was_quicker():
    one, results = two_take()
    refused = [result for result in results if isinstance(result, Refused)]
    (winner,) = [result.owner for result in results if isinstance(result, Ticket)]
    assert len(refused) == 1
    assert winner.display_name in str(refused[0])
    one.refresh_from_db()
    assert one.owner_id == winner.pk
    assert TicketNote.objects.filter(act="ambil").count() == 1


def test_without_the_lock_both_would_have_it(monkeypatch: pytest.MonkeyPatch):
    """The race is real: without `select_for_update` and with both past the check, two notes are written."""
    barrier = Barrier(2)
    monkeypatch.setattr(models.QuerySet, "select_for_update", lambda self, *args, **kwargs: self)
    check = services._must_be_open

    def check_together(found: Ticket) -> None:
        check(found)
        barrier.wait(timeout=30)

    monkeypatch.setattr(services, "_must_be_open", check_together)
    one, results = two_take()
    assert [type(result) for result in results] == [Ticket, Ticket]
    assert TicketNote.objects.filter(ticket=one, act="ambil").count() == 2


def test_two_answers_at_once_are_one_answer_and_one_refusal():
    first, second = manager(), manager()
    one = ticket()
    results = together(
        *(
            lambda actor=actor: services.answer(
                ticket_id=one.pk, actor=actor, text="Begini.", asks_back=False, at=MONDAY
            )
            for actor in (first, second)
        )
    )
    assert sorted(type(result).__name__ for result in results) == ["Refused", "Ticket"]
    assert TicketMessage.objects.filter(side="petugas").count() == 1


def test_a_button_pressed_many_times_is_one_answer_until_the_asker_has_spoken():
    officer = manager()
    one = ticket()

    def press(minutes: int) -> Callable[[], Any]:
        at = MONDAY + timedelta(minutes=minutes)
        return lambda: services.answer(
            ticket_id=one.pk, actor=officer, text="Begini.", asks_back=False, at=at
        )

    results = together(*[press(1)] * 6)
    assert {type(result) for result in results} == {Ticket}
    assert TicketMessage.objects.filter(ticket=one, side="petugas").count() == 1
    services.write_again(ticket_id=one.pk, text="Belum jelas.", author=None, at=MONDAY + timedelta(minutes=2))
    press(3)()
    assert TicketMessage.objects.filter(ticket=one, side="petugas").count() == 2


def test_one_form_sent_ten_times_at_once_is_one_ticket_with_one_answer():
    manager()
    key, place = uuid4(), district("31.74.07")
    question = services.Question(
        Kind.KELUHAN, Topic.DATA, "Nama salah.", "Siti", checks_self=True, district=place
    )
    results = together(
        *(
            lambda: services.ask(question=question, submission_id=key, browser="satu", asker=None, at=MONDAY)
            for _ in range(10)
        )
    )
    assert len({result.ticket.pk for result in results}) == 1
    assert sorted(result.is_new for result in results) == [False] * 9 + [True]
    assert (Ticket.objects.count(), TicketMessage.objects.count()) == (1, 1)
    assert OutboxMessage.objects.filter(ids__kind="bantuan_baru").count() == 1


def test_two_schedulers_remind_once():
    manager()
    for _ in range(5):
        ticket(kind=Kind.KELUHAN)
    at = MONDAY.replace(day=30)
    results = together(*(lambda: reminders.remind_everywhere(at=at) for _ in range(2)))
    assert sum(results) == 10  # five owners and five levels above
    assert OutboxMessage.objects.filter(ids__kind="bantuan_lewat").count() == 5
    assert TicketNote.objects.filter(act="naik").count() == 5
