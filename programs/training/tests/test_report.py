"""The report of a class: who attended what, for those who lead it, on paper and in a spreadsheet."""

from __future__ import annotations

import io
from typing import Any

import pytest
import python_calamine
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.models import AuditEntry
from participants.erasure import erase_person
from programs.training import planning, report
from programs.training.models import Seat, TrainerKind, TrainingClass

from .factories import AT, called, enrolled, manager_of, trainee, training_class

pytestmark = pytest.mark.django_db
FILES = ("class_report", "class_workbook", "class_sheet")


@pytest.fixture(autouse=True)
def the_portal(settings: Any) -> Any:
    """For demo staff, and its clock stands at AT, roles included."""
    settings.DEMO_MODE = True
    with time_machine.travel(AT, tick=False):
        yield


class Taught:
    """A class with a trainer: one person attended all, one, with a name like a formula, half."""

    def __init__(self, *, sessions: int = 4) -> None:
        self.manager = manager_of()
        self.trainer = staff(Role.PELATIH, "P31.74.07", is_demo=True, display_name="Dewi Contoh")
        self.one: TrainingClass = training_class(
            sessions=sessions, manager=self.manager, trainers={self.trainer.pk: TrainerKind.MITRA}
        )
        self.always: Seat = enrolled(self.one, trainee(person__full_name="Siti Aminah Contoh"))
        self.half: Seat = enrolled(self.one, trainee(person__full_name="=Budi Contoh"))
        called(self.one, self.always, "hadir terlambat hadir hadir")
        called(self.one, self.half, "hadir izin alpa")

    def get(self, name: str, user: User) -> Any:
        client = Client()
        with time_machine.travel(self.one.ends_at, tick=False):
            client.force_login(user, backend="accounts.backends.LoginBackend")
            return client.get(reverse(name, args=[self.one.pk]))

    def sheets(self, user: User) -> dict[str, list[list[Any]]]:
        book = python_calamine.CalamineWorkbook.from_filelike(
            io.BytesIO(self.get("class_workbook", user).content)
        )
        return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_the_workbook_says_who_came_when_and_how_much() -> None:
    taught = Taught()
    found = taught.sheets(taught.trainer)
    heads, *rows = found["Kehadiran"]
    assert heads[2] == "1. 7 Desember 2026"
    assert [row[0] for row in rows] == ["'=Budi Contoh", "Siti Aminah Contoh"]
    assert rows[0][2:6] == ["Hadir", "Izin", "Alpa", ""]
    assert rows[0][6:12] == [1, 0, 1, 0, 1, 25]
    assert rows[1][2:12] == ["Hadir", "Terlambat", "Hadir", "Hadir", 3, 1, 0, 0, 0, 100]
    facts = {row[0]: row[1] for row in found["Ringkasan"]}
    assert facts["Peserta"] == "2 orang" and facts["Pelatih"] == "Dewi Contoh"
    assert facts["Rata-rata kehadiran"] == "62% dari 4 pertemuan"
    assert facts["Hadir paling sedikit 80%"] == "1 orang"


@pytest.mark.parametrize("sessions", [4, 40])
def test_papers_open_for_those_who_lead_and_every_download_is_on_record(sessions: int) -> None:
    taught = Taught(sessions=sessions)
    for user in (taught.trainer, taught.manager):
        for name in FILES:
            answer = taught.get(name, user)
            assert answer.status_code == 200 and answer["Content-Disposition"].startswith("attachment")
            if name != "class_workbook":
                assert answer.content.startswith(b"%PDF")
    assert AuditEntry.objects.filter(action="kelas.unduh").count() == 6
    citizen = taught.always.enrollment.person.user
    assert citizen is not None
    for name in FILES:
        assert taught.get(name, citizen).status_code == 403
        assert taught.get(name, manager_of("P31.74.05")).status_code == 404


def test_a_class_nobody_sees_yet_has_no_papers() -> None:
    taught = Taught()
    manager = manager_of()
    taught.one = training_class(is_open=False, manager=manager)
    assert {taught.get(name, manager).status_code for name in FILES} == {404}


def test_statements_do_not_grow_with_the_people() -> None:
    taught = Taught()
    counted = []
    taught.get("class_report", taught.manager)  # what a process asks only once is not the page's
    for _ in range(2):
        with CaptureQueriesContext(connection) as caught:
            taught.get("class_report", taught.manager)
        counted.append(len(caught.captured_queries))
        for _ in range(4):
            enrolled(taught.one)
    assert counted[0] == counted[1] <= 20


def test_an_erased_person_is_in_no_report() -> None:
    taught = Taught()
    planning.begin_classes(at=taught.one.starts_at)
    planning.finish_class(class_id=taught.one.pk, actor=taught.manager, at=taught.one.ends_at)
    person_id = taught.half.enrollment.person_id
    erase_person(person_id=person_id, actor=None, reason="Percobaan", at=taught.one.ends_at)
    found = report.load_report(taught.one, reader=taught.manager, at=AT)
    assert [line.name for line in found.lines] == ["Siti Aminah Contoh"]
