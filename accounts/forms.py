"""Forms of signing in and of one's own account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from accounts.validators import MAX_LENGTH, MIN_LENGTH
from core.fields import CleanedField, PlainTextField

LOGIN_HELP = "Nomor HP boleh ditulis 0812… atau +62812…"


class PasswordField(CleanedField):
    """A password as typed: spaces count, nothing is shown back. Refuses what cannot be hashed."""

    required_text = "Tulis kata sandi."

    def __init__(self, *, autocomplete: str = "current-password", **kwargs: Any) -> None:
        kwargs.setdefault("label", "Kata sandi")
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
        super().__init__(max_length=MAX_LENGTH, widget=widget, **kwargs)

    def to_python(self, value: Any) -> str:
        """The text itself; spaces alone are a password too."""
        return self.clean_value(value) if value else ""

    def clean_value(self, value: Any) -> str:
        """The text, when it is valid Unicode of at most 1,000 characters."""
        text = str(value)
        if len(text) > MAX_LENGTH:
            raise forms.ValidationError(
                "Kata sandi terlalu panjang, paling banyak 1.000 huruf.", code="too_long"
            )
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise forms.ValidationError(
                "Kata sandi memuat tanda yang tidak bisa disimpan. Ketik lagi (jangan ditempel).",
                code="hidden_characters",
            )
        return text


class NewPasswordField(PasswordField):
    """A new password: at least 10 characters, not a common one (settings.AUTH_PASSWORD_VALIDATORS)."""

    required_text = f"Buat kata sandi, paling sedikit {MIN_LENGTH} huruf atau angka."

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "Kata sandi baru")
        kwargs.setdefault(
            "help_text",
            f"Paling sedikit {MIN_LENGTH} huruf atau angka. "
            "Dua atau tiga kata yang mudah Anda ingat sudah bagus.",
        )
        super().__init__(autocomplete="new-password", **kwargs)

    def clean_value(self, value: Any) -> str:
        text = super().clean_value(value)
        validate_password(text)
        return text


class LoginField(PlainTextField):
    """What somebody calls their account by: phone, e-mail or registration number, in any usual spelling."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "Nomor HP, e-mail, atau nomor pendaftaran")
        super().__init__(
            max_length=254,
            required_text="Tulis nomor HP, e-mail, atau nomor pendaftaran Anda.",
            widget=forms.TextInput(
                attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
            ),
            **kwargs,
        )


class SignInForm(forms.Form):
    login = LoginField(help_text=LOGIN_HELP)
    password = PasswordField()
    use_required_attribute = False


class ForgotForm(forms.Form):
    login = LoginField(help_text=LOGIN_HELP)
    use_required_attribute = False


class CodeForm(forms.Form):
    """A printed code and the new password it allows."""

    login = LoginField(label="Nomor pendaftaran atau nomor HP", help_text="Tertulis di kertas kode Anda.")
    code = PlainTextField(
        label="Kode dari kertas",
        max_length=40,
        help_text="8 huruf dan angka, contoh: ACDE-3467. Huruf besar atau kecil sama saja.",
        required_text="Tulis kode dari kertas.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    new_password = NewPasswordField()
    use_required_attribute = False


class NewPasswordForm(forms.Form):
    new_password = NewPasswordField()
    use_required_attribute = False


class ChangePasswordForm(forms.Form):
    current_password = PasswordField(
        label="Kata sandi sekarang", required_text="Tulis kata sandi Anda sekarang."
    )
    new_password = NewPasswordField()
    use_required_attribute = False


class ConfirmForm(forms.Form):
    password = PasswordField()
    use_required_attribute = False
