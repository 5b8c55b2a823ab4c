"""`manage.py seed_demo`: made-up participants, staff and centres to try the portal with."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from centers.models import District
from core.clock import now
from okoce.demo.seed import seed
from participants.models import Person

PROFILES = ("default",)


class Command(BaseCommand):
    help = "Writes demo data into an empty database. Never in production: it needs DEMO_MODE."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--participants", type=int, default=2_000, help="how many people (default 2000)")
        parser.add_argument("--profile", choices=PROFILES, default="default")
        parser.add_argument("--seed", type=int, default=20181231, help="the same seed gives the same people")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_MODE:
            raise CommandError("Demo data is written only while DEMO_MODE is on.")
        if not District.objects.exists():
            raise CommandError("Load the areas first: manage.py load_areas")
        if Person.objects.exists():
            raise CommandError("This database already holds people. Demo data goes into an empty one only.")
        if not 1 <= options["participants"] <= 90_000:
            raise CommandError("--participants takes a number from 1 to 90000.")
        written = seed(participants=options["participants"], seed_number=options["seed"], at=now())
        self.stdout.write(self.style.SUCCESS(f"{written} participants written."))
