"""Personal data masked in the database read itself: temporary views in the place of the tables.

Inside `masked_reads` every table that holds a text of or about a person is hidden behind a view of the same
name in the session's own temporary schema, which PostgreSQL searches first. Names become initials, texts a
word, numbers nothing; whatever query a page asks, it gets no more. The transaction is read only and rolled
back, so nothing can be written and the views are gone with it.

Closed by default: a column that holds text, bytes or JSON is masked unless it is named as open below.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction

WORD = "disamarkan"
OPEN_TABLES = frozenset(
    {
        "centers_province", "centers_regency", "centers_district", "centers_village", "centers_agency",
        "centers_center", "participants_threshold", "participants_retentionrule",
        "participants_retentionrun", "helpdesk_ticketrule", "mentoring_helproute",
        "reports_publiccut", "reports_publicfigures", "reports_reportedfigure",
    }
)  # fmt: skip
"""Places, rules and published figures: nothing of a person."""
OPEN_COLUMNS: dict[str, frozenset[str]] = {
    "accounts_user": frozenset({"login_number"}),
    "accounts_roleassignment": frozenset({"scope", "agency_code"}),
    "participants_enrollment": frozenset({"number", "zone"}),
    "participants_datarequest": frozenset({"number"}),
    "participants_stagetransition": frozenset(
        {"actor_role", "zone", "district_code", "center_code", "agency_code"}
    ),
    "participants_consent": frozenset({"text_version"}),
    "participants_business": frozenset({"kbli_code", "kbli_edition"}),
    "helpdesk_ticket": frozenset({"number"}),
    "notifications_notification": frozenset({"kind", "dedupe_key", "url"}),
    "core_storedfile": frozenset({"content_type"}),
    "core_auditentry": frozenset({"action", "object_type", "object_id"}),
    "core_outboxmessage": frozenset({"kind", "dedupe_key"}),
    "core_job": frozenset({"kind", "dedupe_key", "params"}),
}
"""Codes, and the numbers this portal gives by itself (of registrations, requests and tickets)."""
NAMES = frozenset({"full_name", "display_name", "name", "actor_label"})
NUMERIC_TEXTS = frozenset({("participants_stageevidence", "number")})
"""Texts that rules read as numbers: a zero in place of the word."""
PERSONAL_DATES = frozenset({"birth_date"})
OUTSIDE = frozenset({"admin", "contenttypes", "auth", "sessions"})
"""Apps whose tables no page of the portal shows; sessions must stay readable."""
_TEXTS = (models.CharField, models.TextField, models.JSONField, models.BinaryField, ArrayField)


def masked_columns(model: type[models.Model]) -> dict[str, models.Field[Any, Any]]:
    """The columns of a model that a masked read does not show, by name."""
    table = model._meta.db_table
    if table in OPEN_TABLES:
        return {}
    kept = OPEN_COLUMNS.get(table, frozenset())
    return {
        str(field.column): field
        for field in model._meta.concrete_fields
        if field.column not in kept and _is_personal(field)
    }


def _is_personal(field: models.Field[Any, Any]) -> bool:
    if field.is_relation or field.primary_key or field.choices:
        return False
    return isinstance(field, _TEXTS) or field.column in PERSONAL_DATES


def _mask(table: str, field: models.Field[Any, Any]) -> str:
    """The SQL expression in the place of a column, of the same type."""
    column, kind = f'"{field.column}"', field.db_type(connection)
    if isinstance(field, models.JSONField):
        empty = "[]" if field.default is list else "{}"
        return f"'{empty}'::jsonb AS {column}"
    if isinstance(field, ArrayField):
        return f"'{{}}'::{kind} AS {column}"
    if isinstance(field, models.BinaryField) or field.column in PERSONAL_DATES:
        return f"NULL::{kind} AS {column}"
    if field.column in NAMES:
        initials = f"regexp_replace(btrim({column}), '([^[:space:]])[^[:space:]]*', '\\1.', 'g')"
        return f"({initials})::{kind} AS {column}"
    word = "0" if (table, field.column) in NUMERIC_TEXTS else WORD
    shown = f"CASE WHEN {column} = '' THEN '' WHEN {column} IS NOT NULL THEN '{word}' END"
    return f"({shown})::{kind} AS {column}"


_COLUMNS = """
    SELECT class.relname, attribute.attname, format_type(attribute.atttypid, attribute.atttypmod)
    FROM pg_attribute attribute JOIN pg_class class ON class.oid = attribute.attrelid
    WHERE class.relnamespace = 'public'::regnamespace AND class.relkind = 'r'
      AND attribute.attnum > 0 AND NOT attribute.attisdropped
    ORDER BY class.relname, attribute.attnum
"""


@cache
def views_sql() -> str:
    """The statements that hide every table with personal columns behind its view."""
    stored: dict[str, list[tuple[str, str]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        for table, name, kind in cursor:
            stored.setdefault(table, []).append((name, kind))
    statements = []
    for model in apps.get_models():
        meta = model._meta
        if meta.app_label in OUTSIDE or meta.proxy or not meta.managed:
            continue
        hidden = masked_columns(model)
        if not hidden:
            continue
        # As the table has them: what the database computes by itself is no field of ours, and hidden.
        shown = {field.column for field in meta.concrete_fields}
        columns = ", ".join(
            _mask(meta.db_table, hidden[name]) if name in hidden
            else f'"{name}"' if name in shown
            else f'NULL::{kind} AS "{name}"'
            for name, kind in stored[meta.db_table]
        )  # fmt: skip
        statements.append(
            f'CREATE TEMPORARY VIEW "{meta.db_table}" AS SELECT {columns} FROM public."{meta.db_table}"'
        )
    return ";\n".join(statements)


@contextmanager
def masked_reads() -> Iterator[None]:
    """Read with personal data masked, write nothing, leave nothing behind.

    A statement that would write ends as django.db.InternalError. Nothing read lazily afterwards is masked:
    answers are complete when the block ends.
    """
    features: Any = connection.features
    before = features.allows_group_by_selected_pks
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(views_sql())
                cursor.execute("SET TRANSACTION READ ONLY")
            # PostgreSQL knows no keys of a view, so every column has to be named in GROUP BY.
            features.allows_group_by_selected_pks = False
            yield
            transaction.set_rollback(True)
    finally:
        features.allows_group_by_selected_pks = before
