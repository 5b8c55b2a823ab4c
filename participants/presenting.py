"""Requests about data as both sides see them: the same number, owner, status and clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core.formats import moment

from .models import DataRequest, RequestStatus

_BADGES = {
    RequestStatus.DIAJUKAN: "officer",
    RequestStatus.MENUNGGU_KEDUA: "officer",
    RequestStatus.SELESAI: "done",
    RequestStatus.DITOLAK: "rejected",
    RequestStatus.DIBATALKAN: "stopped",
}
_NEAR = 24
"""Hours before the answer is due from which the clock warns."""


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request with its badges and its clock in words."""

    request: DataRequest
    badge: str
    status: str
    clock_badge: str
    clock: str
    due: str
    owner: str


def request_row(request: DataRequest, *, at: datetime) -> RequestRow:
    """One request; its `enrollment` and `owner` are loaded."""
    status = RequestStatus(request.status)
    left = request.hours_left(at)
    if not request.is_open:
        badge, clock = "", ""
    elif request.is_overdue(at):
        badge, clock = "late", f"Lewat {max(1, -left)} jam"
    else:
        badge, clock = ("soon" if left <= _NEAR else "info"), f"Sisa {left} jam dari 72"
    return RequestRow(
        request=request,
        badge=_BADGES[status],
        status=status.label,
        clock_badge=badge,
        clock=clock,
        due=moment(request.due_at, request.enrollment.zone),
        owner=request.owner.display_name if request.owner else "Sekretariat",
    )


def request_rows(requests: Iterable[DataRequest], *, at: datetime) -> list[RequestRow]:
    """Many requests in their order."""
    return [request_row(request, at=at) for request in requests]
