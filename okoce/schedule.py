"""Beat's table: the SCHEDULE of every app, gathered in one place.

An app that wants something done regularly puts `SCHEDULE` into its `tasks.py`:
`SCHEDULE = {"core: relay the outbox": {"task": "core.relay_outbox", "schedule": 5.0}}`, where `schedule` is
seconds or a celery `crontab` (in UTC). A run that is still waiting when the next is due expires.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps


class ScheduleClash(RuntimeError):
    """Two apps gave their regular work the same name."""


def gather() -> dict[str, dict[str, Any]]:
    """Every app's regular work by name; raises ScheduleClash when a name is used twice."""
    table: dict[str, dict[str, Any]] = {}
    for config in apps.get_app_configs():
        if find_spec(f"{config.name}.tasks") is None:
            continue
        for name, entry in getattr(import_module(f"{config.name}.tasks"), "SCHEDULE", {}).items():
            if name in table:
                raise ScheduleClash(f"Two apps schedule something called {name!r}.")
            table[name] = with_expiry(entry)
    return table


def with_expiry(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry with an expiry of one interval, so that a stopped worker does not find a heap of old runs."""
    interval = entry["schedule"]
    options = dict(entry.get("options", {}))
    if isinstance(interval, int | float):
        options.setdefault("expires", max(float(interval), 1.0))
    else:
        options.setdefault("expires", 3600.0)
    return {**entry, "options": options}
