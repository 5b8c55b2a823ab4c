"""The review of people who may be recorded twice: pairs side by side, and "these are two people"."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import SeeOther, get_visible_or_404, role_required, scopes
from accounts.models import Role
from accounts.requests import actor_of
from core.clock import now
from core.fields import PlainTextField
from participants import duplicates
from participants.models import Person
from participants.refusals import Refused


class DuplicateFilterForm(forms.Form):
    """Search among the records that are looked through."""

    q = PlainTextField(label="Nama atau nomor pendaftaran", max_length=80, required=False)


class DifferentForm(forms.Form):
    """Why two records are two people."""

    reason = PlainTextField(
        label="Alasan",
        max_length=300,
        required=False,
        help_text="Misalnya: kakak beradik, KTP keduanya sudah dilihat.",
    )


@role_required(Role.PENGELOLA, Role.DINAS, Role.ADMIN)
@require_safe
def review(request: HttpRequest) -> HttpResponse:
    """Candidate pairs of the scope, or of one person (`orang`), masked, with the reasons."""
    actor = actor_of(request)
    form = DuplicateFilterForm(request.GET)
    name = form.cleaned_data["q"] if form.is_valid() else ""
    person = _one_person(request)
    if person is not None:
        found = duplicates.of_person(actor, person.pk)
    else:
        found = duplicates.in_scope(actor, cursor=request.GET.get("sesudah", ""), name=name)

    def link(cursor: str) -> str:
        return f"?{urlencode({'q': name, 'sesudah': cursor})}" if cursor else ""

    context = {
        "form": form,
        "found": found,
        "person": person,
        "is_filtered": bool(name),
        "next_url": link(found.next_cursor),
        "previous_url": link(found.previous_cursor),
        "may_decide": any(scopes(actor, role) for role in (Role.PENGELOLA, Role.ADMIN)),
    }
    return render(request, "participants/duplicates/list.html", context)


def _one_person(request: HttpRequest) -> Person | None:
    """The person whose doubles are asked for; 404 for one that the reader does not see."""
    wanted = request.GET.get("orang")
    if wanted is None:
        return None
    found: Person = get_visible_or_404(Person, actor_of(request), pk=wanted)
    return found


@role_required(Role.PENGELOLA, Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def different(request: HttpRequest, one: UUID, other: UUID) -> HttpResponse:
    """The question "two people?", and the answer that is remembered."""
    pair = duplicates.pair_of(actor_of(request), one, other)
    if pair is None:
        raise Http404("Tidak ditemukan.")
    form = DifferentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            duplicates.declare_different(
                enrollments=pair, actor=actor_of(request), reason=form.cleaned_data["reason"], at=now()
            )
        except Refused as refusal:
            for reason in refusal.reasons:
                form.add_error(None, reason)
        else:
            names = f"{pair[0].person.full_name} dan {pair[1].person.full_name}"
            messages.success(request, f"{names} dicatat sebagai dua orang.")
            return SeeOther(reverse("duplicates"))
    context = {
        "question": "Ini dua orang yang berbeda?",
        "consequence": "Pasangan ini tidak ditawarkan lagi. Keduanya tetap terdaftar.",
        "verb": "Catat sebagai dua orang",
        "cancel": reverse("duplicates"),
        "form": form,
        "details": [
            {"label": e.number, "value": f"{e.person.full_name}, {_masked(e.person.nik_mask)}"} for e in pair
        ],
    }
    return render(request, "layout/confirm.html", context, status=422 if form.errors else 200)


def _masked(mask: str) -> str:
    """The masked NIK on one line."""
    return mask.replace(" ", "\N{NO-BREAK SPACE}") or "belum punya NIK"
