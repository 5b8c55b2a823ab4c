"""The public figures of one instant: what the log says, less what would point at single people.

`load_published(at=…)` recomputes them from the log and nothing else. The layers, each a set of areas:

    reached of P1 ⊇ reached of P2 ⊇ … ⊇ reached of P7      everybody, stage by stage
    stage n: completed, waived, current                     where reached of the next stage is shown
    permits                                                 where reached of P4 is shown
    jobs                                                    where P1 is shown
    cohorts, paths: reached of P1 … Pk                      where reached of Pk is shown, k the same for all
    jobs by cohort, by path                                 where jobs are shown

Cohort and path together are never shown, nor is a breakdown by centre. Decision 0015 has the argument.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.access import NATION
from core.clock import local_day
from participants.models import Pathway, Stage

from .funnel import Cube, Funnel, JobRow, Row, StageFigures, load_cube, load_job_rows
from .questions import FIRST_COHORT, FunnelQuery
from .suppression import Cells, is_safe, parent_of, shown_areas

STAGES = 7
PERMIT_STAGE = Stage.PERIZINAN.number - 1
LENGTHS = (2, 5, 8)
"""Lengths of the codes of provinces, kab/kota and kecamatan."""

Counts = tuple[int | None, int | None, int | None, int | None]
"""Reached, completed, waived, current of one stage; None is hidden."""


@dataclass(frozen=True, slots=True)
class Published:
    """The public figures of one area: of everybody, of one cohort, or of one path. None is hidden.

    `year` 0 and `pathway` "" mean all. `elsewhere` counts those registered in no shown part of the area; it
    is known for everybody only.
    """

    area: str
    year: int
    pathway: str
    stages: tuple[Counts, ...]
    permits: int | None
    reported: int | None
    confirmed: int | None
    elsewhere: int | None = None


@dataclass(frozen=True, slots=True)
class JobCount:
    """Jobs of one group, and how many businesses they are from."""

    reported: int = 0
    confirmed: int = 0
    businesses: int = 0
    confirming: int = 0

    def __add__(self, other: JobCount) -> JobCount:
        return JobCount(
            self.reported + other.reported,
            self.confirmed + other.confirmed,
            self.businesses + other.businesses,
            self.confirming + other.confirming,
        )

    @property
    def cells(self) -> Cells:
        """What the two figures give away: also what is not confirmed, and by how few businesses."""
        return (
            self.reported, self.confirmed, self.reported - self.confirmed,
            self.businesses, self.confirming, self.businesses - self.confirming,
        )  # fmt: skip


EMPTY = Cube([]).total()
NO_JOBS = JobCount()


def load_published(*, at: datetime) -> list[Published]:
    """The public figures as of an instant, recomputed from the log. Two statements."""
    query = FunnelQuery(as_of=at)
    cube = load_cube(query, area_length=8, with_centers=False)
    return publish(cube, load_job_rows(query), last_year=local_day(at).year)


def publish(cube: Cube, jobs: Sequence[JobRow], *, last_year: int) -> list[Published]:
    """The public figures of a cube with kecamatan and the jobs beside it, in a fixed order."""
    whole = _Whole.of(cube, jobs)
    years = range(
        min([FIRST_COHORT, *(row.year for row in cube.rows)]),
        max([last_year, *(row.year for row in cube.rows)]) + 1,
    )
    cohorts = [
        _Part.of(
            [row for row in cube.rows if row.year == year],
            [row for row in jobs if row.year == year],
            year=year,
        )
        for year in years
    ]
    paths = [
        _Part.of(
            [row for row in cube.rows if row.pathway == code],
            [row for row in jobs if row.pathway == code],
            pathway=code,
        )
        for code in Pathway.values
    ]
    return [*whole.published(), *whole.split(_joined(cohorts)), *whole.split(paths)]


@dataclass(frozen=True, slots=True)
class _Part:
    """One cohort or path: its funnels and jobs by area. Joined cohorts have no year: they are not shown."""

    funnels: Mapping[str, Funnel]
    jobs: Mapping[str, JobCount]
    rows: Sequence[Row]
    job_rows: Sequence[JobRow]
    year: int
    pathway: str

    @classmethod
    def of(cls, rows: Sequence[Row], jobs: Sequence[JobRow], *, year: int = 0, pathway: str = "") -> _Part:
        return cls(_funnels(rows), _jobs(jobs), rows, jobs, year, pathway)

    @property
    def registered(self) -> int:
        return self.funnel(NATION).registered

    def funnel(self, area: str) -> Funnel:
        return self.funnels.get(area, EMPTY)

    def job(self, area: str) -> JobCount:
        return self.jobs.get(area, NO_JOBS)

    def join(self, other: _Part) -> _Part:
        return _Part.of([*self.rows, *other.rows], [*self.job_rows, *other.job_rows])


def _joined(cohorts: Sequence[_Part]) -> list[_Part]:
    """Cohorts from old to new. One with too few people in the nation counts with the next, the last with the
    one before.
    """
    parts: list[_Part] = []
    for cohort in cohorts:
        if parts and not is_safe((parts[-1].registered,)):
            parts[-1] = parts[-1].join(cohort)
        else:
            parts.append(cohort)
    while len(parts) > 1 and not is_safe((parts[-1].registered,)):
        last = parts.pop()
        parts[-1] = parts[-1].join(last)
    return parts


@dataclass(frozen=True, slots=True)
class _Whole:
    """Everybody, and the areas that show each layer of everybody."""

    funnels: Mapping[str, Funnel]
    jobs: Mapping[str, JobCount]
    reached: Sequence[frozenset[str]]
    flows: Sequence[frozenset[str]]
    permits: frozenset[str]
    working: frozenset[str]

    @classmethod
    def of(cls, cube: Cube, job_rows: Sequence[JobRow]) -> _Whole:
        funnels, jobs = _funnels(cube.rows), _jobs(job_rows)
        reached: list[frozenset[str]] = []
        for index in range(STAGES):
            reached.append(
                shown_areas(
                    {area: _reached_cells(funnel, index) for area, funnel in funnels.items()},
                    _sizes(funnels, index),
                    within=reached[-1] if reached else funnels,
                )
            )
        flows = [
            shown_areas(
                {area: _flow_cells(funnel, index) for area, funnel in funnels.items()},
                _sizes(funnels, index),
                within=reached[min(index + 1, STAGES - 1)],
            )
            for index in range(STAGES)
        ]
        permits = shown_areas(
            {area: _permit_cells(funnel) for area, funnel in funnels.items()},
            {area: funnel.permits for area, funnel in funnels.items()},
            within=reached[PERMIT_STAGE],
        )
        working = shown_areas(
            {area: jobs.get(area, NO_JOBS).cells for area in funnels},
            {area: jobs.get(area, NO_JOBS).reported for area in funnels},
            within=reached[0],
        )
        return cls(funnels, jobs, reached, flows, permits, working)

    def published(self) -> Iterator[Published]:
        """Everybody's figures by area."""
        inside = Counter[str]()
        for part in self.reached[0] - {NATION}:
            inside[parent_of(part)] += self.funnels[part].registered
        for area in sorted(self.reached[0]):
            funnel, jobs = self.funnels[area], self.jobs.get(area, NO_JOBS)
            is_working = area in self.working
            yield Published(
                area=area,
                year=0,
                pathway="",
                stages=tuple(self._counts(area, figures) for figures in funnel.stages),
                permits=funnel.permits if area in self.permits else None,
                reported=jobs.reported if is_working else None,
                confirmed=jobs.confirmed if is_working else None,
                elsewhere=funnel.registered - inside[area],
            )

    def _counts(self, area: str, figures: StageFigures) -> Counts:
        index = figures.stage.number - 1
        reached = figures.reached if area in self.reached[index] else None
        if area not in self.flows[index]:
            return (reached, None, None, None)
        return (reached, figures.completed, figures.waived, figures.current)

    def split(self, parts: Sequence[_Part]) -> Iterator[Published]:
        """The figures of parts that together are everybody, in the areas where all parts may be shown."""
        depth = max(
            (
                depth
                for depth in range(STAGES)
                if all(is_safe(_depth_cells(part.funnel(NATION), depth)) for part in parts)
            ),
            default=None,
        )
        shown = frozenset[str]()
        if depth is not None:
            shown = shown_areas(
                {
                    area: tuple(cell for part in parts for cell in _depth_cells(part.funnel(area), depth))
                    for area in self.funnels
                },
                _sizes(self.funnels, 0),
                within=self.reached[depth],
            )
        working = shown_areas(
            {area: tuple(cell for part in parts for cell in part.job(area).cells) for area in self.funnels},
            {area: self.jobs.get(area, NO_JOBS).reported for area in self.funnels},
            within=self.working,
        )
        for part in parts:
            if not part.year and not part.pathway:
                continue
            for area in sorted(shown | working):
                is_shown, is_working, jobs = area in shown, area in working, part.job(area)
                yield Published(
                    area=area,
                    year=part.year,
                    pathway=part.pathway,
                    stages=tuple(
                        (
                            figures.reached if is_shown and index <= (depth or 0) else None,
                            None, None, None,
                        )
                        for index, figures in enumerate(part.funnel(area).stages)
                    ),
                    permits=None,
                    reported=jobs.reported if is_working else None,
                    confirmed=jobs.confirmed if is_working else None,
                )  # fmt: skip


def _sizes(funnels: Mapping[str, Funnel], index: int) -> dict[str, int]:
    """How many reached a stage, by area."""
    return {area: funnel.stages[index].reached for area, funnel in funnels.items()}


def _reached_cells(funnel: Funnel, index: int) -> Cells:
    """Who got to a stage, and who got to the one before and no further."""
    reached = funnel.stages[index].reached
    return (reached,) if not index else (reached, funnel.stages[index - 1].reached - reached)


def _depth_cells(funnel: Funnel, depth: int) -> Cells:
    """Who got to each stage and no further, down to a stage."""
    return tuple(cell for index in range(depth + 1) for cell in _reached_cells(funnel, index))


def _flow_cells(funnel: Funnel, index: int) -> Cells:
    """Everybody who reached a stage, by what became of them there."""
    figures = funnel.stages[index]
    following = funnel.stages[index + 1].reached if index + 1 < STAGES else 0
    stopped = figures.reached - figures.passed - figures.current
    return (figures.completed, figures.waived, figures.current, stopped, figures.passed - following)


def _permit_cells(funnel: Funnel) -> Cells:
    """People with a permit, those without, and the distance to the stages around licensing.

    Whoever completed P4 has a permit, and often everybody in it: the difference may be a group of people.
    """
    licensing, marketing = funnel.stages[PERMIT_STAGE], funnel.stages[PERMIT_STAGE + 1]
    permits = funnel.permits
    return (
        permits,
        funnel.registered - permits,
        permits - licensing.reached,
        permits - licensing.completed,
        permits - marketing.reached,
    )


def _funnels(rows: Sequence[Row]) -> dict[str, Funnel]:
    """The funnels of every area that has people, and of the nation."""
    cube = Cube(rows)
    found = {NATION: cube.total()}
    for length in LENGTHS:
        found |= cube.by_area(length)
    return found


def _jobs(rows: Sequence[JobRow]) -> dict[str, JobCount]:
    """The jobs of every area that has some, and of the nation."""
    found: dict[str, JobCount] = {}
    for row in rows:
        count = JobCount(row.reported, row.confirmed, row.businesses, row.confirming)
        for area in (NATION, *(row.area[:length] for length in LENGTHS)):
            found[area] = found.get(area, NO_JOBS) + count
    return found
