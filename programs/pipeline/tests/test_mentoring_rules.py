"""The gate of P3: an agreed plan to enter, three sessions that count to leave; evidence counts on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.clock import local_day, now
from participants.facts import load_shared_facts
from participants.models import Enrollment, EvidenceKind, Pathway, Stage
from participants.refusals import Refused
from participants.services import save_business
from participants.tests.factories import StageEvidenceFactory, participant
from programs.mentoring.facts import load_facts
from programs.mentoring.models import MentoringSession
from programs.mentoring.tests.factories import agreed, answered, proposed, recorded
from programs.pipeline import moves
from programs.pipeline.stages import checklists

from .test_mentoring_sessions import Pair

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


@pytest.fixture
def pair() -> Pair:
    return Pair()


def counted(enrollment: Enrollment) -> tuple[int, int]:
    """Progress of the requirement on sessions."""
    (items,) = checklists([enrollment], on=local_day(now())).values()
    found = next(item for item in items if item.requirement.code == "sesi").progress
    assert found is not None
    return found


def advance(pair: Pair) -> None:
    one = pair.fresh()
    moves.advance(enrollment_id=one.pk, actor=pair.coach, version=one.version, at=now())


def complete_business(pair: Pair) -> None:
    save_business(
        enrollment_id=pair.one.pk, actor=pair.citizen, at=now(), name="Dapur Siti", sector="kuliner",
        address="Jl. Wijaya", capital=2_500_000, annual_sales=None, workers_full_time=1, workers_part_time=0,
    )  # fmt: skip


def test_leaving_needs_three_sessions_that_the_participant_confirmed(pair: Pair) -> None:
    complete_business(pair)
    for number in range(3):
        with pytest.raises(Refused):
            advance(pair)
        session = recorded(pair.one, pair.coach, starts_at=now() - timedelta(days=number + 1))
        assert counted(pair.one) == (number, 3)
        with pytest.raises(Refused):
            advance(pair)
        answered(session)
        assert counted(pair.one) == (number + 1, 3)
    advance(pair)
    assert pair.fresh().stage == Stage.PERIZINAN


def test_silence_counts_after_the_dated_number_of_days_and_a_no_does_not(pair: Pair) -> None:
    recorded(pair.one, pair.coach)
    denied = recorded(pair.one, pair.coach, starts_at=now() - timedelta(days=2))
    answered(denied, happened=False)
    recorded(pair.one, pair.coach, came=False, starts_at=now() - timedelta(days=3))
    assert counted(pair.one) == (0, 3)
    recorded_on = MentoringSession.objects.unanswered().get().recorded_on
    assert recorded_on is not None
    for days, many in ((6, 0), (7, 1), (30, 1)):
        (facts,) = load_facts(
            [pair.one], shared=load_shared_facts([pair.one], on=recorded_on + timedelta(days=days))
        ).values()
        assert facts.sessions == many, days
    answered(denied)
    assert counted(pair.one) == (1, 3)
    later = now() + timedelta(days=8)
    with time_machine.travel(later):
        assert counted(pair.one) == (2, 3)


def test_accepted_evidence_and_sessions_count_together(pair: Pair) -> None:
    for _ in range(2):
        StageEvidenceFactory(enrollment=pair.one, kind=EvidenceKind.SESI, accepted_by=pair.manager)
    assert counted(pair.one) == (2, 3)
    answered(recorded(pair.one, pair.coach))
    assert counted(pair.one) == (3, 3)


def test_sessions_of_another_stage_do_not_count(pair: Pair) -> None:
    answered(recorded(pair.one, pair.coach))
    MentoringSession.objects.update(stage=Stage.PELATIHAN)
    assert counted(pair.one) == (0, 3)


def test_entering_needs_a_plan_in_force_or_accepted_evidence(pair: Pair) -> None:
    one = participant(stage=Stage.PELATIHAN, coach=pair.coach, pathway=Pathway.MULAI_USAHA)

    def is_met() -> bool:
        (items,) = checklists([one], on=local_day(now())).values()
        return next(item for item in items if item.requirement.code == "rencana_aksi").is_met

    assert not is_met()
    plan = proposed(one, pair.coach)
    assert not is_met()
    agreed(one, pair.coach)
    assert is_met()
    plan.refresh_from_db()
    assert not plan.is_open
    other = participant(stage=Stage.PELATIHAN, coach=pair.coach, pathway=Pathway.MULAI_USAHA)
    StageEvidenceFactory(
        enrollment=other, stage=Stage.PENDAMPINGAN, kind=EvidenceKind.RENCANA_AKSI, accepted_by=pair.manager
    )
    one = other
    assert is_met()


def test_facts_cost_one_query_whatever_the_number(pair: Pair) -> None:
    people = [pair.one, *(participant(stage=Stage.PENDAMPINGAN, coach=pair.coach) for _ in range(4))]
    for one in people:
        answered(recorded(one, pair.coach))
        agreed(one, pair.coach)
    for many in (1, 5):
        shared = load_shared_facts(people[:many], on=local_day(now()))
        with CaptureQueriesContext(connection) as caught:
            found = load_facts(people[:many], shared=shared)
        assert len(caught) == 1
        assert all(facts.sessions == 1 and facts.has_plan for facts in found.values())
