"""Reading rows of several joined tables as model instances, from SQL that is written out.

For the few statements that are asked so often that composing them from a queryset each time costs more than
the database's answer. The columns come from the models.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models


@dataclass(frozen=True, slots=True)
class Joined:
    """A SELECT and the models whose columns it yields, one after the other."""

    sql: str
    parts: tuple[tuple[type[models.Model], tuple[str, ...], slice], ...]

    def rows(self, params: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """One tuple of instances for each row."""
        return self.instances(self.fetch(params))

    def fetch(self, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        """The rows as the database gives them, which a cache may keep."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def instances(self, found: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """New instances for fetched rows, one tuple a row."""
        alias = connection.alias
        for row in found:
            yield tuple(model.from_db(alias, names, row[place]) for model, names, place in self.parts)


def joined(sql: str, *selected: type[models.Model]) -> Joined:
    """A SELECT in which `{Model}` stands for all columns of that model's table."""
    columns: dict[str, str] = {}
    parts = []
    start = 0
    for model in selected:
        fields = model._meta.concrete_fields
        table = model._meta.db_table
        columns[model.__name__] = ", ".join(f'{table}."{field.column}"' for field in fields)
        parts.append((model, tuple(field.attname for field in fields), slice(start, start + len(fields))))
        start += len(fields)
    return Joined(sql.format(**columns), tuple(parts))
