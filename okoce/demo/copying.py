"""Writes many rows of a model with COPY, chunk by chunk: columns nobody names take the model's defaults."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, models

CHUNK = 5_000


class Copier:
    """Rows of one model on their way into its table.

    `columns` are the database columns each row gives, in order. Every other column takes the model's default,
    which must not depend on the row; a generated key is left to the database.
    """

    def __init__(self, model: type[models.Model], columns: Sequence[str]) -> None:
        fields = {field.column: field for field in model._meta.concrete_fields}
        unknown = set(columns) - fields.keys()
        if unknown:
            raise ValueError(f"{model.__name__} has no column {', '.join(sorted(unknown))}")
        others = [
            field
            for column, field in fields.items()
            if column not in columns and not isinstance(field, models.AutoField)
        ]
        self._rest = "".join(f"\t{_default(field)}" for field in others)
        names = ", ".join(f'"{column}"' for column in [*columns, *(field.column for field in others)])
        self._statement = f'COPY "{model._meta.db_table}" ({names}) FROM STDIN'
        self._width = len(columns)
        self._buffer = io.StringIO()
        self._waiting = 0
        self.written = 0

    def add(self, *values: Any) -> None:
        """One row; it is sent with the next full chunk or by `flush`."""
        if len(values) != self._width:
            raise ValueError(f"{self._width} values expected, {len(values)} given")
        self._buffer.write("\t".join([_text(value) for value in values]) + self._rest + "\n")
        self._waiting += 1

    @property
    def is_full(self) -> bool:
        """Whether a whole chunk waits."""
        return self._waiting >= CHUNK

    def flush(self) -> None:
        """Send what waits. The parents of its rows must have been sent before."""
        if not self._waiting:
            return
        self._buffer.seek(0)
        with connection.cursor() as cursor:
            cursor.copy_expert(self._statement, self._buffer)
        self.written += self._waiting
        self._buffer, self._waiting = io.StringIO(), 0


def flush_together(copiers: Iterable[Copier]) -> None:
    """Send everything that waits, parents first, as soon as any of the tables has a full chunk."""
    tables = list(copiers)
    if any(copier.is_full for copier in tables):
        for copier in tables:
            copier.flush()


def _default(field: models.Field[Any, Any]) -> str:
    """The text of a column's default; NULL where there is none."""
    value = field.get_default()
    if value == "" and field.null:
        value = None
    if isinstance(field, models.JSONField):
        return _escaped(json.dumps(value))
    return _text(value)


def _text(value: Any) -> str:
    """A value in COPY's text form."""
    if value is None:
        return "\\N"
    kind = type(value)
    if kind is str:
        return _escaped(value) if "\\" in value or "\n" in value or "\t" in value else value
    if kind is bytes:
        return "\\\\x" + value.hex()
    if kind is bool:
        return "t" if value else "f"
    if kind is UUID:
        return value.hex  # type: ignore[no-any-return]
    if kind is int:
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return _escaped(str(value))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
