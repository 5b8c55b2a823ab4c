"""The servers of one test process: its own PostgreSQL and broker, and a database that can be made new.

Every test process (each xdist worker) has servers of its own, so that a test may stop, kill or flush
them. The migrated database with areas is built once, kept as a stopped data folder under
var/test-template, and copied.
With DATABASE_URL and REDIS_URL set, those servers are used instead and only databases of our own are created.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import redis

from core import keys
from okoce.launch.services import EmbeddedBroker, EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = "okoce_template"
ANNOUNCED = "OKOCE_TEST_SERVICES_ANNOUNCED"
"""Set for our child processes: their DATABASE_URL and REDIS_URL are ours, not the person's."""
# Jakarta and one region in each time zone, beside a second one on Java.
TEMPLATE_REGIONS = ("31", "32.73", "73.71", "91.71")


def template_fingerprint() -> str:
    """A digest of everything the template database is made from: a change means it is built anew."""
    digest = hashlib.sha256(repr(TEMPLATE_REGIONS).encode())
    patterns = (
        "*/migrations/*.py", "programs/*/migrations/*.py", "*/models.py", "*/models/*.py",
        "programs/*/models.py",
        "*/data/*", "programs/*/data/*", "*/management/commands/load_areas.py", "centers/loading.py",
        "okoce/settings/base.py", "okoce/testing/*.py", "requirements.txt",
    )  # fmt: skip
    for path in sorted({found for pattern in patterns for found in ROOT.glob(pattern) if found.is_file()}):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock between processes; released even when the process is killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def with_database(url: str, name: str) -> str:
    """The same server's URL for another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


class Services:
    """What tests get as the `services` fixture: addresses, and the power to break and mend things."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="okoce-test-"))
        self.label = os.environ.get("PYTEST_XDIST_WORKER", "main")
        self.database = f"okoce_test_{self.label}_{os.getpid()}"
        self.external_database = self._given("DATABASE_URL")
        self.external_broker = self._given("REDIS_URL")
        self.template = f"{TEMPLATE}_{os.getpid()}" if self.external_database else TEMPLATE
        self.postgres: EmbeddedPostgres | None = None
        self.broker: EmbeddedBroker | None = None
        self.owner_pid = os.getpid()
        if not self.external_database:
            self.postgres = EmbeddedPostgres(
                self.folder / "pg", durable=False, options={"max_connections": "300"}
            )
            self.database = "okoce_test"
        if not self.external_broker:
            self.broker = EmbeddedBroker(self.folder / "broker", durable=False)
        self._started = False

    @staticmethod
    def _given(name: str) -> str:
        """The server that the person named, not one that a parent test process announced to itself."""
        if os.environ.get(ANNOUNCED):
            return os.environ.get(f"TEST_{name}", "")
        return os.environ.get(name, "")

    # Addresses ----------------------------------------------------------------------------------------
    @property
    def dsn(self) -> str:
        """DATABASE_URL of this process's test database."""
        return self._server_url(self.database)

    @property
    def redis_url(self) -> str:
        """REDIS_URL of this process's broker."""
        return self.broker.url if self.broker else self.external_broker

    @property
    def keys_dir(self) -> Path:
        """KEYS_DIR of this process."""
        return self.folder / "keys"

    def _server_url(self, database: str) -> str:
        return (
            self.postgres.url(database) if self.postgres else with_database(self.external_database, database)
        )

    def environment(self) -> dict[str, str]:
        """The variables that make any process use this process's servers, keys and folders."""
        return {
            "DJANGO_SETTINGS_MODULE": "okoce.settings.test",
            "DATABASE_URL": self.dsn,
            "REDIS_URL": self.redis_url,
            "VAR_DIR": str(self.folder),
            "KEYS_DIR": str(self.keys_dir),
            "FILES_DIR": str(self.folder / "files"),
            "OUTBOX_DIR": str(self.folder / "outbox"),
        }

    # Life ---------------------------------------------------------------------------------------------
    def announce(self) -> None:
        """Set the environment and create the keys: must happen before Django's settings are read."""
        given = {"TEST_DATABASE_URL": self.external_database, "TEST_REDIS_URL": self.external_broker}
        os.environ.update(self.environment() | given | {ANNOUNCED: "1"})
        keys.create_missing(self.keys_dir)
        atexit.register(self.stop)

    def _manage(self, *arguments: str, database: str | None = None) -> subprocess.CompletedProcess[str]:
        environment = os.environ | self.environment()
        if database:
            environment["DATABASE_URL"] = self._server_url(database)
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            check=False, env=environment, cwd=ROOT, capture_output=True, text=True,
        )  # fmt: skip

    def start(self) -> None:
        """Start the servers and make the test database. Cheap to call again."""
        if self._started:
            return
        if self.postgres:
            kept = ROOT / "var" / "test-template"
            with exclusive(kept / "lock"):
                self._lay_template(kept)
            self.postgres.start()
        else:
            self._execute(f'CREATE DATABASE "{self.template}"')
            self._fill_template()
        if self.broker:
            self.broker.start()
        self._execute(f'CREATE DATABASE "{self.database}" TEMPLATE "{self.template}"')
        self._started = True

    def _lay_template(self, kept: Path) -> None:
        """Put a data folder with the template in place: a copy of the kept one, or a newly built one."""
        assert self.postgres is not None
        source = kept / template_fingerprint()
        if not source.exists():
            self.postgres.start()
            self.postgres.ensure_database(self.template)
            self._fill_template()
            self.postgres.stop()
            for old in kept.iterdir():
                if old.is_dir():
                    shutil.rmtree(old, ignore_errors=True)
            copying = kept / "copying"
            self._copy(self.postgres.data, copying)
            copying.rename(source)
            return
        self.postgres.folder.mkdir(parents=True, exist_ok=True)
        self._copy(source, self.postgres.data)

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        subprocess.run(["/bin/cp", "-a", "--reflink=auto", str(source), str(target)], check=True)

    def _fill_template(self) -> None:
        """Migrate, and load the areas of a few regions; in other processes, so nothing stays connected."""
        commands = [["migrate", "--no-input", "--skip-checks", "-v", "0"]]
        if (ROOT / "centers/management/commands/load_areas.py").exists():
            commands.append(["load_areas", "--skip-checks", "--only", ",".join(TEMPLATE_REGIONS)])
        for command in commands:
            done = self._manage(*command, database=self.template)
            if done.returncode:
                raise RuntimeError(
                    f"The template database could not be built: manage.py {' '.join(command)}\n"
                    f"{done.stdout}{done.stderr}"
                )

    def stop(self) -> None:
        """End the servers and remove the folder. Runs at the end of the process at the latest."""
        if os.getpid() != self.owner_pid:
            return
        if self._started and self.external_database:
            for name in (self.database, self.template):
                self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._started = False
        if self.broker:
            self.broker.stop()
        if self.postgres:
            self.postgres.stop()
            self.postgres.remove_socket_folder()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _execute(self, *statements: str) -> None:
        with closing(psycopg2.connect(self._server_url("postgres"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

    # Powers -------------------------------------------------------------------------------------------
    def reset_database(self) -> None:
        """Throw the test database away and clone a new one from the template; all sessions are ended."""
        from django.db import connections

        connections.close_all()
        self._execute(
            f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)',
            f'CREATE DATABASE "{self.database}" TEMPLATE "{self.template}"',
        )

    def _own_postgres(self) -> EmbeddedPostgres:
        if self.postgres is None:
            raise RuntimeError(
                "This test stops the database: it needs the embedded one (unset DATABASE_URL)."
            )
        return self.postgres

    def _own_broker(self) -> EmbeddedBroker:
        if self.broker is None:
            raise RuntimeError("This test stops the broker: it needs the embedded one (unset REDIS_URL).")
        return self.broker

    def stop_broker(self) -> None:
        """Stop the broker; everything in it is gone."""
        self._own_broker().stop()

    def start_broker(self) -> None:
        """Start the broker again at the same address, empty."""
        broker = self._own_broker()
        if broker.process is None:
            broker.start()

    def flush_broker(self) -> None:
        """Remove everything that waits in the broker."""
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushall()

    def stop_database(self) -> None:
        """Stop the database server; open sessions are ended."""
        self._own_postgres().stop()

    def start_database(self) -> None:
        """Start the database server again at the same address."""
        postgres = self._own_postgres()
        if postgres.process is None:
            postgres.start()

    def restart_database(self, *, seconds_down: float = 0.0) -> None:
        """Stop and start the database server, with a pause in between."""
        self.stop_database()
        time.sleep(seconds_down)
        self.start_database()

    def kill_database(self) -> None:
        """kill -9 on the database server and its sessions."""
        self._own_postgres().kill()

    def mend(self) -> None:
        """Make sure that both servers run: after a test that stopped them."""
        if self.postgres:
            self.start_database()
        if self.broker:
            self.start_broker()
