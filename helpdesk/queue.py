"""The queue of questions and complaints, always inside the user's scope: the most overdue first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from accounts.access import area_q
from accounts.models import User

from .codes import canonical_number
from .forms import QueueForm
from .models import Ticket

PAGE_SIZE = 25


def search(user: User, filters: dict[str, Any], *, at: datetime) -> QuerySet[Ticket]:
    """Tickets in scope that match the cleaned filters of `QueueForm`; unordered.

    A search by number or name looks through every status; without one, what the staff have to answer.
    """
    found = Ticket.objects.workable_by(user).for_page()
    status = filters.get("status", "")
    if text := " ".join(filters.get("q", "").split()):
        number = canonical_number(text)
        found = found.filter(Q(number=number) if number else Q(name__icontains=text))
    elif not status:
        found = found.waiting()
    if status == QueueForm.OPEN:
        found = found.open()
    elif status:
        found = found.filter(status=status)
    if value := filters.get("jenis"):
        found = found.filter(kind=value)
    if value := filters.get("perihal"):
        found = found.filter(topic=value)
    if filters.get("pemilik") == QueueForm.MINE:
        found = found.filter(owner_id=user.pk)
    elif filters.get("pemilik") == QueueForm.UNTAKEN:
        found = found.filter(taken_at__isnull=True)
    if value := filters.get("wilayah"):
        found = found.filter(area_q("district__code", [value]) | area_q("center__district__code", [value]))
    if filters.get("lewat"):
        found = found.overdue(at)
    return found
