"""Klinik wirausaha for coach and manager: make it, cancel it, and its desk on the day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import SeeOther, get_visible_or_404, role_required, scopes
from accounts.models import Role, RoleAssignment, User
from accounts.requests import actor_of, sent, show_refusal
from core.clock import local_day, now
from core.formats import day_long
from participants.refusals import Refused
from programs.mentoring import clinics
from programs.mentoring.clinic_forms import ClinicCancelForm, ClinicForm, NumberForm, OutcomeForm
from programs.mentoring.models import Clinic, ClinicStatus, ClinicVisit, NextStep, VisitStatus

from .clinics import visit_facts
from .sessions import FORM

DESK = (Role.PENDAMPING, Role.PENGELOLA)
SHOWN = 30
MOST_COACHES = 200


@role_required(*DESK)
@require_safe
def clinic_desk_list(request: HttpRequest) -> HttpResponse:
    """The clinics of one's centres: those to come, then the latest that are over."""
    actor, at = actor_of(request), now()
    rows = (
        Clinic.objects.run_by(actor)
        .for_page()
        .annotate(
            slot_count=Count("slots", distinct=True),
            booked=Count("slots", filter=Q(slots__is_taken=True), distinct=True),
        )
    )
    context = {
        "coming": list(rows.filter(ends_at__gt=at).order_by("starts_at", "pk")[:SHOWN]),
        "over": list(rows.filter(ends_at__lte=at).order_by("-starts_at", "-pk")[:SHOWN]),
        "may_open": bool(scopes(actor, Role.PENGELOLA)),
    }
    return render(request, "mentoring/clinic_list.html", context)


@role_required(Role.PENGELOLA)
@FORM
def clinic_new(request: HttpRequest) -> HttpResponse:
    """Offer opening hours."""
    actor = actor_of(request)
    form = ClinicForm(**sent(request), actor=actor, coaches=_coaches(actor))
    if form.is_valid():
        data = form.cleaned_data
        try:
            clinic = clinics.open_clinic(
                center=form.centers[data["center"]], plan=form.plan(), actor=actor,
                submission_id=data["submission_id"], at=now(),
            )  # fmt: skip
        except Refused as refusal:
            form.add_error("day", str(refusal))
        else:
            messages.success(request, "Klinik dibuka. Peserta pusat ini bisa membuat janji.")
            return SeeOther(reverse("clinic_desk", args=[clinic.pk]))
    context = {"form": form, "cancel": reverse("clinic_desk_list")}
    return render(request, "mentoring/clinic_new.html", context, status=422 if form.errors else 200)


@role_required(*DESK)
@require_safe
def clinic_desk(request: HttpRequest, clinic_id: UUID) -> HttpResponse:
    """The desk of the day: who sits here, who waits, who is expected, what came of it."""
    actor, at = actor_of(request), now()
    clinic = run_clinic(request, clinic_id)
    visits = list(ClinicVisit.objects.visible_to(actor).filter(clinic=clinic).for_page())
    # The order in which they are called: who has an hour by it, then the numbers.
    visits.sort(key=lambda one: (one.slot is None, one.slot.starts_at if one.slot else at, one.number or 0))
    here = [one for one in visits if one.is_here]
    context = {
        "clinic": clinic,
        "served": [one for one in here if one.called_at],
        "waiting": [one for one in here if not one.called_at],
        "expected": [
            {"visit": one, "is_past": one.slot is not None and one.slot.starts_at <= at}
            for one in visits
            if one.is_booked
        ],
        "over": [one for one in visits if one.status in (VisitStatus.SELESAI, VisitStatus.TIDAK_DATANG)],
        "free": clinic.slots.filter(is_taken=False, starts_at__gt=at).count(),
        "is_today": clinic.status == ClinicStatus.DIBUKA and clinic.day == local_day(at, clinic.zone),
        "may_cancel": clinic.center_id in scopes(actor, Role.PENGELOLA)
        and not clinic.is_cancelled
        and at < clinic.ends_at,
    }
    return render(request, "mentoring/clinic_desk.html", context)


@role_required(*DESK)
@FORM
def clinic_number(request: HttpRequest, clinic_id: UUID) -> HttpResponse:
    """Give the next number to somebody who came without an appointment."""
    clinic = run_clinic(request, clinic_id)
    back = reverse("clinic_desk", args=[clinic.pk])
    form = NumberForm(**sent(request), clinic=clinic)
    if form.is_valid():
        try:
            visit = clinics.give_number(
                clinic_id=clinic.pk, enrollment_id=form.enrollment_id, actor=actor_of(request),
                submission_id=form.cleaned_data["submission_id"], topic=form.cleaned_data["topic"], at=now(),
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Nomor antrean {visit.number}.")
            return SeeOther(back)
    context = {"form": form, "clinic": clinic, "back": back}
    return render(request, "mentoring/clinic_number.html", context, status=422 if form.errors else 200)


@role_required(*DESK)
@require_POST
def clinic_call(request: HttpRequest, clinic_id: UUID) -> HttpResponse:
    """Call whoever is next."""
    clinic = run_clinic(request, clinic_id)
    try:
        visit = clinics.call_next(clinic_id=clinic.pk, actor=actor_of(request), at=now())
    except Refused as refusal:
        show_refusal(request, refusal)
    else:
        messages.success(request, f"Panggil {visit.who}, {visit.turn}.")
    return SeeOther(reverse("clinic_desk", args=[clinic.pk]))


@role_required(Role.PENGELOLA)
@FORM
def clinic_cancel(request: HttpRequest, clinic_id: UUID) -> HttpResponse:
    """Ask for the reason, then call the clinic off and tell everybody."""
    clinic = run_clinic(request, clinic_id)
    if clinic.center_id not in scopes(actor_of(request), Role.PENGELOLA):
        raise Http404("Tidak ditemukan.")
    back = reverse("clinic_desk", args=[clinic.pk])
    form = ClinicCancelForm(**sent(request))
    if form.is_valid():
        try:
            clinics.cancel_clinic(clinic_id=clinic.pk, actor=actor_of(request), at=now(), **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Klinik dibatalkan. Semua yang punya janji diberi tahu.")
            return SeeOther(back)
    context = {
        "question": "Batalkan klinik ini?",
        "consequence": "Semua yang punya janji diberi tahu beserta alasannya.",
        "verb": "Batalkan klinik",
        "danger": True,
        "cancel": back,
        "form": form,
        "details": [
            {"label": "Kapan", "value": f"{day_long(clinic.day)}, {clinic.hours}"},
            {"label": "Tempat", "value": f"{clinic.where}, {clinic.center.name}"},
        ],
    }
    return render(request, "layout/confirm.html", context, status=422 if form.errors else 200)


@role_required(*DESK)
@require_POST
def visit_arrive(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Somebody with an appointment is here."""
    visit = desk_visit(request, visit_id)
    return _done(request, visit, clinics.arrive, f"{visit.who} hadir dan menunggu giliran.")


@role_required(*DESK)
@FORM
def visit_finish(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Note what came of a visit."""
    visit = desk_visit(request, visit_id)
    back = reverse("clinic_desk", args=[visit.clinic_id])
    form = OutcomeForm(**sent(request))
    if form.is_valid():
        try:
            clinics.finish(
                visit_id=visit.pk, actor=actor_of(request), outcome=form.cleaned_data["outcome"],
                next_step=NextStep(form.cleaned_data["next_step"]), at=now(),
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Hasil {visit.who} tersimpan.")
            return SeeOther(back)
    context = {"form": form, "visit": visit, "back": back}
    return render(request, "mentoring/visit_finish.html", context, status=422 if form.errors else 200)


@role_required(*DESK)
@FORM
def visit_missed(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Somebody did not come, or left."""
    visit = desk_visit(request, visit_id)
    if request.method == "POST":
        return _done(request, visit, clinics.miss, f"{visit.who} tercatat tidak datang.")
    return _ask(
        request, visit, question=f"{visit.who} tidak datang?", verb="Catat tidak datang",
        consequence="Tercatat tidak datang. Orangnya boleh membuat janji lain.",
    )  # fmt: skip


@role_required(*DESK)
@FORM
def visit_cancel(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Take somebody's appointment away; they are told."""
    visit = desk_visit(request, visit_id)
    if request.method == "POST":
        return _done(request, visit, clinics.cancel_visit, "Janji dibatalkan. Peserta diberi tahu.")
    return _ask(
        request, visit, question="Batalkan janji ini?", verb="Batalkan janji",
        consequence="Jamnya bisa dipakai orang lain. Peserta diberi tahu.",
    )  # fmt: skip


def run_clinic(request: HttpRequest, clinic_id: UUID) -> Clinic:
    """A clinic at whose desk the user sits; else 404."""
    found = Clinic.objects.run_by(actor_of(request)).for_page().filter(pk=clinic_id).first()
    if found is None:
        raise Http404("Tidak ditemukan.")
    return found


def desk_visit(request: HttpRequest, visit_id: UUID) -> ClinicVisit:
    """A visit at a desk of the user; else 404."""
    desks = Clinic.objects.run_by(actor_of(request)).values("pk")
    rows = ClinicVisit.objects.for_page().filter(clinic__in=desks)
    return cast(ClinicVisit, get_visible_or_404(rows, actor_of(request), pk=visit_id))


def _done(request: HttpRequest, visit: ClinicVisit, act: Callable[..., object], words: str) -> HttpResponse:
    """One button of the desk."""
    try:
        act(visit_id=visit.pk, actor=actor_of(request), at=now())
    except Refused as refusal:
        show_refusal(request, refusal)
    else:
        messages.success(request, words)
    return SeeOther(reverse("clinic_desk", args=[visit.clinic_id]))


def _ask(request: HttpRequest, visit: ClinicVisit, **words: Any) -> HttpResponse:
    """The question before an act on a visit."""
    back = reverse("clinic_desk", args=[visit.clinic_id])
    context = {**words, "danger": True, "cancel": back, "details": visit_facts(visit)}
    return render(request, "layout/confirm.html", context)


def _coaches(actor: User) -> list[User]:
    """Working coaches of the centres somebody manages, by name."""
    held = RoleAssignment.objects.active(now()).with_role(Role.PENDAMPING)
    rows = held.filter(scope__in=scopes(actor, Role.PENGELOLA), user__is_active=True)
    people = {row.user_id: row.user for row in rows.select_related("user")[:MOST_COACHES]}
    return sorted(people.values(), key=lambda user: (user.display_name, str(user.pk)))
