"""P2 reads its own records: attendance in a class of the needed level, or a sheet accepted as before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.clock import local_day
from core.dated import rewriting_history
from participants.facts import load_shared_facts
from participants.models import Enrollment, EvidenceKind, Pathway, Threshold
from participants.rules import ItemState, evaluate
from participants.tests.factories import StageEvidenceFactory
from programs.training import services
from programs.training.facts import load_facts, with_absences
from programs.training.models import Level, TrainingClass
from programs.training.rules import REQUIREMENTS

from .factories import AT, called, course, enrolled, manager_of, trainee, training_class

pytestmark = pytest.mark.django_db


def percent(enrollment: Enrollment) -> int:
    shared = load_shared_facts([enrollment], on=local_day(AT))
    return load_facts([enrollment], shared=shared)[enrollment.pk].attendance_percent


def has_attended(enrollment: Enrollment) -> bool:
    shared = load_shared_facts([enrollment], on=local_day(AT))
    facts = load_facts([enrollment], shared=shared)[enrollment.pk]
    items = evaluate(REQUIREMENTS, facts, pathway=Pathway(enrollment.pathway))
    (item,) = [item for item in items if item.requirement.code == "hadir"]
    return item.state is ItemState.MET


def attended(words: str, *, level: Level = Level.DASAR, **fields: str) -> Enrollment:
    """Somebody who was so at the sessions of a class of five."""
    one, who = training_class(of=course(level=level), sessions=5), trainee(**fields)
    called(one, enrolled(one, who), words)
    return who


@pytest.mark.parametrize(
    ("words", "share", "is_met"),
    [
        ("", 0, False),
        ("hadir hadir hadir", 60, False),
        ("hadir terlambat hadir terlambat", 80, True),
        ("hadir hadir hadir izin sakit", 60, False),
        ("hadir hadir hadir hadir alpa", 80, True),
    ],
)
def test_attended_sessions_count_of_all_that_were_planned(words: str, share: int, is_met: bool) -> None:
    who = attended(words)
    assert (percent(who), has_attended(who)) == (share, is_met)


def test_the_least_share_is_a_dated_rule() -> None:
    who = attended("hadir hadir hadir")
    with rewriting_history():
        Threshold.objects.filter(code="hadir_persen").update(value=60)
    assert has_attended(who)


@pytest.mark.parametrize(
    ("level", "pathway", "is_met"),
    [
        (Level.DASAR, Pathway.MULAI_USAHA, True),
        (Level.LANJUTAN, Pathway.MULAI_USAHA, True),
        (Level.TEMATIK, Pathway.MULAI_USAHA, False),
        (Level.TEMATIK, Pathway.CARI_KERJA, False),
        (Level.TEMATIK, Pathway.NAIK_KELAS, True),
    ],
)
def test_the_class_must_be_of_the_needed_level(level: Level, pathway: Pathway, is_met: bool) -> None:
    assert has_attended(attended("hadir hadir hadir hadir", level=level, pathway=pathway)) is is_met


def test_evidence_accepted_before_stays_valid_and_the_better_one_counts() -> None:
    who = attended("hadir")
    StageEvidenceFactory(enrollment=who, kind=EvidenceKind.KEHADIRAN, number="85", accepted_by=manager_of())
    assert (percent(who), has_attended(who)) == (85, True)


def test_a_cancelled_class_and_a_given_up_seat_count_for_nothing() -> None:
    who = attended("hadir hadir hadir hadir")
    assert percent(who) == 80
    TrainingClass.objects.update(status="batal", cancel_reason="Banjir")
    assert percent(who) == 0
    other = attended("hadir hadir hadir hadir")
    services.give_up(seat_id=other.seats.get().pk, actor=other.person.user, at=AT)
    assert percent(other) == 0


def test_facts_of_many_cost_one_query_more_than_none() -> None:
    people = [attended("hadir"), *(trainee() for _ in range(5))]
    counts = []
    for some in (people[:1], people):
        shared = load_shared_facts(some, on=local_day(AT))
        with CaptureQueriesContext(connection) as caught:
            load_facts(some, shared=shared)
        counts.append(len(caught.captured_queries))
    assert counts == [1, 1]


@pytest.mark.parametrize(
    ("words", "count"),
    [("alpa alpa", None), ("alpa alpa alpa", 3), ("hadir alpa alpa alpa", 3), ("alpa alpa alpa sakit", None)],
)
def test_the_morning_knows_who_stays_away(words: str, count: int | None) -> None:
    attended(words)
    assert with_absences(Enrollment.objects.all()).get().sessions_missed == count


def test_who_was_heard_of_since_is_no_longer_marked() -> None:
    who = attended("alpa alpa alpa")
    last = TrainingClass.objects.get().sessions.get(number=3).ends_at
    Enrollment.objects.filter(pk=who.pk).update(last_activity_at=last + timedelta(hours=1))
    assert with_absences(Enrollment.objects.all()).get().sessions_missed is None
