"""What a benchmark yields, and how it is measured: medians, and both sides taken turn by turn.

A module of this package becomes part of `make bench` when bench/__main__.py lists it. It offers
`measure(bench) -> Iterable[Figure]`; `bench.quick` asks for fewer repetitions and smaller data.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from okoce.testing.services import Services


@dataclass(frozen=True)
class Figure:
    """One line of the table: a measured value beside its limit, and whether their ratio reaches the goal."""

    name: str
    value: float
    limit: float
    unit: str
    goal: float
    at_most: bool = True
    """True: the ratio must not exceed the goal. False: it must reach it."""

    @property
    def ratio(self) -> float:
        """value / limit; 0 when there is no limit to divide by."""
        return self.value / self.limit if self.limit else 0.0

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal

    def as_row(self) -> dict[str, Any]:
        """The line as it is written to var/bench.json."""
        return {
            "name": self.name,
            "value": round(self.value, 4),
            "limit": round(self.limit, 4),
            "unit": self.unit,
            "ratio": round(self.ratio, 3),
            "goal": f"{'<=' if self.at_most else '>='} {self.goal:g}",
            "met": self.met,
        }


@dataclass(frozen=True)
class Bench:
    """How much to measure."""

    quick: bool
    services: Services | None = None
    """The servers of this run, for benchmarks that start processes of their own."""

    def rounds(self, full: int, quick: int = 5) -> int:
        """Number of repetitions, never fewer than five."""
        return max(5, quick if self.quick else full)

    def medians(self, *acts: Callable[[], object], rounds: int, calls: int = 1) -> list[float]:
        """Median milliseconds of each act, taken turn by turn so that noise meets all alike."""
        for act in acts:
            act()
        taken: list[list[float]] = [[] for _ in acts]
        for _ in range(rounds):
            for act, times in zip(acts, taken, strict=True):
                started = time.perf_counter()
                for _ in range(calls):
                    act()
                times.append((time.perf_counter() - started) * 1000 / calls)
        return [statistics.median(times) for times in taken]
