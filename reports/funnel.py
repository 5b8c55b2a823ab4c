"""The funnel, computed from the log of transitions alone.

Unit: one enrollment. Its last row says where it stands; the last row with which it left a stage says how it
left. The latter counts only for stages that lie behind where it stands now, so a correction backwards takes
out what it undoes. An enrollment whose last row is a correction to `berhenti` is a merged double: corrected
out of every stage, it is not counted at all. Area and cohort are those of the registration row, centre and
path those of the last row. For every stage

    reached = completed + waived + current + stopped

One statement answers for the total and for every breakdown: it counts enrollments by all dimensions asked
for, and `Cube` adds the counts up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from django.db import connection

from accounts.access import NATION
from participants.models import (
    Business,
    Enrollment,
    EvidenceKind,
    EvidenceStatus,
    Stage,
    StageEvidence,
    StageTransition,
    Status,
    StopReason,
    TransitionKind,
    WorkforceReport,
)

from .questions import FunnelQuery

_Key = TypeVar("_Key", str, int)

ORDER: tuple[Stage, ...] = tuple(Stage)
BASE_PERMITS = (EvidenceKind.NIB, EvidenceKind.IUMK, EvidenceKind.SKU)
"""Proofs that show a base permit: NIB today, IUMK and SKU as history."""

LEAVING = (TransitionKind.MAJU, TransitionKind.DISPENSASI, TransitionKind.LULUS)

DEFINITIONS: dict[str, str] = {
    "unit": "Satu hitungan = satu keikutsertaan. Pendaftaran ganda yang sudah digabung tidak dihitung.",
    "reached": "Sampai: pernah masuk tahap ini dan tidak dikoreksi keluar.",
    "completed": "Selesai: keluar dari tahap ini ke depan dengan syarat lengkap.",
    "waived": "Dispensasi: keluar dari tahap ini ke depan dengan pengecualian beralasan.",
    "current": "Sekarang di sini: masih di tahap ini (aktif, menunggu pusat, atau tidak terhubungi).",
    "stopped": "Berhenti: keluar dari program saat di tahap ini.",
    "passed": "Lewat tahap: selesai ditambah dispensasi.",
    "permits": "Punya izin: orang dengan NIB, IUMK, atau SKU yang sudah diperiksa orang kedua.",
    "jobs": (
        "Pekerjaan: pekerja berbayar selain pemilik, menurut laporan terakhir tiap usaha. "
        "Hanya yang dikonfirmasi pemilik usaha dihitung sebagai pekerjaan."
    ),
    "cohort": "Tahun = tahun pendaftaran. Keadaan dihitung pada batas data.",
    "area": "Wilayah = kecamatan tempat tinggal saat mendaftar.",
}
"""Code → sentence a person reads; the same words on the page, in the JSON and in the files."""


@dataclass(frozen=True, slots=True)
class StageFigures:
    """One stage of a funnel, in enrollments."""

    stage: Stage
    reached: int = 0
    completed: int = 0
    waived: int = 0
    current: int = 0
    stopped: int = 0

    @property
    def passed(self) -> int:
        """ "Lewat tahap": left forward, with all requirements or by dispensasi."""
        return self.completed + self.waived


@dataclass(frozen=True, slots=True)
class Funnel:
    """The seven stages in order, and the people with a verified base permit among them."""

    stages: tuple[StageFigures, ...]
    permits: int = 0

    def at(self, stage: Stage) -> StageFigures:
        return self.stages[stage.number - 1]

    @property
    def registered(self) -> int:
        """The denominator: everybody who ever registered."""
        return self.stages[0].reached


@dataclass(frozen=True, slots=True)
class Row:
    """How many enrollments share one combination of position, way and dimensions."""

    stage: int
    status: str
    pathway: str
    center: str
    area: str
    year: int
    left: int
    waived: int
    has_permit: bool
    count: int


class _Tally:
    """Adds rows up, stage by stage."""

    def __init__(self) -> None:
        self.reached = [0] * 7
        self.completed = [0] * 7
        self.waived = [0] * 7
        self.current = [0] * 7
        self.stopped = [0] * 7
        self.permits = 0

    def add(self, row: Row) -> None:
        count, here = row.count, row.stage - 1
        graduated = row.status == Status.LULUS
        for index in range(row.stage):
            self.reached[index] += count
            bit = 1 << index
            if row.left & bit and (index < here or graduated):
                (self.waived if row.waived & bit else self.completed)[index] += count
        if row.status == Status.BERHENTI:
            self.stopped[here] += count
        elif not graduated:
            self.current[here] += count
        if row.has_permit:
            self.permits += count

    def funnel(self) -> Funnel:
        columns = zip(
            ORDER, self.reached, self.completed, self.waived, self.current, self.stopped, strict=True
        )
        return Funnel(tuple(StageFigures(*column) for column in columns), self.permits)


@dataclass(frozen=True, slots=True)
class Cube:
    """All counts of one question; every breakdown is a sum over it."""

    rows: Sequence[Row]

    def total(self) -> Funnel:
        return _add_up(self.rows)

    def by_area(self, length: int) -> dict[str, Funnel]:
        """By the first `length` characters of the area code (2 province, 5 kab/kota, 8 kecamatan)."""
        return self._by(lambda row: row.area[:length])

    def by_center(self) -> dict[str, Funnel]:
        """By centre code; empty for people who have none yet."""
        return self._by(lambda row: row.center)

    def by_pathway(self) -> dict[str, Funnel]:
        return self._by(lambda row: row.pathway)

    def by_year(self) -> dict[int, Funnel]:
        """By year of registration."""
        return self._by(lambda row: row.year)

    def _by(self, key: Callable[[Row], _Key]) -> dict[_Key, Funnel]:
        groups: dict[_Key, list[Row]] = {}
        for row in self.rows:
            groups.setdefault(key(row), []).append(row)
        return {group: _add_up(groups[group]) for group in sorted(groups)}


def _add_up(rows: Iterable[Row]) -> Funnel:
    tally = _Tally()
    for row in rows:
        tally.add(row)
    return tally.funnel()


@dataclass(frozen=True, slots=True)
class Jobs:
    """Paid workers other than the owner, from the latest report of each business."""

    reported: int = 0
    confirmed: int = 0


def load_funnel(query: FunnelQuery) -> Funnel:
    """The funnel of one question, without breakdowns. One statement."""
    return load_cube(query, area_length=0, with_centers=False).total()


def load_cube(query: FunnelQuery, *, area_length: int, with_centers: bool) -> Cube:
    """Every count of one question. One statement.

    `area_length` keeps so many characters of the area code, `with_centers` keeps the centre: what a page
    does not show need not be counted apart.
    """
    way, parameters = _way(query)
    parameters.append(area_length)
    permit_day = "TRUE"
    if query.until is not None:
        permit_day = "(permit.at AT TIME ZONE way.last[6])::date <= %s"
        parameters.append(query.until)
    if query.as_of is not None:
        permit_day += " AND permit.at <= %s"
        parameters.append(query.as_of)
    statement = f"""
        WITH {way},
        permit AS (
            SELECT enrollment_id, min(checked_at) AS at
            FROM {_table(StageEvidence)}
            WHERE status = '{EvidenceStatus.DITERIMA}' AND kind IN ({_quoted(BASE_PERMITS)})
            GROUP BY enrollment_id
        )
        SELECT array_position(ARRAY[{_quoted(ORDER)}], way.last[2]) AS stage,
               way.last[3] AS status,
               way.last[4] AS pathway,
               {"way.last[5]" if with_centers else "''"} AS center,
               left(way.area, %s) AS area,
               way.year,
               {_mask("(left_{n} IS NOT NULL)::int")} AS has_left,
               {_mask("coalesce(left_{n} %% 2, 0)")} AS was_waived,
               (permit.at IS NOT NULL AND {permit_day}) AS has_permit,
               count(*)
        FROM way LEFT JOIN permit USING (enrollment_id)
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    """  # nosec B608: built from constants of this module; every value is a parameter
    return Cube([Row(*row) for row in _rows(statement, parameters)])


def load_jobs(query: FunnelQuery) -> Jobs:
    """Jobs of the businesses behind one question, each business once. One statement.

    The dimensions are those of the funnel: area and year from the registration row, path and centre from the
    last row; an enrollment without reports is never looked at.
    """
    log = _table(StageTransition)
    # Only a merge stops with this reason (`moves.stop_as_double`): the double's businesses count once.
    is_double = f"enrollment.status = '{Status.BERHENTI}' AND enrollment.stop_reason = '{StopReason.GANDA}'"
    if query.is_past:
        is_double = _is_double("last.kind", "last.to_status")
    joins, where, parameters = "", [f"NOT ({is_double})"], list[Any]()
    if query.pathway or query.center or query.is_past:
        limits, parameters = _limits(query)
        joins = f"""CROSS JOIN LATERAL (
                SELECT pathway, center_code, zone, kind, to_status FROM {log}
                WHERE {" AND ".join(["enrollment_id = enrollment.id", *limits])}
                ORDER BY version DESC LIMIT 1
            ) last"""  # nosec B608: a table name and constants; every value is a parameter
    confirmed = "report.confirmed_at IS NOT NULL"
    conditions: list[tuple[bool, str, list[Any]]] = [
        (
            query.area != NATION,
            "(first.district_code = %s OR first.district_code LIKE %s)",
            _inside(query.area),
        ),
        (query.year is not None, "first.cohort_year = %s", [query.year]),
        (bool(query.pathway), "last.pathway = %s", [query.pathway]),
        (bool(query.center), "last.center_code = %s", [query.center]),
        (
            bool(query.agency),
            "(enrollment.agency_id = %s OR enrollment.licensing_agency_id = %s)",
            [query.agency, query.agency],
        ),
        (query.until is not None, "(report.reported_at AT TIME ZONE last.zone)::date <= %s", [query.until]),
        (query.as_of is not None, "report.reported_at <= %s", [query.as_of]),
    ]
    for is_asked, condition, values in conditions:
        if is_asked:
            where.append(condition)
            parameters += values
    first_parameters: list[Any] = []
    if query.until is not None:
        confirmed = "coalesce((report.confirmed_at AT TIME ZONE last.zone)::date <= %s, FALSE)"
        first_parameters.append(query.until)
    if query.as_of is not None:
        confirmed += " AND report.confirmed_at <= %s"
        first_parameters.append(query.as_of)
    statement = f"""
        WITH latest AS (
            SELECT DISTINCT ON (report.business_id)
                   report.full_time + report.part_time AS workers, {confirmed} AS is_confirmed
            FROM {_table(WorkforceReport)} report
            JOIN {_table(Business)} business ON business.id = report.business_id
            JOIN {_table(Enrollment)} enrollment ON enrollment.person_id = business.person_id
            JOIN {log} first ON first.enrollment_id = enrollment.id AND first.kind = '{TransitionKind.DAFTAR}'
            {joins}
            WHERE {" AND ".join(where)}
            ORDER BY report.business_id, report.reported_at DESC, report.id DESC
        )
        SELECT coalesce(sum(workers), 0), coalesce(sum(workers) FILTER (WHERE is_confirmed), 0) FROM latest
    """  # nosec B608: built from constants of this module; every value is a parameter
    [(reported, agreed)] = _rows(statement, first_parameters + parameters)
    return Jobs(int(reported), int(agreed))


@dataclass(frozen=True, slots=True)
class JobRow:
    """Jobs of one kecamatan, cohort and path, and the businesses that report or confirm any."""

    area: str
    year: int
    pathway: str
    reported: int
    confirmed: int
    businesses: int
    confirming: int


def load_job_rows(query: FunnelQuery) -> list[JobRow]:
    """Jobs by kecamatan, cohort and path. One statement.

    Each business counts once, with the latest enrollment of its owner: these rows add up.
    """
    way, parameters = _way(query)
    agreed, reported = "report.confirmed_at IS NOT NULL", "TRUE"
    first: list[Any] = []
    if query.as_of is not None:
        agreed, first = "coalesce(report.confirmed_at <= %s, FALSE)", [query.as_of]
        reported = "report.reported_at <= %s"
        parameters.append(query.as_of)
    statement = f"""
        WITH {way},
        latest AS (
            SELECT DISTINCT ON (report.business_id) way.area, way.year, way.last[4] AS pathway,
                   report.full_time + report.part_time AS workers, {agreed} AS is_confirmed
            FROM {_table(WorkforceReport)} report
            JOIN {_table(Business)} business ON business.id = report.business_id
            JOIN {_table(Enrollment)} enrollment ON enrollment.person_id = business.person_id
            JOIN way ON way.enrollment_id = enrollment.id
            WHERE {reported}
            ORDER BY report.business_id, report.reported_at DESC, report.id DESC,
                     enrollment.registered_at DESC, enrollment.id DESC
        )
        SELECT area, year, pathway, sum(workers), coalesce(sum(workers) FILTER (WHERE is_confirmed), 0),
               count(*) FILTER (WHERE workers > 0), count(*) FILTER (WHERE is_confirmed AND workers > 0)
        FROM latest GROUP BY 1, 2, 3 HAVING sum(workers) > 0 ORDER BY 1, 2, 3
    """  # nosec B608: built from constants of this module; every value is a parameter
    way_length = len(parameters) - (query.as_of is not None)
    values = [*parameters[:way_length], *first, *parameters[way_length:]]
    return [JobRow(*row) for row in _rows(statement, values)]


def _inside(area: str) -> list[str]:
    """The two values that ask for an area and everything in it."""
    return [area, f"{area}.%"]


def _way(query: FunnelQuery) -> tuple[str, list[Any]]:
    """The common table expression `way`: one row per enrollment that the question is about.

    `last` is the newest row as an array that sorts by version: version, stage, status, path, centre, zone,
    kind. A merged double is left out.
    `left_n` is the newest row that left stage n forward: twice its version, plus one for a dispensasi.
    """
    limits, parameters = _limits(query)
    rows: list[str] = ["TRUE", *limits]
    registered = [f"kind = '{TransitionKind.DAFTAR}'"]
    if query.area != NATION:
        registered.append("(district_code = %s OR district_code LIKE %s)")
        parameters += _inside(query.area)
    if query.year is not None:
        registered.append("cohort_year = %s")
        parameters.append(query.year)
    table = _table(StageTransition)
    if len(registered) > 1:
        rows.append(f"enrollment_id IN (SELECT enrollment_id FROM {table} WHERE {' AND '.join(registered)})")
    if query.center:
        # Narrows the scan to people the centre ever had; whether it still has them is asked below.
        rows.append(f"enrollment_id IN (SELECT enrollment_id FROM {table} WHERE center_code = %s)")
        parameters.append(query.center)
    if query.agency:
        rows.append(
            f"enrollment_id IN (SELECT id FROM {_table(Enrollment)}"
            " WHERE agency_id = %s OR licensing_agency_id = %s)"
        )
        parameters += [query.agency, query.agency]
    newest = (
        "max(ARRAY[to_char(version, 'FM0000000000'), to_stage, to_status, pathway, center_code, zone, kind])"
    )
    last = [
        "max(district_code) FILTER (WHERE kind = 'daftar') IS NOT NULL",
        f"NOT ({_is_double(f'({newest})[7]', f'({newest})[3]')})",
    ]
    if query.pathway:
        last.append(f"({newest})[4] = %s")
        parameters.append(query.pathway)
    if query.center:
        last.append(f"({newest})[5] = %s")
        parameters.append(query.center)
    lefts = ",\n".join(
        f"max(version * 2 + (kind = '{TransitionKind.DISPENSASI}')::int)"
        f" FILTER (WHERE from_stage = '{stage}' AND kind IN ({_quoted(LEAVING)})) AS left_{stage.number}"
        for stage in ORDER
    )
    return (
        f"""way AS (
            SELECT enrollment_id,
                   {newest} AS last,
                   max(district_code) FILTER (WHERE kind = 'daftar') AS area,
                   max(cohort_year) FILTER (WHERE kind = 'daftar') AS year,
                   {lefts}
            FROM {table}
            WHERE {" AND ".join(rows)}
            GROUP BY enrollment_id
            HAVING {" AND ".join(last)}
        )""",  # nosec B608: built from constants of this module; every value is a parameter
        parameters,
    )


def _limits(query: FunnelQuery) -> tuple[list[str], list[Any]]:
    """The conditions that leave out rows of the log later than the question's day or instant."""
    limits: list[tuple[str, Any]] = [("local_day <= %s", query.until), ("at <= %s", query.as_of)]
    asked = [(condition, value) for condition, value in limits if value is not None]
    return [condition for condition, _ in asked], [value for _, value in asked]


def _is_double(kind: str, status: str) -> str:
    """Whether the newest row took the enrollment out as a double; no other correction ends in `berhenti`."""
    return f"{kind} = '{TransitionKind.KOREKSI}' AND {status} = '{Status.BERHENTI}'"


def _mask(bit: str) -> str:
    """Seven yes-or-no values as the bits of one number, P1 the lowest."""
    return " + ".join(f"{bit.format(n=n)} * {1 << (n - 1)}" for n in range(1, 8))


def _quoted(codes: Iterable[str]) -> str:
    return ", ".join(f"'{code}'" for code in codes)


def _table(model: Any) -> str:
    return f'"{model._meta.db_table}"'


def _rows(statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def month_end(day: date) -> date:
    """The last day of a day's month."""
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)
