"""A planned class is changed: what is written about it, and when one of its sessions is held."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.models import AuditEntry, OutboxMessage
from participants.refusals import NotYours, Refused
from programs.training import changes, planning, services
from programs.training.messages import about_class, about_moved_session
from programs.training.models import (
    Attendance,
    ClassSession,
    ClassStatus,
    SeatStatus,
    TrainerKind,
    TrainingClass,
)
from programs.training.schedule import Slot, slots_of

from .factories import (
    AT,
    FIRST_DAY,
    called,
    enrolled,
    finished_class,
    manager_of,
    session_of,
    training_class,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now_is_at(settings: Any) -> Iterator[None]:
    settings.DEMO_MODE = True
    with time_machine.travel(AT, tick=False):
        yield


def slot(day: date, *, begins: time = time(9), ends: time = time(11)) -> Slot:
    return slots_of([day], begins=begins, ends=ends, zone="Asia/Jakarta")[0]


def told(kind: str) -> list[dict[str, str]]:
    """The ids of the messages of this kind that are on their way."""
    return list(OutboxMessage.objects.filter(ids__kind=kind).order_by("pk").values_list("ids", flat=True))


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.LoginBackend")
    return client


def written(one: TrainingClass, **more: Any) -> dict[str, Any]:
    """The form of a class as its page shows it, with changes."""
    return {
        "name": one.name, "place": one.place, "online_url": one.online_url,
        "opens_on": f"{one.opens_on:%d/%m/%Y}", "closes_on": f"{one.closes_on:%d/%m/%Y}",
        "trainers": [str(row.user_id) for row in one.trainers.all()], **more,
    }  # fmt: skip


def when(day: str, begins: str = "09.00", ends: str = "11.00", **more: str) -> dict[str, str]:
    return {"day": day, "begins": begins, "ends": ends, **more}


# What is written about a class --------------------------------------------------------------------------


def test_another_place_is_told_once_to_everybody_who_has_a_seat_or_waits() -> None:
    manager = manager_of()
    one = training_class(capacity=1, manager=manager)
    enrolled(one)
    enrolled(one)
    client, page = client_of(manager), reverse("class_edit", args=[one.pk])
    assert "Ruang Melati" in client.get(page).content.decode()
    sent = written(one, place="Balai RW 5")
    assert client.post(page, sent)["Location"] == reverse("class_desk", args=[one.pk])
    assert "2 orang diberi tahu" in client.get(reverse("class_desk", args=[one.pk])).content.decode()
    client.post(page, sent)
    one.refresh_from_db()
    assert one.place == "Balai RW 5"
    assert len(told("kelas_tempat")) == 2
    (entry,) = AuditEntry.objects.filter(action="kelas.ubah")
    assert entry.detail["before"] == {"place": "Ruang Melati"} and entry.detail["after"] == {
        "place": "Balai RW 5"
    }


def test_a_sick_trainer_is_replaced_and_a_name_and_window_change_without_a_message() -> None:
    manager = manager_of()
    sick, stands_in = (staff(Role.PELATIH, "P31.74.07", is_demo=True) for _ in range(2))
    coach = staff(Role.PENDAMPING, "P31.74.07", is_demo=True)
    one = training_class(manager=manager, trainers={sick.pk: TrainerKind.MITRA, coach.pk: TrainerKind.MITRA})
    enrolled(one)
    sent = written(one, name="Angkatan 9", closes_on="05/12/2026", trainer_kind="mitra")
    sent["trainers"] = [str(stands_in.pk), str(coach.pk)]
    assert client_of(manager).post(reverse("class_edit", args=[one.pk]), sent).status_code == 303
    one.refresh_from_db()
    assert (one.name, one.closes_on) == ("Angkatan 9", date(2026, 12, 5))
    kinds = dict(one.trainers.values_list("user_id", "kind"))
    assert kinds == {stands_in.pk: "mitra", coach.pk: "mitra"}
    assert told("kelas_tempat") == []
    assert [ids["class"] for ids in told("kelas_mengajar")] == [str(one.pk)]
    (values,) = about_class([{"class": str(one.pk)}])
    assert values is not None and values["group"] == "Angkatan 9"


def test_a_changed_place_or_trainer_is_checked_for_clashes_as_in_the_builder() -> None:
    manager, busy = manager_of(), staff(Role.PELATIH, "P31.74.07", is_demo=True, display_name="Bu Rina")
    training_class(manager=manager, place="Aula", trainers={busy.pk: TrainerKind.MITRA}, name="Lain")
    one = training_class(manager=manager)
    client, page = client_of(manager), reverse("class_edit", args=[one.pk])
    sent = written(one, place="Aula", trainers=[str(busy.pk)])
    refused = client.post(page, sent)
    text = refused.content.decode()
    assert refused.status_code == 422 and "“Aula” dipakai" in text and "Bu Rina mengajar" in text
    one.refresh_from_db()
    assert one.place == "Ruang Melati"
    assert client.post(page, {**sent, "despite": "on"}).status_code == 303
    # What was accepted once is not asked again.
    one.refresh_from_db()
    assert client.post(page, written(one, name="Angkatan 2")).status_code == 303


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"place": ""}, "Tulis tempatnya"),
        ({"online_url": "http://contoh.id"}, "diawali https://"),
        ({"closes_on": "08/12/2026"}, "paling lambat di hari pertama"),
        ({"opens_on": "07/12/2026", "closes_on": "01/12/2026"}, "sesudah tanggal buka"),
        ({"trainers": ["x"]}, "Pilih dari daftar"),
    ],
)
def test_a_wrong_change_is_named_and_nothing_is_kept(more: dict[str, Any], words: str) -> None:
    manager = manager_of()
    one = training_class(manager=manager)
    refused = client_of(manager).post(reverse("class_edit", args=[one.pk]), written(one, name="Lain", **more))
    assert refused.status_code == 422 and words in refused.content.decode()
    one.refresh_from_db()
    assert one.name == "Angkatan 1"


# When a session is held ---------------------------------------------------------------------------------


def test_a_session_put_off_is_told_once_and_the_class_follows() -> None:
    manager = manager_of()
    trainer = staff(Role.PELATIH, "P31.74.07", is_demo=True)
    one = training_class(capacity=1, manager=manager, trainers={trainer.pk: TrainerKind.MITRA})
    enrolled(one)
    enrolled(one)
    session, client = session_of(one, 2), client_of(manager)
    page = reverse("session_move", args=[session.pk])
    assert page in client.get(reverse("class_desk", args=[one.pk])).content.decode()
    shown = client.get(page).content.decode()
    assert 'value="08/12/2026"' in shown and 'value="09.00"' in shown and 'value="11.00"' in shown
    for _ in range(2):
        assert client.post(page, when("16/12/2026", "13.00", "15.00")).status_code == 303
    one.refresh_from_db()
    held = [(row.number, row.title, row.on.day) for row in one.sessions.all()]
    assert held == [(1, "Topik 1", 7), (2, "Topik 3", 9), (3, "Topik 2", 16)]
    assert (one.starts_on, one.ends_on) == (FIRST_DAY, date(2026, 12, 16))
    assert len(told("kelas_waktu")) == 2 and len(told("kelas_mengajar")) == 1
    (values,) = about_moved_session(told("kelas_waktu")[:1])
    assert values is not None
    assert (values["session"], values["hours"]) == ("3. Topik 2", "13.00–15.00 WIB")
    assert "16 Desember 2026" in values["on"]
    assert AuditEntry.objects.filter(action="kelas.waktu").count() == 1


def test_a_session_moved_into_another_class_is_asked_about_and_into_its_own_refused() -> None:
    manager = manager_of()
    one = training_class(manager=manager)
    training_class(manager=manager, name="Lain", first_on=FIRST_DAY + timedelta(days=7))
    session, client = session_of(one, 2), client_of(manager)
    page = reverse("session_move", args=[session.pk])
    asked = client.post(page, when("14/12/2026"))
    assert asked.status_code == 422 and "“Ruang Melati” dipakai" in asked.content.decode()
    for wrong, words in (
        (when("09/12/2026", "10.00", "12.00"), "bentrok dengan pertemuan 3"),
        (when("22/11/2026"), "sudah lewat"),
        (when("01/12/2031"), "terlalu jauh"),
        (when("10/12/2026", "9 pagi"), "seperti 09.00"),
    ):
        refused = client.post(page, wrong)
        assert refused.status_code == 422 and words in refused.content.decode(), words
    session.refresh_from_db()
    assert session.on.day == 8
    assert client.post(page, when("14/12/2026", despite="on")).status_code == 303


def test_the_first_session_decides_when_the_class_begins() -> None:
    manager = manager_of()
    one = training_class(capacity=1, manager=manager)
    leaving = enrolled(one)
    waiting = enrolled(one)
    soon = AT + timedelta(hours=5)
    at = AT + timedelta(minutes=1)
    services.give_up(seat_id=leaving.pk, actor=leaving.enrollment.person.user, at=at)
    waiting.refresh_from_db()
    assert waiting.status == SeatStatus.DITAWARI
    first = session_of(one, 1)
    changes.move_session(
        session_id=first.pk, slot=Slot(soon, soon + timedelta(hours=2)), actor=manager, at=at
    )
    one.refresh_from_db()
    waiting.refresh_from_db()
    assert one.starts_at == soon == waiting.offer_until
    assert one.closes_on == date(2026, 11, 23)
    earlier = Slot(AT + timedelta(minutes=2), AT + timedelta(hours=1))
    TrainingClass.objects.filter(pk=one.pk).update(opens_on=date(2026, 11, 24), closes_on=date(2026, 11, 24))
    with pytest.raises(Refused, match="baru dibuka 24 November 2026"):
        changes.move_session(session_id=first.pk, slot=earlier, actor=manager, at=at)


def test_a_class_whose_only_begun_session_is_put_off_has_not_begun() -> None:
    manager = manager_of()
    one = training_class(manager=manager)
    enrolled(one)
    at = one.starts_at + timedelta(minutes=30)
    planning.begin_classes(at=at)
    changes.move_session(
        session_id=session_of(one, 1).pk, slot=slot(date(2026, 12, 20)), actor=manager, at=at
    )
    one.refresh_from_db()
    assert (one.status, one.starts_on, one.ends_on.day) == (ClassStatus.DIBUKA, date(2026, 12, 8), 20)
    assert planning.begin_classes(at=one.starts_at) == 1


def test_a_session_that_was_held_stays_with_its_attendance() -> None:
    manager = manager_of()
    one = training_class(manager=manager)
    seat = enrolled(one)
    planning.begin_classes(at=one.starts_at)
    called(one, seat, "hadir", by=manager)
    first, at = session_of(one, 1), one.starts_at + timedelta(hours=3)
    with pytest.raises(Refused, match="sudah tercatat"):
        changes.move_session(session_id=first.pk, slot=slot(date(2026, 12, 20)), actor=manager, at=at)
    changes.move_session(
        session_id=session_of(one, 2).pk, slot=slot(date(2026, 12, 20)), actor=manager, at=at
    )
    assert list(Attendance.objects.values_list("session_id", "presence")) == [(first.pk, "hadir")]
    with time_machine.travel(at, tick=False):
        desk = client_of(manager).get(reverse("class_desk", args=[one.pk])).content.decode()
    assert reverse("session_move", args=[first.pk]) not in desk


def test_a_class_that_is_over_is_not_changed_and_only_its_manager_changes_one() -> None:
    over, manager = finished_class(people=1)
    called_off = training_class(manager=manager, name="Batal")
    planning.cancel_class(class_id=called_off.pk, actor=manager, reason="Banjir", at=AT)
    client = client_of(manager)
    for one in (over, called_off):
        answers = (
            client.post(reverse("class_edit", args=[one.pk]), written(one, place="Balai RW 5")),
            client.post(reverse("session_move", args=[session_of(one).pk]), when("20/12/2026")),
        )
        assert [answer.status_code for answer in answers] == [422, 422]
        assert all("sudah berakhir" in answer.content.decode() for answer in answers)
        desk = client.get(reverse("class_desk", args=[one.pk])).content.decode()
        assert "Ubah kelas" not in desk and "Ubah waktu" not in desk
    trainer = staff(Role.PELATIH, "P31.74.07", is_demo=True)
    one = training_class(manager=manager, trainers={trainer.pk: TrainerKind.MITRA}, name="Jalan")
    for stranger in (trainer, manager_of("P31.74.05")):
        with pytest.raises(NotYours):
            changes.move_session(
                session_id=session_of(one).pk, slot=slot(date(2026, 12, 20)), actor=stranger, at=AT
            )
        assert client_of(stranger).get(reverse("session_move", args=[session_of(one).pk])).status_code != 200
    assert ClassSession.objects.get(pk=session_of(one).pk).on == FIRST_DAY


@pytest.mark.parametrize("people", [2, 25])
def test_a_change_stays_within_thirty_statements(people: int) -> None:
    manager = manager_of()
    one = training_class(manager=manager, capacity=people, sessions=12)
    for _ in range(people * 2):
        enrolled(one)
    client = client_of(manager)
    for page, data in (
        (reverse("class_edit", args=[one.pk]), written(one, place="Balai RW 5")),
        (reverse("session_move", args=[session_of(one, 1).pk]), when("28/12/2026")),
    ):
        with CaptureQueriesContext(connection) as caught:
            assert client.post(page, data).status_code == 303
        assert len(caught.captured_queries) <= 30
