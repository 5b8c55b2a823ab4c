"""Contact with one participant: write down what passed, put somebody off in the list, take it back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import SeeOther, role_required
from accounts.carried import carried, is_carried, refused_form
from accounts.models import Role
from accounts.requests import actor_of, show_refusal
from core.clock import now, today
from core.formats import day_long
from participants.models import Enrollment, Status
from participants.refusals import Refused
from programs.mentoring import services
from programs.mentoring.facts import ContactFacts, contact_facts, latest_sessions
from programs.mentoring.forms import ContactForm, SnoozeForm
from programs.mentoring.models import ContactLog, Snooze
from programs.pipeline import contact_presenters, moves
from programs.pipeline.contact_presenters import FROM_LIST

from .fetch import enrollment_of, person_url

LATEST = 12


@role_required(Role.PENDAMPING, Role.PENGELOLA)
@require_http_methods(["GET", "HEAD", "POST"])
@carried
def contact(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Write down a call, a message, a visit or a note; afterwards offer the move that follows from it."""
    enrollment = enrollment_of(request, person_id)
    _require(request, enrollment, services.CALLERS)
    form = ContactForm(request.POST if request.method == "POST" else None, enrollment=enrollment)
    if form.is_valid():
        try:
            log = services.log_contact(
                enrollment_id=enrollment.pk, actor=actor_of(request), at=now(), **form.cleaned_data
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _after_contact(request, enrollment, log)
    if is_carried(request):
        return refused_form(form)
    logs = _latest(request, enrollment)
    context = {
        "form": form,
        "enrollment": enrollment,
        "back": _back(request, enrollment),
        "is_from_day": _coming_from(request),
        "latest": contact_presenters.staff_contacts(logs, enrollment.zone, may_read=True)[:3],
        "tries": _facts(enrollment, logs).tries_text,
        "snooze_url": f"{reverse('snooze', args=[person_id])}{_coming_from(request)}"
        if enrollment.coach_id == actor_of(request).pk and enrollment.is_open
        else "",
    }
    return render(request, "pipeline/contact.html", context, status=422 if form.errors else 200)


def _after_contact(request: HttpRequest, enrollment: Enrollment, log: ContactLog) -> HttpResponse:
    """Back to where the actor came from, or on to the move that the contact suggests."""
    messages.success(request, f"Kabar {enrollment.person.full_name} tersimpan.")
    fresh = enrollment_of(request, enrollment.person_id)
    if log.is_reached and fresh.status == Status.TIDAK_TERHUBUNGI:
        messages.info(request, "Peserta ini bisa dihubungi lagi. Lanjutkan keikutsertaannya?")
        return SeeOther(reverse("act", args=[fresh.person_id, "lanjut"]))
    tries = _facts(fresh, _latest(request, fresh))
    if log.is_try and tries.is_given_up and fresh.status == Status.AKTIF:
        messages.info(request, f"{tries.tries_text}. Catat tidak terhubungi, atau coba lagi lain hari.")
        return SeeOther(reverse("act", args=[fresh.person_id, "tidak-terhubungi"]))
    return SeeOther(_back(request, fresh))


@role_required(Role.PENDAMPING)
@require_http_methods(["GET", "HEAD", "POST"])
def snooze(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Keep somebody out of the list until a day, with the reason."""
    enrollment = enrollment_of(request, person_id)
    _require(request, enrollment, frozenset({Role.PENDAMPING}))
    form = SnoozeForm(request.POST if request.method == "POST" else None, enrollment=enrollment)
    if form.is_valid():
        try:
            services.put_off(
                enrollment_id=enrollment.pk, actor=actor_of(request), at=now(), **form.cleaned_data
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request,
                format_html(
                    '{} ditunda. <a href="{}">Batalkan penundaan</a>',
                    enrollment.person.full_name,
                    request.get_full_path(),
                ),
            )
            return SeeOther(_back(request, enrollment))
    known = Snooze.objects.visible_to(actor_of(request)).open().filter(enrollment=enrollment).first()
    is_put_off = known is not None and known.is_in_force(today(enrollment.zone))
    context = {
        "form": form,
        "enrollment": enrollment,
        "back": _back(request, enrollment),
        "is_from_day": _coming_from(request),
        "snooze": known if is_put_off else None,
        "snooze_text": f"Sekarang ditunda sampai {day_long(known.until_on)}: {known.reason}" if known else "",
    }
    return render(request, "pipeline/contact_snooze.html", context, status=422 if form.errors else 200)


@role_required(Role.PENDAMPING)
@require_POST
def snooze_undo(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Show somebody in the list again."""
    enrollment = enrollment_of(request, person_id)
    try:
        services.take_back(enrollment_id=enrollment.pk, actor=actor_of(request), at=now())
    except Refused as refusal:
        show_refusal(request, refusal)
    else:
        messages.success(request, f"{enrollment.person.full_name} tampil lagi di daftar.")
    return SeeOther(reverse("coach_day"))


def _require(request: HttpRequest, enrollment: Enrollment, allowed: frozenset[Role]) -> None:
    """403 with who may, for those who only see."""
    if sentence := moves.refusal_for(enrollment, actor_of(request), allowed):
        raise PermissionDenied(sentence)


def _latest(request: HttpRequest, enrollment: Enrollment) -> list[ContactLog]:
    rows = ContactLog.objects.visible_to(actor_of(request)).filter(enrollment=enrollment)
    return list(rows.select_related("author").latest_first()[:LATEST])


def _facts(enrollment: Enrollment, logs: list[ContactLog]) -> ContactFacts:
    """How contact stands, with what sessions say of it."""
    return contact_facts(enrollment, logs, latest_sessions([enrollment])[enrollment.pk])


def _coming_from(request: HttpRequest) -> str:
    """The mark of the list in the address, or nothing; never an address of somebody else's choice."""
    return FROM_LIST if request.GET.get("dari") == "hari-ini" else ""


def _back(request: HttpRequest, enrollment: Enrollment) -> str:
    return reverse("coach_day") if _coming_from(request) else person_url(enrollment)
