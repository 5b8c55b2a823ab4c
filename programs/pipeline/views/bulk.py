"""Acts on many people: choose, say what, see who is affected and who is refused, do it, take it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import SeeOther, get_visible_or_404, role_required
from accounts.models import Role
from accounts.requests import actor_of, show_refusal
from core.clock import now
from core.fields import submission_id_in
from participants.models import Enrollment
from participants.refusals import Refused
from programs.pipeline import bulk
from programs.pipeline.desk_forms import BulkForm
from programs.pipeline.models import BulkAct, BulkItem, BulkKind

DESK = (Role.PENGELOLA, Role.DINAS, Role.ADMIN)
EARLIER_SHOWN = 10


@role_required(*DESK)
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """The chosen people and what is to be done; then the preview; then the act."""
    actor = actor_of(request)
    data = request.POST if request.method == "POST" else request.GET
    ids, problem = _ids(data)
    kind = next((kind for kind in bulk.kinds_for(actor) if kind.value == data.get("tindakan")), None)
    people = bulk.chosen(actor, ids) if ids and not problem else []
    if kind is None or not people:
        return _nothing(request, problem or _why_nothing(data, kind, people))
    form = BulkForm(
        request.POST if request.method == "POST" else None, kind=kind, enrollments=people, actor=actor
    )
    context = {
        "row": bulk.ROWS[kind],
        "kind": kind,
        "people": people,
        "unknown": len(ids) - len(people),
        "form": form,
    }
    if request.method == "POST" and form.is_valid():
        plan = bulk.Plan(kind, **form.cleaned_data)
        if data.get("langkah") == "lakukan":
            return _do(request, plan, people)
        outcomes = bulk.preview(plan=plan, ids=[person.pk for person in people], actor=actor, at=now())
        context |= {
            "plan": plan,
            "affected": [outcome for outcome in outcomes if not outcome.refusal],
            "refused": [outcome for outcome in outcomes if outcome.refusal],
            "bulk_id": uuid4(),
        }
        return render(request, "pipeline/bulk_preview.html", context)
    return render(request, "pipeline/bulk_choose.html", context, status=422 if form.errors else 200)


def _ids(data: QueryDict) -> tuple[list[UUID], str]:
    """The chosen ids without repeats and nonsense, and what is wrong with them."""
    found = dict.fromkeys(key for text in data.getlist("pilih") if (key := submission_id_in(text)))
    if len(found) > bulk.MOST_PEOPLE:
        return [], f"Anda memilih {len(found)} orang. Paling banyak {bulk.MOST_PEOPLE} orang sekali jalan."
    return list(found), ""


def _why_nothing(data: QueryDict, kind: BulkKind | None, people: Sequence[Enrollment]) -> str:
    if not data.getlist("pilih") or not people:
        return "Belum ada orang yang dipilih. Centang dulu namanya di antrean atau daftar peserta."
    return "Pilih dulu tindakannya." if kind is None else ""


def _nothing(request: HttpRequest, problem: str) -> HttpResponse:
    """The page without a choice: what to do first, and what one did lately."""
    earlier = BulkAct.objects.filter(actor=actor_of(request)).order_by("-done_at")[:EARLIER_SHOWN]
    context = {"problem": problem, "earlier": earlier}
    status = 422 if request.method == "POST" or request.GET else 200
    return render(request, "pipeline/bulk_empty.html", context, status=status)


def _do(request: HttpRequest, plan: bulk.Plan, people: Sequence[Enrollment]) -> HttpResponse:
    """Do what the preview showed, once for each opened preview."""
    bulk_id = submission_id_in(request.POST.get("id"))
    if bulk_id is None:
        messages.error(request, "Lihat dulu siapa yang terkena, lalu lakukan.")
        return SeeOther(reverse("bulk"))
    try:
        done = bulk.execute(
            bulk_id=bulk_id,
            plan=plan,
            ids=[person.pk for person in people],
            seen=_seen(request.POST),
            actor=actor_of(request),
            at=now(),
        )
    except Refused as refusal:
        show_refusal(request, refusal)
        return SeeOther(reverse("bulk"))
    return SeeOther(reverse("bulk_result", args=[done.pk]))


def _seen(data: QueryDict) -> dict[UUID, str]:
    """What the preview showed of each person: `<id>=<state>`."""
    found: dict[UUID, str] = {}
    for text in data.getlist("keadaan")[: bulk.MOST_PEOPLE]:
        key, _, state = text[:200].partition("=")
        if (person := submission_id_in(key)) is not None:
            found[person] = state
    return found


@role_required(*DESK)
@require_safe
def result(request: HttpRequest, bulk_id: UUID) -> HttpResponse:
    """What was done to whom, who was refused and why, and the way back while there is one."""
    actor = actor_of(request)
    done = get_visible_or_404(BulkAct.objects.select_related("actor"), actor, pk=bulk_id)
    items: list[BulkItem] = list(
        BulkItem.objects.visible_to(actor)
        .filter(bulk=done)
        .select_related("enrollment__person")
        .order_by("enrollment__person__full_name", "pk")
    )
    context: dict[str, Any] = {
        "bulk": done,
        "done": [item for item in items if item.is_done],
        "refused": [item for item in items if item.outcome == "ditolak"],
        "taken_back": [item for item in items if item.outcome == "dibatalkan"],
        "may_undo": done.may_be_undone(now()) and any(item.is_done for item in items),
        "reason": done.params.get("reason", ""),
    }
    return render(request, "pipeline/bulk_result.html", context)


@role_required(*DESK)
@require_POST
def undo(request: HttpRequest, bulk_id: UUID) -> HttpResponse:
    """Take the act back where nothing changed since."""
    done = get_visible_or_404(BulkAct, actor_of(request), pk=bulk_id)
    try:
        bulk.undo(bulk_id=done.pk, actor=actor_of(request), at=now())
    except Refused as refusal:
        show_refusal(request, refusal)
    else:
        messages.success(request, "Dibatalkan. Yang sudah berubah lagi dibiarkan dan disebut di bawah.")
    return SeeOther(reverse("bulk_result", args=[done.pk]))
