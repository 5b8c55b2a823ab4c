"""Statements as they are sent, without making objects of what comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet


def statement(queryset: QuerySet[Any]) -> Callable[[], object]:
    """Run the statement of a queryset and fetch."""
    sql, values = queryset.query.sql_with_params()
    return lambda: ask(sql, list(values))


def ask(sql: str, values: Sequence[Any]) -> None:
    """Run it and fetch everything."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        cursor.fetchall()
