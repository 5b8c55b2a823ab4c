"""The demo: deterministic, all roles, paths, stages and statuses, and true to the rules it shows."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from accounts.models import Role, RoleAssignment, User
from core.clock import now
from helpdesk.models import Ticket, TicketMessage, TicketStatus
from okoce.demo.seed import seed
from okoce.launch.prepare import DEMO_ACCOUNTS
from participants.models import (
    Enrollment,
    EvidenceStatus,
    Pathway,
    Person,
    Stage,
    StageEvidence,
    StageTransition,
    Status,
    TransitionKind,
)
from programs.mentoring.models import ActionPlan, Clinic, MentoringSession
from programs.pipeline import queues
from programs.pipeline.moves import missing_requirements
from programs.pipeline.stages import stages_of
from programs.placement.models import Application, ApplicationStatus, Placement, Vacancy

pytestmark = pytest.mark.django_db


def test_it_needs_demo_mode(settings):
    settings.DEMO_MODE = False
    with pytest.raises(CommandError, match="DEMO_MODE"):
        call_command("seed_demo", stdout=StringIO())


def test_the_same_seed_gives_the_same_people():
    at, prints = now(), []
    for _ in range(2):
        mark = transaction.savepoint()
        seed(participants=60, seed_number=3, at=at)
        people = Person.objects.order_by("full_name", "birth_date").values_list(
            "full_name", "birth_date", "nik_mask"
        )
        stages = Counter(Enrollment.objects.values_list("stage", "status", "district_id"))
        prints.append((list(people), stages))
        transaction.savepoint_rollback(mark)
    assert prints[0] == prints[1]


def test_all_roles_paths_stages_and_statuses_are_there():
    seed(participants=600, seed_number=7, at=now())
    assert set(RoleAssignment.objects.values_list("role", flat=True)) == set(Role.values) - {Role.PESERTA}
    assert set(Enrollment.objects.values_list("pathway", flat=True)) == set(Pathway.values)
    assert set(Enrollment.objects.values_list("stage", flat=True)) == set(Stage.values)
    assert set(Enrollment.objects.values_list("status", flat=True)) == set(Status.values)
    assert set(Enrollment.objects.values_list("zone", flat=True)) == {
        "Asia/Jakarta",
        "Asia/Makassar",
        "Asia/Jayapura",
    }
    assert Person.objects.exclude(full_name__contains=" ").exists(), "no single names"
    for name in DEMO_ACCOUNTS:
        assert User.objects.get(email=f"{name}@example.com").check_password("okoce-demo-2026")

    log: dict[object, list[StageTransition]] = {}
    for row in StageTransition.objects.order_by("enrollment_id", "version"):
        log.setdefault(row.enrollment_id, []).append(row)
    for enrollment in Enrollment.objects.all():
        rows = log[enrollment.pk]
        last = rows[-1]
        assert [row.version for row in rows] == list(range(1, enrollment.version + 1))
        assert (last.to_stage, last.to_status) == (enrollment.stage, enrollment.status)
        assert Stage(enrollment.stage) in stages_of(enrollment.pathway)
        assert rows == sorted(rows, key=lambda row: row.at)
        assert enrollment.last_activity_at <= now() + timedelta(minutes=1)
    assert not StageEvidence.objects.filter(status=EvidenceStatus.DITERIMA, checked_by__isnull=True).exists()


def test_the_demo_manager_has_newcomers_a_warning_and_a_possible_double(settings):
    settings.DEMO_MODE = True
    at = now()
    seed(participants=150, seed_number=11, at=at)
    manager = User.objects.get(email="pengelola@example.com")
    waiting = queues.registrations(manager, {}, at=at)
    names = set(waiting.values_list("person__full_name", flat=True))
    assert {"Rina Wulandari", "Rina Wulandary", "Sri Maharani"} <= names
    assert waiting.filter(person__nik_warnings__contains=["tanggal_lahir_berbeda"]).exists()
    client = Client()
    client.force_login(manager, backend="accounts.backends.LoginBackend")
    page = client.get("/duplikat/").content.decode()
    assert {"Rina Wulandari dan Rina Wulandary", "Rina Wulandary dan Rina Wulandari"} & set(
        re.findall(r"Rina Wuland\w+ dan Rina Wuland\w+", page)
    )


def test_whoever_moved_on_had_what_the_rules_ask():
    """Take people back to a stage they left in full: nothing may be missing there."""
    seed(participants=150, seed_number=11, at=now())
    checked = 0
    moves = StageTransition.objects.filter(kind=TransitionKind.MAJU).select_related("enrollment")
    for move in moves.order_by("enrollment_id", "version")[:200]:
        enrollment = move.enrollment
        enrollment.stage, enrollment.status = move.from_stage, Status.AKTIF
        missing = [item.requirement.code for item in missing_requirements(enrollment, at=now())]
        assert missing == [], (enrollment.number, move.from_stage)
        checked += 1
    assert checked > 100


def test_sessions_and_plans_in_every_state_the_same_for_the_same_seed(settings):
    settings.DEMO_MODE = True
    at, prints = now(), []
    for _ in range(2):
        mark = transaction.savepoint()
        seed(participants=600, seed_number=7, at=at)
        rows = MentoringSession.objects.order_by("pk")
        prints.append(list(rows.values_list("pk", "status", "answer", "starts_at")))
        assert set(rows.values_list("status", flat=True)) >= {"direncanakan", "terlaksana", "tidak_datang"}
        assert rows.unanswered().exists() and rows.filter(answer="terjadi").exists()
        assert ActionPlan.objects.in_force().exists() and ActionPlan.objects.proposed().exists()
        coach = User.objects.get(email="pendamping@example.com")
        client = Client()
        client.force_login(coach, backend="accounts.backends.LoginBackend")
        assert client.get("/pendamping/").status_code == 200
        transaction.savepoint_rollback(mark)
    assert prints[0] == prints[1]


@pytest.mark.parametrize("hour", [0, 4])
def test_clinics_of_last_week_today_and_the_days_to_come_are_as_their_hours_are(hour):
    at = datetime(2027, 3, 1, hour, 10, tzinfo=UTC)  # 07.10 and 11.10 WIB
    with time_machine.travel(at, tick=False):
        seed(participants=600, seed_number=7, at=at)
        over, today, coming = Clinic.objects.order_by("starts_at")
        assert set(over.visits.values_list("status", flat=True)) == {"selesai", "tidak_datang"}
        assert set(coming.visits.values_list("status", flat=True)) == {"dipesan"}
        statuses = list(today.visits.order_by("slot__starts_at", "number").values_list("status", flat=True))
        assert (
            statuses[:5]
            == {
                0: ["dipesan"] * 5,
                4: ["selesai", "selesai", "selesai", "tidak_datang", "hadir"],
            }[hour]
        )
        assert today.last_number == today.visits.filter(slot=None).count() == {0: 0, 4: 2}[hour]
        assert today.slots.filter(is_taken=True).count() == 5


def test_vacancies_and_job_seekers_in_every_state_the_same_for_the_same_seed():
    at, prints = now(), []
    for _ in range(2):
        mark = transaction.savepoint()
        seed(participants=2000, seed_number=7, at=at)
        rows = Application.objects.order_by("pk")
        prints.append(list(rows.values_list("pk", "status", "applied_at", "vacancy__position")))
        assert set(rows.values_list("status", flat=True)) == set(ApplicationStatus.values) - {"dibatalkan"}
        assert Vacancy.objects.open(at).count() >= 5
        assert Vacancy.objects.filter(status="ditutup").exists()
        assert Placement.objects.confirmed().exists()
        assert Placement.objects.unconfirmed().filter(asked_at__isnull=False).exists()
        for one in Placement.objects.confirmed().select_related("enrollment"):
            assert missing_requirements(one.enrollment, at=at) == []
        transaction.savepoint_rollback(mark)
    assert prints[0] == prints[1]


def test_about_thirty_questions_and_complaints_in_every_state_the_same_for_the_same_seed():
    at, prints = now(), []
    for _ in range(2):
        mark = transaction.savepoint()
        seed(participants=200, seed_number=5, at=at)
        rows = Ticket.objects.order_by("opened_at", "pk")
        prints.append(list(rows.values_list("name", "topic", "status", "center_id", "opened_at", "due_on")))
        assert 25 <= len(prints[-1]) <= 40
        assert set(rows.values_list("status", flat=True)) == set(TicketStatus.values)
        assert {"pusat", "dinas"} == set(rows.values_list("desk", flat=True))
        assert rows.filter(asker=None).exists() and rows.exclude(asker=None).exists()
        answers = TicketMessage.objects.filter(side="petugas")
        assert answers.filter(was_late=True).exists() and answers.filter(was_late=False).exists()
        assert rows.overdue(at).exists()
        for row in TicketMessage.objects.all():
            assert row.at <= at
        transaction.savepoint_rollback(mark)
    assert prints[0] == prints[1]
