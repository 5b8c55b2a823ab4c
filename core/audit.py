"""The audit log: who did what to which record, when and why."""

from typing import Any
from uuid import UUID

from django.db import models, transaction

from core.append_only import redaction
from core.models import AuditEntry
from core.privacy import redact_numbers, redact_values


def record(
    *,
    actor: Any,
    action: str,
    obj: models.Model | str | None,
    reason: str = "",
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Write one audit entry in the current transaction, so that act and entry stand or fall together.

    `actor` is a user, or None for the portal itself; `action` a stable code such as `nik.dilihat`; `obj` the
    record concerned. NIK and phone numbers in `reason` and `detail` are removed before they are stored.
    """
    entry = entry_row(actor=actor, action=action, obj=obj, reason=reason, detail=detail)
    entry.save(force_insert=True)
    return entry


def entry_row(
    *,
    actor: Any,
    action: str,
    obj: models.Model | str | None,
    reason: str = "",
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """The entry of `record`, not yet written: for an act that writes all its rows together."""
    object_type, object_id = _identity(obj)
    return AuditEntry(
        actor_id=actor_id(actor),
        actor_label="" if actor is None else redact_numbers(str(actor))[:200],
        action=action,
        object_type=object_type,
        object_id=object_id,
        reason=redact_numbers(reason),
        detail=redact_values(detail or {}),
    )


def redact(
    rows: "models.QuerySet[Any]",
    *,
    actor: Any,
    reason: str,
    obj: models.Model | str | None,
    values: dict[str, Any],
) -> int:
    """Overwrite `values` in rows of an append-only table and record it; return how many rows changed.

    The one way to change such rows (erasure under UU PDP 27/2022, art. 8). `obj` is the record that the
    redaction concerns. Raises ValueError without a reason or values, IntegrityError for a column that is not
    redactable.
    """
    if not reason.strip() or not values:
        raise ValueError("a redaction needs a reason and values")
    with transaction.atomic(using=rows.db):
        with redaction(rows.db):
            changed = rows.update(**values)
        record(
            actor=actor,
            action="data.disamarkan",
            obj=obj,
            reason=reason,
            detail={"table": rows.model._meta.db_table, "columns": sorted(values), "rows": changed},
        )
    return changed


def actor_id(actor: Any) -> UUID | None:
    """Return the id of a user, None for the portal itself or an anonymous visitor."""
    key = getattr(actor, "pk", None)
    return key if isinstance(key, UUID) else None


def _identity(obj: models.Model | str | None) -> tuple[str, str]:
    if obj is None:
        return "", ""
    if isinstance(obj, models.Model):
        return obj._meta.label_lower[:80], str(obj.pk)[:80]
    return "", redact_numbers(obj)[:80]
