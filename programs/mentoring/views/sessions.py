"""Sessions for staff: the page of one participant's mentoring, plan, write down, move, cancel, add a file."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import SeeOther, get_visible_or_404, role_required, scopes
from accounts.carried import carried, is_carried, refused_form
from accounts.models import Role
from accounts.requests import actor_of, sent, show_refusal
from core import files
from core.clock import local_day, now
from participants.models import Enrollment
from participants.refusals import Refused
from participants.scoping import acting_role
from programs.mentoring import agenda, presenting, services, sessions
from programs.mentoring.models import MentoringSession, SessionFile
from programs.mentoring.session_forms import AttachForm, CancelForm, CorrectionForm, PlaceAndTime, RecordForm
from programs.mentoring.sheets import may_read_private, said_on

from .fetch import READERS, STAFF, cared_for, cared_session, enrollment_of, require_reader, work_url

FORM = require_http_methods(["GET", "HEAD", "POST"])
FROM_LIST = "?dari=hari-ini"


@role_required(*STAFF)
@require_safe
def mentoring(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """The plan, the sessions to come and those that are over, with what the participant says of them."""
    enrollment, actor, at = enrollment_of(request, person_id), actor_of(request), now()
    may_work = acting_role(actor, enrollment, services.CALLERS) is not None
    may_read = (may_work or bool(scopes(actor, Role.ADMIN))) and enrollment.person.user_id != actor.pk
    is_coach = may_read_private(actor, enrollment)
    rows = list(
        MentoringSession.objects.visible_to(actor)
        .filter(enrollment=enrollment)
        .select_related("coach")
        .prefetch_related("files")
        .order_by("-starts_at", "-pk")[: presenting.SHOWN]
    )
    plan, proposed = presenting.current_plans(enrollment)
    today = local_day(at, enrollment.zone)
    context = {
        "enrollment": enrollment,
        "person_url": reverse("person", args=[enrollment.person_id]),
        "may_work": may_work and enrollment.is_open,
        "may_read": may_read,
        "is_coach": is_coach,
        "said_on": said_on(enrollment) if is_coach and may_work else None,
        "may_read_private": may_work and enrollment.person.user_id != actor.pk,
        **presenting.by_time(rows, at=at),
        "denied": [one for one in rows if one.is_held and one.is_denied],
        "plan": plan,
        "proposed": proposed,
        "plan_rows": presenting.plan_rows(plan, zone=enrollment.zone, today=today),
        "proposed_rows": presenting.plan_rows(proposed, zone=enrollment.zone, today=today),
        "today": today,
    }
    return render(request, "mentoring/overview.html", context)


@role_required(Role.PENDAMPING, Role.PENGELOLA)
@FORM
def meeting_new(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Agree on a session to come."""
    enrollment = cared_for(request, person_id)
    form = PlaceAndTime(**sent(request), enrollment=enrollment)
    if form.is_valid():
        try:
            session = sessions.plan_session(
                enrollment_id=enrollment.pk, actor=actor_of(request), at=now(),
                submission_id=form.cleaned_data["submission_id"], **form.values(),
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Janji bertemu tersimpan: {session.clock}. Peserta diberi tahu.")
            _warn_of_clashes(request, session)
            return SeeOther(work_url(enrollment))
    context = {
        "form": form, "enrollment": enrollment, "back": work_url(enrollment), "title": "Rencanakan pertemuan",
        "button": "Simpan janji",
    }  # fmt: skip
    return render(request, "mentoring/meeting.html", context, status=422 if form.errors else 200)


@role_required(Role.PENDAMPING, Role.PENGELOLA)
@FORM
def meeting_move(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Another time or place."""
    session = cared_session(request, session_id)
    enrollment = session.enrollment
    form = PlaceAndTime(**sent(request), enrollment=enrollment, session=session)
    if form.is_valid():
        try:
            moved = sessions.move_session(
                session_id=session.pk, actor=actor_of(request), at=now(), **form.values()
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            is_told = moved.meeting_point != session.meeting_point
            words = "Pertemuan dipindah. Peserta diberi tahu." if is_told else "Pertemuan diubah."
            messages.success(request, words)
            _warn_of_clashes(request, moved)
            return SeeOther(work_url(enrollment))
    context = {
        "form": form, "enrollment": enrollment, "back": work_url(enrollment), "title": "Pindahkan pertemuan",
        "button": "Simpan waktu baru",
    }  # fmt: skip
    return render(request, "mentoring/meeting.html", context, status=422 if form.errors else 200)


def _warn_of_clashes(request: HttpRequest, session: MentoringSession) -> None:
    """Say what else the coach has at that hour; what is planned stays planned."""
    if found := agenda.clashes(session):
        others = "; ".join(f"{one.hours} {one.short}" for one in found)
        whose = "Anda" if session.coach_id == actor_of(request).pk else session.coach.display_name
        messages.warning(request, f"Pada jam itu {whose} juga punya: {others}. Pindahkan salah satunya.")


@role_required(Role.PENDAMPING, Role.PENGELOLA)
@FORM
@carried
def meeting_log(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Write down a session that nobody planned."""
    return _record(request, cared_for(request, person_id), None)


@role_required(Role.PENDAMPING, Role.PENGELOLA)
@FORM
@carried
def meeting_record(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Write down how a planned session went, or put right what was written down."""
    session = cared_session(request, session_id)
    return _record(request, session.enrollment, session)


def _is_sent_again(request: HttpRequest, session: MentoringSession) -> bool:
    """Whether the form that wrote this session down arrives once more."""
    return request.POST.get("submission_id") == str(session.held_submission_id)


def _record(request: HttpRequest, enrollment: Enrollment, session: MentoringSession | None) -> HttpResponse:
    is_correction = session is not None and not session.is_planned and not _is_sent_again(request, session)
    form_class = CorrectionForm if is_correction else RecordForm
    form = form_class(**sent(request), enrollment=enrollment, session=session)
    back = reverse("coach_day") if request.GET.get("dari") == "hari-ini" else work_url(enrollment)
    if form.is_valid():
        try:
            saved = sessions.record_session(
                enrollment_id=enrollment.pk,
                session_id=session.pk if session else None,
                actor=actor_of(request),
                submission_id=form.cleaned_data["submission_id"],
                outcome=form.outcome(),
                reason=form.cleaned_data.get("reason", ""),
                at=now(),
                **form.values(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            words = "Peserta diminta membenarkannya." if saved.is_held else "Tercatat tidak datang."
            messages.success(request, f"Pertemuan {enrollment.person.full_name} tersimpan. {words}")
            return SeeOther(back)
    if is_carried(request):
        return refused_form(form)
    context = {
        "form": form,
        "enrollment": enrollment,
        "session": session,
        "back": back,
        "title": "Perbaiki catatan pertemuan" if is_correction else "Catat pertemuan",
        "is_from_day": bool(request.GET.get("dari")),
    }
    return render(request, "mentoring/record.html", context, status=422 if form.errors else 200)


@role_required(Role.PENDAMPING, Role.PENGELOLA)
@FORM
def meeting_cancel(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """A planned session that will not be; a held one that the participant says never was."""
    session = cared_session(request, session_id)
    back = work_url(session.enrollment)
    form = CancelForm(**sent(request))
    if form.is_valid():
        try:
            sessions.cancel_session(
                session_id=session.pk, actor=actor_of(request), at=now(), **form.cleaned_data
            )
        except Refused as refusal:
            show_refusal(request, refusal)
        else:
            messages.success(request, "Pertemuan dibatalkan.")
        return SeeOther(back)
    context = {
        "question": "Batalkan pertemuan ini?" if session.is_planned else "Tarik catatan pertemuan ini?",
        "consequence": "Peserta diberi tahu beserta alasannya."
        if session.is_planned
        else "Catatannya tetap terbaca sebagai dibatalkan, dan tidak lagi dihitung.",
        "verb": "Batalkan pertemuan" if session.is_planned else "Tarik catatan",
        "danger": True,
        "cancel": back,
        "form": form,
        "details": [
            {"label": "Peserta", "value": session.enrollment.person.full_name},
            {"label": "Kapan", "value": session.when},
            {"label": "Tentang", "value": session.topic},
        ],
    }
    return render(request, "layout/confirm.html", context, status=422 if form.errors else 200)


@role_required(Role.PENDAMPING, Role.PENGELOLA)
@FORM
def meeting_file_add(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Add a photo or a document, for the participant too."""
    session = cared_session(request, session_id)
    back = work_url(session.enrollment)
    actor = actor_of(request)
    form = AttachForm(**sent(request))
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            sessions.attach_file(
                session_id=session.pk, actor=actor, title=form.cleaned_data["title"],
                store_file=lambda: files.store_upload(upload, owner=actor), at=now(),
            )  # fmt: skip
        except ValidationError as refusal:
            form.add_error("file", refusal)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Lampiran tersimpan.")
            return SeeOther(back)
    context = {"form": form, "session": session, "enrollment": session.enrollment, "back": back}
    return render(request, "mentoring/attach.html", context, status=422 if form.errors else 200)


@role_required(*READERS)
@require_safe
def meeting_file(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    """The file, for the participant and who may read what was done."""
    actor = actor_of(request)
    rows = SessionFile.objects.select_related("file", "session__enrollment__person")
    found = get_visible_or_404(rows, actor, pk=file_id)
    require_reader(request, found.session.enrollment)
    return files.serve(found.file, download="unduh" in request.GET)
