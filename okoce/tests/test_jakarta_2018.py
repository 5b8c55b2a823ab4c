"""The profile `jakarta-2018`: the report's totals to the digit, from records that keep the rules."""

from __future__ import annotations

from collections import Counter
from io import StringIO
from time import perf_counter
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, F, Q
from django.test import Client

from accounts.models import User
from centers.models import Center, District
from core.clock import local_day, now
from core.validators import clean_nik
from okoce.demo.jakarta_2018 import FIRST_DAY, REPORT_2018, Golden, apportion
from okoce.launch.prepare import DEMO_ACCOUNTS
from participants.models import (
    Enrollment,
    EvidenceKind,
    EvidenceStatus,
    Pathway,
    Person,
    Stage,
    StageEvidence,
    StageTransition,
    Status,
    TransitionKind,
)
from programs.mentoring.models import ActionPlan, MentoringSession, PlanStep
from programs.pipeline.moves import missing_requirements
from programs.training.models import Attendance, Certificate, Seat, TrainingClass
from reports.funnel import load_cube, load_funnel, load_jobs
from reports.questions import FunnelQuery
from reports.reconcile.runs import reconcile

pytestmark = pytest.mark.django_db

JAKARTA = FunnelQuery(area="31")
SMALL = 654


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


def write(participants: int | None = SMALL, *, seed: int = 20181231) -> None:
    call_command("seed_demo", profile="jakarta-2018", participants=participants, seed=seed, stdout=StringIO())


def assert_golden(golden: Golden) -> None:
    """Reached, permits, jobs of the province; the sums of every breakdown are the same."""
    funnel = load_funnel(JAKARTA)
    assert [row.reached for row in funnel.stages] == [*golden.reached, 0, 0, 0]
    assert funnel.permits == golden.reached[3]
    assert funnel.at(Stage.PERIZINAN).current == golden.reached[3]
    jobs = load_jobs(JAKARTA)
    assert (jobs.reported, jobs.confirmed) == (golden.workers, 0)
    cube = load_cube(JAKARTA, area_length=8, with_centers=True)
    for parts, count in ((cube.by_area(5), 6), (cube.by_area(8), 44), (cube.by_center(), 44)):
        assert len(parts) == count
        assert [sum(part.stages[index].reached for part in parts.values()) for index in range(7)] == [
            *golden.reached, 0, 0, 0
        ]  # fmt: skip


def test_whole_numbers_are_shared_out_without_loss_and_below_the_limits():
    assert apportion(10, [1, 1, 1]) in ([4, 3, 3], [3, 4, 3], [3, 3, 4])
    assert sum(apportion(65_414, [0.3, 1.7, 2.9, 0.01])) == 65_414
    assert apportion(9, [5, 1, 1], [3, 9, 9]) == [3, 3, 3]
    with pytest.raises(ValueError, match="no room"):
        apportion(10, [1, 1], [4, 5])


def test_fewer_people_keep_the_proportions():
    write()
    golden = REPORT_2018.scaled(SMALL / REPORT_2018.reached[0])
    assert golden == Golden((654, 557, 332, 167), 293)
    assert_golden(golden)
    assert Person.objects.count() == Enrollment.objects.count() == SMALL
    run = reconcile(at=now())
    assert (run.differences, run.findings, run.people) == (0, [], SMALL)
    assert run.pages >= 1 + 1 + 6 + 44 + 44


def test_the_same_seed_gives_the_same_people():
    prints = []
    for _ in range(2):
        mark = transaction.savepoint()
        write(300, seed=5)
        people = Person.objects.order_by("pk").values_list("pk", "full_name", "birth_date", "nik_mask")
        log = StageTransition.objects.order_by("pk").values_list("pk", "kind", "at", "to_stage")
        prints.append((list(people), list(log)))
        transaction.savepoint_rollback(mark)
    assert prints[0] == prints[1]


def test_the_log_and_the_records_agree():
    write()
    log: dict[object, list[StageTransition]] = {}
    for row in StageTransition.objects.order_by("enrollment_id", "version"):
        log.setdefault(row.enrollment_id, []).append(row)
    kinds: Counter[str] = Counter()
    for enrollment in Enrollment.objects.select_related("center"):
        rows = log[enrollment.pk]
        assert [row.version for row in rows] == list(range(1, enrollment.version + 1))
        assert (rows[-1].to_stage, rows[-1].to_status) == (enrollment.stage, enrollment.status)
        assert rows == sorted(rows, key=lambda row: row.at)
        assert all(row.local_day == local_day(row.at, row.zone) for row in rows)
        assert enrollment.registered_on >= FIRST_DAY and rows[-1].local_day.isoformat() <= "2018-12-31"
        assert rows[-1].center_code == enrollment.center_id == f"P{enrollment.district_id}"
        kinds.update(row.kind for row in rows)
    assert set(kinds) >= {
        TransitionKind.DAFTAR, TransitionKind.MAJU, TransitionKind.DISPENSASI, TransitionKind.BERHENTI,
        TransitionKind.LULUS, TransitionKind.TIDAK_TERHUBUNGI,
    }  # fmt: skip
    assert not StageEvidence.objects.filter(
        submitted_at__lt=F("enrollment__registered_at"), status=EvidenceStatus.DITERIMA
    ).exists()
    assert not StageEvidence.objects.filter(checked_at__gt=now()).exists()


def test_whoever_moved_on_had_what_the_rules_ask():
    write()
    moves = StageTransition.objects.filter(kind=TransitionKind.MAJU).select_related("enrollment")
    checked = 0
    for move in moves.order_by("pk")[:150]:
        enrollment = move.enrollment
        enrollment.stage, enrollment.status = move.from_stage, Status.AKTIF
        missing = [item.requirement.code for item in missing_requirements(enrollment, at=now())]
        assert missing == [], (enrollment.number, move.from_stage)
        checked += 1
    assert checked == 150


def test_training_stands_on_classes_attendance_and_certificates():
    write()
    left = StageTransition.objects.filter(from_stage=Stage.PELATIHAN, kind=TransitionKind.MAJU)
    through = set(left.values_list("enrollment", flat=True))
    certified = set(Certificate.objects.valid().values_list("seat__enrollment", flat=True))
    on_paper = StageEvidence.objects.accepted().filter(kind=EvidenceKind.SERTIFIKAT)
    assert certified | set(on_paper.values_list("enrollment", flat=True)) == through
    assert len(certified) > 0.8 * len(through)
    for held in TrainingClass.objects.annotate(held=Count("seats")):
        assert 0 < held.taken == held.held <= held.capacity
    assert Attendance.objects.count() == 5 * Seat.objects.count()
    assert Seat.objects.count() > len(certified), "some are still short of the share"
    entered = Q(enrollment__transitions__to_stage=Stage.PELATIHAN)
    early = Q(enrollment__transitions__at__gt=F("training_class__starts_at"))
    assert not Seat.objects.filter(entered & early).exists()


def test_mentoring_stands_on_sessions_and_plans():
    write()
    through = StageTransition.objects.filter(from_stage=Stage.PENDAMPINGAN, to_stage=Stage.PERIZINAN)
    people = list(through.values_list("enrollment", flat=True))
    held = MentoringSession.objects.counted(silent_until=FIRST_DAY).filter(enrollment__in=people)
    proofs = StageEvidence.objects.accepted().filter(enrollment__in=people, kind=EvidenceKind.SESI)
    assert held.count() + proofs.count() == 3 * len(people)
    assert held.count() > 0.8 * 3 * len(people)
    assert not held.exclude(starts_at__gt=F("enrollment__registered_at")).exists()
    planned = ActionPlan.objects.in_force().filter(enrollment__in=people)
    papers = StageEvidence.objects.accepted().filter(enrollment__in=people, kind=EvidenceKind.RENCANA_AKSI)
    assert planned.count() + papers.count() == len(people)
    assert planned.count() > 0.8 * len(people)
    assert PlanStep.objects.count() == 3 * ActionPlan.objects.count()


def test_waivers_are_a_few_per_cent_of_training():
    write()
    left = StageTransition.objects.filter(from_stage=Stage.PELATIHAN, to_stage=Stage.PENDAMPINGAN)
    waived = left.filter(kind=TransitionKind.DISPENSASI)
    assert 0.005 < waived.count() / left.count() < 0.08
    assert (
        not StageTransition.objects.filter(kind=TransitionKind.DISPENSASI)
        .exclude(from_stage=Stage.PELATIHAN)
        .exists()
    )


def test_everyone_in_licensing_has_a_checked_permit_and_is_still_there():
    write()
    licensed = Enrollment.objects.filter(stage=Stage.PERIZINAN)
    assert set(licensed.values_list("status", flat=True)) == {Status.AKTIF}
    assert not licensed.filter(pathway=Pathway.CARI_KERJA).exists()
    bases = [EvidenceKind.NIB, EvidenceKind.IUMK, EvidenceKind.SKU]
    proofs = Count("evidence", filter=Q(evidence__kind__in=bases, evidence__status=EvidenceStatus.DITERIMA))
    assert set(licensed.annotate(proofs=proofs).values_list("proofs", flat=True)) == {1}


def test_the_demo_citizen_is_one_of_them_and_every_demo_account_opens():
    write()
    for name in DEMO_ACCOUNTS:
        assert User.objects.get(email=f"{name}@example.com").check_password("okoce-demo-2026")
    citizen = User.objects.get(email="warga@example.com")
    enrollment = Enrollment.objects.get(person__user=citizen)
    coach = User.objects.get(email="pendamping@example.com")
    assert (enrollment.stage, enrollment.coach_id) == (Stage.PERIZINAN, coach.pk)
    assert Person.objects.filter(full_name="Siti Rahmawati", user=citizen).count() == 1


def test_numbers_are_synthetic_sealed_and_each_given_once():
    write()
    niks = [person.nik() for person in Person.objects.all()]
    assert len(set(niks)) == SMALL
    for person in Person.objects.all()[:200]:
        nik = person.nik()
        assert nik is not None
        assert nik.endswith("0000")
        found = clean_nik(nik)
        assert (found.birth_date, found.gender) == (person.birth_date, person.gender)
        assert Person.objects.with_nik(nik).get() == person
        phone = person.phone()
        assert phone is not None
        assert phone.startswith("+628120000")
    assert User.objects.filter(phone_index__isnull=False).count() == User.objects.count()


def test_all_44_centers_are_open_and_their_sizes_differ():
    write()
    assert Center.objects.filter(status=Center.Status.BUKA).count() == 44
    sizes = Counter(Enrollment.objects.values_list("district_id", flat=True))
    assert len(sizes) == 44
    assert max(sizes.values()) > 3 * min(sizes.values())


def test_the_command_refuses_wrong_numbers_and_a_filled_database():
    with pytest.raises(CommandError, match="from 100 to 65414"):
        write(65_415)
    write(100)
    with pytest.raises(CommandError, match="already holds people"):
        write(100)


@pytest.mark.battery
def test_the_whole_report():
    started = perf_counter()
    write(None)
    print(f"written in {perf_counter() - started:.1f} s")
    assert_golden(REPORT_2018)
    assert Person.objects.count() == Enrollment.objects.count() == 65_414
    assert_golden_addresses()
    started = perf_counter()
    run = reconcile(at=now())
    print(f"{run.rows_read} rows and {run.pages} pages compared in {perf_counter() - started:.1f} s")
    assert (run.differences, run.findings, run.people) == (0, [], 65_414)
    wrong = Enrollment.objects.filter(stage=Stage.PERIZINAN).order_by("pk").first()
    assert wrong is not None
    Enrollment.objects.filter(pk=wrong.pk).update(stage=Stage.PELATIHAN)
    assert reconcile(at=now()).differences == 1
    assert reconcile(at=now(), is_repair=True).differences == 0


def assert_golden_addresses() -> None:
    """The stable addresses: the province, and for staff the sums of its cities, kecamatan and centres."""
    client = Client()
    client.force_login(User.objects.get(email="admin@example.com"), backend="accounts.backends.LoginBackend")

    def ask(question: str, address: str = "/dasbor") -> list[int]:
        answer = client.get(f"{address}/corong.json?{question}").json()
        reached = [stage["reached"] for stage in answer["stages"]]
        jobs = answer["jobs"]
        return [*reached, answer["permits"]["people"], jobs["reported"], jobs["confirmed"]]

    golden = [*REPORT_2018.reached, 0, 0, 0, REPORT_2018.reached[3], REPORT_2018.workers, 0]
    assert ask("wilayah=31") == golden
    assert ask("wilayah=31", "/statistik") == golden
    districts = District.objects.current().filter(pk__startswith="31.").order_by("pk")
    codes = list(districts.values_list("pk", flat=True))
    centers = Center.objects.filter(status=Center.Status.BUKA).order_by("pk")
    for count, questions in (
        (6, [f"wilayah={code}" for code in sorted({code[:5] for code in codes})]),
        (44, [f"wilayah={code}" for code in codes]),
        (44, [f"pusat={code}" for code in centers.values_list("pk", flat=True)]),
    ):
        assert len(questions) == count
        assert [sum(column) for column in zip(*map(ask, questions), strict=True)] == golden
