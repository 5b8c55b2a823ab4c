"""Long work with progress, done exactly once whatever dies on the way.

The row in `Job` is the queue. A runner takes it with a lease and a token of its own; a second thread extends
the lease and stores the progress. A runner that was killed loses its lease, and the sweeper lets another
begin. Finishing is one conditional UPDATE on the token: of two runners one ends the job, and the file of the
other is deleted.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from core import broker, clock, files
from core.audit import actor_id
from core.models import Job, StoredFile
from core.privacy import redact_numbers

logger = logging.getLogger(__name__)

MAX_ERRORS = 3
"""Runs that may end in an exception before the job counts as failed."""
MAX_ATTEMPTS = 6
"""Runs in all, those ended by a killed worker included."""
RETRY_SECONDS = 10
PROGRESS_SECONDS = 1.0
"""Progress is stored at most so often."""

FAILED_NOTE = "Belum berhasil dibuat karena gangguan di sistem kami. Coba minta sekali lagi."


class JobRefused(Exception):
    """The work cannot be done, and trying again will not help; the text is shown to the person who asked."""


class JobLost(Exception):
    """Somebody else holds the job now: stop, and leave nothing behind."""


Worker = Callable[["JobRun"], StoredFile | None]
Finisher = Callable[[Job], None]


@dataclass(frozen=True)
class _Kind:
    work: Worker
    on_done: Finisher | None


_kinds: dict[str, _Kind] = {}


def job(kind: str, *, on_done: Finisher | None = None) -> Callable[[Worker], Worker]:
    """Register the function that does jobs of `kind`; it returns the resulting file, or None.

    It runs outside a transaction and may run more than once, so it writes nothing but files made by
    `job_run.store`, and rows that come out the same however often and beside itself it runs.
    `on_done(job)` runs in the transaction that ends the job well, therefore once: the place to enqueue the
    message that it is ready.
    """

    def register(function: Worker) -> Worker:
        if kind in _kinds and _kinds[kind].work is not function:
            raise ValueError(f"two functions for jobs of kind {kind!r}")
        _kinds[kind] = _Kind(function, on_done)
        return function

    return register


def start(*, kind: str, params: dict[str, Any], requested_by: Any, dedupe_key: str | None = None) -> Job:
    """Queue a job in the current transaction and return it; workers are woken after the commit.

    With a `dedupe_key` the job that already has it is returned instead of a second one. Raises LookupError
    for an unknown kind.
    """
    if kind not in _kinds:
        raise LookupError(f"no function for jobs of kind {kind!r}")
    new = Job(kind=kind, params=params, requested_by_id=actor_id(requested_by), dedupe_key=dedupe_key)
    Job.objects.bulk_create([new], ignore_conflicts=True)
    queued = Job.objects.get(dedupe_key=dedupe_key) if dedupe_key else Job.objects.get(pk=new.pk)
    if queued.pk == new.pk:
        transaction.on_commit(lambda: wake(new.pk), robust=True)
    return queued


def wake(job_id: UUID) -> None:
    """Ask a worker to run the job now; does nothing when the broker is away."""
    broker.publish("core.run_job", kwargs={"job_id": str(job_id)})


def lease() -> timedelta:
    """Return how long a runner may be silent before its job is given to another."""
    return timedelta(seconds=float(getattr(settings, "JOB_LEASE_SECONDS", 60)))


class JobRun:
    """One attempt at a job: its parameters, its progress and its files."""

    def __init__(self, queued: Job, token: UUID) -> None:
        self.job_id = queued.pk
        self.params: dict[str, Any] = queued.params
        self.requested_by_id = queued.requested_by_id
        self.token = token
        self._lost = threading.Event()
        self._state = (queued.done, queued.total, queued.note)

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Tell how far the work is; cheap, as it is stored at most once a second. Raises JobLost."""
        total = max(0, total)
        self._state = (min(max(0, done), total) if total else max(0, done), total, note[:200])
        self.check()

    def check(self) -> None:
        """Raise JobLost when the job was given to somebody else or was ended."""
        if self._lost.is_set():
            raise JobLost(str(self.job_id))

    def store(self, content: bytes | Path | IO[bytes], *, name: str, content_type: str) -> StoredFile:
        """Store a file as this run's; it stays only when the function returns it and the run ends the job."""
        self.check()
        return files.store_generated(
            content, name=name, content_type=content_type, owner_id=self.requested_by_id, run_token=self.token
        )

    def held(self) -> "QuerySet[Job]":
        """Return the job as a query that matches only while this run holds it."""
        return Job.objects.filter(pk=self.job_id, run=self.token, status=Job.Status.JALAN)

    def beat(self) -> None:
        """Store the progress and extend the lease; note when the job is lost."""
        done, total, note = self._state
        kept = self.held().update(done=done, total=total, note=note, lease_until=clock.now() + lease())
        if not kept:
            self._lost.set()


@contextmanager
def _heart(run: JobRun) -> Iterator[None]:
    """Beat from a second thread with its own connection while the work goes on."""
    if connection.in_atomic_block:
        # Another connection would not see a job of this uncommitted transaction (tests of job functions).
        yield
        return
    stop = threading.Event()

    def beat() -> None:
        pause = min(PROGRESS_SECONDS, lease().total_seconds() / 3)
        written: tuple[int, int, str] | None = None
        last = clock.now()
        try:
            while not stop.wait(pause):
                if run._state == written and clock.now() - last < lease() / 3:
                    continue
                written = run._state
                try:
                    run.beat()
                    last = clock.now()
                except DatabaseError as error:
                    # A restarting database: the lease decides whether the run may still end the job.
                    logger.warning("job heartbeat failed", extra={"error": type(error).__name__})
                    connection.close()
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"job-{run.job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def run(job_id: UUID | str) -> bool:
    """Run the job unless somebody else holds it; return whether this run ended it well."""
    taken = _take(job_id)
    if taken is None:
        return False
    queued, job_run = taken
    kind = _kinds.get(queued.kind)
    try:
        if kind is None:
            raise LookupError(f"no function for jobs of kind {queued.kind!r}")
        with _heart(job_run):
            result = kind.work(job_run)
    except JobLost:
        _discard(job_run)
        return False
    except JobRefused as refusal:
        _fail(job_run, note=str(refusal), error="refused", final=True)
        return False
    except Exception as error:  # whatever the work raises, the person who waits is told in the end
        logger.exception("job failed", extra={"job": str(queued.pk), "kind": queued.kind})
        _fail(job_run, note=FAILED_NOTE, error=f"{type(error).__name__}: {error}", final=False)
        return False
    return _finish(job_run, result, kind.on_done)


def _take(job_id: UUID | str) -> tuple[Job, JobRun] | None:
    """Take a job that waits or whose lease ran out; None when it is held, ended or unknown."""
    at = clock.now()
    with transaction.atomic():
        # SKIP LOCKED: a locked row is being taken or finished right now.
        free = Job.objects.filter(_free(at), pk=job_id).select_for_update(skip_locked=True, no_key=True)
        queued = free.first()
        if queued is None:
            return None
        token = uuid4()
        Job.objects.filter(pk=queued.pk).update(
            status=Job.Status.JALAN,
            run=token,
            lease_until=at + lease(),
            attempts=F("attempts") + 1,
            started_at=queued.started_at or at,
        )
    return queued, JobRun(queued, token)


def _free(at: Any) -> Q:
    waiting = Q(status=Job.Status.ANTRE) & (Q(lease_until__isnull=True) | Q(lease_until__lte=at))
    return waiting | Q(status=Job.Status.JALAN, lease_until__lt=at)


def _finish(job_run: JobRun, result: StoredFile | None, on_done: Finisher | None) -> bool:
    """End the job well if this run still holds it; otherwise delete what the run made."""
    with transaction.atomic():
        done, total, note = job_run._state
        ended = job_run.held().update(
            status=Job.Status.SELESAI,
            result=result,
            finished_at=clock.now(),
            lease_until=None,
            done=max(done, total),
            total=total,
            note=note,
            error="",
        )
        if ended and on_done is not None:
            on_done(Job.objects.get(pk=job_run.job_id))
    _discard(job_run, keep=result if ended else None)
    return bool(ended)


def _fail(job_run: JobRun, *, note: str, error: str, final: bool) -> None:
    """Queue the job again after a pause, or end it badly when it is no use."""
    at = clock.now()
    text = redact_numbers(error)[:4_000]
    with transaction.atomic():
        held = job_run.held().select_for_update(no_key=True).first()
        if held is not None and (final or held.attempts >= MAX_ERRORS):
            job_run.held().update(
                status=Job.Status.GAGAL, note=note[:200], error=text, finished_at=at, lease_until=None
            )
        elif held is not None:
            job_run.held().update(
                status=Job.Status.ANTRE,
                run=None,
                error=text,
                lease_until=at + timedelta(seconds=RETRY_SECONDS),
            )
    _discard(job_run)


def _discard(job_run: JobRun, keep: StoredFile | None = None) -> None:
    """Delete the files of this run, save the one that became the result."""
    made = StoredFile.objects.filter(run_token=job_run.token)
    for stored_file in made.exclude(pk=keep.pk) if keep else made:
        files.delete(stored_file)


def sweep(limit: int = 100) -> int:
    """Wake workers for jobs that wait or were abandoned, and give up those abandoned too often.

    Returns how many jobs were woken. Harmless when doubled: taking a job is conditional.
    """
    at = clock.now()
    Job.objects.filter(status=Job.Status.JALAN, lease_until__lt=at, attempts__gte=MAX_ATTEMPTS).update(
        status=Job.Status.GAGAL,
        note=FAILED_NOTE,
        error="every worker that ran it ended",
        finished_at=at,
        lease_until=None,
    )
    free = Job.objects.filter(_free(at)).order_by("created_at").values_list("pk", flat=True)
    waiting = list(free[:limit])
    for job_id in waiting:
        wake(job_id)
    return len(waiting)
