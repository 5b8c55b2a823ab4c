"""The runs as staff read them: what was compared, what differs in their area, who is concerned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from accounts.access import assignments, covers
from accounts.models import Role, User
from core.formats import moment, number
from participants.models import Enrollment
from reports.models import ReconcileRun

from .findings import Finding

RUNS_SHOWN = 31
"""A month of nights."""

LINES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One difference; `href` leads to the person, where the reader may see her."""

    kind: str
    sentence: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class ShownRun:
    """One run. `hidden` differences are outside the reader's area or beyond the first ones."""

    run: ReconcileRun
    lines: Sequence[Line]
    hidden: int

    @property
    def status(self) -> str:
        """Code of the badge."""
        return "done" if self.run.is_clean else "late"

    @property
    def words(self) -> str:
        return "Cocok" if self.run.is_clean else f"{number(self.run.differences)} selisih"

    @property
    def read(self) -> str:
        """What was read, and how long it took."""
        run = self.run
        seconds = round((run.ended_at - run.started_at).total_seconds())
        lasted = f"{max(seconds, 1)} detik" if seconds < 120 else f"{round(seconds / 60)} menit"
        how = "otomatis malam hari" if run.night else "dijalankan petugas"
        told = (
            f"{number(run.people)} peserta, {number(run.rows_read)} baris catatan, "
            f"{number(run.pages)} halaman dibandingkan dalam {lasted}, {how}."
        )
        return f"{told} {number(run.mended)} keadaan tersimpan diperbaiki." if run.mended else told


def load_runs(user: User) -> list[ShownRun]:
    """The newest runs with the differences in the user's scope, in two statements."""
    runs = list(ReconcileRun.objects.newest_first()[:RUNS_SHOWN])
    scopes = [a.scope for role in (Role.ADMIN, Role.DINAS) for a in assignments(user, role)]
    kept = {
        run.pk: [
            finding
            for finding in map(Finding.from_json, run.findings)
            if any(covers(scope, finding.area) for scope in scopes)
        ][:LINES_SHOWN]
        for run in runs
    }
    subjects = {finding.subject for found in kept.values() for finding in found if finding.subject}
    people = {
        key: (told, person_id)
        for key, told, person_id in Enrollment.objects.visible_to(user)
        .filter(pk__in=subjects, erased_at=None)
        .values_list("pk", "number", "person_id")
    }
    return [
        ShownRun(
            run, [_line(finding, people) for finding in kept[run.pk]], run.differences - len(kept[run.pk])
        )
        for run in runs
    ]


def _line(finding: Finding, people: dict[UUID, tuple[str, UUID]]) -> Line:
    if finding.subject is None or finding.subject not in people:
        return Line(finding.check.label, finding.sentence())
    told, person_id = people[finding.subject]
    return Line(finding.check.label, finding.sentence(number=told), reverse("person", args=[person_id]))


def last_run_words() -> str:
    """ "Angka diperiksa ulang 30 November 2026, 02.10 WIB: cocok"; empty before the first run."""
    run = ReconcileRun.objects.newest_first().only("started_at", "differences").first()
    if run is None:
        return ""
    outcome = "cocok" if run.is_clean else f"{number(run.differences)} selisih"
    return f"Angka diperiksa ulang {moment(run.started_at)}: {outcome}"
