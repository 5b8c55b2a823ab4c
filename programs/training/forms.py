"""Forms of classes: strings become domain values, nothing else."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from accounts.access import scopes
from accounts.models import Role, User
from centers.models import Center
from core import files
from core.clock import ZONES
from core.fields import CleanedField, CodeField, DayField, PlainTextField, SubmissionField, WordsField
from core.formats import moment
from participants.models import Pathway

from .models import ClassSession, Course, Level, Presence, Question, Seat, TrainerKind, TrainingClass
from .quiz import QuestionText
from .schedule import FURTHEST, LONGEST, MOST_SESSIONS, Slot, length_of, slots_of
from .services import MOST_AT_ONCE

MOST_LINKS = 50
WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
_TIME = re.compile(r"([01]?[0-9]|2[0-3])[.:]([0-5][0-9])", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,5}", re.ASCII)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z", re.ASCII)
_LINK = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?", re.ASCII | re.IGNORECASE)


class CountField(CleanedField):
    """A whole number within bounds."""

    input_attributes = {"inputmode": "numeric", "maxlength": "12"}

    def __init__(self, *, least: int, most: int, **kwargs: Any) -> None:
        self.least, self.most = least, most
        super().__init__(empty_value=None, **kwargs)

    def clean_value(self, value: Any) -> int:
        text = str(value).strip()
        if not _COUNT.fullmatch(text) or not self.least <= int(text) <= self.most:
            raise ValidationError(f"Tulis angka {self.least} sampai {self.most}.", code="count")
        return int(text)


class TimeOfDayField(CleanedField):
    """An hour of the day as people write it: 09.00 or 9:00."""

    input_attributes = {"inputmode": "numeric", "maxlength": "12"}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(empty_value=None, **kwargs)

    def clean_value(self, value: Any) -> time:
        match = _TIME.fullmatch(str(value).strip())
        if match is None:
            raise ValidationError("Tulis jamnya seperti 09.00.", code="time")
        return time(int(match[1]), int(match[2]))

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%H.%M}" if isinstance(value, time) else value


class LinkField(CleanedField):
    """An https address; "" when left empty."""

    input_attributes = {"inputmode": "url", "maxlength": "300"}

    def clean_value(self, value: Any) -> str:
        return clean_link(str(value))


def clean_link(text: str) -> str:
    """Raise ValidationError for anything but an https address of at most 300 characters."""
    text = text.strip()
    if len(text) > 300 or not _LINK.fullmatch(text):
        raise ValidationError("Tulis tautan yang diawali https://.", code="link")
    return text


class PicksField(forms.MultipleChoiceField):
    """Some of the stored codes; what was sent is never shown back."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, choices: Any, wrong: str = "Pilih dari daftar.", **kwargs: Any) -> None:
        messages = {"required": wrong, "invalid_choice": wrong, "invalid_list": wrong}
        super().__init__(choices=choices, error_messages=messages, **kwargs)


class SentOnceForm(forms.Form):
    """A form that makes something: `submission_id` becomes the id of what is made, so that a form sent twice
    makes it once. A worn-out form gets a fresh id."""

    submission_id = SubmissionField(initial=uuid4)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if "submission_id" in self.errors:
            self.data = {**self.data.dict(), "submission_id": str(uuid4())}  # type: ignore[attr-defined]
        return data


class CatalogueForm(forms.Form):
    """Where, which level, from when, only what is still open; everything may be left open."""

    use_required_attribute = False

    wilayah = WordsField(label="Kecamatan atau kota Anda", max_length=80, required=False)
    tingkat = CodeField(label="Tingkat", choices=[("", "Semua tingkat"), *Level.choices], required=False)
    mulai = DayField(label="Mulai dari tanggal", required=False)
    buka = forms.BooleanField(label="Masih ada tempat", required=False)


class CourseForm(SentOnceForm):
    """What is written about a course; topics and materials one a line."""

    use_required_attribute = False

    title = WordsField(label="Nama kursus", max_length=120, required_text="Tulis nama kursusnya.")
    level = CodeField(label="Tingkat", choices=Level.choices, required_text="Pilih tingkatnya.")
    pathways = PicksField(
        label="Untuk jalur", choices=Pathway.choices, required=False,
        help_text="Tidak dipilih satu pun: untuk semua jalur.",
    )  # fmt: skip
    aims = WordsField(
        label="Sesudah kursus, peserta bisa apa?", max_length=1000, multiline=True,
        required_text="Tulis tujuannya dengan satu atau dua kalimat.",
    )  # fmt: skip
    hours = CountField(
        label="Jam pelajaran seluruhnya", least=1, most=500, required_text="Tulis jumlah jamnya."
    )
    topics = WordsField(
        label="Topik pertemuan", max_length=8000, multiline=True,
        help_text=f"Satu baris untuk satu pertemuan, paling banyak {MOST_SESSIONS}.",
        required_text="Tulis topiknya, satu baris untuk satu pertemuan.",
    )  # fmt: skip
    materials = PlainTextField(
        label="Bahan berupa tautan", max_length=8000, multiline=True, required=False,
        help_text="Satu baris untuk satu bahan: judul, garis tegak, tautan. "
        f"Contoh: Buku kas | https://contoh.id/buku-kas. Paling banyak {MOST_LINKS} baris.",
    )  # fmt: skip
    removed = PicksField(label="Hapus berkas ini", choices=[], required=False)
    center = CodeField(label="Milik pusat", choices=[], required_text="Pilih pusat pemiliknya.")
    is_active = forms.BooleanField(label="Bisa dipakai untuk kelas baru", required=False, initial=True)

    def __init__(self, *args: Any, actor: User, course: Course | None = None, **kwargs: Any) -> None:
        if course is not None:
            kwargs["initial"] = {
                "title": course.title, "level": course.level, "pathways": course.pathways,
                "aims": course.aims, "hours": course.hours, "is_active": course.is_active,
                "topics": "\n".join(topic.title for topic in course.topics.all()),
                "materials": "\n".join(f"{one.title} | {one.url}" for one in course.materials.links()),
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        own_files = course.materials.stored() if course else []
        self.fields["removed"].choices = [(str(one.pk), one.title) for one in own_files]  # type: ignore[attr-defined]
        if not own_files:
            del self.fields["removed"]
        if course is not None:
            del self.fields["center"], self.fields["submission_id"]
            return
        own = [(one.pk, one.name) for one in centers_of(actor)]
        if scopes(actor, Role.ADMIN):
            own.insert(0, ("ID", "Seluruh program"))
        self.fields["center"].choices = own  # type: ignore[attr-defined]
        if len(own) == 1:
            self.fields["center"].initial = own[0][0]

    def clean_topics(self) -> list[str]:
        """Every line is a topic."""
        lines = [line.strip() for line in self.cleaned_data["topics"].splitlines() if line.strip()]
        if len(lines) > MOST_SESSIONS or any(len(line) > 120 for line in lines):
            raise ValidationError(f"Paling banyak {MOST_SESSIONS} baris, masing-masing 120 huruf.")
        return lines

    def clean_materials(self) -> list[tuple[str, str]]:
        """Every line is a title and an address."""
        found = []
        for line in self.cleaned_data["materials"].splitlines():
            title, bar, link = (part.strip() for part in line.rpartition("|"))
            if not line.strip():
                continue
            if not (title and bar) or len(title) > 120:
                raise ValidationError("Tulis setiap baris seperti: judul | https://contoh.id/bahan")
            found.append((title, clean_link(link)))
        if len(found) > MOST_LINKS:
            raise ValidationError(f"Paling banyak {MOST_LINKS} tautan, tertulis {len(found)}.")
        return found


class MaterialForm(forms.Form):
    """A file to read, with its title."""

    use_required_attribute = False
    title = WordsField(label="Judul", max_length=120, required_text="Tulis judulnya.")
    file = forms.FileField(
        label="Berkas",
        help_text=f"PDF, JPG atau PNG, paling besar {files.upload_limit() // 1_048_576} MB.",
        error_messages=dict.fromkeys(("required", "invalid", "missing", "empty"), "Pilih berkasnya."),
        widget=forms.FileInput(
            attrs={"accept": "application/pdf,image/jpeg,image/png", "data-max": files.upload_limit()}
        ),
    )


class QuestionForm(SentOnceForm):
    """A question with two to five choices, one of them right."""

    use_required_attribute = False
    text = WordsField(label="Pertanyaan", max_length=300, required_text="Tulis pertanyaannya.")
    choice_1 = WordsField(label="Pilihan A", max_length=120, required_text="Tulis pilihan A.")
    choice_2 = WordsField(label="Pilihan B", max_length=120, required_text="Tulis pilihan B.")
    choice_3 = WordsField(label="Pilihan C", max_length=120, required=False)
    choice_4 = WordsField(label="Pilihan D", max_length=120, required=False)
    choice_5 = WordsField(label="Pilihan E", max_length=120, required=False)
    answer = CodeField(
        label="Jawaban yang benar", choices=[(letter, letter) for letter in "ABCDE"],
        widget=forms.RadioSelect, required_text="Pilih jawaban yang benar.",
    )  # fmt: skip
    removed = forms.BooleanField(label="Hapus soal ini", required=False)

    def __init__(self, *args: Any, question: Question | None = None, **kwargs: Any) -> None:
        if question is not None:
            written = {f"choice_{n}": text for n, text in enumerate(question.choices, start=1)}
            kwargs["initial"] = {"text": question.text, "answer": "ABCDE"[question.answer], **written}
        super().__init__(*args, **kwargs)
        del self.fields["removed" if question is None else "submission_id"]

    def clean(self) -> dict[str, Any]:
        """Choices without a gap, no two alike, the right one among them."""
        data: dict[str, Any] = super().clean() or {}
        choices = [data.get(f"choice_{n}", "") for n in range(1, 6)]
        filled = [text for text in choices if text]
        if choices[: len(filled)] != filled:
            self.add_error(f"choice_{len(filled) + 1}", ValidationError("Isi pilihan berurutan dari A."))
        elif len({text.casefold() for text in filled}) < len(filled):
            self.add_error(f"choice_{len(filled)}", ValidationError("Dua pilihan sama. Tulis yang lain."))
        elif data.get("answer") and "ABCDE".index(data["answer"]) >= len(filled):
            self.add_error("answer", ValidationError("Pilihan ini kosong."))
        return data

    def written(self) -> QuestionText:
        """The question, once the form is valid."""
        data = self.cleaned_data
        filled = [data[f"choice_{n}"] for n in range(1, 6) if data[f"choice_{n}"]]
        return QuestionText(data["text"], filled, "ABCDE".index(data["answer"]))


class QuizForm(forms.Form):
    """The questions of a course, one answer each: `q-<question id>`."""

    use_required_attribute = False

    def __init__(self, *args: Any, questions: list[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = {f"q-{one.pk}": one.pk for one in questions}
        for one in questions:
            self.fields[f"q-{one.pk}"] = CodeField(
                label=one.text, choices=[(str(n), text) for n, text in enumerate(one.choices)],
                widget=forms.RadioSelect, required_text="Pilih satu jawaban. Belum tahu? Pilih yang mungkin.",
            )  # fmt: skip

    def chosen(self) -> dict[UUID, int]:
        """Question id → place of the chosen answer."""
        return {pk: int(self.cleaned_data[name]) for name, pk in self.questions.items()}


class SurveyForm(forms.Form):
    """How somebody liked a class, in a number and a few words."""

    use_required_attribute = False
    rating = CodeField(
        label="Bagaimana kelas ini?",
        choices=[("5", "5, sangat bagus"), ("4", "4, bagus"), ("3", "3, cukup"), ("2", "2, kurang"),
                 ("1", "1, buruk")],
        widget=forms.RadioSelect, required_text="Pilih nilai 1 sampai 5.",
    )  # fmt: skip
    words = WordsField(
        label="Apa yang sebaiknya tetap, apa yang diubah?", max_length=500, multiline=True, required=False,
        help_text="Jangan tulis nama atau nomor. Pelatih membaca kata-katanya, tanpa nama Anda.",
    )  # fmt: skip


class ClassEditForm(forms.Form):
    """What may be changed about a class as long as it is not over: everything but its sessions."""

    use_required_attribute = False

    name = WordsField(
        label="Nama angkatan", max_length=80, help_text="Contoh: Angkatan 3.",
        required_text="Tulis nama angkatannya.",
    )  # fmt: skip
    place = WordsField(
        label="Tempat", max_length=200, required=False, help_text="Ruang dan alamat. Kosong bila daring."
    )
    online_url = LinkField(
        label="Tautan daring", required=False, help_text="Hanya tampil untuk peserta kelas."
    )
    trainers = PicksField(label="Pelatih", choices=[], required=False)
    trainer_kind = CodeField(
        label="Pelatih yang bukan pendamping", choices=TrainerKind.choices[1:], required=False,
        initial=TrainerKind.PELAKU_USAHA,
    )  # fmt: skip
    opens_on = DayField(label="Pendaftaran dibuka", required_text="Tulis tanggal pendaftaran dibuka.")
    closes_on = DayField(label="Pendaftaran ditutup", required_text="Tulis tanggal pendaftaran ditutup.")
    despite = forms.BooleanField(label="Tetap simpan walau bentrok", required=False)

    def __init__(
        self, *args: Any, trainers: list[User], one: TrainingClass | None = None, **kwargs: Any
    ) -> None:
        self.one = one
        if one is not None:
            kwargs["initial"] = {
                "name": one.name, "place": one.place, "online_url": one.online_url, "opens_on": one.opens_on,
                "closes_on": one.closes_on, "trainers": [str(row.user_id) for row in one.trainers.all()],
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        names = [(str(user.pk), user.display_name) for user in trainers]
        self.fields["trainers"].choices = names  # type: ignore[attr-defined]

    def first_day(self, data: dict[str, Any]) -> date | None:
        """The day of the first session."""
        return self.one.starts_on if self.one else data.get("first_on")

    def clean(self) -> dict[str, Any]:
        """Days in order; somewhere to meet."""
        data: dict[str, Any] = super().clean() or {}
        opens, closes, first = data.get("opens_on"), data.get("closes_on"), self.first_day(data)
        if opens and closes and closes < opens:
            self.add_error("closes_on", ValidationError("Tanggal tutup harus sesudah tanggal buka."))
        if first and closes and first < closes:
            self.add_error("closes_on", ValidationError("Pendaftaran ditutup paling lambat di hari pertama."))
        if not (data.get("place") or data.get("online_url") or {"place", "online_url"} & self.errors.keys()):
            self.add_error("place", ValidationError("Tulis tempatnya, atau tautan daringnya."))
        return data


class HoursForm(forms.Form):
    """From when until when a session takes place; it may end after midnight, but not a day later."""

    begins = TimeOfDayField(label="Jam mulai", required_text="Tulis jam mulainya, misalnya 09.00.")
    ends = TimeOfDayField(label="Jam selesai", required_text="Tulis jam selesainya, misalnya 12.00.")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        begins, ends = data.get("begins"), data.get("ends")
        if begins and ends and length_of(begins, ends) > LONGEST:
            self.add_error("ends", ValidationError("Jam selesai harus sesudah jam mulai."))
        return data


class ClassForm(HoursForm, ClassEditForm, SentOnceForm):
    """A class with its recurring schedule, in the hours of its centre."""

    course = CodeField(label="Kursus", choices=[], required_text="Pilih kursusnya.")
    center = CodeField(label="Pusat", choices=[], required_text="Pilih pusatnya.")
    capacity = CountField(label="Jumlah tempat", least=1, most=500, required_text="Tulis jumlah tempatnya.")
    first_on = DayField(label="Pertemuan pertama", required_text="Tulis tanggal pertemuan pertama.")
    count = CountField(
        label="Berapa pertemuan?", least=1, most=MOST_SESSIONS, required=False,
        help_text="Kosong: sebanyak topik kursusnya.",
    )  # fmt: skip
    weekdays = PicksField(
        label="Hari apa saja?", choices=[(str(n), word) for n, word in enumerate(WEEKDAYS)], required=False,
        help_text="Tidak dipilih satu pun: setiap hari.",
    )  # fmt: skip
    skips_weekends = forms.BooleanField(label="Lewati Sabtu dan Minggu", required=False, initial=True)
    skips_holidays = forms.BooleanField(
        label="Lewati hari libur dan cuti bersama", required=False, initial=True
    )
    field_order = (
        "submission_id", "course", "center", "name", "capacity", "place", "online_url", "trainers",
        "trainer_kind", "first_on", "begins", "ends", "count", "weekdays", "skips_weekends",
        "skips_holidays", "opens_on", "closes_on", "despite",
    )  # fmt: skip

    def __init__(self, *args: Any, actor: User, trainers: list[User], today: date, **kwargs: Any) -> None:
        super().__init__(*args, trainers=trainers, **kwargs)
        self.today = today
        courses = Course.objects.usable_by(actor).active().order_by("title", "pk")
        own = centers_of(actor)
        fields: dict[str, Any] = dict(self.fields)
        fields["course"].choices = [(str(one.pk), f"{one.title} ({one.level_label})") for one in courses]
        fields["center"].choices = [(one.pk, one.name) for one in own]
        fields["opens_on"].initial = today
        if own:
            fields["center"].initial = own[0].pk

    def clean(self) -> dict[str, Any]:
        """A first day that can be; no weekday that is left out at the same time."""
        data = super().clean()
        first = data.get("first_on")
        if first and first < self.today:
            self.add_error("first_on", ValidationError("Tanggal ini sudah lewat. Pilih tanggal di depan."))
        elif first and first > self.today + FURTHEST:
            self.add_error("first_on", ValidationError("Tanggal ini terlalu jauh. Paling lama setahun lagi."))
        left_out = [WEEKDAYS[int(number)] for number in data.get("weekdays", []) if int(number) >= 5]
        if left_out and data.get("skips_weekends"):
            words = (
                f"{' dan '.join(left_out)} dipilih, tetapi Sabtu dan Minggu dilewati. Hapus salah satunya."
            )
            self.add_error("weekdays", ValidationError(words))
        return data


class SessionMoveForm(HoursForm):
    """Another day and hour for one session, local to its class."""

    use_required_attribute = False
    day = DayField(label="Tanggal", required_text="Tulis tanggalnya.")
    despite = forms.BooleanField(label="Tetap simpan walau bentrok", required=False)
    field_order = ("day", "begins", "ends", "despite")

    def __init__(self, *args: Any, session: ClassSession, **kwargs: Any) -> None:
        self.zone = session.training_class.zone
        begins, ends = (at.astimezone(ZoneInfo(self.zone)) for at in (session.starts_at, session.ends_at))
        kwargs["initial"] = {"day": begins.date(), "begins": begins.time(), "ends": ends.time()}
        super().__init__(*args, **kwargs)
        self.fields["begins"].help_text = f"Jam {ZONES[self.zone]}."

    def slot(self) -> Slot:
        """When, once the form is valid."""
        data = self.cleaned_data
        return slots_of([data["day"]], begins=data["begins"], ends=data["ends"], zone=self.zone)[0]


class CapacityForm(forms.Form):
    """Another number of seats."""

    use_required_attribute = False
    capacity = CountField(label="Jumlah tempat", least=1, most=500, required_text="Tulis jumlah tempatnya.")


class CancelForm(forms.Form):
    """Why a class is called off; everybody in it reads this."""

    use_required_attribute = False
    reason = WordsField(
        label="Alasan", max_length=200, required_text="Tulis alasannya. Peserta membacanya.",
        help_text="Contoh: pelatih sakit. Terkirim kepada semua yang terdaftar.",
    )  # fmt: skip


class RevokeForm(forms.Form):
    """Why a certificate is no longer valid; for the staff and the audit log."""

    use_required_attribute = False
    reason = WordsField(
        label="Alasan",
        max_length=200,
        required_text="Tulis alasannya.",
        help_text="Tercatat di catatan audit.",
    )


class EnrolManyForm(forms.Form):
    """Registration numbers, and people picked from the list."""

    use_required_attribute = False
    numbers = PlainTextField(
        label="Nomor pendaftaran", max_length=4000, multiline=True, required=False,
        help_text="Satu baris untuk satu orang. Contoh: OK-26-000123.",
    )  # fmt: skip
    pick = PicksField(label="Peserta yang masih perlu kelas", choices=[], required=False)

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pick"].choices = people  # type: ignore[attr-defined]
        if not people:
            del self.fields["pick"]

    def clean_numbers(self) -> list[str]:
        """The numbers in capitals, each once."""
        words = re.split(r"[\s,;]+", self.cleaned_data["numbers"].upper())
        return list(dict.fromkeys(word for word in words if word))

    def clean(self) -> dict[str, Any]:
        """Somebody must be named."""
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not data.get("numbers") and not data.get("pick"):
            raise ValidationError("Pilih orangnya, atau tulis nomor pendaftarannya.")
        count = len(data.get("numbers", [])) + len(data.get("pick", []))
        if count > MOST_AT_ONCE:
            raise ValidationError(
                f"Paling banyak {MOST_AT_ONCE} orang sekaligus. Ini {count}. Kirim dalam beberapa kali."
            )
        return data


class MoveForm(forms.Form):
    """Into which class somebody moves."""

    use_required_attribute = False
    to = CodeField(
        label="Ke kelas", choices=[], widget=forms.RadioSelect, required_text="Pilih kelas tujuan."
    )

    def __init__(self, *args: Any, classes: list[TrainingClass], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (str(one.pk), f"{one.course.title}, {one.name}, {one.center.name}: {_when_and_room(one)}")
            for one in classes
        ]

    def clean_to(self) -> UUID:
        return UUID(self.cleaned_data["to"])


def _when_and_room(one: TrainingClass) -> str:
    """ "mulai 7 Desember 2026, 09.00 WIB, 3 tempat"."""
    return f"mulai {moment(one.starts_at, one.zone)}, {one.free} tempat"


class InstantField(CleanedField):
    """An instant as a browser writes it (2026-12-07T02:05:00.000Z); None for nothing and for anything else,
    for it is filled in by script and nobody can mend it."""

    widget = forms.HiddenInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(empty_value=None, required=False, **kwargs)

    def clean_value(self, value: Any) -> datetime | None:
        text = str(value)
        if not _INSTANT.fullmatch(text):
            return None
        try:
            return datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            return None


class RollCallForm(forms.Form):
    """How everybody was: one answer a person, `p-<seat id>`. Who is left out of what was sent stays as is.

    Of a finished class (`asks_why`) nobody is marked beforehand, and a reason is asked.
    """

    use_required_attribute = False

    submission_id = SubmissionField(initial=uuid4)
    decided_at = InstantField(widget=forms.HiddenInput(attrs={"data-decided": ""}))

    def __init__(
        self, *args: Any, seats: list[Seat], known: dict[UUID, str], asks_why: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.names = {f"p-{seat.pk}": seat.pk for seat in seats}
        for seat in seats:
            self.fields[f"p-{seat.pk}"] = CodeField(
                label=seat.enrollment.person.full_name, choices=Presence.choices, required=False,
                initial=known.get(seat.pk, "" if asks_why else Presence.HADIR), widget=forms.RadioSelect,
                required_text="Pilih hadir, terlambat, izin, sakit, atau alpa.",
            )  # fmt: skip
        if asks_why:
            self.fields["reason"] = WordsField(
                label="Alasan", max_length=200, required_text="Tulis alasannya.",
                help_text="Contoh: daftar hadir waktu itu di kertas.",
            )  # fmt: skip

    def rows(self) -> list[forms.BoundField]:
        """The answers, one a person, in the order of the list."""
        return [self[name] for name in self.names]

    def clean(self) -> dict[str, Any]:
        """Somebody must be answered for; a worn-out form gets a fresh id."""
        data: dict[str, Any] = super().clean() or {}
        if "submission_id" in self.errors:
            self.data = {**self.data.dict(), "submission_id": str(uuid4())}  # type: ignore[attr-defined]
        if not self.errors and not self.presences():
            raise ValidationError("Belum ada yang ditandai. Pilih kehadiran setiap orang.")
        return data

    def presences(self) -> dict[UUID, Presence]:
        """Seat id → presence, of those that were answered."""
        data = self.cleaned_data
        return {pk: Presence(data[name]) for name, pk in self.names.items() if data.get(name)}


class CorrectionForm(forms.Form):
    """Another presence, and why."""

    use_required_attribute = False
    presence = CodeField(
        label="Kehadiran yang benar", choices=Presence.choices, widget=forms.RadioSelect,
        required_text="Pilih kehadirannya.",
    )  # fmt: skip
    reason = WordsField(
        label="Alasan", max_length=200, required_text="Tulis alasannya.",
        help_text="Contoh: surat dokter diterima. Peserta bisa membacanya.",
    )  # fmt: skip


def centers_of(actor: User) -> list[Center]:
    """The centres whose classes somebody plans."""
    return list(Center.objects.filter(pk__in=scopes(actor, Role.PENGELOLA)).order_by("pk"))
