"""The participant's own pages: where I stand, what I do next, my goal and my business."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import SeeOther, role_required
from accounts.models import Role
from core.clock import now
from core.validators import wa_link
from notifications.services import latest
from participants.models import StageEvidence
from participants.refusals import Refused

from ..acts import ACTS, BUSINESS_FIELDS
from ..journey import Journey, load_journey
from ..stages import EvidenceChoice, evidence_choices
from .fetch import actor_of, own_enrollment

ACT_OF_REQUIREMENT = {"tujuan": "tujuan", "data_usaha": "usaha"}
"""Requirements that participants meet with an act of their own instead of a proof."""


@role_required(Role.PESERTA)
@require_safe
def journey(request: HttpRequest) -> HttpResponse:
    """Seven stones, the next step, what is missing and whose turn it is, my coach, messages, history."""
    enrollment = own_enrollment(request)
    found = load_journey(enrollment, at=now())
    choices = evidence_choices(enrollment, by_citizen=True)
    coach_phone = enrollment.coach.phone() if enrollment.coach else None
    greeting = f"Halo, saya {enrollment.person.full_name}, nomor {enrollment.number}."
    context = {
        "enrollment": enrollment,
        "journey": found,
        "choices": choices,
        "action": _action(found, choices),
        "sent": list(
            StageEvidence.objects.filter(enrollment=enrollment)
            .select_related("file")
            .order_by("-submitted_at", "-pk")[:10]
        ),
        "coach_wa_url": wa_link(coach_phone, greeting) if coach_phone else "",
        "center_wa_url": wa_link(enrollment.center.whatsapp, greeting)
        if enrollment.center and enrollment.center.whatsapp
        else "",
        "messages_latest": latest(actor_of(request).pk),
        "help_center": enrollment.center,
    }
    return render(request, "pipeline/journey.html", context)


def _action(found: Journey, choices: list[EvidenceChoice]) -> dict[str, str] | None:
    """Label and address of the one button of the plum panel, when it is the participant's turn."""
    step = found.next_step
    if not step.is_for_citizen:
        return None
    if step.code in ACT_OF_REQUIREMENT:
        slug = ACT_OF_REQUIREMENT[step.code]
        return {"label": ACTS[slug].button, "url": reverse("my_act", args=[slug])}
    wanted = [item.requirement.evidence for item in found.checklist if item.requirement.code == step.code]
    kinds = wanted[0] if wanted else ()
    for choice in choices:
        if choice.spec.kind in kinds:
            address = reverse("my_evidence_add", args=[choice.spec.kind.value])
            return {"label": f"Kirim {choice.spec.label}", "url": address}
    return None


@role_required(Role.PESERTA)
@require_http_methods(["GET", "HEAD", "POST"])
def my_act(request: HttpRequest, slug: str) -> HttpResponse:
    """My goal, my business."""
    enrollment = own_enrollment(request)
    if slug not in ACT_OF_REQUIREMENT.values():
        raise Http404("Tidak ditemukan.")
    chosen = ACTS[slug]
    business = enrollment.person.businesses.order_by("created_at", "pk").first()
    initial = (
        {name: getattr(business, name) for name in BUSINESS_FIELDS} if business and slug == "usaha" else {}
    )
    form = chosen.form(
        request.POST or None, enrollment=enrollment, actor=actor_of(request), initial=initial
    )
    if request.method == "POST" and form.is_valid():
        try:
            chosen.perform(enrollment, actor_of(request), form.cleaned_data, now())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, chosen.done)
            return SeeOther(reverse("journey"))
    context = {"act": chosen, "form": form, "enrollment": enrollment}
    return render(request, "pipeline/my_act.html", context, status=422 if form.errors else 200)
