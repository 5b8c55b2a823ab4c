"""The restore drill: dump, restore into an empty server, compare, and use the restored portal."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from okoce.launch.services import EmbeddedPostgres

from . import backup

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "okoce_restored"


def drill(*, say: Callable[[str], None], dsn: str | None = None) -> list[str]:
    """Do the whole drill in a temporary folder and return what went wrong; nothing is left behind.

    The portal's own database is only read. The restored copy runs on a server of its own.
    """
    with tempfile.TemporaryDirectory(prefix="okoce-drill-") as folder:
        place = Path(folder)
        counted = backup.backup(place / "backup", dsn=dsn)
        say(f"dumped {len(counted)} tables, {sum(counted.values())} rows")
        server = EmbeddedPostgres(place / "server", durable=False)
        server.prepare()
        server.start()
        try:
            server.ensure_database(DATABASE)
            restored = server.url(DATABASE)
            backup.restore(place / "backup", dsn=restored, files_dir=place / "files")
            wrong = backup.differences(place / "backup", dsn=restored)
            say(f"restored; {len(counted) - len(wrong)} of {len(counted)} tables are equal")
            wrong += use(restored, files_dir=place / "files")
            say("registered and signed in on the restored copy" if not wrong else "the copy is not in order")
            return wrong
        finally:
            server.stop()


def use(dsn: str, *, files_dir: Path) -> list[str]:
    """Register one made-up person on the restored copy and sign in as them, in a process of its own."""
    environment = os.environ | {
        "DATABASE_URL": dsn,
        "FILES_DIR": str(files_dir),
        "ALLOW_SYNTHETIC_NIK": "1",
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "okoce.settings.base"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "okoce.operations.smoke"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    return (
        [] if done.returncode == 0 else [f"the restored portal does not work: {done.stderr.strip()[-400:]}"]
    )
