"""Dated rules: a value that has begun never changes, enforced by the database, whoever writes.

`Meta.triggers = dated_rows()` lets a row be added, moved or removed only while its first day is still to
come; of one that holds, only the end can change, and only to a day to come. "To come" is judged where the day
begins first (WIT), so that no place has lived under a value that later disappears.

`okoce.rule_history = on` in the database session lets everything through: for migrations that bring values of
the past, and for tests (`rewriting_history`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

import pgtrigger
from django.db import connections, transaction

from core.clock import local_day

EARLIEST_ZONE = "Asia/Jayapura"
_REFUSE = "USING ERRCODE = 'integrity_constraint_violation'"


def first_free_day_after(at: datetime) -> date:
    """The last day that has begun somewhere in the country; a new value begins after it."""
    return local_day(at, EARLIEST_ZONE)


def dated_rows(*, has_end: bool) -> list[pgtrigger.Trigger]:
    """The triggers that keep the past of a table with `valid_from` (and `valid_until`, exclusive).

    A refused statement ends as django.db.IntegrityError.
    """
    end = """
        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'valid_until' = to_jsonb(NEW) - 'valid_until'
           AND coalesce(OLD.valid_until, 'infinity') > today
           AND coalesce(NEW.valid_until, 'infinity') > today THEN
            RETURN NEW;
        END IF;
    """
    rows = f"""
        IF current_setting('okoce.rule_history', true) = 'on' THEN
            RETURN coalesce(NEW, OLD);
        END IF;
        IF (TG_OP = 'INSERT' OR OLD.valid_from > today) AND (TG_OP = 'DELETE' OR NEW.valid_from > today) THEN
            RETURN coalesce(NEW, OLD);
        END IF;
        {end if has_end else ""}
        RAISE EXCEPTION 'dated: % of a value that has begun in % is refused', TG_OP, TG_TABLE_NAME {_REFUSE};
    """
    return [
        pgtrigger.Trigger(
            name="dated_rows",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
            declare=[("today", f"date := (now() AT TIME ZONE '{EARLIEST_ZONE}')::date")],
            func=rows,
        )
    ]


@contextmanager
def rewriting_history(using: str = "default") -> Iterator[None]:
    """Open dated tables for values of the past, in one transaction. No act of the portal uses it."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SET LOCAL okoce.rule_history = 'on'")
        yield
        # Not in a finally: after an error the transaction rolls the setting back by itself.
        cursor.execute("SET LOCAL okoce.rule_history = 'off'")
