"""`manage.py restore FOLDER`: a backup into the empty database of this portal."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from okoce.operations.backup import BackupRefused, differences, dsn_of_default, restore


class Command(BaseCommand):
    help = "Brings a backup back into an empty database and an empty files folder, then compares."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            restore(folder, dsn=dsn_of_default(), files_dir=Path(settings.FILES_DIR))
        except BackupRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        if wrong := differences(folder, dsn=dsn_of_default()):
            raise CommandError("Restored, but not equal to the backup:\n" + "\n".join(wrong))
        self.stdout.write("Restored; every table is equal to the backup.")
