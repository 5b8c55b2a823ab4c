"""Writing rows of several tables in one round trip to the database.

An act that writes a dozen rows would otherwise wait a dozen times for an answer it does not need. The models
stay the only source of truth: columns, defaults and conversions are theirs; what is kept from one call to the
next is the text of a model's INSERT, which `Model.save()` builds anew for every row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

_AS_THEY_ARE: dict[str, type] = {
    "BooleanField": bool,
    "CharField": str,
    "DateField": date,
    "DateTimeField": datetime,
    "PositiveIntegerField": int,
    "PositiveSmallIntegerField": int,
    "TextField": str,
    "UUIDField": UUID,
}
"""Django's plain fields and the values that they hand on to the driver unchanged."""
_AS_TEXT = (UUID, date, datetime)
"""Of these, what reads the same as text: the column decides the type, and an instant names its offset."""


@dataclass(frozen=True, slots=True)
class _Column:
    """How a field's value of a row reaches the database."""

    attribute: str
    prepare: Callable[[Any, Any], Any]
    as_it_is: type | None
    """Values of this very type need no preparation."""
    is_plain_text: bool
    """Such values are handed on as text, which the driver writes in a tenth of the time."""


@dataclass(frozen=True, slots=True)
class _Insert:
    """What every INSERT into one table has in common."""

    head: str
    one_row: str
    columns: tuple[_Column, ...]

    def values(self, row: models.Model, db: BaseDatabaseWrapper) -> Iterator[Any]:
        for column in self.columns:
            value = getattr(row, column.attribute)
            if value is None:
                yield None
            elif type(value) is column.as_it_is:
                yield str(value) if column.is_plain_text else value
            else:
                yield column.prepare(value, db)


@cache
def _insert_of(model: type[models.Model]) -> _Insert:
    """The INSERT of a model; the database numbers rows whose key it counts itself."""
    fields = [field for field in model._meta.local_concrete_fields if not isinstance(field, models.AutoField)]
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in fields)
    return _Insert(
        head=f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ",
        one_row=f"({', '.join(['%s'] * len(fields))})",
        columns=tuple(_column(field) for field in fields),
    )


def _column(field: Any) -> _Column:
    kind = field
    while isinstance(kind, models.ForeignKey):
        kind = kind.target_field
    is_own = not type(kind).__module__.startswith("django.db.models.")
    as_it_is = None if is_own else _AS_THEY_ARE.get(kind.get_internal_type())
    return _Column(field.attname, field.get_db_prep_save, as_it_is, as_it_is in _AS_TEXT)


def insert_together(rows: Iterable[models.Model]) -> None:
    """INSERT new rows of any tables, in the order given, in one round trip.

    Give them in the order of their foreign keys, inside a transaction: they stand or fall together there.
    Nothing is read back, so a key that the database counts (BigAutoField) stays unknown. As with
    `bulk_create`, `save()` and its signals are passed by; triggers and constraints are not. Raises what the
    database says, such as django.db.IntegrityError.
    """
    rows = list(rows)
    db = connections[DEFAULT_DB_ALIAS]
    statements: list[str] = []
    params: list[Any] = []
    for model, group in groupby(rows, type):
        insert = _insert_of(model)
        same = list(group)
        statements.append(insert.head + ", ".join([insert.one_row] * len(same)))
        for row in same:
            params.extend(insert.values(row, db))
    if not statements:
        return
    with db.cursor() as cursor:
        cursor.execute("; ".join(statements), params)
    for row in rows:
        row._state.adding = False
        row._state.db = db.alias
