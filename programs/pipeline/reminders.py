"""Who is due for a reminder on a day. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Silence:
    """An active enrollment without news since a local day, and how often that silence was reminded of.

    `reminded` is the highest multiple of the limit already reminded of, 0 for none.
    """

    enrollment_id: UUID
    stage: str
    since: date
    reminded: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A reminder to send: for the `multiple`-th time the limit has passed."""

    enrollment_id: UUID
    since: date
    multiple: int

    @property
    def dedupe_key(self) -> str:
        """The same reminder has the same key in every run of every scheduler."""
        return f"diam:{self.enrollment_id}:{self.since}:{self.multiple}"


def due_on(day: date, silences: Iterable[Silence], limits: Mapping[str, int]) -> list[Due]:
    """Those whose silence has reached another multiple of its stage's limit (days) by `day`.

    Days that nobody reminded on are caught up with one message, not one for each. A stage without a limit has
    no reminders.
    """
    found = []
    for silence in silences:
        limit = limits.get(silence.stage)
        if not limit:
            continue
        multiple = (day - silence.since).days // limit
        if multiple > silence.reminded:
            found.append(Due(silence.enrollment_id, silence.since, multiple))
    return found
