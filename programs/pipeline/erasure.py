"""What is forgotten of acts on many people when one of them is erased."""

from __future__ import annotations

from participants.erasure import Traces, erases

from .models import BulkItem


@erases("pipeline.BulkItem")
def _forget_bulk_items(traces: Traces) -> None:
    BulkItem.objects.filter(enrollment__in=traces.enrollment_ids).delete()
