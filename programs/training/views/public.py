"""`/pelatihan/`: the catalogue, one class, its calendar file; enrol, accept an offer, give up."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import SeeOther, public, role_required
from accounts.models import Role, User
from accounts.requests import actor_of, show_refusal
from core.clock import now
from core.keyset import page as keyset_page
from participants.models import Enrollment
from participants.refusals import Refused
from programs.training import catalogue, quiz, services, survey
from programs.training.access import leads, manages
from programs.training.calendar import TYPE, calendar_of
from programs.training.forms import CatalogueForm
from programs.training.models import AttendanceChange, ClassSession, Seat, TrainingClass

from .fetch import own_enrollment, published, visible_seat, visitor_of

FORM = require_http_methods(["GET", "HEAD", "POST"])
LEADERS = (Role.PELATIH, Role.PENDAMPING, Role.PENGELOLA, Role.ADMIN)


@public
@require_safe
def class_list(request: HttpRequest) -> HttpResponse:
    """Classes to come, the nearest in time first; filters and keyset pages."""
    at, visitor, form = now(), visitor_of(request), CatalogueForm(request.GET)
    form.is_valid()
    filters = {name: value for name, value in form.cleaned_data.items() if value}
    ignored = [
        f"Saringan “{form.fields[name].label}” tidak dikenali dan tidak dipakai." for name in form.errors
    ]
    area = catalogue.find_area(filters["wilayah"]) if "wilayah" in filters else None
    if "wilayah" in filters and area is None:
        ignored.append("Tempat itu belum kami kenali. Coba nama kecamatannya.")
    page = keyset_page(
        catalogue.search(filters, area=area, at=at),
        cursor=request.GET.get("sesudah", ""), field="starts_at", size=catalogue.PAGE_SIZE, oldest_first=True,
    )  # fmt: skip
    kept = {name: request.GET[name] for name in form.fields if request.GET.get(name)}

    def link(cursor: str) -> str:
        return f"?{urlencode({**kept, 'sesudah': cursor})}" if cursor else ""

    home = area.home if area and area.home else catalogue.home_of(visitor)
    context = {
        "form": form,
        "area": area,
        "rows": [
            {"item": one, "is_open": one.takes_names(at), "distance": catalogue.distance_words(home, one)}
            for one in page.rows
        ],
        "next_url": link(page.next_cursor),
        "previous_url": link(page.previous_cursor),
        "is_filtered": bool(kept),
        "is_narrowed": bool(kept.keys() - {"wilayah"}),
        "ignored": ignored,
        "mine": [] if kept or "sesudah" in request.GET else catalogue.own_seats(visitor),
        "may_lead": visitor is not None and any(role in visitor.roles() for role in LEADERS),
    }
    return render(request, "training/list.html", context)


@public
@require_safe
def class_page(request: HttpRequest, class_id: UUID) -> HttpResponse:
    """One class: what, when, where, seats left, and what this visitor can do now."""
    at, visitor, one = now(), visitor_of(request), published(class_id)
    enrollment = own_enrollment(visitor)
    address = f"{settings.SITE_URL}{one.get_absolute_url()}"
    words = quote(f"{one.course.title}, {one.name}: {address}")
    context: dict[str, Any] = {
        "item": one,
        "sessions": list(one.sessions.all()),
        "materials": list(one.course.materials.select_related("file")),
        "trainers": [row.user.display_name for row in one.trainers.select_related("user").order_by("pk")],
        "is_open": one.takes_names(at),
        "closed_words": services.closed_words(one, at=at),
        "share": f"https://wa.me/?text={words}",
        "address": address,
        "sign_in": f"{reverse('login')}?next={one.get_absolute_url()}",
        "may_lead": visitor is not None and leads(visitor, one),
        "may_manage": visitor is not None and manages(visitor, one),
        **_own(enrollment, one, at=at),
    }
    seat = context.get("seat")
    if seat is not None and seat.is_enrolled:
        context |= _feedback(one, seat, context["sessions"], at=at)
        context |= _attended(seat, context["sessions"], at=at)
    if one.is_full or one.is_over:
        context["others"] = catalogue.alternatives(one, at=at)
    return render(request, "training/class.html", context)


def _own(enrollment: Enrollment | None, one: TrainingClass, *, at: Any) -> dict[str, Any]:
    """Where the visitor stands in this class."""
    if enrollment is None:
        return {"enrollment": None}
    own = Seat.objects.live().select_related("certificate__revocation")
    seat = own.filter(training_class=one, enrollment=enrollment).first()
    ahead = 0
    if seat is not None and seat.is_waiting:
        earlier = Seat.objects.queue().filter(training_class=one)
        ahead = earlier.filter(queued_at__lt=seat.queued_at).count()
    return {
        "enrollment": enrollment,
        "seat": seat,
        "place_in_queue": ahead + 1,
        "refusals": [] if seat else services.why_not(enrollment, one, at=at),
        "busy": [] if seat else catalogue.busy_with(enrollment, one),
    }


def _attended(seat: Seat, sessions: list[ClassSession], *, at: datetime) -> dict[str, Any]:
    """How a participant was at each session, with what was corrected and why, and which session is next."""
    changes = AttendanceChange.objects.filter(is_applied=True).order_by("at", "pk")
    rows = seat.attendance.prefetch_related(Prefetch("changes", changes, to_attr="applied"))
    own = {row.session_id: row for row in rows}
    for session in sessions:
        session.own = own.get(session.pk)  # type: ignore[attr-defined]
    return {
        "attended": bool(own),
        "has_begun": at >= sessions[0].starts_at,
        "coming": next((session for session in sessions if session.starts_at > at), None),
    }


def _feedback(
    one: TrainingClass, seat: Seat, sessions: list[ClassSession], *, at: datetime
) -> dict[str, Any]:
    """What a participant with a seat has answered and can answer now."""
    results = list(seat.results.order_by("at"))
    moment = quiz.open_moment(one, sessions, {row.moment for row in results}, at=at)
    has_answered = survey.has_answered(seat)
    return {
        "results": results,
        "test": moment if moment and one.course.questions.exists() else None,
        "is_survey_open": not has_answered and survey.is_open(one, sessions, at=at),
        "has_answered": has_answered,
    }


@public
@require_safe
def class_calendar(request: HttpRequest, class_id: UUID) -> HttpResponse:
    """The sessions as a calendar file."""
    del request
    one = published(class_id)
    url = f"{settings.SITE_URL}{one.get_absolute_url()}"
    text = calendar_of(one, one.sessions.all(), url=url, at=now())
    return HttpResponse(
        text, content_type=TYPE, headers={"Content-Disposition": 'attachment; filename="kelas-okoce.ics"'}
    )


@role_required(Role.PESERTA)
@require_POST
def class_enrol(request: HttpRequest, class_id: UUID) -> HttpResponse:
    """Take a seat, or queue for one."""
    one, actor = published(class_id), actor_of(request)
    enrollment = own_enrollment(actor)
    if enrollment is None:
        messages.error(request, "Akun ini belum terdaftar sebagai peserta.")
        return SeeOther(one.get_absolute_url())
    try:
        seat = services.enrol(enrollment_id=enrollment.pk, class_id=one.pk, actor=actor, at=now())
    except Refused as refusal:
        show_refusal(request, refusal)
    else:
        messages.success(
            request,
            "Anda terdaftar di kelas ini." if seat.is_enrolled else "Kelas penuh. Anda masuk daftar tunggu.",
        )
    return SeeOther(one.get_absolute_url())


@role_required(Role.PESERTA, Role.PENDAMPING, Role.PENGELOLA, Role.ADMIN)
@require_POST
def seat_accept(request: HttpRequest, seat_id: UUID) -> HttpResponse:
    """Take the seat that was offered, oneself or for a participant who said yes."""
    seat, actor = visible_seat(request, seat_id), actor_of(request)
    is_own = seat.enrollment.person.user_id == actor.pk
    try:
        services.accept_offer(seat_id=seat.pk, actor=actor, at=now())
    except Refused as refusal:
        show_refusal(request, refusal)
    else:
        who = "Anda" if is_own else seat.enrollment.person.full_name
        messages.success(request, f"{who} terdaftar di kelas ini.")
    return SeeOther(seat.training_class.get_absolute_url() if is_own else _back(seat, actor))


@role_required(Role.PESERTA, Role.PENDAMPING, Role.PENGELOLA, Role.ADMIN)
@FORM
def seat_give_up(request: HttpRequest, seat_id: UUID) -> HttpResponse:
    """Ask once, then end a seat or a wait."""
    seat, actor = visible_seat(request, seat_id), actor_of(request)
    one, has_begun = seat.training_class, now() >= seat.training_class.starts_at
    is_own = seat.enrollment.person.user_id == actor.pk
    back = _back(seat, actor)
    if request.method == "POST":
        try:
            services.give_up(seat_id=seat.pk, actor=actor, at=now())
        except Refused as refusal:
            show_refusal(request, refusal)
        else:
            is_passed_on = not seat.is_waiting and not has_begun
            messages.success(
                request, "Dibatalkan. Tempatnya untuk orang berikutnya." if is_passed_on else "Dibatalkan."
            )
        return SeeOther(back)
    context = {
        "question": "Batal ikut kelas ini?" if is_own else f"Keluarkan {seat.enrollment.person.full_name}?",
        "consequence": f"{one.course.title}, {one.name}. {_cost_of_leaving(seat, has_begun=has_begun)}",
        "verb": "Ya, batal ikut" if is_own else "Ya, keluarkan",
        "cancel": back,
        "danger": True,
    }
    return render(request, "layout/confirm.html", context)


def _cost_of_leaving(seat: Seat, *, has_begun: bool) -> str:
    if seat.is_waiting:
        return "Urutan di daftar tunggu tidak disimpan."
    if not has_begun:
        return "Tempatnya langsung ditawarkan kepada yang menunggu."
    count = seat.attendance.count()
    if not count:
        return "Kelas ini sudah berjalan."
    return (
        f"Kelas ini sudah berjalan: kehadiran di {count} pertemuan yang sudah tercatat tidak dihitung lagi."
    )


def _back(seat: Seat, actor: User) -> str:
    is_own = seat.enrollment.person.user_id == actor.pk
    if not is_own and leads(actor, seat.training_class):
        return reverse("class_desk", args=[seat.training_class_id])
    return seat.training_class.get_absolute_url()
