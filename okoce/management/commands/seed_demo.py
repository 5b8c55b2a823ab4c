"""`manage.py seed_demo`: made-up participants, staff and centres to try the portal with."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from centers.models import District
from core.clock import now
from okoce.demo.jakarta_2018 import PROFILE, REPORT_2018, seed_jakarta_2018
from okoce.demo.seed import demo_picture, seed
from okoce.demo.world import Phones, shared_password
from participants.models import Person
from reports.cuts import take_cut

PROFILES = ("default", PROFILE)
MOST = 90_000


class Command(BaseCommand):
    help = "Writes demo data into an empty database. Never in production: it needs DEMO_MODE."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--participants",
            type=int,
            help=f"how many people (default 2000; {PROFILE}: {REPORT_2018.reached[0]} or fewer)",
        )
        parser.add_argument("--profile", choices=PROFILES, default="default")
        parser.add_argument("--seed", type=int, default=20181231, help="the same seed gives the same people")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_MODE:
            raise CommandError("Demo data is written only while DEMO_MODE is on.")
        if not District.objects.exists():
            raise CommandError("Load the areas first: manage.py load_areas")
        if Person.objects.exists():
            raise CommandError("This database already holds people. Demo data goes into an empty one only.")
        is_report = options["profile"] == PROFILE
        usual, least = (REPORT_2018.reached[0], 100) if is_report else (2_000, 1)
        most = usual if is_report else MOST
        count = usual if options["participants"] is None else options["participants"]
        if not least <= count <= most:
            raise CommandError(f"--participants takes a number from {least} to {most}.")
        if is_report:
            written = seed_jakarta_2018(
                participants=count,
                seed_number=options["seed"],
                password=shared_password(),
                phones=Phones(),
                picture=demo_picture(),
            )
        else:
            written = seed(participants=count, seed_number=options["seed"], at=now())
        take_cut(at=now(), again=True)
        self.stdout.write(self.style.SUCCESS(f"{written} participants written."))
