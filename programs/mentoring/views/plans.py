"""The action plan for staff: write it, record what was said aloud, print it, tick steps off."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import SeeOther, role_required
from accounts.models import Role
from accounts.requests import actor_of, sent, show_refusal
from core.clock import local_day, now
from participants.refusals import Refused
from programs.mentoring import plans, presenting
from programs.mentoring.models import PlanStep
from programs.mentoring.plan_forms import AloudForm, PlanForm

from .fetch import READERS, cared_for, require_carer, require_reader, visible_plan, work_url
from .sessions import FORM


@role_required(Role.PENDAMPING, Role.PENGELOLA)
@FORM
def plan_edit(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Write a plan for the participant to agree to."""
    enrollment = cared_for(request, person_id)
    in_force, proposed = presenting.current_plans(enrollment)
    form = PlanForm(**sent(request), enrollment=enrollment, plan=proposed or in_force)
    if form.is_valid():
        try:
            plans.propose(
                enrollment_id=enrollment.pk, actor=actor_of(request), goal=form.cleaned_data["goal"],
                steps=form.steps(), at=now(),
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Rencana tersimpan. Sekarang giliran peserta menyetujuinya.")
            return SeeOther(work_url(enrollment))
    context = {
        "form": form, "enrollment": enrollment, "back": work_url(enrollment), "in_force": in_force,
        "wish": proposed.wish if proposed else "",
    }  # fmt: skip
    return render(request, "mentoring/plan_edit.html", context, status=422 if form.errors else 200)


@role_required(Role.PENDAMPING, Role.PENGELOLA)
@FORM
def plan_aloud(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Record that the participant agreed aloud."""
    plan = visible_plan(request, plan_id)
    require_carer(request, plan.enrollment)
    back = work_url(plan.enrollment)
    form = AloudForm(**sent(request))
    if form.is_valid():
        try:
            plans.agree(plan_id=plan.pk, actor=actor_of(request), note=form.cleaned_data["note"], at=now())
        except Refused as refusal:
            show_refusal(request, refusal)
        else:
            messages.success(request, "Rencana berlaku. Peserta diberi tahu bahwa persetujuannya dicatat.")
        return SeeOther(back)
    context = {
        "question": f"{plan.enrollment.person.full_name} sudah setuju?",
        "consequence": "Bacakan rencananya dulu. Peserta diberi tahu bahwa Anda mencatat persetujuannya.",
        "verb": "Catat persetujuan",
        "cancel": back,
        "form": form,
        "details": [{"label": "Tujuan", "value": plan.goal}],
    }
    return render(request, "layout/confirm.html", context, status=422 if form.errors else 200)


@role_required(*READERS)
@require_safe
def plan_print(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """The plan on one page of paper."""
    plan = visible_plan(request, plan_id)
    enrollment = plan.enrollment
    require_reader(request, enrollment)
    is_own = enrollment.person.user_id == actor_of(request).pk
    context = {
        "plan": plan,
        "enrollment": enrollment,
        "rows": presenting.plan_rows(plan, zone=enrollment.zone, today=local_day(now(), enrollment.zone)),
        "back": reverse("my_plan") if is_own else work_url(enrollment),
    }
    return render(request, "mentoring/plan_print.html", context)


@role_required(Role.PESERTA, Role.PENDAMPING, Role.PENGELOLA)
@require_POST
def step_tick(request: HttpRequest, step_id: UUID) -> HttpResponse:
    """Mark a step as done, or take that back (`belum`)."""
    step = PlanStep.objects.filter(pk=step_id).first()
    if step is None:
        raise Http404("Tidak ditemukan.")
    plan = visible_plan(request, step.plan_id)
    actor = actor_of(request)
    is_own = plan.enrollment.person.user_id == actor.pk
    if not is_own:
        require_carer(request, plan.enrollment)
    is_done = "belum" not in request.POST
    try:
        plans.tick(step_id=step.pk, actor=actor, is_done=is_done, at=now())
    except Refused as refusal:
        show_refusal(request, refusal)
    else:
        messages.success(request, f"{'Selesai' if is_done else 'Belum selesai'}: {step.text}")
    return SeeOther(reverse("my_plan") if is_own else work_url(plan.enrollment))
