"""Forms of clinics: strings become domain values, nothing else."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import User
from core.fields import CodeField, DayField, PlainTextField, SubmissionField, WordsField
from core.formats import clock_time
from participants.models import Enrollment
from programs.training.forms import LinkField, PicksField, TimeOfDayField, centers_of

from .clinics import MINUTES, ClinicPlan
from .models import Clinic, ClinicSlot, NextStep


class ClinicForm(forms.Form):
    """Opening hours of one day: where, about what, who sits there."""

    use_required_attribute = False
    submission_id = SubmissionField(initial=uuid4)
    center = CodeField(label="Pusat", choices=[], required_text="Pilih pusatnya.")
    day = DayField(label="Tanggal", required_text="Tulis tanggalnya.")
    begins = TimeOfDayField(label="Dari jam", required_text="Tulis jam mulainya, misalnya 09.00.")
    ends = TimeOfDayField(label="Sampai jam", required_text="Tulis jam selesainya, misalnya 12.00.")
    minutes = CodeField(
        label="Waktu untuk satu orang",
        choices=[(str(many), f"{many} menit") for many in MINUTES],
        initial="20",
        required_text="Pilih berapa menit untuk satu orang.",
    )
    topics = WordsField(
        label="Topik", max_length=200, required_text="Tulis topiknya dengan beberapa kata.",
        help_text="Contoh: izin usaha, harga jual, foto produk.",
    )  # fmt: skip
    place = WordsField(
        label="Tempat", max_length=200, required=False, help_text="Ruang dan alamat. Kosong bila daring."
    )
    link = LinkField(label="Tautan daring", required=False, help_text="Hanya tampil untuk yang punya janji.")
    coaches = PicksField(label="Pendamping yang ada", choices=[], wrong="Pilih dari daftar.")

    def __init__(self, *args: Any, actor: User, coaches: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.centers = {one.pk: one for one in centers_of(actor)}
        self.people = {str(user.pk): user for user in coaches}
        fields: dict[str, Any] = dict(self.fields)
        fields["center"].choices = [(pk, one.name) for pk, one in self.centers.items()]
        fields["coaches"].choices = [(pk, user.display_name) for pk, user in self.people.items()]
        fields["coaches"].error_messages["required"] = "Pilih paling sedikit satu pendamping."
        fields["center"].initial = next(iter(self.centers), None)

    def clean(self) -> dict[str, Any]:
        """Hours in order; somewhere to meet; a worn-out form gets a fresh id."""
        data: dict[str, Any] = super().clean() or {}
        if "submission_id" in self.errors:
            self.data = {**self.data.dict(), "submission_id": str(uuid4())}  # type: ignore[attr-defined]
        begins, ends = data.get("begins"), data.get("ends")
        if begins and ends and ends <= begins:
            self.add_error("ends", ValidationError("Jam selesai harus sesudah jam mulai."))
        if not (data.get("place") or data.get("link") or {"place", "link"} & self.errors.keys()):
            self.add_error("place", ValidationError("Tulis tempatnya, atau tautan daringnya."))
        return data

    def plan(self) -> ClinicPlan:
        """What was filled in, as the act takes it."""
        data = self.cleaned_data
        return ClinicPlan(
            day=data["day"], begins=data["begins"], ends=data["ends"], minutes=int(data["minutes"]),
            topics=data["topics"], place=data["place"], link=data["link"],
            coaches=[self.people[pk] for pk in data["coaches"]],
        )  # fmt: skip


class BookForm(forms.Form):
    """Which hour, and what about."""

    use_required_attribute = False
    slot = CodeField(
        label="Jam berapa?",
        choices=[],
        widget=forms.RadioSelect,
        required_text="Pilih salah satu jam yang masih kosong.",
    )
    topic = WordsField(
        label="Apa yang ingin ditanyakan?", max_length=200, multiline=True,
        required_text="Tulis dengan beberapa kata, supaya pendamping bisa bersiap.",
        help_text="Contoh: cara menghitung harga kue. Tanpa NIK dan nomor HP.",
    )  # fmt: skip

    def __init__(self, *args: Any, clinic: Clinic, slots: list[ClinicSlot], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.data.get("slot")  # one that is gone meanwhile is answered in words by the act
        self.fields["slot"].choices = [  # type: ignore[attr-defined]
            (str(one.pk), clock_time(one.starts_at, clinic.zone))
            for one in slots
            if not one.is_taken or str(one.pk) == chosen
        ]

    def clean_slot(self) -> int:
        return int(self.cleaned_data["slot"])


class NumberForm(forms.Form):
    """Somebody without an appointment: registered or not, and what about."""

    use_required_attribute = False
    submission_id = SubmissionField(initial=uuid4)
    number = PlainTextField(
        label="Nomor pendaftaran", max_length=20, required=False,
        help_text="Contoh: OK-26-000123. Kosong bila belum terdaftar: namanya tidak dicatat.",
    )  # fmt: skip
    topic = WordsField(
        label="Yang ditanyakan", max_length=200, required_text="Tulis topiknya dengan beberapa kata.",
        help_text="Tanpa nama, NIK, dan nomor HP.",
    )  # fmt: skip

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic = clinic
        self.enrollment_id: UUID | None = None

    def clean_number(self) -> str:
        """A participant of this centre who is on the way."""
        number: str = self.cleaned_data["number"].upper()
        if number:
            rows = Enrollment.objects.open().filter(center=self.clinic.center_id, number=number)
            self.enrollment_id = rows.values_list("pk", flat=True).first()
            if self.enrollment_id is None:
                raise ValidationError("Nomor ini bukan nomor peserta aktif pusat ini. Periksa lagi.")
        return number

    def clean(self) -> dict[str, Any]:
        """A worn-out form gets a fresh id."""
        data: dict[str, Any] = super().clean() or {}
        if "submission_id" in self.errors:
            self.data = {**self.data.dict(), "submission_id": str(uuid4())}  # type: ignore[attr-defined]
        return data


class OutcomeForm(forms.Form):
    """What came of a visit."""

    use_required_attribute = False
    outcome = WordsField(
        label="Hasilnya", max_length=400, multiline=True,
        required_text="Tulis hasilnya dengan satu atau dua kalimat.",
        help_text="Dibaca peserta. Tanpa NIK dan nomor HP.",
    )  # fmt: skip
    next_step = CodeField(
        label="Langkah berikutnya", choices=NextStep.choices, widget=forms.RadioSelect,
        required_text="Pilih langkah berikutnya.",
    )  # fmt: skip


class ClinicCancelForm(forms.Form):
    """Why a clinic will not be."""

    use_required_attribute = False
    reason = WordsField(
        label="Alasan", max_length=200, required_text="Tulis alasannya. Yang punya janji membacanya.",
        help_text="Contoh: pendamping sakit.",
    )  # fmt: skip
