"""What a visit weighs over the wire, and what Lighthouse says of the pages on a phone with a slow line.

The portal runs with collected, compressed files as in production; both are read from the real web server.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bench.figures import Bench, Figure
from okoce.testing.processes import Portal
from okoce.testing.services import ROOT

WEIGHED = ("/", "/daftar/", "/pusat/", "/statistik/")
FIRST_VISIT, SECOND_VISIT = 90.0, 15.0
"""kB that a page with everything it needs may weigh (QUALITY.md)."""

SETTLED = 1_500
"""Milliseconds after which the service worker has fetched what it keeps."""

JUDGED = (("/", False), ("/daftar/", False), ("/daftar/berhasil/", True), ("/pusat/", False),
          ("/statistik/", False), ("/saya/", True))  # fmt: skip
"""Address, and whether a participant is signed in."""

GOALS = {"accessibility": 1.0, "best-practices": 1.0, "seo": 0.95, "performance": 0.95}
RUNS = 5


def measure(bench: Bench) -> Iterable[Figure]:
    """Two figures a weighed page, four a judged one."""
    with _portal(bench) as (portal, session):
        yield from _weigh(portal)
        yield from _judge(portal, session, runs=1 if bench.quick else RUNS)


@contextmanager
def _portal(bench: Bench) -> Iterator[tuple[Portal, str]]:
    """The portal on collected files with a few people in it, and the session of one of them."""
    folder = Path(tempfile.mkdtemp(prefix="okoce-bench-"))
    environment = {
        "DJANGO_SETTINGS_MODULE": "okoce.settings.dev",
        "DEMO_MODE": "0",
        "STATIC_ROOT": str(folder),
    }
    if bench.services is None:
        raise RuntimeError("the portal needs servers")
    try:
        subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "--no-input", "-v", "0"],
            check=True, cwd=ROOT, env=os.environ | environment,
        )  # fmt: skip
        portal = Portal(bench.services, "bench-portal", environment)
        session = _people()
        portal.start()
        try:
            yield portal, session
        finally:
            portal.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _people() -> str:
    """Forty participants and the daily cut; returns the session key of one of them."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from accounts.session_store import SessionStore
    from core.clock import now
    from participants.models import Stage
    from participants.tests.factories import center_of, participant
    from reports.cuts import take_cut

    center = center_of()
    people = [participant(center=center, stage=list(Stage)[number % 7]) for number in range(40)]
    take_cut(at=now(), again=True)
    user = people[3].person.user
    assert user is not None
    session = SessionStore()
    session.create()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "accounts.backends.LoginBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


class Meter:
    """A way to the portal that counts the bytes it brings, whoever in the browser asked for them."""

    def __init__(self, port: int) -> None:
        self.received = 0
        self._portal = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self._listener.accept()
            except OSError:  # closed
                return
            portal = socket.create_connection(self._portal)
            threading.Thread(target=self._pump, args=(browser, portal, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(portal, browser, True), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, is_counted: bool) -> None:
        with suppress(OSError):
            while chunk := source.recv(65_536):
                if is_counted:
                    self.received += len(chunk)
                target.sendall(chunk)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()


def _weigh(portal: Portal) -> Iterator[Figure]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for path in WEIGHED:
            meter = Meter(portal.port)
            context = browser.new_context(viewport={"width": 360, "height": 740}, locale="id-ID")
            kilobytes = [_visit(context, meter, path) for _ in range(2)]
            context.close()
            meter.close()
            for visit, value, most in zip(
                ("first", "second"), kilobytes, (FIRST_VISIT, SECOND_VISIT), strict=True
            ):
                yield Figure(f"{visit} visit to {path} over the wire", value, most, "kB", 1.0)
        browser.close()


def _visit(context: Any, meter: Meter, path: str) -> float:
    """kB that the network brought, headers and what the service worker keeps included."""
    before = meter.received
    page = context.new_page()
    page.goto(meter.url + path)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLED)
    page.close()
    return (meter.received - before) / 1000


def _judge(portal: Portal, session: str, *, runs: int) -> Iterator[Figure]:
    pages = [
        {"url": portal.url + path, "cookie": f"sessionid={session}" if signed_in else ""}
        for path, signed_in in JUDGED
    ]
    node = shutil.which("node") or str(ROOT / ".venv" / "bin" / "node")
    done = subprocess.run(
        [node, str(ROOT / "bench" / "node" / "lighthouse.mjs"), str(shutil.which("chromium")), str(runs)],
        check=False, input=json.dumps(pages), capture_output=True, text=True, timeout=1800,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"Lighthouse did not run:\n{done.stderr[-2000:]}")
    for (path, _), result in zip(JUDGED, json.loads(done.stdout), strict=True):
        for category, goal in GOALS.items():
            score = statistics.median(result["scores"][category])
            if score < goal * 100:
                print(f"Lighthouse {category} {path}: {result['failed'][category]}", file=sys.stderr)
            name = f"Lighthouse {category} {path}"
            yield Figure(name, score, 100, "points", goal, at_most=False)
