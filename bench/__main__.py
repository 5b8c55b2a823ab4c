"""`make bench`: measures, prints one table, and writes it to var/bench.json. QUICK=1 ends within 2 minutes.

A goal that is missed is shown as such; the exit status is 1 only when something could not be measured.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from importlib import import_module

from bench.figures import Bench, Figure
from okoce.testing.services import ROOT, Services

MODULES = (
    "bench.pages", "bench.registration", "bench.people", "bench.classes", "bench.certificates",
    "bench.mentoring", "bench.signin", "bench.browser", "bench.load",
)  # fmt: skip
HEADER = ("name", "value", "limit", "unit", "ratio", "goal", "met")


def print_table(figures: list[Figure]) -> None:
    """One line a figure, in columns."""
    rows = [HEADER, *(tuple(str(cell) for cell in figure.as_row().values()) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def main() -> int:
    """Exit status 1 when a benchmark broke."""
    services = Services()
    bench = Bench(quick=os.environ.get("QUICK", "0") not in ("", "0"), services=services)
    figures: list[Figure] = []
    broken = 0
    try:
        services.announce()
        services.start()
        import django

        django.setup()
        from django.test import override_settings

        # Not the environment of tests: that one makes every template keep a copy of its context.
        override_settings(ALLOWED_HOSTS=["*"]).enable()
        for name in MODULES:
            started = time.monotonic()
            try:
                figures.extend(import_module(name).measure(bench))
            except Exception:
                # One broken benchmark must not hide the others; it is counted and shown.
                broken += 1
                traceback.print_exc()
            print(f"{name}: {time.monotonic() - started:.1f} s", file=sys.stderr)
    finally:
        services.stop()
    print_table(figures)
    target = ROOT / "var" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps([figure.as_row() for figure in figures], indent=2) + "\n", encoding="utf-8")
    missed = sum(not figure.met for figure in figures)
    summary = f"{len(figures)} figures, {missed} miss their goal, {broken} benchmarks broken"
    print(f"\n{summary}. Written to var/bench.json")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
