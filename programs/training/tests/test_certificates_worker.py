"""A real worker issues the certificates of a class, and is killed half-way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core import jobs
from core.models import Job, OutboxMessage
from okoce.launch.processes import wait_until
from okoce.testing.processes import Worker
from programs.training import certificates
from programs.training.models import Certificate

from .factories import finished_class

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = certificates.CHUNK * 3
SLOW = {"JOB_STEP_SECONDS": "1", "JOB_LEASE_SECONDS": "3"}


def test_a_worker_killed_half_way_leaves_nobody_out_and_gives_nobody_two(
    start_worker: Callable[..., Worker],
) -> None:
    one, manager = finished_class(people=PEOPLE)
    worker = start_worker(environment=SLOW)
    ordered = certificates.order(class_id=one.pk, actor=manager, at=one.ends_at)
    assert ordered is not None
    assert wait_until(Certificate.objects.exists, seconds=90, pause=0.05)
    worker.kill()
    half = Certificate.objects.count()
    assert 0 < half < PEOPLE
    start_worker(name="second", environment=SLOW)

    def is_done() -> bool:
        jobs.sweep()
        return Job.objects.get(pk=ordered.pk).is_finished

    assert wait_until(is_done, seconds=90, pause=0.5)
    after = Job.objects.get(pk=ordered.pk)
    assert (after.status, after.done, after.total, after.attempts) == ("selesai", PEOPLE, PEOPLE, 2)
    found = Certificate.objects.values_list("seat", "number", "code")
    assert [len(set(column)) for column in zip(*found, strict=True)] == [PEOPLE] * 3
    assert OutboxMessage.objects.filter(ids__kind="sertifikat_terbit").count() == PEOPLE
