"""Tables whose rows are written once: enforced by the database, whoever writes.

`Meta.triggers = append_only()` refuses UPDATE, DELETE and TRUNCATE on a model's table. Two settings of the
database session open it, each for one purpose:

* `okoce.redaction = on` lets UPDATE through (only of the `redactable` columns, when those are named).
  `core.audit.redact` alone sets it, for one statement, and every use leaves an audit entry.
* `okoce.allow_truncate = on` lets TRUNCATE through. No settings of the portal set it: it is for a throw-away
  database that is emptied between tests.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pgtrigger
from django.db import connections, transaction

_REFUSE = "USING ERRCODE = 'integrity_constraint_violation'"


def append_only(*, redactable: Sequence[str] | None = None) -> list[pgtrigger.Trigger]:
    """Return the triggers that make a model's table append-only; put them in `Meta.triggers`.

    `redactable` names the database columns that a redaction may change; None allows every column.
    A refused statement ends as django.db.IntegrityError.
    """
    if redactable is None:
        kept = ""
    else:
        columns = ", ".join(f"'{column}'" for column in redactable)
        array = f"ARRAY[{columns}]::text[]"
        kept = f" AND to_jsonb(OLD) - {array} = to_jsonb(NEW) - {array}"
    rows = f"""
        IF TG_OP = 'UPDATE' AND current_setting('okoce.redaction', true) = 'on'{kept} THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'append-only: % on table % is refused', TG_OP, TG_TABLE_NAME {_REFUSE};
    """
    table = f"""
        IF current_setting('okoce.allow_truncate', true) = 'on' THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION 'append-only: % on table % is refused', TG_OP, TG_TABLE_NAME {_REFUSE};
    """
    return [
        pgtrigger.Trigger(
            name="append_only_rows",
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=rows,
        ),
        pgtrigger.Trigger(
            name="append_only_table",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func=table,
        ),
    ]


@contextmanager
def redaction(using: str = "default") -> Iterator[None]:
    """Open append-only tables for UPDATE in one transaction; `core.audit.redact` also records it."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SET LOCAL okoce.redaction = 'on'")
        yield
        # Not in a finally: after an error the transaction rolls the setting back by itself.
        cursor.execute("SET LOCAL okoce.redaction = 'off'")
