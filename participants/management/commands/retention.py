"""`manage.py retention`: what is older than its rule allows. Counts only, unless told to apply."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core import clock
from participants import retention
from participants.models import RetentionKind


class Command(BaseCommand):
    """Prints one line for each rule: months, found, done."""

    help = "Count what is older than its retention rule allows; with --apply delete it and propose people."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--apply", action="store_true", help="delete what expired; people are only proposed, never erased"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for row in retention.run(at=clock.now(), is_trial=not options["apply"]):
            label = RetentionKind(row.kind).label
            self.stdout.write(f"{label}: {row.months} months, {row.found} found, {row.done} done")
        if not options["apply"]:
            self.stdout.write("Trial: nothing was changed. Add --apply to do it.")
