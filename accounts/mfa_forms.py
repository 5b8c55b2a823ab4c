"""The second factor's forms: counted in PostgreSQL, each code accepted once, Indonesian words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base
from allauth.mfa.internal.flows.add import validate_can_add_authenticator
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django import forms
from django.utils.crypto import constant_time_compare

from accounts import lockout
from accounts.models import User
from accounts.texts import try_again_at
from core.clock import now
from core.crypto import blind_index
from core.fields import PlainTextField

_ONCE = lockout.Limit(1, timedelta(minutes=5))
"""Longer than a code is valid with the tolerated clock drift."""


def code_field(help_text: str) -> PlainTextField:
    """A field for a code of digits, with the keypad of a phone."""
    return PlainTextField(
        label="Kode",
        max_length=40,
        help_text=help_text,
        required_text="Tulis kodenya.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


def digits(code: str) -> str:
    """The code without the spaces and dashes that apps and people put in."""
    return code.replace(" ", "").replace("-", "")


def matching_step(secret: str, code: str) -> int | None:
    """The time step whose code this is, within the tolerated drift, else None."""
    for step in yield_hotp_counters_from_time():
        if constant_time_compare(format_hotp_value(hotp_value(secret, step)), code):
            return step
    return None


class _Counted:
    """At most ten codes of one account in 15 minutes, whichever form asks."""

    user: User

    def count_attempt(self) -> tuple[bytes, Any]:
        at = now()
        key = blind_index(str(self.user.pk), purpose="lockout.mfa")
        if retry_at := lockout.admit(key, at=at, limit=lockout.account_limit()):
            raise forms.ValidationError(try_again_at(retry_at), code="rate_limited")
        return key, at


class _CodeForm(_Counted):
    cleaned_data: dict[str, Any]
    authenticator: Authenticator

    def clean_code(self) -> str:
        """The code, when it is the app's present one (each used once) or an unused recovery code."""
        key, at = self.count_attempt()
        code = digits(self.cleaned_data["code"])
        for authenticator in Authenticator.objects.filter(user_id=self.user.pk).order_by("type", "pk"):
            if self._opens(authenticator, code):
                lockout.give_back(key, at=at)
                authenticator.user = self.user
                self.authenticator = authenticator
                return code
        raise get_adapter().validation_error("incorrect_code")

    def _opens(self, authenticator: Authenticator, code: str) -> bool:
        if authenticator.type == Authenticator.Type.TOTP:
            step = matching_step(decrypt(authenticator.data["secret"]), code)
            if step is None:
                return False
            used = blind_index(f"{authenticator.pk}:{step}", purpose="mfa.used")
            return lockout.admit(used, at=now(), limit=_ONCE) is None
        if authenticator.type == Authenticator.Type.RECOVERY_CODES:
            return bool(authenticator.wrap().validate_code(code))
        return False


class AuthenticateForm(_CodeForm, base.AuthenticateForm):  # type: ignore[misc]
    """The code asked between the password and the session."""

    code = code_field("Kode 6 angka dari aplikasi di HP Anda, atau satu kode cadangan.")


class ReauthenticateForm(_CodeForm, base.ReauthenticateForm):  # type: ignore[misc]
    """The code asked again inside a session."""

    code = code_field("Kode 6 angka dari aplikasi di HP Anda, atau satu kode cadangan.")


class ActivateTotpForm(_Counted, totp.ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new authenticator app."""

    code = code_field("Kode 6 angka yang sekarang tampil di aplikasi.")

    def clean_code(self) -> str:
        """The code, when the app shows it for the secret just handed out."""
        validate_can_add_authenticator(self.user)
        key, at = self.count_attempt()
        code = digits(self.cleaned_data["code"])
        if matching_step(self.secret, code) is None:
            raise get_adapter().validation_error("incorrect_code")
        lockout.give_back(key, at=at)
        return code
