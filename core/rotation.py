"""Moving every sealed column to the active encryption key, in batches, without stopping the portal."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import OperationalError, connection, models, transaction
from psycopg2.errors import LockNotAvailable

from core import crypto, keys

BATCH = 500
WRITERS_END_SECONDS = 60.0
"""The wait before keys are removed: a value that was sealed is written by then, no page takes longer."""
LOCK_MILLISECONDS = 300
"""How long to wait for a table: less than the second after which the database looks for deadlocks."""
LOCK_ATTEMPTS = 100
LOCK_PAUSE = 0.2
"""Seconds between two tries, in which writers finish."""


def sealed_fields() -> Iterator[tuple[type[models.Model], crypto.SealedField]]:
    """Yield every SealedField of every concrete model with its model."""
    for model in apps.get_models():
        if model._meta.proxy or not model._meta.managed:
            continue
        for field in model._meta.local_fields:
            if isinstance(field, crypto.SealedField):
                yield model, field


def is_unfinished() -> bool:
    """Return whether a row is still sealed with a key that is not the active one."""
    prefix = crypto.header_of(keys.read_encryption(Path(settings.KEYS_DIR)).active)
    return any(_with_other_key(model, field, prefix).exists() for model, field in sealed_fields())


def reseal_all(*, progress: Callable[[str, int], None] | None = None) -> int:
    """Seal every value again with the active key; return how many were changed.

    Goes through each table by primary key, `BATCH` rows to a transaction, and skips values that already carry
    the active key: it may be interrupted and run again, and rows may be written meanwhile. Raises SealBroken,
    naming the row, when a value does not open.
    """
    return sum(_reseal(model, field, progress) for model, field in sealed_fields())


def _reseal(
    model: type[models.Model], field: crypto.SealedField, progress: Callable[[str, int], None] | None
) -> int:
    prefix = crypto.header_of(keys.read_encryption(Path(settings.KEYS_DIR)).active)
    label = f"{model._meta.db_table}.{field.column}"
    changed, last = 0, None
    while True:
        with transaction.atomic():
            rows = _with_other_key(model, field, prefix).order_by("pk").only("pk", field.attname)
            if last is not None:
                rows = rows.filter(pk__gt=last)
            batch = list(rows.select_for_update(of=("self",), no_key=True)[:BATCH])
            for row in batch:
                context = crypto.sealed_context(row, field.name)
                try:
                    text = crypto.unseal(getattr(row, field.attname), context=context)
                except crypto.SealBroken as error:
                    raise crypto.SealBroken(f"{context}: {error}") from None
                setattr(row, field.attname, crypto.seal(text, context=context))
            if batch:
                model._base_manager.bulk_update(batch, [field.name])
        if not batch:
            return changed
        changed, last = changed + len(batch), batch[-1].pk
        if progress:
            progress(label, changed)


def keys_in_use() -> Counter[str]:
    """Count sealed values by key id, after the writers under way (tables are share-locked meanwhile).

    Writers take the tables in orders of their own, so whoever waits for one table while holding another may
    meet one of them head-on. Then we step back and try again, before the database would stop the writer.
    """
    for _attempt in range(LOCK_ATTEMPTS - 1):
        try:
            return _count_keys()
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
        time.sleep(LOCK_PAUSE)
    return _count_keys()


@transaction.atomic
def _count_keys() -> Counter[str]:
    quote = connection.ops.quote_name
    columns = [(quote(model._meta.db_table), quote(str(field.column))) for model, field in sealed_fields()]
    used: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
        cursor.execute(f"LOCK TABLE {', '.join(dict.fromkeys(table for table, _ in columns))} IN SHARE MODE")
        for table, column in columns:
            cursor.execute(
                f"SELECT substring({column} FROM 3 FOR get_byte({column}, 1)), count(*)"  # nosec B608: own names
                f" FROM {table} WHERE {column} IS NOT NULL GROUP BY 1"
            )
            for key_id, count in cursor.fetchall():
                used[bytes(key_id).decode("ascii")] += count
    return used


def prune() -> list[str]:
    """Remove the encryption keys that no stored value uses; return their ids. The active key stays."""
    folder = Path(settings.KEYS_DIR)
    used = keys_in_use()
    ring = keys.read_encryption(folder)
    unused = [key_id for key_id in ring.by_id if key_id != ring.active and not used[key_id]]
    keys.remove_encryption_keys(folder, set(unused))
    return unused


def _with_other_key(
    model: type[models.Model], field: crypto.SealedField, prefix: bytes
) -> "models.QuerySet[models.Model]":
    """Rows whose value does not begin with the header of the active key."""
    start = models.Func(
        models.F(field.name),
        1,
        len(prefix),
        function="substring",
        output_field=models.BinaryField(),
    )
    rows = model._base_manager.filter(**{f"{field.name}__isnull": False})
    other: models.QuerySet[models.Model] = rows.annotate(sealed_start=start).exclude(sealed_start=prefix)
    return other
