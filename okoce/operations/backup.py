"""Backup and restore: the database by pg_dump, private files beside it, keys never in the same place.

manage.py backup /backups/2026-11-23
manage.py restore /backups/2026-11-23        (into the empty database of DATABASE_URL)
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from django.conf import settings
from django.db import connection
from psycopg2 import sql
from psycopg2.extensions import make_dsn, parse_dsn

from core.clock import now
from okoce.launch.services import ServiceFailed, postgres_program

DUMP, FILES, MANIFEST = "database.dump", "files.tar", "manifest.json"


class BackupRefused(Exception):
    """The backup or restore cannot be done; the text says what to mend."""


@dataclass(frozen=True, slots=True)
class TableSum:
    """A table's number of rows and a checksum over their contents that does not depend on their order."""

    rows: int
    checksum: str


def program(name: str) -> str:
    """Path of a PostgreSQL client program: the embedded server's (newest), else the one on the PATH.

    A client program may be newer than the server, never older.
    """
    with contextlib.suppress(ServiceFailed):
        return str(postgres_program(name))
    if found := shutil.which(name):
        return found
    raise BackupRefused(f"{name} is missing: install PostgreSQL's client programs.")


def table_sums(dsn: str) -> dict[str, TableSum]:
    """Rows and checksum of every table, by name."""
    with contextlib.closing(psycopg2.connect(dsn)) as found:
        return _sums(found)


def _sums(found: Any) -> dict[str, TableSum]:
    with found.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        names = [row[0] for row in cursor.fetchall()]
        sums = {}
        for name in names:
            cursor.execute(
                sql.SQL(
                    "SELECT count(*), coalesce(md5(string_agg(line, '' ORDER BY line)), '')"
                    " FROM (SELECT md5(t::text) AS line FROM {} AS t) AS lines"
                ).format(sql.Identifier(name))
            )
            rows, checksum = cursor.fetchone()
            sums[name] = TableSum(rows, checksum)
    return sums


def dsn_of_default() -> str:
    """Address of the database this process works with, in libpq's form."""
    parameters = connection.get_connection_params()
    names = ("dbname", "host", "port", "user", "password")
    return make_dsn(**{name: parameters[name] for name in names if parameters.get(name)})


def backup(folder: Path, *, dsn: str | None = None) -> dict[str, int]:
    """Write a dump, the private files and a manifest into an empty folder; return rows per table.

    The dump is one consistent snapshot. Files are only ever added under new names, so those that belong to
    the snapshot are all there when the archive is made after it. Keys are left out on purpose.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BackupRefused(f"{folder} is not empty. Choose a new folder for each backup.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    address = dsn or dsn_of_default()
    with contextlib.closing(psycopg2.connect(address)) as holder:
        holder.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with holder.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
        _run(
            "pg_dump",
            "--format=custom",
            "--no-owner",
            f"--snapshot={snapshot}",
            f"--file={folder / DUMP}",
            dsn=address,
        )
        sums = _sums(holder)
    with tarfile.open(folder / FILES, "w") as archive:
        if Path(settings.FILES_DIR).exists():
            archive.add(settings.FILES_DIR, arcname="files")
    manifest = {
        "made_at": now().isoformat(),
        "tables": {name: [entry.rows, entry.checksum] for name, entry in sums.items()},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    return {name: entry.rows for name, entry in sums.items()}


def restore(folder: Path, *, dsn: str, files_dir: Path) -> None:
    """Bring a backup back into an empty database and an empty files folder."""
    if not (folder / DUMP).exists():
        raise BackupRefused(f"{folder} holds no backup ({DUMP} is missing).")
    with contextlib.closing(psycopg2.connect(dsn)) as found, found.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        if cursor.fetchone()[0]:
            raise BackupRefused("The database is not empty. Restore only into an empty one.")
    if files_dir.exists() and any(files_dir.iterdir()):
        raise BackupRefused(f"{files_dir} is not empty. Restore only into an empty folder.")
    _run("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", str(folder / DUMP), dsn=dsn)
    staged = files_dir.parent / f".{files_dir.name}.restoring"
    staged.mkdir(parents=True)
    with tarfile.open(folder / FILES) as archive:
        archive.extractall(staged, filter="data")
    if (staged / "files").exists():
        if files_dir.exists():
            files_dir.rmdir()
        (staged / "files").rename(files_dir)
    shutil.rmtree(staged)


def differences(folder: Path, *, dsn: str) -> list[str]:
    """Tables whose rows or checksum differ from the manifest of a backup."""
    expected = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["tables"]
    found = table_sums(dsn)
    wrong = [f"{name}: missing" for name in sorted(expected.keys() - found.keys())]
    wrong += [f"{name}: not in the backup" for name in sorted(found.keys() - expected.keys())]
    for name in sorted(expected.keys() & found.keys()):
        rows, checksum = expected[name]
        if (found[name].rows, found[name].checksum) != (rows, checksum):
            wrong.append(f"{name}: {found[name].rows} rows instead of {rows}, or other contents")
    return wrong


def _run(name: str, *arguments: str, dsn: str) -> None:
    """Run a client program on a database; the password goes through the environment, not the command line."""
    parts = parse_dsn(dsn)
    password = parts.pop("password", "")
    environment = {**os.environ, "PGCONNECT_TIMEOUT": "10", **({"PGPASSWORD": password} if password else {})}
    done = subprocess.run(
        [program(name), *arguments, f"--dbname={make_dsn(**parts)}"],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    if done.returncode:
        raise BackupRefused(f"{name} failed: {done.stderr.strip()[-600:]}")
