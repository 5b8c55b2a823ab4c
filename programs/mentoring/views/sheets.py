"""The business on one page, money, and what is said in confidence: for the participant and for staff."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import SeeOther, role_required
from accounts.models import Role
from accounts.requests import actor_of, sent
from core.clock import local_day, now
from participants.models import Enrollment
from participants.refusals import Stale
from programs.mentoring import sheets
from programs.mentoring.models import BusinessSketch, HelpRoute, PrivateSheet, SheetKind
from programs.mentoring.models.sheets import SKETCH
from programs.mentoring.sheet_forms import QUESTIONS, MoneyForm, SheetForm, SketchForm, TroubleForm

from .fetch import READERS, cared_for, enrollment_of, own_enrollment, require_reader, work_url
from .sessions import FORM


@role_required(Role.PESERTA)
@FORM
def my_sketch(request: HttpRequest) -> HttpResponse:
    """The own business on one page."""
    return _sketch(request, own_enrollment(request), back=reverse("journey"), is_own=True)


@role_required(Role.PENDAMPING, Role.PENGELOLA)
@FORM
def sketch(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """A participant's business on one page."""
    enrollment = cared_for(request, person_id)
    return _sketch(request, enrollment, back=work_url(enrollment), is_own=False)


def _sketch(request: HttpRequest, enrollment: Enrollment, *, back: str, is_own: bool) -> HttpResponse:
    rows = BusinessSketch.objects.filter(enrollment=enrollment)
    known = rows.first()
    form = SketchForm(**sent(request), sheet=known)

    def write(answers: dict[str, Any], version: str) -> None:
        sheets.save_sketch(
            enrollment_id=enrollment.pk, actor=actor_of(request), answers=answers, version=version, at=now()
        )

    if form.is_valid() and _is_written(form, write, rows):
        messages.success(request, "Halaman usaha tersimpan.")
        return SeeOther(request.path)
    context = {"form": form, "enrollment": enrollment, "back": back, "is_own": is_own, "known": known}
    return render(request, "mentoring/sketch.html", context, status=422 if form.errors else 200)


@role_required(*READERS)
@require_safe
def sketch_print(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """The page on paper."""
    enrollment = enrollment_of(request, person_id)
    require_reader(request, enrollment)
    known = BusinessSketch.objects.filter(enrollment=enrollment).first()
    is_own = enrollment.person.user_id == actor_of(request).pk
    context = {
        "enrollment": enrollment,
        "answers": [{"question": QUESTIONS[name][0], "text": getattr(known, name, "")} for name in SKETCH],
        "back": reverse("my_sketch") if is_own else reverse("sketch", args=[person_id]),
    }
    return render(request, "mentoring/sketch_print.html", context)


@role_required(Role.PESERTA)
@FORM
def my_money(request: HttpRequest) -> HttpResponse:
    """The own figures."""
    return _money(request, own_enrollment(request), back=reverse("journey"), is_own=True)


@role_required(Role.PENDAMPING)
@FORM
def money(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """The figures of a participant, for the coach of now."""
    enrollment = _private(request, person_id)
    return _money(request, enrollment, back=work_url(enrollment), is_own=False)


def _money(request: HttpRequest, enrollment: Enrollment, *, back: str, is_own: bool) -> HttpResponse:
    sheet = _sheet(enrollment, SheetKind.UANG)
    known = sheet.values() if sheet else {}
    form = MoneyForm(**sent(request), sheet=sheet)
    if form.is_valid() and _is_saved(request, enrollment, SheetKind.UANG, form):
        messages.success(request, "Angka tersimpan.")
        return SeeOther(request.path)
    today = local_day(now(), enrollment.zone)
    context = {
        "form": form,
        "enrollment": enrollment,
        "back": back,
        "is_own": is_own,
        "money": sheets.money_of(known, heavy_percent=sheets.heavy_percent(today)) if known else None,
    }
    return render(request, "mentoring/money.html", context, status=422 if form.errors else 200)


@role_required(Role.PESERTA)
@FORM
def my_trouble(request: HttpRequest) -> HttpResponse:
    """What the participant says in confidence."""
    return _trouble(request, own_enrollment(request), back=reverse("journey"), is_own=True)


@role_required(Role.PENDAMPING)
@FORM
def trouble(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """What a participant says in confidence, for the coach of now."""
    enrollment = _private(request, person_id)
    return _trouble(request, enrollment, back=work_url(enrollment), is_own=False)


def _trouble(request: HttpRequest, enrollment: Enrollment, *, back: str, is_own: bool) -> HttpResponse:
    sheet = _sheet(enrollment, SheetKind.KEADAAN)
    known = sheet.values() if sheet else {}
    form = TroubleForm(**sent(request), sheet=sheet)
    if form.is_valid() and _is_saved(request, enrollment, SheetKind.KEADAAN, form):
        messages.success(request, "Tersimpan. Hanya peserta dan pendampingnya yang membaca ini.")
        return SeeOther(request.path)
    today = local_day(now(), enrollment.zone)
    context = {
        "form": form,
        "enrollment": enrollment,
        "back": back,
        "is_own": is_own,
        "routes": list(HelpRoute.objects.on(today, known.get("troubles", []))),
    }
    return render(request, "mentoring/trouble.html", context, status=422 if form.errors else 200)


def _private(request: HttpRequest, person_id: UUID) -> Enrollment:
    """A participant of the coach who is here; 404 for everybody else, whatever they may see otherwise."""
    enrollment = enrollment_of(request, person_id)
    actor = actor_of(request)
    if enrollment.person.user_id == actor.pk or not sheets.may_read_private(actor, enrollment):
        raise Http404("Tidak ditemukan.")
    return enrollment


def _sheet(enrollment: Enrollment, kind: SheetKind) -> PrivateSheet | None:
    return PrivateSheet.objects.filter(enrollment=enrollment, kind=kind).first()


def _is_saved(request: HttpRequest, enrollment: Enrollment, kind: SheetKind, form: SheetForm) -> bool:
    """Whether a private sheet could be written."""

    def write(values: dict[str, Any], version: str) -> None:
        sheets.save_private(
            enrollment_id=enrollment.pk, actor=actor_of(request), kind=kind, values=values, version=version,
            at=now(),
        )  # fmt: skip

    return _is_written(form, write, PrivateSheet.objects.filter(enrollment=enrollment, kind=kind))


def _is_written(form: SheetForm, write: Callable[[dict[str, Any], str], None], stored: QuerySet[Any]) -> bool:
    """Whether the answers could be written; if not, the form shows what somebody else stored meanwhile."""
    try:
        write(form.answers(), form.cleaned_data["version"])
    except Stale as stale:
        form.meet(stored.first())
        form.add_error(None, str(stale))
        return False
    return True
