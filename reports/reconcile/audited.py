"""What the audit log says was done, held against what is stored: moves and decisions on proofs.

The audit log is written with each act and is append-only: a second witness for whatever came in by an act.
Rows that were imported have none, and an erasure takes the details away: both are passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from core.models import AuditEntry
from participants.models import Enrollment, EvidenceStatus, StageEvidence, StageTransition

from .findings import Check, Finding, Findings
from .witness import BATCH


class Act(NamedTuple):
    """One audited act: the record it was done to, what was done, with which details."""

    object_id: UUID
    action: str
    detail: dict[str, Any]


def compare_audited(findings: Findings) -> int:
    """Compare all audited moves and decisions; returns how many rows were read."""
    moves = AuditEntry.objects.filter(action__startswith="tahap.", object_type=Enrollment._meta.label_lower)
    decisions = AuditEntry.objects.filter(action="bukti.periksa")
    read = _in_batches(moves, lambda acts: _compare_moves(acts, findings))
    return read + _in_batches(decisions, lambda acts: _compare_decisions(acts, findings))


def _in_batches(entries: QuerySet[AuditEntry], compare: Callable[[list[Act]], int]) -> int:
    read, batch = 0, list[Act]()
    rows = entries.order_by("pk").values_list("object_id", "action", "detail")
    for object_id, action, detail in rows.iterator(chunk_size=BATCH):
        read += 1
        batch.append(Act(UUID(object_id), action, detail))
        if len(batch) == BATCH:
            read += compare(batch)
            batch = []
    return read + compare(batch)


def _compare_moves(acts: list[Act], findings: Findings) -> int:
    """Every audited move has its line in the log, of the same kind, from and to the same stage."""
    told = [act for act in acts if "version" in act.detail]
    keys = {act.object_id for act in told}
    lines = {
        (row[0], row[1]): row[2:]
        for row in StageTransition.objects.filter(enrollment__in=keys).values_list(
            "enrollment_id", "version", "kind", "from_stage", "to_stage"
        )
    }
    places = dict(Enrollment.objects.filter(pk__in=keys).values_list("pk", "district_id"))
    for act in told:
        version = act.detail["version"]
        done = (act.action.removeprefix("tahap."), act.detail.get("from"), act.detail.get("to"))
        written = lines.get((act.object_id, version))
        if written != done and act.object_id in places:
            area = places[act.object_id]
            findings.add(
                Finding(
                    Check.LOG, f"Catatan perpindahan baris ke-{version}, menurut audit", f"wilayah {area}",
                    _arrow(written), _arrow(done), area=area, subject=act.object_id,
                )
            )  # fmt: skip
    return len(lines)


def _arrow(move: tuple[Any, ...] | None) -> str:
    return f"{move[0]} {move[1]}→{move[2]}" if move else "tidak ada"


def _compare_decisions(acts: list[Act], findings: Findings) -> int:
    """Every decision on a proof still stands; a proof is decided once."""
    stored = {
        row[0]: row[1:]
        for row in StageEvidence.objects.filter(pk__in={act.object_id for act in acts}).values_list(
            "pk", "status", "kind", "enrollment_id", "enrollment__district_id"
        )
    }
    for finding in _wrong_decisions(acts, stored):
        findings.add(finding)
    return len(stored)


def _wrong_decisions(acts: list[Act], stored: dict[UUID, tuple[Any, ...]]) -> Iterator[Finding]:
    for act in acts:
        decided = act.detail.get("status", "")
        told = decided or "sudah diputuskan"
        if act.object_id not in stored:
            what = f"Bukti {act.object_id}"
            yield Finding(Check.BUKTI, what, "semua wilayah", "hilang", told, area="ID")
            continue
        written, kind, enrollment_id, area = stored[act.object_id]
        if written != decided if decided else written == EvidenceStatus.MENUNGGU:
            yield Finding(
                Check.BUKTI, f"Keputusan bukti {kind}", f"wilayah {area}", written, told,
                area=area, subject=enrollment_id,
            )  # fmt: skip
