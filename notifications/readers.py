"""What the pages of messages should know of their reader, told by the apps above that know it.

An app registers a source in its `ready()`; without one everybody reads in WIB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from core.clock import DEFAULT_ZONE


@dataclass(frozen=True)
class Reader:
    """The zone a reader lives in, and the centre that helps them (for "Butuh bantuan?")."""

    zone: str = DEFAULT_ZONE
    center: Any = None


Source = Callable[[User], Reader | None]
_sources: list[Source] = []


def register_source(source: Source) -> None:
    """Ask `source` about readers; the first that knows one answers."""
    if source not in _sources:
        _sources.append(source)


def reader_of(user: User) -> Reader:
    """What is known of a reader: as many statements as its sources take."""
    return next((found for source in _sources if (found := source(user))), Reader())
