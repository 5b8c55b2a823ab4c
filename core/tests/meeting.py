"""Acts that meet: for the tests of races, in every app."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

MEET_SECONDS = 1.5
"""How long one waits for the other between reading and writing; with the lock in place nobody comes."""
SURE_SECONDS = 30.0
"""The same where nothing holds the other back: it comes, however busy the machine is."""


def together(*acts: Callable[[], Any], workers: int | None = None) -> list[Any]:
    """Run acts at once, each on its own database connection; an exception is an answer too."""

    def run(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(workers or len(acts)) as pool:
        return list(pool.map(run, acts))


def kinds_of(answers: Iterable[Any]) -> Counter[str]:
    """How many answers of each type there are, exceptions among them."""
    return Counter(type(answer).__name__ for answer in answers)
