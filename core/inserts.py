"""Writing rows of several tables in one round trip to the database.

An act that writes a dozen rows would otherwise wait a dozen times for an answer it does not need. The models
stay the only source of truth: columns, defaults and conversions are theirs; what is kept from one call to the
next is a model's INSERT, which `Model.save()` writes, and the database reads and checks, anew for every row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import groupby
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

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
    """Such values are handed on as text, which the driver writes two to three times as fast."""


@dataclass(frozen=True, slots=True)
class _Insert:
    """What every INSERT into one table has in common: as the database is told once, and by its name after."""

    prepare: str
    execute: str
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
def _insert_of(model: type[models.Model], count: int) -> _Insert:
    """The INSERT of `count` rows of a model; the database numbers rows whose key it counts itself."""
    fields = [field for field in model._meta.local_concrete_fields if not isinstance(field, models.AutoField)]
    quote = connection.ops.quote_name
    table, name = quote(model._meta.db_table), quote(f"insert_{count}_{model._meta.db_table}")
    columns = ", ".join(quote(str(field.column)) for field in fields)
    numbers = [f"${number}" for number in range(1, count * len(fields) + 1)]
    rows = (numbers[start : start + len(fields)] for start in range(0, len(numbers), len(fields)))
    values = ", ".join(f"({', '.join(row)})" for row in rows)
    return _Insert(
        prepare=f"PREPARE {name} AS INSERT INTO {table} ({columns}) VALUES {values}",
        execute=f"EXECUTE {name} ({', '.join(['%s'] * len(numbers))})",
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
    if not rows:
        return
    db = connections[DEFAULT_DB_ALIAS]
    statements: list[str] = []
    params: list[Any] = []
    for model, group in groupby(rows, type):
        same = list(group)
        insert = _insert_of(model, len(same))
        _prepare(insert, db)
        statements.append(insert.execute)
        for row in same:
            params.extend(insert.values(row, db))
    with db.cursor() as cursor:
        cursor.execute("; ".join(statements), params)
    for row in rows:
        row._state.adding = False
        row._state.db = db.alias


_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
"""What each connection of the driver knows by name, as long as it lives."""


def _prepare(insert: _Insert, db: BaseDatabaseWrapper) -> None:
    """Have the database read and check an INSERT once a connection, not at every act."""
    db.ensure_connection()
    known = _prepared.setdefault(db.connection, set())
    if insert.prepare not in known:
        with db.wrap_database_errors, db.connection.cursor() as cursor:
            cursor.execute(insert.prepare)
        known.add(insert.prepare)
