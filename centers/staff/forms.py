"""Forms of users and roles: strings become domain values and nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms

from accounts.access import assignments, scopes
from accounts.models import Role, User
from accounts.roles import grantable_roles
from centers.names import scope_names
from core.clock import day_start
from core.fields import CodeField, DayField, EmailAddressField, PhoneField, WordsField

from .acts import Grant, scope_refusal

ACTIVE, DISABLED = "aktif", "nonaktif"


class UserFilterForm(forms.Form):
    """Search and filters of the list; everything may be left open."""

    use_required_attribute = False

    q = WordsField(label="Cari nama atau e-mail", max_length=120, required=False)
    peran = CodeField(
        label="Peran",
        choices=[("", "Semua peran"), *(c for c in Role.choices if c[0] != Role.PESERTA.value)],
        required=False,
    )
    akun = CodeField(
        label="Akun",
        choices=[("", "Semua akun"), (ACTIVE, "Aktif"), (DISABLED, "Dinonaktifkan")],
        required=False,
    )
    cakupan = forms.RegexField(
        label="Pusat atau wilayah", required=False, strip=True,
        help_text="Kode, misalnya 31.74 atau P31.74.07.",
        regex=r"\A(ID|[0-9]{2}(\.[0-9]{2}){0,2}|P[0-9]{2}\.[0-9]{2}\.[0-9]{2}(-[1-9][0-9]?)?)\Z",
        error_messages={"invalid": "Tulis kode seperti 31.74, P31.74.07, atau ID."},
    )  # fmt: skip


class ReasonForm(forms.Form):
    """Why, for the audit log."""

    use_required_attribute = False

    reason = WordsField(
        label="Alasan",
        max_length=300,
        required_text="Tulis alasannya. Satu kalimat cukup.",
        help_text="Tercatat di catatan audit.",
    )


class GrantForm(forms.Form):
    """One role to give; a manager chooses among the own centres, the secretariat writes the code."""

    use_required_attribute = False
    field_order = ("name", "email", "phone", "role", "scope", "agency_code", "ends_on", "reason")

    role = CodeField(label="Peran", choices=[], required_text="Pilih perannya.")
    scope = WordsField(
        label="Pusat atau wilayah",
        max_length=40,
        required_text="Tulis kode pusat atau wilayahnya.",
        help_text="Pusat: P31.74.07. Wilayah: 31 atau 31.74. Seluruh Indonesia: ID.",
    )
    agency_code = WordsField(
        label="Kode dinas",
        max_length=40,
        required=False,
        help_text="Hanya untuk peran dinas yang terbatas pada satu dinas.",
    )
    ends_on = DayField(
        label="Berlaku sampai",
        required=False,
        help_text="Hari terakhir, misalnya 31/12/2027. Kosong berarti tanpa batas.",
    )
    reason = WordsField(
        label="Alasan",
        max_length=300,
        required_text="Tulis alasannya, misalnya nomor surat tugas.",
        help_text="Tercatat di catatan audit.",
    )

    def __init__(self, *args: Any, actor: User, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        roles = grantable_roles(assignments(actor))
        choices = [(role.value, role.label) for role in roles]
        self.fields["role"].choices = [("", "Pilih peran"), *choices] if len(choices) > 1 else choices  # type: ignore[attr-defined]
        if Role.ADMIN not in actor.roles():
            codes = scopes(actor, Role.PENGELOLA)
            names = scope_names(codes)
            own = [(code, names.get(code, code)) for code in codes]
            self.fields["scope"] = CodeField(label="Pusat", choices=own, required_text="Pilih pusatnya.")
            del self.fields["agency_code"]

    def clean_ends_on(self) -> date | None:
        """A day to come."""
        day: date | None = self.cleaned_data["ends_on"]
        if day is not None and day <= self.today:
            raise forms.ValidationError("Hari terakhir harus sesudah hari ini.", code="past")
        return day

    def clean(self) -> dict[str, Any]:
        """The scope fits the role and exists."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("role") and data.get("scope"):
            refusal = scope_refusal(data["role"], data["scope"], data.get("agency_code", ""))
            if refusal:
                self.add_error("scope", refusal)
        return data

    def grant(self) -> Grant:
        """The cleaned values as what the act takes."""
        data = self.cleaned_data
        day = data["ends_on"]
        return Grant(
            role=data["role"],
            scope=data["scope"],
            agency_code=data.get("agency_code", ""),
            ends_at=day_start(day + timedelta(days=1)) if day else None,
            reason=data["reason"],
        )


class NewUserForm(GrantForm):
    """A new member of staff with the first role."""

    name = WordsField(label="Nama lengkap", max_length=200, required_text="Tulis nama lengkapnya.")
    email = EmailAddressField(
        label="E-mail", max_length=254, required=False, widget=forms.TextInput(attrs={"type": "email"})
    )
    phone = PhoneField(
        label="Nomor HP", required=False, widget=forms.TextInput(attrs={"type": "tel"}),
        help_text="Untuk masuk. Isi e-mail, nomor HP, atau keduanya.",
    )  # fmt: skip

    def clean_email(self) -> str:
        """Refuse the address of another account."""
        return self._free("email", "E-mail ini sudah dipakai akun lain.")

    def clean_phone(self) -> str:
        """Refuse the number of another account."""
        return self._free("phone", "Nomor HP ini sudah dipakai akun lain.")

    def _free(self, name: str, text: str) -> str:
        value: str = self.cleaned_data[name] or ""
        if value and User.objects.find_by_login(value) is not None:
            raise forms.ValidationError(text, code="unique")
        return value

    def clean(self) -> dict[str, Any]:
        """One way to sign in at least."""
        data = super().clean()
        if not self.errors.keys() & {"email", "phone"} and not (data.get("email") or data.get("phone")):
            self.add_error("email", "Isi e-mail atau nomor HP, supaya orangnya bisa masuk.")
        return data
