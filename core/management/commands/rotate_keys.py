"""Bring a new encryption key into use."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from core import keys, rotation


class Command(BaseCommand):
    help = (
        "Adds an encryption key, makes it the active one and seals every encrypted column again."
        " May be interrupted: the next run goes on with the same key."
        " Older backups need the old keys: keep a copy before --prune."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--kind` is there for the day other keys can rotate; `--prune` forgets unused keys."""
        parser.add_argument("--kind", choices=["encryption"], default="encryption")
        parser.add_argument(
            "--prune", action="store_true", help="remove keys that no stored value uses any more"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Add or continue, re-seal, and prune when asked."""
        folder = Path(settings.KEYS_DIR)
        if rotation.is_unfinished():
            active = keys.read_encryption(folder).active
            self.stdout.write(f"An earlier rotation is unfinished: going on with {active}.")
        else:
            self.stdout.write(f"New active key: {keys.add_encryption_key(folder)}.")
        changed = rotation.reseal_all(
            progress=lambda column, done: self.stdout.write(f"  {column}: {done} sealed again")
        )
        self.stdout.write(f"{changed} values sealed again.")
        if options["prune"]:
            # Whoever sealed with an older key a moment ago writes it now, and is sealed again like the rest.
            self.stdout.write(f"Waiting {rotation.WRITERS_END_SECONDS:.0f} s for writers under way.")
            time.sleep(rotation.WRITERS_END_SECONDS)
            self.stdout.write(f"{rotation.reseal_all()} values sealed again.")
            removed = rotation.prune()
            self.stdout.write(f"Removed: {', '.join(removed) if removed else 'no key, all are in use'}.")
