"""The participant's own side: sessions with the coach, confirm or deny one, the plan and what it asks."""

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
from core.clock import local_day, now
from participants.refusals import Refused
from programs.mentoring import plans, presenting, sessions
from programs.mentoring.models import MentoringSession
from programs.mentoring.plan_forms import WishForm
from programs.mentoring.session_forms import DenyForm

from .fetch import own_enrollment, own_plan, own_session
from .sessions import FORM


@role_required(Role.PESERTA)
@require_safe
def my_meetings(request: HttpRequest) -> HttpResponse:
    """Every session, to come and over."""
    enrollment = own_enrollment(request)
    rows = list(
        MentoringSession.objects.filter(enrollment=enrollment)
        .select_related("coach")
        .prefetch_related("files")
        .order_by("-starts_at", "-pk")[: presenting.SHOWN]
    )
    context = {
        **presenting.by_time(rows, at=now()),
    }
    return render(request, "mentoring/my_meetings.html", context)


@role_required(Role.PESERTA)
@require_POST
def my_meeting_confirm(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """One tap: it took place."""
    session = own_session(request, session_id)
    try:
        sessions.answer_session(session_id=session.pk, actor=actor_of(request), happened=True, at=now())
    except Refused as refusal:
        show_refusal(request, refusal)
    else:
        messages.success(request, "Terima kasih. Pertemuan ini sudah dibenarkan.")
    return SeeOther(reverse("journey"))


@role_required(Role.PESERTA)
@FORM
def my_meeting_deny(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """It did not take place, in one's own words; coach and manager read them."""
    session = own_session(request, session_id)
    form = DenyForm(**sent(request))
    if form.is_valid():
        try:
            sessions.answer_session(
                session_id=session.pk, actor=actor_of(request), happened=False, at=now(), **form.cleaned_data
            )
        except Refused as refusal:
            show_refusal(request, refusal)
        else:
            messages.success(request, "Terima kasih. Pendamping dan pengelola pusat membaca jawaban Anda.")
        return SeeOther(reverse("journey"))
    context = {
        "question": "Pertemuan ini tidak terjadi?",
        "consequence": f"Tercatat {session.when}, dengan {session.coach.display_name}: {session.topic}.",
        "verb": "Kirim jawaban",
        "cancel": reverse("journey"),
        "form": form,
    }
    return render(request, "layout/confirm.html", context, status=422 if form.errors else 200)


@role_required(Role.PESERTA)
@require_safe
def my_plan(request: HttpRequest) -> HttpResponse:
    """The plan proposed, the plan in force, and whose turn each step is."""
    enrollment = own_enrollment(request)
    plan, proposed = presenting.current_plans(enrollment)
    today = local_day(now(), enrollment.zone)
    context = {
        "enrollment": enrollment,
        "plan": plan,
        "proposed": proposed,
        "plan_rows": presenting.plan_rows(plan, zone=enrollment.zone, today=today),
        "proposed_rows": presenting.plan_rows(proposed, zone=enrollment.zone, today=today),
    }
    return render(request, "mentoring/my_plan.html", context)


@role_required(Role.PESERTA)
@require_POST
def my_plan_agree(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """One tap: this is my plan."""
    plan = own_plan(request, plan_id)
    try:
        plans.agree(plan_id=plan.pk, actor=actor_of(request), at=now())
    except Refused as refusal:
        show_refusal(request, refusal)
    else:
        messages.success(request, "Rencana Anda berlaku. Selamat bekerja.")
    return SeeOther(reverse("my_plan"))


@role_required(Role.PESERTA)
@FORM
def my_plan_change(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """What should be different."""
    plan = own_plan(request, plan_id)
    form = WishForm(**sent(request))
    if form.is_valid():
        try:
            plans.ask_change(plan_id=plan.pk, actor=actor_of(request), at=now(), **form.cleaned_data)
        except Refused as refusal:
            show_refusal(request, refusal)
        else:
            messages.success(request, "Terkirim. Pendamping Anda akan menulis rencana baru.")
        return SeeOther(reverse("my_plan"))
    context = {
        "question": "Minta rencana ini diubah?",
        "consequence": "Pendamping Anda membaca permintaan ini dan menulis rencana baru.",
        "verb": "Kirim permintaan",
        "cancel": reverse("my_plan"),
        "form": form,
        "details": [{"label": "Tujuan", "value": plan.goal}],
    }
    return render(request, "layout/confirm.html", context, status=422 if form.errors else 200)
