"""The portal under load: a real web server with two processes, real PostgreSQL and broker, the real hash.

Open model: registrations begin when the clock says so, however slow earlier ones are, so a slow portal cannot
slow its own callers down. Afterwards the database is asked: every 303 is a person, every person has one
welcome in the outbox. Rows stay behind, so this module comes last. A worker sends their
welcomes afterwards, and is watched for its memory.
"""

from __future__ import annotations

import os
import secrets
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

from django.db import connection

from bench.figures import Bench, Figure
from core.models import OutboxMessage
from okoce import crowding
from okoce.launch.processes import start_child, stop_child, wait_until
from okoce.launch.services import free_port
from okoce.testing.processes import Worker
from okoce.testing.services import ROOT
from participants.models import RegistrationSubmission
from participants.tests.factories import center_of, synthetic_nik

RATE = 15.0
"""Registrations a second (QUALITY.md, speed and cost)."""
P95_SECONDS = 1.5
CALLERS = 200
"""Threads that call; far more than wait at the same time at the agreed rate."""
_numbers = count(50_000)


class Web:
    """granian with two processes on a port of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        command = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
            "--port", str(self.port), "--workers", "2", "--blocking-threads", str(crowding.THREADS),
            "--no-ws", "okoce.wsgi:application",
        ]  # fmt: skip
        self.log = Path(os.environ["VAR_DIR"]) / "load.log"
        environment = (
            crowding.ENVIRONMENT
            | os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "bench.load_settings",
                "SITE_URL": f"http://127.0.0.1:{self.port}",
            }
        )
        self.process = start_child(command, log=self.log, env=environment, cwd=ROOT)
        if not wait_until(lambda: self.get("/healthz")[0] == 200, seconds=90, pause=0.2):
            self.stop()
            raise RuntimeError(f"the web server did not start:\n{self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        """End it."""
        stop_child(self.process)

    def ask(
        self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """Status and Retry-After of one request on a connection of its own; status 0 for no answer."""
        link = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            link.request(method, path, body or None, headers or {})
            answer = link.getresponse()
            answer.read()
            return answer.status, answer.getheader("Retry-After") or ""
        except (OSError, HTTPException):
            return 0, ""
        finally:
            link.close()

    def get(self, path: str) -> tuple[int, str]:
        """One page."""
        return self.ask("GET", path)

    def register(self, submission: str) -> tuple[int, str]:
        """One person's form, as the browser sends it."""
        number, token = next(_numbers), secrets.token_hex(16)
        form = {
            "csrfmiddlewaretoken": token, "submission_id": submission, "pathway": "mulai_usaha",
            "nik": synthetic_nik("317407", "P"), "full_name": "Warga Beban " + _letters(number),
            "phone": f"0812-0000-{number:05d}", "district": "31.74.07", "address": "Jl. Contoh No. 1",
            "password": "warung-kopi-melati-7", "consent": "on",
        }  # fmt: skip
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={token}"}
        return self.ask("POST", "/daftar/", urlencode(form), headers)

    def memory(self) -> float:
        """Megabytes that the two processes hold."""
        return sum(_resident(pid) for pid in _children(self.process.pid))


def _letters(number: int) -> str:
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _resident(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def measure(bench: Bench) -> Iterable[Figure]:
    """Steady registrations, two thundering starts, memory over many requests."""
    center_of("P31.74.07")
    web = Web()
    try:
        for _ in range(40):
            web.get("/daftar/")  # both processes have imported and cached everything
        yield from _steady(web, seconds=20 if bench.quick else 600)
        for crowd in (200,) if bench.quick else (500, 2_000):
            yield from _thunder(web, crowd)
        yield _memory(web, requests=2_000 if bench.quick else 50_000)
    finally:
        web.stop()
    yield _worker_memory(bench, tasks=500 if bench.quick else 5_000)


def _steady(web: Web, *, seconds: int) -> list[Figure]:
    taken, accepted, statuses = [], [], Counter[int]()
    lock = threading.Lock()
    total = int(seconds * RATE)
    begin = time.perf_counter() + 0.5

    def one(number: int) -> None:
        due = begin + number / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        submission = str(uuid4())
        status, _ = web.register(submission)
        with lock:
            statuses[status] += 1
            taken.append(time.perf_counter() - due)  # from when it was due: waiting for a caller counts
            if status == 303:
                accepted.append(submission)

    _all(one, total)
    print(f"load: {total} registrations in {seconds} s: {dict(statuses)}", file=sys.stderr)
    p95 = statistics.quantiles(taken, n=20)[18]
    return [
        Figure(f"registrations at {RATE:g}/s for {seconds} s: p95", p95, P95_SECONDS, "s", 1.0),
        Figure("registrations under load: accepted beside sent", len(accepted), total, "forms", 1.0, False),
        Figure("registrations under load: accepted and lost", _lost(accepted), 1, "forms", 0.0),
    ]


def _thunder(web: Web, crowd: int) -> list[Figure]:
    """Everybody presses at the same moment, and again when the portal asks for it, until all are in."""
    gate = threading.Barrier(min(crowd, CALLERS))
    accepted: list[str] = []
    statuses = Counter[int]()
    unfriendly = Counter[int]()
    lock = threading.Lock()
    begin = time.perf_counter()
    first = iter(range(min(crowd, CALLERS)))

    def one(number: int) -> None:
        submission = str(uuid4())
        if next(first, None) is not None:
            gate.wait(60)
        for _ in range(200):
            status, again = web.register(submission)
            with lock:
                statuses[status] += 1
                if status not in (303, 503) or (status == 503 and not again):
                    unfriendly[status] += 1
                if status == 303:
                    accepted.append(submission)
                    return
            time.sleep(float(again or 1) * (0.8 + 0.4 * secrets.randbelow(1000) / 1000))

    _all(one, crowd)
    took = time.perf_counter() - begin
    print(f"load: {crowd} at once: {dict(statuses)}, all in after {took:.1f} s", file=sys.stderr)
    name = f"thundering start of {crowd}"
    return [
        Figure(f"{name}: in at the end", len(accepted), crowd, "people", 1.0, False),
        Figure(f"{name}: answers that are neither 303 nor a friendly 503", unfriendly.total(), 1, "", 0.0),
        Figure(f"{name}: accepted and lost", _lost(accepted), 1, "forms", 0.0),
        Figure(f"{name}: seconds until all are in, beside {RATE:g}/s", took, crowd / RATE, "s", 1.5),
    ]


def _memory(web: Web, *, requests: int) -> Figure:
    paths = ("/", "/daftar/", "/pusat/", "/bantuan/", "/masuk/")
    _all(lambda number: web.get(paths[number % len(paths)]), requests // 4, callers=8)
    before = web.memory()
    _all(lambda number: web.get(paths[number % len(paths)]), requests, callers=8)
    return Figure(
        f"memory of the web processes after {requests} requests more", web.memory(), before, "MB", 1.1
    )


def _worker_memory(bench: Bench, *, tasks: int) -> Figure:
    """A worker that relays what the registrations left in the outbox, then looks again and again."""
    from okoce.celery import app

    assert bench.services is not None
    worker = Worker(bench.services, "load-worker")
    relayed = "core.relay_outbox"

    def done() -> int:
        told = app.control.inspect(destination=[f"{worker.node}@test"], timeout=5).stats() or {}
        return sum(one["total"].get(relayed, 0) for one in told.values())

    def relay(amount: int) -> float:
        goal = done() + amount
        for _ in range(amount):
            app.send_task(relayed, ignore_result=True)
        if not wait_until(lambda: done() >= goal, seconds=1_800, pause=0.5):
            raise RuntimeError(f"the worker did {done()} of {goal} tasks:\n{worker.log()[-2000:]}")
        return sum(_resident(pid) for pid in worker.child_pids())

    worker.start()
    try:
        before = relay(tasks // 4)
        after = relay(tasks)
    finally:
        worker.stop()
    return Figure(f"memory of a worker after {tasks} tasks more", after, before, "MB", 1.1)


def _all(act: Callable[[int], object], amount: int, *, callers: int = CALLERS) -> None:
    with ThreadPoolExecutor(callers) as pool:
        for future in [pool.submit(act, number) for number in range(amount)]:
            future.result()


def _lost(accepted: list[str]) -> int:
    """Accepted forms without a person, and people without exactly one welcome."""
    connection.close()
    kept = dict(
        RegistrationSubmission.objects.filter(pk__in=accepted, is_held=False).values_list(
            "pk", "enrollment__person__user_id"
        )
    )
    welcomes = Counter(
        OutboxMessage.objects.filter(recipient_id__in=list(kept.values())).values_list(
            "recipient_id", flat=True
        )
    )
    return len(set(accepted)) - len(kept) + sum(welcomes[user] != 1 for user in kept.values())
