"""Telling people: the acts other apps call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import outbox

from . import registry

OUTBOX_KIND = "notification"


@dataclass(frozen=True)
class Draft:
    """One message to one user, before it is written to the outbox; fields as in `notify`."""

    user_id: UUID
    kind: str
    ids: Mapping[str, str]
    dedupe_key: str
    not_before: datetime | None = None


def notify(
    *,
    user_id: UUID,
    kind: str,
    ids: Mapping[str, str],
    dedupe_key: str,
    not_before: datetime | None = None,
) -> None:
    """Send a user a message of a registered kind, once per `dedupe_key`, when this transaction commits.

    `ids` are record ids as text; the words are filled in at delivery. Raises `registry.UnknownKind`.
    """
    registry.get(kind)
    outbox.enqueue(
        kind=OUTBOX_KIND,
        recipient=user_id,
        ids={"kind": kind, **ids},
        dedupe_key=f"n:{dedupe_key}",
        not_before=not_before,
    )


def notify_many(drafts: Iterable[Draft]) -> None:
    """`notify` for many. Raises `registry.UnknownKind` before anything is written."""
    found = list(drafts)
    for kind in {draft.kind for draft in found}:
        registry.get(kind)
    for draft in found:
        notify(
            user_id=draft.user_id,
            kind=draft.kind,
            ids=draft.ids,
            dedupe_key=draft.dedupe_key,
            not_before=draft.not_before,
        )
