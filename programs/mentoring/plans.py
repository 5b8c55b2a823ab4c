"""The acts around the action plan: propose, agree, ask for a change, tick a step off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from core import audit
from notifications.services import Draft, notify_many
from participants.models import Enrollment, Stage
from participants.refusals import NotYours, Refused
from participants.services import lock_enrollment, require_role

from .models import ActionPlan, Agreed, PlanStep, StepOwner
from .services import CALLERS


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it was written."""

    text: str
    owner: StepOwner
    due_on: date
    stage: Stage


@transaction.atomic
def propose(
    *, enrollment_id: UUID, actor: User, goal: str, steps: Sequence[Step], at: datetime
) -> ActionPlan:
    """Write a plan for the participant to agree to. An earlier proposal is replaced; a plan in force stays
    in force until the new one is agreed. Steps that were done and stand in the new plan stay done.

    Raises NotYours, or Refused without steps or for a way that has ended.
    """
    enrollment = lock_enrollment(enrollment_id)
    require_role(actor, enrollment, CALLERS, act="Rencana ditulis")
    if not enrollment.is_open:
        raise Refused("Keikutsertaan ini sudah berakhir, jadi tidak ada rencana baru.")
    if not steps:
        raise Refused("Tulis sedikitnya satu langkah.")
    ActionPlan.objects.proposed().filter(enrollment=enrollment).update(ended_at=at)
    done = {
        step.text: step
        for step in PlanStep.objects.filter(
            plan__in=ActionPlan.objects.in_force().filter(enrollment=enrollment), done_at__isnull=False
        )
    }
    plan = ActionPlan.objects.create(enrollment=enrollment, goal=goal, proposed_by=actor, proposed_at=at)
    PlanStep.objects.bulk_create(
        PlanStep(
            plan=plan, number=number, text=step.text, owner=step.owner, due_on=step.due_on, stage=step.stage,
            done_at=done[step.text].done_at if step.text in done else None,
            done_by_id=done[step.text].done_by_id if step.text in done else None,
        )
        for number, step in enumerate(steps, start=1)
    )  # fmt: skip
    _tell_person(enrollment, plan, "rencana_diusulkan")
    return plan


@transaction.atomic
def agree(*, plan_id: UUID, actor: User, note: str = "", at: datetime) -> ActionPlan:
    """The participant agrees with one tap; or the coach records what was said aloud, with where and when.

    Raises NotYours for anybody else, Refused for a plan that was replaced meanwhile and for other
    words about one that is agreed. Twice is once.
    """
    plan = _locked(plan_id)
    enrollment = plan.enrollment
    is_own = enrollment.person.user_id == actor.pk
    if not is_own:
        require_role(actor, enrollment, CALLERS, act="Persetujuan lisan dicatat")
        if not note:
            raise Refused("Tulis di mana dan kapan peserta menyetujuinya.")
    if not plan.is_open:
        raise Refused("Rencana ini sudah diganti. Buka rencana yang terbaru.")
    if plan.is_agreed:
        if not is_own and (plan.agreed_by_id, plan.agreed_note) != (actor.pk, note):
            raise Refused("Rencana ini sudah disepakati, jadi tidak ada yang perlu dicatat lagi.")
        return plan
    ActionPlan.objects.in_force().filter(enrollment=enrollment).update(ended_at=at)
    plan.agreed_at, plan.agreed_by = at, actor
    plan.agreed_how, plan.agreed_note = (Agreed.PORTAL, "") if is_own else (Agreed.LISAN, note)
    plan.save(update_fields=["agreed_at", "agreed_by", "agreed_how", "agreed_note"])
    _touch(enrollment, at)
    if is_own:
        _tell_coach(plan, "rencana_disepakati", key="setuju")
    else:
        audit.record(actor=actor, action="rencana.setuju_lisan", obj=plan, reason=note)
        _tell_person(enrollment, plan, "rencana_lisan")
    return plan


@transaction.atomic
def ask_change(*, plan_id: UUID, actor: User, wish: str, at: datetime) -> ActionPlan:
    """The participant says what should be different; who proposed the plan is told."""
    plan = _locked(plan_id)
    if plan.enrollment.person.user_id != actor.pk:
        raise NotYours("Hanya peserta sendiri yang bisa meminta perubahan.")
    if not plan.is_open or plan.is_agreed:
        raise Refused("Rencana ini tidak lagi menunggu jawaban Anda.")
    plan.wish, plan.wished_at = wish, at
    plan.save(update_fields=["wish", "wished_at"])
    _touch(plan.enrollment, at)
    _tell_coach(plan, "rencana_ubah", key=f"ubah:{at.timestamp():.0f}")
    return plan


@transaction.atomic
def tick(*, step_id: UUID, actor: User, is_done: bool, at: datetime) -> PlanStep:
    """Mark a step of the plan in force as done, or not done after all: by the participant or who
    accompanies them."""
    found = PlanStep.objects.only("plan_id").get(pk=step_id)
    plan = _locked(found.plan_id)
    if plan.enrollment.person.user_id != actor.pk:
        require_role(actor, plan.enrollment, CALLERS, act="Langkah ditandai selesai")
    if not (plan.is_open and plan.is_agreed):
        raise Refused("Langkah ditandai sesudah rencananya disepakati.")
    step = PlanStep.objects.select_for_update(of=("self",)).get(pk=step_id)
    if step.is_done == is_done:
        return step
    step.done_at, step.done_by = (at, actor) if is_done else (None, None)
    step.save(update_fields=["done_at", "done_by"])
    if plan.enrollment.person.user_id == actor.pk:
        _touch(plan.enrollment, at)
    return step


def _locked(plan_id: UUID) -> ActionPlan:
    """A plan with its participant, both held in that order."""
    found = ActionPlan.objects.only("enrollment_id").get(pk=plan_id)
    enrollment = lock_enrollment(found.enrollment_id)
    plan = ActionPlan.objects.select_for_update(of=("self",)).get(pk=plan_id)
    plan.enrollment = enrollment
    return plan


def _touch(enrollment: Enrollment, at: datetime) -> None:
    if at > enrollment.last_activity_at:
        enrollment.last_activity_at = at
        enrollment.save(update_fields=["last_activity_at"])


def _ids(plan: ActionPlan) -> dict[str, str]:
    return {"plan": str(plan.pk)}


def _tell_coach(plan: ActionPlan, kind: str, *, key: str) -> None:
    """The coach of now; who proposed it, where there is none."""
    user_id = plan.enrollment.coach_id or plan.proposed_by_id
    notify_many([Draft(user_id, kind, _ids(plan), f"rencana:{plan.pk}:{key}")])


def _tell_person(enrollment: Enrollment, plan: ActionPlan, kind: str) -> None:
    if enrollment.person.user_id:
        notify_many([Draft(enrollment.person.user_id, kind, _ids(plan), f"rencana:{plan.pk}:{kind}")])
