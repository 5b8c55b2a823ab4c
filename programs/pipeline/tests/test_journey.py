"""The read model: stones, next step, whose turn, due days, lists of work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from accounts.tests.factories import staff
from core.clock import now
from participants.models import Enrollment, EvidenceKind, Pathway, Stage, Status
from participants.rules import Turn
from participants.tests.factories import StageEvidenceFactory, center_of, participant
from programs.pipeline import work
from programs.pipeline.journey import load_journey

pytestmark = pytest.mark.django_db


def journey_of(enrollment: Enrollment, at: datetime | None = None):
    fresh = Enrollment.objects.for_page().get(pk=enrollment.pk)
    return load_journey(fresh, at=at or now())


def test_stones_show_done_now_and_later():
    states = [stone.state for stone in journey_of(participant(stage=Stage.PERIZINAN)).stones]
    assert states == ["done", "done", "done", "now", "later", "later", "later"]


def test_a_graduate_has_seven_stones_done_and_nothing_to_do():
    found = journey_of(participant(stage=Stage.PERMODALAN, status=Status.LULUS))
    assert {stone.state for stone in found.stones} == {"done"}
    assert found.next_step.title == "Anda sudah lulus"


def test_a_job_seekers_path_has_three_stones():
    found = journey_of(participant(stage=Stage.PELATIHAN, pathway=Pathway.CARI_KERJA))
    assert [(stone.number, stone.state) for stone in found.stones] == [(1, "done"), (2, "now"), (3, "later")]


def test_who_stopped_shows_a_stopped_stone_with_the_day():
    found = journey_of(participant(stage=Stage.PELATIHAN, status=Status.BERHENTI))
    assert found.stones[1].state == "stopped"
    assert found.stones[1].note


def test_the_next_step_is_the_citizens_turn_first_then_the_officers():
    enrollment = participant(stage=Stage.PERIZINAN)
    step = journey_of(enrollment).next_step
    assert (step.turn, step.who) == (Turn.PESERTA, "Anda")
    StageEvidenceFactory(enrollment=enrollment, stage=Stage.PERIZINAN, kind=EvidenceKind.NIB)
    step = journey_of(enrollment).next_step
    assert step.turn is Turn.PENGELOLA
    assert step.title == "Kiriman Anda sedang diperiksa"
    assert "NIB" in step.hint


def test_everybody_on_the_way_has_a_step_a_day_and_a_responsible_person():
    for stage in Stage:
        found = journey_of(participant(stage=stage))
        assert found.next_step.title
        assert found.next_step.who
        assert found.next_step.due_on is not None
        assert found.next_step.due_on.weekday() < 5


def test_nothing_missing_means_ready_and_somebody_must_press_the_button():
    enrollment = participant(stage=Stage.PERIZINAN)
    checker = staff(Role.PENGELOLA, "P31.74.07")
    StageEvidenceFactory(
        enrollment=enrollment, stage=Stage.PERIZINAN, kind=EvidenceKind.NIB, accepted_by=checker
    )
    found = journey_of(enrollment)
    assert found.is_ready
    assert found.next_step.staff_title == "Naikkan ke Pemasaran"


def test_days_are_counted_in_the_centres_zone():
    """At 16.30 UTC it is still today in Jakarta (23.30 WIB) and already tomorrow in Jayapura (01.30 WIT)."""
    entered = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    at = datetime(2026, 3, 3, 16, 30, tzinfo=UTC)
    jakarta = participant(stage=Stage.PENDAFTARAN, center="P31.74.07", registered_at=entered)
    jayapura = participant(stage=Stage.PENDAFTARAN, center="P91.71.01", registered_at=entered)
    assert journey_of(jakarta, at).days_in_stage == 2
    assert journey_of(jayapura, at).days_in_stage == 3


def test_silence_counts_from_the_last_activity():
    enrollment = participant(stage=Stage.PENDAMPINGAN)
    Enrollment.objects.filter(pk=enrollment.pk).update(last_activity_at=now() - timedelta(days=15))
    assert journey_of(enrollment).is_silent
    Enrollment.objects.filter(pk=enrollment.pk).update(last_activity_at=now() - timedelta(days=13))
    assert not journey_of(enrollment).is_silent


def test_lists_of_work_cost_the_same_for_many():
    center = center_of()
    coach = staff(Role.PENDAMPING, center.code)
    manager = staff(Role.PENGELOLA, center.code)

    def cost() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as coach_queries:
            work.mentees(coach, at=now())
        manager.forget_assignments()
        with CaptureQueriesContext(connection) as manager_queries:
            work.registrations_to_check(manager, at=now())
        return len(coach_queries), len(manager_queries)

    for stage in Stage:
        participant(stage=stage, coach=coach)
    few = cost()
    for _ in range(3):
        for stage in Stage:
            participant(stage=stage, coach=coach)
    assert cost() == few
