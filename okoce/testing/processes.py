"""Real processes for tests: a Celery worker and the portal's web server, on the test's own services."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import redis
from kombu.exceptions import KombuError

from okoce.launch.processes import start_child, stop_child, wait_until
from okoce.launch.services import free_port
from okoce.testing.services import ROOT, Services

PATIENCE = 30
"""Seconds a browser may take for what a test waits for: a bound for a busy machine, never a pause."""


class TestProcess:
    """A child process with a log file, that can be stopped, killed and started again."""

    __test__ = False  # not a test class, whatever its name says

    def __init__(self, services: Services, name: str, environment: dict[str, str] | None = None) -> None:
        self.services = services
        self.name = name
        self.environment = environment or {}
        self.log_path = services.folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """The command line; subclasses say which."""
        raise AssertionError(f"{type(self).__name__} has no command")

    def is_ready(self) -> bool:
        """Whether it does its work now; subclasses say how that is seen."""
        raise AssertionError(f"{type(self).__name__} has no sign of readiness")

    def launch(self) -> None:
        """Start without waiting."""
        self.process = start_child(
            self.command(),
            log=self.log_path,
            env=os.environ | self.services.environment() | self.environment,
            cwd=ROOT,
        )

    def start(self, *, seconds: float = 120) -> None:
        """Start and wait until it is ready; fails with the log when it is not."""
        self.launch()
        process = self.process
        assert process is not None
        ready = wait_until(lambda: process.poll() is not None or self.is_ready(), seconds=seconds, pause=0.1)
        if not ready or process.poll() is not None:
            self.stop()
            raise AssertionError(f"{self.name} did not start:\n{self.log()}")

    def stop(self) -> None:
        """End it in order; what is left after 15 seconds is killed."""
        stop_child(self.process)
        self.process = None

    def kill(self) -> None:
        """kill -9 on the process and all its children."""
        stop_child(self.process, stop_signal=signal.SIGKILL)
        self.process = None

    def child_pids(self) -> list[int]:
        """The direct children: a worker's pool processes, the web server's workers."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children]

    def log(self) -> str:
        """Everything it has printed so far."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""


class Worker(TestProcess):
    """A real Celery worker (prefork) on the test database and broker."""

    concurrency = 1

    def command(self) -> list[str]:
        return [
            sys.executable, "-m", "celery", "-A", "okoce.celery", "worker", "--pool", "prefork",
            "--concurrency", str(self.concurrency), "--without-gossip", "--without-mingle",
            "--without-heartbeat", "--hostname", f"{self.node}@test", "--loglevel", "INFO",
        ]  # fmt: skip

    @property
    def node(self) -> str:
        """Its name among workers."""
        return f"{self.name}-{os.getpid()}"

    def is_ready(self) -> bool:
        from okoce.celery import app

        try:
            with app.connection_for_write() as connection:
                return bool(
                    app.control.ping(destination=[f"{self.node}@test"], timeout=2, connection=connection)
                )
        except (KombuError, redis.RedisError, OSError):
            return False


class Portal(TestProcess):
    """The portal behind its real web server (granian) on a port of its own."""

    def __init__(self, services: Services, name: str, environment: dict[str, str] | None = None) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__(services, name, {"SITE_URL": self.url} | (environment or {}))

    def command(self) -> list[str]:
        return [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
            "--port", str(self.port),
            "--workers", "1", "--blocking-threads", "4", "--no-ws", "okoce.wsgi:application",
        ]  # fmt: skip

    def is_ready(self) -> bool:
        try:
            with urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (HTTPError, URLError, OSError):
            return False
