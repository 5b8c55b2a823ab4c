"""Correcting a NIK: the wish (staff, or the person herself), the queue, the second person's page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import SeeOther, get_visible_or_404, role_required
from accounts.models import Role
from accounts.requests import actor_of
from core.clock import now
from core.fields import NikField, PlainTextField
from core.keyset import page as keyset_page
from core.validators import NIK_WARNINGS
from participants import corrections
from participants.duplicates import pair_of
from participants.forms import ConsentField, WordsField
from participants.models import Enrollment, IdentityDocument, NikCorrection
from participants.refusals import Refused

PAGE_SIZE = 25
FORM = require_http_methods(["GET", "HEAD", "POST"])


class WishForm(forms.Form):
    """The right NIK and what was wrong."""

    nik = NikField(label="NIK yang benar", help_text="16 angka di KTP atau Kartu Keluarga.")
    reason = WordsField(
        label="Apa yang keliru?",
        max_length=300,
        required=False,
        help_text="Misalnya: dua angka tertukar. Jangan tulis angka NIK di sini.",
    )


class QueueForm(forms.Form):
    """Search and filter of the queue."""

    q = PlainTextField(label="Nama atau nomor pendaftaran", max_length=80, required=False)
    status = forms.ChoiceField(
        label="Status", required=False, choices=[("", "Menunggu diperiksa"), ("semua", "Semua")]
    )


class RevealForm(forms.Form):
    """Why both numbers are opened."""

    reason = PlainTextField(
        label="Alasan",
        max_length=300,
        required_text="Tulis mengapa nomor lengkap perlu dibuka.",
        help_text="Dicatat, dan bisa dibaca peserta.",
    )


class ApproveForm(forms.Form):
    """The second person's word."""

    use_required_attribute = False
    seen = ConsentField(
        label="NIK baru sudah saya cocokkan dengan KTP orang ini.",
        error_messages={"required": "Cocokkan dulu dengan KTP. Centang bila sama."},
    )


class RefuseForm(forms.Form):
    """Why the NIK stays."""

    answer = WordsField(
        label="Mengapa belum bisa diterima?",
        max_length=300,
        required_text="Tulis alasannya, supaya yang meminta tahu.",
    )


@role_required(Role.PESERTA)
@sensitive_post_parameters()
@never_cache
@FORM
def mine(request: HttpRequest) -> HttpResponse:
    """The person's own wish: ask, see that it waits, take it back."""
    actor = actor_of(request)
    enrollment = (
        Enrollment.objects.filter(person__user_id=actor.pk, erased_at__isnull=True)
        .for_page()
        .order_by("-registered_at", "-pk")
        .first()
    )
    if enrollment is None:
        raise Http404("Tidak ditemukan.")
    context = {
        "cancel": reverse("journey"),
        "is_own": True,
        "last": enrollment.person.nik_corrections.order_by("-requested_at", "-pk").first(),
    }
    return _wish_page(request, enrollment, context)


@role_required(Role.PENDAMPING, Role.PENGELOLA, Role.ADMIN)
@sensitive_post_parameters()
@never_cache
@FORM
def ask(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Staff who found a mistyped NIK ask for its correction; somebody else decides."""
    enrollment = (
        Enrollment.objects.visible_to(actor_of(request))
        .filter(person_id=person_id)
        .for_page()
        .order_by("-registered_at", "-pk")
        .first()
    )
    if enrollment is None:
        raise Http404("Tidak ditemukan.")
    context = {
        "cancel": reverse("person", args=[person_id]),
        "last": enrollment.person.nik_corrections.order_by("-requested_at", "-pk").first(),
    }
    return _wish_page(request, enrollment, context)


def _wish_page(request: HttpRequest, enrollment: Enrollment, context: dict[str, Any]) -> HttpResponse:
    actor, last = actor_of(request), context["last"]
    if request.method == "POST" and request.POST.get("act") == "batal":
        return _withdrawn(request, last, context["cancel"])
    form = WishForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            corrections.request_correction(
                enrollment_id=enrollment.pk,
                actor=actor,
                nik=form.cleaned_data["nik"].value,
                reason=form.cleaned_data["reason"],
                at=now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Permintaan tersimpan. Petugas lain memeriksanya dengan KTP.")
            return SeeOther(context["cancel"])
    waits = last is not None and last.is_pending
    context |= {
        "form": form,
        "enrollment": enrollment,
        "is_waiting": waits,
        "may_withdraw": waits and (context.get("is_own") or last.requested_by_id == actor.pk),
    }
    template = "participants/corrections/ask.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _withdrawn(request: HttpRequest, last: NikCorrection | None, back: str) -> HttpResponse:
    if last is None:
        raise Http404("Tidak ditemukan.")
    try:
        corrections.withdraw(correction_id=last.pk, actor=actor_of(request), at=now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Permintaan perbaikan NIK dibatalkan.")
    return SeeOther(back)


@role_required(Role.PENGELOLA, Role.ADMIN)
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Wishes that wait for a second person, the longest waiting first."""
    form = QueueForm(request.GET)
    form.is_valid()
    name, status = form.cleaned_data.get("q", ""), form.cleaned_data.get("status", "")
    found = NikCorrection.objects.decidable_by(actor_of(request)).select_related(
        "person", "enrollment__center", "requested_by", "decided_by"
    )
    if status != "semua":
        found = found.pending()
    if name:
        found = found.filter(
            Q(person__full_name__icontains=name) | Q(enrollment__number__startswith=name.upper())
        )
    page = keyset_page(
        found,
        cursor=request.GET.get("sesudah", ""),
        field="requested_at",
        size=PAGE_SIZE,
        oldest_first=status != "semua",
    )

    def link(cursor: str) -> str:
        kept = {key: value for key, value in (("q", name), ("status", status)) if value}
        return f"?{urlencode({**kept, 'sesudah': cursor})}" if cursor else ""

    context = {
        "form": form,
        "rows": page.rows,
        "is_filtered": bool(name or status),
        "next_url": link(page.next_cursor),
        "previous_url": link(page.previous_cursor),
    }
    return render(request, "participants/corrections/queue.html", context)


@role_required(Role.PENGELOLA, Role.ADMIN)
@sensitive_post_parameters()
@never_cache
@FORM
def decide(request: HttpRequest, correction_id: UUID) -> HttpResponse:
    """Both masks, the numbers on an audited request, and the decision."""
    actor = actor_of(request)
    rows = NikCorrection.objects.decidable_by(actor).select_related(
        "person", "enrollment__center", "enrollment__district__regency", "requested_by", "decided_by"
    )
    wish: NikCorrection = get_visible_or_404(rows, actor, pk=correction_id)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    bound: dict[str, forms.Form] = {
        name: form_class(request.POST if act == name else None)
        for name, form_class in (("buka", RevealForm), ("setujui", ApproveForm), ("tolak", RefuseForm))
    }
    context: dict[str, Any] = {"wish": wish, "reveal": bound["buka"]}
    chosen = bound.get(act)
    if chosen is not None and chosen.is_valid():
        try:
            answer = _carry_out(request, wish, act, chosen, context)
        except corrections.NikTaken as refusal:
            chosen.add_error(None, str(refusal))
            context["merge_url"] = _merge_url(request, wish, refusal.owner_id)
            context["is_taken"] = True
        except Refused as refusal:
            chosen.add_error(None, str(refusal))
        else:
            if answer is not None:
                return answer
    context |= {
        "approve": bound["setujui"],
        "refuse": bound["tolak"],
        "failed": chosen if chosen is not None and chosen.errors else None,
        "refusal": corrections.why_not_decide(wish, actor) if wish.is_pending else "",
        "warnings": [NIK_WARNINGS.get(code, code) for code in corrections.wished_warnings(wish)],
        "photo": IdentityDocument.objects.visible_to(actor).of(wish.enrollment).first()
        if wish.is_pending
        else None,
    }
    if request.method == "POST" and chosen is None:
        messages.error(request, "Keputusannya tidak terbaca. Tekan salah satu tombol di bawah.")
    status = 422 if context["failed"] is not None or (request.method == "POST" and chosen is None) else 200
    return render(request, "participants/corrections/decide.html", context, status=status)


def _carry_out(
    request: HttpRequest, wish: NikCorrection, act: str, form: forms.Form, context: dict[str, Any]
) -> HttpResponse | None:
    """The chosen act; None when the page is shown again, with the numbers."""
    actor = actor_of(request)
    if act == "buka":
        old, new = corrections.reveal_numbers(
            correction_id=wish.pk, actor=actor, reason=form.cleaned_data["reason"]
        )
        context |= {"old": old, "new": new}
        return None
    if act == "setujui":
        corrections.approve(correction_id=wish.pk, actor=actor, at=now())
        messages.success(request, f"NIK {wish.person.full_name} diperbaiki. Keduanya mendapat kabar.")
    else:
        corrections.refuse(correction_id=wish.pk, actor=actor, answer=form.cleaned_data["answer"], at=now())
        messages.success(request, "Permintaan ditolak. Yang meminta mendapat kabar.")
    return SeeOther(reverse("nik_corrections"))


def _merge_url(request: HttpRequest, wish: NikCorrection, owner_id: UUID) -> str:
    """The merge of the two records, when the reader sees both; else ""."""
    if pair_of(actor_of(request), owner_id, wish.person_id) is None:
        return ""
    return reverse("merge", args=[owner_id, wish.person_id])
