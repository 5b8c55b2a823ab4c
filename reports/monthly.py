"""The monthly report: the funnel of a region at a month's end as a workbook, made by a worker.

Kab/kota after kab/kota is counted and written, so memory stays flat and the progress is real. All counts are
read in one snapshot of the database: the sheets add up to each other.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import xlsxwriter
from django.conf import settings

from accounts.access import NATION
from accounts.models import User
from centers.models import Center
from core import clock
from core.formats import MONTHS, NOTHING, clock_time, day, moment
from core.jobs import JobRefused, JobRun, job
from core.jobs import start as start_job
from core.models import Job, StoredFile
from core.spreadsheet import XLSX, plain
from notifications.services import notify
from participants.models import Stage

from .exports import SOURCE
from .funnel import DEFINITIONS, Cube, Funnel, Jobs, load_cube, load_jobs, month_end
from .places import Place, area_names, district_names, place_of
from .questions import FunnelQuery, lens_for
from .snapshot import snapshot

KIND = "corong_bulanan"
READY = "laporan_siap"

STAGE_COLUMNS = ("Sampai", "Selesai", "Dispensasi", "Sekarang di sini", "Berhenti")


def order(*, user: User, query: FunnelQuery, month: date, token: UUID) -> Job:
    """Queue the report of a region at the end of a month. The same `token` of a form gives the same job.

    `query` has been checked against the user's scope; `until` is set here.
    """
    return start_job(
        kind=KIND,
        params=order_params(query, month),
        requested_by=user,
        dedupe_key=f"{KIND}:{user.pk}:{token}",
    )


def order_params(query: FunnelQuery, month: date) -> dict[str, str]:
    """What a job keeps of its order: the same for the same report."""
    return {
        "area": query.area,
        "center": query.center,
        "agency": query.agency,
        "month": f"{month:%Y-%m}",
    }


def month_of(params: Mapping[str, Any]) -> date:
    """The first day of the month a job is about."""
    return date.fromisoformat(f"{params['month']}-01")


def query_of(params: Mapping[str, Any]) -> FunnelQuery:
    """The question a job answers: the state on the last day of its month."""
    return FunnelQuery(
        area=params["area"],
        center=params["center"],
        agency=params["agency"],
        until=month_end(month_of(params)),
    )


def month_name(first: date) -> str:
    """ "November 2026"."""
    return f"{MONTHS[first.month - 1]} {first.year}"


def still_theirs(user: User, params: Mapping[str, Any]) -> bool:
    """Whether the region of a job lies in the user's scope now: a role may have ended meanwhile."""
    area = "" if params["center"] and params["area"] == NATION else params["area"]
    lens = lens_for(user, area=area, center=params["center"])
    return lens is not None and lens.agency == params["agency"]


def announce(finished: Job) -> None:
    """Tell the person who asked, in the transaction that ends the job."""
    if finished.requested_by_id is not None:
        notify(
            user_id=finished.requested_by_id,
            kind=READY,
            ids={"job": str(finished.pk)},
            dedupe_key=f"laporan:{finished.pk}",
        )


@job(KIND, on_done=announce)
def make_report(job_run: JobRun) -> StoredFile:
    """Write the workbook, one kab/kota after another. Raises JobRefused when the region is unknown."""
    query = query_of(job_run.params)
    place = place_of(query.area, query.center)
    if place is None:
        raise JobRefused("Wilayah ini tidak ada lagi. Minta laporan untuk wilayah lain.")
    with tempfile.TemporaryDirectory(prefix="laporan-") as folder:
        path = Path(folder) / "laporan.xlsx"
        with snapshot():
            _write(path, query, place, job_run.progress, at=clock.now())
        return job_run.store(path, name=file_name(query, place), content_type=XLSX)


def file_name(query: FunnelQuery, place: Place) -> str:
    """ "corong-31-2026-11.xlsx": the code of the area or centre and the month."""
    code = query.center or place.code
    return f"corong-{code}-{query.until:%Y-%m}.xlsx"


Progress = Callable[[int, int, str], None]


def cutoff_words(until: date, at: datetime, zone: str) -> str:
    """Up to when a report counts: the end of its month, or this moment while the month is not over."""
    if clock.local_day(at, zone) <= until:
        moment_words = f"{day(clock.local_day(at, zone))} pukul {clock_time(at, zone)}"
        return f"Sampai {moment_words}: bulan ini belum selesai"
    return f"Akhir hari {day(until)}, waktu setempat"


def _write(path: Path, query: FunnelQuery, place: Place, progress: Progress, *, at: datetime) -> None:
    parts = _parts(query, place)
    book = _Book(path)
    progress(0, len(parts) + 1, "Mulai menghitung")
    for done, (code, name) in enumerate(parts):
        pause = float(getattr(settings, "JOB_STEP_SECONDS", 0))
        if pause:
            time.sleep(pause)
        book.add_region(code, name, load_cube(replace(query, area=code), area_length=8, with_centers=True))
        progress(done + 1, len(parts) + 1, name)
    book.finish(query, place, load_jobs(query), at=at)
    progress(len(parts) + 1, len(parts) + 1, "Selesai")


def _parts(query: FunnelQuery, place: Place) -> list[tuple[str, str]]:
    """The kab/kota (or the one kecamatan) a report goes through, with their names, in code order.

    For the nation and for a centre only the kab/kota in which anybody registered: most have nobody.
    """
    if query.area != NATION and query.level == 1:
        return list(place.inside.items())
    if query.area != NATION:
        return [(place.code, place.name)]
    found = load_cube(query, area_length=5, with_centers=False).by_area(5)
    names = area_names(found)
    return [(code, names.get(code, code)) for code in found]


@dataclass
class _Sheet:
    """One table sheet: rows are only appended, as constant memory demands."""

    page: Any
    bold: Any
    percent: Any
    row: int = 0

    def head(self, first: Sequence[str]) -> None:
        """The two lines of headings: the stages, and under each its five columns."""
        self.page.freeze_panes(2, len(first))
        self.page.set_column(0, 0, 12)
        self.page.set_column(1, 1, 38)
        above = [*[""] * len(first), "", ""]
        below = [*first, "Pendaftar", "Punya izin"]
        for stage in Stage:
            above += [f"{stage.number}. {stage.label}", *[""] * (len(STAGE_COLUMNS) - 1)]
            below += STAGE_COLUMNS
        self.line(above, self.bold)
        self.line(below, self.bold)

    def figures(self, first: Sequence[str], funnel: Funnel) -> None:
        """One row: what it is about, the denominator, the permits, and the seven stages."""
        cells: list[str | int] = [*first, funnel.registered, funnel.permits]
        for row in funnel.stages:
            cells += [row.reached, row.completed, row.waived, row.current, row.stopped]
        self.line(cells)

    def line(self, cells: Iterable[str | int | float], look: Any = None) -> None:
        """Append a row: whole numbers and texts as they are, fractions as percent."""
        for column, cell in enumerate(cells):
            if isinstance(cell, int):
                self.page.write_number(self.row, column, cell, look)
            elif isinstance(cell, float):
                self.page.write_number(self.row, column, cell, self.percent)
            else:
                # write_string makes no formula; the apostrophe protects those who copy the cell elsewhere.
                self.page.write_string(self.row, column, plain(cell), look)
        self.row += 1


@dataclass
class _Book:
    """The workbook while it is written: Ringkasan first in the file, though it is known last."""

    path: Path
    centers: dict[str, list[Funnel]] = field(default_factory=dict)
    regions: list[Funnel] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.book = xlsxwriter.Workbook(
            str(self.path), {"constant_memory": True, "strings_to_formulas": False}
        )
        self.bold = self.book.add_format({"bold": True})
        self.percent = self.book.add_format({"num_format": "0.0%"})
        self.summary = _Sheet(self.book.add_worksheet("Ringkasan"), self.bold, self.percent)
        self.by_region = self._sheet("Per kab-kota", ["Kode", "Kab/kota"])
        self.by_district = self._sheet("Per kecamatan", ["Kode", "Kecamatan"])
        self.by_center = self._sheet("Per pusat", ["Kode", "Pusat"])

    def _sheet(self, name: str, first: Sequence[str]) -> _Sheet:
        sheet = _Sheet(self.book.add_worksheet(name), self.bold, self.percent)
        sheet.head(first)
        return sheet

    def add_region(self, code: str, name: str, cube: Cube) -> None:
        """Write one kab/kota and its kecamatan; keep the sums per centre."""
        total = cube.total()
        self.regions.append(total)
        self.by_region.figures([code, name], total)
        districts = cube.by_area(8)
        names = district_names(districts)
        for district, funnel in districts.items():
            self.by_district.figures([district, names.get(district, district)], funnel)
        for center, funnel in cube.by_center().items():
            self.centers.setdefault(center, []).append(funnel)

    def finish(self, query: FunnelQuery, place: Place, jobs: Jobs, *, at: datetime) -> None:
        """Write the centres and the summary, and close the file."""
        codes = [code for code in self.centers if code] + ([query.center] if query.center else [])
        names = dict(Center.objects.filter(pk__in=codes).values_list("pk", "name"))
        for code in sorted(self.centers):
            name = names.get(code, code) if code else "Belum punya pusat"
            self.by_center.figures([code, name], sum_of(self.centers[code]))
        name, total = names.get(query.center, place.name), sum_of(self.regions)
        self._summarize(query, name, total, jobs, at=at, zone=place.zone)
        self.book.close()

    def _summarize(
        self, query: FunnelQuery, name: str, total: Funnel, jobs: Jobs, *, at: datetime, zone: str
    ) -> None:
        assert query.until is not None
        page = self.summary
        page.page.set_column(0, 0, 34)
        page.page.set_column(1, 7, 16)
        page.line([f"Corong tujuh tahap: {name}, {month_name(query.until)}"], self.bold)
        page.line(["Batas data", cutoff_words(query.until, at, zone)])
        page.line(["Dihitung pada", moment(at, zone)])
        page.line(["Sumber", SOURCE])
        page.line([])
        page.line(["Tahap", *STAGE_COLUMNS, "Dari pendaftar", "Dari tahap sebelumnya"], self.bold)
        previous: int | None = None
        for row in total.stages:
            counts = [row.reached, row.completed, row.waived, row.current, row.stopped]
            shares = [share(row.reached, total.registered), share(row.reached, previous)]
            page.line([f"{row.stage.number}. {row.stage.label}", *counts, *shares])
            previous = row.reached
        page.line([])
        page.line(["Punya izin", total.permits, share(total.permits, total.registered)])
        page.line(["Pekerjaan yang dilaporkan usaha", jobs.reported])
        page.line(["Pekerjaan yang dikonfirmasi pemilik usaha", jobs.confirmed])
        page.line([])
        page.line(["Arti setiap angka"], self.bold)
        for sentence in DEFINITIONS.values():
            page.line([sentence])


def share(part: int, whole: int | None) -> float | str:
    """A part of a whole as a fraction, or a dash where there is no whole."""
    return part / whole if whole else NOTHING


def sum_of(funnels: Sequence[Funnel]) -> Funnel:
    """Several funnels of different people as one."""
    stages = tuple(
        replace(
            rows[0],
            reached=sum(row.reached for row in rows),
            completed=sum(row.completed for row in rows),
            waived=sum(row.waived for row in rows),
            current=sum(row.current for row in rows),
            stopped=sum(row.stopped for row in rows),
        )
        for rows in zip(*(funnel.stages for funnel in funnels or [EMPTY]), strict=True)
    )
    return Funnel(stages, sum(funnel.permits for funnel in funnels))


EMPTY = Cube([]).total()
