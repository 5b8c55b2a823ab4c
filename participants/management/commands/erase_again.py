"""`manage.py erase_again FILE`: repeat erasures that a restored backup has undone."""

from __future__ import annotations

from argparse import FileType
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from participants.erasure import erase_person
from participants.models import Person

REASON = "Penghapusan diulang sesudah cadangan dipulihkan"


class Command(BaseCommand):
    """Takes person ids, one a line, as the log lines `person_erased` name them."""

    help = (
        "After a restore: erase again the people whose ids stand in FILE, one a line (- reads from a pipe)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=FileType("r"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            ids = {UUID(line.strip()) for line in options["file"] if line.strip()}
        except ValueError as error:
            raise CommandError("Every line must be the id of one person.") from error
        known = list(Person.objects.filter(pk__in=ids).order_by("pk").values_list("pk", flat=True))
        done = [
            key for key in known if erase_person(person_id=key, actor=None, reason=REASON, at=clock.now())
        ]
        self.stdout.write(
            f"{len(done)} erased again, {len(known) - len(done)} were erased already, "
            f"{len(ids) - len(known)} not in this database."
        )
