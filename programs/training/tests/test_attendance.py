"""Attendance: once per session and seat, in whatever order sheets arrive, with every decision kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.models import AuditEntry, OutboxMessage
from participants.erasure import erase_person
from participants.models import Enrollment
from participants.portability import load
from participants.refusals import NotYours, Refused
from programs.training import attendance, codes, planning
from programs.training.models import (
    Attendance,
    AttendanceChange,
    ClassSession,
    Presence,
    RollCall,
    Seat,
    TrainerKind,
    TrainingClass,
)

from .factories import called, enrolled, manager_of, session_of, trainee, training_class

pytestmark = pytest.mark.django_db


class Room:
    """A class of two with its trainer, at the first session."""

    def __init__(self) -> None:
        self.trainer = staff(Role.PELATIH, "P31.74.07", is_demo=True)
        trainers = {self.trainer.pk: TrainerKind.MITRA}
        self.one: TrainingClass = training_class(trainers=trainers, sessions=5)
        self.coach = staff(Role.PENDAMPING, "P31.74.07", is_demo=True)
        self.first: Seat = enrolled(self.one, trainee(coach=self.coach))
        self.second: Seat = enrolled(self.one)
        self.session: ClassSession = session_of(self.one)
        self.start: datetime = self.session.starts_at

    def send(
        self, words: str, *, minutes: int = 5, later: int = 0, submission: UUID | None = None,
        by: User | None = None,
    ) -> RollCall:  # fmt: skip
        """A sheet decided some minutes after the beginning, arriving `later` minutes after that."""
        first, second = (Presence(word) for word in words.split())
        decided = self.start + timedelta(minutes=minutes)
        return attendance.roll_call(
            session_id=self.session.pk, actor=by or self.trainer, submission_id=submission or uuid4(),
            presences={self.first.pk: first, self.second.pk: second}, decided_at=decided,
            at=decided + timedelta(minutes=later),
        )  # fmt: skip

    def now(self) -> str:
        rows = Attendance.objects.filter(session=self.session)
        found = {row.seat_id: row.presence for row in rows}
        return " ".join(found[seat.pk] for seat in (self.first, self.second))


@pytest.fixture
def room() -> Room:
    return Room()


def test_a_sheet_sent_twice_counts_once(room: Room) -> None:
    key = uuid4()
    first, second = (
        room.send("hadir izin", submission=key),
        room.send("hadir izin", submission=key, later=120),
    )
    assert first.pk == second.pk
    assert room.now() == "hadir izin"
    assert (Attendance.objects.count(), AttendanceChange.objects.count()) == (2, 0)
    with pytest.raises(Refused):
        room.send("hadir izin", submission=key, by=manager_of())


def test_a_sheet_sent_again_with_other_answers_is_not_said_to_be_saved(room: Room) -> None:
    key = uuid4()
    room.send("hadir izin", submission=key)
    with pytest.raises(Refused, match="isi lain"):
        room.send("hadir hadir", submission=key, later=1)
    assert room.now() == "hadir izin"
    # What was decided later about somebody does not make the first sheet another one.
    room.send("hadir sakit", minutes=20)
    assert room.send("hadir izin", submission=key, later=60).submission_id == key
    assert room.now() == "hadir sakit"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_whatever_the_order_of_arrival_the_last_decision_holds(room: Room, order: tuple[int, ...]) -> None:
    """Three sheets of one afternoon; the phone had no signal for two hours."""
    sheets = [("alpa hadir", 5), ("terlambat hadir", 20), ("terlambat sakit", 40)]
    for place, index in enumerate(order):
        words, minutes = sheets[index]
        room.send(words, minutes=minutes, later=120 - minutes + place)
    assert room.now() == "terlambat sakit"
    kept = {row.presence for row in Attendance.objects.all()}
    kept |= set(AttendanceChange.objects.values_list("before", flat=True))
    kept |= set(AttendanceChange.objects.values_list("after", flat=True))
    assert kept == {"alpa", "hadir", "terlambat", "sakit"}
    assert Attendance.objects.count() == 2


def test_a_clock_ahead_of_ours_decides_now(room: Room) -> None:
    call = attendance.roll_call(
        session_id=room.session.pk, actor=room.trainer, submission_id=uuid4(),
        presences={room.first.pk: Presence.HADIR}, decided_at=room.start + timedelta(days=90), at=room.start,
    )  # fmt: skip
    assert call.decided_at == room.start


def test_only_who_teaches_or_manages_takes_attendance(room: Room) -> None:
    outsiders = (
        staff(Role.PELATIH, "P31.74.07"),
        manager_of("P31.74.05"),
        room.coach,
        room.first.enrollment.person.user,
    )
    for who in outsiders:
        with pytest.raises(NotYours):
            room.send("hadir hadir", by=who)
    room.send("hadir hadir", by=manager_of())


def test_not_before_the_session_and_not_on_people_of_other_classes(room: Room) -> None:
    stranger = enrolled(training_class(name="Lain"))
    with pytest.raises(Refused, match="belum mulai"):
        room.send("hadir hadir", minutes=-61)
    attendance.roll_call(
        session_id=room.session.pk, actor=room.trainer, submission_id=uuid4(),
        presences={stranger.pk: Presence.HADIR}, decided_at=None, at=room.start,
    )  # fmt: skip
    assert not Attendance.objects.exists()


def test_after_its_day_a_sheet_adds_but_does_not_change(room: Room) -> None:
    room.send("hadir alpa")
    with pytest.raises(Refused, match="koreksi"):
        room.send("hadir hadir", minutes=24 * 60)
    row = Attendance.objects.get(seat=room.second)
    with pytest.raises(Refused, match="sudah tercatat"):
        attendance.correct(
            attendance_id=row.pk, actor=room.trainer, presence=Presence.ALPA, reason="Sama", at=room.start
        )
    later = room.start + timedelta(days=1)
    attendance.correct(
        attendance_id=row.pk, actor=room.trainer, presence=Presence.SAKIT, reason="Surat dokter", at=later
    )
    assert room.now() == "hadir sakit"
    change = AttendanceChange.objects.get()
    assert (change.before, change.after, change.reason) == ("alpa", "sakit", "Surat dokter")
    assert AuditEntry.objects.filter(action="kehadiran.koreksi", reason="Surat dokter").count() == 1


def test_changes_are_never_rewritten(room: Room) -> None:
    room.send("hadir alpa")
    room.send("hadir hadir", minutes=20)
    with pytest.raises(IntegrityError), transaction.atomic():
        AttendanceChange.objects.update(after="izin")
    with pytest.raises(IntegrityError), transaction.atomic():
        AttendanceChange.objects.all().delete()


def test_of_a_finished_class_only_the_manager_corrects(room: Room) -> None:
    room.send("hadir alpa")
    manager = manager_of()
    planning.begin_classes(at=room.start)
    planning.finish_class(class_id=room.one.pk, actor=manager, at=room.one.ends_at)
    row, at = Attendance.objects.get(seat=room.second), room.one.ends_at
    with pytest.raises(Refused, match="selesai"):
        room.send("hadir hadir", minutes=20)
    with pytest.raises(Refused, match="pengelola"):
        attendance.correct(
            attendance_id=row.pk, actor=room.trainer, presence=Presence.IZIN, reason="Surat", at=at
        )
    attendance.correct(attendance_id=row.pk, actor=manager, presence=Presence.IZIN, reason="Surat", at=at)
    assert room.now() == "hadir izin"


def test_a_scanned_code_is_a_presence_and_the_trainer_has_the_last_word(room: Room) -> None:
    user = room.first.enrollment.person.user
    shown = room.start + timedelta(minutes=10)
    code = codes.code_of(room.session, at=shown)
    row = attendance.check_in(code=code, actor=user, at=shown + timedelta(minutes=1))
    again = attendance.check_in(code=code, actor=user, at=shown + timedelta(minutes=2))
    assert (row.pk, row.presence) == (again.pk, "hadir")
    room.send("terlambat hadir", minutes=30)
    assert room.now() == "terlambat hadir"


def test_a_scan_after_an_older_sheet_from_the_dead_zone_stays(room: Room) -> None:
    """Called absent at minute 5 without signal, scanned at 20; the sheet arrives at 125."""
    at = room.start + timedelta(minutes=20)
    code = codes.code_of(room.session, at=at)
    attendance.check_in(code=code, actor=room.first.enrollment.person.user, at=at)
    room.send("alpa hadir", minutes=5, later=120)
    assert room.now() == "terlambat hadir"
    assert AttendanceChange.objects.get().is_applied is False


@pytest.mark.parametrize("minutes", [4, 600])
def test_an_old_code_is_refused(room: Room, minutes: int) -> None:
    code = codes.code_of(room.session, at=room.start)
    with pytest.raises(Refused, match="tidak berlaku"):
        attendance.check_in(
            code=code, actor=room.first.enrollment.person.user, at=room.start + timedelta(minutes=minutes)
        )


def test_a_forged_code_and_a_stranger_are_refused(room: Room) -> None:
    code = codes.code_of(room.session, at=room.start)
    other = session_of(room.one, 2)
    forged = code.replace(room.session.pk.hex, other.pk.hex)
    for text in (forged, code[:-1], "", "x" * 500, code + "\n", code.replace("-", "–")):
        assert codes.session_of(text, at=room.start) is None
    with pytest.raises(Refused, match="tidak terdaftar"):
        attendance.check_in(code=code, actor=trainee().person.user, at=room.start)


def flags() -> int:
    return OutboxMessage.objects.filter(ids__kind="alpa_beruntun", recipient_id__isnull=False).count()


def test_three_absences_in_a_row_are_told_to_the_coach_once(room: Room) -> None:
    called(room.one, room.first, "alpa alpa")
    assert flags() == 0
    called(room.one, room.first, "alpa alpa", first=3)
    assert flags() == 1


@pytest.mark.parametrize("words", ["alpa alpa izin alpa", "alpa sakit alpa alpa", "hadir alpa alpa hadir"])
def test_excused_sessions_break_the_row(room: Room, words: str) -> None:
    called(room.one, room.first, words)
    assert flags() == 0


def test_who_came_was_heard_of(room: Room) -> None:
    before = {one.pk: one.last_activity_at for one in Enrollment.objects.all()}
    room.send("hadir alpa", minutes=30)
    here, absent = (Enrollment.objects.get(pk=seat.enrollment_id) for seat in (room.first, room.second))
    assert here.last_activity_at == room.start + timedelta(minutes=30)
    assert absent.last_activity_at == before[absent.pk]


def test_what_is_held_is_told_and_taken_away(room: Room) -> None:
    room.send("hadir alpa")
    row = Attendance.objects.get(seat=room.second)
    attendance.correct(
        attendance_id=row.pk, actor=room.trainer, presence=Presence.SAKIT, reason="Surat dokter",
        at=room.start + timedelta(hours=1),
    )  # fmt: skip
    person = room.second.enrollment.person
    sections = {part["kode"]: part["isi"] for part in load(person, at=room.start)["bagian"]}
    assert sections["kelas"][0]["angkatan"] == "Angkatan 1"
    assert sections["kehadiran"][0]["kehadiran"] == "Sakit"
    assert "Surat dokter" in sections["kehadiran"][0]["perubahan"]
    erase_person(person_id=person.pk, actor=None, reason="Percobaan", at=room.start)
    assert AttendanceChange.objects.get().reason == "(data dihapus)"
    assert Attendance.objects.count() == 2
