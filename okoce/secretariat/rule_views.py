"""`/aturan/`: dated rules, a new value with its preview, and taking back what has not begun."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import SeeOther, role_required
from accounts.models import Role
from accounts.requests import actor_of, sent
from core import clock
from core.dated import first_free_day_after
from core.fields import DayField, WordsField
from core.formats import day as day_words
from core.refusals import Refused

from . import rule_preview, rules

FORM = require_http_methods(["GET", "HEAD", "POST"])
CONFIRM = "simpan"


class ValueForm(forms.Form):
    """A new value, from which day on, on what ground."""

    use_required_attribute = False

    value = forms.IntegerField(
        label="Nilai baru",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": "6"}),
        error_messages={"required": "Tulis nilai barunya.", "invalid": "Tulis angka saja, misalnya 14."},
    )
    since = DayField(
        label="Berlaku sejak",
        help_text="Contoh: 01/01/2027.",
        required_text="Tulis tanggal mulainya. Contoh: 01/01/2027.",
    )
    source = WordsField(
        label="Dasar", max_length=200, required_text="Tulis dasarnya, misalnya nomor surat keputusan.",
        help_text="Misalnya: SK sekretariat nomor 12 tahun 2026.",
    )  # fmt: skip
    reason = WordsField(
        label="Alasan", max_length=300, required_text="Tulis alasannya. Satu kalimat cukup.",
        help_text="Tercatat di catatan audit.",
    )  # fmt: skip

    def __init__(self, *args: Any, rule: rules.Rule, begun: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rule, self.begun = rule, begun
        self.fields["value"].help_text = f"Dalam {rule.unit}, {rule.least} sampai {rule.most}."

    def clean_value(self) -> int:
        """Inside the bounds of the rule."""
        value: int = self.cleaned_data["value"]
        if not self.rule.least <= value <= self.rule.most:
            raise forms.ValidationError(f"Tulis angka {self.rule.least} sampai {self.rule.most}.")
        return value

    def clean_since(self) -> date:
        """A day that has begun nowhere in the country."""
        since: date = self.cleaned_data["since"]
        if since <= self.begun:
            raise forms.ValidationError(f"Paling cepat sesudah {day_words(self.begun)}.", code="past")
        return since


class ReasonForm(forms.Form):
    """Why a value is taken back."""

    use_required_attribute = False

    reason = WordsField(
        label="Alasan", max_length=300, required_text="Tulis alasannya. Satu kalimat cukup.",
        help_text="Tercatat di catatan audit.",
    )  # fmt: skip


@role_required(Role.ADMIN)
@require_safe
def rule_list(request: HttpRequest) -> HttpResponse:
    """Every rule with what holds today and what is to come."""
    today = clock.today()
    groups: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for rule in rules.load_rules():
        about, found, words = rule.title.partition(": ")
        part = groups.setdefault(rule.family.title, {}).setdefault(about if found else "", [])
        part.append(
            {
                "rule": rule,
                "title": f"{words[:1].upper()}{words[1:]}" if found else rule.title,
                "now": rule.on(today),
                "next": rule.after(today),
            }
        )
    context = {"groups": groups, "crumbs": [_home(), {"label": "Aturan"}]}
    return render(request, "secretariat/rules.html", context)


@role_required(Role.ADMIN)
@require_safe
def rule_page(request: HttpRequest, family: str, key: str) -> HttpResponse:
    """One rule: what holds, what is to come, what was."""
    return _page(request, _rule(family, key))


@role_required(Role.ADMIN)
@FORM
def rule_new(request: HttpRequest, family: str, key: str) -> HttpResponse:
    """A new value: filled in, previewed, confirmed."""
    rule, at, actor = _rule(family, key), clock.now(), actor_of(request)
    form = ValueForm(**sent(request), rule=rule, begun=first_free_day_after(at))
    context: dict[str, Any] = {
        "rule": rule,
        "form": form,
        "cancel": _address(rule),
        "crumbs": [*_crumbs(rule), {"label": "Nilai baru"}],
    }
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if request.POST.get("langkah") == CONFIRM:
            try:
                rules.add_value(rule=rule, actor=actor, at=at, **data)
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"Nilai baru tersimpan: {rule.said(data['value'])}.")
                return SeeOther(_address(rule))
        else:
            context |= {
                "preview": rule_preview.preview(
                    rule, value=data["value"], since=data["since"], actor=actor, at=at
                ),
                "data": data,
                "holding": rule.on(data["since"]),
                "said": rule.said(data["value"]),
                "kept": {name: request.POST.get(name, "") for name in form.fields},
            }
            return render(request, "secretariat/rule_preview.html", context)
    return render(request, "secretariat/rule_new.html", context, status=422 if form.errors else 200)


@role_required(Role.ADMIN)
@FORM
def rule_withdraw(request: HttpRequest, family: str, key: str, value_id: int) -> HttpResponse:
    """Take back a value that has not begun, after a question."""
    rule, form = _rule(family, key), ReasonForm(**sent(request))
    found = next((value for value in rule.values if value.pk == value_id), None)
    if found is None:
        raise Http404("Tidak ditemukan.")
    if request.method == "POST" and form.is_valid():
        try:
            rules.withdraw(
                rule=rule, pk=value_id, reason=form.cleaned_data["reason"], actor=actor_of(request),
                at=clock.now(),
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Nilai dicabut. Yang sebelumnya tetap berlaku.")
            return SeeOther(_address(rule))
    context = {
        "form": form,
        "question": f"Cabut {rule.said(found.value)} mulai {day_words(found.since)}?",
        "consequence": f"{rule.title}: nilai yang berlaku sebelumnya diteruskan.",
        "verb": "Cabut nilai",
        "danger": True,
        "cancel": _address(rule),
    }
    return render(request, "layout/confirm.html", context, status=422 if form.errors else 200)


# parts -----------------------------------------------------------------------------------------------------


def _rule(family: str, key: str) -> rules.Rule:
    rule = rules.find_rule(family, key)
    if rule is None:
        raise Http404("Tidak ditemukan.")
    return rule


def _address(rule: rules.Rule) -> str:
    return reverse("rule", args=[rule.family.slug, rule.key])


def _home() -> dict[str, str]:
    return {"label": "Sekretariat", "href": reverse("secretariat")}


def _crumbs(rule: rules.Rule) -> list[dict[str, str]]:
    return [
        _home(),
        {"label": "Aturan", "href": reverse("rules")},
        {"label": rule.title, "href": _address(rule)},
    ]


def _page(request: HttpRequest, rule: rules.Rule) -> HttpResponse:
    today, begun = clock.today(), first_free_day_after(clock.now())
    context = {
        "rule": rule,
        "now": rule.on(today),
        "coming": [{"value": value, "is_free": value.since > begun} for value in rule.after(today)],
        "past": rule.before(today),
        "crumbs": [_home(), {"label": "Aturan", "href": reverse("rules")}, {"label": rule.title}],
    }
    return render(request, "secretariat/rule.html", context)
