"""`manage.py doctor`: is everything that the portal leans on in order? Changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core import keys
from okoce import health

LEAST_FREE = 500_000_000
"""Bytes of free disk below which an operator should act."""


def check_keys() -> str:
    """All key files are there, readable, and closed to others."""
    keys.require(Path(settings.KEYS_DIR))
    open_files = [name for name in keys.KEY_FILES if (Path(settings.KEYS_DIR) / name).stat().st_mode & 0o077]
    return f"others may read {', '.join(open_files)}: chmod 600" if open_files else ""


def check_disk() -> str:
    """There is room for uploads, logs and the database."""
    free = shutil.disk_usage(settings.BASE_DIR).free
    return f"only {free // 1_000_000} MB are free" if free < LEAST_FREE else ""


def check_folders() -> str:
    """Uploads and messages can be written."""
    for folder in (settings.FILES_DIR, settings.OUTBOX_DIR):
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".doctor"
        probe.touch()
        probe.unlink()
    return ""


def check_assets() -> str:
    """Style sheet and scripts are built and, outside debug mode, collected."""
    built = settings.BASE_DIR / "static" / "dist" / "app.css"
    if not built.exists():
        return "static/dist/app.css is missing: npm ci && npm run build"
    if not settings.DEBUG and not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        return "static files are not collected: manage.py collectstatic"
    return ""


def check_areas() -> str:
    """Provinces to villages are loaded: 38, 514, 7,285 and 83,762 of them at least."""
    from centers.models import District, Province, Regency, Village

    counts = {
        "provinces": (Province.objects.count(), 38),
        "regencies": (Regency.objects.count(), 514),
        "districts": (District.objects.count(), 7_285),
        "villages": (Village.objects.count(), 83_762),
    }
    missing = [f"{name} {found:,} of {least:,}" for name, (found, least) in counts.items() if found < least]
    return f"not all areas are loaded ({', '.join(missing)}): manage.py load_areas" if missing else ""


CHECKS: dict[str, Callable[[], str]] = {
    "keys": check_keys,
    "database": health.check_database,
    "migrations": health.check_migrations,
    "broker": health.check_broker,
    "areas": check_areas,
    "folders": check_folders,
    "assets": check_assets,
    "disk": check_disk,
}


class Command(BaseCommand):
    """One line a check; exit status 1 when something needs mending."""

    help = "Checks keys, database, migrations, broker, areas, folders, assets and disk. Changes nothing."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for name, check in CHECKS.items():
            try:
                problem = check()
            except Exception as error:
                # A doctor reports every illness in words, whatever the driver calls it.
                problem = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            wrong += bool(problem)
            self.stdout.write(
                f"{'ok   ' if not problem else 'WRONG'}  {name}{': ' + problem if problem else ''}"
            )
        if wrong:
            raise CommandError(f"{wrong} of {len(CHECKS)} checks need attention.")
