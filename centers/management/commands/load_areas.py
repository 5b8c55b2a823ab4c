"""`manage.py load_areas`: fill or refresh provinces, regencies, districts, villages and the agency
catalogue."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from centers.loading import load_areas
from core import clock


class Command(BaseCommand):
    help = "Loads all areas of Indonesia and the agency catalogue; safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--only",
            default="",
            metavar="31,32.73",
            help="provinces or regencies to load, separated by commas; without it, everything",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        only = [area.strip() for area in str(options["only"]).split(",") if area.strip()]
        try:
            counts = load_areas(at=clock.now(), only=only)
        except ValueError as error:
            raise CommandError(str(error)) from error
        for count in counts:
            self.stdout.write(
                f"{count.label}: {count.rows:,} rows, {count.written:,} new or changed, "
                f"{count.retired:,} retired"
            )
