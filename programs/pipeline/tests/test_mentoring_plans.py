"""The action plan: proposed, agreed with one tap or aloud, replaced, ticked off, printed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.clock import local_day, now
from core.models import AuditEntry
from notifications import registry
from participants.models import Stage
from participants.refusals import NotYours, Refused
from participants.tests.factories import participant
from programs.mentoring import plans
from programs.mentoring.models import ActionPlan, Agreed, PlanStep, StepOwner
from programs.mentoring.models.plan import MOST_STEPS
from programs.mentoring.tests.factories import agreed, proposed, recorded, steps
from programs.pipeline import work
from programs.pipeline.morning import Group, Reason

from .test_mentoring_sessions import Pair, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


@pytest.fixture
def pair() -> Pair:
    return Pair()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.LoginBackend")
    return client


def test_proposed_by_the_coach_and_agreed_with_one_tap(pair: Pair) -> None:
    address = f"/peserta/{pair.one.person_id}/rencana/"
    day = local_day(now(), pair.one.zone) + timedelta(days=10)
    coach = client_of(pair.coach)
    assert coach.get(address).status_code == 200
    answer = coach.post(
        address,
        {
            "goal": "Berjualan tiap hari", "text_1": "Menghitung modal", "owner_1": "peserta",
            "due_1": f"{day:%d/%m/%Y}", "stage_1": "pendampingan", "text_2": "Membantu daftar OSS",
            "owner_2": "pendamping", "due_2": f"{day:%d/%m/%Y}", "stage_2": "perizinan",
        },
    )  # fmt: skip
    assert answer.status_code == 303
    plan = ActionPlan.objects.get()
    assert [(s.number, s.text, s.owner, s.stage) for s in plan.steps.all()] == [
        (1, "Menghitung modal", "peserta", "pendampingan"),
        (2, "Membantu daftar OSS", "pendamping", "perizinan"),
    ]
    assert told("rencana_diusulkan") == [str(pair.citizen.pk)]
    citizen = client_of(pair.citizen)
    assert "Rencana Anda menunggu persetujuan" in citizen.get("/saya/").content.decode()
    assert citizen.post(f"/saya/rencana/{plan.pk}/setuju/").status_code == 303
    plan.refresh_from_db()
    assert (plan.is_agreed, plan.agreed_how, plan.agreed_by) == (True, Agreed.PORTAL, pair.citizen)
    assert told("rencana_disepakati") == [str(pair.coach.pk)]
    assert "Menghitung modal" in citizen.get("/saya/").content.decode()
    paper = citizen.get(f"/rencana/{plan.pk}/cetak/").content.decode()
    assert "Membantu daftar OSS" in paper and pair.one.person.full_name in paper


def test_agreed_aloud_needs_where_and_when_and_is_told(pair: Pair) -> None:
    plan = proposed(pair.one, pair.coach)
    address = f"/rencana/{plan.pk}/setuju-lisan/"
    coach = client_of(pair.coach)
    assert coach.post(address, {"note": ""}).status_code == 422
    assert coach.post(address, {"note": "Di pusat, hari ini"}).status_code == 303
    plan.refresh_from_db()
    assert (plan.agreed_how, plan.agreed_note) == (Agreed.LISAN, "Di pusat, hari ini")
    assert told("rencana_lisan") == [str(pair.citizen.pk)]
    again = coach.post(address, {"note": "Di pusat, hari ini"}, follow=True).content.decode()
    assert "Rencana berlaku" in again
    other = coach.post(address, {"note": "Lewat telepon"}, follow=True).content.decode()
    assert "Peserta diberi tahu" not in other and "sudah disepakati" in other
    assert told("rencana_lisan") == [str(pair.citizen.pk)]
    assert AuditEntry.objects.filter(action="rencana.setuju_lisan").count() == 1
    with pytest.raises(NotYours):
        plans.agree(plan_id=plan.pk, actor=staff(Role.DINAS, "31"), note="Di kantor", at=now())


def test_a_wish_reaches_the_coach(pair: Pair) -> None:
    plan = proposed(pair.one, pair.coach)
    client = client_of(pair.citizen)
    assert client.post(f"/saya/rencana/{plan.pk}/ubah/", {"wish": "Terlalu cepat"}).status_code == 303
    assert told("rencana_ubah") == [str(pair.coach.pk)]
    page = client_of(pair.coach).get(f"/peserta/{pair.one.person_id}/rencana/").content.decode()
    assert "Terlalu cepat" in page
    proposed(pair.one, pair.coach)
    with pytest.raises(Refused):
        plans.ask_change(plan_id=plan.pk, actor=pair.citizen, wish="Lagi", at=now())
    with pytest.raises(Refused):
        plans.agree(plan_id=plan.pk, actor=pair.citizen, at=now())


def test_the_plan_in_force_stays_until_the_new_one_is_agreed(pair: Pair) -> None:
    first = agreed(pair.one, pair.coach, texts=("Satu", "Dua"))
    plans.tick(step_id=first.steps.get(number=1).pk, actor=pair.citizen, is_done=True, at=now())
    second = proposed(pair.one, pair.coach, texts=("Satu", "Tiga"))
    first.refresh_from_db()
    assert first.is_open
    assert [step.is_done for step in second.steps.all()] == [True, False]
    plans.agree(plan_id=second.pk, actor=pair.citizen, at=now())
    first.refresh_from_db()
    assert not first.is_open
    assert ActionPlan.objects.in_force().get() == second


def test_steps_are_ticked_by_the_participant_and_the_coach(pair: Pair) -> None:
    plan = proposed(pair.one, pair.coach)
    step = plan.steps.get(number=1)
    with pytest.raises(Refused):
        plans.tick(step_id=step.pk, actor=pair.citizen, is_done=True, at=now())
    plans.agree(plan_id=plan.pk, actor=pair.citizen, at=now())
    address = f"/rencana/langkah/{step.pk}/"
    assert client_of(pair.citizen).post(address)["Location"] == "/saya/rencana/"
    step.refresh_from_db()
    assert step.is_done and step.done_by == pair.citizen
    assert client_of(pair.coach).post(address, {"belum": "1"})["Location"] == pair.work
    step.refresh_from_db()
    assert not step.is_done
    stranger = participant(stage=Stage.PENDAMPINGAN).person.user
    assert client_of(stranger).post(address).status_code == 404
    assert client_of(staff(Role.PENDAMPING, "P73.71.01", is_demo=True)).post(address).status_code == 404


def test_a_late_step_stands_in_the_morning_and_on_the_own_page(pair: Pair) -> None:
    recorded(pair.one, pair.coach)
    today = local_day(now(), pair.one.zone)
    plan = agreed(pair.one, pair.coach, due_on=today + timedelta(days=3))
    pair.one.mentoring_sessions.update(next_on=today)
    PlanStep.objects.filter(plan=plan, number=1).update(due_on=today - timedelta(days=2))
    pair.one.mentoring_sessions.update(next_on=None)
    (mentee,) = work.mentees(pair.coach, at=now())
    assert (mentee.placing.group, mentee.placing.reason) == (Group.TERLAMBAT, Reason.LANGKAH)
    page = client_of(pair.coach).get("/pendamping/").content.decode()
    assert "Langkah rencana lewat 2 hari" in page and "Giliran peserta: Menghitung modal." in page
    own = client_of(pair.citizen).get("/saya/").content.decode()
    assert "Sudah lewat, seharusnya" in own
    plans.tick(step_id=plan.steps.get(number=1).pk, actor=pair.citizen, is_done=True, at=now())
    (mentee,) = work.mentees(pair.coach, at=now())
    assert mentee.placing.reason is not Reason.LANGKAH


def test_a_plan_without_steps_or_with_impossible_days_is_refused(pair: Pair) -> None:
    address, coach = f"/peserta/{pair.one.person_id}/rencana/", client_of(pair.coach)
    today = local_day(now(), pair.one.zone)
    for sent in (
        {"goal": "Satu"},
        {"goal": "", "text_1": "Langkah", "due_1": f"{today:%d/%m/%Y}"},
        {"goal": "Satu", "text_1": "Langkah", "due_1": ""},
        {"goal": "Satu", "text_1": "Langkah", "due_1": f"{today - timedelta(days=1):%d/%m/%Y}"},
        {"goal": "Satu", "text_1": "Langkah", "due_1": f"{today + timedelta(days=400):%d/%m/%Y}"},
        {"goal": "Satu", "text_1": "Langkah", "due_1": f"{today:%d/%m/%Y}", "owner_1": "tetangga"},
        {"goal": "0812-0000-12345", "text_1": "Langkah", "due_1": f"{today:%d/%m/%Y}"},
        {"goal": "Satu", "text_8": "Langkah", "due_8": "32/13/2026"},
    ):
        assert coach.post(address, sent).status_code == 422, sent
    assert ActionPlan.objects.count() == 0
    with pytest.raises(Refused):
        plans.propose(enrollment_id=pair.one.pk, actor=pair.coach, goal="Satu", steps=[], at=now())
    many = steps(*(f"Langkah {n}" for n in range(MOST_STEPS)), due_on=today, owner=StepOwner.PENDAMPING)
    plan = plans.propose(enrollment_id=pair.one.pk, actor=pair.coach, goal="Satu", steps=many, at=now())
    assert plan.steps.count() == MOST_STEPS


@pytest.mark.parametrize("kind", ["rencana_diusulkan", "rencana_lisan", "rencana_disepakati", "rencana_ubah"])
def test_every_message_finds_its_words(pair: Pair, kind: str) -> None:
    plan = proposed(pair.one, pair.coach, goal="Punya warung")
    ActionPlan.objects.filter(pk=plan.pk).update(wish="Lebih lambat")
    found = registry.get(kind)
    (values,) = found.context([{"plan": str(plan.pk)}])
    assert values is not None
    text = f"{found.title} {found.body} {found.url}".format(**values)
    assert any(words in text for words in ("Punya warung", "Lebih lambat", "Ratna Dewi"))
