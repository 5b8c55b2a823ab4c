"""Two people and one seat, on real connections at once. Each proof is also run without its protection."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection
from django.db.models import F

from core.models import OutboxMessage
from core.tests.meeting import MEET_SECONDS, SURE_SECONDS, together
from participants.models import Enrollment
from programs.training import attendance, services
from programs.training.models import (
    Attendance,
    ClassStatus,
    Presence,
    RollCall,
    Seat,
    SeatStatus,
    TrainingClass,
)

from .factories import AT, enrolled, manager_of, session_of, trainee, training_class

pytestmark = pytest.mark.django_db(transaction=True)


def meet_after(monkeypatch: pytest.MonkeyPatch, name: str, function: Callable[..., Any]) -> None:
    """Both acts wait for each other once `function`, put in place of `services.<name>`, has read."""
    barrier = threading.Barrier(2)
    seconds = MEET_SECONDS if function is getattr(services, name) else SURE_SECONDS

    def read_and_wait(*args: Any, **kwargs: Any) -> Any:
        found = function(*args, **kwargs)
        with suppress(threading.BrokenBarrierError):
            barrier.wait(seconds)
        return found

    monkeypatch.setattr(services, name, read_and_wait)


def unlocked(class_id: UUID) -> TrainingClass:
    """What `lock_class` would be without its lock."""
    return TrainingClass.objects.get(pk=class_id)


def enrol(one: TrainingClass, who: Enrollment) -> Callable[[], Any]:
    user = who.person.user
    return lambda: services.enrol(enrollment_id=who.pk, class_id=one.pk, actor=user, at=AT)


def two_for_one_seat() -> tuple[TrainingClass, list[Any]]:
    one = training_class(capacity=1)
    acts = [enrol(one, trainee()) for _ in range(2)]
    return one, together(*acts)


def statuses(one: TrainingClass) -> dict[str, int]:
    return dict(Counter(Seat.objects.filter(training_class=one).values_list("status", flat=True)))


def drop(*names: str) -> None:
    """Take checks away, to see what they alone prevent; the database is thrown away."""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"ALTER TABLE training_trainingclass DROP CONSTRAINT {name}")


def test_of_two_people_one_gets_the_last_seat_and_one_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    meet_after(monkeypatch, "lock_class", services.lock_class)
    one, answers = two_for_one_seat()
    assert sorted(answer.status for answer in answers) == ["menunggu", "terdaftar"]
    one.refresh_from_db()
    assert (one.taken, one.status) == (1, ClassStatus.PENUH)


def test_without_the_lock_the_conditional_update_still_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    meet_after(monkeypatch, "lock_class", unlocked)
    one, answers = two_for_one_seat()
    assert sorted(answer.status for answer in answers) == ["menunggu", "terdaftar"]
    one.refresh_from_db()
    assert one.taken == 1


def read_then_write(training_class: TrainingClass) -> bool:
    """What `take_seat` would be if it asked first and wrote afterwards."""
    if training_class.taken >= training_class.capacity:
        return False
    TrainingClass.objects.filter(pk=training_class.pk).update(taken=F("taken") + 1, status=ClassStatus.PENUH)
    return True


def test_without_lock_and_condition_the_database_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    meet_after(monkeypatch, "lock_class", unlocked)
    monkeypatch.setattr(services, "take_seat", read_then_write)
    one, answers = two_for_one_seat()
    assert Counter(type(answer) for answer in answers) == {Seat: 1, IntegrityError: 1}
    assert statuses(one) == {"terdaftar": 1}


def test_without_any_protection_the_seat_is_sold_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    drop("class_never_oversold", "class_full_means_no_free_seat")
    meet_after(monkeypatch, "lock_class", unlocked)
    monkeypatch.setattr(services, "take_seat", read_then_write)
    one, _ = two_for_one_seat()
    assert statuses(one) == {"terdaftar": 2}


def leave_while_another_comes(monkeypatch: pytest.MonkeyPatch) -> TrainingClass:
    """Somebody gives a seat up between the newcomer's look at the seats and their place in the queue."""
    one = training_class(capacity=1)
    holder, newcomer = enrolled(one), trainee()
    looked, left = threading.Event(), threading.Event()
    look = services.take_seat
    seconds = SURE_SECONDS if services.lock_class is unlocked else MEET_SECONDS

    def look_and_wait(training_class: TrainingClass) -> bool:
        found = look(training_class)
        looked.set()
        left.wait(seconds)
        return found

    monkeypatch.setattr(services, "take_seat", look_and_wait)

    def leave() -> Any:
        assert looked.wait(30)
        seat = services.give_up(seat_id=holder.pk, actor=holder.enrollment.person.user, at=AT)
        left.set()
        return seat

    answers = together(enrol(one, newcomer), leave)
    assert [type(answer) for answer in answers] == [Seat, Seat]
    one.refresh_from_db()
    return one


def test_no_seat_is_empty_while_somebody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    one = leave_while_another_comes(monkeypatch)
    assert statuses(one) == {"batal": 1, "ditawari": 1}
    assert one.taken == 1


def test_without_the_lock_a_seat_stays_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "lock_class", unlocked)
    one = leave_while_another_comes(monkeypatch)
    assert statuses(one) == {"batal": 1, "menunggu": 1}
    assert one.taken == 0


def test_two_runs_end_one_offer_once() -> None:
    one = training_class(capacity=1)
    holder, *_ = enrolled(one), enrolled(one), enrolled(one, at=AT + timedelta(minutes=1))
    services.give_up(seat_id=holder.pk, actor=holder.enrollment.person.user, at=AT)
    late = AT + timedelta(hours=24)
    together(*(lambda: services.expire_offers(at=late) for _ in range(4)))
    services.expire_offers(at=late)  # where every run met the lock of another
    assert statuses(one) == {"batal": 1, "terlewat": 1, "ditawari": 1}
    assert OutboxMessage.objects.filter(ids__kind="kelas_tawaran").count() == 2


def test_one_sheet_sent_ten_times_at_once_is_one_sheet() -> None:
    one, manager = training_class(), manager_of()
    seat, session, key = enrolled(one), session_of(one), uuid4()
    answers = together(
        *(
            lambda: attendance.roll_call(
                session_id=session.pk, actor=manager, submission_id=key,
                presences={seat.pk: Presence.HADIR}, decided_at=None, at=session.starts_at,
            )
            for _ in range(10)
        )
    )  # fmt: skip
    assert {type(answer) for answer in answers} == {RollCall}
    assert len({answer.pk for answer in answers}) == 1
    assert Attendance.objects.count() == 1


# Long proofs ------------------------------------------------------------------------------------------


@pytest.mark.battery
@pytest.mark.parametrize("run", range(20))
def test_two_hundred_people_for_twenty_five_seats(run: int) -> None:
    one = training_class(capacity=25)
    people = [trainee() for _ in range(200)]
    random.Random(run).shuffle(people)
    answers = together(*(enrol(one, who) for who in people), workers=40)
    assert {type(answer) for answer in answers} == {Seat}
    assert statuses(one) == {"terdaftar": 25, "menunggu": 175}
    one.refresh_from_db()
    assert (one.taken, one.status) == (25, ClassStatus.PENUH)
    assert OutboxMessage.objects.filter(ids__kind="kelas_terdaftar").count() == 25
    assert OutboxMessage.objects.filter(ids__kind="kelas_menunggu").count() == 175


@pytest.mark.battery
def test_a_hundred_cancellations_promote_a_hundred_people_once_each() -> None:
    one = training_class(capacity=25)
    holders = [enrolled(one) for _ in range(25)]
    for number in range(130):
        enrolled(one, at=AT + timedelta(seconds=number))
    cancelled = 0
    while cancelled < 100:
        acts = [
            lambda seat=seat: services.give_up(
                seat_id=seat.pk, actor=seat.enrollment.person.user, at=AT + timedelta(hours=1)
            )
            for seat in holders
        ]
        assert {type(answer) for answer in together(*acts, workers=25)} == {Seat}
        cancelled += len(holders)
        one.refresh_from_db()
        held = Seat.objects.holding().filter(training_class=one)
        assert one.taken == held.count() == 25
        holders = list(held.select_related("enrollment__person__user"))
    offers = OutboxMessage.objects.filter(ids__kind="kelas_tawaran").values_list("ids__seat", flat=True)
    assert len(offers) == len(set(offers)) == 100
    assert statuses(one) == {SeatStatus.BATAL: 100, SeatStatus.DITAWARI: 25, SeatStatus.MENUNGGU: 30}
