"""Bringing a proof, checking it, and opening its file: for the participant and for staff."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import SeeOther, get_visible_or_404, role_required
from accounts.models import Role
from accounts.requests import actor_of, sent, show_refusal
from core import files
from core.clock import now
from participants import services
from participants.models import Enrollment, StageEvidence
from participants.refusals import Refused
from programs.pipeline import forms
from programs.pipeline.stages import EvidenceChoice, evidence_choices

from .fetch import enrollment_of, own_enrollment, person_url

STAFF = (Role.PENDAMPING, Role.PENGELOLA, Role.DINAS, Role.ADMIN)


@role_required(*STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, person_id: UUID, kind: str) -> HttpResponse:
    """Staff bring a proof for a participant."""
    enrollment = enrollment_of(request, person_id)
    return _add(request, enrollment, kind, back=person_url(enrollment), by_citizen=False)


@role_required(Role.PESERTA)
@require_http_methods(["GET", "HEAD", "POST"])
def add_own(request: HttpRequest, kind: str) -> HttpResponse:
    """The participant sends a proof."""
    return _add(request, own_enrollment(request), kind, back=reverse("journey"), by_citizen=True)


def _add(
    request: HttpRequest, enrollment: Enrollment, kind: str, *, back: str, by_citizen: bool
) -> HttpResponse:
    choice = _choice(enrollment, kind, by_citizen=by_citizen)
    actor = actor_of(request)
    form = forms.EvidenceForm(**sent(request), enrollment=enrollment, actor=actor, choice=choice)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        upload = data.get("file")
        try:
            services.submit_evidence(
                enrollment_id=enrollment.pk,
                actor=actor,
                stage=choice.stage,
                kind=choice.spec.kind,
                number=data.get("number", ""),
                note=data["note"],
                happened_on=data["happened_on"],
                store_file=(lambda: files.store_upload(upload, owner=actor)) if upload else None,
                at=now(),
            )
        except ValidationError as refusal:
            form.add_error("file", refusal)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Terkirim. Petugas lain akan memeriksanya.")
            return SeeOther(back)
    context = {
        "form": form,
        "choice": choice,
        "enrollment": enrollment,
        "back": back,
        "by_citizen": by_citizen,
    }
    return render(request, "pipeline/evidence_add.html", context, status=422 if form.errors else 200)


def _choice(enrollment: Enrollment, kind: str, *, by_citizen: bool) -> EvidenceChoice:
    for choice in evidence_choices(enrollment, by_citizen=by_citizen):
        if choice.spec.kind == kind:
            return choice
    raise Http404("Tidak ditemukan.")


@role_required(*STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, person_id: UUID, evidence_id: UUID) -> HttpResponse:
    """A second person accepts a proof or sends it back."""
    enrollment = enrollment_of(request, person_id)
    evidence = get_visible_or_404(
        StageEvidence.objects.select_related("file", "submitted_by"),
        actor_of(request),
        pk=evidence_id,
        enrollment=enrollment,
    )
    form = forms.EvidenceDecisionForm(**sent(request), enrollment=enrollment, actor=actor_of(request))
    if request.method == "POST" and form.is_valid():
        accept = form.cleaned_data["decision"] == "terima"
        try:
            services.decide_evidence(
                evidence_id=evidence.pk,
                actor=actor_of(request),
                accept=accept,
                rejection=form.cleaned_data["rejection"],
                at=now(),
            )
        except Refused as refusal:
            show_refusal(request, refusal)
        else:
            messages.success(request, "Bukti diterima." if accept else "Bukti dikembalikan untuk diperbaiki.")
        return SeeOther(person_url(enrollment))
    context = {
        "form": form,
        "evidence": evidence,
        "enrollment": enrollment,
        "person_url": person_url(enrollment),
        "is_own": evidence.submitted_by_id == actor_of(request).pk,
    }
    return render(request, "pipeline/evidence_check.html", context, status=422 if form.errors else 200)


@role_required(*STAFF, Role.PESERTA)
@require_safe
def file(request: HttpRequest, evidence_id: UUID) -> HttpResponseBase:
    """The file of a proof, for those who may see its enrollment."""
    evidence = get_visible_or_404(
        StageEvidence.objects.select_related("file").filter(file__isnull=False),
        actor_of(request),
        pk=evidence_id,
    )
    return files.serve(evidence.file, download="unduh" in request.GET)
