"""The second count: nothing to tell of a true database, every kind of tampering told by name."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from accounts.tests.factories import staff
from core.clock import day_start, local_day, now
from core.models import AuditEntry, OutboxMessage
from participants import services
from participants.erasure import erase_person
from participants.models import (
    CoachAssignment,
    Enrollment,
    EvidenceKind,
    Stage,
    StageEvidence,
    StageTransition,
    Status,
    WorkforceReport,
)
from participants.tests.factories import StageEvidenceFactory, center_of, participant
from programs.pipeline import moves
from programs.pipeline.ledger import Entry, state_after, stop_reason_after
from reports.cuts import take_cut
from reports.models import PublicFigures, ReconcileRun
from reports.reconcile import pages
from reports.reconcile.runs import reconcile, reconcile_tonight

from .histories import CENTERS, walk

pytestmark = pytest.mark.django_db
DISTRICTS = ("31.74.07", "31.71.01", "31.74.02")


@pytest.fixture
def world(settings: Any) -> Enrollment:
    """Random legal ways, and one person who came by the acts themselves: coach, permit, workers."""
    settings.DEMO_MODE = True
    random = Random(20261130)
    for number in range(24):
        walker = walk(
            random, steps=random.randint(0, 9), start=now() - timedelta(days=800),
            district=DISTRICTS[number % 3], center=CENTERS[number % 2],
        )  # fmt: skip
        store_state(walker.enrollment)
    return acted_on()


def acted_on() -> Enrollment:
    center = center_of()
    manager = staff(Role.PENGELOLA, center.code, is_demo=True)
    coach = staff(Role.PENDAMPING, center.code, is_demo=True)
    enrollment = participant(stage=Stage.PERIZINAN, center=center, coach=coach)
    proof = StageEvidenceFactory(enrollment=enrollment, kind=EvidenceKind.NIB, number="9120000012345")
    services.decide_evidence(evidence_id=proof.pk, actor=manager, accept=True, at=now())
    for workers in (1, 3):
        services.save_business(
            enrollment_id=enrollment.pk, actor=coach, at=now(), name="Warung", sector="kuliner", address="",
            capital=None, annual_sales=None, workers_full_time=workers, workers_part_time=1,
        )  # fmt: skip
    enrollment.refresh_from_db()
    return moves.advance(enrollment_id=enrollment.pk, actor=coach, version=enrollment.version, at=now())


def store_state(enrollment: Enrollment) -> None:
    """What the pipeline would have stored after this log."""
    rows = StageTransition.objects.filter(enrollment=enrollment).order_by("version")
    state = state_after([Entry._make(row) for row in rows.values_list(*Entry._fields)])
    Enrollment.objects.filter(pk=enrollment.pk).update(
        stage=state.stage, status=state.status, version=state.version, center_id=state.center,
        pathway=state.pathway, stage_entered_at=state.stage_entered_at,
        last_activity_at=state.last_moved_at, stop_reason=stop_reason_after(state, ""),
    )  # fmt: skip


def run(*arguments: str) -> tuple[int, str]:
    """The command: how it ends, and what it prints."""
    out = StringIO()
    try:
        call_command("reconcile", *arguments, stdout=out)
    except CommandError as error:
        return 1, out.getvalue() + str(error)
    return 0, out.getvalue()


def forge(statement: str, *values: Any) -> None:
    """Write past the guards of the database, as somebody with its password could."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("SET session_replication_role = origin")


def test_a_true_database_agrees_in_every_figure(world: Enrollment) -> None:
    code, said = run()
    assert (code, "Semua cocok." in said) == (0, True), said
    kept = ReconcileRun.objects.get()
    assert (kept.differences, kept.people, kept.findings) == (0, 25, [])
    assert kept.rows_read > StageTransition.objects.count()
    assert kept.pages >= 10  # nation, province, kota, kecamatan, centres, years, paths


def test_nobody_at_all_agrees_too() -> None:
    assert run()[0] == 0


LOG = "UPDATE participants_stagetransition SET {} WHERE enrollment_id = %s AND version = %s"
FORGERIES: dict[str, tuple[str, str]] = {
    "kecamatan": ("district_code = '31.71.01'", "kecamatan"),
    "tahun": ("cohort_year = 2019", "tahun daftar"),
    "pusat": ("center_code = 'P31.71.01'", "pusat"),
    "jalur": ("pathway = 'naik_kelas'", "jalur"),
    "hari": ("local_day = local_day - 40", "hari"),
    "tujuan": ("to_stage = 'permodalan'", "tujuan"),
    "asal": ("from_stage = 'pelatihan'", "asal"),
    "jenis": ("kind = 'dispensasi', reason = 'x'", "menurut audit"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_an_altered_line_of_the_log_is_told_and_never_mended(world: Enrollment, name: str) -> None:
    change, word = FORGERIES[name]
    forge(LOG.format(change), world.pk, world.version)
    code, said = run()
    assert code == 1
    told = f"Catatan perpindahan baris ke-{world.version}, {word} {world.number}, wilayah 31.74.07: tertulis "
    assert any(line.startswith(told) for line in said.splitlines()), said
    stage = Enrollment.objects.get(pk=world.pk).stage
    code, said = run("--repair")
    assert code == 1 and world.number in said
    assert Enrollment.objects.get(pk=world.pk).stage == stage
    assert not AuditEntry.objects.filter(action="rekonsiliasi.perbaiki").exists()


@pytest.mark.parametrize("place", ["first", "middle", "last", "all"])
def test_a_missing_line_of_the_log_is_told_and_never_mended(world: Enrollment, place: str) -> None:
    moves.mark_unreachable(
        enrollment_id=world.pk, actor=world.coach, version=world.version, reason="Tidak menjawab", at=now()
    )
    version = {"first": 1, "middle": world.version, "last": world.version + 1, "all": 0}[place]
    which = "AND version = %s" if version else "AND version > %s"
    forge(f"DELETE FROM participants_stagetransition WHERE enrollment_id = %s {which}", world.pk, version)
    code, said = run("--repair")
    assert code == 1
    assert any(
        line.startswith("Catatan perpindahan") and world.number in line for line in said.splitlines()
    ), said
    assert Enrollment.objects.get(pk=world.pk).status == Status.TIDAK_TERHUBUNGI


STATES: dict[str, tuple[dict[str, Any], str]] = {
    "stage": ({"stage": Stage.PELATIHAN}, "Tahap"),
    "status": ({"status": Status.TIDAK_TERHUBUNGI}, "Status"),
    "version": ({"version": 1}, "Versi"),
    "center": ({"center_id": "P31.71.01"}, "Pusat"),
    "path": ({"pathway": "naik_kelas"}, "Jalur"),
    "entered": ({"stage_entered_at": now() - timedelta(days=90)}, "Masuk tahap"),
    "double": ({"status": Status.BERHENTI, "stop_reason": "ganda"}, "Alasan berhenti"),
    "news": ({"last_activity_at": now() - timedelta(days=900)}, "Kabar terakhir"),
}


@pytest.mark.parametrize("name", STATES)
def test_a_wrong_state_is_told_and_mended_from_the_log(world: Enrollment, name: str) -> None:
    change, word = STATES[name]
    before = Enrollment.objects.values().get(pk=world.pk)
    center_of("P31.71.01")
    Enrollment.objects.filter(pk=world.pk).update(**change)
    code, said = run()
    assert code == 1
    assert any(line.startswith(f"{word} {world.number}, wilayah 31.74.07: ") for line in said.splitlines()), (
        said
    )
    code, said = run("--repair")
    assert code == 0, said
    assert "1 keadaan tersimpan diperbaiki" in said
    after = Enrollment.objects.values().get(pk=world.pk)
    # News may have come after the last move; what is mended is at least the move.
    assert after.pop("last_activity_at") <= before.pop("last_activity_at")
    assert after == before
    entry = AuditEntry.objects.get(action="rekonsiliasi.perbaiki")
    assert entry.object_id == str(world.pk) and set(entry.detail) >= set(change) - {"status"}


def test_a_log_that_the_audit_contradicts_is_not_followed(world: Enrollment) -> None:
    """A whole-looking log whose last line was bent together with nothing else: the audited act decides."""
    moves.correct(
        enrollment_id=world.pk, actor=staff(Role.ADMIN, "ID", is_demo=True), version=world.version,
        to_stage=Stage.PENDAMPINGAN, reason="Keliru", at=now(),
    )  # fmt: skip
    forge(LOG.format("to_stage = 'pelatihan'"), world.pk, world.version + 1)
    code, said = run("--repair")
    assert code == 1 and f"Tahap {world.number}" in said
    assert Enrollment.objects.get(pk=world.pk).stage == Stage.PENDAMPINGAN


def test_a_wrong_coach_is_told_and_mended(world: Enrollment) -> None:
    other = staff(Role.PENDAMPING, "P31.74.07", is_demo=True)
    Enrollment.objects.filter(pk=world.pk).update(coach=other)
    code, said = run()
    assert code == 1 and f"Pendamping peserta {world.number}" in said
    assert run("--repair")[0] == 0
    assert Enrollment.objects.get(pk=world.pk).coach_id == world.coach_id
    CoachAssignment.objects.filter(enrollment=world).delete()
    assert run()[0] == 1


@pytest.mark.parametrize("act", ["rejected", "waiting", "gone"])
def test_a_decision_on_a_proof_that_was_altered_is_told(world: Enrollment, act: str) -> None:
    proof = StageEvidence.objects.filter(enrollment=world)
    if act == "rejected":
        proof.update(status="ditolak", rejection="x")
    elif act == "waiting":
        proof.update(status="menunggu", checked_by=None, checked_at=None)
    else:
        proof.delete()
    code, said = run("--repair")
    assert code == 1
    assert ("Keputusan bukti nib" in said and world.number in said) or "hilang" in said
    assert run("--repair")[0] == 1


@pytest.mark.parametrize(
    "change", [{"full_time": 9}, {"part_time": 0}, {"full_time_before": 7}, None], ids=str
)
def test_a_report_of_workers_that_was_altered_is_told(
    world: Enrollment, change: dict[str, int] | None
) -> None:
    last = WorkforceReport.objects.latest("reported_at", "pk")
    if change is None:
        last.delete()
    else:
        WorkforceReport.objects.filter(pk=last.pk).update(**change)
    code, said = run("--repair")
    assert code == 1
    assert any(line.startswith("Pekerja") and world.number in line for line in said.splitlines()), said


@pytest.mark.parametrize("page", ["funnel", "jobs"])
def test_a_page_that_counts_wrongly_is_told_with_both_figures(
    world: Enrollment, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    """What the witness is for: a statement behind the pages that leaves somebody out."""
    load_cube, load_jobs = pages.load_cube, pages.load_jobs

    def one_less(query: Any, **options: Any) -> Any:
        cube = load_cube(query, **options)
        return type(cube)(list(cube.rows)[1:]) if query.area == "31.74" else cube

    def one_more(query: Any) -> Any:
        jobs = load_jobs(query)
        return type(jobs)(jobs.reported + 1, jobs.confirmed)

    if page == "funnel":
        monkeypatch.setattr(pages, "load_cube", one_less)
    else:
        monkeypatch.setattr(pages, "load_jobs", one_more)
    code, said = run("--repair")
    assert code == 1
    if page == "funnel":
        assert "Sampai tahap 1. Pendaftaran, wilayah 31.74: tertulis " in said
    else:
        assert "Pekerjaan dilaporkan, Indonesia: tertulis 5, hasil hitung ulang 4." in said


def test_the_stored_cut_is_counted_again_as_of_its_own_instant(world: Enrollment) -> None:
    take_cut(at=now())
    assert run()[0] == 0
    # What happens after the cut-off changes the pages, not the cut.
    moves.mark_unreachable(
        enrollment_id=world.pk, actor=world.coach, version=world.version, reason="Tidak menjawab", at=now()
    )
    assert run()[0] == 0
    line = PublicFigures.objects.get(area="31", year=0, pathway="")
    true = line.stages
    line.stages = [[true[0][0] + 1, *true[0][1:]], *true[1:]]
    line.permits = 77
    line.save()
    code, said = run()
    assert code == 1
    where = "wilayah 31, angkatan semua, jalur semua: tertulis "
    assert f"Sampai tahap 1. Pendaftaran, {where}{true[0][0] + 1}, hasil hitung ulang {true[0][0]}." in said
    assert f"Orang yang punya izin, {where}77, hasil hitung ulang 1." in said
    code, said = run("--repair")
    assert code == 0, said
    assert PublicFigures.objects.get(area="31", year=0, pathway="").stages == true
    assert AuditEntry.objects.filter(action="rekonsiliasi.perbaiki").count() == 1


def test_a_cut_without_its_national_line_is_told(world: Enrollment) -> None:
    take_cut(at=now())
    PublicFigures.objects.filter(area="ID", year=0, pathway="").delete()
    code, said = run()
    assert (code, "Baris nasional, Indonesia: tertulis hilang" in said) == (1, True)


def test_an_erased_person_leaves_everything_in_agreement(world: Enrollment) -> None:
    erase_person(person_id=world.person_id, actor=None, reason="Percobaan", at=now())
    assert run()[0] == 0


def test_a_night_is_done_once_and_tells_the_secretariat(world: Enrollment) -> None:
    admin, gone = staff(Role.ADMIN, "ID", is_demo=True), staff(Role.ADMIN, "ID", is_demo=True)
    gone.is_active = False
    gone.save()
    Enrollment.objects.filter(pk=world.pk).update(stage=Stage.PELATIHAN)
    OutboxMessage.objects.all().delete()
    night = day_start(local_day(now()) + timedelta(days=1)) + timedelta(hours=2)
    first = reconcile_tonight(at=night)
    assert first is not None and first.differences
    assert reconcile_tonight(at=night + timedelta(minutes=5)) is None
    told = OutboxMessage.objects.filter(ids__kind="angka_berbeda")
    assert list(told.values_list("recipient_id", flat=True)) == [admin.pk]
    Enrollment.objects.filter(pk=world.pk).update(stage=Stage.PEMASARAN)
    second = reconcile_tonight(at=night + timedelta(days=1))
    assert second is not None and second.is_clean
    assert told.count() == 1


def test_old_runs_are_let_go(world: Enrollment) -> None:
    old = reconcile(at=now() - timedelta(days=500))
    assert ReconcileRun.objects.get() == old
    new = reconcile(at=now())
    assert ReconcileRun.objects.get() == new


def test_a_run_keeps_no_number_or_name_of_anybody(world: Enrollment) -> None:
    Enrollment.objects.filter(pk=world.pk).update(stage=Stage.PELATIHAN)
    kept = str(reconcile(at=now()).findings)
    assert str(world.pk) in kept
    assert world.number not in kept and world.person.full_name not in kept


def test_statements_do_not_grow_with_people(world: Enrollment) -> None:
    with CaptureQueriesContext(connection) as few:
        reconcile(at=now())
    random = Random(4)
    for _ in range(30):
        store_state(
            walk(
                random, steps=3, start=now() - timedelta(days=100), district=DISTRICTS[0], center=CENTERS[0]
            ).enrollment
        )
    with CaptureQueriesContext(connection) as many:
        reconcile(at=now())
    assert len(many) <= len(few) + 6  # at most a new year or path as a page of its own
