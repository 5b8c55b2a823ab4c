"""Courses and classes: planned in local hours, opened, called off, begun, finished."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from accounts.models import Role
from accounts.tests.factories import staff
from core.models import AuditEntry, OutboxMessage
from participants.refusals import NotYours, Refused
from participants.tests.factories import center_of
from programs.training import planning, services
from programs.training.messages import about_seat
from programs.training.models import ClassStatus, Course, Seat, SeatStatus, TrainingClass
from programs.training.schedule import recurring_days, slots_of

from .factories import AT, FIRST_DAY, course, enrolled, manager_of, training_class

pytestmark = pytest.mark.django_db


def days(first: date, count: int, **wishes: bool) -> list[str]:
    weekdays = wishes.pop("weekdays", ())
    found = recurring_days(
        first, count=count, weekdays=weekdays or (),  # type: ignore[arg-type]
        skips_weekends=wishes.get("weekends", False), skips_holidays=wishes.get("holidays", False),
    )  # fmt: skip
    return [f"{day:%a %d/%m}" for day in found]


def test_a_schedule_leaves_out_what_it_is_asked_to() -> None:
    christmas_eve = date(2026, 12, 24)  # Thursday, cuti bersama; 25 December is a holiday
    assert days(christmas_eve, 3) == ["Thu 24/12", "Fri 25/12", "Sat 26/12"]
    assert days(christmas_eve, 3, weekends=True) == ["Thu 24/12", "Fri 25/12", "Mon 28/12"]
    assert days(christmas_eve, 2, weekends=True, holidays=True) == ["Mon 28/12", "Tue 29/12"]


def test_a_schedule_keeps_to_its_weekdays_and_ends_somewhere() -> None:
    found = recurring_days(FIRST_DAY, count=4, weekdays={0, 2}, skips_weekends=False, skips_holidays=False)
    assert [day.day for day in found] == [7, 9, 14, 16]
    assert recurring_days(FIRST_DAY, count=2, weekdays={6}, skips_weekends=True, skips_holidays=False) == []


@pytest.mark.parametrize(
    ("code", "hour"), [("P31.74.07", 2), ("P73.71.01", 1), ("P91.71.01", 0)], ids=["WIB", "WITA", "WIT"]
)
def test_hours_are_those_of_the_centre(code: str, hour: int) -> None:
    one = training_class(center=code)
    assert one.starts_at.hour == hour
    assert one.starts_on == FIRST_DAY


@pytest.mark.parametrize("code", ["P31.74.07", "P73.71.01", "P91.71.01"])
def test_a_session_around_midnight_belongs_to_the_day_it_begins_on(code: str) -> None:
    zone = center_of(code).zone
    (slot,) = slots_of([FIRST_DAY], begins=time(23, 30), ends=time(0, 30), zone=zone)
    assert slot.ends_at - slot.starts_at == timedelta(hours=1)
    one = training_class(center=code, begins=time(23, 30), ends=time(0, 30), sessions=1)
    assert (one.starts_on, one.ends_on) == (FIRST_DAY, FIRST_DAY + timedelta(days=1))


def test_sessions_take_their_names_from_the_course() -> None:
    one = training_class(of=course(topics=2), sessions=3)
    assert list(one.sessions.values_list("number", "title")) == [
        (1, "Topik 1"), (2, "Topik 2"), (3, "Pertemuan 3"),
    ]  # fmt: skip


def test_only_the_manager_of_the_centre_plans_and_opens() -> None:
    for stranger in (manager_of("P31.74.05"), staff(Role.PELATIH, "P31.74.07")):
        with pytest.raises(NotYours):
            training_class(center="P31.74.07", manager=stranger)
    one = training_class(is_open=False)
    with pytest.raises(NotYours):
        planning.open_class(class_id=one.pk, actor=manager_of("P31.74.05"), at=AT)
    with pytest.raises(Refused, match="sudah lewat"):
        planning.open_class(class_id=one.pk, actor=manager_of(), at=one.starts_at)
    assert TrainingClass.objects.published().count() == 0


def test_a_cancelled_class_tells_everybody_in_it() -> None:
    one = training_class(capacity=1)
    seats = [enrolled(one), enrolled(one)]
    manager = manager_of()
    for _ in range(2):
        planning.cancel_class(class_id=one.pk, actor=manager, reason="Pelatih sakit", at=AT)
    one.refresh_from_db()
    assert (one.status, one.taken) == (ClassStatus.BATAL, 0)
    assert set(Seat.objects.values_list("status", flat=True)) == {SeatStatus.KELAS_BATAL}
    assert OutboxMessage.objects.filter(ids__kind="kelas_batal").count() == 2
    (values,) = about_seat([{"seat": str(seats[0].pk)}])
    assert values is not None and values["reason"] == "Pelatih sakit"
    assert AuditEntry.objects.filter(action="kelas.batalkan").count() == 1
    with pytest.raises(Refused, match="dibatalkan"):
        enrolled(one)
    with pytest.raises(Refused, match="berakhir"):
        planning.open_class(class_id=one.pk, actor=manager, at=AT)


def test_more_seats_are_offered_to_those_who_wait() -> None:
    one, manager = training_class(capacity=1), manager_of()
    _, first, second = enrolled(one), enrolled(one), enrolled(one, at=AT + timedelta(minutes=1))
    planning.change_capacity(class_id=one.pk, actor=manager, capacity=2, at=AT + timedelta(hours=1))
    first.refresh_from_db()
    second.refresh_from_db()
    one.refresh_from_db()
    assert (first.status, second.status) == (SeatStatus.DITAWARI, SeatStatus.MENUNGGU)
    assert (one.taken, one.status) == (2, ClassStatus.PENUH)
    planning.change_capacity(class_id=one.pk, actor=manager, capacity=5, at=AT + timedelta(hours=1))
    one.refresh_from_db()
    assert (one.taken, one.status) == (3, ClassStatus.DIBUKA)
    with pytest.raises(Refused, match="Sudah ada 3 orang"):
        planning.change_capacity(class_id=one.pk, actor=manager, capacity=2, at=AT)


def test_a_class_begins_by_itself_and_ends_what_is_undecided() -> None:
    one = training_class(capacity=2)
    staying, leaving = enrolled(one), enrolled(one)
    waiting, second = enrolled(one), enrolled(one, at=AT + timedelta(minutes=1))
    services.give_up(seat_id=leaving.pk, actor=leaving.enrollment.person.user, at=AT)
    assert planning.begin_classes(at=one.starts_at - timedelta(seconds=1)) == 0
    assert planning.begin_classes(at=one.starts_at) == 1
    assert planning.begin_classes(at=one.starts_at) == 0
    one.refresh_from_db()
    for seat in (staying, waiting, second):
        seat.refresh_from_db()
    assert (one.status, one.taken) == (ClassStatus.BERJALAN, 1)
    assert [seat.status for seat in (staying, waiting, second)] == ["terdaftar", "terlewat", "terlewat"]


def test_a_class_is_finished_after_its_last_session() -> None:
    one, manager = training_class(), manager_of()
    planning.begin_classes(at=one.starts_at)
    with pytest.raises(Refused, match="sesudah pertemuan terakhir"):
        planning.finish_class(class_id=one.pk, actor=manager, at=one.ends_at - timedelta(minutes=1))
    assert planning.finish_class(class_id=one.pk, actor=manager, at=one.ends_at).status == "selesai"


def test_a_course_is_changed_by_its_own_people() -> None:
    one = course()
    text = planning.CourseText(title="Baru", level="dasar", aims="Lebih jelas", hours=3, topics=["Satu"])
    with pytest.raises(NotYours):
        planning.save_course(course_id=one.pk, center=None, text=text, actor=manager_of(), at=AT)
    with pytest.raises(NotYours):
        planning.save_course(course_id=None, center=None, text=text, actor=manager_of(), at=AT)
    center = center_of("P31.74.07")
    own = planning.save_course(course_id=None, center=center, text=text, actor=manager_of(), at=AT)
    changed = planning.save_course(course_id=own.pk, center=None, text=text, actor=manager_of(), at=AT)
    assert (changed.center_id, list(changed.topics.values_list("title", flat=True))) == (center.pk, ["Satu"])
    assert set(Course.objects.usable_by(manager_of())) == {one, own}
    assert set(Course.objects.usable_by(manager_of("P31.74.05"))) == {one}
