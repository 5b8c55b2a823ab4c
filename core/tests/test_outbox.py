"""Effects follow their cause: never without it, never twice, never lost."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from celery import current_app
from django.db import connection, transaction
from pytest_django import Settings

from core import broker, clock, outbox
from core.models import AuditEntry, OutboxMessage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_handlers")]


def put(key: str = "a", kind: str = "uji", **values: Any) -> OutboxMessage:
    outbox.enqueue(kind=kind, recipient=None, ids={"nomor": key}, dedupe_key=key, **values)
    return OutboxMessage.objects.get(dedupe_key=key)


@transaction.atomic
def put_in_vain() -> None:
    """A cause that fails after its message was written."""
    put()
    raise RuntimeError


def effect(message: OutboxMessage) -> None:
    """What a handler writes: one row for each message."""
    AuditEntry.objects.create(action="efek", object_id=message.dedupe_key)


def effects() -> list[str]:
    return sorted(AuditEntry.objects.filter(action="efek").values_list("object_id", flat=True))


def write_effects(messages: list[OutboxMessage]) -> None:
    for message in messages:
        effect(message)


@pytest.fixture
def real_broker() -> None:
    """Asked for by tests that send real tasks."""


@pytest.fixture(autouse=True)
def silent_broker(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> list[str]:
    """Nobody else relays; the names of tasks that would have been sent."""
    sent: list[str] = []
    if "real_broker" not in request.fixturenames:
        monkeypatch.setattr(broker, "publish", lambda task, **_: sent.append(task) or True)
    return sent


def test_a_message_exists_exactly_when_its_cause_does() -> None:
    with pytest.raises(RuntimeError):
        put_in_vain()
    assert not OutboxMessage.objects.exists()


def test_one_key_is_one_message() -> None:
    put("a")
    put("a")
    outbox.enqueue_many(outbox.Draft("uji", None, key) for key in "abb")
    assert sorted(OutboxMessage.objects.values_list("dedupe_key", flat=True)) == ["a", "b"]


def test_workers_are_woken_once_and_only_after_the_commit(silent_broker: list[str]) -> None:
    with transaction.atomic():
        for key in "abc":
            put(key)
        assert silent_broker == []
    assert silent_broker == ["core.relay_outbox"]


def test_a_rolled_back_savepoint_does_not_take_the_wake_up_of_others(silent_broker: list[str]) -> None:
    with transaction.atomic():
        with pytest.raises(RuntimeError):
            put_in_vain()
        put("b")
    assert silent_broker == ["core.relay_outbox"]


def test_running_twice_has_one_effect() -> None:
    outbox.handler("uji")(write_effects)
    put("a")
    assert outbox.relay() == 1
    assert outbox.relay() == 0
    assert effects() == ["a"]


def test_messages_are_handed_over_in_chunks_of_one_kind() -> None:
    chunks: list[tuple[str, int]] = []
    for kind in ("satu", "dua"):
        outbox.handler(kind)(lambda messages, kind=kind: chunks.append((kind, len(messages))))  # type: ignore[misc]
    outbox.enqueue_many(outbox.Draft(kind, None, f"{kind}{n}") for n in range(7) for kind in ("satu", "dua"))
    assert outbox.relay() == 14
    assert sorted(chunks) == [("dua", 7), ("satu", 7)]


def test_not_before_is_waited_for() -> None:
    outbox.handler("uji")(write_effects)
    put("a", not_before=clock.now() + timedelta(hours=1))
    assert outbox.relay() == 0
    OutboxMessage.objects.update(not_before=clock.now())
    assert outbox.relay() == 1


def test_an_effect_and_its_mark_stand_or_fall_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker fails after the effect and before the mark: the effect is undone and happens once, later."""
    outbox.handler("uji")(write_effects)
    put("a")
    real = outbox._put_back
    monkeypatch.setattr(outbox, "_put_back", lambda errors, **held: real(errors, **held) if errors else 1 / 0)
    assert outbox.relay() == 0
    assert effects() == []
    monkeypatch.undo()
    OutboxMessage.objects.update(not_before=clock.now())
    outbox.handler("uji")(write_effects)
    assert outbox.relay() == 1
    assert effects() == ["a"]


def test_one_bad_message_does_not_hold_up_the_others() -> None:
    def handle(messages: list[OutboxMessage]) -> None:
        for message in messages:
            effect(message)
            if message.dedupe_key == "b":
                raise ValueError("alamat 0812-0000-1234 rusak")

    outbox.handler("uji")(handle)
    for key in "abc":
        put(key)
    assert outbox.relay() == 2
    assert effects() == ["a", "c"]
    bad = OutboxMessage.objects.get(dedupe_key="b")
    assert (bad.attempts, bad.done_at, bad.claim) == (1, None, None)
    assert bad.last_error == "ValueError: alamat [nomor HP] rusak"
    assert bad.not_before > clock.now()


def test_a_handler_may_name_those_that_failed() -> None:
    def handle(messages: list[OutboxMessage]) -> dict[int, str]:
        write_effects([message for message in messages if message.dedupe_key != "b"])
        return {message.id: "ditolak" for message in messages if message.dedupe_key == "b"}

    outbox.handler("uji")(handle)
    for key in "abc":
        put(key)
    assert outbox.relay() == 2
    assert effects() == ["a", "c"]
    assert OutboxMessage.objects.get(dedupe_key="b").last_error == "ditolak"


def test_after_ten_attempts_a_message_is_parked_and_can_be_brought_back() -> None:
    def handle(messages: list[OutboxMessage]) -> None:
        raise ValueError("tetap rusak")

    outbox.handler("uji")(handle)
    put("a")
    for _ in range(20):
        OutboxMessage.objects.update(not_before=clock.now())
        outbox.relay()
    parked = OutboxMessage.objects.parked().get()
    assert (parked.attempts, parked.last_error) == (10, "ValueError: tetap rusak")
    outbox._handlers.clear()
    outbox.handler("uji")(write_effects)
    assert outbox.relay() == 0
    assert outbox.requeue([parked.id]) == 1
    assert outbox.relay() == 1
    assert effects() == ["a"]


def test_an_unknown_kind_waits_for_its_handler() -> None:
    put("a", kind="belum_ada")
    assert outbox.relay() == 0
    assert "no handler" in OutboxMessage.objects.get().last_error
    outbox.handler("belum_ada")(write_effects)
    OutboxMessage.objects.update(not_before=clock.now())
    assert outbox.relay() == 1


def test_a_service_that_is_down_costs_no_attempts() -> None:
    def handle(messages: list[OutboxMessage]) -> None:
        write_effects(messages)
        raise outbox.Unavailable("surat")

    outbox.handler("uji")(handle)
    for key in "abc":
        put(key)
    for _ in range(30):
        OutboxMessage.objects.update(not_before=clock.now())
        assert outbox.relay() == 0
    assert set(OutboxMessage.objects.values_list("attempts", flat=True)) == {0}
    assert effects() == []


def test_two_kinds_cannot_share_a_handler_name() -> None:
    outbox.handler("uji")(write_effects)
    with pytest.raises(ValueError, match="uji"):
        outbox.handler("uji")(lambda messages: None)


def in_thread(act: Any) -> threading.Thread:
    """Run `act` beside the test with a connection of its own."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_two_relays_at_once_share_the_work() -> None:
    """Both hold their rows at the same time: no row has two effects, none waits for the other."""
    both = threading.Barrier(2, timeout=20)

    def handle(messages: list[OutboxMessage]) -> None:
        write_effects(messages)
        both.wait()

    outbox.handler("uji")(handle)
    for number in range(10):
        put(f"{number}")
    done: list[int] = []
    threads = [in_thread(lambda: done.append(outbox.relay(limit=5))) for _ in range(2)]
    for thread in threads:
        thread.join()
    assert done == [5, 5]
    assert effects() == sorted(f"{number}" for number in range(10))


def test_a_slow_relay_is_not_swept_away_under_its_hands(settings: Settings) -> None:
    settings.OUTBOX_CLAIM_SECONDS = 0
    inside, go_on = threading.Event(), threading.Event()

    def handle(messages: list[OutboxMessage]) -> None:
        write_effects(messages)
        inside.set()
        assert go_on.wait(20)

    outbox.handler("uji")(handle)
    put("a")
    thread = in_thread(outbox.relay)
    assert inside.wait(20)
    assert outbox.sweep() == 0
    assert outbox.relay() == 0
    go_on.set()
    thread.join()
    assert effects() == ["a"]
    assert OutboxMessage.objects.get().done_at is not None


def test_a_failure_does_not_undo_what_another_run_has_done_meanwhile(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first run fails so late that its message was freed and carried out by a second one."""
    settings.OUTBOX_CLAIM_SECONDS = 0
    calls: list[int] = []

    def handle(messages: list[OutboxMessage]) -> None:
        calls.append(1)
        if len(calls) > 1:
            write_effects(messages)
            return
        raise ValueError

    real = outbox._put_back

    def late(errors: Any, **held: Any) -> None:
        if errors and len(calls) == 1:
            assert outbox.sweep() == 1
            assert outbox.relay() == 1
        real(errors, **held)

    monkeypatch.setattr(outbox, "_put_back", late)
    outbox.handler("uji")(handle)
    put("a")
    assert outbox.relay() == 0
    assert effects() == ["a"]
    assert OutboxMessage.objects.get().done_at is not None
    assert outbox.relay() == 0


KILLED = textwrap.dedent(
    """
    import django, os, signal
    django.setup()
    from core import outbox
    from core.models import AuditEntry
    @outbox.handler("uji")
    def handle(messages):
        for message in messages:
            AuditEntry.objects.create(action="efek", object_id=message.dedupe_key)
        os.kill(os.getpid(), signal.SIGKILL)
    outbox.relay()
    """
)


def test_a_killed_worker_loses_nothing_and_doubles_nothing(services: Any, settings: Settings) -> None:
    for key in "ab":
        put(key)
    program = subprocess.run(
        [sys.executable, "-c", KILLED], env=os.environ | services.environment(), check=False, timeout=60
    )
    assert program.returncode == -signal.SIGKILL
    outbox.handler("uji")(write_effects)
    assert effects() == []
    assert OutboxMessage.objects.filter(claim__isnull=False).count() == 2
    assert outbox.relay() == 0, "the dead worker's claim still holds"
    assert outbox.sweep() == 0, "and is not old enough"
    OutboxMessage.objects.update(
        claimed_at=clock.now() - timedelta(seconds=settings.OUTBOX_CLAIM_SECONDS + 1)
    )
    assert outbox.sweep() == 2
    assert outbox.relay() == 2
    assert effects() == ["a", "b"]


def test_a_message_that_ends_every_worker_is_parked(settings: Settings) -> None:
    settings.OUTBOX_CLAIM_SECONDS = 0
    put("a")
    for _ in range(12):
        OutboxMessage.objects.pending().update(claim="0" * 32, claimed_at=clock.now() - timedelta(seconds=1))
        outbox.sweep()
    assert OutboxMessage.objects.parked().get().attempts == 10


@pytest.fixture
def stopped_broker(services: Any) -> Iterator[None]:
    services.stop_broker()
    yield
    services.start_broker()


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One line for each connection to the broker that was opened; nobody tries again for an hour."""
    opened: list[str] = []
    connect = current_app.connection_for_write

    def counted(*args: Any, **kwargs: Any) -> Any:
        opened.append("connection")
        return connect(*args, **kwargs)

    monkeypatch.setattr(current_app._get_current_object(), "connection_for_write", counted)
    monkeypatch.setattr(broker, "PAUSE_SECONDS", 3600.0)
    return opened


@pytest.mark.usefixtures("real_broker")
def test_a_page_does_not_notice_a_stopped_broker(
    stopped_broker: None, services: Any, connections: list[str]
) -> None:
    outbox.handler("uji")(write_effects)
    for number in range(50):
        with transaction.atomic():
            put(f"{number}")
    assert len(connections) <= 2, "only the first of fifty pages knocks at the broker, and once more"
    assert OutboxMessage.objects.count() == 50
    services.start_broker()
    broker.breaker.reset()
    assert broker.publish("core.relay_outbox")
    assert outbox.relay() == 50


@pytest.mark.usefixtures("real_broker")
def test_a_broker_that_does_not_answer_costs_one_short_wait(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, connections: list[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        monkeypatch.setattr(
            current_app._get_current_object(),
            "connection_for_write",
            partial(current_app.connection_for_write, url),
        )
        begin = time.perf_counter()
        assert not broker.publish("core.relay_outbox")
        first = time.perf_counter() - begin
        assert not any(broker.publish("core.relay_outbox") for _ in range(100))
    assert first < 10 * settings.BROKER_WAKE_TIMEOUT  # a bound: without a limit it waits for minutes
    assert len(connections) == 1, "the other hundred do not knock"


@pytest.mark.usefixtures("real_broker")
def test_one_connection_to_the_broker_serves_many_pages_and_is_replaced_after_a_restart(
    services: Any, connections: list[str]
) -> None:
    assert all(broker.publish("core.relay_outbox") for _ in range(5))
    assert len(connections) == 1
    services.stop_broker()
    services.start_broker()
    assert broker.publish("core.relay_outbox")
    assert len(connections) <= 2
