"""`/lowongan/`: the board, one vacancy, apply; and the page an employer's link opens."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import SeeOther, public, role_required
from accounts.models import Role
from accounts.requests import actor_of, show_refusal
from core.clock import now
from core.keyset import page as keyset_page
from participants.refusals import Refused
from programs.placement import applications, board, links, placements
from programs.placement.access import works_at
from programs.placement.forms import BoardForm
from programs.placement.models import Application
from programs.training.catalogue import find_area

from .fetch import FORM, STAFF, enrollment_of, own_enrollment, public_vacancy, visitor_of


@public
@require_safe
def vacancy_list(request: HttpRequest) -> HttpResponse:
    """Vacancies that still take applications, the newest first; filters and keyset pages."""
    at, visitor, form = now(), visitor_of(request), BoardForm(request.GET)
    form.is_valid()
    filters = {name: value for name, value in form.cleaned_data.items() if value}
    ignored = [
        f"Saringan “{form.fields[name].label}” tidak dikenali dan tidak dipakai." for name in form.errors
    ]
    area = find_area(filters["wilayah"]) if "wilayah" in filters else None
    if "wilayah" in filters and area is None:
        ignored.append("Tempat itu belum kami kenali. Coba nama kecamatannya.")
    page = keyset_page(
        board.search(filters, area=area, at=at),
        cursor=request.GET.get("sesudah", ""), field="posted_at", size=board.PAGE_SIZE,
    )  # fmt: skip
    kept = {name: request.GET[name] for name in form.fields if request.GET.get(name)}

    def link(cursor: str) -> str:
        return f"?{urlencode({**kept, 'sesudah': cursor})}" if cursor else ""

    context = {
        "form": form,
        "area": area,
        "rows": page.rows,
        "next_url": link(page.next_cursor),
        "previous_url": link(page.previous_cursor),
        "is_filtered": bool(kept),
        "ignored": ignored,
        "is_participant": visitor is not None and visitor.is_peserta,
        "is_staff": visitor is not None and any(role in visitor.roles() for role in STAFF),
    }
    return render(request, "placement/list.html", context)


@public
@require_safe
def vacancy_page(request: HttpRequest, vacancy_id: UUID) -> HttpResponse:
    """One vacancy, and what this visitor can do now."""
    at, visitor, vacancy = now(), visitor_of(request), public_vacancy(vacancy_id)
    enrollment = enrollment_of(visitor)
    address = f"{settings.SITE_URL}{vacancy.get_absolute_url()}"
    context: dict[str, Any] = {
        "item": vacancy,
        "is_open": vacancy.takes_applications(at),
        "enrollment": enrollment,
        "share": f"https://wa.me/?text={quote(f'{vacancy.position} di {vacancy.employer}: {address}')}",
        "address": address,
        "sign_in": f"{reverse('login')}?next={vacancy.get_absolute_url()}",
        "may_work": visitor is not None and works_at(visitor, vacancy.center_id),
    }
    if enrollment is not None:
        own = Application.objects.filter(vacancy=vacancy, enrollment=enrollment).first()
        context["application"] = own
        if own is None or own.is_cancelled:
            context["refusals"] = applications.why_not(enrollment, vacancy, at=at)
    return render(request, "placement/vacancy.html", context)


@role_required(Role.PESERTA)
@require_POST
def vacancy_apply(request: HttpRequest, vacancy_id: UUID) -> HttpResponse:
    """One tap: I want this work."""
    vacancy, enrollment = public_vacancy(vacancy_id), own_enrollment(request)
    try:
        applications.apply(
            enrollment_id=enrollment.pk, vacancy_id=vacancy.pk, actor=actor_of(request), at=now()
        )
    except Refused as refusal:
        show_refusal(request, refusal)
        return SeeOther(vacancy.get_absolute_url())
    messages.success(request, "Lamaran Anda terkirim. Pusat mengabari Anda lewat pesan.")
    return SeeOther(reverse("my_applications"))


@public
@FORM
def placement_answer(request: HttpRequest, code: str) -> HttpResponse:
    """What the employer's link opens: a question and two buttons. Only the button writes, and only once."""
    placement = links.placement_of(code, at=now())
    if placement is None:
        return _answer_page(request, {"is_over": True}, status=410)
    context = {"placement": placement, "name": placement.first_name}
    if visitor_of(request) is not None:  # for the employer, not for who works with the portal
        return _answer_page(request, context | {"is_signed_in": True}, status=403)
    if request.method != "POST":
        return _answer_page(request, context)
    answer = request.POST.get("jawaban", "")
    if answer not in ("ya", "tidak"):
        return _answer_page(request, context | {"is_unclear": True}, status=422)
    try:
        placements.answer_by_link(code=code, is_true=answer == "ya", at=now())
    except Refused:
        return _answer_page(request, {"is_over": True}, status=410)
    return _answer_page(request, {"is_thanked": True, "is_true": answer == "ya"})


def _answer_page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    response = render(request, "placement/answer.html", context, status=status)
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = "no-store, private"
    return response
