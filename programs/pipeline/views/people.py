"""The people list and one participant's page, for staff."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import role_required, scopes
from accounts.models import Role
from core.clock import now
from core.keyset import page as keyset_page
from core.validators import wa_link
from participants.models import Stage, StageEvidence
from participants.scoping import acting_role
from participants.services import STAFF_WHO_VERIFY

from .. import acts, forms, moves, people
from ..journey import load_journey
from ..stages import STAGES, evidence_choices
from .fetch import actor_of, enrollment_of

STAFF = (Role.PENDAMPING, Role.PENGELOLA, Role.DINAS, Role.ADMIN)


@role_required(*STAFF)
@require_safe
def people_list(request: HttpRequest) -> HttpResponse:
    """Search, filters and keyset pages; every view of the list is a link that can be shared."""
    form = forms.PeopleFilterForm(request.GET)
    form.is_valid()
    filters = {name: value for name, value in form.cleaned_data.items() if value}
    found = people.search(actor_of(request), filters, at=now())
    page = keyset_page(
        found, cursor=request.GET.get("sesudah", ""), field="registered_at", size=people.PAGE_SIZE
    )
    kept = {name: request.GET[name] for name in form.fields if request.GET.get(name)}

    def link(cursor: str) -> str:
        return f"?{urlencode({**kept, 'sesudah': cursor})}" if cursor else ""

    context = {
        "form": form,
        "rows": page.rows,
        "next_url": link(page.next_cursor),
        "previous_url": link(page.previous_cursor),
        "is_filtered": bool(filters),
        "ignored": [form.fields[name].label for name in form.errors],
        "can_register": any(scopes(request.user, role) for role in (Role.PENGELOLA, Role.PENDAMPING)),
    }
    template = "pipeline/includes/_people.html" if request.headers.get("HX-Request") else "pipeline/people.html"
    return render(request, template, context)


@role_required(*STAFF)
@require_safe
def person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """One participant: stones, evidence waiting, conditions, moves with the reason where refused, history."""
    at, actor = now(), actor_of(request)
    enrollment = enrollment_of(request, person_id)
    journey = load_journey(enrollment, at=at)
    evidence = list(
        StageEvidence.objects.filter(enrollment=enrollment)
        .select_related("file", "submitted_by", "checked_by")
        .order_by("-submitted_at", "-pk")
    )
    may_work = acting_role(actor, enrollment, STAFF_WHO_VERIFY) is not None
    may_call = acting_role(actor, enrollment, frozenset({Role.PENDAMPING, Role.PENGELOLA})) is not None
    phone = enrollment.person.phone() if may_call else None
    assignment = enrollment.assignments.active().first()
    context = {
        "enrollment": enrollment,
        "person": enrollment.person,
        "journey": journey,
        "pending": [item for item in evidence if item.is_pending],
        "decided": [item for item in evidence if not item.is_pending],
        "evidence_choices": evidence_choices(enrollment, by_citizen=False) if may_work else [],
        "business": enrollment.person.businesses.order_by("created_at", "pk").first(),
        "move_form": forms.MoveForm(enrollment=enrollment, actor=actor),
        "may_advance": acts.may_advance(enrollment, actor),
        "advance_refusal": moves.refusal_for(
            enrollment, actor, STAGES[Stage(enrollment.stage)].advance_roles
        ),
        "moves": acts.offers(enrollment, actor, are_moves=True),
        "acts": [offer for offer in acts.offers(enrollment, actor, are_moves=False) if offer.is_allowed],
        "must_accept": assignment is not None
        and assignment.coach_id == actor.pk
        and assignment.accepted_at is None,
        "may_work": may_work,
        "wa_url": wa_link(phone, f"Halo {enrollment.person.full_name}, saya dari OK OCE.") if phone else "",
        "actor": actor,
    }
    return render(request, "pipeline/person.html", context)
