"""What is forgotten of acts on many people when one of them is erased."""

from __future__ import annotations

from core import audit
from core.models import AuditEntry
from participants.erasure import GONE, Traces, erases
from participants.models import Person

from .models import BulkAct, BulkItem

WORDS = ("note", "reason")
"""Free text of an act on many: it may name any of them."""


@erases("pipeline.BulkItem")
def _forget_bulk_items(traces: Traces) -> None:
    items = BulkItem.objects.filter(enrollment__in=traces.enrollment_ids)
    acts = list(BulkAct.objects.filter(pk__in=items.values("bulk")).select_for_update(of=("self",)))
    items.delete()
    spoken = [act for act in acts if any(act.params.get(name) for name in WORDS)]
    for act in spoken:
        act.params = {name: value for name, value in act.params.items() if name not in WORDS}
        act.save(update_fields=["params"])
    reasons = AuditEntry.objects.filter(object_id__in=[str(act.pk) for act in spoken]).exclude(reason="")
    if reasons.exists():
        audit.redact(
            reasons,
            actor=traces.actor,
            reason="Penghapusan data",
            obj=Person(pk=traces.person_id),
            values={"reason": GONE},
        )
