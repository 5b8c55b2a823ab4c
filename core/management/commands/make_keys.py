"""Make the key files that are missing."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from core import keys


class Command(BaseCommand):
    help = "Makes missing key files in KEYS_DIR (0600). Existing keys are never touched."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Create what is missing and say so."""
        folder = Path(settings.KEYS_DIR)
        made = keys.create_missing(folder)
        self.stdout.write(f"{folder}: {'made ' + ', '.join(made) if made else 'all keys exist'}")
