"""Supervision: by coach for the manager, by centre above, counted right, closed to citizens and coaches."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.clock import now
from participants.models import Enrollment, Stage, Status
from participants.tests.factories import participant
from programs.mentoring.tests.factories import answered, recorded
from programs.pipeline import supervision

from .test_mentoring_sessions import Pair

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


def page(user: User) -> Any:
    client = Client()
    client.force_login(user, backend="accounts.backends.LoginBackend")
    return client.get("/antrean/pembinaan/")


def test_caseload_contact_stay_sessions_and_outcomes() -> None:
    pair = Pair()
    silent = participant(stage=Stage.PENDAMPINGAN, coach=pair.coach)
    Enrollment.objects.filter(pk=silent.pk).update(
        last_activity_at=now() - timedelta(days=20), stage_entered_at=now() - timedelta(days=20)
    )
    Enrollment.objects.filter(pk=pair.one.pk).update(stage_entered_at=now() - timedelta(days=10))
    participant(stage=Stage.PERMODALAN, status=Status.LULUS, coach=pair.coach)
    participant(stage=Stage.PELATIHAN, status=Status.BERHENTI, coach=pair.coach)
    answered(recorded(pair.one, pair.coach))
    answered(recorded(pair.one, pair.coach), happened=False)
    recorded(pair.one, pair.coach)
    Pair("P73.71.01")
    (line,) = supervision.by_coach(["P31.74.07"], at=now())
    assert (line.name, line.active, line.silent, line.reached) == ("Ratna Dewi", 2, 1, 1)
    assert (line.stay, line.graduated, line.stopped) == (15, 1, 1)
    assert (line.held, line.confirmed, line.denied) == (3, 1, 1)
    text = page(pair.manager).content.decode()
    assert "Ratna Dewi" in text and "1 dibantah" in text and "15 hari" in text
    dinas = page(staff(Role.DINAS, "31", is_demo=True)).content.decode()
    assert pair.one.center.name in dinas and "Ratna Dewi" not in dinas
    for who in (pair.coach, pair.citizen):
        assert page(who).status_code == 403


def test_it_costs_two_queries_whatever_the_number() -> None:
    pair = Pair()
    for many in (1, 4):
        for _ in range(many):
            participant(stage=Stage.PENDAMPINGAN, coach=staff(Role.PENDAMPING, "P31.74.07"))
        with CaptureQueriesContext(connection) as caught:
            lines = supervision.by_coach([pair.one.center_id], at=now())
        assert len(lines) > many
        assert len(caught) <= 3  # and the day's thresholds
