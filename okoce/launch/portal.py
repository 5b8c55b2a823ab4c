"""`make run`, inside the virtual environment: services, preparation, then web, worker and scheduler together.

Whatever goes wrong is told in words; the details are in var/log/. On Ctrl-C, SIGTERM or the death of this
process everything it started ends.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType
from typing import IO
from urllib.parse import urlsplit

import psycopg2
import redis

from okoce import crowding
from okoce.launch.processes import start_child, stop_child, wait_until
from okoce.launch.services import EmbeddedBroker, EmbeddedPostgres, ServiceFailed, last_lines

ROOT = Path(__file__).resolve().parents[2]
LEAST_FREE = 200_000_000  # bytes that database, uploads and logs need to work at all
LOG_LIMIT = 10_000_000  # bytes after which a log file is set aside at the next start
MOST_DEATHS = 3
DEATH_WINDOW = 60.0  # seconds


class Refused(Exception):
    """The portal cannot run here and now; the text says why and what to do."""


def say(message: str) -> None:
    """One line of progress."""
    print(f"- {message}", flush=True)


@dataclass
class Part:
    """One process of the portal, started again when it dies on its own."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    stop_signal: int = signal.SIGTERM
    patience: float = 12.0
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)

    def has_died(self) -> bool:
        """Whether it was started and runs no more."""
        return self.process is not None and self.process.poll() is not None


class Launcher:
    """Holds what was started, so that all of it can be ended in the reverse order."""

    def __init__(self) -> None:
        self.var = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()
        self.run_dir = self.var / "run"
        self.logs = self.var / "log"
        self.host = os.environ.get("HOST") or "127.0.0.1"
        self.port = self.read_port()
        self.postgres: EmbeddedPostgres | None = None
        self.broker: EmbeddedBroker | None = None
        self.parts: list[Part] = []
        self.stopping = False
        self._lock: IO[str] | None = None

    @staticmethod
    def read_port() -> int:
        """PORT from the environment; 8000 when unset."""
        given = os.environ.get("PORT") or "8000"
        if not (given.isascii() and given.isdigit() and 1 <= int(given) <= 65_535):
            raise Refused(f"PORT must be a number from 1 to 65535, not {given!r}.")
        return int(given)

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the portal."""
        everywhere = self.host == "0.0.0.0"  # nosec B104 (compared, not bound)
        return f"http://{'127.0.0.1' if everywhere else self.host}:{self.port}"

    # Before anything starts ---------------------------------------------------------------------------
    def claim(self) -> None:
        """Be the only launcher of this folder; raises Refused when another one runs."""
        for folder in (self.var, self.run_dir, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        lock = (self.run_dir / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise Refused(
                f"The portal already runs from this folder ({lock.read().strip() or 'starting'})."
                " Stop it first with Ctrl-C."
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, {self.address}\n")
        lock.flush()
        self._lock = lock

    def check_machine(self) -> None:
        """The port is free and the disk has room."""
        free = shutil.disk_usage(self.var).free
        if free < LEAST_FREE:
            raise Refused(
                f"The disk is full: only {free // 1_000_000} MB are left where {self.var} is."
                f" Free at least {LEAST_FREE // 1_000_000} MB and start again."
            )
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise Refused(
                        f"Port {self.port} is taken by another program."
                        f" Choose another one: PORT={self.port + 1} make run"
                    ) from None
                raise Refused(
                    f"The address {self.host}:{self.port} cannot be used: {error.strerror}."
                ) from None

    # Services -----------------------------------------------------------------------------------------
    def start_services(self) -> None:
        """Embedded servers, or the ones that DATABASE_URL and REDIS_URL name."""
        if not os.environ.get("DATABASE_URL"):
            say("starting the embedded database")
            self.postgres = EmbeddedPostgres(self.var / "postgres")
            self.postgres.start()
            self.postgres.ensure_database("okoce")
            os.environ["DATABASE_URL"] = self.postgres.url("okoce")
        else:
            self.check_database(os.environ["DATABASE_URL"])
        if not os.environ.get("REDIS_URL"):
            self.broker = EmbeddedBroker(self.var / "broker")
            self.broker.start()
            os.environ["REDIS_URL"] = self.broker.url
        else:
            self.check_broker(os.environ["REDIS_URL"])
        addresses = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
        services = self.run_dir / "services.json"
        services.unlink(missing_ok=True)
        services.touch(mode=0o600)
        services.write_text(json.dumps(addresses), encoding="utf-8")

    @staticmethod
    def check_database(url: str) -> None:
        """Raises Refused with the server's own words when DATABASE_URL cannot be used."""
        try:
            psycopg2.connect(url, connect_timeout=5).close()
        except psycopg2.Error as error:
            raise Refused(
                f"The database named by DATABASE_URL cannot be reached:\n{str(error).strip()}\n"
                "Start it or correct DATABASE_URL; without DATABASE_URL an embedded one is used."
            ) from None

    @staticmethod
    def check_broker(url: str) -> None:
        """Raises Refused when REDIS_URL cannot be used."""
        try:
            with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
                client.ping()
        except (redis.RedisError, ValueError) as error:
            raise Refused(
                f"The broker named by REDIS_URL cannot be reached: {error}\n"
                "Start it or correct REDIS_URL; without REDIS_URL an embedded one is used."
            ) from None

    # Preparation --------------------------------------------------------------------------------------
    def ensure_keys(self) -> None:
        """Create the key files of a new portal; refuse when keys are missing beside a filled database."""
        from core import keys

        folder = Path(os.environ.get("KEYS_DIR") or self.var / "keys").resolve()
        missing = [name for name in keys.KEY_FILES if not (folder / name).is_file()]
        if not missing:
            return
        if self.database_is_filled():
            raise Refused(
                f"Key files are missing in {folder}: {', '.join(missing)}.\n"
                "The database already holds data sealed with them: new keys could not read it.\n"
                "Put the files back from your copy, then start again."
                " (A demo can be begun anew by removing the var folder.)"
            )
        made = keys.create_missing(folder)
        say(f"made {len(made)} key files in {folder}: keep a copy of them apart from the database's")

    @staticmethod
    def database_is_filled() -> bool:
        """Whether anybody has an account in the database."""
        connection = psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=5)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT to_regclass('accounts_user') IS NOT NULL")
                if not (row := cursor.fetchone()) or not row[0]:
                    return False
                cursor.execute("SELECT EXISTS (SELECT 1 FROM accounts_user)")
                return bool((row := cursor.fetchone()) and row[0])
        finally:
            connection.close()

    def prepare(self) -> None:
        """Migrations, areas, demo data, static files: okoce/launch/prepare.py in a process of its own."""
        log = self.logs / "prepare.log"
        process = start_child([sys.executable, "-m", "okoce.launch.prepare", log], cwd=ROOT)
        self.parts.append(Part("preparation", lambda: process, process=process))
        while process.poll() is None:
            if self.stopping:
                return
            time.sleep(0.05)
        self.parts.pop()
        if process.returncode:
            # The preparation has said why in its own words.
            raise Refused(f"The portal was not started. Details: {log}")

    # The portal itself --------------------------------------------------------------------------------
    def child(self, name: str, *command: str) -> Part:
        """A part that logs into var/log/<name>.log."""
        log = self.logs / f"{name}.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        env = crowding.ENVIRONMENT | os.environ
        return Part(name, lambda: start_child([sys.executable, "-m", *command], log=log, cwd=ROOT, env=env))

    def start_parts(self) -> None:
        """Web, worker and scheduler; returns when the web server answers."""
        workers = os.environ.get("WEB_WORKERS") or "2"
        self.parts = [
            self.child(
                "web", "granian", "--interface", "wsgi", "--host", self.host, "--port", str(self.port),
                "--workers", workers, "--blocking-threads", str(crowding.THREADS), "--no-ws",
                "--respawn-failed-workers",
                "--workers-kill-timeout", "5", "okoce.wsgi:application",
            ),
            self.child(
                "worker", "celery", "-A", "okoce.celery", "worker", "--pool", "prefork",
                "--concurrency", os.environ.get("WORKER_CONCURRENCY") or "2",
                "--without-gossip", "--without-mingle",
                "--loglevel", "WARNING",
            ),
            self.child("beat", "celery", "-A", "okoce.celery", "beat", "--loglevel", "WARNING"),
        ]  # fmt: skip
        for part in self.parts:
            part.process = part.start()
        web = self.parts[0]
        wait_until(lambda: self.stopping or web.has_died() or self.web_answers(), seconds=60, pause=0.1)
        if not self.stopping and (web.has_died() or not self.web_answers()):
            raise Refused(
                f"The web server did not start. The end of its log:\n{last_lines(self.logs / 'web.log', 12)}"
            )

    def web_answers(self) -> bool:
        """Whether /healthz answers."""
        connection = HTTPConnection(urlsplit(self.address).hostname or "", self.port, timeout=3)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (HTTPException, OSError):
            return False
        finally:
            connection.close()

    def watch(self) -> None:
        """Until told to stop: start again what died; raises Refused when something keeps dying."""
        while not self.stopping:
            for part in self.parts:
                if part.has_died() and not self.stopping:
                    self.revive(part)
            for service in (self.postgres, self.broker):
                if service and service.process and service.process.poll() is not None and not self.stopping:
                    say(f"{type(service).__name__} ended unexpectedly; starting it again")
                    service.start()
            time.sleep(0.2)

    def revive(self, part: Part) -> None:
        """Start a part again, at most MOST_DEATHS times within DEATH_WINDOW seconds."""
        assert part.process is not None
        now = time.monotonic()
        part.deaths = [at for at in part.deaths if now - at < DEATH_WINDOW] + [now]
        if len(part.deaths) > MOST_DEATHS:
            raise Refused(
                f"{part.name} keeps ending. The end of its log:\n"
                f"{last_lines(self.logs / f'{part.name}.log', 12)}"
            )
        say(f"{part.name} ended unexpectedly (status {part.process.returncode}); starting it again")
        stop_child(part.process)  # what is left of its process group
        part.process = part.start()

    def stop(self) -> None:
        """End everything, last started first: nobody asks a service that is gone already."""
        self.stopping = True
        for part in self.parts:
            if part.process and part.process.poll() is None:
                part.process.send_signal(part.stop_signal)
        for part in reversed(self.parts):
            stop_child(part.process, stop_signal=part.stop_signal, patience=part.patience)
        if self.broker:
            self.broker.stop()
        if self.postgres:
            self.postgres.stop()
            self.postgres.remove_socket_folder()
        if self._lock:
            (self.run_dir / "services.json").unlink(missing_ok=True)
            self._lock.close()

    def announce(self) -> None:
        """The address, and the demo accounts while demo mode is on."""
        lines = [f"The portal runs at {self.address}"]
        demo = self.run_dir / "demo-accounts.txt"
        if demo.exists():
            lines += ["", *demo.read_text(encoding="utf-8").splitlines()]
        lines += ["", f"Logs: {self.logs}   Messages: {self.var / 'outbox'}   Stop: Ctrl-C"]
        width = max(map(len, lines)) + 2
        print("\n" + "\n".join(["-" * width, *(f" {line}" for line in lines), "-" * width]), flush=True)

    def run(self) -> None:
        """The whole life of `make run`."""
        self.claim()
        self.check_machine()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "okoce.settings.dev")
        os.environ["PORT"] = str(self.port)
        for step in (self.start_services, self.ensure_keys, self.prepare, self.start_parts):
            if self.stopping:
                return
            step()
        if not self.stopping:
            self.announce()
            self.watch()


def main() -> int:
    """Exit status 0 after an orderly stop, 1 when the portal could not run."""
    os.chdir(ROOT)
    launcher: Launcher | None = None

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        if launcher is not None:
            launcher.stopping = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask_to_stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup asks to ignore it
        signal.signal(signal.SIGHUP, ask_to_stop)
    status = 0
    try:
        launcher = Launcher()
        launcher.run()
    except (Refused, ServiceFailed) as error:
        print(f"\n{error}\n", file=sys.stderr, flush=True)
        status = 1
    except OSError as error:
        reason = (
            "the disk is full. Free some space and start again."
            if error.errno == errno.ENOSPC
            else str(error)
        )
        print(f"\nThe portal stopped: {reason}\n", file=sys.stderr, flush=True)
        status = 1
    finally:
        if launcher is not None:
            print("\n- stopping", flush=True)
            launcher.stop()
            print("- stopped, nothing left running", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
