"""Forms of sessions: strings become domain values, nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from core import files
from core.clock import ZONES, now
from core.fields import CodeField, DayField, PlainTextField, SubmissionField, WordsField
from core.formats import day as format_day
from programs.training.forms import TimeOfDayField, clean_link

from .forms import DayForm
from .models import MentoringSession, PlaceKind, SessionStatus
from .services import FURTHEST_DAYS, OLDEST_DAYS
from .sessions import Outcome, Place, instant

CAME = [(SessionStatus.TERLAKSANA.value, "Jadi bertemu"), (SessionStatus.TIDAK_DATANG.value, "Tidak datang")]
_words = WordsField(max_length=200)


class PlaceAndTime(DayForm):
    """When, where and about what; one line takes the address of a visit or the link of a video call."""

    submission_id = SubmissionField(initial=uuid4)
    day = DayField(label="Tanggal", required_text="Tulis tanggalnya.")
    begins = TimeOfDayField(label="Pukul", required_text="Tulis jamnya, misalnya 14.00.")
    place_kind = CodeField(
        label="Di mana?",
        choices=PlaceKind.choices,
        widget=forms.RadioSelect,
        required_text="Pilih tempatnya.",
    )
    where = PlainTextField(
        label="Alamat atau tautan",
        max_length=300,
        required=False,
        help_text="Kunjungan: alamatnya. Video: tautannya, diawali https://. Selain itu boleh dikosongkan.",
    )
    topic = WordsField(
        label="Tentang apa?", max_length=120, required_text="Tulis topiknya dengan beberapa kata.",
        help_text="Contoh: menghitung harga jual.",
    )  # fmt: skip

    def __init__(self, *args: Any, session: MentoringSession | None = None, **kwargs: Any) -> None:
        self.session = session
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        zone = self.enrollment.zone
        self.fields["begins"].help_text = f"Jam {ZONES[zone]}, misalnya 14.00."
        if self.session is not None:
            local = self.session.starts_at.astimezone(ZoneInfo(zone))
            self.initial.update(
                {
                    "day": local.date(),
                    "begins": local.time(),
                    "place_kind": self.session.place_kind,
                    "where": self.session.link or self.session.place,
                    "topic": self.session.topic,
                }
            )
        self.prepare_rest()

    def prepare_rest(self) -> None:
        """What a form of its own fills in beforehand."""

    def clean_where(self) -> str:
        """A link, or an address without NIK and phone."""
        text: str = self.cleaned_data["where"]
        if text.lower().startswith("https://"):
            return clean_link(text)
        return str(_words.clean_value(text)) if text else ""

    def clean(self) -> dict[str, Any]:
        """Day and hour make one moment, on the right side of now."""
        data: dict[str, Any] = super().clean() or {}
        if "submission_id" in self.errors:
            self.data = {**self.data.dict(), "submission_id": str(uuid4())}  # type: ignore[attr-defined]
        if data.get("day") and data.get("begins"):
            self.check_moment(data["day"])
        if data.get("place_kind") and "where" in data:
            self.check_place()
        return data

    def check_place(self) -> None:
        """Whoever is to come has to know where: a visit has its address, a video call its link."""
        place = self.place()
        if place.kind == PlaceKind.DARING and not place.link:
            self.add_error("where", ValidationError("Tempel tautan videonya, diawali https://."))
        elif place.kind == PlaceKind.KUNJUNGAN and not place.address:
            self.add_error("where", ValidationError("Tulis alamat yang dikunjungi."))

    def check_moment(self, day: date) -> None:
        """Refuse a day on the wrong side of today."""
        if instant(day, self.cleaned_data["begins"], self.enrollment.zone) <= now():
            self.add_error("day", ValidationError("Waktu ini sudah lewat. Pilih waktu di depan."))
        elif day > self.today + timedelta(days=FURTHEST_DAYS):
            self.add_error(
                "day", ValidationError(f"Tanggal ini terlalu jauh. Paling lama {FURTHEST_DAYS} hari lagi.")
            )

    def place(self) -> Place:
        """Where, as the acts take it."""
        text = self.cleaned_data["where"]
        is_link = text.lower().startswith("https://")
        kind = PlaceKind(self.cleaned_data["place_kind"])
        return Place(kind, address="" if is_link else text, link=text if is_link else "")

    def values(self) -> dict[str, Any]:
        """What the acts on a time and a place take."""
        data = self.cleaned_data
        return {"place": self.place(), "topic": data["topic"], "day": data["day"], "begins": data["begins"]}


class RecordForm(PlaceAndTime):
    """How a session went."""

    came = CodeField(
        label="Jadi bertemu?",
        choices=CAME,
        widget=forms.RadioSelect,
        required_text="Pilih salah satu: jadi bertemu, atau tidak datang.",
    )
    done = WordsField(
        label="Apa yang dikerjakan?",
        max_length=800,
        multiline=True,
        required=False,
        help_text="Dibaca peserta. Beberapa kalimat, tanpa NIK dan nomor HP. Wajib bila jadi bertemu.",
    )
    agreed = WordsField(
        label="Yang disepakati",
        max_length=200,
        required=False,
        help_text="Dibaca peserta. Contoh: mencoba harga baru selama seminggu.",
    )
    next_on = DayField(
        label="Kontak berikutnya", required=False, help_text="Boleh dikosongkan: seminggu lagi."
    )
    private_note = WordsField(
        label="Catatan pribadi",
        max_length=800,
        multiline=True,
        required=False,
        help_text="Tidak dibaca peserta, hanya pendamping dan pengelola.",
    )
    field_order = [
        "submission_id", "came", "day", "begins", "place_kind", "where", "topic", "done", "agreed", "next_on",
        "private_note",
    ]  # fmt: skip

    def prepare_rest(self) -> None:
        self.initial.setdefault("came", SessionStatus.TERLAKSANA.value)
        if self.session is None:
            local = now().astimezone(ZoneInfo(self.enrollment.zone))
            self.initial.update(
                {"day": local.date(), "begins": local.time().replace(second=0, microsecond=0)}
            )

    def check_place(self) -> None:
        """Where it was may be left open: it is over."""

    def check_moment(self, day: date) -> None:
        if instant(day, self.cleaned_data["begins"], self.enrollment.zone) > now():
            self.add_error("day", ValidationError("Waktu ini masih di depan. Catat sesudah pertemuannya."))
        elif day < self.today - timedelta(days=OLDEST_DAYS):
            self.add_error(
                "day", ValidationError(f"Pertemuan dicatat paling lama {OLDEST_DAYS} hari sesudahnya.")
            )
        elif day < self.enrollment.registered_on:
            start = format_day(self.enrollment.registered_on)
            self.add_error(
                "day", ValidationError(f"Tanggal ini sebelum pendaftaran ({start}). Periksa lagi.")
            )

    def clean_next_on(self) -> date | None:
        """From today, at most three months ahead."""
        day: date | None = self.cleaned_data["next_on"]
        if day is not None and day < self.today:
            raise ValidationError("Tanggal ini sudah lewat. Tulis hari ini atau tanggal di depan.")
        if day is not None and day > self.today + timedelta(days=FURTHEST_DAYS):
            raise ValidationError(f"Tanggal ini terlalu jauh. Paling lama {FURTHEST_DAYS} hari lagi.")
        return day

    def clean(self) -> dict[str, Any]:
        """Of a session that took place something was done."""
        data = super().clean()
        if (
            data.get("came") == SessionStatus.TERLAKSANA
            and not data.get("done")
            and "done" not in self.errors
        ):
            self.add_error("done", ValidationError("Tulis singkat apa yang dikerjakan."))
        return data

    def outcome(self) -> Outcome:
        """How it went, as the act takes it; of somebody who did not come nothing was done or agreed."""
        data = self.cleaned_data
        came = data["came"] == SessionStatus.TERLAKSANA
        return Outcome(
            came=came,
            done=data["done"] if came else "",
            agreed=data["agreed"] if came else "",
            next_on=data["next_on"],
            private_note=data["private_note"],
        )


class CorrectionForm(RecordForm):
    """What was written down wrongly, with the reason."""

    reason = WordsField(
        label="Mengapa diperbaiki?", max_length=200,
        required_text="Pertemuan ini sudah dicatat. Tulis mengapa catatannya diperbaiki.",
        help_text="Contoh: salah tanggal. Tersimpan di catatan audit.",
    )  # fmt: skip
    field_order = ["submission_id", "reason", *RecordForm.field_order[1:]]

    def prepare_rest(self) -> None:
        known = self.session
        if known is None:
            return
        kept = {name: getattr(known, name) for name in ("done", "agreed", "private_note")}
        self.initial.update({"came": known.status, **kept})
        if known.next_on is not None and known.next_on >= self.today:
            self.initial["next_on"] = known.next_on


class CancelForm(forms.Form):
    """Why a session will not be, or never was."""

    use_required_attribute = False
    reason = WordsField(
        label="Alasan", max_length=200, required_text="Tulis alasannya dengan beberapa kata.",
        help_text="Dibaca peserta. Tanpa NIK dan nomor HP.",
    )  # fmt: skip


class DenyForm(forms.Form):
    """What a participant says of a session that did not take place."""

    use_required_attribute = False
    words = WordsField(
        label="Apa yang sebenarnya terjadi?", max_length=300, multiline=True,
        required_text="Tulis dengan kata-kata Anda sendiri.",
        help_text="Dibaca pendamping dan pengelola pusat. Contoh: saya menunggu, tidak ada yang datang.",
    )  # fmt: skip


class AttachForm(forms.Form):
    """A photo or a document of a session."""

    use_required_attribute = False
    title = WordsField(
        label="Nama lampiran", max_length=80, required_text="Tulis namanya, misalnya: foto daftar harga."
    )
    file = forms.FileField(
        label="Foto atau PDF",
        help_text="Peserta bisa membukanya. Jangan kirim foto KTP di sini.",
        error_messages={"required": "Pilih berkasnya.", "empty": "Berkas ini kosong. Pilih berkas lain."},
        widget=forms.FileInput(attrs={"accept": files.ACCEPT}),
    )
