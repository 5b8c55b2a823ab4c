"""`manage.py restore_drill`: prove that a backup of this database can be brought back and used."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from okoce.operations.backup import BackupRefused
from okoce.operations.drill import drill


class Command(BaseCommand):
    help = "Dumps, restores into an empty server, compares every table, registers and signs in on the copy."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            wrong = drill(say=self.stdout.write)
        except BackupRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        if wrong:
            raise CommandError("\n".join(wrong))
        self.stdout.write("The drill succeeded.")
