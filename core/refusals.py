"""The expected refusals: a rule said no, in words a person can read."""

from __future__ import annotations

from collections.abc import Sequence


class Refused(Exception):
    """An act that a rule does not allow. `reasons` are Indonesian sentences for the person who tried."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(*reasons)
        self.reasons: Sequence[str] = reasons

    def __str__(self) -> str:
        return " ".join(self.reasons)


class Stale(Refused):
    """Somebody else changed the record after the actor had read it."""
