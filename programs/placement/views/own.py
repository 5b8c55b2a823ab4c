"""`/saya/lamaran/`: what a job seeker applied for, the next step, the own word on a placement."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import SeeOther, role_required
from accounts.models import Role
from accounts.requests import actor_of, sent, show_refusal
from core.clock import now
from core.formats import day_long
from participants.refusals import Refused
from programs.placement import applications, board, placements
from programs.placement.forms import OwnJobForm, ReasonForm

from .fetch import FORM, own_application, own_enrollment, own_placement


@role_required(Role.PESERTA)
@require_safe
def my_applications(request: HttpRequest) -> HttpResponse:
    """Placements first (they wait for a tap), then every application with its history."""
    enrollment = own_enrollment(request)
    context = {
        "enrollment": enrollment,
        "placements": board.placements_of(enrollment),
        "applications": board.applications_of(enrollment),
        "why_not": placements.why_not_report(enrollment),
    }
    return render(request, "placement/mine.html", context)


@role_required(Role.PESERTA)
@FORM
def application_withdraw(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """Ask once, then take the application back."""
    application = own_application(request, application_id)
    back = reverse("my_applications")
    if request.method == "POST":
        try:
            applications.withdraw(application_id=application.pk, actor=actor_of(request), at=now())
        except Refused as refusal:
            show_refusal(request, refusal)
        else:
            messages.success(request, "Lamaran ditarik.")
        return SeeOther(back)
    vacancy = application.vacancy
    context = {
        "question": "Tarik lamaran ini?",
        "consequence": f"{vacancy.position} di {vacancy.employer}. Selama lowongan masih dibuka, Anda bisa"
        " melamar lagi.",
        "verb": "Ya, tarik lamaran",
        "cancel": back,
        "danger": True,
    }
    return render(request, "layout/confirm.html", context)


@role_required(Role.PESERTA)
@FORM
def job_new(request: HttpRequest) -> HttpResponse:
    """I found work by myself."""
    enrollment = own_enrollment(request)
    back = reverse("my_applications")
    if reason := placements.why_not_report(enrollment):
        messages.error(request, reason)
        return SeeOther(reverse("journey"))
    form = OwnJobForm(**sent(request))
    if form.is_valid():
        try:
            placements.report_job(
                enrollment_id=enrollment.pk, actor=actor_of(request), at=now(), **form.cleaned_data
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Tersimpan. Petugas menanyakannya kepada pemberi kerja Anda.")
            return SeeOther(back)
    context = {"form": form, "back": back}
    return render(request, "placement/job.html", context, status=422 if form.errors else 200)


@role_required(Role.PESERTA)
@require_POST
def placement_confirm(request: HttpRequest, placement_id: UUID) -> HttpResponse:
    """One tap: I work there."""
    placement = own_placement(request, placement_id)
    try:
        found = placements.confirm(placement_id=placement.pk, actor=actor_of(request), at=now())
    except Refused as refusal:
        show_refusal(request, refusal)
    else:
        words = "Kedua pihak sudah membenarkan." if found.is_confirmed else "Tinggal jawaban pemberi kerja."
        messages.success(request, f"Terima kasih. {words}")
    return SeeOther(reverse("my_applications"))


@role_required(Role.PESERTA)
@FORM
def placement_deny(request: HttpRequest, placement_id: UUID) -> HttpResponse:
    """I do not work there, in one's own words; coach and managers read them."""
    placement = own_placement(request, placement_id)
    back = reverse("my_applications")
    form = ReasonForm(
        **sent(request), label="Apa yang terjadi?", help_text="Dibaca pendamping dan pengelola pusat."
    )
    if form.is_valid():
        try:
            placements.deny(placement_id=placement.pk, actor=actor_of(request), at=now(), **form.cleaned_data)
        except Refused as refusal:
            show_refusal(request, refusal)
        else:
            messages.success(request, "Terima kasih. Anda bisa terus melamar lowongan lain.")
        return SeeOther(back)
    context = {
        "question": "Tidak jadi bekerja di sini?",
        "consequence": f"{placement.position} di {placement.employer}, {day_long(placement.starts_on)}.",
        "verb": "Kirim jawaban",
        "cancel": back,
        "form": form,
    }
    return render(request, "layout/confirm.html", context, status=422 if form.errors else 200)
