"""An attacker who has every public figure of every filter, and what can be worked out from all of them.

The people are unknown: a number of each possible kind (kecamatan, cohort, path, stage, status, way out of
each stage, permit). Every published figure is an equation over these numbers, none of them negative. A figure
is broken when the equations leave one whole number for it, and that is 1 to 4. Linear programs find out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from participants.models import Stage
from reports.funnel import Cube, Funnel, JobRow, Row, StageFigures

NATION = "ID"
YEARS = (2024, 2025, 2026)
PATHS = ("cari_kerja", "mulai_usaha")
DISTRICTS = ("31.71.01", "31.71.02", "31.74.01", "31.74.05", "31.74.07", "32.73.01", "32.73.02", "73.71.01")
DEEPEST = 5
"""Stages that exist for the attacker: knowing more than the portal tells only helps."""

LEAST = 5
Filter = tuple[str, int, str]
"""Area, cohort (0 = all), path ("" = all)."""

Figures = Mapping[str, int | None]
"""What one filter answers: "reached.1", "completed.2", "permits", "reported", "confirmed"; None is hidden."""


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of job: where, and whether the owner confirmed it."""

    area: str
    year: int
    pathway: str
    confirmed: bool


def areas() -> list[str]:
    """The nation and every area around the kecamatan."""
    return [NATION, *sorted({district[:length] for district in DISTRICTS for length in (2, 5, 8)})]


def filters() -> list[Filter]:
    """Every question the public pages take."""
    return [(area, year, path) for area in areas() for year in (0, *YEARS) for path in ("", *PATHS)]


def kinds() -> list[Row]:
    """Every kind of enrollment; `count` is one."""
    found = []
    for area in DISTRICTS:
        for year in YEARS:
            for path in PATHS:
                found += [Row(*kind[:2], path, "", area, year, *kind[2:], 1) for kind in _positions(path)]
    return found


def _positions(path: str) -> Iterator[tuple[int, str, int, int, bool]]:
    last = 3 if path == "cari_kerja" else DEEPEST
    for stage in range(1, last + 1):
        statuses = ["aktif", "berhenti"] + ["lulus"] * (path == "cari_kerja" and stage == last)
        for status in statuses:
            passed = stage if status == "lulus" else stage - 1
            left = (1 << passed) - 1
            for waived in (0, *(bit for bit in (2, 8) if left & bit)):
                permits = [False]
                if path != "cari_kerja" and stage >= 4:
                    # Whoever completed P4 has a permit.
                    permits = [True] if left & 8 and not waived & 8 else [False, True]
                for permit in permits:
                    yield stage, status, left, waived, permit


def population(random: Random, *, most: int = 45) -> tuple[list[Row], list[JobRow]]:
    """People of a few kinds, with kecamatan, cohorts and kinds that have hardly anybody."""
    people: dict[tuple[object, ...], int] = {}
    jobs: dict[tuple[str, int, str], list[int]] = {}
    for district in DISTRICTS[:-1]:
        likely = [random.random() ** 3 for _ in YEARS]
        for _ in range(random.choice((0, 2, 6, most // 2, most, most * 2, most * 3))):
            year = random.choices(YEARS, likely)[0]
            path = random.choice(PATHS)
            positions = sorted(set(_positions(path)))
            weights = [1 if status == "aktif" else 0.3 for _, status, *_ in positions]
            weights = [
                w * (0.15 if position[3] else 1) for w, position in zip(weights, positions, strict=True)
            ]
            kind = random.choices(positions, weights)[0]
            key = (*kind[:2], path, "", district, year, *kind[2:])
            people[key] = people.get(key, 0) + 1
            if random.random() < 0.2:
                workers = random.randint(1, 3)
                agreed = random.random() < 0.5
                row = jobs.setdefault((district, year, path), [0, 0, 0, 0])
                for index, more in enumerate((workers, workers * agreed, 1, int(agreed))):
                    row[index] += more
    rows = [Row(*key, count) for key, count in people.items()]  # type: ignore[arg-type]
    return rows, [JobRow(*key, *counts) for key, counts in jobs.items()]


def holds(question: Filter, area: str, year: int, path: str) -> bool:
    """Whether somebody of this area, cohort and path belongs to a filter."""
    asked, cohort, way = question
    return (
        (asked == NATION or area == asked or area.startswith(f"{asked}."))
        and (not cohort or cohort == year)
        and (not way or way == path)
    )


def figures_of(funnel: Funnel) -> dict[str, int]:
    """Everything that can be said of a group: the published figures, and those that follow from them."""
    found = {"permits": funnel.permits, "no_permit": funnel.registered - funnel.permits}
    after: StageFigures | None = None
    for figures in reversed(funnel.stages):
        number = figures.stage.number
        following = after.reached if after else 0
        found |= {
            f"reached.{number}": figures.reached,
            f"completed.{number}": figures.completed,
            f"waived.{number}": figures.waived,
            f"current.{number}": figures.current,
            f"stopped.{number}": figures.stopped,
            f"passed.{number}": figures.passed,
            f"ended.{number}": figures.reached - following,
            f"graduated.{number}": figures.passed - following,
        }
        after = figures
    licensing = funnel.at(Stage.PERIZINAN)
    found["permit_before_completing"] = funnel.permits - licensing.completed
    return found


def naive(rows: Sequence[Row], jobs: Sequence[JobRow], asked: Iterable[Filter]) -> dict[Filter, Figures]:
    """The rule that looks at one table at a time: show it when each of its own cells is 0 or at least 5."""
    answers: dict[Filter, Figures] = {}
    for question in asked:
        own = [row for row in rows if holds(question, row.area, row.year, row.pathway)]
        figures = {name: value for name, value in figures_of(Cube(own).total()).items() if is_published(name)}
        work = [row for row in jobs if holds(question, row.area, row.year, row.pathway)]
        figures |= {
            "reported": sum(row.reported for row in work),
            "confirmed": sum(row.confirmed for row in work),
        }
        fine = all(value == 0 or value >= LEAST for value in figures.values())
        answers[question] = {name: value if fine else None for name, value in figures.items()}
    return answers


def is_published(name: str) -> bool:
    return name.partition(".")[0] in {"reached", "completed", "waived", "current", "permits"}


def broken(
    answers: Mapping[Filter, Figures],
    rows: Sequence[Row],
    jobs: Sequence[JobRow],
    *,
    random: Random,
    enough: int = 1_000_000,
) -> list[tuple[Filter, str, int]]:
    """Every figure of 1 to 4 that the answers of all filters give away, with the filter it belongs to.

    The search ends when `enough` are found.
    """
    people, work = kinds(), _work()
    person_figures = [figures_of(Cube([kind]).total()) for kind in people]
    truth = {
        (
            row.stage,
            row.status,
            row.pathway,
            row.area,
            row.year,
            row.left,
            row.waived,
            row.has_permit,
        ): row.count
        for row in rows
    }
    counted = np.array(
        [truth.get((k.stage, k.status, k.pathway, k.area, k.year, k.left, k.waived, k.has_permit), 0)
         for k in people], dtype=float,
    )  # fmt: skip
    assert counted.sum() == sum(row.count for row in rows), "the attacker's kinds hold everybody"
    found = _solve(
        answers,
        list(person_figures[0]),
        lambda name: np.array([figures[name] for figures in person_figures], dtype=float),
        [(kind.area, kind.year, kind.pathway) for kind in people],
        counted,
        random,
        enough,
    )
    if len(found) >= enough:
        return found
    workers = {(row.area, row.year, row.pathway): row for row in jobs}
    hired = []
    for kind in work:
        row = workers.get((kind.area, kind.year, kind.pathway))
        hired.append(0 if row is None else row.confirmed if kind.confirmed else row.reported - row.confirmed)
    weights = {
        "reported": np.ones(len(work)),
        "confirmed": np.array([float(kind.confirmed) for kind in work]),
        "unconfirmed": np.array([float(not kind.confirmed) for kind in work]),
    }
    return found + _solve(
        answers,
        list(weights),
        weights.__getitem__,
        [(kind.area, kind.year, kind.pathway) for kind in work],
        np.array(hired, dtype=float),
        random,
        enough,
    )


def _work() -> list[Work]:
    return [
        Work(area, year, path, confirmed)
        for area in DISTRICTS
        for year in YEARS
        for path in PATHS
        for confirmed in (False, True)
    ]


def _solve(
    answers: Mapping[Filter, Figures],
    names: Sequence[str],
    weights: Callable[[str], np.ndarray],
    places: Sequence[tuple[str, int, str]],
    truth: np.ndarray,
    random: Random,
    enough: int,
) -> list[tuple[Filter, str, int]]:
    masks = {
        question: np.array([holds(question, *place) for place in places], dtype=float)
        for question in filters()
    }
    by_name = {name: weights(name) for name in names}
    equations, values = [], []
    for question, figures in answers.items():
        for name, value in figures.items():
            if value is not None and name in by_name:
                equations.append(masks[question] * by_name[name])
                values.append(float(value))
                assert equations[-1] @ truth == value, (question, name, value)
    if not equations:
        return []
    matrix = csr_matrix(np.array(equations))

    def extreme(objective: np.ndarray) -> np.ndarray:
        answer = linprog(objective, A_eq=matrix, b_eq=values, bounds=(0, None), method="highs")
        if answer.status == 3:  # no upper end: as far away as one likes
            answer = linprog(objective, A_eq=matrix, b_eq=values, bounds=(0, 1_000_000), method="highs")
        assert answer.status == 0, answer.message
        return np.asarray(answer.x)

    chance = np.random.default_rng(random.getrandbits(32))
    known = [extreme(chance.normal(size=len(truth))) for _ in range(12)]
    found = []
    for question, mask in masks.items():
        for name in names:
            target = mask * by_name[name]
            value = round(float(target @ truth))
            if not 0 < value < LEAST or any(abs(float(target @ other) - value) > 0.999 for other in known):
                continue
            for sign in (-1, 1):
                other = extreme(sign * target)
                known.append(other)
                if abs(float(target @ other) - value) > 0.999:
                    break
            else:
                found.append((question, name, value))
                if len(found) >= enough:
                    return found
    return found
