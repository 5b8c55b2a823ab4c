"""The launcher tells people in words what is wrong, and leaves no process behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections import namedtuple
from pathlib import Path
from urllib.request import urlopen

import psycopg2
import pytest

from core import keys
from okoce.launch import bootstrap, portal, prepare
from okoce.launch.processes import wait_until
from okoce.launch.services import EmbeddedBroker, EmbeddedPostgres, free_port
from okoce.testing.services import ROOT, Services


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """A person's shell, without the variables of the tests."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "VAR_DIR": str(folder),
        "PORT": str(free_port()),
    } | changes


def launch(folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run the launcher until it ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "okoce.launch.portal"], check=False, cwd=ROOT,
        env=environment(folder, **changes),
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def processes_of(folder: Path) -> list[str]:
    """Command lines of running processes that were started for this folder."""
    mark = f"VAR_DIR={folder}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes()
                if mark in (entry / "environ").read_bytes() or str(folder).encode() in command:
                    found.append(command.replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue
    return found


def test_a_taken_port_is_named(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = launch(tmp_path, PORT=str(port))
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stderr
    assert f"PORT={port + 1}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_no_port_is_refused(tmp_path):
    done = launch(tmp_path, PORT="eighty")
    assert done.returncode == 1
    assert "PORT must be a number" in done.stderr


def test_an_unreachable_database_is_named_without_its_password(tmp_path):
    done = launch(tmp_path, DATABASE_URL="postgresql://okoce:s3cret-word@127.0.0.1:1/okoce")
    assert done.returncode == 1
    assert "DATABASE_URL cannot be reached" in done.stderr
    assert "s3cret-word" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_an_unreachable_broker_is_named(tmp_path, services):
    done = launch(tmp_path, DATABASE_URL=services.dsn, REDIS_URL="redis://127.0.0.1:1/0")
    assert done.returncode == 1
    assert "REDIS_URL cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.django_db(transaction=True)
def test_missing_keys_beside_a_filled_database_stop_the_start(tmp_path, services):
    from accounts.tests.factories import UserFactory

    UserFactory()
    keys.create_missing(tmp_path / "keys")
    (tmp_path / "keys" / keys.INDEX).unlink()
    done = launch(tmp_path, DATABASE_URL=services.dsn, REDIS_URL=services.redis_url)
    assert done.returncode == 1
    assert keys.INDEX in done.stderr
    assert "new keys could not read it" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "keys" / keys.INDEX).exists()


def test_a_nearly_full_disk_is_refused_before_anything_starts(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**9, 10**9 - 5_000_000, 5_000_000))
    launcher = portal.Launcher()
    launcher.claim()
    with pytest.raises(portal.Refused, match="disk is full: only 5 MB are left"):
        launcher.check_machine()
    launcher.stop()


def test_a_disk_that_fills_up_is_told_in_words(tmp_path):
    postgres = EmbeddedPostgres(tmp_path)
    postgres.folder.mkdir(exist_ok=True)
    postgres.log.write_text("initdb: error: could not write file: No space left on device\n")
    from okoce.launch.services import explain

    assert "the disk is full" in str(explain("The embedded database", postgres.log))


def test_a_second_launcher_of_the_same_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    first = portal.Launcher()
    first.claim()
    done = launch(tmp_path)
    first.stop()
    assert done.returncode == 1
    assert f"already runs from this folder (process {os.getpid()}" in done.stderr


@pytest.mark.django_db
def test_another_profile_on_a_filled_database_is_refused(monkeypatch):
    from participants.tests.factories import PersonFactory

    PersonFactory()
    monkeypatch.setenv("DEMO_PROFILE", "jakarta-2018")
    with pytest.raises(prepare.Refused, match="already holds other data"):
        prepare.seed_demo()


@pytest.mark.django_db
def test_a_profile_that_does_not_exist_is_refused(monkeypatch):
    monkeypatch.setenv("DEMO_PROFILE", "bandung-1955")
    with pytest.raises(prepare.Refused, match="must be one of default"):
        prepare.seed_demo()


@pytest.mark.django_db
def test_demo_data_is_marked_with_its_profile(monkeypatch, settings):
    from participants.tests.factories import PersonFactory

    settings.DEMO_MODE = True
    monkeypatch.setenv("DEMO_PROFILE", "default")
    monkeypatch.setattr("django.core.management.call_command", lambda *_, **__: PersonFactory())
    prepare.seed_demo()
    prepare.seed_demo()  # the same profile again: nothing to do
    monkeypatch.setenv("DEMO_PROFILE", "jakarta-2018")
    with pytest.raises(prepare.Refused, match="already holds the demo data 'default'"):
        prepare.seed_demo()


@pytest.mark.django_db
def test_a_filled_database_is_left_alone(monkeypatch):
    from participants.tests.factories import PersonFactory

    PersonFactory()
    monkeypatch.delenv("DEMO_PROFILE", raising=False)
    monkeypatch.setattr("django.core.management.call_command", lambda *_: pytest.fail("seeded"))
    prepare.seed_demo()


def start_portal(folder: Path, services: Services) -> tuple[subprocess.Popen[bytes], dict[str, str]]:
    """The whole portal in `folder`, on the test's database and broker, started as from a shell."""
    values = environment(
        folder, DATABASE_URL=services.dsn, REDIS_URL=services.redis_url, DEMO_PROFILE="none",
        KEYS_DIR=str(services.keys_dir), STATIC_ROOT=str(folder / "static"), DEBUG="1",
    )  # fmt: skip
    with (folder / "out.txt").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "okoce.launch.portal"], cwd=ROOT, env=values, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    ready = wait_until(
        lambda: "The portal runs at" in (folder / "out.txt").read_text() or process.poll() is not None,
        seconds=200,
    )
    assert ready, (folder / "out.txt").read_text()
    assert process.poll() is None, (folder / "out.txt").read_text()
    return process, values


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_portal_answers_and_ends_without_leaving_a_process(tmp_path, services, number):
    process, values = start_portal(tmp_path, services)
    with urlopen(f"http://127.0.0.1:{values['PORT']}/readyz", timeout=60) as answer:
        assert answer.status == 200
    running = "\n".join(processes_of(tmp_path))
    assert re.search("granian", running)
    assert re.search("celery.* worker", running)
    assert re.search("celery.* beat", running)
    web = [
        entry for entry in Path("/proc").iterdir() if entry.name.isdigit() and b"granian" in _command(entry)
    ]
    ours = [told for told in map(_environment, web) if f"VAR_DIR={tmp_path}".encode() in told]
    assert ours
    assert all(b"MALLOC_ARENA_MAX=2" in told for told in ours)
    process.send_signal(number)
    assert process.wait(90) == 0
    assert processes_of(tmp_path) == []
    assert "nothing left running" in (tmp_path / "out.txt").read_text()


@pytest.mark.django_db(transaction=True)
def test_even_a_killed_launcher_takes_everything_with_it(tmp_path, services):
    process, _ = start_portal(tmp_path, services)
    assert len(processes_of(tmp_path)) >= 4
    process.kill()
    process.wait(10)
    assert wait_until(lambda: processes_of(tmp_path) == [], seconds=90), processes_of(tmp_path)


@pytest.mark.django_db(transaction=True)
def test_a_part_that_dies_is_started_again(tmp_path, services):
    process, values = start_portal(tmp_path, services)
    worker = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit()
        and b"celery\0-A\0okoce.celery\0worker" in _command(entry)
        and f"VAR_DIR={tmp_path}".encode() in (entry / "environ").read_bytes()
    ]
    os.kill(min(worker), signal.SIGKILL)
    assert wait_until(lambda: "worker ended unexpectedly" in (tmp_path / "out.txt").read_text(), seconds=60)
    with urlopen(f"http://127.0.0.1:{values['PORT']}/healthz", timeout=60) as answer:
        assert answer.status == 200
    process.send_signal(signal.SIGINT)
    assert process.wait(90) == 0
    assert processes_of(tmp_path) == []


def _environment(entry: Path) -> bytes:
    try:
        return (entry / "environ").read_bytes()
    except OSError:
        return b""


def _command(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes()
    except OSError:
        return b""


def test_the_embedded_database_keeps_its_data_over_a_kill(tmp_path):
    postgres = EmbeddedPostgres(tmp_path / "pg")
    try:
        postgres.start()
        assert postgres.ensure_database("kept") is True
        connection = psycopg2.connect(postgres.url("kept"))
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE note AS SELECT 1 AS n")
        connection.close()
        postgres.kill()
        postgres.start()
        assert postgres.ensure_database("kept") is False
        connection = psycopg2.connect(postgres.url("kept"))
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT n FROM note")
            assert cursor.fetchone() == (1,)
        connection.close()
    finally:
        postgres.stop()
        postgres.remove_socket_folder()


def test_the_embedded_broker_wants_its_password(tmp_path):
    broker = EmbeddedBroker(tmp_path / "broker", durable=False)
    try:
        broker.start()
        with socket.create_connection(("127.0.0.1", broker.port), timeout=60) as stranger:
            stranger.sendall(b"PING\r\n")
            assert stranger.recv(100).startswith(b"-NOAUTH")
        command = Path(f"/proc/{broker.process.pid}/cmdline").read_bytes()
        assert broker.password.encode() not in command
    finally:
        broker.stop()


@pytest.mark.parametrize(("answer", "major"), [("v20.11.1", 20), ("v16.0.0", 16), ("nonsense", 0)])
def test_the_version_of_node_is_read(tmp_path, answer, major):
    program = tmp_path / "node"
    program.write_text(f"#!/bin/sh\necho {answer}\n")
    program.chmod(0o755)
    assert bootstrap.node_version(str(program)) == major


def test_a_step_is_done_again_only_when_its_sources_change(tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    source, stamp = tmp_path / "source", tmp_path / "stamp"
    source.write_text("a")
    before = bootstrap.fingerprint([source])
    stamp.write_text(before)
    assert bootstrap.is_current(stamp, bootstrap.fingerprint([source]))
    source.write_text("b")
    assert not bootstrap.is_current(stamp, bootstrap.fingerprint([source]))


def test_a_failing_step_ends_with_its_last_lines_and_advice():
    with pytest.raises(bootstrap.Refused) as refused:
        bootstrap.run(
            [sys.executable, "-c", "print('no such thing'); raise SystemExit(3)"], "Building", "Try again."
        )
    message = str(refused.value)
    assert "Building failed" in message
    assert "no such thing" in message
    assert "Try again." in message
    assert "Traceback" not in message


@pytest.mark.django_db
def test_areas_are_loaded_only_once(monkeypatch):
    called = []
    monkeypatch.setattr("django.core.management.call_command", lambda name, **_: called.append(name))
    prepare.load_areas()
    assert called == []


def test_a_stop_in_the_middle_of_a_step_ends_the_step_and_its_children(tmp_path):
    code = (
        "import signal, sys; from okoce.launch import bootstrap;"
        "signal.signal(signal.SIGTERM, bootstrap.end_on_sigterm);"
        "bootstrap.run(['/bin/sh', '-c', 'sleep 300; true'], 'Waiting', '')"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment(tmp_path))
    assert wait_until(lambda: any(line.startswith("sleep") for line in processes_of(tmp_path)), seconds=60)
    process.terminate()
    assert process.wait(60) == 143
    assert processes_of(tmp_path) == []


def test_a_half_made_environment_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / ".venv")], check=True)
    assert not bootstrap.has_pip(bootstrap.PYTHON)
    bootstrap.ensure_venv()
    assert bootstrap.has_pip(bootstrap.PYTHON)
    monkeypatch.setattr(bootstrap, "run", lambda *_: pytest.fail("made again"))
    bootstrap.ensure_venv()
