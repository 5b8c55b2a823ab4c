"""`/pusat/lowongan/`: the centre posts vacancies, follows applications, and has placements confirmed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import SeeOther, role_required
from accounts.models import Role
from accounts.requests import actor_of, sent, show_refusal
from centers.models import Center
from core.clock import local_day, now
from core.formats import day_long
from core.keyset import page as keyset_page
from core.validators import wa_link
from participants.refusals import Refused
from programs.placement import applications, board, links, placements, vacancies
from programs.placement.access import posting_centers, works_at
from programs.placement.forms import AcceptForm, AskForm, InterviewForm, ReasonForm, VacancyForm
from programs.placement.models import Application, Placement

from .fetch import FORM, STAFF, handled_placement, worked_application, worked_vacancy


@role_required(*STAFF)
@require_safe
def vacancy_desk_list(request: HttpRequest) -> HttpResponse:
    """What waits for a confirmation, then the centre's vacancies, the newest first."""
    actor = actor_of(request)
    cursor = request.GET.get("sesudah", "")
    page = keyset_page(board.desk(actor), cursor=cursor, field="posted_at", size=board.PAGE_SIZE)

    def link(cursor: str) -> str:
        return f"?{urlencode({'sesudah': cursor})}" if cursor else ""

    at = now()
    context = {
        "rows": [{"item": one, "is_open": one.takes_applications(at)} for one in page.rows],
        "next_url": link(page.next_cursor),
        "previous_url": link(page.previous_cursor),
        "unconfirmed": [] if cursor else board.unconfirmed(actor),
        "may_post": bool(posting_centers(actor)),
    }
    return render(request, "placement/desk_list.html", context)


@role_required(Role.PENDAMPING, Role.PENGELOLA)
@FORM
def vacancy_new(request: HttpRequest) -> HttpResponse:
    """Post a vacancy."""
    actor = actor_of(request)
    form = VacancyForm(**sent(request), actor=actor)
    if form.is_valid():
        center = Center.objects.get(pk=form.cleaned_data["center"])
        try:
            vacancy = vacancies.post(
                center=center, offer=form.offer(), submission_id=form.cleaned_data["submission_id"],
                actor=actor, at=now(),
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Lowongan tampil di papan.")
            return SeeOther(reverse("vacancy_desk", args=[vacancy.pk]))
    context = {"form": form, "title": "Pasang lowongan", "back": reverse("vacancy_desk_list")}
    return render(request, "placement/vacancy_form.html", context, status=422 if form.errors else 200)


@role_required(*STAFF)
@require_safe
def vacancy_desk(request: HttpRequest, vacancy_id: UUID) -> HttpResponse:
    """One vacancy with everybody who applied."""
    vacancy = worked_vacancy(request, vacancy_id)
    rows = Application.objects.worked_by(actor_of(request)).filter(vacancy=vacancy).for_page()
    standing = Placement.objects.standing().filter(application__vacancy=vacancy)
    jobs = {one.application_id: one for one in standing}
    people: list[dict[str, Any]] = [
        {"application": one, "placement": jobs.get(one.pk)}
        for one in rows.order_by("applied_at", "pk")[: vacancies.MOST_SHOWN]
    ]
    context = {
        "item": vacancy,
        "is_open": vacancy.takes_applications(now()),
        "waiting": [row for row in people if row["application"].is_waiting],
        "decided": [row for row in people if not row["application"].is_waiting],
        "taken": len(jobs),
        "crumbs": [
            {"label": "Lowongan pusat", "href": reverse("vacancy_desk_list")}, {"label": vacancy.position},
        ],
    }  # fmt: skip
    return render(request, "placement/desk.html", context)


@role_required(*STAFF)
@FORM
def vacancy_edit(request: HttpRequest, vacancy_id: UUID) -> HttpResponse:
    """Change what is written."""
    vacancy, actor = worked_vacancy(request, vacancy_id), actor_of(request)
    back = reverse("vacancy_desk", args=[vacancy.pk])
    form = VacancyForm(**sent(request), actor=actor, vacancy=vacancy)
    if form.is_valid():
        try:
            vacancies.edit(vacancy_id=vacancy.pk, offer=form.offer(), actor=actor, at=now())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Lowongan diubah.")
            return SeeOther(back)
    context = {"form": form, "title": "Ubah lowongan", "back": back}
    return render(request, "placement/vacancy_form.html", context, status=422 if form.errors else 200)


@role_required(*STAFF)
@FORM
def vacancy_close(request: HttpRequest, vacancy_id: UUID) -> HttpResponse:
    """Take no more applications, with the reason."""
    vacancy = worked_vacancy(request, vacancy_id)
    return _asked(
        request,
        ReasonForm(**sent(request), help_text="Contoh: pemberi kerja sudah dapat orang."),
        lambda data: vacancies.close(
            vacancy_id=vacancy.pk, actor=actor_of(request), reason=data["reason"], at=now()
        ),
        back=reverse("vacancy_desk", args=[vacancy.pk]),
        done="Lowongan ditutup.",
        question=f"Tutup lowongan {vacancy.position}?",
        consequence="Tidak ada lamaran baru. Lamaran yang sudah masuk tetap Anda putuskan.",
        verb="Tutup lowongan",
        danger=True,
    )


@role_required(*STAFF)
@require_POST
def vacancy_reopen(request: HttpRequest, vacancy_id: UUID) -> HttpResponse:
    """Take applications again."""
    vacancy = worked_vacancy(request, vacancy_id)
    try:
        vacancies.reopen(vacancy_id=vacancy.pk, actor=actor_of(request), at=now())
    except Refused as refusal:
        show_refusal(request, refusal)
    else:
        messages.success(request, "Lowongan dibuka lagi.")
    return SeeOther(reverse("vacancy_desk", args=[vacancy.pk]))


@role_required(*STAFF)
@FORM
def application_invite(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """Set the day of the interview."""
    application = worked_application(request, application_id)
    return _asked(
        request,
        InterviewForm(**sent(request), application=application),
        lambda data: applications.invite(
            application_id=application.pk, actor=actor_of(request), at=now(), **data
        ),
        back=reverse("vacancy_desk", args=[application.vacancy_id]),
        done="Jadwal wawancara tersimpan. Peserta diberi tahu.",
        question=f"Kapan {application.enrollment.person.full_name} diwawancara?",
        consequence=f"{application.vacancy.position} di {application.vacancy.employer}.",
        verb="Simpan jadwal",
    )


@role_required(*STAFF)
@FORM
def application_accept(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """The employer takes them: the placement is made, and both sides are asked."""
    application = worked_application(request, application_id)
    made: list[Placement] = []

    def act(data: dict[str, Any]) -> None:
        made.append(
            applications.accept(application_id=application.pk, actor=actor_of(request), at=now(), **data)
        )

    answer = _asked(
        request,
        AcceptForm(**sent(request), today=local_day(now(), application.vacancy.zone)),
        act,
        back=reverse("vacancy_desk", args=[application.vacancy_id]),
        done="Tercatat diterima. Peserta diminta membenarkan; sekarang tanyakan kepada pemberi kerja.",
        question=f"{application.enrollment.person.full_name} diterima bekerja?",
        consequence=f"{application.vacancy.position} di {application.vacancy.employer}. Sesudah ini kedua"
        " pihak diminta membenarkan.",
        verb="Catat diterima",
    )
    return SeeOther(reverse("placement_desk", args=[made[0].pk])) if made else answer


@role_required(*STAFF)
@FORM
def application_refuse(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """The employer does not take them."""
    application = worked_application(request, application_id)
    return _asked(
        request,
        ReasonForm(**sent(request), help_text="Dibaca peserta. Contoh: yang dicari bisa menjahit celana."),
        lambda data: applications.refuse(
            application_id=application.pk, actor=actor_of(request), at=now(), **data
        ),
        back=reverse("vacancy_desk", args=[application.vacancy_id]),
        done="Tercatat tidak diterima. Peserta diberi tahu.",
        question=f"{application.enrollment.person.full_name} tidak diterima?",
        consequence=f"{application.vacancy.position} di {application.vacancy.employer}.",
        verb="Catat tidak diterima",
        danger=True,
    )


@role_required(*STAFF)
@require_safe
def placement_desk(request: HttpRequest, placement_id: UUID) -> HttpResponse:
    """One placement: who has confirmed, and how the employer is asked."""
    placement, at, actor = handled_placement(request, placement_id), now(), actor_of(request)
    phone = placement.phone() if links.is_good(placement, at=at) else None
    context = {
        "placement": placement,
        "enrollment": placement.enrollment,
        "ask_url": wa_link(phone, _question(placement)) if phone else "",
        "is_recorder": placement.recorded_by_id == actor.pk,
        "works": placement.application is not None
        and works_at(actor, placement.application.vacancy.center_id),
        "link_until": placement.asked_at + links.GOOD_FOR if phone and placement.asked_at else None,
        "crumbs": [
            {"label": "Lowongan pusat", "href": reverse("vacancy_desk_list")},
            {"label": placement.enrollment.person.full_name},
        ],
    }
    return render(request, "placement/placement.html", context)


def _question(placement: Placement) -> str:
    """What the employer reads on WhatsApp."""
    return (
        f"Selamat siang. Benarkah {placement.first_name} bekerja di {placement.employer}"
        f" sebagai {placement.position}, mulai {day_long(placement.starts_on)}? Buka tautan ini, lalu tekan"
        f" satu tombol: {links.address_of(placement)} Terima kasih, OK OCE."
    )


@role_required(*STAFF)
@FORM
def placement_ask(request: HttpRequest, placement_id: UUID) -> HttpResponse:
    """Note whom to ask; the next page has the message ready."""
    placement = handled_placement(request, placement_id)
    phone = placement.phone() if placement.asked_at is None else None
    return _asked(
        request,
        AskForm(**sent(request), initial={"phone": phone or ""}),
        lambda data: placements.ask_employer(
            placement_id=placement.pk, actor=actor_of(request), at=now(), **data
        ),
        back=reverse("placement_desk", args=[placement.pk]),
        done="Pesannya siap. Kirim lewat WhatsApp dari halaman ini.",
        question=f"Tanyakan kepada {placement.employer}?",
        consequence="Tautannya berlaku tujuh hari, untuk satu jawaban. Tautan lama tidak berlaku lagi.",
        verb="Siapkan pesan",
    )


@role_required(*STAFF)
@FORM
def placement_vouch(request: HttpRequest, placement_id: UUID) -> HttpResponse:
    """Write down what the employer said, where no link reaches them."""
    placement = handled_placement(request, placement_id)
    return _asked(
        request,
        ReasonForm(
            **sent(request),
            label="Bagaimana pemberi kerja menjawab?",
            help_text="Contoh: tidak punya HP, saya datang 2 Desember dan bertemu pemilik tokonya.",
        ),
        lambda data: placements.vouch(placement_id=placement.pk, actor=actor_of(request), at=now(), **data),
        back=reverse("placement_desk", args=[placement.pk]),
        done="Jawaban pemberi kerja tercatat.",
        question=f"{placement.employer} membenarkan?",
        consequence=f"{placement.enrollment.person.full_name}, {placement.position}. Dicatat atas nama Anda,"
        " dan bukan oleh yang mencatat penempatannya.",
        verb="Catat jawaban",
    )


@role_required(*STAFF)
@FORM
def placement_call_off(request: HttpRequest, placement_id: UUID) -> HttpResponse:
    """Take back what was recorded by mistake."""
    placement = handled_placement(request, placement_id)
    return _asked(
        request,
        ReasonForm(**sent(request), help_text="Dibaca peserta."),
        lambda data: placements.call_off(
            placement_id=placement.pk, actor=actor_of(request), at=now(), **data
        ),
        back=reverse("placement_desk", args=[placement.pk]),
        done="Penempatan dibatalkan. Peserta diberi tahu.",
        question="Batalkan penempatan ini?",
        consequence=f"{placement.enrollment.person.full_name}, {placement.position} di {placement.employer}.",
        verb="Batalkan penempatan",
        danger=True,
    )


def _asked(
    request: HttpRequest,
    form: forms.Form,
    act: Callable[[dict[str, Any]], object],
    *,
    back: str,
    done: str,
    **words: Any,
) -> HttpResponse:
    """A question with a few fields on a page of its own; then the act, or why not beside the fields."""
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, done)
            return SeeOther(back)
    context = {"form": form, "cancel": back, **words}
    return render(request, "layout/confirm.html", context, status=422 if form.errors else 200)
