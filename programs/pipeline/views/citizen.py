"""The participant's own pages: where I stand, what I do next, my goal and my business."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import SeeOther, role_required
from accounts.models import Role
from accounts.requests import actor_of, sent
from core.clock import local_day, now
from core.validators import wa_link
from notifications.services import latest
from participants import services
from participants.models import IdentityDocument, Stage, StageEvidence, Status, WorkforceReport
from participants.refusals import Refused
from programs.mentoring import presenting as mentoring
from programs.mentoring.models import ContactLog
from programs.pipeline import presenters
from programs.pipeline.acts import ACTS, BUSINESS_FIELDS
from programs.pipeline.contact_presenters import own_contacts
from programs.pipeline.journey import Journey, load_journey
from programs.pipeline.stages import EvidenceChoice, evidence_choices
from programs.placement import board
from programs.training import presenting as training

from .fetch import own_enrollment

ATTEND = "hadir"
"""The requirement of P2 that a class meets."""
SENT_SHOWN = 8
CONTACTS_SHOWN = 20
OWN_TEXTS = {
    "tujuan": (
        "Tujuan Anda",
        "Tulis satu kalimat: apa yang ingin Anda capai. Pendamping memakainya untuk membantu Anda.",
    ),
    "usaha": ("Data usaha Anda", "Isi seperlunya. Angka kira-kira tidak apa-apa, nanti bisa diperbaiki."),
}
"""Title and lead of the acts that participants may do for themselves."""


@role_required(Role.PESERTA)
@require_safe
def journey(request: HttpRequest) -> HttpResponse:
    """Seven stones, the next step, what is missing and whose turn it is, my coach, messages, history."""
    enrollment = own_enrollment(request)
    at = now()
    found = load_journey(enrollment, at=at)
    choices = evidence_choices(enrollment, by_citizen=True)
    sessions = mentoring.latest(enrollment)
    coach_phone = enrollment.coach.phone() if enrollment.coach else None
    greeting = f"Halo, saya {enrollment.person.full_name}, nomor {enrollment.number}."
    coach_wa_url = wa_link(coach_phone, greeting) if coach_phone else ""
    contacts = list(
        ContactLog.objects.visible_to(actor_of(request))
        .filter(enrollment=enrollment)
        .select_related("author")
        .latest_first()[:CONTACTS_SHOWN]
    )
    person = enrollment.person
    has_ktp = (
        not person.is_identity_verified and IdentityDocument.objects.filter(person_id=person.pk).exists()
    )
    is_identity = found.next_step.code == presenters.IDENTITY
    classes = training.own(enrollment, at=at)
    at_class = training.step(classes) if found.next_step.code == ATTEND else None
    button = at_class.button if at_class else _button(found, choices, has_ktp=has_ktp)
    asked = {kind for item in found.checklist for kind in item.requirement.evidence}
    context = {
        "enrollment": enrollment,
        "journey": found,
        "step_text": _step_text(found, at_class, is_ktp_sent=has_ktp and is_identity),
        "classes": classes,
        "facts": presenters.step_facts(found.next_step, for_citizen=True),
        "button": button,
        "ask": {"label": "Tanya pendamping", "href": coach_wa_url} if coach_wa_url else None,
        "quiet": button is None,
        "checklist": presenters.own_checklist(found.checklist, choices, has_ktp=has_ktp)
        if enrollment.is_open
        else [],
        "mismatch": services.mismatch_note(person) if enrollment.is_open else "",
        "has_ktp": has_ktp,
        "checklist_title": f"Syarat naik ke {found.target_label}" if found.target else "Syarat lulus",
        "checklist_summary": f"{found.met_count} dari {len(found.checklist)} sudah lengkap.",
        "more_evidence": [
            {
                "label": choice.spec.label,
                "hint": choice.spec.hint,
                "href": reverse("my_evidence_add", args=[choice.spec.kind.value]),
            }
            for choice in choices
            if enrollment.status == Status.AKTIF
            and choice.spec.kind in asked
            and not _is_behind(button, choice)
        ],
        "sent": list(
            StageEvidence.objects.filter(enrollment=enrollment, submitted_by=actor_of(request))
            .select_related("file")
            .order_by("-submitted_at", "-pk")[:SENT_SHOWN]
        ),
        "workforce": WorkforceReport.objects.filter(
            business__person_id=enrollment.person_id, confirmed_at__isnull=True
        )
        .order_by("-reported_at")
        .first(),
        "history": presenters.newest_first(
            presenters.history(found.transitions, enrollment.zone, for_citizen=True),
            own_contacts(contacts, enrollment.zone),
            mentoring.history(sessions, may_read=True, for_citizen=True),
        ),
        "work": board.own_work(enrollment) if enrollment.stage == Stage.PENDAMPINGAN else None,
        "mentoring": mentoring.own(enrollment, sessions, today=local_day(at, enrollment.zone)),
        "coach_wa_url": coach_wa_url,
        "center_wa_url": wa_link(enrollment.center.whatsapp, greeting)
        if enrollment.center and enrollment.center.whatsapp
        else "",
        "messages_latest": latest(actor_of(request).pk),
        "help_center": enrollment.center,
    }
    return render(request, "pipeline/journey.html", context)


def _step_text(found: Journey, at_class: training.Step | None, *, is_ktp_sent: bool) -> str:
    if is_ktp_sent:
        return presenters.KTP_SENT
    return at_class.text if at_class else found.next_step.hint


def _button(found: Journey, choices: list[EvidenceChoice], *, has_ktp: bool) -> dict[str, str] | None:
    """Label and address of the one button of the plum panel, when there is something to do: it is the
    participant's turn, or an officer waits for the photo of the KTP."""
    step = found.next_step
    if step.code == presenters.IDENTITY and not has_ktp:
        return {"label": "Kirim foto KTP", "href": reverse("my_ktp_add"), "icon": "arrow"}
    if not step.is_for_citizen:
        return None
    item = next((item for item in found.checklist if item.requirement.code == step.code), None)
    address = presenters.own_address(item, choices) if item else ""
    return {"label": step.title, "href": address, "icon": "arrow"} if address else None


@role_required(Role.PESERTA)
@require_POST
def confirm_workforce(request: HttpRequest) -> HttpResponse:
    """The owner says that the reported number of workers is right: only then they count as jobs."""
    enrollment = own_enrollment(request)
    if services.confirm_workforce(enrollment_id=enrollment.pk, actor=actor_of(request), at=now()):
        messages.success(request, "Terima kasih. Jumlah pekerja Anda sudah benar.")
    return SeeOther(reverse("journey"))


def _is_behind(button: dict[str, str] | None, choice: EvidenceChoice) -> bool:
    """Whether the plum panel's button already leads to this kind of proof."""
    return button is not None and button["href"] == reverse("my_evidence_add", args=[choice.spec.kind.value])


@role_required(Role.PESERTA)
@require_http_methods(["GET", "HEAD", "POST"])
def my_act(request: HttpRequest, slug: str) -> HttpResponse:
    """My goal, my business."""
    enrollment = own_enrollment(request)
    if slug not in OWN_TEXTS:
        raise Http404("Tidak ditemukan.")
    chosen = ACTS[slug]
    business = enrollment.person.businesses.order_by("created_at", "pk").first()
    initial = (
        {name: getattr(business, name) for name in BUSINESS_FIELDS} if business and slug == "usaha" else {}
    )
    form = chosen.form(**sent(request), enrollment=enrollment, actor=actor_of(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            chosen.perform(enrollment, actor_of(request), form.cleaned_data, now())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, chosen.done)
            return SeeOther(reverse("journey"))
    title, lead = OWN_TEXTS[slug]
    context = {"act": chosen, "form": form, "title": title, "lead": lead, "cancel": reverse("journey")}
    return render(request, "pipeline/my_act.html", context, status=422 if form.errors else 200)
