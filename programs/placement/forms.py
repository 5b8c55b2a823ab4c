"""Forms of vacancies, applications and placements: strings become domain values, nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import User
from centers.areas import explain_choices, find_district
from centers.models import Center, District
from core.clock import ZONES
from core.fields import CodeField, DayField, PhoneField, RupiahField, SubmissionField, WordsField
from programs.training.forms import CountField, TimeOfDayField

from .access import posting_centers
from .models import Application, Vacancy
from .vacancies import Offer

MOST_PLACES = 1000
MOST_PAY = 1_000_000_000


class BoardForm(forms.Form):
    """What work, and where; everything may be left open."""

    use_required_attribute = False
    cari = WordsField(label="Pekerjaan atau pemberi kerja", max_length=80, required=False)
    wilayah = WordsField(label="Kecamatan atau kota Anda", max_length=80, required=False)


class VacancyForm(forms.Form):
    """A vacancy, new or changed. The place is written as people write it."""

    use_required_attribute = False
    submission_id = SubmissionField(initial=uuid4)
    center = CodeField(label="Dipasang pusat", choices=[], required_text="Pilih pusatnya.")
    position = WordsField(
        label="Pekerjaan", max_length=120, help_text="Contoh: kasir, penjahit, admin gudang.",
        required_text="Tulis pekerjaannya.",
    )  # fmt: skip
    employer = WordsField(
        label="Pemberi kerja", max_length=120, required_text="Tulis nama perusahaan atau pemberi kerjanya."
    )
    district = WordsField(
        label="Kecamatan tempat kerja", max_length=120, help_text="Contoh: Tebet, Jakarta Selatan.",
        required_text="Tulis kecamatan tempat kerjanya.",
    )  # fmt: skip
    pay_from = RupiahField(label="Upah sebulan, dari", least=1, most=MOST_PAY, required=False)
    pay_to = RupiahField(label="Upah sebulan, sampai", least=1, most=MOST_PAY, required=False)
    requirements = WordsField(
        label="Syarat", max_length=1000, multiline=True,
        help_text="Yang benar-benar perlu saja. Tanpa nomor HP: lamaran lewat sini.",
        required_text="Tulis syaratnya. Tidak ada syarat? Tulis: tanpa syarat khusus.",
    )  # fmt: skip
    places = CountField(
        label="Berapa orang dicari?", least=1, most=MOST_PLACES, required_text="Tulis jumlah orangnya."
    )
    until_on = DayField(label="Melamar sampai", required_text="Tulis tanggal terakhir melamar.")

    def __init__(self, *args: Any, actor: User, vacancy: Vacancy | None = None, **kwargs: Any) -> None:
        if vacancy is not None:
            names = ("position", "employer", "pay_from", "pay_to", "requirements", "places", "until_on")
            kwargs["initial"] = {name: getattr(vacancy, name) for name in names} | {
                "district": f"{vacancy.district.name}, {vacancy.district.regency.name}"
            }
        super().__init__(*args, **kwargs)
        if vacancy is not None:
            del self.fields["submission_id"], self.fields["center"]
            return
        own = list(Center.objects.filter(pk__in=posting_centers(actor)).order_by("pk"))
        fields: dict[str, Any] = dict(self.fields)
        fields["center"].choices = [(one.pk, one.name) for one in own]
        if own:
            fields["center"].initial = own[0].pk

    def clean_district(self) -> District:
        """The one kecamatan that is meant; the choices where it is not certain."""
        typed: str = self.cleaned_data["district"]
        found = find_district(typed)
        if not isinstance(found, District):
            raise ValidationError(explain_choices(typed, found))
        return found

    def clean(self) -> dict[str, Any]:
        """Pay is a range: one figure alone stands for both ends. A stale form gets a fresh id."""
        data: dict[str, Any] = super().clean() or {}
        if "submission_id" in self.errors:
            self.data = {**self.data.dict(), "submission_id": str(uuid4())}  # type: ignore[attr-defined]
        if {"pay_from", "pay_to"} & self.errors.keys():
            return data
        low, high = data.get("pay_from"), data.get("pay_to")
        data["pay_from"], data["pay_to"] = low or high, high or low
        if low and high and high < low:
            self.add_error("pay_to", ValidationError("Upah tertinggi tidak bisa kurang dari yang terendah."))
        return data

    def offer(self) -> Offer:
        """The cleaned values of a valid form."""
        names = (
            "employer", "position", "district", "pay_from", "pay_to", "requirements", "places", "until_on",
        )  # fmt: skip
        return Offer(**{name: self.cleaned_data[name] for name in names})


class ReasonForm(forms.Form):
    """Why, in a few words."""

    use_required_attribute = False
    reason = WordsField(label="Alasan", max_length=200, required_text="Tulis alasannya dengan beberapa kata.")

    def __init__(self, *args: Any, label: str = "", help_text: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = label or "Alasan"
        self.fields["reason"].help_text = help_text


class InterviewForm(forms.Form):
    """When and where somebody is to come, by the clock of the vacancy's centre."""

    use_required_attribute = False
    day = DayField(label="Tanggal", required_text="Tulis tanggal wawancaranya.")
    begins = TimeOfDayField(label="Pukul", required_text="Tulis jamnya, misalnya 09.00.")
    place = WordsField(
        label="Datang ke mana, menemui siapa?", max_length=200,
        required_text="Tulis tempatnya. Peserta membacanya.",
    )  # fmt: skip

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        zone = application.vacancy.zone
        if application.interview_at is not None:
            local = application.interview_at.astimezone(ZoneInfo(zone))
            kwargs["initial"] = {
                "day": local.date(), "begins": local.time(), "place": application.interview_place,
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        self.fields["begins"].help_text = f"Jam {ZONES[zone]}, misalnya 09.00."


class AcceptForm(forms.Form):
    """From when somebody works."""

    use_required_attribute = False
    starts_on = DayField(label="Hari pertama kerja", required_text="Tulis hari pertama kerjanya.")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"starts_on": today + timedelta(days=1)})
        super().__init__(*args, **kwargs)


class OwnJobForm(forms.Form):
    """Work that a participant found without the board."""

    use_required_attribute = False
    submission_id = SubmissionField(initial=uuid4)
    employer = WordsField(
        label="Anda bekerja pada siapa?", max_length=120, help_text="Nama perusahaan, toko, atau orangnya.",
        required_text="Tulis nama perusahaan, toko, atau orangnya.",
    )  # fmt: skip
    position = WordsField(
        label="Sebagai apa?", max_length=120, help_text="Contoh: kasir, tukang las.",
        required_text="Tulis pekerjaan Anda.",
    )  # fmt: skip
    starts_on = DayField(label="Hari pertama kerja", required_text="Tulis hari pertama Anda bekerja.")
    phone = PhoneField(
        label="Nomor HP pemberi kerja", required=False,
        help_text="Petugas bertanya kepadanya, sekali saja. Tidak punya? Kosongkan.",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """A stale form gets a fresh id."""
        data: dict[str, Any] = super().clean() or {}
        if "submission_id" in self.errors:
            self.data = {**self.data.dict(), "submission_id": str(uuid4())}  # type: ignore[attr-defined]
        return data


class AskForm(forms.Form):
    """To whom the question goes."""

    use_required_attribute = False
    phone = PhoneField(
        label="Nomor WhatsApp pemberi kerja",
        help_text="Orang yang bisa membenarkan, misalnya atasannya.",
        required_text="Tulis nomor WhatsApp pemberi kerjanya.",
    )
