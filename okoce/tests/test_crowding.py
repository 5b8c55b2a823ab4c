"""A crowd at the door: a bounded number works, some wait, the others hear at once that it is full."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from okoce import crowding
from okoce.crowding import BoundedQueue

from .protection import faults_of


class Portal:
    """Answers when it is allowed to, and knows how many were inside together."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.arrived = threading.Semaphore(0)
        self.lock = threading.Lock()
        self.now = self.most = self.served = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.arrived.release()
        assert self.go_on.wait(20)
        with self.lock:
            self.now -= 1
            self.served += 1
        start_response("200 OK", [])
        return [b"ok"]


def ask(queue: BoundedQueue, path: str = "/", method: str = "GET") -> Any:
    """One request through to its closed end."""
    answer = SimpleNamespace(status_code=0, headers={}, content=b"")

    def start_response(status: str, headers: list[tuple[str, str]]) -> None:
        answer.status_code, answer.headers = int(status[:3]), dict(headers)

    body = queue({"PATH_INFO": path, "REQUEST_METHOD": method}, start_response)
    answer.content = b"".join(body)
    if hasattr(body, "close"):
        body.close()
    return answer


def test_a_full_portal_says_so_and_drops_nothing_it_took_in() -> None:
    portal = Portal()
    queue = BoundedQueue(portal, at_once=2, waiting=3, patience=20)
    with ThreadPoolExecutor(12) as pool:
        inside = [pool.submit(ask, queue) for _ in range(5)]
        for _ in range(2):
            assert portal.arrived.acquire(timeout=10)
        while queue.inside._value:  # the three that wait have taken their places
            threading.Event().wait(0.01)
        refused = [pool.submit(ask, queue).result(10) for _ in range(4)]
        assert [answer.status_code for answer in refused] == [503] * 4
        portal.go_on.set()
        assert ask(queue, "/healthz").status_code == 200
        assert [future.result(20).status_code for future in inside] == [200] * 5
    assert portal.most - 1 <= 2, "at most two worked (and /healthz beside them)"
    assert portal.served == 6
    assert ask(queue).status_code == 200, "the places are free again"


def test_health_is_answered_when_all_places_are_taken() -> None:
    portal = Portal()
    queue = BoundedQueue(portal, at_once=1, waiting=0, patience=1)
    with ThreadPoolExecutor(2) as pool:
        held = pool.submit(ask, queue)
        assert portal.arrived.acquire(timeout=10)
        assert ask(queue).status_code == 503
        health = pool.submit(ask, queue, "/healthz")
        assert portal.arrived.acquire(timeout=10), "let in although the portal is full"
        portal.go_on.set()
        assert held.result(10).status_code == health.result(10).status_code == 200


def test_who_waits_too_long_is_told_and_leaves_the_queue() -> None:
    portal = Portal()
    queue = BoundedQueue(portal, at_once=1, waiting=1, patience=0.05)
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(ask, queue)
        assert portal.arrived.acquire(timeout=10)
        assert ask(queue).status_code == 503
        portal.go_on.set()
        assert held.result(10).status_code == 200
    assert ask(queue).status_code == 200


def test_a_crash_inside_gives_its_place_back() -> None:
    def broken(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raise RuntimeError("broken")

    queue = BoundedQueue(broken, at_once=1, waiting=0, patience=0.05)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            ask(queue)


def test_the_page_of_a_full_portal_is_protected_and_says_when_to_come_again() -> None:
    portal = Portal()
    queue = BoundedQueue(portal, at_once=1, waiting=0, patience=0)
    queue.at_work.acquire()
    answer = ask(queue)
    assert faults_of(answer, signed_in=True) == []
    assert answer.headers["Retry-After"] == str(crowding.RETRY_AFTER)
    assert "Portal sedang ramai" in answer.content.decode()
    head = ask(queue, method="HEAD")
    assert (head.status_code, head.content) == (503, b"")
