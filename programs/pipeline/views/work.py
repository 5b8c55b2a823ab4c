"""The days of the people who work with the portal: the manager's queue and the coach's list."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import role_required
from accounts.models import Role
from core.clock import now, today
from programs.pipeline import presenters, work

from .fetch import actor_of


@role_required(Role.PENGELOLA, Role.DINAS, Role.ADMIN)
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Registrations to check, proofs to check, people waiting for a centre."""
    actor = actor_of(request)
    context = {
        "registrations": work.registrations_to_check(actor, at=now()),
        "evidence": work.evidence_to_check(actor),
        "waiting": work.waiting_for_center(actor),
        "today": today(),
        "limit": work.QUEUE_SIZE,
        "totals": work.totals(actor),
    }
    return render(request, "pipeline/queue.html", context)


@role_required(Role.PENDAMPING)
@require_safe
def coach_day(request: HttpRequest) -> HttpResponse:
    """Who needs the coach today, grouped by why; everybody else is counted in one line."""
    items = work.mentees(actor_of(request), at=now())
    fresh = [item for item in items if item.must_accept]
    rest = [item for item in items if not item.must_accept]
    late = [item for item in rest if item.is_silent or item.days_late > 0]
    ready = [item for item in rest if item not in late and item.is_ready]
    others = [item for item in rest if item not in late and item not in ready]
    late.sort(key=lambda item: -max(item.days_late, item.days_silent - item.silent_limit))
    context = {
        "today": today(),
        "groups": [
            {"title": title, "cards": [presenters.task_card(item) for item in members]}
            for title, members in (("Peserta baru", fresh), ("Terlambat", late), ("Siap naik", ready))
        ],
        "others": others,
        "waiting_count": len(fresh) + len(late) + len(ready),
        "total": len(items),
        "evidence": work.evidence_to_check(actor_of(request)),
    }
    return render(request, "pipeline/coach_day.html", context)
