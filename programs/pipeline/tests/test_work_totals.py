"""How much waits in the manager's queue, counted in one statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Role
from accounts.tests.factories import staff
from participants.models import Stage
from participants.tests.factories import EnrollmentFactory, StageEvidenceFactory, participant
from programs.pipeline import work

pytestmark = pytest.mark.django_db


def test_each_list_of_the_queue_is_counted_in_the_own_scope(
    django_assert_num_queries: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    dinas = staff(Role.DINAS, "31")
    dinas.active_assignments()
    with django_assert_num_queries(1):
        assert work.totals(dinas) == work.Totals(registrations=0, evidence=0, waiting=0)
    for _ in range(3):
        EnrollmentFactory()
    EnrollmentFactory(center=None)
    one = participant(stage=Stage.PERIZINAN)
    StageEvidenceFactory.create_batch(2, enrollment=one)
    StageEvidenceFactory(enrollment=one, accepted_by=staff(Role.PENGELOLA, "P31.74.07"))
    StageEvidenceFactory(enrollment=participant(center="P73.71.01", stage=Stage.PERIZINAN))
    assert work.totals(dinas) == work.Totals(registrations=3, evidence=2, waiting=1)
    assert work.totals(staff(Role.DINAS, "73")) == work.Totals(registrations=0, evidence=1, waiting=0)
    monkeypatch.setattr(work, "COUNTED", 2)
    assert work.totals(dinas).registrations == 2
