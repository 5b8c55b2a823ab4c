"""One run: read everything at one instant, compare, mend what is derived if asked to, keep the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from accounts.access import NATION
from accounts.models import Role, RoleAssignment
from core.clock import local_day
from notifications.services import Draft, notify_many
from reports.models import PublicCut, ReconcileRun
from reports.snapshot import snapshot

from .audited import compare_audited
from .findings import Findings
from .mending import mend, mend_cut
from .pages import compare_pages
from .published import compare_cut, latest_cut
from .records import compare_person
from .witness import Counts, Reader

DIFFERENT = "angka_berbeda"
KEPT_FOR = timedelta(days=400)
"""How long runs are kept: a whole year can be looked back on."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one reading of everything found."""

    findings: Findings
    people: int
    rows_read: int
    pages: int
    wrong_cut: PublicCut | None


def compare() -> Outcome:
    """Read all raw rows once, in one snapshot, and compare. Memory does not grow with the people."""
    findings, counts = Findings(), Counts()
    with snapshot():
        with connection.cursor() as cursor:
            # All rows are wanted, not the first few: plan for the whole.
            cursor.execute("SET LOCAL cursor_tuple_fraction = 1.0")
        cut = latest_cut()
        published = Counts(as_of=cut.taken_at) if cut else None
        reader = Reader()
        for person in reader.people():
            compare_person(person, findings)
            counts.add(person)
            if published:
                published.add(person)
        rows = reader.rows_read + compare_audited(findings)
        pages = compare_pages(counts, findings)
        before = findings.count
        if cut and published:
            rows += compare_cut(cut, published, findings)
        is_wrong = findings.count > before
    return Outcome(findings, counts.people, rows, pages, cut if is_wrong else None)


def reconcile(*, at: datetime, is_repair: bool = False, night: date | None = None) -> ReconcileRun:
    """Compare everything, keep the run, and tell the secretariat of differences.

    With `is_repair` what is derived is mended and all is compared once more: the run tells what is left.
    `at` is the instant of the start; the end is read from the clock of the database.
    """
    outcome, mended = compare(), 0
    if is_repair and (outcome.findings.mendable or outcome.wrong_cut):
        mended = mend(outcome.findings.mendable, at=at)
        if outcome.wrong_cut:
            mended += mend_cut(outcome.wrong_cut)
        outcome = compare()
    return _keep(outcome, mended=mended, at=at, night=night)


def reconcile_tonight(*, at: datetime) -> ReconcileRun | None:
    """The nightly run, once for each local day (WIB); None when it has been done."""
    night = local_day(at)
    if ReconcileRun.objects.filter(night=night).exists():
        return None
    return reconcile(at=at, night=night)


@transaction.atomic
def _keep(outcome: Outcome, *, mended: int, at: datetime, night: date | None) -> ReconcileRun:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        ended = cursor.fetchone()[0]
    found = outcome.findings
    values = {
        "started_at": at,
        "ended_at": max(at, ended),
        "people": outcome.people,
        "rows_read": outcome.rows_read,
        "pages": outcome.pages,
        "differences": found.count,
        "mended": mended,
        "findings": [finding.as_json() for finding in found],
    }
    if night is None:
        run = ReconcileRun.objects.create(**values)
    else:
        # Two of a night: the one that ends later finds the other's row and tells nobody again.
        run, is_new = ReconcileRun.objects.get_or_create(night=night, defaults=values)
        if not is_new:
            return run
    if not run.is_clean:
        _tell(run, at=at)
    ReconcileRun.objects.filter(started_at__lt=at - KEPT_FOR).delete()
    return run


def _tell(run: ReconcileRun, *, at: datetime) -> None:
    """Every member of the secretariat, once a run."""
    admins = RoleAssignment.objects.active(at).filter(role=Role.ADMIN, scope=NATION, user__is_active=True)
    people = set(admins.values_list("user_id", flat=True))
    notify_many(
        Draft(user_id, DIFFERENT, {"run": str(run.pk)}, f"rekonsiliasi:{run.pk}:{user_id}")
        for user_id in sorted(people)
    )
