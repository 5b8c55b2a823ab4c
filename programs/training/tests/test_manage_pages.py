"""The pages of a class's manager: courses, the builder, its people; and what acts ask of the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import staff
from core.clock import holidays
from core.formats import day
from core.models import OutboxMessage
from participants.models import Pathway
from programs.training import codes, planning, services
from programs.training.models import (
    Attendance,
    ClassStatus,
    Course,
    Seat,
    TrainerKind,
    TrainingClass,
)

from .factories import (
    AT,
    FIRST_DAY,
    called,
    course,
    enrolled,
    manager_of,
    session_of,
    trainee,
    training_class,
)
from .web import browser, demo_mode, main_of, now_is_at, words  # noqa: F401 (two of them are fixtures)

POST_BUDGET = 30

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now_is_at")]


def answers(one: Course, **changes: Any) -> dict[str, Any]:
    return {
        "course": str(one.pk), "center": "P31.74.07", "name": "Angkatan 7", "place": "Aula", "online_url": "",
        "capacity": "30", "opens_on": "23/11/2026", "closes_on": "06/12/2026", "first_on": "07/12/2026",
        "begins": "09.00", "ends": "12.00", "count": "", "skips_weekends": "on", "skips_holidays": "on",
        "submission_id": str(uuid4()), **changes,
    }  # fmt: skip


def build(client: Client, data: dict[str, Any]) -> Any:
    """The builder's form sent, its days looked at, and sent again with them."""
    shown = client.post(reverse("class_new"), data)
    assert shown.status_code == 200 and "Jadwalnya sudah benar?" in main_of(shown), main_of(shown)
    return client.post(reverse("class_new"), {**data, "seen": shown.context["seen"]})


def course_answers(**changes: Any) -> dict[str, Any]:
    return {
        "title": "Foto produk", "level": "tematik", "pathways": ["mulai_usaha"], "aims": "Foto yang jual",
        "hours": "8", "topics": "Cahaya\n\nLatar\nUnggah", "materials": "Buku | https://contoh.id/b",
        "center": "P31.74.07", "is_active": "on", "submission_id": str(uuid4()), **changes,
    }  # fmt: skip


def test_a_manager_writes_a_course_and_builds_a_class_from_it() -> None:
    manager = manager_of()
    client = browser(manager)
    assert client.post(reverse("course_new"), course_answers()).status_code == 303
    one = Course.objects.get(title="Foto produk")
    assert list(one.topics.values_list("title", flat=True)) == ["Cahaya", "Latar", "Unggah"]
    sent = build(client, answers(one, weekdays=["0", "2"]))
    made = TrainingClass.objects.get(name="Angkatan 7")
    assert sent["Location"] == reverse("class_desk", args=[made.pk])
    assert [session.on.day for session in made.sessions.all()] == [7, 9, 14]
    assert made.is_draft
    assert "Jadwalnya sudah benar?" in main_of(client.get(sent["Location"]))
    client.post(reverse("class_open", args=[made.pk]))
    made.refresh_from_db()
    assert made.status == ClassStatus.DIBUKA


def test_the_builder_names_a_year_whose_days_of_rest_are_not_known() -> None:
    year = max(day.year for day in holidays()) + 1
    with time_machine.travel(datetime(year - 1, 12, 1, 3, tzinfo=UTC), tick=False):
        client = browser(manager_of())
        data = answers(
            course(), first_on=f"20/12/{year - 1}", opens_on=f"01/12/{year - 1}",
            closes_on=f"19/12/{year - 1}", count="20",
        )  # fmt: skip
        shown = main_of(client.post(reverse("class_new"), data))
        assert f"Hari libur {year} belum tercatat" in shown
        kept = main_of(client.post(reverse("class_new"), {**data, "skips_holidays": ""}))
        assert "Jadwalnya sudah benar?" in kept and "belum tercatat" not in kept


def test_a_session_may_end_after_midnight() -> None:
    client, one = browser(manager_of()), course()
    build(client, answers(one, begins="22.00", ends="00.30"))
    session = TrainingClass.objects.get().sessions.get(number=1)
    assert session.ends_at - session.starts_at == timedelta(hours=2, minutes=30)


def test_a_clash_of_place_or_trainer_is_shown_and_may_be_accepted() -> None:
    trainer = staff(Role.PELATIH, "P31.74.07", is_demo=True, display_name="Bu Rina Contoh")
    training_class(place="Aula", trainers={trainer.pk: TrainerKind.MITRA})
    client, one = browser(manager_of()), course()
    data = answers(one, trainers=[str(trainer.pk)])
    refused = client.post(reverse("class_new"), data)
    text = main_of(refused)
    assert refused.status_code == 422
    assert "Tempat “Aula” dipakai Dasar usaha, Angkatan 1: Senin, 7 Desember 2026, 09.00–11.00 WIB" in text
    assert "Bu Rina Contoh mengajar Dasar usaha, Angkatan 1: Senin, 7 Desember 2026" in text
    assert not TrainingClass.objects.filter(name="Angkatan 7").exists()
    assert build(client, {**data, "despite": "on"}).status_code == 303
    assert TrainingClass.objects.filter(name="Angkatan 7").count() == 1
    free = answers(one, name="Malam", begins="19.00", ends="21.00", trainers=[str(trainer.pk)])
    assert build(client, free).status_code == 303


@pytest.mark.parametrize(
    ("changes", "words_"),
    [
        ({"closes_on": "01/11/2026"}, "sesudah tanggal buka"),
        ({"closes_on": "31/12/2026"}, "paling lambat di hari pertama"),
        ({"place": ""}, "Tulis tempatnya"),
        ({"online_url": "javascript:alert(1)"}, "diawali https://"),
        ({"begins": "25.00"}, "seperti 09.00"),
        ({"capacity": "１２"}, "angka 1 sampai 500"),
        ({"capacity": "0"}, "angka 1 sampai 500"),
        ({"count": "9" * 400}, "angka 1 sampai 60"),
        ({"begins": "09.00", "ends": "08.00"}, "Jam selesai harus sesudah jam mulai"),
        ({"first_on": "01/01/2025", "closes_on": "01/01/2025"}, "Tanggal ini sudah lewat"),
        ({"first_on": "01/01/2099"}, "Tanggal ini terlalu jauh"),
        ({"weekdays": ["2", "5"]}, "Sabtu dipilih, tetapi Sabtu dan Minggu dilewati"),
        ({"weekdays": ["0"], "count": "60"}, "hanya memuat 5"),
        ({"course": str(uuid4())}, "Pilih kursusnya"),
        ({"center": "P31.74.05"}, "Pilih pusatnya"),
    ],
)
def test_a_wrong_answer_is_named_beside_its_field(changes: dict[str, Any], words_: str) -> None:
    client, one = browser(manager_of()), course()
    refused = client.post(reverse("class_new"), answers(one, **changes))
    assert refused.status_code == 422 and words_ in main_of(refused)
    assert "Angkatan 7" in refused.content.decode()
    assert not TrainingClass.objects.exists()


def test_the_days_are_shown_before_a_class_is_made_and_again_when_they_change() -> None:
    client, one = browser(manager_of()), course()
    data = answers(one, weekdays=["0", "2"])
    shown = client.post(reverse("class_new"), data)
    days = [(row.title, f"{row.on:%d/%m}", row.hours) for row in shown.context["days"]]
    assert days == [
        ("Topik 1", "07/12", "09.00–12.00 WIB"), ("Topik 2", "09/12", "09.00–12.00 WIB"),
        ("Topik 3", "14/12", "09.00–12.00 WIB"),
    ]  # fmt: skip
    assert "Senin, 14 Desember 2026" in main_of(shown) and "Simpan kelas" in main_of(shown)
    seen = {"seen": shown.context["seen"]}
    changed = client.post(reverse("class_new"), {**data, **seen, "begins": "10.00"})
    assert changed.status_code == 200 and "10.00–12.00 WIB" in main_of(changed)
    assert not TrainingClass.objects.exists()
    assert client.post(reverse("class_new"), {**data, **seen}).status_code == 303
    assert TrainingClass.objects.get().sessions.count() == 3


def test_a_course_and_a_class_are_made_once_however_often_their_form_is_sent() -> None:
    manager = manager_of()
    client, written = browser(manager), course_answers()
    first = client.post(reverse("course_new"), written)
    with time_machine.travel(AT + timedelta(seconds=1), tick=False):
        again = client.post(reverse("course_new"), {**written, "title": "Foto lain"}, follow=True)
    one = Course.objects.get(center="P31.74.07")
    assert first.status_code == 303 and one.title == "Foto produk"
    assert "Kursus ini sudah tersimpan tadi" in words(again) and again.context["course"] == one
    plan = answers(one)
    plan["seen"] = client.post(reverse("class_new"), plan).context["seen"]
    first = client.post(reverse("class_new"), plan)
    with time_machine.travel(AT + timedelta(seconds=1), tick=False):
        again = client.post(reverse("class_new"), {**plan, "name": "Angkatan 8"})
    made = TrainingClass.objects.get(course=one)
    assert first["Location"] == again["Location"] == reverse("class_desk", args=[made.pk])
    assert (made.name, made.sessions.count()) == ("Angkatan 7", 3)
    assert "Kelas ini sudah dibuat tadi" in words(client.get(again["Location"]))
    other = browser(manager_of(display_name="Pengelola Lain"))
    for name, data in (("course_new", written), ("class_new", plan)):
        assert "terbuka terlalu lama" in main_of(other.post(reverse(name), data))
    worn = client.post(reverse("class_new"), {**plan, "submission_id": "x"})
    assert worn.status_code == 422 and 'value="x"' not in worn.content.decode()
    assert TrainingClass.objects.count() == 1 and Course.objects.count() == 1


def test_too_many_links_are_refused_and_none_is_cut() -> None:
    client = browser(manager_of())
    lines = [f"Buku {n} | https://contoh.id/{n}" for n in range(51)]
    refused = client.post(reverse("course_new"), course_answers(materials="\n".join(lines)))
    assert refused.status_code == 422 and "Paling banyak 50 tautan, tertulis 51" in main_of(refused)
    sent = client.post(reverse("course_new"), course_answers(materials="\n".join(lines[:50])))
    assert sent.status_code == 303
    assert Course.objects.get().materials.count() == 50


def test_a_list_is_enrolled_and_each_person_has_an_answer() -> None:
    one, far = training_class(capacity=1), trainee("P73.71.01")
    picked, named, client = trainee(), trainee(), browser(manager_of())
    answer = client.post(
        reverse("class_people", args=[one.pk]),
        {"pick": [str(picked.pk)], "numbers": f"{named.number.lower()}\n{far.number}\nOK-26-000000"},
    )
    assert [(row["seat"].status if row["seat"] else "") for row in answer.context["outcomes"]] == [
        "terdaftar", "menunggu", "", "",
    ]  # fmt: skip
    assert Seat.objects.count() == 2


def test_a_manager_moves_takes_out_adds_seats_and_calls_off() -> None:
    manager = manager_of()
    origin, target = training_class(manager=manager), training_class(manager=manager, name="Angkatan 2")
    seat, client = enrolled(origin), browser(manager)
    move = reverse("seat_move", args=[seat.pk])
    assert "Angkatan 2" in main_of(client.get(move))
    client.post(move, {"to": str(target.pk)})
    assert Seat.objects.get(training_class=target).is_enrolled
    client.post(reverse("class_capacity", args=[target.pk]), {"capacity": "40"})
    client.post(reverse("class_cancel", args=[target.pk]), {"reason": "Banjir"})
    target.refresh_from_db()
    assert (target.capacity, target.status, target.cancel_reason) == (40, ClassStatus.BATAL, "Banjir")
    assert OutboxMessage.objects.filter(ids__kind="kelas_batal").count() == 1
    assert browser(manager_of("P73.71.01")).get(move).status_code == 404


def test_a_manager_is_warned_of_classes_at_the_same_time_and_sees_only_those_that_suit() -> None:
    manager = manager_of()
    origin, other = training_class(manager=manager), training_class(manager=manager, name="Angkatan 2")
    seat, client = enrolled(origin), browser(manager)
    people = reverse("class_people", args=[other.pk])
    number = seat.enrollment.number
    assert "Waktunya sama dengan Dasar usaha, Angkatan 1" in main_of(client.post(people, {"numbers": number}))
    for_work = course(pathways=[Pathway.CARI_KERJA])
    training_class(manager=manager, name="Untuk kerja", of=for_work, first_on=FIRST_DAY + timedelta(days=30))
    third = training_class(manager=manager, name="Angkatan 3", of=origin.course)
    offered = main_of(client.get(reverse("seat_move", args=[seat.pk])))
    assert "Untuk kerja" not in offered and f"mulai {day(third.starts_on)}, 09.00 WIB" in offered
    moved = client.post(reverse("seat_move", args=[seat.pk]), {"to": str(third.pk)}, follow=True)
    assert "Waktunya sama dengan Dasar usaha, Angkatan 2" in moved.content.decode()


def test_a_list_that_is_too_long_is_refused_whole() -> None:
    """Nobody of a list vanishes."""
    one, client = training_class(), browser(manager_of())
    page = reverse("class_people", args=[one.pk])
    numbers = "\n".join(f"OK-26-{n:06d}" for n in range(290))
    refused = client.post(page, {"numbers": numbers})
    assert refused.status_code == 422
    assert "Paling banyak 200 orang sekaligus. Ini 290." in main_of(refused)
    assert "OK-26-000289" in refused.content.decode()
    sent = client.post(page, {"numbers": "\n".join(f"OK-26-{n:06d}" for n in range(200))})
    assert len(sent.context["outcomes"]) == 200


def test_who_still_needs_a_class_is_offered_for_the_next_one() -> None:
    manager = manager_of()
    done = training_class(sessions=2, manager=manager)
    passed, failed, seated, fresh = trainee(), trainee(), trainee(), trainee()
    for who, marks in ((passed, "hadir hadir"), (failed, "hadir alpa")):
        called(done, enrolled(done, who), marks, by=manager)
    planning.begin_classes(at=done.starts_at)
    planning.finish_class(class_id=done.pk, actor=manager, at=done.ends_at)
    coming = training_class(manager=manager, name="Lain", first_on=FIRST_DAY + timedelta(days=30))
    enrolled(coming, seated)
    page = browser(manager).get(reverse("class_people", args=[coming.pk]))
    offered = {value for value, _ in page.context["form"].fields["pick"].choices}
    assert offered == {str(failed.pk), str(fresh.pk)}


def test_a_class_under_way_promises_no_waiting_list() -> None:
    manager = manager_of()
    one = training_class(manager=manager)
    page = reverse("class_people", args=[one.pk])
    assert "masuk daftar tunggu" in main_of(browser(manager).get(page))
    with time_machine.travel(one.starts_at, tick=False):
        text = main_of(browser(manager).get(page))
    assert "masuk daftar tunggu" not in text and "tidak ada daftar tunggu" in text


# Statements ---------------------------------------------------------------------------------------------


def statements(act: Callable[[], Any], status: int = 303) -> int:
    with CaptureQueriesContext(connection) as caught:
        answer = act()
    assert answer.status_code == status, main_of(answer)
    return len(caught.captured_queries)


@pytest.mark.parametrize("rows", [2, 25])
def test_acts_stay_within_their_budget_for_any_number_of_people(rows: int) -> None:
    """Measured with few and with many people in the class; each act at most 30 statements."""
    manager = manager_of()
    trainer = staff(Role.PELATIH, "P31.74.07", is_demo=True)
    one = training_class(capacity=rows, manager=manager, trainers={trainer.pk: TrainerKind.MITRA})
    other = training_class(capacity=90, manager=manager, name="Angkatan 2")
    seats = [enrolled(one) for _ in range(rows)]
    waiting = [enrolled(one, at=AT + timedelta(seconds=n)) for n in range(rows)]
    desk, own = browser(manager), browser(seats[0].enrollment.person.user)
    built = answers(one.course, count="30")
    seen = desk.post(reverse("class_new"), built).context["seen"]
    newcomer = browser(trainee().person.user)
    found = {
        "enrol": statements(lambda: newcomer.post(reverse("class_enrol", args=[other.pk]))),
        "give_up": statements(lambda: own.post(reverse("seat_give_up", args=[seats[0].pk]))),
        "accept": statements(
            lambda: browser(waiting[0].enrollment.person.user).post(
                reverse("seat_accept", args=[waiting[0].pk])
            )
        ),
        "move": statements(
            lambda: desk.post(reverse("seat_move", args=[seats[1].pk]), {"to": str(other.pk)})
        ),
        "capacity": statements(
            lambda: desk.post(reverse("class_capacity", args=[other.pk]), {"capacity": "95"})
        ),
        "course": statements(
            lambda: desk.post(
                reverse("course_new"), course_answers(topics="\n".join("abcdefgh")),
            )
        ),
        "class": statements(lambda: desk.post(reverse("class_new"), built | {"seen": seen})),
    }  # fmt: skip
    session = session_of(one)
    with time_machine.travel(session.starts_at, tick=False):
        sheet = {f"p-{seat.pk}": "hadir" for seat in Seat.objects.enrolled().filter(training_class=one)}
        found["roll_call"] = statements(
            lambda: browser(trainer).post(
                reverse("roll_call", args=[session.pk]), {"submission_id": str(uuid4()), **sheet}
            )
        )
        path = reverse("check_in", args=[codes.code_of(session, at=session.starts_at)])
        found["check_in"] = statements(lambda: browser(waiting[0].enrollment.person.user).post(path))
        row = Attendance.objects.first()
        assert row is not None
        found["correct"] = statements(
            lambda: desk.post(
                reverse("attendance_correct", args=[row.pk]), {"presence": "izin", "reason": "Surat"}
            )
        )
    found["cancel"] = statements(
        lambda: desk.post(reverse("class_cancel", args=[one.pk]), {"reason": "Banjir"})
    )
    print(found)
    assert {name: count for name, count in found.items() if count > POST_BUDGET} == {}


def test_holidays_are_known_until_the_end_of_the_year() -> None:
    """The schedule builder leaves out what `core/data/holidays.csv` names."""
    client, one = browser(manager_of()), course()
    build(client, answers(one, first_on="24/12/2026", closes_on="23/12/2026"))
    made = TrainingClass.objects.get(name="Angkatan 7")
    assert [session.on for session in made.sessions.all()] == [
        date(2026, 12, 28), date(2026, 12, 29), date(2026, 12, 30),
    ]  # fmt: skip
    assert services.closed_words(made, at=AT)
