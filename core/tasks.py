"""Regular work of the shared tools. Every task may run twice or at the same time as itself."""

import time

from celery import shared_task

from core import files, jobs, outbox

_RELAY_SECONDS = 20.0

SCHEDULE = {
    "core: relay the outbox": {"task": "core.relay_outbox", "schedule": 5.0},
    "core: free stale outbox claims": {"task": "core.sweep_outbox", "schedule": 15.0},
    "core: start waiting and abandoned jobs": {"task": "core.sweep_jobs", "schedule": 10.0},
    "core: remove files without an owner": {"task": "core.sweep_files", "schedule": 6 * 3600.0},
}


@shared_task(name="core.relay_outbox")
def relay_outbox() -> int:
    """Carry out due outbox messages until none is left or the time for one run is over."""
    end = time.monotonic() + _RELAY_SECONDS
    total = 0
    while done := outbox.relay():
        total += done
        if time.monotonic() > end:
            outbox.wake()
            break
    return total


@shared_task(name="core.sweep_outbox")
def sweep_outbox() -> int:
    """Free outbox messages whose worker died."""
    return outbox.sweep()


@shared_task(name="core.sweep_jobs")
def sweep_jobs() -> int:
    """Start jobs that wait or whose worker died."""
    return jobs.sweep()


@shared_task(name="core.run_job")
def run_job(*, job_id: str) -> None:
    """Run one job, unless somebody else holds it."""
    jobs.run(job_id)


@shared_task(name="core.sweep_files")
def sweep_files() -> int:
    """Remove files on disk that no record names."""
    return files.sweep_orphans()
