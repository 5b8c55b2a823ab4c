"""Pages by key: the same cost at the first page and at the last, and no count of the whole.

A cursor names the row after (or before) which a page begins. It is readable, safe to link to, and a
cursor that
makes no sense is the first page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Q

_Model = TypeVar("_Model", bound=models.Model)
_Row = TypeVar("_Row")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Page(Generic[_Row]):
    """The rows of one page in order, and the cursors of its neighbours (empty where there is none)."""

    rows: Sequence[_Row]
    next_cursor: str
    previous_cursor: str


@dataclass(frozen=True, slots=True)
class _Cursor:
    is_backwards: bool
    at: datetime
    pk: UUID


def page(
    queryset: models.QuerySet[_Model, _Row], *, cursor: str, field: str, size: int, oldest_first: bool = False
) -> Page[_Row]:
    """One page of rows ordered by the instant `field`, then by UUID key: both descending, or both ascending
    with `oldest_first`. Rows are model instances, or what `values_list(named=True)` yields with `pk` and
    the field.
    """
    before, after, sign = ("lt", "gt", "") if oldest_first else ("gt", "lt", "-")
    start = _read(cursor)
    if start is not None and start.is_backwards:
        earlier = Q(**{f"{field}__{before}": start.at}) | Q(**{field: start.at, f"pk__{before}": start.pk})
        back = "" if sign else "-"
        found = list(queryset.filter(earlier).order_by(f"{back}{field}", f"{back}pk")[: size + 1])
        has_earlier = len(found) > size
        rows = list(reversed(found[:size]))
        if not rows:
            return page(queryset, cursor="", field=field, size=size, oldest_first=oldest_first)
        return Page(rows, _write("n", rows[-1], field), _write("p", rows[0], field) if has_earlier else "")
    if start is not None:
        later = Q(**{f"{field}__{after}": start.at}) | Q(**{field: start.at, f"pk__{after}": start.pk})
        queryset = queryset.filter(Q(**{f"{field}__{after}e": start.at}) & later)
    found = list(queryset.order_by(f"{sign}{field}", f"{sign}pk")[: size + 1])
    rows = found[:size]
    has_later = len(found) > size
    return Page(
        rows,
        _write("n", rows[-1], field) if has_later else "",
        _write("p", rows[0], field) if start is not None and rows else "",
    )


def _write(direction: str, row: Any, field: str) -> str:
    microseconds = (getattr(row, field) - _EPOCH) // timedelta(microseconds=1)
    return f"{direction}{microseconds}.{row.pk.hex}"


def _read(cursor: str) -> _Cursor | None:
    direction, rest = cursor[:1], cursor[1:_LONGEST]
    stamp, _, key = rest.partition(".")
    if direction not in ("n", "p") or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 18):
        return None
    try:
        return _Cursor(direction == "p", _EPOCH + timedelta(microseconds=int(stamp)), UUID(hex=key))
    except (ValueError, OverflowError):
        return None
