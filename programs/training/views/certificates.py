"""Certificates: issue for a class, print, open, revoke, and the public check."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.access import SeeOther, public, role_required
from accounts.models import Role
from accounts.requests import actor_of, sent, show_refusal
from core.clock import now
from core.documents import PDF
from participants.refusals import Refused
from programs.training import certificates
from programs.training.access import manages
from programs.training.forms import RevokeForm
from programs.training.models import Certificate, ClassStatus, TrainingClass

from .fetch import managed
from .public import FORM

KEEPERS = (Role.PENGELOLA, Role.ADMIN)
_CODE = re.compile(r"[A-Za-z0-9]{1,16}", re.ASCII)


@role_required(*KEEPERS)
@FORM
def issue(request: HttpRequest, class_id: UUID) -> HttpResponse:
    """Order certificates for everybody who attended enough; how far the worker is."""
    one = managed(request, class_id)
    if request.method != "POST":
        if request.headers.get("HX-Request") != "true" or one.status != ClassStatus.SELESAI:
            return SeeOther(reverse("class_desk", args=[one.pk]))
        response = render(request, "training/includes/_certificates.html", {"item": one, **certified(one)})
        patch_vary_headers(response, ["HX-Request"])
        return response
    try:
        ordered = certificates.order(class_id=one.pk, actor=actor_of(request), at=now())
    except Refused as refusal:
        show_refusal(request, refusal)
    else:
        if ordered is None:
            messages.info(request, "Semua yang kehadirannya cukup sudah punya sertifikat.")
        else:
            messages.success(request, "Sertifikat sedang diterbitkan. Anda boleh menutup halaman ini.")
    return SeeOther(reverse("class_desk", args=[one.pk]))


def certified(one: TrainingClass) -> dict[str, Any]:
    """What the page of a finished class says about certificates."""
    ordered = certificates.latest_order(one.pk)
    return {
        "may_certify": True,
        "order": ordered,
        "is_issuing": ordered is not None and not ordered.is_finished,
        "order_words": certificates.progress_words(ordered) if ordered else "",
        "doubtful": list(certificates.no_longer_entitled(one)),
        "without": certificates.without_certificate(one).count(),
        "issued": Certificate.objects.valid().filter(seat__training_class=one).count(),
    }


@role_required(*KEEPERS)
@require_safe
def to_print(request: HttpRequest, class_id: UUID) -> HttpResponse:
    """The valid certificates of a class as one file for printing."""
    one = managed(request, class_id)
    found = list(certificates.to_print(one))
    if not found:
        raise Http404("Belum ada sertifikat.")
    return _pdf(certificates.as_pdf(found), f"sertifikat-kelas-{one.starts_on}.pdf")


@role_required(Role.PESERTA, Role.PENDAMPING, Role.PENGELOLA, Role.PELATIH, Role.DINAS, Role.ADMIN)
@require_safe
def document(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """The certificate as PDF."""
    found = _visible(request, certificate_id)
    return _pdf(certificates.as_pdf([found]), f"sertifikat-{found.number}.pdf")


def _pdf(content: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=PDF, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@role_required(*KEEPERS)
@FORM
def revoke(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """Ask for the reason, then revoke for good."""
    found, actor = _visible(request, certificate_id), actor_of(request)
    if not manages(actor, found.seat.training_class):
        raise Http404("Tidak ditemukan.")
    form = RevokeForm(**sent(request))
    back = reverse("class_desk", args=[found.seat.training_class_id])
    if form.is_valid():
        certificates.revoke(certificate_id=found.pk, actor=actor, at=now(), **form.cleaned_data)
        messages.success(request, f"Sertifikat {found.number} dicabut.")
        return SeeOther(back)
    context = {
        "form": form,
        "question": f"Cabut sertifikat {found.number}?",
        "consequence": f"Milik {found.seat.enrollment.person.full_name}. Ini tidak bisa ditarik lagi.",
        "verb": "Ya, cabut",
        "cancel": back,
        "danger": True,
    }
    return render(request, "layout/confirm.html", context, status=422 if form.errors else 200)


@public
@require_safe
def verify_form(request: HttpRequest) -> HttpResponse:
    """A field for the code of a certificate; what was typed leads to its page."""
    code = re.sub(r"[\s-]+", "", request.GET.get("kode", ""))
    if _CODE.fullmatch(code):
        return SeeOther(reverse("verify", args=[code.upper()]))
    return render(request, "training/verify.html", {"is_asked": True, "is_wrong": bool(code)})


@public
@require_safe
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """Valid, revoked or unknown; the name only partly, never a NIK."""
    found = Certificate.objects.for_page().filter(code=code.upper()).first()
    return render(request, "training/verify.html", {"found": found}, status=200 if found else 404)


def _visible(request: HttpRequest, certificate_id: UUID) -> Certificate:
    found = Certificate.objects.visible_to(actor_of(request)).for_page().filter(pk=certificate_id).first()
    if found is None:
        raise Http404("Tidak ditemukan.")
    return found
