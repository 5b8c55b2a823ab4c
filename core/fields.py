"""Form fields for the values of `core.validators`.

Each takes anything a browser may send, answers with a clean value or an error beside the field, and shows
back what was typed in a form that can always be rendered (no lone surrogates, no endless text).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.core.validators import EmailValidator

from core import validators
from core.privacy import redact_numbers
from core.validators import Nik

_SHOWN = 2_000
"""Characters of a refused value that are shown back, for fields without a length of their own."""
OTHERWISE = "Formulir ini sudah tersimpan dengan isi lain. Buka lagi halamannya, lalu ubah dari sana."
RELOADED = "Formulir ini terbuka terlalu lama. Periksa lagi isian Anda, lalu kirim sekali lagi."

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_is_email = EmailValidator()


class CleanedField(forms.CharField):
    """A text field whose value passes through one function of `core.validators`."""

    input_attributes: dict[str, str] = {}
    required_text = "Kolom ini belum diisi."
    look_width = ""
    """How wide a page shows it, where its template does not say (`core.field_html.WIDTHS`)."""

    def __init__(self, *, required_text: str | None = None, **kwargs: Any) -> None:
        messages = {
            "required": required_text or self.required_text,
            **(kwargs.pop("error_messages", None) or {}),
        }
        kwargs.setdefault("strip", False)  # the cleaning function strips
        super().__init__(error_messages=messages, **kwargs)
        # The cleaning function has already refused what Django's own validators (English, or blind) look for.
        self.validators = []

    def to_python(self, value: Any) -> Any:
        """Return the clean value, or `empty_value` for nothing at all; raise ValidationError."""
        if value is None or (isinstance(value, str) and (value == "" or value.isspace())):
            return self.empty_value
        return self.clean_value(value)

    def clean_value(self, value: Any) -> Any:
        """Turn a filled-in value into the clean one."""
        raise NotImplementedError

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what was typed, fit to be shown again."""
        data = super().bound_data(data, initial)
        return showable(data, self.max_length) if isinstance(data, str) else data

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Give the control the keypad and the auto-fill that suit the value."""
        return {**super().widget_attrs(widget), **self.input_attributes}

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether `data` means another value than `initial`."""
        try:
            return bool((self.to_python(data) or None) != (initial or None))
        except forms.ValidationError:
            return True


def showable(text: str, max_length: int | None = None) -> str:
    """Return hostile text fit for a page: valid Unicode without NUL, and of bounded length."""
    limit = _SHOWN if max_length is None else max(_SHOWN, 4 * max_length)
    return text[:limit].encode("utf-8", "replace").decode().replace("\0", "\ufffd")


class NikField(CleanedField):
    """A NIK; the clean value is a `Nik`, or None when empty and not required."""

    input_attributes = {"inputmode": "numeric", "autocomplete": "off", "maxlength": "40"}
    required_text = "Tulis 16 angka NIK seperti di KTP."
    look_width = "nik"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(empty_value=None, **kwargs)

    def clean_value(self, value: Any) -> Nik:
        """See `clean_nik`."""
        return validators.clean_nik(value)

    def prepare_value(self, value: Any) -> Any:
        """Show a Nik as its digits."""
        return value.value if isinstance(value, Nik) else value


class PhoneField(CleanedField):
    """An Indonesian phone number; the clean value is E.164 text, or "" when empty and not required."""

    input_attributes = {"inputmode": "tel", "autocomplete": "tel", "maxlength": "40"}
    required_text = "Tulis nomor HP yang bisa dihubungi. Contoh: 0812-3456-7890."
    look_width = "phone"

    def clean_value(self, value: Any) -> str:
        """See `clean_phone`."""
        return validators.clean_phone(value)

    def prepare_value(self, value: Any) -> Any:
        """Show E.164 as people write it."""
        return validators.local_phone(value) if isinstance(value, str) and value.startswith("+62") else value


class NibField(CleanedField):
    """A NIB; the clean value is 13 digits, or "" when empty and not required."""

    input_attributes = {"inputmode": "numeric", "autocomplete": "off", "maxlength": "40"}
    required_text = "Tulis 13 angka NIB."
    look_width = "nik"

    def clean_value(self, value: Any) -> str:
        """See `clean_nib`."""
        return validators.clean_nib(value)


class RupiahField(CleanedField):
    """Whole rupiah; the clean value is an int, or None when empty and not required. Shown with dots."""

    input_attributes = {"inputmode": "numeric", "autocomplete": "off", "maxlength": "40"}
    required_text = "Tulis jumlah uang. Contoh: 1.500.000."

    def __init__(self, *, least: int = 0, most: int = validators.MAX_RUPIAH, **kwargs: Any) -> None:
        self.least, self.most = least, most
        super().__init__(empty_value=None, **kwargs)

    def clean_value(self, value: Any) -> int:
        """See `clean_rupiah`; the bounds `least` and `most` are in rupiah, both included."""
        amount = validators.clean_rupiah(value)
        if amount < self.least:
            raise forms.ValidationError(
                f"Jumlah uang paling sedikit Rp {_dots(self.least)}.", code="rupiah_least"
            )
        if amount > self.most:
            raise forms.ValidationError(
                f"Jumlah uang paling banyak Rp {_dots(self.most)}.", code="rupiah_most"
            )
        return amount

    def prepare_value(self, value: Any) -> Any:
        """Show an amount with its dots."""
        return _dots(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Zero is a value, not emptiness."""
        try:
            return bool(self.to_python(data) != initial)
        except forms.ValidationError:
            return True


class DayField(CleanedField):
    """A day, day first; the clean value is a date, or None when empty and not required. Shown day first."""

    input_attributes = {"inputmode": "numeric", "maxlength": "40"}
    required_text = "Tulis tanggal. Contoh: 31/05/2000."
    look_width = "date"

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "Contoh: 31/05/2026.")
        super().__init__(empty_value=None, **kwargs)

    def clean_value(self, value: Any) -> date:
        """See `clean_date`."""
        return validators.clean_date(value)

    def prepare_value(self, value: Any) -> Any:
        """Show a date day first."""
        return f"{value:%d/%m/%Y}" if isinstance(value, date) else value


class PlainTextField(CleanedField):
    """Readable text of at most `max_length` characters ; "" when empty and not required."""

    def __init__(self, *, max_length: int, multiline: bool = False, **kwargs: Any) -> None:
        self.multiline = multiline
        if multiline:
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 4}))
        super().__init__(max_length=max_length, **kwargs)

    def to_python(self, value: Any) -> Any:
        """Text that is empty once cleaned (such as a lone zero-width space) counts as empty."""
        return super().to_python(value) or self.empty_value

    def clean_value(self, value: Any) -> str:
        """See `clean_text`."""
        return validators.clean_text(value, self.max_length or 0, multiline=self.multiline)


class WordsField(PlainTextField):
    """Free text in which a NIK or a phone number has no place: those are kept sealed, elsewhere."""

    def clean_value(self, value: Any) -> str:
        """Refuse unreadable characters and personal numbers."""
        text = super().clean_value(value)
        if "\ufffd" in text:
            raise forms.ValidationError(
                "Ada huruf yang tidak terbaca. Hapus, lalu ketik lagi.", code="unreadable"
            )
        if redact_numbers(text) != text:
            raise forms.ValidationError(
                "Jangan tulis NIK atau nomor HP di sini. Hapus angkanya.", code="personal_number"
            )
        return text


class EmailAddressField(CleanedField):
    """An e-mail address in small letters; "" when left empty."""

    def clean_value(self, value: Any) -> str:
        """Refuse what no mail reaches."""
        text = validators.clean_text(value, self.max_length or 254).lower()
        try:
            _is_email(text)
            text.encode("ascii")
        except (forms.ValidationError, UnicodeEncodeError):
            raise forms.ValidationError(
                "Alamat e-mail ini belum benar. Contoh: nama@contoh.id. Boleh dikosongkan.", code="email"
            ) from None
        return text


class CodeField(forms.ChoiceField):
    """One of the stored codes. What was sent is never shown back, so anything may come."""

    def __init__(self, *, choices: Any, required_text: str = "", **kwargs: Any) -> None:
        wrong = required_text or "Pilih salah satu dari daftar."
        super().__init__(
            choices=choices, error_messages={"required": wrong, "invalid_choice": wrong}, **kwargs
        )


class SharedFields(dict[str, forms.Field]):
    """The fields of a form that never changes them: every form shares these, instead of copying all of them
    for itself (which costs more than judging what was sent). Set as `base_fields` of the form's class."""

    def __deepcopy__(self, _memo: Any) -> SharedFields:
        return self


class SubmissionField(forms.Field):
    """The id of one opened form; anything else asks to send the form, now with a fresh id, once more."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> UUID:
        """Refuse what is no id."""
        found = submission_id_in(value)
        if found is None:
            raise forms.ValidationError(RELOADED, code="submission_id")
        return found


def submission_id_in(value: Any) -> UUID | None:
    """The id in what a browser sent, written as our own pages write it; None for anything else."""
    text = str(value)
    return UUID(text) if _UUID.fullmatch(text) else None


def _dots(amount: int) -> str:
    return f"{amount:,}".replace(",", ".")
