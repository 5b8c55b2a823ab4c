"""The people list and one participant's page, for staff."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import SeeOther, role_required, scopes
from accounts.models import Role, User
from accounts.requests import actor_of
from core.clock import now
from core.keyset import page as keyset_page
from core.validators import wa_link
from participants.corrections import MAY_ASK
from participants.models import Enrollment, Merge, Stage, StageEvidence, Status
from participants.scoping import acting_role
from participants.services import STAFF_WHO_VERIFY, history_of
from programs.mentoring import presenting as mentoring
from programs.mentoring.models import ContactLog
from programs.pipeline import acts, bulk, forms, moves, people, presenters
from programs.pipeline.contact_presenters import staff_contacts
from programs.pipeline.journey import Journey, load_journey
from programs.pipeline.merging import merge_of
from programs.pipeline.stages import STAGES, EvidenceChoice, evidence_choices

from .fetch import enrollment_of

STAFF = (Role.PENDAMPING, Role.PENGELOLA, Role.DINAS, Role.ADMIN)
CONTACTS_SHOWN = 50
UNSHOWN_FILTERS = ("pusat", "pendamping", "sampai", "selesai", "dispensasi", "lewat", "izin")
"""Filters that come with a link from elsewhere and stay while others are changed."""


@role_required(*STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def people_list(request: HttpRequest) -> HttpResponse:
    """Search, filters and keyset pages; every view of the list is a link that can be shared.

    The form is sent by POST and answered with such a link, unless it asks for a NIK or a phone number: those
    never stand in an address, and lead to the person.
    """
    sent = (request.POST if request.method == "POST" else request.GET).copy()
    number = sent.pop("q")[-1] if people.is_personal_number(sent.get("q", "")) else ""
    form = forms.PeopleFilterForm(sent)
    form.is_valid()
    if number and request.method == "POST":
        return _people_with_number(request, form, number)
    if request.method == "POST":
        kept = _kept(form)
        return SeeOther(f"{reverse('people')}?{urlencode(kept)}" if kept else reverse("people"))
    filters = {name: value for name, value in form.cleaned_data.items() if value}
    found = people.search(actor_of(request), filters, at=now())
    note = "NIK dan nomor HP dicari lewat kotak pencarian, supaya tidak tertinggal di alamat."
    return _list_page(request, form, found, filters, note if number else "")


def _people_with_number(request: HttpRequest, form: forms.PeopleFilterForm, number: str) -> HttpResponse:
    """The person with this NIK or phone; a list where a household shares the phone or nobody has it."""
    found = people.with_number(actor_of(request), number)
    holders = set(found.values_list("person_id", flat=True)[:2])
    if len(holders) == 1:
        return SeeOther(reverse("person", args=[holders.pop()]))
    note = "" if holders else "Tidak ada peserta dengan NIK atau nomor HP itu di cakupan Anda."
    return _list_page(request, form, found, {"q": True}, note)


def _kept(form: forms.PeopleFilterForm) -> dict[str, str]:
    """What was filled in, for the links of the list."""
    return {name: form.data[name] for name in form.fields if form.data.get(name)}


def _list_page(
    request: HttpRequest,
    form: forms.PeopleFilterForm,
    found: QuerySet[Enrollment],
    filters: dict[str, Any],
    note: str,
) -> HttpResponse:
    """One page of the list that matches the filters, with a note above it."""
    kept = _kept(form)
    page = keyset_page(
        people.as_lines(found),
        cursor=request.GET.get("sesudah", ""),
        field="registered_at",
        size=people.PAGE_SIZE,
    )

    def link(cursor: str) -> str:
        return f"?{urlencode({**kept, 'sesudah': cursor})}" if cursor else ""

    context = {
        "form": form,
        "rows": presenters.people_lines(page.rows),
        "next_url": link(page.next_cursor),
        "previous_url": link(page.previous_cursor),
        "is_filtered": bool(filters),
        "is_narrowed": bool(filters.keys() - {"q"}),
        "ignored": [
            *filter(None, [note]),
            *(
                f"Saringan “{form.fields[name].label}” tidak dikenali dan tidak dipakai."
                for name in form.errors
            ),
        ],
        "hidden": {name: kept[name] for name in UNSHOWN_FILTERS if name in kept},
        "bulk_kinds": bulk.kinds_for(actor_of(request)),
        "can_register": any(scopes(request.user, role) for role in (Role.PENGELOLA, Role.PENDAMPING)),
    }
    template = (
        "pipeline/includes/_people.html" if request.headers.get("HX-Request") else "pipeline/people.html"
    )
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
    may_read = may_call or bool(scopes(actor, Role.ADMIN))
    phone = enrollment.person.phone() if may_call else None
    contacts = list(
        ContactLog.objects.visible_to(actor)
        .filter(enrollment=enrollment)
        .select_related("author")
        .latest_first()[:CONTACTS_SHOWN]
    )
    sessions = mentoring.latest(enrollment)
    assignments = list(enrollment.assignments.select_related("coach", "assigned_by").order_by("-pk"))
    assignment = next((one for one in assignments if one.ended_at is None), None)
    choices = evidence_choices(enrollment, by_citizen=False) if may_work else []
    links = [
        {
            "label": choice.spec.label,
            "href": reverse("evidence_add", args=[enrollment.person_id, choice.spec.kind.value]),
        }
        for choice in choices
        if enrollment.status == Status.AKTIF and choice.spec.kind not in presenters.ON_MENTORING_PAGES
    ]
    may_advance = acts.may_advance(enrollment, actor)
    person_acts = [offer for offer in acts.offers(enrollment, actor, are_moves=False) if offer.is_allowed]
    move_acts = acts.offers(enrollment, actor, are_moves=True)
    own_acts = {offer.act.slug for offer in (*person_acts, *move_acts) if offer.is_allowed}
    context = {
        "enrollment": enrollment,
        "person": enrollment.person,
        "journey": journey,
        "crumbs": [
            {"label": "Peserta", "href": reverse("people")},
            {
                "label": enrollment.center.district.name,
                "href": f"{reverse('people')}?pusat={enrollment.center_id}",
            }
            if enrollment.center
            else {"label": "Menunggu pusat", "href": f"{reverse('people')}?status={Status.MENUNGGU_PUSAT}"},
            {"label": enrollment.person.full_name},
        ],
        "status_badge": presenters.STATUS_BADGES[Status(enrollment.status)],
        "silent_text": f"{journey.days_silent} hari diam, batas {journey.silent_limit}",
        "days_text": f"Hari ke-{journey.days_in_stage} di tahap ini",
        "late_text": f"Lewat {journey.days_late} hari" if journey.days_late else "",
        "pending": [item for item in evidence if item.is_pending],
        "decided": [item for item in evidence if not item.is_pending],
        "add_choices": links,
        "checklist": presenters.staff_checklist(journey, choices, may_work=may_work, own_acts=own_acts),
        "checklist_title": f"Syarat naik ke {journey.target_label}" if journey.target else "Syarat lulus",
        "checklist_summary": f"Kurang {len(journey.missing)} dari {len(journey.checklist)}."
        if journey.missing
        else "Semua lengkap.",
        "facts": presenters.step_facts(journey.next_step, for_citizen=False),
        "history": presenters.newest_first(
            presenters.staff_history(
                journey.transitions,
                history_of(enrollment),
                assignments,
                enrollment.zone,
                may_read=may_read,
            ),
            staff_contacts(contacts, enrollment.zone, may_read=may_read),
            mentoring.history(sessions, may_read=may_read),
        ),
        "denied_count": sum(one.is_held and one.is_denied for one in sessions),
        "business": enrollment.person.businesses.order_by("created_at", "pk").first(),
        "move_form": forms.MoveForm(enrollment=enrollment, actor=actor),
        "may_advance": may_advance,
        "advance_label": f"Naikkan ke {journey.target_label}" if journey.target else "Catat lulus",
        "advance_reasons": _advance_reasons(
            journey, choices, actor, may_advance=may_advance, own_acts=own_acts
        ),
        "moves": move_acts,
        "acts": person_acts,
        "must_accept": assignment is not None
        and assignment.coach_id == actor.pk
        and assignment.accepted_at is None,
        "handover": assignment.note if assignment is not None else "",
        "may_work": may_work,
        "may_correct": acting_role(actor, enrollment, MAY_ASK) is not None,
        "may_review": any(scopes(actor, role) for role in (Role.PENGELOLA, Role.DINAS, Role.ADMIN)),
        "merged": (merged := merge_of(enrollment)),
        "merged_is_seen": merged is not None
        and Merge.objects.visible_to(actor).filter(pk=merged.pk).exists(),
        "may_print_code": may_call,
        "may_call": may_call,
        "warnings": presenters.nik_warnings(enrollment.person),
        "wa_url": wa_link(phone, f"Halo {enrollment.person.full_name}, saya dari OK OCE.") if phone else "",
        "actor": actor,
    }
    return render(request, "pipeline/person.html", context)


def _advance_reasons(
    journey: Journey,
    choices: list[EvidenceChoice],
    actor: User,
    *,
    may_advance: bool,
    own_acts: Collection[str],
) -> list[dict[str, str]]:
    """Why moving on is refused now: who may, and what is missing, each with where to mend it."""
    enrollment = journey.enrollment
    reasons = []
    if not may_advance:
        roles = STAGES[Stage(enrollment.stage)].advance_roles
        reasons.append({"text": moves.refusal_for(enrollment, actor, roles)})
    for item in journey.missing:
        address = presenters.staff_address(item, enrollment, choices, own_acts)
        reasons.append(
            {"text": item.requirement.label, "href": address if choices or address else "", "link": "Buka"}
        )
    return reasons
