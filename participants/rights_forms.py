"""The forms about one's own data: strings become values, nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.forms import PasswordField
from core.clock import today
from core.fields import DayField

from .forms import CodeField, NameField, TypedPhoneField, WordsField
from .models import Gender, Person, RequestKind, RequestStatus

OLDEST = date(1900, 1, 1)

LEAVE_BY = (
    (RequestKind.HENTI.value, "Saya berhenti ikut, data tetap disimpan sampai batas waktunya"),
    (RequestKind.HAPUS.value, "Saya berhenti ikut dan data saya dihapus"),
)
FILE_KINDS = (
    ("pdf", "Untuk dibaca (PDF)"),
    ("json", "Untuk dipindahkan ke layanan lain (JSON)"),
)


class RevealOwnForm(forms.Form):
    """The password again, before NIK and phone are shown in full."""

    password = PasswordField(help_text="Supaya orang lain yang memegang HP Anda tidak bisa membukanya.")
    use_required_attribute = False


class DownloadForm(forms.Form):
    """Which file, and the password again: it holds the NIK in full."""

    kind = CodeField(
        label="Berkas yang mana?",
        choices=FILE_KINDS,
        widget=forms.RadioSelect,
        initial="pdf",
        required_text="Pilih salah satu berkas.",
    )
    password = PasswordField(help_text="Berkas memuat NIK Anda lengkap, jadi kami tanya sekali lagi.")
    use_required_attribute = False


class LeaveForm(forms.Form):
    """What follows from withdrawing the consent to the programme."""

    kind = CodeField(
        label="Apa yang Anda inginkan?",
        choices=LEAVE_BY,
        widget=forms.RadioSelect,
        required_text="Pilih salah satu.",
    )
    use_required_attribute = False


class ErasureForm(forms.Form):
    """Erasure, with a reason that may stay empty: nobody has to justify it."""

    reason = WordsField(label="Alasan", max_length=300, multiline=True, required=False)
    use_required_attribute = False


class CorrectionForm(forms.Form):
    """The stored values, to be changed where they are wrong."""

    full_name = NameField(
        label="Nama lengkap", max_length=120, required_text="Tulis nama Anda seperti di KTP."
    )
    birth_date = DayField(label="Tanggal lahir", required=False, help_text="Contoh: 31/05/2000")
    gender = CodeField(
        label="Jenis kelamin",
        choices=Gender.choices,
        widget=forms.RadioSelect,
        required=False,
        required_text="Pilih laki-laki atau perempuan.",
    )
    address = WordsField(label="Alamat", max_length=300, required=False)
    phone = TypedPhoneField(
        label="Nomor HP baru",
        required=False,
        help_text="Kosongkan bila nomornya tetap.",
    )
    reason = WordsField(
        label="Apa yang salah?",
        max_length=300,
        multiline=True,
        required=False,
        help_text="Petugas mencocokkan dengan KTP Anda.",
    )
    use_required_attribute = False

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        initial = {
            "full_name": person.full_name,
            "birth_date": person.birth_date,
            "gender": person.gender,
            "address": person.address,
        }
        super().__init__(*args, **{**kwargs, "initial": initial})

    def clean_birth_date(self) -> date | None:
        """A day on which somebody living can have been born."""
        born: date | None = self.cleaned_data["birth_date"]
        if born is not None and not OLDEST <= born <= today():
            raise ValidationError("Tanggal lahir harus di masa lalu. Contoh: 31/05/2000.")
        return born


class AnswerForm(forms.Form):
    """Agree or refuse; a refusal says why."""

    decision = CodeField(
        label="Keputusan",
        choices=(("setuju", "Setujui"), ("tolak", "Tolak")),
        widget=forms.RadioSelect,
        required_text="Pilih setujui atau tolak.",
    )
    answer = WordsField(
        label="Keterangan",
        max_length=300,
        multiline=True,
        required=False,
        help_text="Wajib bila menolak. Peserta membacanya.",
    )
    use_required_attribute = False

    def clean(self) -> dict[str, Any]:
        """A refusal without a reason is none."""
        data = super().clean() or self.cleaned_data
        if data.get("decision") == "tolak" and "answer" in data and not data["answer"]:
            self.add_error("answer", "Tulis alasan menolak dengan satu atau dua kalimat.")
        return data


class QueueFilterForm(forms.Form):
    """What the queue shows."""

    status = CodeField(
        label="Status",
        required=False,
        choices=(("", "Menunggu jawaban"), ("semua", "Semua"), *RequestStatus.choices[2:]),
    )
    jenis = CodeField(label="Jenis", required=False, choices=(("", "Semua jenis"), *RequestKind.choices))
    q = WordsField(label="Nomor permintaan", required=False, max_length=20)
    use_required_attribute = False
