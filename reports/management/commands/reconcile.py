"""`manage.py reconcile`: count everything that is shown a second time. Exit 1 on a difference."""

from __future__ import annotations

import resource
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from participants.models import Enrollment
from reports.models import ReconcileRun
from reports.reconcile.findings import Finding
from reports.reconcile.runs import reconcile


class Command(BaseCommand):
    """Prints one line for each difference (the first of very many), and a last line with what was read."""

    help = "Recount every shown figure from the raw rows and compare; --repair mends what is derived."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--repair",
            action="store_true",
            help="Mend the state stored with enrollments from their logs, audited. The log is never touched.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started = perf_counter()
        run = reconcile(at=clock.now(), is_repair=options["repair"])
        for line in lines(run):
            self.stdout.write(line)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        told = f"{run.people} orang, {run.rows_read} baris, {run.pages} halaman"
        self.stdout.write(f"{told}; {perf_counter() - started:.1f} detik, memori tertinggi {peak} MB.")
        if options["repair"]:
            self.stdout.write(f"{run.mended} keadaan tersimpan diperbaiki dari catatannya.")
        if not run.is_clean:
            raise CommandError(f"{run.differences} selisih.")
        self.stdout.write("Semua cocok.")


def lines(run: ReconcileRun) -> list[str]:
    """The kept differences of a run as sentences with the numbers of the enrollments."""
    findings = [Finding.from_json(stored) for stored in run.findings]
    keys = {finding.subject for finding in findings if finding.subject}
    numbers = dict(Enrollment.objects.filter(pk__in=keys).values_list("pk", "number"))
    return [
        finding.sentence(number=numbers.get(finding.subject, "") if finding.subject else "")
        for finding in findings
    ]
