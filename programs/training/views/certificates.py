"""Certificates: issue for a class, open, revoke, and the public check."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import SeeOther, public, role_required
from accounts.models import Role
from core.clock import now
from core.documents import PDF
from participants.refusals import Refused
from programs.training import certificates
from programs.training.access import manages
from programs.training.forms import RevokeForm
from programs.training.models import Certificate

from .fetch import actor_of, managed, sent, show_refusal
from .manage import KEEPERS
from .public import FORM


@role_required(*KEEPERS)
@require_POST
def issue(request: HttpRequest, class_id: UUID) -> HttpResponse:
    """Give everybody who attended enough a certificate."""
    one = managed(request, class_id)
    try:
        made = certificates.issue(class_id=one.pk, actor=actor_of(request), at=now())
    except Refused as refusal:
        show_refusal(request, refusal)
    else:
        messages.success(request, f"{len(made)} sertifikat baru terbit. Orangnya diberi tahu.")
    return SeeOther(reverse("class_desk", args=[one.pk]))


@role_required(Role.PESERTA, Role.PENDAMPING, Role.PENGELOLA, Role.PELATIH, Role.DINAS, Role.ADMIN)
@require_safe
def document(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """The certificate as PDF."""
    found = _visible(request, certificate_id)
    return HttpResponse(
        certificates.as_pdf(found),
        content_type=PDF,
        headers={"Content-Disposition": f'attachment; filename="sertifikat-{found.number}.pdf"'},
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
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """Valid, revoked or unknown; the name only partly, never a NIK."""
    found = Certificate.objects.for_page().filter(code=code.upper()).first()
    return render(request, "training/verify.html", {"found": found}, status=200 if found else 404)


def _visible(request: HttpRequest, certificate_id: UUID) -> Certificate:
    found = Certificate.objects.visible_to(actor_of(request)).for_page().filter(pk=certificate_id).first()
    if found is None:
        raise Http404("Tidak ditemukan.")
    return found
