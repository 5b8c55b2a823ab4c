"""Seats: given while there are any, queued afterwards, passed on when they get free."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Role
from accounts.tests.factories import staff
from core.dated import rewriting_history
from core.models import AuditEntry, OutboxMessage
from participants.erasure import erase_person
from participants.models import Pathway, Stage, Status, Threshold
from participants.refusals import NotYours, Refused
from programs.training import planning, services
from programs.training.messages import about_seat
from programs.training.models import ClassStatus, Seat, SeatStatus, TrainingClass
from programs.training.presenting import own, step

from .factories import AT, called, course, enrolled, manager_of, trainee, training_class

pytestmark = pytest.mark.django_db


def told(kind: str) -> int:
    return OutboxMessage.objects.filter(ids__kind=kind).count()


def state(one: TrainingClass) -> tuple[int, str]:
    one.refresh_from_db()
    return one.taken, one.status


def test_the_last_seat_makes_the_class_full_and_the_next_one_waits() -> None:
    one = training_class(capacity=2)
    first, second, third = enrolled(one), enrolled(one), enrolled(one)
    assert [seat.status for seat in (first, second, third)] == ["terdaftar", "terdaftar", "menunggu"]
    assert state(one) == (2, ClassStatus.PENUH)
    assert (told("kelas_terdaftar"), told("kelas_menunggu")) == (2, 1)


def test_staff_take_an_offer_for_somebody_who_said_yes() -> None:
    """The manager of the class and the coach may, anybody else may not; it is noted who did it."""
    one, coach = training_class(capacity=1), staff(Role.PENDAMPING, "P31.74.07")
    holder, waiting = enrolled(one), enrolled(one, trainee(coach=coach))
    services.give_up(seat_id=holder.pk, actor=holder.enrollment.person.user, at=AT)
    for stranger in (staff(Role.PENDAMPING, "P31.74.07"), staff(Role.PENGELOLA, "P73.71.01")):
        with pytest.raises(NotYours):
            services.accept_offer(seat_id=waiting.pk, actor=stranger, at=AT)
    for helper in (coach, manager_of()):
        services.accept_offer(seat_id=waiting.pk, actor=helper, at=AT)
    waiting.refresh_from_db()
    assert waiting.is_enrolled
    assert AuditEntry.objects.filter(action="kelas.terimakan", object_id=str(waiting.pk)).count() == 1


def test_ones_own_page_says_what_to_do_about_classes() -> None:
    """An offer comes first, then the class one is in with its next session and attendance, then a queue."""
    held, full = training_class(capacity=1), training_class(capacity=1, name="Penuh")
    who, other = trainee(), trainee()
    assert own(who, at=AT) == [] and step([]) is None
    mine, blocking = enrolled(held, who), enrolled(full, other)
    waiting = enrolled(full, who)
    called(held, mine, "hadir alpa")
    after = held.sessions.get(number=2).ends_at
    found = own(who, at=after)
    seen = [(one.seat.pk, one.attended, one.recorded) for one in found]
    assert seen == [(mine.pk, 1, 2), (waiting.pk, 0, 0)]
    said = step(found)
    assert said is not None
    assert said.text.startswith("Datang ke Dasar usaha, Angkatan 1. Pertemuan berikutnya: ")
    assert said.button["href"] == f"/pelatihan/{held.pk}/"
    services.give_up(seat_id=blocking.pk, actor=other.person.user, at=AT)
    offered = step(own(who, at=after))
    assert offered is not None and offered.text.startswith(
        "Ada tempat untuk Anda di Dasar usaha, Penuh. Terima"
    )


def test_enrolling_twice_is_one_seat() -> None:
    one, who = training_class(), trainee()
    assert enrolled(one, who).pk == enrolled(one, who).pk
    assert state(one) == (1, ClassStatus.DIBUKA)
    assert told("kelas_terdaftar") == 1


def test_a_given_up_seat_is_offered_to_whoever_waits_longest() -> None:
    one = training_class(capacity=1)
    holder, first, second = enrolled(one), enrolled(one), enrolled(one, at=AT + timedelta(minutes=1))
    user = holder.enrollment.person.user
    services.give_up(seat_id=holder.pk, actor=user, at=AT + timedelta(hours=1))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (SeatStatus.DITAWARI, SeatStatus.MENUNGGU)
    assert first.offer_until == AT + timedelta(hours=25)
    assert state(one) == (1, ClassStatus.PENUH)
    assert told("kelas_tawaran") == 1
    taken = services.accept_offer(
        seat_id=first.pk, actor=first.enrollment.person.user, at=AT + timedelta(hours=2)
    )
    assert taken.status == SeatStatus.TERDAFTAR
    assert state(one) == (1, ClassStatus.PENUH)


def test_the_length_of_an_offer_is_a_dated_rule() -> None:
    with rewriting_history():
        Threshold.objects.filter(code=services.OFFER_HOURS).update(value=6)
    one = training_class(capacity=1)
    holder, waiting = enrolled(one), enrolled(one)
    services.give_up(seat_id=holder.pk, actor=holder.enrollment.person.user, at=AT)
    waiting.refresh_from_db()
    assert waiting.offer_until == AT + timedelta(hours=6)


def test_an_offer_never_reaches_past_the_first_session() -> None:
    one = training_class(capacity=1)
    holder, waiting = enrolled(one), enrolled(one)
    late = one.starts_at - timedelta(hours=3)
    services.give_up(seat_id=holder.pk, actor=holder.enrollment.person.user, at=late)
    waiting.refresh_from_db()
    assert waiting.offer_until == one.starts_at


def test_an_unanswered_offer_goes_to_the_next_one() -> None:
    one = training_class(capacity=1)
    holder, first, second = enrolled(one), enrolled(one), enrolled(one, at=AT + timedelta(minutes=1))
    services.give_up(seat_id=holder.pk, actor=holder.enrollment.person.user, at=AT)
    assert services.expire_offers(at=AT + timedelta(hours=23)) == 0
    assert services.expire_offers(at=AT + timedelta(hours=24)) == 1
    assert services.expire_offers(at=AT + timedelta(hours=24)) == 0
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (SeatStatus.TERLEWAT, SeatStatus.DITAWARI)
    with pytest.raises(Refused, match="sudah lewat"):
        services.accept_offer(seat_id=first.pk, actor=first.enrollment.person.user, at=AT)
    assert (told("kelas_terlewat"), told("kelas_tawaran")) == (1, 2)
    assert state(one) == (1, ClassStatus.PENUH)


def test_without_anybody_waiting_the_class_is_open_again() -> None:
    one = training_class(capacity=1)
    holder = enrolled(one)
    services.give_up(seat_id=holder.pk, actor=holder.enrollment.person.user, at=AT)
    assert state(one) == (0, ClassStatus.DIBUKA)
    again = enrolled(one, holder.enrollment)
    assert again.pk != holder.pk and again.is_enrolled


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"stage": Stage.PENDAFTARAN}, "masih diperiksa"),
        ({"status": Status.BERHENTI}, "tidak aktif"),
        ({"pathway": Pathway.CARI_KERJA}, "untuk jalur: Usaha naik kelas"),
    ],
)
def test_who_the_class_is_not_for_is_told_why(fields: dict[str, Any], words: str) -> None:
    one = training_class(of=course(pathways=[Pathway.NAIK_KELAS]))
    with pytest.raises(Refused, match=words):
        enrolled(one, trainee(**{"pathway": Pathway.NAIK_KELAS, **fields}))
    assert not Seat.objects.exists()


def test_names_are_taken_inside_the_window_alone() -> None:
    one = training_class()
    with pytest.raises(Refused, match="dibuka 21"):
        enrolled(one, at=AT - timedelta(days=3))
    with pytest.raises(Refused, match="sudah mulai"):
        enrolled(one, at=one.starts_at)
    late = trainee()
    manager = manager_of()
    planning.begin_classes(at=one.starts_at)
    seat = services.enrol(enrollment_id=late.pk, class_id=one.pk, actor=manager, at=one.starts_at)
    assert seat.is_enrolled


def test_strangers_touch_nobodys_seat() -> None:
    one = training_class(capacity=1)
    seat = enrolled(one)
    for stranger in (trainee().person.user, manager_of("P31.74.05"), staff(Role.PELATIH, "P31.74.07")):
        with pytest.raises(NotYours):
            services.give_up(seat_id=seat.pk, actor=stranger, at=AT)
        with pytest.raises(NotYours):
            services.enrol(enrollment_id=trainee().pk, class_id=one.pk, actor=stranger, at=AT)
    assert state(one) == (1, ClassStatus.PENUH)


def test_a_manager_takes_somebody_out_and_both_are_told() -> None:
    one = training_class(capacity=1)
    seat, waiting = enrolled(one), enrolled(one)
    services.give_up(seat_id=seat.pk, actor=manager_of(), at=AT)
    waiting.refresh_from_db()
    assert waiting.is_offered
    assert (told("kelas_keluar"), told("kelas_tawaran")) == (1, 1)
    assert AuditEntry.objects.filter(action="kelas.keluarkan", object_id=str(seat.pk)).count() == 1


def test_a_list_is_enrolled_person_by_person() -> None:
    one = training_class(capacity=1)
    people = [trainee(), trainee(stage=Stage.PENDAFTARAN), trainee()]
    ids = [person.pk for person in people]
    outcomes = services.enrol_many(enrollment_ids=ids, class_id=one.pk, actor=manager_of(), at=AT)
    assert [outcome.seat.status if outcome.seat else "" for outcome in outcomes] == [
        "terdaftar", "", "menunggu",
    ]  # fmt: skip
    assert "masih diperiksa" in outcomes[1].reason


def test_moving_somebody_frees_the_seat_they_leave() -> None:
    manager = manager_of()
    origin = training_class(capacity=1, manager=manager)
    target = training_class(capacity=1, manager=manager, name="Angkatan 2")
    seat, waiting = enrolled(origin), enrolled(origin)
    new = services.move_seat(seat_id=seat.pk, to_class_id=target.pk, actor=manager, at=AT)
    again = services.move_seat(seat_id=seat.pk, to_class_id=target.pk, actor=manager, at=AT)
    seat.refresh_from_db()
    waiting.refresh_from_db()
    assert new.pk == again.pk and new.is_enrolled
    assert (seat.status, waiting.status) == (SeatStatus.PINDAH, SeatStatus.DITAWARI)
    assert (state(origin), state(target)) == ((1, "penuh"), (1, "penuh"))
    with pytest.raises(Refused, match="Kelas tujuan penuh"):
        services.move_seat(seat_id=waiting.pk, to_class_id=target.pk, actor=manager, at=AT)
    waiting.refresh_from_db()
    assert waiting.is_offered


def test_the_database_refuses_one_seat_too_many() -> None:
    one = training_class(capacity=1)
    enrolled(one)
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingClass.objects.filter(pk=one.pk).update(taken=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingClass.objects.filter(pk=one.pk).update(status=ClassStatus.DIBUKA)


def test_an_erased_person_gives_their_seat_to_the_next() -> None:
    one = training_class(capacity=1)
    seat, waiting = enrolled(one), enrolled(one)
    erase_person(person_id=seat.enrollment.person_id, actor=None, reason="Percobaan", at=AT)
    seat.refresh_from_db()
    waiting.refresh_from_db()
    assert (seat.status, waiting.status) == (SeatStatus.BATAL, SeatStatus.DITAWARI)
    assert about_seat([{"seat": str(seat.pk)}]) == [None]
    assert not Seat.objects.visible_to(manager_of()).filter(pk=seat.pk).exists()


def test_who_sees_a_seat() -> None:
    seat = enrolled(training_class())
    person = seat.enrollment.person
    assert [Seat.objects.visible_to(who).count() for who in (person.user, manager_of())] == [1, 1]
    outside = (trainee().person.user, manager_of("P31.74.05"), staff(Role.PELATIH, "P31.74.07"))
    assert [Seat.objects.visible_to(who).count() for who in outside] == [0, 0, 0]
