"""Attendance: the roll call, the code a trainer shows, the participant's scan, a correction."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.access import SeeOther, role_required
from accounts.carried import carried, is_carried, refused_form
from accounts.models import Role
from accounts.requests import actor_of, sent
from core.clock import local_day, now
from participants.refusals import Refused
from programs.training import attendance as acts
from programs.training.access import manages
from programs.training.certificates import no_longer_entitled
from programs.training.codes import code_of, session_of
from programs.training.forms import CorrectionForm, RollCallForm
from programs.training.models import Attendance, ClassStatus, Presence, Seat, TrainingClass

from .fetch import led_session
from .public import FORM, LEADERS


@role_required(*LEADERS)
@FORM
@carried
def roll_call(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """One answer a person. After its day a session takes only who is still missing; the rest is corrected.
    Once the class is finished, its manager adds them, with the reason."""
    session, actor, at = led_session(request, session_id), actor_of(request), now()
    one = session.training_class
    seats = list(
        Seat.objects.visible_to(actor).enrolled().filter(training_class=one)
        .select_related("enrollment__person").in_rank()
    )  # fmt: skip
    rows = Attendance.objects.filter(session=session).select_related("seat__enrollment__person")
    known = {row.seat_id: row for row in rows}
    is_finished = one.status == ClassStatus.SELESAI
    is_past = is_finished or local_day(at, one.zone) > local_day(session.ends_at, one.zone)
    if is_past and not is_carried(request):
        seats = [seat for seat in seats if seat.pk not in known]
    form = RollCallForm(
        **sent(request), seats=seats, known={pk: row.presence for pk, row in known.items()},
        asks_why=is_finished,
    )  # fmt: skip
    if form.is_valid():
        try:
            acts.roll_call(
                session_id=session.pk, actor=actor, submission_id=form.cleaned_data["submission_id"],
                presences=form.presences(), decided_at=form.cleaned_data["decided_at"], at=at,
                reason=form.cleaned_data.get("reason", ""),
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Daftar hadir pertemuan {session.number} tersimpan.")
            return SeeOther(reverse("class_desk", args=[one.pk]))
    if is_carried(request):
        return refused_form(form)
    context = {
        "form": form,
        "session": session,
        "item": one,
        "closed_words": "" if is_finished and manages(actor, one) else acts.closed_words(session, at=at),
        "is_past": is_past,
        "shows_code": acts.shows_code(session, at=at),
        "known": sorted(known.values(), key=lambda row: row.seat.enrollment.person.full_name),
        "back": reverse("class_desk", args=[one.pk]),
    }
    return render(request, "training/roll_call.html", context, status=422 if form.errors else 200)


@role_required(*LEADERS)
@require_safe
def code(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The code of a session, new at every look; the page asks again by itself."""
    session, at = led_session(request, session_id), now()
    address = f"{settings.SITE_URL}{reverse('check_in', args=[code_of(session, at=at)])}"
    rows = Attendance.objects.filter(session=session, presence__in=Presence.attended())
    context = {
        "session": session,
        "item": session.training_class,
        "picture": segno.make(address, micro=False).svg_data_uri(scale=8, border=4, light="#fff"),
        "address": address,
        "came": rows.count(),
        "all": Seat.objects.enrolled().filter(training_class=session.training_class).count(),
        "is_on": acts.shows_code(session, at=at),
        "back": reverse("class_desk", args=[session.training_class_id]),
    }
    is_fragment = request.headers.get("HX-Request") == "true"
    template = "training/includes/_code.html" if is_fragment else "training/code.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@role_required(Role.PESERTA)
@FORM
def check_in(request: HttpRequest, code: str) -> HttpResponse:
    """What a scanned code opens: one button. A code that is over says so."""
    session = session_of(code, at=now())
    context: dict[str, Any] = {"session": session, "item": session.training_class if session else None}
    if session is None:
        return render(request, "training/check_in.html", context, status=410)
    if request.method != "POST":
        return render(request, "training/check_in.html", context)
    try:
        row = acts.check_in(code=code, actor=actor_of(request), at=now())
    except Refused as refusal:
        return render(request, "training/check_in.html", context | {"refusal": str(refusal)}, status=409)
    messages.success(request, f"Tercatat: {row.label}. Selamat belajar.")
    return SeeOther(session.training_class.get_absolute_url())


@role_required(*LEADERS)
@FORM
def correct(request: HttpRequest, attendance_id: UUID) -> HttpResponse:
    """Change one row, with the reason; earlier decisions stay readable."""
    actor = actor_of(request)
    row = _led_row(request, attendance_id)
    form = CorrectionForm(**sent(request), initial={"presence": row.presence})
    if form.is_valid():
        try:
            acts.correct(attendance_id=row.pk, actor=actor, at=now(), **_values(form))
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Kehadiran {row.seat.enrollment.person.full_name} diperbaiki.")
            if no_longer_entitled(row.session.training_class).filter(seat=row.seat_id).exists():
                words = "Kehadirannya tidak cukup lagi, tetapi sertifikatnya masih berlaku."
                messages.warning(request, f"{words} Pengelola bisa mencabutnya.")
            return SeeOther(reverse("roll_call", args=[row.session_id]))
    context = {
        "form": form,
        "row": row,
        "item": row.session.training_class,
        "changes": list(row.changes.select_related("by").order_by("at", "pk")),
        "back": reverse("roll_call", args=[row.session_id]),
    }
    return render(request, "training/correct.html", context, status=422 if form.errors else 200)


def _values(form: CorrectionForm) -> dict[str, Any]:
    return {
        "presence": Presence(form.cleaned_data["presence"]),
        "reason": form.cleaned_data["reason"],
    }


def _led_row(request: HttpRequest, attendance_id: UUID) -> Attendance:
    """A row of a class the user leads; else 404."""
    actor = actor_of(request)
    classes = TrainingClass.objects.led_by(actor).values("pk")
    found = Attendance.objects.visible_to(actor).select_related(
        "session__training_class__course", "seat__enrollment__person"
    )
    row = found.filter(pk=attendance_id, session__training_class__in=classes).first()
    if row is None:
        raise Http404("Tidak ditemukan.")
    return row
