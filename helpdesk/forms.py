"""What somebody asked, answered or handed over: strings become domain values and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django import forms

from accounts.models import User
from centers.areas import explain_choices, find_district
from centers.models import District
from core.fields import (
    CodeField,
    EmailAddressField,
    PhoneField,
    PlainTextField,
    SubmissionField,
    WordsField,
)

from .models import TEXT_LENGTH, Desk, Kind, TicketStatus, Topic
from .services import Question, Target

KIND_WORDS = (
    {"code": Kind.PERTANYAAN.value, "words": "Saya mau bertanya", "note": "Ingin tahu sesuatu"},
    {"code": Kind.KELUHAN.value, "words": "Saya punya keluhan", "note": "Ada yang tidak beres"},
)
"""The two kinds in the words of whoever writes."""


class PlaceForm(forms.Form):
    """A kecamatan by name or code, with choices where the name is not certain."""

    district = WordsField(
        label="Kecamatan",
        max_length=120,
        required=False,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "spellcheck": "false",
                # While typing the matches appear below as radio buttons; without script the 422 has them.
                "hx-get": "/wilayah/cari/",
                "hx-trigger": "input changed delay:300ms",
                "hx-target": "#kecamatan-cocok",
                "hx-vals": '{"name": "district_pick"}',
            }
        ),
    )
    district_pick = WordsField(max_length=120, required=False)
    district_name = WordsField(
        label="Nama kecamatan",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.district_choices: list[District] = []

    def find_place(self, data: dict[str, Any]) -> None:
        """Put the District, or None for nothing written, into `data`; an error when it is not certain."""
        names = ("district_name", "district_pick", "district")
        if any(name in self.errors for name in names):
            return
        typed = next((data[name] for name in names if data.get(name)), "")
        found = find_district(typed) if typed else []
        if isinstance(found, District):
            self.district_choices, data["district"] = [found], found
            return
        data["district"] = None
        if typed:
            self.district_choices = found
            self.add_error("district", explain_choices(typed, found))

    @property
    def district_chosen(self) -> str:
        """Code of the kecamatan to tick in the list of choices."""
        return self.district_choices[0].pk if self.district_choices and "district" not in self.errors else ""


class QuestionForm(PlaceForm):
    """A question or complaint; whoever is signed in is answered in the portal and leaves no contact."""

    use_required_attribute = False
    field_order = ("kind", "topic", "text", "district", "name", "phone", "email", "checks_self")

    kind = CodeField(
        label="Apa yang ingin Anda sampaikan?",
        choices=Kind.choices,
        widget=forms.RadioSelect,
        required_text="Pilih satu: mau bertanya, atau punya keluhan.",
    )
    topic = CodeField(
        label="Tentang apa?",
        choices=[("", "Pilih yang paling cocok"), *Topic.choices],
        required_text="Pilih yang paling cocok. Bila ragu, pilih Lainnya.",
    )
    text = WordsField(
        label="Ceritakan",
        max_length=TEXT_LENGTH,
        multiline=True,
        help_text="Apa yang terjadi, kapan, dan apa yang Anda harapkan. Tanpa NIK dan nomor HP.",
        required_text="Tulis pertanyaan atau keluhan Anda. Satu atau dua kalimat sudah cukup.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    name = WordsField(
        label="Nama Anda",
        max_length=120,
        required_text="Tulis nama Anda, supaya petugas tahu siapa yang dijawab.",
        widget=forms.TextInput(attrs={"autocomplete": "name", "autocapitalize": "words"}),
    )
    phone = PhoneField(
        label="Nomor HP (WhatsApp)", required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    email = EmailAddressField(
        label="E-mail",
        max_length=254,
        required=False,
        widget=forms.TextInput(
            attrs={"type": "email", "autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    checks_self = forms.BooleanField(
        label="Tidak perlu dihubungi. Saya cek sendiri dengan nomor dan kode.", required=False
    )
    submission_id = SubmissionField()

    def __init__(self, *args: Any, asker: User | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["district"].help_text = "Supaya dijawab pusat terdekat. Tulis nama, boleh sebagian."
        self.is_anonymous = asker is None
        self.next_submission_id = uuid4()
        if not self.is_anonymous:
            for name in ("name", "phone", "email", "checks_self"):
                del self.fields[name]

    def clean_submission_id(self) -> UUID:
        """A refused form keeps its id: it is still the same question."""
        self.next_submission_id = self.cleaned_data["submission_id"]
        return self.next_submission_id

    def clean(self) -> dict[str, Any]:
        """The kecamatan, and one way to bring the answer."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        self.find_place(data)
        contacts = ("phone", "email", "checks_self")
        if self.is_anonymous and not any(data.get(name) or name in self.errors for name in contacts):
            self.add_error(
                "phone", "Tulis nomor HP atau e-mail untuk jawabannya, atau centang “Saya cek sendiri”."
            )
        return data

    def to_question(self) -> Question:
        """The cleaned values of a valid form."""
        data = self.cleaned_data
        return Question(
            kind=Kind(data["kind"]),
            topic=Topic(data["topic"]),
            text=data["text"],
            name=data.get("name", ""),
            phone=data.get("phone", ""),
            email=data.get("email", ""),
            checks_self=data.get("checks_self", False),
            district=data["district"],
        )


class CheckForm(forms.Form):
    """Number and code, in any usual spelling."""

    use_required_attribute = False
    number = PlainTextField(
        label="Nomor",
        max_length=40,
        help_text="Contoh: B-26-000123",
        required_text="Tulis nomor yang Anda catat. Contoh: B-26-000123.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    code = PlainTextField(
        label="Kode",
        max_length=40,
        help_text="8 huruf atau angka, diberikan waktu Anda bertanya",
        required_text="Tulis kode yang Anda catat waktu bertanya.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class MessageForm(forms.Form):
    """One more message of the asker."""

    use_required_attribute = False
    text = WordsField(
        label="Tulis balasan",
        max_length=TEXT_LENGTH,
        multiline=True,
        required_text="Tulis balasan Anda.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class AnswerForm(forms.Form):
    """An answer of the staff."""

    use_required_attribute = False
    text = WordsField(
        label="Jawaban untuk penanya",
        max_length=TEXT_LENGTH,
        multiline=True,
        help_text="Dibaca penanya. Tanpa NIK dan nomor HP.",
        required_text="Tulis jawabannya.",
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    asks_back = forms.BooleanField(label="Ini pertanyaan balik: tunggu balasan penanya", required=False)


class NoteForm(forms.Form):
    """An internal note."""

    use_required_attribute = False
    text = WordsField(
        label="Catatan untuk petugas",
        max_length=TEXT_LENGTH,
        multiline=True,
        help_text="Tidak dibaca penanya.",
        required_text="Tulis catatannya.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CloseForm(forms.Form):
    """How it ended."""

    use_required_attribute = False
    text = WordsField(
        label="Catatan penutup",
        max_length=300,
        required=False,
        help_text="Untuk petugas, misalnya apa yang diperbaiki.",
    )


class HandOverForm(PlaceForm):
    """To whom, and why. `groups`: who may be chosen, by label."""

    use_required_attribute = False
    field_order = ("to", "district", "reason")
    CENTER = "pusat"

    to = CodeField(label="Serahkan kepada", choices=[], required_text="Pilih kepada siapa diserahkan.")
    reason = WordsField(
        label="Alasan",
        max_length=300,
        required_text="Tulis alasannya, supaya penerima langsung mengerti.",
    )

    def __init__(
        self, *args: Any, groups: Sequence[tuple[str, Sequence[User]]], is_about_staff: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices: list[Any] = [("", "Pilih penerima")]
        choices += [
            (label, [(f"orang:{person.pk}", person.display_name) for person in people])
            for label, people in groups
        ]
        desks = [(f"meja:{Desk.DINAS}", "Dinas wilayah ini"), (f"meja:{Desk.SEKRETARIAT}", "Sekretariat PGO")]
        choices.append(("Siapa saja di", desks))
        if not is_about_staff:
            choices.append(("Pusat lain", [(self.CENTER, "Pusat kecamatan di bawah ini")]))
        self.fields["to"].choices = choices  # type: ignore[attr-defined]
        self.fields["district"].label = "Kecamatan pusat lain"
        self.fields["district"].help_text = "Diisi hanya bila memilih pusat lain."

    def clean(self) -> dict[str, Any]:
        """A kecamatan for another centre; for anybody else whatever stands there counts for nothing."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("to") != self.CENTER:
            self.errors.pop("district", None)
            data["district"] = None
            return data
        self.find_place(data)
        if data.get("district") is None and "district" not in self.errors:
            self.add_error("district", "Tulis kecamatan pusat yang menerima.")
        return data

    def target(self) -> Target:
        """The cleaned choice of a valid form."""
        kind, _, value = self.cleaned_data["to"].partition(":")
        if kind == self.CENTER:
            return Target(district=self.cleaned_data["district"])
        return Target(person_id=UUID(value)) if kind == "orang" else Target(desk=Desk(value))


class QueueForm(forms.Form):
    """The filters of the queue. What is not understood is not used."""

    MINE, UNTAKEN = "saya", "belum"
    OPEN = "terbuka"

    q = PlainTextField(label="Nomor atau nama", max_length=80, required=False)
    status = CodeField(
        label="Status",
        required=False,
        choices=[
            ("", "Perlu dijawab petugas"),
            (TicketStatus.DIJAWAB.value, "Sudah dijawab"),
            (TicketStatus.MENUNGGU_PENANYA.value, "Menunggu penanya"),
            (OPEN, "Semua yang belum selesai"),
            (TicketStatus.SELESAI.value, "Selesai"),
        ],
    )
    jenis = CodeField(label="Jenis", required=False, choices=[("", "Semua jenis"), *Kind.choices])
    perihal = CodeField(label="Perihal", required=False, choices=[("", "Semua perihal"), *Topic.choices])
    pemilik = CodeField(
        label="Dipegang",
        required=False,
        choices=[("", "Siapa saja"), (MINE, "Saya"), (UNTAKEN, "Belum diambil")],
    )
    wilayah = PlainTextField(label="Kode wilayah", max_length=8, required=False, help_text="Contoh: 31.74")
    lewat = forms.BooleanField(label="Hanya yang lewat batas", required=False)
