"""POST /daftar/ beside a plain view with a form and three rows, and beside the hash alone."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from urllib.parse import urlencode
from uuid import uuid4

from django import forms
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from accounts.access import public
from bench.figures import Bench, Figure
from centers.models import District
from core.clock import now
from okoce.urls import urlpatterns as portal_urls
from participants.models import (
    BusinessSector,
    Enrollment,
    Gender,
    Pathway,
    Person,
    StageTransition,
    Status,
    TransitionKind,
)
from participants.tests.factories import center_of, synthetic_nik

_numbers = count(1)
NO_HASH = ["django.contrib.auth.hashers.MD5PasswordHasher"]


class PlainForm(forms.Form):
    """The questions of the page in Django's own fields, with nothing of ours."""

    pathway = forms.ChoiceField(choices=Pathway.choices)
    nik = forms.RegexField(r"^[0-9]{16}$", required=False)
    no_nik_reason = forms.CharField(max_length=200, required=False)
    full_name = forms.CharField(max_length=120)
    birth_date = forms.DateField(required=False)
    gender = forms.ChoiceField(choices=[("", ""), *Gender.choices], required=False)
    phone = forms.CharField(max_length=20)
    email = forms.EmailField(required=False)
    district = forms.ModelChoiceField(District.objects.all())
    village = forms.CharField(max_length=120, required=False)
    address = forms.CharField(max_length=300)
    business_name = forms.CharField(max_length=120, required=False)
    business_sector = forms.ChoiceField(choices=[("", ""), *BusinessSector.choices], required=False)
    goal = forms.CharField(max_length=300, required=False)
    source = forms.CharField(max_length=60, required=False)
    password = forms.CharField(min_length=10)
    consent = forms.BooleanField()
    submission_id = forms.UUIDField()


@public
def plain(request: HttpRequest) -> HttpResponse:
    """The peer: the page as Django writes it without thought, and its three rows each by `create`.

    No meaning of the NIK, no encryption, account, consent, message, session, nor safety from a second press.
    """
    form = PlainForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    data, at = form.cleaned_data, now()
    make_password(data["password"])
    with transaction.atomic():
        person = Person.objects.create(
            full_name=data["full_name"], address=data["address"], no_nik_reason="ukur", created_at=at
        )
        enrollment = Enrollment.objects.create(
            number=f"UKUR-{next(_numbers)}",
            person=person,
            pathway=data["pathway"],
            district=data["district"],
            center_id="P31.74.07",
            status=Status.AKTIF,
            zone="Asia/Jakarta",
            cohort_year=at.year,
            registered_at=at,
            registered_on=at.date(),
            stage_entered_at=at,
            last_activity_at=at,
        )
        StageTransition.objects.create(
            enrollment=enrollment,
            kind=TransitionKind.DAFTAR,
            to_stage=enrollment.stage,
            to_status=enrollment.status,
            version=1,
            at=at,
            local_day=at.date(),
            zone=enrollment.zone,
            cohort_year=at.year,
            district_code=data["district"].pk,
            center_code="P31.74.07",
            pathway=data["pathway"],
        )
    return HttpResponse(status=303)


urlpatterns = [
    *portal_urls,
    path("bench/plain/", plain, name="bench_plain"),
]


def measure(bench: Bench) -> Iterable[Figure]:
    """Without the hash beside the plain view; with it beside the hash alone."""
    with transaction.atomic(), override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"]):
        center_of("P31.74.07")
        visitor = Client()
        with override_settings(PASSWORD_HASHERS=NO_HASH):
            ours, peer = bench.medians(
                lambda: _post(visitor, "/daftar/"),
                lambda: _post(visitor, "/bench/plain/"),
                rounds=bench.rounds(25, 9),
                calls=3,
            )
        with override_settings(PASSWORD_HASHERS=["accounts.hashers.Argon2Profile"]):
            whole, hashing = bench.medians(
                lambda: _post(visitor, "/daftar/"),
                lambda: make_password("warung-kopi-melati-7"),
                rounds=bench.rounds(15, 7),
                calls=2,
            )
        transaction.set_rollback(True)
    return [
        Figure(
            "POST /daftar/ without hash: rate beside form + 3 creates", peer, ours, "ms", 1.0, at_most=False
        ),
        Figure(
            "POST /daftar/ with hash: rate beside the hash alone", hashing, whole, "ms", 0.7, at_most=False
        ),
    ]


def _post(visitor: Client, address: str) -> None:
    """One registration by a browser without cookies, sent as browsers send a form without files."""
    number = next(_numbers)
    visitor.cookies.clear()
    fields = {
        "pathway": "mulai_usaha",
        "nik": synthetic_nik("317407", "P"),
        "full_name": f"Warga Ukur {'abcdefghij'[number % 10]}{'klmnopqrst'[number // 10 % 10]}",
        "phone": f"0812-0000-{number:05d}",
        "district": "31.74.07",
        "address": "Jl. Contoh No. 1",
        "password": "warung-kopi-melati-7",
        "consent": "on",
        "submission_id": str(uuid4()),
    }
    answer = visitor.post(address, urlencode(fields), content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 303, (address, answer.status_code)
