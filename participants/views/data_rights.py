"""`/saya/data/`: what we hold about the signed-in person, who opened it, and what they may ask of us."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import signin
from accounts.access import SeeOther, role_required
from accounts.lockout import client_address
from accounts.models import Role, User
from accounts.texts import try_again_at
from core import audit
from core.clock import local_day, now
from core.documents import PDF
from core.validators import local_phone
from participants import portability, rights
from participants.held import held_facts
from participants.models import Consent, ConsentPurpose, DataRequest, Enrollment, Person, RequestKind
from participants.presenting import request_rows
from participants.refusals import Refused
from participants.rights_forms import (
    CorrectionForm,
    DownloadForm,
    ErasureForm,
    LeaveForm,
    RevealOwnForm,
)

FORM = require_http_methods(["GET", "HEAD", "POST"])
PAGE = "my_data"


def own(request: HttpRequest) -> tuple[User, Person, Enrollment]:
    """The signed-in participant with person and latest enrollment; 404 for users who are not enrolled."""
    user = cast(User, request.user)
    enrollment = (
        Enrollment.objects.filter(person__user_id=user.pk, erased_at__isnull=True)
        .for_page()
        .order_by("-registered_at", "-pk")
        .first()
    )
    if enrollment is None:
        raise Http404("Tidak ditemukan.")
    return user, enrollment.person, enrollment


@role_required(Role.PESERTA)
@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    """Everything in one page: requests and their clock, what is held, who opened it, consents."""
    _user, person, enrollment = own(request)
    at = now()
    requests = DataRequest.objects.filter(person=person).select_related("owner", "enrollment")
    consents = list(Consent.objects.filter(person=person).order_by("-given_at", "-pk"))
    given = {ConsentPurpose(row.purpose): row for row in consents if row.withdrawn_at is None}
    context = {
        "person": person,
        "zone": enrollment.zone,
        "requests": request_rows(requests.order_by("-requested_at", "-pk")[:10], at=at),
        "facts": held_facts(person, enrollment),
        "openings": rights.by_day(rights.openings(person), enrollment.zone),
        "program": given.get(ConsentPurpose.PROGRAM),
        "reminders": given.get(ConsentPurpose.PENGINGAT),
        "past_consents": [row for row in consents if row.withdrawn_at is not None],
        "nik_url": _nik_url(person),
        "help_center": enrollment.center,
    }
    return render(request, "participants/rights/my_data.html", context)


def _nik_url(person: Person) -> str:
    """Where a wrong NIK is mended, once that page exists."""
    if person.nik_index is None:
        return ""
    try:
        return reverse("nik_correction")
    except NoReverseMatch:
        return ""


@role_required(Role.PESERTA)
@sensitive_post_parameters()
@never_cache
@FORM
def reveal_own(request: HttpRequest) -> HttpResponse:
    """NIK and phone in full, once, after the password."""
    user, person, _enrollment = own(request)
    form = RevealOwnForm(request.POST) if request.method == "POST" else RevealOwnForm()
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid() and _knows_password(request, form):
        audit.record(actor=user, action="data.buka_sendiri", obj=person)
        phone = person.phone()
        context |= {"is_open": True, "nik": person.nik(), "phone": local_phone(phone) if phone else ""}
    return _page(request, "participants/rights/reveal.html", form, context)


@role_required(Role.PESERTA)
@sensitive_post_parameters()
@never_cache
@FORM
def download(request: HttpRequest) -> HttpResponse:
    """Everything held, as a file made for this request alone and stored nowhere."""
    user, person, enrollment = own(request)
    form = DownloadForm(request.POST) if request.method == "POST" else DownloadForm()
    if request.method == "POST" and form.is_valid() and _knows_password(request, form):
        at, kind = now(), form.cleaned_data["kind"]
        audit.record(actor=user, action="data.unduh", obj=person, detail={"kind": kind})
        if kind == "json":
            content, content_type = portability.as_json(person, at=at), "application/json"
        else:
            content, content_type = portability.as_pdf(person, at=at, zone=enrollment.zone), PDF
        name = f"data-saya-{local_day(at, enrollment.zone):%Y-%m-%d}.{kind}"
        header = content_disposition_header(True, name) or "attachment"
        return HttpResponse(content, content_type=content_type, headers={"Content-Disposition": header})
    return _page(request, "participants/rights/download.html", form, {"form": form})


@role_required(Role.PESERTA)
@require_POST
def consent(request: HttpRequest, purpose: str) -> HttpResponse:
    """Give a consent again, or withdraw the one to reminders: one tap each."""
    user, person, _enrollment = own(request)
    if purpose not in ConsentPurpose.values:
        raise Http404("Tidak ditemukan.")
    at = now()
    if request.POST.get("beri") == "1":
        rights.give_consent(person_id=person.pk, purpose=ConsentPurpose(purpose), actor=user, at=at)
        messages.success(request, "Persetujuan Anda tercatat.")
    elif purpose == ConsentPurpose.PENGINGAT:
        rights.withdraw_reminders(person_id=person.pk, actor=user, at=at)
        messages.success(request, "Pengingat berhenti mulai sekarang.")
    else:
        return SeeOther(reverse("my_data_leave"))
    return SeeOther(f"{reverse(PAGE)}#persetujuan")


@role_required(Role.PESERTA)
@FORM
def leave(request: HttpRequest) -> HttpResponse:
    """Withdraw the consent to the programme: what follows is said first, and chosen."""
    user, person, enrollment = own(request)
    form = LeaveForm(request.POST) if request.method == "POST" else LeaveForm()
    if request.method == "POST" and form.is_valid():
        kind = RequestKind(form.cleaned_data["kind"])
        try:
            made = rights.withdraw_program(person_id=person.pk, kind=kind, actor=user, at=now())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _received(made) if made else "Persetujuan Anda ditarik.")
            return SeeOther(reverse(PAGE))
    context = {"form": form, "enrollment": enrollment}
    return _page(request, "participants/rights/leave.html", form, context)


@role_required(Role.PESERTA)
@FORM
def correct(request: HttpRequest) -> HttpResponse:
    """Ask for wrong data to be put right."""
    user, person, _enrollment = own(request)
    form = CorrectionForm(request.POST if request.method == "POST" else None, person=person)
    if request.method == "POST" and form.is_valid():
        try:
            made = rights.request_correction(person_id=person.pk, actor=user, at=now(), **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _received(made))
            return SeeOther(reverse(PAGE))
    context = {"form": form, "nik_url": _nik_url(person), "phone_mask": person.phone_mask}
    return _page(request, "participants/rights/correct.html", form, context)


@role_required(Role.PESERTA)
@FORM
def erase(request: HttpRequest) -> HttpResponse:
    """Ask for everything that names the person to be erased."""
    user, person, _enrollment = own(request)
    form = ErasureForm(request.POST) if request.method == "POST" else ErasureForm()
    is_sent = request.method == "POST" and request.POST.get("ya") == "1"
    if is_sent and form.is_valid():
        try:
            made = rights.request_erasure(
                person_id=person.pk, actor=user, reason=form.cleaned_data["reason"], at=now()
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _received(made))
            return SeeOther(reverse(PAGE))
    elif request.method == "POST" and not is_sent:
        form.add_error(None, "Tekan tombol “Minta data saya dihapus” bila Anda memang menginginkannya.")
    return _page(request, "participants/rights/erase.html", form, {"form": form})


@role_required(Role.PESERTA)
@require_POST
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Take back one's own request."""
    user, person, _enrollment = own(request)
    found = DataRequest.objects.filter(person=person, number=number).first()
    if found is None:
        raise Http404("Tidak ditemukan.")
    try:
        rights.cancel_request(request_id=found.pk, actor=user, at=now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Permintaan {found.number} dibatalkan.")
    return SeeOther(reverse(PAGE))


def _received(made: DataRequest) -> str:
    return f"Permintaan Anda kami terima, nomornya {made.number}. Kami jawab paling lambat 3 hari."


def _knows_password(request: HttpRequest, form: Form) -> bool:
    """Check the password again, by the same counter as signing in; otherwise the form says why not."""
    try:
        signin.confirm_password(
            user=cast(User, request.user),
            password=form.cleaned_data["password"],
            address=client_address(request),
            at=now(),
        )
    except signin.SignInRefused:
        form.add_error("password", "Kata sandi ini tidak cocok. Coba lagi.")
    except signin.TooManyAttempts as error:
        form.add_error(None, try_again_at(error.retry_at))
        form.is_barred = True  # type: ignore[attr-defined]
    else:
        return True
    return False


def _page(request: HttpRequest, template: str, form: Form, context: dict[str, Any]) -> HttpResponse:
    """A form page: 200 when new or done, 422 with errors, 429 when a password was tried too often."""
    status = 422 if form.errors else 200
    return render(request, template, context, status=429 if getattr(form, "is_barred", False) else status)
