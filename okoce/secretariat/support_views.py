"""`/dukungan/`: begin and end looking at the portal as a role."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import SeeOther, role_required
from accounts.models import Role
from accounts.requests import actor_of, sent
from centers.staff.acts import scope_refusal
from core.fields import CodeField, WordsField
from core.refusals import Refused

from . import support


class SupportForm(forms.Form):
    """As whom, where, why."""

    use_required_attribute = False

    role = CodeField(
        label="Lihat sebagai",
        choices=[("", "Pilih peran"), *((code, words.capitalize()) for code, words in support.ROLES.items())],
        required_text="Pilih perannya.",
    )
    scope = WordsField(
        label="Pusat atau wilayah", max_length=40, required_text="Tulis kode pusat atau wilayahnya.",
        help_text="Pusat, misalnya P31.74.07. Untuk dinas kode wilayah, misalnya 31.74.",
    )  # fmt: skip
    reason = WordsField(
        label="Alasan", max_length=300, required_text="Tulis alasannya, misalnya nomor pertanyaan.",
        help_text="Tercatat di catatan audit.",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """A place that exists and fits the role; a participant belongs to a centre, too."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("role") and data.get("scope"):
            role = Role.PENDAMPING.value if data["role"] == Role.PESERTA else data["role"]
            if refusal := scope_refusal(role, data["scope"]):
                self.add_error("scope", refusal)
        return data


@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """Choose as whom to look, and begin."""
    form = SupportForm(**sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            look = support.start(request, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("scope", str(refusal))
        else:
            return SeeOther(support.landing(look, actor_of(request)))
    context = {
        "form": form,
        "crumbs": [{"label": "Sekretariat", "href": reverse("secretariat")}, {"label": "Tampilan dukungan"}],
    }
    return render(request, "secretariat/support.html", context, status=422 if form.errors else 200)


@role_required(Role.ADMIN)
@require_POST
def finish(request: HttpRequest) -> HttpResponse:
    """Stop looking."""
    support.end(request)
    return SeeOther(reverse("support"))
