"""The days of the people who work with the portal: the manager's queue and the coach's list."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import role_required
from accounts.models import Role
from accounts.requests import actor_of
from core.clock import now, today
from core.formats import DAYS, NO_BREAK, day
from programs.pipeline import work
from programs.pipeline.contact_presenters import later_line, task_card
from programs.pipeline.morning import NEEDED, Group, grouped

CARDS = 8
"""Cards of a group that are shown at once; the others open below them."""


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
    """Who needs the coach today, the greatest risk of silence first; everybody else in one line."""
    actor = actor_of(request)
    mentees = work.mentees(actor, at=now())
    groups = grouped(mentees)
    here = mentees[0].situation.today if mentees else today()
    context = {
        "heading": f"{DAYS[here.weekday()]}, {day(here).replace(' ', NO_BREAK)}",
        "groups": [
            {
                "title": group.value,
                "count": len(groups[group]),
                "cards": [task_card(one, actor) for one in groups[group][:CARDS]],
                "more": [task_card(one, actor) for one in groups[group][CARDS:]],
            }
            for group in NEEDED
        ],
        "later": [
            {"title": group.value, "lines": [later_line(one) for one in groups[group]]}
            for group in (Group.DICOBA, Group.DITUNDA, Group.TIDAK_TERHUBUNGI)
        ],
        "others_text": f"{len(groups[Group.SESUAI_RENCANA])} peserta lain berjalan sesuai rencana.",
        "waiting_count": sum(len(groups[group]) for group in NEEDED),
        "total": len(mentees),
        "evidence": work.evidence_to_check(actor),
    }
    return render(request, "pipeline/coach_day.html", context)
