"""Mode loket: an officer registers the person at the desk. One person a page; the browser keeps nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.access import SeeOther, role_required, scopes
from accounts.codes import LIFETIME as CODE_LIFETIME
from accounts.codes import issue_code
from accounts.models import AccessCode, Role, User
from centers.models import Center
from core import clock, formats
from core.audit import record
from core.validators import local_phone
from participants.forms import ConsentField, CounterForm
from participants.models import Enrollment, Person
from participants.models.choices import BusinessSector, Gender, Pathway
from participants.registration import Assistance, Held, register_person
from participants.scoping import acting_role

from .registration import PATHS, first_step

FORM = require_http_methods(["GET", "HEAD", "POST"])
SAME_DAY = timedelta(hours=12)
"""How long the officer who registered somebody may open the slip without being in charge of the person."""
COUNTER_PATHS = tuple(path | {"words": Pathway(path["code"]).label} for path in PATHS)
NIK_OF = "NIK ini sudah terdaftar atas nama {name}. Salah ketik? Periksa lagi dengan KTP."
NIK_TO_CHECK = (
    "Pendaftaran dengan NIK ini perlu diperiksa dulu. Cocokkan angkanya dengan KTP. Bila sudah benar,"
    " tanyakan nomor pendaftaran yang pernah diterima, atau hubungi sekretariat."
)
"""The neutral words for a NIK of somebody the officer is not in charge of."""
_NUMBER = re.compile(r"[0-9A-Z-]{1,20}", re.ASCII)
MAY_PRINT = frozenset({Role.PENGELOLA, Role.PENDAMPING, Role.ADMIN})


class SeenForm(forms.Form):
    """The officer's word that the KTP was seen."""

    use_required_attribute = False
    seen = ConsentField(
        label="KTP orang ini sudah saya lihat, dan orangnya ada di depan saya.",
        error_messages={"required": "Lihat dulu KTP orangnya. Centang bila cocok."},
    )


@role_required(Role.PENGELOLA, Role.PENDAMPING)
@sensitive_post_parameters()
@never_cache
@FORM
def counter(request: HttpRequest) -> HttpResponse:
    """Type, read back, save and print: three steps of one address, each carrying all values itself."""
    if request.method != "POST":
        return _form_page(request, CounterForm())
    form = CounterForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    step = request.POST.get("step", "")
    if step == "ubah":
        return _form_page(request, form)
    if step != "simpan":
        if known := _known_person(form):
            return _known_page(request, form, known)
        return _summary_page(request, form)
    return _save(request, form)


@role_required(Role.PENGELOLA, Role.PENDAMPING)
@sensitive_post_parameters()
@never_cache
@FORM
def slip(request: HttpRequest, number: str) -> HttpResponse:
    """The slip again. A code is never shown twice: POST makes a new one, after the KTP was seen."""
    enrollment = _slip_or_404(_actor(request), number)
    if request.method != "POST":
        return _slip_page(request, enrollment, SeenForm())
    form = SeenForm(request.POST)
    if not form.is_valid():
        return _slip_page(request, enrollment, form, status=422)
    return _slip_page(request, enrollment, None, code=_issue(enrollment, _actor(request)))


@role_required(Role.PENGELOLA, Role.PENDAMPING, Role.ADMIN)
@sensitive_post_parameters()
@never_cache
@FORM
def person_code(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Print a code for a new password: by the manager or the assigned coach, after seeing the KTP."""
    actor = _actor(request)
    enrollment = _in_charge_or_404(actor, person_id)
    form = SeenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _slip_page(request, enrollment, None, code=_issue(enrollment, actor), is_new_code=True)
    context = {
        "form": form,
        "enrollment": enrollment,
        "cancel": reverse("person", args=[person_id]),
    }
    status = 422 if form.is_bound else 200
    return render(request, "participants/counter/code.html", context, status=status)


# parts -------------------------------------------------------------------------------------------------


def _save(request: HttpRequest, form: CounterForm) -> HttpResponse:
    """Register, then the slip with its code; a repeated press leads to the slip without one."""
    actor = _actor(request)
    role = Role.PENGELOLA if scopes(actor, Role.PENGELOLA) else Role.PENDAMPING
    answer = register_person(
        data=form.to_data(),
        submission_id=form.cleaned_data["submission_id"],
        browser=f"loket:{actor.pk}",
        at=clock.now(),
        assistance=Assistance(
            by=actor,
            role=role,
            saw_document=form.cleaned_data["saw_document"],
            center=_own_center(actor, form.cleaned_data["district"].pk),
        ),
    )
    if isinstance(answer, Held):
        return _held_page(request, answer)
    enrollment = answer.enrollment
    if not answer.is_new:
        return SeeOther(reverse("counter_slip", args=[enrollment.number]))
    code = _issue(enrollment, actor)
    return _slip_page(request, _for_slip(enrollment.number), None, code=code)


def _known_person(form: CounterForm) -> Person | None:
    """Who already has the NIK of a valid form."""
    nik = form.to_data().nik
    return Person.objects.with_nik(nik.value).first() if nik else None


def _known_page(request: HttpRequest, form: CounterForm, known: Person) -> HttpResponse:
    """The form again, before anything is read aloud: whose NIK it is, for staff in charge of them alone.

    Asking is recorded, for it tells that a NIK is known.
    """
    actor = _actor(request)
    record(actor=actor, action="pendaftaran.nik_dikenal", obj=known)
    person = Person.objects.visible_to(actor).filter(pk=known.pk).first()
    form.add_error("nik", NIK_OF.format(name=person.full_name) if person else NIK_TO_CHECK)
    return _form_page(request, form, status=409, known=person)


def _held_page(request: HttpRequest, answer: Held) -> HttpResponse:
    """Who already holds the NIK, for staff in charge of them; the neutral words for everybody else."""
    person = None
    if answer.person_id is not None:
        person = Person.objects.visible_to(_actor(request)).filter(pk=answer.person_id).first()
    return render(request, "participants/counter/held.html", {"person": person}, status=409)


def _form_page(
    request: HttpRequest, form: CounterForm, *, status: int = 200, known: Person | None = None
) -> HttpResponse:
    context = {"form": form, "paths": COUNTER_PATHS, "is_counter": True, "known": known}
    return render(request, "participants/counter/form.html", context, status=status)


def _summary_page(request: HttpRequest, form: CounterForm) -> HttpResponse:
    """What was typed, to be read aloud; every value travels on in the page itself."""
    values = {name: form[name].data for name in form.fields if name not in ("submission_id", "district_pick")}
    # The kecamatan that was understood, so that the next step cannot understand another one.
    values |= {"district": form.cleaned_data["district"].pk, "district_name": ""}
    kept = {name: value for name, value in values.items() if value not in (None, "", False)}
    context = {
        "form": form,
        "lines": list(_read_back(form)),
        "kept": {name: "on" if value is True else value for name, value in kept.items()},
    }
    return render(request, "participants/counter/summary.html", context)


def _read_back(form: CounterForm) -> Iterator[dict[str, str]]:
    """Label and value of everything that will be stored, in the order of the form."""
    data = form.to_data()
    gender = data.gender or (data.nik.gender if data.nik else "")
    born = data.birth_date or (data.nik.birth_date if data.nik else None)
    shown = (
        ("Jalur", data.pathway.label),
        ("Nama usaha", data.business_name),
        ("Bidang usaha", BusinessSector(data.business_sector).label if data.business_sector else ""),
        ("Nama lengkap", data.full_name),
        ("NIK", _in_fours(data.nik.value) if data.nik else ""),
        ("Alasan belum punya NIK", "" if data.nik else data.no_nik_reason),
        ("Tanggal lahir", formats.day(born)),
        ("Jenis kelamin", Gender(gender).label if gender else ""),
        ("Nomor HP", local_phone(data.phone) if data.phone else "Tidak ada"),
        ("E-mail", data.email),
        ("Kecamatan", data.district.full_name),
        ("Kelurahan atau desa", data.village.name if data.village else ""),
        ("Alamat", data.address),
        ("Tujuan", data.goal),
        ("Tahu dari", data.source),
        ("KTP", "Dilihat petugas" if form.cleaned_data["saw_document"] else "Belum dilihat"),
    )
    return ({"label": label, "value": value} for label, value in shown if value)


def _in_fours(digits: str) -> str:
    """A long number as it is read aloud."""
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def _own_center(actor: User, district_code: str) -> Center | None:
    """The operator's own open centre in the kecamatan where the person lives."""
    codes = [*scopes(actor, Role.PENGELOLA), *scopes(actor, Role.PENDAMPING)]
    profile = getattr(actor, "coach_profile", None)
    if profile is not None:
        codes.append(profile.center_id)
    return Center.objects.open().filter(pk__in=codes, district_id=district_code).order_by("pk").first()


def _issue(enrollment: Enrollment, actor: User) -> str:
    """A printed code for the person's account: to claim it, or for a new password once it was claimed."""
    user = enrollment.person.user
    if user is None:
        raise Http404("Tidak ditemukan.")
    purpose = AccessCode.Purpose.RESET if user.has_usable_password() else AccessCode.Purpose.CLAIM
    return issue_code(user=user, purpose=purpose, issued_by=actor, at=clock.now())


def _slip_page(
    request: HttpRequest,
    enrollment: Enrollment,
    form: SeenForm | None,
    *,
    code: str = "",
    is_new_code: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The paper for the person: number, centre, next step and, once, the code."""
    context = {
        "enrollment": enrollment,
        "form": form,
        "code": code,
        "is_new_code": is_new_code,
        "code_until": clock.now() + CODE_LIFETIME if code else None,
        "claim_url": f"{settings.SITE_URL}{reverse('code')}",
        "step": first_step(enrollment),
        "center_phone": local_phone(enrollment.center.whatsapp) if enrollment.center else "",
        "person_url": reverse("person", args=[enrollment.person_id]) if is_new_code else "",
    }
    return render(request, "participants/counter/slip.html", context, status=status)


def _for_slip(number: str) -> Enrollment:
    return Enrollment.objects.for_page().get(number=number)


def _slip_or_404(actor: User, number: str) -> Enrollment:
    """An enrollment the officer is in charge of, or registered a moment ago."""
    if not _NUMBER.fullmatch(number):
        raise Http404("Tidak ditemukan.")
    enrollment = Enrollment.objects.for_page().filter(number=number).first()
    if enrollment is None or enrollment.person.user_id in (None, actor.pk):
        raise Http404("Tidak ditemukan.")
    typed_it = (
        enrollment.person.identity_entered_by_id == actor.pk
        and clock.now() - enrollment.registered_at < SAME_DAY
    )
    if not typed_it and acting_role(actor, enrollment, MAY_PRINT) is None:
        raise Http404("Tidak ditemukan.")
    return enrollment


def _in_charge_or_404(actor: User, person_id: UUID) -> Enrollment:
    """The latest enrollment of a person whose manager or coach the officer is now."""
    found = Enrollment.objects.visible_to(actor).filter(person_id=person_id).for_page()
    enrollment = found.order_by("-registered_at", "-pk").first()
    if enrollment is None or enrollment.person.user_id in (None, actor.pk):
        raise Http404("Tidak ditemukan.")
    if acting_role(actor, enrollment, MAY_PRINT) is None:
        raise Http404("Tidak ditemukan.")
    return enrollment


def _actor(request: HttpRequest) -> User:
    """The signed-in officer."""
    return cast(User, request.user)
