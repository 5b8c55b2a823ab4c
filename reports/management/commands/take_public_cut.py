"""`manage.py take_public_cut`: count and store the public figures of today."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core.clock import now
from reports.cuts import take_cut


class Command(BaseCommand):
    help = "Takes the daily cut of the public figures, which the pages under /statistik/ show."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--again", action="store_true", help="replace the cut of today")

    def handle(self, *args: Any, **options: Any) -> None:
        cut = take_cut(at=now(), again=options["again"])
        if cut is None:
            self.stdout.write("Today has its cut already; --again replaces it.")
            return
        self.stdout.write(self.style.SUCCESS(f"Cut of {cut.day}: {cut.figures.count()} rows of figures."))
