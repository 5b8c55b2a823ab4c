"""The pages on which staff act: one for every line of the table of acts, for moving on, for reveals."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import SeeOther, role_required
from accounts.models import Role
from accounts.requests import actor_of, sent, show_refusal
from core.clock import now
from participants import services
from participants.models import Enrollment
from participants.refusals import Refused, Stale
from programs.mentoring.facts import load_contact_facts
from programs.pipeline import forms, moves, presenters
from programs.pipeline.acts import ACTS, BUSINESS_FIELDS, Act, refusal

from . import desk
from .fetch import enrollment_of, person_url

STAFF = (Role.PENDAMPING, Role.PENGELOLA, Role.DINAS, Role.ADMIN)
EMPTY_CHOICES = {
    "coach": (
        "Belum ada pendamping yang bisa menerima",
        "Minta sekretariat menambah pendamping di pusat ini.",
    ),
    "center": ("Belum ada pusat yang buka", "Belum ada pusat yang buka di provinsi ini."),
    "agency": ("Belum ada SKPD", "Minta sekretariat melengkapi daftar SKPD wilayah ini."),
}


@role_required(*STAFF)
@require_POST
def advance(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Move one stage forward, or say what is missing."""
    enrollment = enrollment_of(request, person_id)
    form = forms.MoveForm(request.POST, enrollment=enrollment, actor=actor_of(request))
    if not form.is_valid():
        messages.error(request, str(form.errors["version"][0]))
        return SeeOther(person_url(enrollment))
    try:
        moved = moves.advance(
            enrollment_id=enrollment.pk,
            actor=actor_of(request),
            version=form.cleaned_data["version"],
            at=now(),
        )
    except Refused as refusal:
        show_refusal(request, refusal)
        return SeeOther(person_url(enrollment))
    name = enrollment.person.full_name
    messages.success(
        request, f"{name} lulus." if moved.status == "lulus" else f"{name} naik ke {moved.stage_label}."
    )
    return SeeOther(person_url(enrollment))


@role_required(*STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, person_id: UUID, slug: str) -> HttpResponse:
    """The page of one act: what will happen, the form, and the act itself."""
    enrollment = enrollment_of(request, person_id)
    chosen = ACTS.get(slug)
    if chosen is None:
        raise Http404("Tidak ditemukan.")
    if not chosen.is_possible(enrollment):
        messages.error(request, f"{chosen.title} tidak berlaku untuk peserta ini sekarang.")
        return SeeOther(person_url(enrollment))
    if refusal_text := refusal(chosen, enrollment, actor_of(request)):
        raise PermissionDenied(refusal_text)
    initial = _initial(chosen, enrollment)
    form = chosen.form(**sent(request), enrollment=enrollment, actor=actor_of(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            chosen.perform(enrollment, actor_of(request), form.cleaned_data, now())
        except Stale as stale:
            show_refusal(request, stale)
            return SeeOther(person_url(enrollment))
        except Refused as refused:
            for reason in refused.reasons:
                form.add_error(None, reason)
        else:
            messages.success(request, chosen.done)
            return _after(request, enrollment)
    context = {
        "act": chosen,
        "form": form,
        "enrollment": enrollment,
        "person_url": person_url(enrollment),
        "warnings": presenters.nik_warnings(enrollment.person),
        **_nothing_to_choose(form),
    }
    template, more = desk.ACT_PAGES.get(slug, ("pipeline/act.html", None))
    context |= more(enrollment, actor_of(request), form) if more else {}
    return render(request, template, context, status=422 if form.errors else 200)


def _initial(chosen: Act, enrollment: Enrollment) -> dict[str, object]:
    if chosen.slug == "tidak-terhubungi":
        return {"reason": load_contact_facts([enrollment])[enrollment.pk].tries_text}
    if chosen.slug != "usaha":
        return {}
    business = enrollment.person.businesses.order_by("created_at", "pk").first()
    return {name: getattr(business, name) for name in BUSINESS_FIELDS} if business else {}


def _nothing_to_choose(form: forms.MoveForm) -> dict[str, object]:
    """An honest empty page where the only choice would be between nothing."""
    for name, (title, text) in EMPTY_CHOICES.items():
        if name in form.fields and not form.fields[name].queryset.exists():  # type: ignore[attr-defined]
            return {"is_empty": True, "empty_title": title, "empty_text": text}
    return {}


def _after(request: HttpRequest, enrollment: Enrollment) -> HttpResponse:
    """Back to the person, or to the list when the actor no longer sees them."""
    if Enrollment.objects.visible_to(actor_of(request)).filter(pk=enrollment.pk).exists():
        return SeeOther(person_url(enrollment))
    return SeeOther(reverse("people"))


@role_required(Role.PENDAMPING)
@require_POST
def accept_assignment(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """The coach takes the task on."""
    enrollment = enrollment_of(request, person_id)
    try:
        services.accept_assignment(enrollment_id=enrollment.pk, actor=actor_of(request), at=now())
    except Refused as refusal:
        show_refusal(request, refusal)
    else:
        messages.success(request, f"Anda sekarang mendampingi {enrollment.person.full_name}.")
    return SeeOther(person_url(enrollment))


@role_required(*STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """NIK and phone in full, shown once, with a reason that the person can read."""
    enrollment = enrollment_of(request, person_id)
    form = forms.RevealForm(**sent(request), enrollment=enrollment, actor=actor_of(request))
    context = {"form": form, "enrollment": enrollment, "person_url": person_url(enrollment)}
    if request.method == "POST" and form.is_valid():
        try:
            nik, phone = services.reveal(
                enrollment_id=enrollment.pk, actor=actor_of(request), reason=form.cleaned_data["reason"]
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            context |= {"nik": nik, "phone": phone, "is_open": True}
    return render(request, "pipeline/reveal.html", context, status=422 if form.errors else 200)
