"""The raw rows read one person at a time, and what the definitions make of them.

An independent witness: plain reads in the order of people, all counting in Python, nothing shared with the
statements behind the pages. Memory holds one person's rows and one counter for each combination of kecamatan,
centre, year and path. Rows come through server-side cursors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import models

from participants.models import (
    CoachAssignment,
    Enrollment,
    Stage,
    StageEvidence,
    StageTransition,
    Status,
    WorkforceReport,
)
from programs.pipeline.ledger import Entry

BATCH = 5_000
PERMITS = frozenset({"nib", "iumk", "sku"})
"""Proofs of a base permit (PRODUCT: NIB today, IUMK and SKU as history)."""


class EnrollmentRow(NamedTuple):
    """What is stored of one enrollment."""

    pk: UUID
    stage: str
    status: str
    stop_reason: str
    version: int
    coach_id: UUID | None
    center_id: str | None
    district_id: str
    pathway: str
    zone: str
    cohort_year: int
    registered_at: datetime
    registered_on: Any
    stage_entered_at: datetime
    last_activity_at: datetime


class ReportRow(NamedTuple):
    """One report of workers, with what the business itself says now."""

    business_id: UUID
    full_time: int
    part_time: int
    full_time_before: int
    part_time_before: int
    reported_at: datetime
    confirmed_at: datetime | None
    business__workers_full_time: int | None
    business__workers_part_time: int | None

    @property
    def workers(self) -> int:
        return self.full_time + self.part_time


@dataclass(slots=True)
class Known:
    """Everything raw about one enrollment."""

    row: EnrollmentRow
    entries: list[Entry]
    coaches: list[UUID]
    permit_at: datetime | None = None
    """When the first base permit was accepted."""


@dataclass(slots=True)
class PersonRows:
    """Everything raw about one person."""

    enrollments: list[Known]
    reports: list[ReportRow]


class _Stream:
    """Rows that begin with the person's id, in its order; `take` gives those of one person."""

    def __init__(self, rows: models.QuerySet[Any], *columns: str) -> None:
        self.read = 0
        self._rows = rows.values_list(*columns).iterator(chunk_size=BATCH)
        self._next: tuple[Any, ...] | None = next(self._rows, None)

    def take(self, person_id: UUID) -> Iterator[tuple[Any, ...]]:
        """This person's rows; what belongs to people before them, who are not enrolled, is passed over."""
        while self._next is not None and self._next[0] <= person_id:
            found, self._next = self._next, next(self._rows, None)
            self.read += 1
            if found[0] == person_id:
                yield found

    def person(self) -> UUID | None:
        """Whose rows come next."""
        return self._next[0] if self._next is not None else None


class Reader:
    """Goes through all people once; `rows_read` counts what was read."""

    def __init__(self) -> None:
        person = "enrollment__person_id"
        self._enrollments = _Stream(
            Enrollment.objects.order_by("person_id", "pk"), "person_id", *EnrollmentRow._fields
        )
        self._log = _Stream(
            StageTransition.objects.order_by(person, "enrollment_id", "version"),
            person, "enrollment_id", *Entry._fields,
        )  # fmt: skip
        self._coaches = _Stream(
            CoachAssignment.objects.filter(ended_at=None).order_by(person, "enrollment_id", "pk"),
            person, "enrollment_id", "coach_id",
        )  # fmt: skip
        self._evidence = _Stream(
            StageEvidence.objects.order_by(person, "enrollment_id", "pk"),
            person, "enrollment_id", "kind", "status", "checked_at",
        )  # fmt: skip
        self._reports = _Stream(
            WorkforceReport.objects.order_by(
                "business__person_id", "business_id", "reported_at", "pk"
            ),
            "business__person_id", *ReportRow._fields,
        )  # fmt: skip

    @property
    def rows_read(self) -> int:
        streams = (self._enrollments, self._log, self._coaches, self._evidence, self._reports)
        return sum(stream.read for stream in streams)

    def people(self) -> Iterator[PersonRows]:
        """Every person who is enrolled."""
        while (person_id := self._enrollments.person()) is not None:
            known = {
                row[1]: Known(EnrollmentRow._make(row[1:]), [], [])
                for row in self._enrollments.take(person_id)
            }
            for row in self._log.take(person_id):
                known[row[1]].entries.append(Entry._make(row[2:]))
            for row in self._coaches.take(person_id):
                known[row[1]].coaches.append(row[2])
            for row in self._evidence.take(person_id):
                if row[2] in PERMITS and row[3] == "diterima":
                    one = known[row[1]]
                    one.permit_at = min(one.permit_at or row[4], row[4])
            reports = [ReportRow._make(row[1:]) for row in self._reports.take(person_id)]
            yield PersonRows(list(known.values()), reports)


# Counting -----------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """The dimensions of one count."""

    district: str
    center: str
    year: int
    pathway: str


COLUMNS = ("reached", "completed", "waived", "current", "stopped")
PERMIT = len(COLUMNS) * 7
"""Index of the permits in a row of counts; before it, seven stages of each column in turn."""


def empty_counts() -> list[int]:
    return [0] * (PERMIT + 1)


@dataclass(slots=True)
class JobCounts:
    """Paid workers other than the owner: as reported, and confirmed by the owner."""

    reported: int = 0
    confirmed: int = 0

    def add(self, report: ReportRow, *, as_of: datetime | None) -> None:
        self.reported += report.workers
        if report.confirmed_at is not None and (as_of is None or report.confirmed_at <= as_of):
            self.confirmed += report.workers


@dataclass(slots=True)
class Counts:
    """What comes out: the funnel by all dimensions at once, jobs by each dimension alone and, each business
    with the latest enrollment of its owner, by all at once. `as_of` leaves out what was recorded later.
    """

    as_of: datetime | None = None
    people: int = 0
    cells: dict[Place, list[int]] = field(default_factory=lambda: defaultdict(empty_counts))
    jobs: dict[str, JobCounts] = field(default_factory=lambda: defaultdict(JobCounts))
    job_cells: dict[Place, JobCounts] = field(default_factory=lambda: defaultdict(JobCounts))

    def add(self, person: PersonRows) -> None:
        """Count one person by the definitions of PRODUCT.md, one line of the log after the other."""
        self.people += 1
        places: list[tuple[datetime, UUID, Place]] = []
        for known in person.enrollments:
            entries = [entry for entry in known.entries if self._knows(entry.at)]
            if not entries or entries[-1].is_double or entries[0].kind != "daftar":
                continue
            place = place_of(entries)
            has_permit = known.permit_at is not None and self._knows(known.permit_at)
            count_way(self.cells[place], entries, has_permit=has_permit)
            places.append((known.row.registered_at, known.row.pk, place))
        if places:
            self._add_jobs(person, [place for _, _, place in sorted(places)])

    def _add_jobs(self, person: PersonRows, places: Sequence[Place]) -> None:
        """The latest report of each business counts; `places` are those of her ways, oldest first."""
        names = {name for place in places for name in names_of(place)}
        latest = {report.business_id: report for report in person.reports if self._knows(report.reported_at)}
        for report in latest.values():
            self.job_cells[places[-1]].add(report, as_of=self.as_of)
            for name in names:
                self.jobs[name].add(report, as_of=self.as_of)

    def _knows(self, at: datetime) -> bool:
        return self.as_of is None or at <= self.as_of


def place_of(entries: Sequence[Entry]) -> Place:
    """Area and year of the registration line, centre and path of the last one."""
    first, last = entries[0], entries[-1]
    return Place(first.district_code, last.center_code, first.cohort_year, last.pathway)


def names_of(place: Place) -> Iterator[str]:
    """The addresses of the pages a count belongs to: `ID`, areas, centre, year and path."""
    yield "ID"
    yield from (place.district[:length] for length in (2, 5, 8))
    if place.center:
        yield f"pusat {place.center}"
    yield f"tahun {place.year}"
    yield f"jalur {place.pathway}"


def count_way(counts: list[int], entries: Sequence[Entry], *, has_permit: bool) -> None:
    """Add one way through the stages to a row of counts."""
    left: dict[int, str] = {}
    for entry in entries:
        target = _number(entry.to_stage)
        if entry.kind in ("maju", "dispensasi", "lulus"):
            left[_number(entry.from_stage)] = entry.kind
        takes_back = (entry.kind == "koreksi" and not entry.is_double) or (
            entry.kind == "ganti_jalur" and entry.from_status == Status.LULUS
        )
        if takes_back:
            left = {stage: kind for stage, kind in left.items() if stage < target}
    last = entries[-1]
    here = _number(last.to_stage)
    for stage in range(1, here + 1):
        column = 0
        counts[stage - 1] += 1
        if stage in left:
            column = 2 if left[stage] == "dispensasi" else 1
        elif stage == here:
            column = 4 if last.to_status == Status.BERHENTI else 3
        if column:
            counts[column * 7 + stage - 1] += 1
    if has_permit:
        counts[PERMIT] += 1


_NUMBERS = {stage.value: number for number, stage in enumerate(Stage, start=1)}


def _number(stage: str) -> int:
    """1 to 7; 0 for a stage nobody knows, which the check of the log reports."""
    return _NUMBERS.get(stage, 0)
