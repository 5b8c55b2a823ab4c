"""Long work ends exactly once, whatever dies on the way."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from core import audit, broker, clock, files, jobs
from core.models import AuditEntry, Job, StoredFile
from core.tests.test_outbox import in_thread
from okoce.launch.processes import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_handlers", "files_dir")]


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Nobody else runs jobs; the tasks that would have been sent."""
    names: list[str] = []
    monkeypatch.setattr(broker, "publish", lambda task, **_: names.append(task) or True)
    return names


def report(job_run: jobs.JobRun) -> StoredFile:
    return job_run.store(b"isi laporan", name="laporan.csv", content_type="text/csv")


def note_done(job: Job) -> None:
    audit.record(actor=None, action="laporan.jadi", obj=job)


def notices() -> int:
    return AuditEntry.objects.filter(action="laporan.jadi").count()


def queue(work: jobs.Worker = report, **values: Any) -> Job:
    jobs.job("laporan", on_done=note_done)(work)
    return jobs.start(kind="laporan", params={"wilayah": "31"}, requested_by=None, **values)


def stored_on_disk(files_dir: Path) -> list[Path]:
    return [path for path in files_dir.rglob("*") if path.is_file()]


def test_a_job_runs_once_and_leaves_one_file(files_dir: Path) -> None:
    job = queue()
    assert jobs.run(job.pk)
    assert not jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempts, job.percent) == (Job.Status.SELESAI, 1, 100)
    assert job.result is not None
    assert files.full_path(job.result).read_bytes() == b"isi laporan"
    assert len(stored_on_disk(files_dir)) == 1
    assert notices() == 1


def test_workers_are_woken_after_the_commit(sent: list[str]) -> None:
    with transaction.atomic():
        queue()
        assert sent == []
    assert sent == ["core.run_job"]


def test_one_dedupe_key_is_one_job() -> None:
    first = queue(dedupe_key="2026-10:31")
    assert queue(dedupe_key="2026-10:31").pk == first.pk
    assert queue(dedupe_key="2026-11:31").pk != first.pk
    assert queue().pk != queue().pk


def test_an_unknown_kind_is_refused_at_once() -> None:
    with pytest.raises(LookupError, match="laporan"):
        jobs.start(kind="laporan", params={}, requested_by=None)


def test_the_work_sees_its_parameters_and_stores_its_progress() -> None:
    seen: list[Any] = []

    def work(job_run: jobs.JobRun) -> None:
        seen.append(job_run.params)
        job_run.progress(3, 4, "menulis")
        job_run.beat()
        seen.append(Job.objects.values_list("done", "total", "note", "status").get())

    job = queue(work)
    assert jobs.run(job.pk)
    assert seen == [{"wilayah": "31"}, (3, 4, "menulis", "jalan")]
    job.refresh_from_db()
    assert (job.done, job.total, job.result) == (4, 4, None)


def test_progress_is_stored_at_most_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    beats: list[float] = []
    real = jobs.JobRun.beat
    monkeypatch.setattr(jobs.JobRun, "beat", lambda self: (beats.append(time.monotonic()), real(self))[1])

    def work(job_run: jobs.JobRun) -> None:
        end = time.monotonic() + 2.4
        while time.monotonic() < end:
            job_run.progress(1, 2)
            time.sleep(0.001)

    assert jobs.run(queue(work).pk)
    assert 1 <= len(beats) <= 3


def test_two_workers_at_once_run_it_once() -> None:
    start = threading.Barrier(2, timeout=20)
    runs: list[int] = []

    def work(job_run: jobs.JobRun) -> StoredFile:
        runs.append(1)
        time.sleep(0.2)
        return report(job_run)

    job = queue(work)
    ended: list[bool] = []

    def take() -> None:
        start.wait()
        ended.append(jobs.run(job.pk))

    for thread in [in_thread(take) for _ in range(2)]:
        thread.join()
    assert (len(runs), sorted(ended)) == (1, [False, True])
    assert StoredFile.objects.count() == 1


def lease_ends() -> datetime:
    """When the one job there is may be given to another."""
    return Job.objects.values_list("lease_until", flat=True).get() or clock.now()


def test_a_slow_worker_keeps_its_job_by_its_heartbeat(settings: Settings) -> None:
    """Its lease is over, as of a minute ago; the next beat of its heart takes a new one."""
    settings.JOB_LEASE_SECONDS = 12  # a beat every four seconds
    inside, go_on = threading.Event(), threading.Event()

    def work(job_run: jobs.JobRun) -> StoredFile:
        inside.set()
        assert go_on.wait(20)
        return report(job_run)

    job = queue(work)
    thread = in_thread(lambda: jobs.run(job.pk))
    assert inside.wait(20)
    Job.objects.update(lease_until=clock.now() - timedelta(minutes=1))
    assert wait_until(lambda: lease_ends() > clock.now(), seconds=60)
    assert jobs.sweep() == 0
    assert not jobs.run(job.pk)
    go_on.set()
    thread.join()
    assert Job.objects.get().attempts == 1


def test_of_two_runners_one_ends_the_job_and_the_other_leaves_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, files_dir: Path
) -> None:
    """The first is frozen beyond its lease, the second takes over, then the first ends too."""
    monkeypatch.setattr(jobs.JobRun, "beat", lambda self: None)
    inside, go_on = threading.Event(), threading.Event()
    runs: list[int] = []

    def work(job_run: jobs.JobRun) -> StoredFile:
        runs.append(1)
        if len(runs) == 1:
            made = report(job_run)
            inside.set()
            assert go_on.wait(20)
            return made
        return report(job_run)

    job = queue(work)
    ended: list[bool] = []
    thread = in_thread(lambda: ended.append(jobs.run(job.pk)))
    assert inside.wait(20)
    Job.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    assert jobs.sweep() == 1
    assert jobs.run(job.pk)
    go_on.set()
    thread.join()
    assert ended == [False]
    job.refresh_from_db()
    assert (job.status, job.attempts) == (Job.Status.SELESAI, 2)
    assert StoredFile.objects.get() == job.result
    assert len(stored_on_disk(files_dir)) == 1
    assert notices() == 1


def test_a_runner_that_lost_its_job_is_stopped_at_its_next_step() -> None:
    def work(job_run: jobs.JobRun) -> StoredFile:
        Job.objects.update(run=uuid.uuid4())
        job_run.beat()
        job_run.progress(1, 2)
        raise AssertionError("it went on")

    assert not jobs.run(queue(work).pk)
    assert Job.objects.get().error == ""


KILLED = textwrap.dedent(
    """
    import django, os, signal
    django.setup()
    from core import jobs
    from core.models import Job
    @jobs.job("laporan")
    def work(job_run):
        job_run.store(b"halb", name="laporan.csv", content_type="text/csv")
        os.kill(os.getpid(), signal.SIGKILL)
    jobs.run(Job.objects.get().pk)
    """
)


def test_a_killed_worker_s_job_is_done_by_another_once(
    services: Any, settings: Settings, files_dir: Path
) -> None:
    job = queue()
    environment = os.environ | services.environment() | {"FILES_DIR": str(files_dir)}
    program = subprocess.run([sys.executable, "-c", KILLED], env=environment, check=False, timeout=60)
    assert program.returncode == -signal.SIGKILL
    job.refresh_from_db()
    assert (job.status, job.attempts) == (Job.Status.JALAN, 1)
    assert not jobs.run(job.pk), "the dead runner's lease still holds"
    Job.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    assert jobs.sweep() == 1
    assert jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempts) == (Job.Status.SELESAI, 2)
    assert notices() == 1
    # What the dead one left is nobody's result, and goes a day later.
    assert StoredFile.objects.count() == 2
    StoredFile.objects.update(created_at=clock.now() - timedelta(days=2))
    files.sweep_orphans()
    assert StoredFile.objects.get() == job.result
    assert len(stored_on_disk(files_dir)) == 1


def test_a_job_that_ends_every_worker_fails_in_the_end() -> None:
    job = queue()
    for _ in range(jobs.MAX_ATTEMPTS):
        assert jobs._take(job.pk) is not None
        Job.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    assert jobs.sweep() == 0
    job.refresh_from_db()
    assert job.is_failed
    assert job.note == jobs.FAILED_NOTE


def test_an_error_is_tried_again_and_then_told() -> None:
    def work(job_run: jobs.JobRun) -> StoredFile:
        report(job_run)
        raise ValueError("NIK 3174077105950000 rusak")

    job = queue(work)
    for attempt in range(1, jobs.MAX_ERRORS + 1):
        assert not jobs.run(job.pk)
        job.refresh_from_db()
        assert job.attempts == attempt
        assert not jobs.run(job.pk), "it waits before the next attempt"
        Job.objects.filter(status="antre").update(lease_until=clock.now())
    assert job.is_failed
    assert job.error == "ValueError: NIK [NIK] rusak"
    assert job.note == jobs.FAILED_NOTE
    assert jobs.sweep() == 0
    assert not StoredFile.objects.exists()
    assert notices() == 0


def test_a_refusal_is_told_at_once_in_its_own_words() -> None:
    def work(job_run: jobs.JobRun) -> StoredFile:
        raise jobs.JobRefused("Belum ada data untuk bulan ini.")

    job = queue(work)
    assert not jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.is_failed, job.attempts, job.note) == (True, 1, "Belum ada data untuk bulan ini.")


def test_a_message_that_cannot_be_written_leaves_the_job_unfinished() -> None:
    def broken(job: Job) -> None:
        raise RuntimeError

    jobs.job("laporan", on_done=broken)(report)
    job = jobs.start(kind="laporan", params={}, requested_by=None)
    with pytest.raises(RuntimeError):
        jobs.run(job.pk)
    assert Job.objects.get().status == Job.Status.JALAN


def test_the_database_restarts_during_a_job_and_the_heart_goes_on(settings: Settings) -> None:
    """Its connection is ended; it beats again on a new one."""
    settings.JOB_LEASE_SECONDS = 3 * jobs.PROGRESS_SECONDS  # a beat is due every second

    def beats() -> bool:
        before = lease_ends()
        return wait_until(lambda: lease_ends() > before, seconds=60)

    def work(job_run: jobs.JobRun) -> StoredFile:
        assert beats(), "the heart has no connection yet"
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert cursor.fetchone()[0] > 0
        assert beats(), "the heart stood still"
        return report(job_run)

    job = queue(work)
    assert jobs.run(job.pk)
    assert Job.objects.get().attempts == 1


def test_waiting_jobs_are_found_without_the_broker(sent: list[str]) -> None:
    queue()
    sent.clear()
    assert jobs.sweep() == 1
    assert sent == ["core.run_job"]
