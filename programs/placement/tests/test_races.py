"""Two officers and one place, two answers with one link, on real connections at once. Each proof is also run
without its protection."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, transaction

from accounts.models import Role
from accounts.tests.factories import staff
from core.clock import now
from core.tests.meeting import MEET_SECONDS, SURE_SECONDS, together
from participants.models import Enrollment, Pathway, Stage
from participants.refusals import Refused
from participants.services import lock_enrollment
from participants.tests.factories import center_of, participant
from programs.placement import applications, leaving, links, placements
from programs.placement.models import Placement, Vacancy

from .factories import accepted, applied, posted

pytestmark = pytest.mark.django_db(transaction=True)


def waiting(function: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    """The function, after which each waits for the other."""
    barrier = threading.Barrier(2)

    def read_and_wait(*args: Any, **kwargs: Any) -> Any:
        found = function(*args, **kwargs)
        with suppress(threading.BrokenBarrierError):
            barrier.wait(seconds)
        return found

    return read_and_wait


def seeker() -> Enrollment:
    return participant(
        stage=Stage.PENDAMPINGAN, pathway=Pathway.CARI_KERJA, center=center_of(),
        registered_at=now() - timedelta(days=30),
    )  # fmt: skip


def unlocked(vacancy_id: UUID) -> Vacancy:
    """What `lock_vacancy` would be without its lock."""
    return Vacancy.objects.get(pk=vacancy_id)


@pytest.mark.parametrize("is_locked", [True, False])
def test_the_last_place_is_given_once(monkeypatch: pytest.MonkeyPatch, is_locked: bool) -> None:
    manager = staff(Role.PENGELOLA, center_of().code)
    vacancy = posted(center_of(), manager, places=1)
    people = [applied(seeker(), vacancy) for _ in range(2)]
    if not is_locked:
        monkeypatch.setattr(applications, "lock_vacancy", unlocked)
    count = waiting(applications.accepted, MEET_SECONDS if is_locked else SURE_SECONDS)
    monkeypatch.setattr(applications, "accepted", count)  # both have counted before either writes
    answers = together(*(lambda one=one: accepted(one, manager) for one in people))
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    given = Placement.objects.count()
    assert (given, len(refused)) == ((1, 1) if is_locked else (2, 0))


@pytest.mark.parametrize("is_ordered", [True, False])
def test_two_who_leave_with_the_same_vacancies_wait_for_each_other(
    monkeypatch: pytest.MonkeyPatch, is_ordered: bool
) -> None:
    """Each was accepted for the same two jobs, in another order; both stop at the same moment."""
    manager = staff(Role.PENGELOLA, center_of().code)
    first, second = (posted(center_of(), manager) for _ in range(2))
    people = []
    for jobs in ((first, second), (second, first)):
        one = seeker()
        people.append(one)
        for number, vacancy in enumerate(jobs):
            accepted(applied(one, vacancy), manager, at=now() + timedelta(seconds=number))
    if not is_ordered:
        monkeypatch.setattr(leaving, "ORDER", ("recorded_at", "pk"))
    end, ended = leaving.end_unconfirmed, threading.local()
    meet = waiting(lambda: None, MEET_SECONDS if is_ordered else SURE_SECONDS)

    def end_and_meet(placement_id: UUID, *, at: datetime) -> None:
        """Each holds one vacancy before asking for the other."""
        end(placement_id, at=at)
        if not getattr(ended, "one", False):
            ended.one = True
            meet()

    monkeypatch.setattr(leaving, "end_unconfirmed", end_and_meet)

    @transaction.atomic
    def leave(enrollment: Enrollment) -> None:
        leaving.leave_work(lock_enrollment(enrollment.pk), at=now())

    answers = together(*(lambda one=one: leave(one) for one in people))
    failed = [answer for answer in answers if isinstance(answer, OperationalError)]
    assert len(failed) == (0 if is_ordered else 1), answers
    assert Placement.objects.standing().count() == (0 if is_ordered else 2)


@pytest.mark.parametrize("is_locked", [True, False])
def test_a_link_takes_one_answer(monkeypatch: pytest.MonkeyPatch, is_locked: bool) -> None:
    manager = staff(Role.PENGELOLA, center_of().code)
    placement = accepted(applied(seeker(), posted(center_of(), manager)), manager)
    asked = placements.ask_employer(
        placement_id=placement.pk, actor=manager, phone="+6281200007777", at=now()
    )
    code = links.code_of(asked)
    if not is_locked:
        monkeypatch.setattr(placements, "hold_placement", lambda placement_id: None)
    patient = waiting(placements.placement_of, MEET_SECONDS if is_locked else SURE_SECONDS)
    monkeypatch.setattr(placements, "placement_of", patient)
    answers = together(
        *(
            lambda is_true=is_true: placements.answer_by_link(code=code, is_true=is_true, at=now())
            for is_true in (True, False)
        )
    )
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    placement.refresh_from_db()
    both = placement.employer_at is not None and placement.ended_at is not None
    assert (len(refused), both) == ((1, False) if is_locked else (0, True))
