"""The coach's calendar: sessions and classes by day, and the secret address that tells little and can close;
grace after a hand-over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from accounts.tests.factories import staff
from centers.models import CoachProfile
from core.clock import now
from participants.models import Enrollment, Stage
from participants.services import accept_assignment, assign_coach
from participants.tests.factories import center_of, participant
from programs.mentoring import agenda, sessions
from programs.mentoring.models import CalendarFeed, renew
from programs.mentoring.tests.factories import planned, recorded
from programs.pipeline import work
from programs.pipeline.morning import Group, Reason
from programs.training.models import TrainerKind
from programs.training.tests.factories import training_class

from .test_mentoring_sessions import Pair

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""Monday, 23 November 2026, 10.00 WIB."""


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.LoginBackend")
    return client


def test_week_and_day_show_sessions_and_classes_and_nothing_of_others() -> None:
    with time_machine.travel(AT):
        pair = Pair()
        CoachProfile.objects.create(user=pair.coach, center=pair.one.center)
        planned(pair.one, pair.coach, topic="Topik sendiri")
        cancelled = planned(pair.one, pair.coach, topic="Topik batal")
        sessions.cancel_session(session_id=cancelled.pk, actor=pair.coach, reason="Banjir", at=now())
        other = Pair("P73.71.01")
        planned(other.one, other.coach, topic="Topik orang lain")
        training_class(
            trainers={pair.coach.pk: TrainerKind.PENDAMPING}, manager=pair.manager, at=AT,
            first_on=AT.date() + timedelta(days=3), name="Angkatan 7",
        )  # fmt: skip
        client = client_of(pair.coach)
        week = client.get("/pendamping/kalender/").content.decode()
        assert "Topik sendiri" in week and "Angkatan 7" in week
        assert "Topik batal" not in week and "Topik orang lain" not in week
        assert "Senin, 23 November 2026" in week and "Minggu, 29 November 2026" in week
        day = client.get("/pendamping/kalender/?lihat=hari&tanggal=25/11/2026").content.decode()
        assert "Topik sendiri" in day and "Angkatan 7" not in day
        for junk in ("99/99/2026", "0001-01-01", "9999-12-31", "%00", "x" * 500):
            assert client.get(f"/pendamping/kalender/?tanggal={junk}").status_code == 200


@pytest.mark.parametrize("center", ["P31.74.07", "P73.71.01", "P91.71.01"])
def test_a_session_after_midnight_stands_on_its_local_day(center: str) -> None:
    hours = {"P31.74.07": 7, "P73.71.01": 8, "P91.71.01": 9}[center]
    midnight = datetime(2026, 11, 25, tzinfo=UTC) - timedelta(hours=hours)
    with time_machine.travel(AT):
        pair = Pair(center)
        CoachProfile.objects.create(user=pair.coach, center=pair.one.center)
        planned(pair.one, pair.coach, starts_at=midnight - timedelta(minutes=30))
        planned(pair.one, pair.coach, starts_at=midnight + timedelta(minutes=30))
        zone = agenda.zone_of(pair.coach)
        found = agenda.days(pair.coach, first=AT.date(), many=7, zone=zone, today=AT.date())
        assert {day.date.day: len(day.entries) for day in found if day.entries} == {24: 1, 25: 1}


def test_the_secret_address_tells_first_names_and_places_and_closes_when_renewed() -> None:
    pair = Pair()
    person = pair.one.person
    person.full_name = "Siti Rahasia"
    person.save()
    planned(pair.one, pair.coach, topic="Topik pribadi", place="Jl. Melati 2")
    client = client_of(pair.coach)
    page = client.post("/pendamping/kalender/alamat/").content.decode()
    assert "hanya tampil sekali" in page
    feed = CalendarFeed.objects.get(user=pair.coach)
    secret = renew(pair.coach)
    assert secret not in str(CalendarFeed.objects.values_list("digest", flat=True))
    answer = Client().get(f"/kalender/{secret}.ics")
    text = answer.content.decode()
    assert answer["Content-Type"].startswith("text/calendar")
    assert "SUMMARY:Bertemu Siti" in text and "LOCATION:Kunjungan" in text
    for hidden in ("Rahasia", "Topik pribadi", "Melati", str(person.pk), pair.one.number):
        assert hidden not in text
    renew(pair.coach)
    assert Client().get(f"/kalender/{secret}.ics").status_code == 404
    newest = renew(pair.coach)
    assert CalendarFeed.objects.get(user=pair.coach).digest != feed.digest
    for junk in ("x", "%00", "a" * 3000):
        assert Client().get(f"/kalender/{junk}.ics").status_code in (400, 404)
    pair.coach.role_assignments.update(starts_at=now() - timedelta(days=9), ends_at=now() - timedelta(days=1))
    assert Client().get(f"/kalender/{newest}.ics").status_code == 404


def test_the_calendar_costs_the_same_whatever_is_on_it() -> None:
    pair = Pair()
    counts = []
    for _ in range(2):
        for _ in range(5):
            planned(pair.one, pair.coach)
        with CaptureQueriesContext(connection) as caught:
            agenda.feed(pair.coach, at=now())
        counts.append(len(caught))
    assert counts == [3, 3]


def test_three_days_of_grace_after_a_hand_over() -> None:
    start = AT
    with time_machine.travel(start - timedelta(days=40)):
        center = center_of("P31.74.07")
        first = staff(Role.PENDAMPING, center.code, is_demo=True)
        second = staff(Role.PENDAMPING, center.code, is_demo=True)
        manager = staff(Role.PENGELOLA, center.code, is_demo=True)
        for coach in (first, second):
            CoachProfile.objects.create(user=coach, center=center)
        one = participant(
            stage=Stage.PENDAMPINGAN, center=center, coach=first, registered_at=now() - timedelta(days=5)
        )
    with time_machine.travel(start):
        assign_coach(enrollment_id=one.pk, actor=manager, coach=second, at=now(), reason="Cuti")
        accept_assignment(enrollment_id=one.pk, actor=second, at=now())
        Enrollment.objects.filter(pk=one.pk).update(last_activity_at=now() - timedelta(days=30))
    for days, reason in ((0, Reason.SERAH), (2, Reason.SERAH), (3, Reason.DIAM)):
        with time_machine.travel(start + timedelta(days=days)):
            (mentee,) = work.mentees(second, at=now())
            assert mentee.placing.reason is reason, days
            if reason is Reason.SERAH:
                assert mentee.placing.group is Group.HARI_INI
                page = client_of(second).get("/pendamping/").content.decode()
                assert f"Baru dialihkan, {3 - days} hari untuk berkenalan" in page


def test_the_first_coach_has_no_grace() -> None:
    pair = Pair()
    recorded(pair.one, pair.coach)
    Enrollment.objects.filter(pk=pair.one.pk).update(last_activity_at=now() - timedelta(days=30))
    pair.one.mentoring_sessions.update(next_on=None)
    (mentee,) = work.mentees(pair.coach, at=now())
    assert mentee.situation.handed_over_on is None
    assert mentee.placing.reason is Reason.DIAM
