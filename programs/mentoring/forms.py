"""Forms of contact: strings become domain values, nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError

from core.clock import next_working_day, today
from core.fields import CodeField, DayField, SubmissionField, WordsField
from core.formats import day as format_day
from core.formats import day_long
from participants.models import Enrollment, Status

from .models import MOST_DAYS_PUT_OFF, ContactKind, ContactOutcome
from .services import FURTHEST_DAYS, OLDEST_DAYS, default_next_day


class DayForm(forms.Form):
    """A form about one enrollment on its own local day."""

    def __init__(self, *args: Any, enrollment: Enrollment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.enrollment = enrollment
        self.today = today(enrollment.zone)
        self.prepare()

    def prepare(self) -> None:
        """Fill what depends on the enrollment and the day."""


class ContactForm(DayForm):
    """One contact: how, with what result, what was said, what was agreed, when to speak next."""

    submission_id = SubmissionField(initial=uuid4)
    kind = CodeField(
        label="Lewat apa?",
        choices=ContactKind.choices,
        widget=forms.RadioSelect,
        required_text="Pilih caranya: telepon, WhatsApp, kunjungan, atau catatan.",
    )
    outcome = CodeField(
        label="Hasilnya?",
        choices=ContactOutcome.choices,
        widget=forms.RadioSelect,
        required=False,
        help_text="Untuk catatan tidak perlu dipilih.",
        required_text="Pilih hasilnya: tersambung, tidak dijawab, atau pesan terkirim.",
    )
    note = WordsField(
        label="Apa kabarnya?",
        max_length=500,
        multiline=True,
        required=False,
        help_text="Satu atau dua kalimat. Tanpa NIK dan nomor HP. Wajib bila tersambung.",
    )
    agreed = WordsField(
        label="Yang disepakati",
        max_length=200,
        required=False,
        help_text="Contoh: mengirim daftar harga bahan. Tampil di daftar hari ini.",
    )
    next_on = DayField(label="Kontak berikutnya", required=False)
    happened_on = DayField(label="Tanggal kontak", required_text="Tulis tanggal kontaknya.")
    is_shared = forms.BooleanField(label="Peserta boleh membaca catatan ini", required=False)

    def prepare(self) -> None:
        is_out_of_reach = self.enrollment.status == Status.TIDAK_TERHUBUNGI
        reached, tried = (
            day_long(default_next_day(outcome, self.today, is_out_of_reach=is_out_of_reach))
            for outcome in (ContactOutcome.TERSAMBUNG, ContactOutcome.TIDAK_DIJAWAB)
        )
        hint = f"Bila dikosongkan: {reached} kalau tersambung, {tried} kalau tidak."
        if reached == tried:
            hint = f"Bila dikosongkan: {reached}."
        self.fields["next_on"].help_text = hint if self.enrollment.is_open else ""
        self.fields["happened_on"].initial = self.today

    def clean_happened_on(self) -> date:
        """From thirty days ago, but not before the registration, until today; local days."""
        day: date = self.cleaned_data["happened_on"]
        if day > self.today:
            raise ValidationError("Tanggal ini masih di depan. Tulis hari ini atau tanggal yang sudah lewat.")
        if day < self.today - timedelta(days=OLDEST_DAYS):
            raise ValidationError(
                f"Tanggal ini lebih dari {OLDEST_DAYS} hari lalu. Tulis sebagai catatan bertanggal hari ini."
            )
        if day < self.enrollment.registered_on:
            start = format_day(self.enrollment.registered_on)
            raise ValidationError(f"Tanggal ini sebelum pendaftaran ({start}). Periksa lagi.")
        return day

    def clean_next_on(self) -> date | None:
        """From today, at most three months ahead."""
        day: date | None = self.cleaned_data["next_on"]
        if day is not None and day < self.today:
            raise ValidationError("Tanggal ini sudah lewat. Tulis hari ini atau tanggal di depan.")
        if day is not None and day > self.today + timedelta(days=FURTHEST_DAYS):
            raise ValidationError(f"Tanggal ini terlalu jauh. Paling lama {FURTHEST_DAYS} hari lagi.")
        return day

    def clean(self) -> dict[str, Any]:
        """Kind, result and words must fit each other."""
        data: dict[str, Any] = super().clean() or {}
        if "submission_id" in self.errors:
            self.data = {**self.data.dict(), "submission_id": str(uuid4())}  # type: ignore[attr-defined]
        kind, outcome = data.get("kind"), data.get("outcome")
        if kind == ContactKind.CATATAN:
            data["outcome"] = outcome = ""
        elif kind and not outcome and "outcome" not in self.errors:
            self.add_error("outcome", ValidationError(self.fields["outcome"].error_messages["required"]))
        if outcome == ContactOutcome.PESAN_TERKIRIM and kind != ContactKind.WHATSAPP:
            self.add_error(
                "outcome", ValidationError("Pesan terkirim hanya untuk WhatsApp. Pilih yang lain.")
            )
        needs_words = kind == ContactKind.CATATAN or outcome == ContactOutcome.TERSAMBUNG
        if needs_words and not data.get("note") and "note" not in self.errors:
            self.add_error("note", ValidationError("Tulis singkat apa kabarnya."))
        if data.get("agreed") and outcome != ContactOutcome.TERSAMBUNG and "outcome" not in self.errors:
            self.add_error(
                "agreed", ValidationError("Kesepakatan hanya bila tersambung. Kosongkan, atau ubah hasilnya.")
            )
        return data


class SnoozeForm(DayForm):
    """Until when, and why."""

    until_on = DayField(label="Tampilkan lagi tanggal", required_text="Tulis tanggalnya.")
    reason = WordsField(
        label="Alasan",
        max_length=200,
        help_text="Contoh: pulang kampung sampai akhir bulan. Tanpa NIK dan nomor HP.",
        required_text="Tulis alasannya dengan beberapa kata.",
    )

    def prepare(self) -> None:
        self.fields["until_on"].initial = next_working_day(self.today + timedelta(days=6))
        last = format_day(self.today + timedelta(days=MOST_DAYS_PUT_OFF))
        self.fields["until_on"].help_text = f"Mulai besok, paling lama {last}."

    def clean_until_on(self) -> date:
        """From tomorrow, at most thirty days ahead; local days."""
        day: date = self.cleaned_data["until_on"]
        if day <= self.today:
            raise ValidationError("Pilih tanggal mulai besok.")
        if day > self.today + timedelta(days=MOST_DAYS_PUT_OFF):
            raise ValidationError(f"Terlalu lama. Paling lama {MOST_DAYS_PUT_OFF} hari lagi.")
        return day
