"""`make check`: everything that can be judged without running the portal. Prints one line a check."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from core import keys
from okoce.testing.services import ROOT, Services

BIN = Path(sys.executable).parent
SOURCES = (
    "core",
    "accounts",
    "notifications",
    "centers",
    "helpdesk",
    "participants",
    "programs",
    "reports",
    "okoce",
)
LABELS = (
    "core", "accounts", "notifications", "centers", "helpdesk", "participants", "training", "placement",
    "mentoring", "licensing", "marketing", "bookkeeping", "capital", "outcomes", "pipeline", "reports",
)  # fmt: skip


def production_environment(folder: Path) -> dict[str, str]:
    """The variables of a production host, with keys of its own and servers that are never asked."""
    keys.create_missing(folder / "keys")
    return {
        "DJANGO_SETTINGS_MODULE": "okoce.settings.base",
        "KEYS_DIR": str(folder / "keys"),
        "VAR_DIR": str(folder),
        "DATABASE_URL": "postgresql://okoce@127.0.0.1:1/okoce",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "ALLOWED_HOSTS": "portal.okoce.example",
        "SITE_URL": "https://portal.okoce.example",
    }


BEFORE_FIRST_RELEASE = ("0006_name_key", "0008_identity_document")
"""Migrations made before anything ran in production: no release has to live with their locks."""


def checks(services: Services, production: dict[str, str]) -> list[tuple[str, list[str], dict[str, str]]]:
    """Name, command and environment of every check, the quick ones first."""
    manage = [sys.executable, "manage.py"]
    database = services.environment()
    return [
        ("ruff: style and mistakes", [str(BIN / "ruff"), "check", "--output-format", "concise", "."], {}),
        (
            "ruff: layout of the code",
            [str(BIN / "ruff"), "format", "--check", "--output-format", "concise", "."],
            {},
        ),
        ("djlint: templates", [str(BIN / "djlint"), "templates", "--lint", "--quiet"], {}),
        ("import-linter: directions", [str(BIN / "lint-imports"), "--config", "pyproject.toml"], database),
        (
            "bandit: security",
            [str(BIN / "bandit"), "-q", "-ll", "-ii", "-c", "pyproject.toml", "-r", *SOURCES],
            {},
        ),
        ("Django: deployment", [*manage, "check", "--deploy", "--fail-level", "WARNING"], production),
        ("migrations: none missing", [*manage, "makemigrations", "--check", "--dry-run"], database),
        ("migrations: apply to an empty database", [*manage, "migrate", "--check"], database),
        (
            "migrations: fit for the running release",
            [
                *manage,
                "lintmigrations",
                "--no-cache",
                "--ignore-initial-migrations",
                "--ignore-name",
                *BEFORE_FIRST_RELEASE,
                "--sql-analyser",
                "postgresql",
                "--include-apps",
                *LABELS,
            ],
            database,
        ),
        ("mypy: types", [str(BIN / "mypy"), *SOURCES], database),
    ]


def main() -> int:
    """Number of failed checks, at most 1 as exit status."""
    failed = 0
    services = Services()
    with tempfile.TemporaryDirectory(prefix="okoce-check-") as folder:
        try:
            services.announce()
            services.start()
            for name, command, environment in checks(services, production_environment(Path(folder))):
                started = time.monotonic()
                done = subprocess.run(
                    command, check=False, cwd=ROOT, env=os.environ | environment, text=True,
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                )  # fmt: skip
                good = done.returncode == 0
                failed += not good
                print(
                    f"{'ok    ' if good else 'FAILED'}  {name} ({time.monotonic() - started:.1f} s)",
                    flush=True,
                )
                if not good:
                    print(done.stdout, flush=True)
        finally:
            services.stop()
    print("All checks passed." if not failed else f"{failed} checks failed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
