"""POST /daftar/ beside a plain view with a form and three rows, and beside the hash alone."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from uuid import uuid4

from django import forms
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from accounts.access import public
from accounts.models import User
from bench.figures import Bench, Figure
from core.clock import now
from core.models import AuditEntry, OutboxMessage
from okoce.urls import urlpatterns as portal_urls
from participants.models import Enrollment, Person, StageTransition, Status, TransitionKind
from participants.tests.factories import center_of, synthetic_nik

_numbers = count(1)
NO_HASH = ["django.contrib.auth.hashers.MD5PasswordHasher"]


class PlainForm(forms.Form):
    """As many fields as the registration asks at least."""

    pathway = forms.CharField()
    nik = forms.CharField(max_length=16)
    full_name = forms.CharField(max_length=120)
    phone = forms.CharField(max_length=20)
    district = forms.CharField()
    address = forms.CharField(max_length=300)
    password = forms.CharField()
    consent = forms.BooleanField()


@public
def plain(request: HttpRequest) -> HttpResponse:
    """The peer: a form and the three rows of a registration in one transaction, each by `create`.

    No check of the number, no encryption, no account, consent, message or session.
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
            district_id=data["district"],
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
            district_code=data["district"],
            center_code="P31.74.07",
            pathway=data["pathway"],
        )
    return HttpResponse(status=303)


@public
def light(request: HttpRequest) -> HttpResponse:
    """A lighter peer, stated beside: three small rows of other tables, without history and foreign keys."""
    form = PlainForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    with transaction.atomic():
        user = User(display_name=form.cleaned_data["full_name"])
        user.set_password(form.cleaned_data["password"])
        user.save()
        AuditEntry.objects.create(action="bench", object_type="x", object_id=str(user.pk))
        OutboxMessage.objects.create(kind="bench", dedupe_key=f"bench:{uuid4()}")
    return HttpResponse(status=303)


urlpatterns = [
    *portal_urls,
    path("bench/plain/", plain, name="bench_plain"),
    path("bench/light/", light, name="bench_light"),
]


def measure(bench: Bench) -> Iterable[Figure]:
    """Without the hash beside the plain view; with it beside the hash alone."""
    with transaction.atomic(), override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"]):
        center_of("P31.74.07")
        with override_settings(PASSWORD_HASHERS=NO_HASH):
            ours, peer, lighter = bench.medians(
                lambda: _post("/daftar/"),
                lambda: _post("/bench/plain/"),
                lambda: _post("/bench/light/"),
                rounds=bench.rounds(25, 9),
                calls=3,
            )
        with override_settings(PASSWORD_HASHERS=["accounts.hashers.Argon2Profile"]):
            whole, hashing = bench.medians(
                lambda: _post("/daftar/"),
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
            "POST /daftar/ without hash: rate beside form + 3 light rows",
            lighter,
            ours,
            "ms",
            1.0,
            at_most=False,
        ),
        Figure(
            "POST /daftar/ with hash: rate beside the hash alone", hashing, whole, "ms", 0.7, at_most=False
        ),
    ]


def _post(address: str) -> None:
    number = next(_numbers)
    answer = Client().post(
        address,
        {
            "pathway": "mulai_usaha",
            "nik": synthetic_nik("317407", "P"),
            "full_name": f"Warga Ukur {'abcdefghij'[number % 10]}{'klmnopqrst'[number // 10 % 10]}",
            "phone": f"0812-0000-{number:05d}",
            "district": "31.74.07",
            "address": "Jl. Contoh No. 1",
            "password": "warung-kopi-melati-7",
            "consent": "on",
            "submission_id": str(uuid4()),
        },
    )
    assert answer.status_code == 303, (address, answer.status_code)
