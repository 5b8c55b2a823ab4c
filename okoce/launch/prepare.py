"""What a start needs from Django: migrations, areas, demo data, static files. Skips whatever is done already.

Run as `python -m okoce.launch.prepare <log file>`. Says in one message what failed; the traceback goes
to that file.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterable
from hashlib import sha256
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEMO_ACCOUNTS = ("warga", "pendamping", "pengelola", "pelatih", "dinas", "mitra", "admin")
MARK = "okoce demo data: "


class Refused(Exception):
    """The start must not go on; the text says why."""


def say(message: str) -> None:
    """One line of progress."""
    print(f"- {message}", flush=True)


def migrate() -> None:
    """Apply waiting migrations; quick when there are none."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("preparing the database")
        call_command("migrate", interactive=False, verbosity=0)


def load_areas() -> None:
    """Provinces to villages, once."""
    from django.core.management import call_command

    from centers.models import Village

    if not Village.objects.exists():
        say("loading the areas of Indonesia")
        call_command("load_areas", verbosity=0, stdout=StringIO())


def seed_demo() -> None:
    """Demo data into an empty database; raises Refused when a filled one is asked for another profile."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from okoce.management.commands.seed_demo import PROFILES
    from participants.models import Person

    wanted = os.environ.get("DEMO_PROFILE", "")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        )
        mark = cursor.fetchone()[0] or ""
    present = mark.removeprefix(MARK) if mark.startswith(MARK) else ""
    if Person.objects.exists():
        if wanted and wanted != present:
            held = f"the demo data {present!r}" if present else "other data"
            raise Refused(
                f"DEMO_PROFILE={wanted} asks for other demo data, but the database already holds {held}.\n"
                "Start without DEMO_PROFILE to keep it, or use an empty database"
                " (remove var/postgres, or set DATABASE_URL)."
            )
        return
    profile = wanted or "default"
    if profile not in (*PROFILES, "none"):
        raise Refused(f"DEMO_PROFILE must be one of {', '.join(PROFILES)} or none, not {profile!r}.")
    if not settings.DEMO_MODE or profile == "none":
        return
    say("writing demo data (this is done once)")
    call_command("seed_demo", profile=profile, verbosity=0, stdout=StringIO())
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_database()), quote_literal(%s)", [MARK + profile])
        name, comment = cursor.fetchone()
        cursor.execute(f"COMMENT ON DATABASE {name} IS {comment}")


def list_demo_accounts(path: Path) -> None:
    """Write the demo accounts that exist to a file for the launcher to print; none outside demo mode."""
    from django.conf import settings

    from accounts.models import User

    path.unlink(missing_ok=True)
    if not settings.DEMO_MODE:
        return
    names = [f"{name}@example.com" for name in DEMO_ACCOUNTS]
    found = set(User.objects.filter(email__in=names).values_list("email", flat=True))
    if found:
        lines = [
            "Demo accounts (password: " + settings.DEMO_PASSWORD + ")",
            *(f"  {n}" for n in names if n in found),
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def fingerprint(paths: Iterable[Path]) -> str:
    """A digest of names, sizes and contents of the static sources."""
    digest = sha256()
    for path in sorted(paths):
        digest.update(str(path).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def collect_static() -> None:
    """Hashed and compressed copies in STATIC_ROOT, when their sources or the packages changed."""
    from django.conf import settings
    from django.core.management import call_command

    sources = [
        path for _, folder in settings.STATICFILES_DIRS for path in Path(folder).rglob("*") if path.is_file()
    ]
    value = fingerprint([*sources, ROOT / "requirements.txt"])
    stamp = Path(settings.STATIC_ROOT) / ".stamp"
    if stamp.exists() and stamp.read_text(encoding="ascii") == value:
        return
    say("compressing static files")
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(value, encoding="ascii")


def main(log: Path) -> int:
    """Exit status 0 when the portal may start."""
    import django

    try:
        django.setup()
        from django.conf import settings

        migrate()
        load_areas()
        seed_demo()
        list_demo_accounts(settings.VAR_DIR / "run" / "demo-accounts.txt")
        if not settings.DEBUG:
            collect_static()
    except Refused as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except Exception as error:
        # The last stop before the person at the keyboard: whatever it was, they get one line and a log file.
        with log.open("a", encoding="utf-8") as output:
            traceback.print_exc(file=output)
        full = "No space left on device" in str(error)
        reason = (
            "the disk is full. Free some space and start again."
            if full
            else f"{type(error).__name__}: {error}"
        )
        print(f"\nThe preparation failed: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
