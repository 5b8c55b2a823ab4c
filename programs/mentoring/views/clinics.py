"""Klinik wirausaha for the participant: the next ones, an hour booked, given up, taken into a calendar."""

from __future__ import annotations

from datetime import timedelta
from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import SeeOther, get_visible_or_404, role_required
from accounts.models import Role
from accounts.requests import actor_of, sent, show_refusal
from core.clock import local_day, now
from core.formats import day_long
from core.icalendar import TYPE, calendar, event
from participants.refusals import Refused
from programs.mentoring import clinics
from programs.mentoring.clinic_forms import BookForm
from programs.mentoring.models import Clinic, ClinicStatus, ClinicVisit

from .fetch import own_enrollment
from .sessions import FORM

SHOWN = 20


@role_required(Role.PESERTA)
@require_safe
def my_clinics(request: HttpRequest) -> HttpResponse:
    """The own appointments, the next clinics of the own centre, and what came of earlier visits."""
    actor, at = actor_of(request), now()
    enrollment = own_enrollment(request)
    free = Count("slots", filter=Q(slots__is_taken=False, slots__starts_at__gt=at))
    offered = Clinic.objects.offered_to(actor).filter(status=ClinicStatus.DIBUKA, ends_at__gt=at)
    visits = list(
        ClinicVisit.objects.filter(enrollment__person__user=actor).for_page().order_by("-day", "-pk")[:SHOWN]
    )
    open_visits = [one for one in reversed(visits) if one.is_open]
    booked = {one.clinic_id for one in open_visits}
    context = {
        "clinics": [
            {"clinic": one, "is_booked": one.pk in booked, "free": f"{one.free} jam kosong"}
            for one in offered.for_page().annotate(free=free).order_by("starts_at", "pk")[:SHOWN]
        ],
        "coming": [one for one in open_visits if one.day >= local_day(at, one.clinic.zone)],
        "over": [one for one in visits if not one.is_open],
        "has_center": enrollment.center_id is not None,
    }
    return render(request, "mentoring/my_clinics.html", context)


@role_required(Role.PESERTA)
@FORM
def my_clinic(request: HttpRequest, clinic_id: UUID) -> HttpResponse:
    """One clinic of the own centre: its free hours, and what to ask."""
    actor, at = actor_of(request), now()
    clinic = Clinic.objects.offered_to(actor).for_page().filter(pk=clinic_id).first()
    if clinic is None:
        raise Http404("Tidak ditemukan.")
    enrollment = own_enrollment(request)
    slots = list(clinic.slots.filter(starts_at__gt=at))
    form = BookForm(**sent(request), clinic=clinic, slots=slots)
    if form.is_valid():
        try:
            visit = clinics.book(
                enrollment_id=enrollment.pk, slot_id=form.cleaned_data["slot"], actor=actor,
                topic=form.cleaned_data["topic"], at=at,
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Janji klinik tersimpan: {visit.turn}.")
            return SeeOther(reverse("my_clinics"))
    context = {
        "form": form,
        "clinic": clinic,
        "known": clinics.open_visit(enrollment, clinic),
        "come": "Datang saja di hari itu: petugas memberi nomor antrean. Atau pilih klinik lain.",
        "has_free": not all(slot.is_taken for slot in slots) and not clinic.is_cancelled,
    }
    return render(request, "mentoring/my_clinic.html", context, status=422 if form.errors else 200)


@role_required(Role.PESERTA)
@FORM
def my_visit_cancel(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Give the own appointment up."""
    visit = own_visit(request, visit_id)
    if request.method == "POST":
        try:
            clinics.cancel_visit(visit_id=visit.pk, actor=actor_of(request), at=now())
        except Refused as refusal:
            show_refusal(request, refusal)
        else:
            messages.success(request, "Janji klinik dibatalkan. Jamnya bisa dipakai orang lain.")
        return SeeOther(reverse("my_clinics"))
    context = {
        "question": "Batalkan janji klinik ini?",
        "consequence": "Jamnya bisa dipakai orang lain. Anda boleh memilih jam lain sesudahnya.",
        "verb": "Batalkan janji",
        "danger": True,
        "cancel": reverse("my_clinics"),
        "details": visit_facts(visit),
    }
    return render(request, "layout/confirm.html", context)


@role_required(Role.PESERTA)
@require_safe
def my_visit_calendar(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The own appointment as a calendar file."""
    visit = own_visit(request, visit_id)
    slot, clinic = visit.slot, visit.clinic
    if slot is None:
        raise Http404("Tidak ditemukan.")
    one = event(
        uid=f"klinik-{visit.pk}@okoce", starts_at=slot.starts_at,
        ends_at=slot.starts_at + timedelta(minutes=clinic.slot_minutes), summary="Klinik wirausaha OK OCE",
        location=f"{clinic.where}, {clinic.center.name}", at=now(),
        url=f"{settings.SITE_URL}{reverse('my_clinics')}", is_cancelled=not visit.is_open,
    )  # fmt: skip
    return HttpResponse(
        calendar([one]), content_type=TYPE,
        headers={"Content-Disposition": 'attachment; filename="klinik-okoce.ics"'},
    )  # fmt: skip


def own_visit(request: HttpRequest, visit_id: UUID) -> ClinicVisit:
    """A visit of the participant who is here; else 404."""
    rows = ClinicVisit.objects.for_page().filter(enrollment__person__user_id=actor_of(request).pk)
    return cast(ClinicVisit, get_visible_or_404(rows, actor_of(request), pk=visit_id))


def visit_facts(visit: ClinicVisit) -> list[dict[str, str]]:
    """When, where and about what, for a question before an act."""
    return [
        {"label": "Siapa", "value": visit.who},
        {"label": "Giliran", "value": f"{day_long(visit.day)}, {visit.turn}"},
        {"label": "Tempat", "value": f"{visit.clinic.where}, {visit.clinic.center.name}"},
        {"label": "Tentang", "value": visit.topic or "–"},
    ]
