"""`manage.py backup FOLDER`: dump and private files into a new folder. Keys are kept elsewhere."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from okoce.operations.backup import BackupRefused, backup


class Command(BaseCommand):
    help = "Writes a backup of the database and of private files. Keys are not part of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            counted = backup(folder)
        except BackupRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{len(counted)} tables, {sum(counted.values())} rows written to {folder}.")
