"""What public pages cost in the process, beside a view that says "ok" through the same middleware."""

from __future__ import annotations

from collections.abc import Iterable

from django.test import Client

from bench.figures import Bench, Figure

PAGES = (("/daftar/", 12.0),)
"""Address and the most it may cost, in times the "ok" view (QUALITY.md, speed and cost)."""


def measure(bench: Bench) -> Iterable[Figure]:
    """One figure a page."""
    client = Client()

    def get(path: str) -> None:
        answer = client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"GET {path} answered {answer.status_code}")

    for path, goal in PAGES:
        page, plain = bench.medians(
            lambda path=path: get(path), lambda: get("/healthz"), rounds=bench.rounds(40, 10), calls=5
        )
        yield Figure(f'GET {path}, times "ok"', page, plain, "ms", goal)
