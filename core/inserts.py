"""Writing rows of several tables in one round trip to the database.

An act that writes a dozen rows would otherwise wait a dozen times for an answer it does not need. The models
stay the only source of truth: columns, defaults and conversions are theirs; what is kept from one call to the
next is the text of a model's INSERT, which `Model.save()` builds anew for every row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from django.db import connection, models


@dataclass(frozen=True, slots=True)
class _Insert:
    """What every INSERT into one table has in common."""

    head: str
    one_row: str
    columns: tuple[tuple[str, Callable[[Any, Any], Any]], ...]
    """Attribute of a row, and how its field prepares the value for the database."""

    def values(self, row: models.Model) -> Iterable[Any]:
        return [prepare(getattr(row, name), connection) for name, prepare in self.columns]


@cache
def _insert_of(model: type[models.Model]) -> _Insert:
    """The INSERT of a model; the database numbers rows whose key it counts itself."""
    fields = [
        field for field in model._meta.local_concrete_fields if not isinstance(field, models.AutoField)
    ]
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in fields)
    return _Insert(
        head=f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ",
        one_row=f"({', '.join(['%s'] * len(fields))})",
        columns=tuple((str(field.attname), field.get_db_prep_save) for field in fields),
    )


def insert_together(rows: Iterable[models.Model]) -> None:
    """INSERT new rows of any tables, in the order given, in one round trip.

    Give them in the order of their foreign keys, inside a transaction: they stand or fall together there.
    Nothing is read back, so a key that the database counts (BigAutoField) stays unknown. As with
    `bulk_create`, `save()` and its signals are passed by; triggers and constraints are not. Raises what the
    database says, such as django.db.IntegrityError.
    """
    rows = list(rows)
    statements: list[str] = []
    params: list[Any] = []
    for model, group in groupby(rows, type):
        insert = _insert_of(model)
        same = list(group)
        statements.append(insert.head + ", ".join([insert.one_row] * len(same)))
        for row in same:
            params.extend(insert.values(row))
    if not statements:
        return
    with connection.cursor() as cursor:
        cursor.execute("; ".join(statements), params)
    for row in rows:
        row._state.adding = False
        row._state.db = connection.alias
