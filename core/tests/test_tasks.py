"""The regular work, run by a real worker on a real broker."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from celery import current_app
from django.db import transaction

from core import broker, outbox, tasks
from core.models import OutboxMessage


def wait_for(condition: Callable[[], bool], *, seconds: float = 30) -> bool:
    """Wait until the condition holds; False after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def test_every_scheduled_task_exists() -> None:
    for entry in tasks.SCHEDULE.values():
        assert entry["task"] in current_app.tasks


@pytest.mark.django_db(transaction=True)
def test_tasks_can_run_twice_on_nothing(files_dir: Any) -> None:
    for _ in range(2):
        assert tasks.relay_outbox() == tasks.sweep_outbox() == tasks.sweep_jobs() == tasks.sweep_files() == 0


@pytest.mark.django_db(transaction=True)
def test_a_commit_wakes_a_real_worker(worker: Any) -> None:
    """No scheduler runs here: only the wake-up can have brought the worker to this message."""
    with transaction.atomic():
        outbox.enqueue(kind="tanpa_penerima", recipient=None, ids={}, dedupe_key="a")
    assert wait_for(lambda: OutboxMessage.objects.get().attempts == 1), worker.log()
    assert "no handler" in OutboxMessage.objects.get().last_error


@pytest.mark.django_db(transaction=True)
def test_what_was_written_without_a_broker_arrives_after_it_returns(worker: Any, services: Any) -> None:
    services.stop_broker()
    with transaction.atomic():
        outbox.enqueue(kind="tanpa_penerima", recipient=None, ids={}, dedupe_key="a")
    assert OutboxMessage.objects.get().attempts == 0
    services.start_broker()
    broker.breaker.reset()
    # What the scheduler does every five seconds.
    assert wait_for(lambda: broker.publish(tasks.SCHEDULE["core: relay the outbox"]["task"]))
    assert wait_for(lambda: OutboxMessage.objects.get().attempts == 1, seconds=60), worker.log()
