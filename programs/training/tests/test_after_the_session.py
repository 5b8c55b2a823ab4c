"""What is left to say once a session, or a whole class, is over: what is missing, late codes, coming back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.models import AuditEntry
from participants.refusals import Refused
from programs.training import attendance, codes, planning, services
from programs.training.facts import class_percents
from programs.training.models import Attendance, ClassStatus, Presence, Seat, SeatStatus, TrainerKind

from .factories import AT, called, enrolled, manager_of, session_of, trainee, training_class

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_portal(settings: Any) -> Iterator[None]:
    """For demo staff, and its clock stands at AT, roles included."""
    settings.DEMO_MODE = True
    with time_machine.travel(AT, tick=False):
        yield


def browser(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user, backend="accounts.backends.LoginBackend")
    return client


def read(user: User | None, address: str) -> str:
    return browser(user).get(address).content.decode()


class Half:
    """A class of two sessions and two people, under way; only the first of them was called, once."""

    def __init__(self) -> None:
        self.manager = manager_of()
        self.trainer = staff(Role.PELATIH, "P31.74.07", is_demo=True)
        trainers = {self.trainer.pk: TrainerKind.MITRA}
        self.one = training_class(sessions=2, manager=self.manager, trainers=trainers)
        self.first, self.second = enrolled(self.one), enrolled(self.one)
        self.session = session_of(self.one)
        self.desk = reverse("class_desk", args=[self.one.pk])
        self.roll = reverse("roll_call", args=[self.session.pk])
        self.finish = reverse("class_finish", args=[self.one.pk])
        planning.begin_classes(at=self.one.starts_at)
        called(self.one, self.first, "hadir", by=self.manager)


# What is missing ----------------------------------------------------------------------------------------


def test_before_a_class_is_finished_the_manager_reads_what_is_missing() -> None:
    half = Half()
    with time_machine.travel(half.one.ends_at, tick=False):
        assert "1 belum tercatat" in read(half.manager, half.desk)
        question = read(half.manager, half.finish)
        half.one.refresh_from_db()
        assert half.one.status == ClassStatus.BERJALAN
        assert "1 orang belum tercatat" in question and "2 orang belum tercatat" in question
        browser(half.manager).post(half.finish)
    half.one.refresh_from_db()
    assert half.one.status == ClassStatus.SELESAI


def test_what_is_missing_of_a_finished_class_is_added_by_its_manager_with_a_reason() -> None:
    half = Half()
    with time_machine.travel(half.one.ends_at, tick=False):
        browser(half.manager).post(half.finish)
        assert "diisi pengelola pusatnya" in read(half.trainer, half.roll)
        page = read(half.manager, half.roll)
        assert f"p-{half.second.pk}" in page and f"p-{half.first.pk}" not in page
        assert "checked" not in page.partition("<main")[2].partition("</main>")[0]
        sheet = {"submission_id": str(uuid4()), "decided_at": "", f"p-{half.second.pk}": "hadir"}
        assert browser(half.manager).post(half.roll, sheet).status_code == 422
        assert browser(half.trainer).post(half.roll, sheet | {"reason": "Kertas"}).status_code == 422
        assert not Attendance.objects.filter(seat=half.second).exists()
        sent = browser(half.manager).post(half.roll, sheet | {"reason": "Daftar hadir di kertas"})
    assert sent.status_code == 303
    assert Attendance.objects.get(seat=half.second).presence == Presence.HADIR
    assert class_percents(half.one)[half.second.pk] == 50
    entry = AuditEntry.objects.get(action="kehadiran.susulan")
    assert (entry.reason, entry.detail["people"]) == ("Daftar hadir di kertas", 1)


def test_what_was_recorded_of_a_finished_class_changes_by_correction_alone() -> None:
    half = Half()
    planning.finish_class(class_id=half.one.pk, actor=half.manager, at=half.one.ends_at)
    with pytest.raises(Refused, match="koreksi"):
        attendance.roll_call(
            session_id=half.session.pk, actor=half.manager, submission_id=uuid4(), reason="Keliru",
            presences={half.first.pk: Presence.ALPA}, decided_at=None, at=half.one.ends_at,
        )  # fmt: skip


# Late codes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "is_good"), [(59, True), (61, False), (60 * 24 * 7, False)])
def test_a_code_counts_until_one_hour_after_its_session(minutes: int, is_good: bool) -> None:
    half = Half()
    at = half.session.ends_at + timedelta(minutes=minutes)
    code, page = codes.code_of(half.session, at=at), reverse("session_code", args=[half.session.pk])
    user = half.second.enrollment.person.user
    with time_machine.travel(at, tick=False):
        assert ("data:image/svg+xml" in read(half.trainer, page)) is is_good
        assert (page in read(half.trainer, half.desk)) is is_good
        status = browser(user).post(reverse("check_in", args=[code])).status_code
    assert status == (303 if is_good else 409)
    assert Attendance.objects.filter(seat=half.second).exists() is is_good


@pytest.mark.parametrize("word", [Presence.IZIN, Presence.SAKIT])
def test_a_scan_does_not_take_away_what_the_trainer_excused(word: Presence) -> None:
    half = Half()
    called(half.one, half.second, word)
    at = half.session.starts_at + timedelta(minutes=20)
    code = codes.code_of(half.session, at=at)
    with pytest.raises(Refused, match="Minta pelatih"):
        attendance.check_in(code=code, actor=half.second.enrollment.person.user, at=at)
    assert Attendance.objects.get(seat=half.second).presence == word


# Leaving and coming back --------------------------------------------------------------------------------


def test_who_leaves_a_running_class_is_told_what_that_costs() -> None:
    half = Half()
    page = reverse("seat_give_up", args=[half.first.pk])
    user = half.first.enrollment.person.user
    before = read(user, page)
    assert "langsung ditawarkan" in before and "tidak dihitung lagi" not in before
    with time_machine.travel(half.one.starts_at + timedelta(hours=3), tick=False):
        during = read(user, page)
        assert "1 pertemuan yang sudah tercatat tidak dihitung lagi" in during
        assert "langsung ditawarkan" not in during
        answer = browser(user).post(page, follow=True).content.decode()
    assert "orang berikutnya" not in answer


def test_who_comes_back_finds_the_seat_with_what_was_attended() -> None:
    half = Half()
    at = half.session.ends_at
    services.give_up(seat_id=half.first.pk, actor=half.first.enrollment.person.user, at=at)
    back = services.enrol(
        enrollment_id=half.first.enrollment_id, class_id=half.one.pk, actor=half.manager, at=at
    )
    half.one.refresh_from_db()
    assert (back.pk, back.status, back.ended_at, half.one.taken) == (half.first.pk, "terdaftar", None, 2)
    assert class_percents(half.one)[back.pk] == 50
    assert Seat.objects.filter(enrollment=half.first.enrollment_id).count() == 1


def test_who_is_moved_back_finds_it_too() -> None:
    half = Half()
    other = training_class(sessions=2, manager=half.manager, name="Sore")
    at = half.session.ends_at
    planning.begin_classes(at=at)
    moved = services.move_seat(seat_id=half.first.pk, to_class_id=other.pk, actor=half.manager, at=at)
    back = services.move_seat(seat_id=moved.pk, to_class_id=half.one.pk, actor=half.manager, at=at)
    assert (back.pk, back.status, back.moved_to_id) == (half.first.pk, SeatStatus.TERDAFTAR, None)
    assert class_percents(half.one)[back.pk] == 50
    moved.refresh_from_db()
    assert (moved.status, moved.moved_to_id) == (SeatStatus.PINDAH, back.pk)


def test_the_roll_says_who_is_no_longer_in_the_class() -> None:
    half = Half()
    services.give_up(seat_id=half.first.pk, actor=half.first.enrollment.person.user, at=half.session.ends_at)
    with time_machine.travel(half.session.ends_at, tick=False):
        assert "tidak ikut lagi" in read(half.manager, half.roll)


def test_somebody_new_gets_a_seat_of_their_own() -> None:
    half = Half()
    late = trainee()
    seat = services.enrol(
        enrollment_id=late.pk, class_id=half.one.pk, actor=half.manager, at=half.session.ends_at
    )
    assert seat.pk not in (half.first.pk, half.second.pk) and seat.is_enrolled


# A class called off ---------------------------------------------------------------------------------------


def test_the_manager_of_a_cancelled_class_sees_whom_to_phone() -> None:
    half = Half()
    User.objects.filter(pk=half.second.enrollment.person.user_id).update(is_active=False)
    half.second.enrollment.person.user = None
    half.second.enrollment.person.save()
    planning.cancel_class(class_id=half.one.pk, actor=half.manager, reason="Banjir", at=AT)
    text = read(half.manager, half.desk)
    for seat in (half.first, half.second):
        person = seat.enrollment.person
        assert person.full_name in text and reverse("person", args=[person.pk]) in text
    assert text.count("tanpa akun, telepon") == 1
    assert "Belum ada peserta" not in text and "2 orang waktu dibatalkan" in text
    seen = read(half.trainer, half.desk)
    assert half.first.enrollment.person.full_name in seen
    assert reverse("person", args=[half.first.enrollment.person_id]) not in seen


def test_a_draft_that_is_called_off_stays_inside() -> None:
    manager = manager_of()
    one = training_class(manager=manager, is_open=False)
    planning.cancel_class(class_id=one.pk, actor=manager, reason="Anggaran ditahan", at=AT)
    one.refresh_from_db()
    assert one.is_cancelled
    for user in (None, trainee().person.user):
        assert browser(user).get(one.get_absolute_url()).status_code == 404
        assert browser(user).get(reverse("class_calendar", args=[one.pk])).status_code == 404
    desk = read(manager, reverse("class_desk", args=[one.pk]))
    assert "Anggaran ditahan" in desk and "Halaman umum" not in desk
    opened = training_class(manager=manager, name="Buka")
    planning.cancel_class(class_id=opened.pk, actor=manager, reason="Banjir", at=AT)
    assert "Banjir" in read(None, opened.get_absolute_url())


# What a participant reads -------------------------------------------------------------------------------


def test_a_participant_reads_how_they_were_and_why_it_was_corrected() -> None:
    half = Half()
    called(half.one, half.second, "alpa")
    row = Attendance.objects.get(seat=half.second)
    attendance.correct(
        attendance_id=row.pk, actor=half.trainer, presence=Presence.SAKIT, reason="Surat dokter diterima",
        at=half.session.ends_at,
    )  # fmt: skip
    own, other = (seat.enrollment.person.user for seat in (half.second, half.first))
    address = half.one.get_absolute_url()
    with time_machine.travel(half.session.ends_at, tick=False):
        text = read(own, address)
        assert "Sakit" in text and "Surat dokter diterima" in text and "Alpa → Sakit" in text
        assert "Surat dokter" not in read(other, address) and "Hadir" in read(other, address)
        assert "Surat dokter" not in read(None, address) and "Kehadiran Anda" not in read(None, address)


def test_in_a_running_class_the_card_names_the_next_session() -> None:
    half = Half()
    user, later = half.first.enrollment.person.user, session_of(half.one, 2)
    with time_machine.travel(half.session.ends_at, tick=False):
        card = read(user, half.one.get_absolute_url()).partition('id="anda"')[2].partition("</section>")[0]
    assert "Pertemuan berikutnya" in card and "8 Desember 2026" in card and "7 Desember" not in card
    assert "supaya orang lain bisa ikut" not in card
    with time_machine.travel(later.ends_at, tick=False):
        card = read(user, half.one.get_absolute_url()).partition('id="anda"')[2].partition("</section>")[0]
    assert "Desember" not in card
