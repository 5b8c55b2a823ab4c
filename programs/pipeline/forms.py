"""Forms of the participant's page: strings become domain values, nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import User
from centers.models import Agency, Center, CoachProfile
from core import files
from core.clock import now, today
from core.fields import CodeField, DayField, NikField, PlainTextField, RupiahField, SharedFields, WordsField
from core.formats import day as format_day
from core.formats import inside
from core.privacy import plain_digits
from core.validators import is_nik_or_phone
from participants.models import BusinessSector, Enrollment, IdentityStatus, Pathway, Stage, Status, StopReason

from .desk import coach_options
from .people import IN_PROGRESS
from .stages import EvidenceChoice, stages_of

MAX_WORKERS = 10_000
ANY_STAGE = [("", "Semua tahap"), *Stage.choices]


class MoveForm(forms.Form):
    """A move without words: only the version the actor had read."""

    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, enrollment: Enrollment, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.enrollment = enrollment
        self.actor = actor
        self.fields["version"].initial = enrollment.version
        self.fields["version"].error_messages = dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            "Halaman ini sudah lama terbuka. Muat ulang, lalu coba lagi.",
        )
        self.prepare()

    def prepare(self) -> None:
        """Fill the choices that depend on the enrollment."""


class ReasonForm(MoveForm):
    """A move that needs a reason."""

    reason = WordsField(
        label="Alasan",
        max_length=500,
        multiline=True,
        help_text="Tersimpan di riwayat dan bisa dibaca pemeriksa.",
        required_text="Tulis alasannya dengan satu atau dua kalimat.",
    )


class CorrectionForm(ReasonForm):
    """A step back, with its reason."""

    to_stage = forms.ChoiceField(
        label="Kembali ke tahap",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Pilih tahap tujuan.",
            "invalid_choice": "Pilih salah satu tahap di bawah.",
        },
    )
    field_order = ("version", "to_stage", "reason")

    def prepare(self) -> None:
        path = stages_of(self.enrollment.pathway)
        here = path.index(Stage(self.enrollment.stage))
        last = here + 1 if self.enrollment.status == "lulus" else here
        self.fields["to_stage"].choices = [(s.value, f"{s.number}. {s.label}") for s in path[:last]]  # type: ignore[attr-defined]


class StopForm(MoveForm):
    """Why a person stops."""

    why = forms.ChoiceField(
        label="Mengapa berhenti?",
        choices=[choice for choice in StopReason.choices if choice[0] != StopReason.GANDA],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Pilih alasannya.",
            "invalid_choice": "Pilih salah satu alasan di bawah.",
        },
    )
    reason = WordsField(label="Keterangan", max_length=500, multiline=True, required=False)


class PathForm(MoveForm):
    """Another path."""

    pathway = forms.ChoiceField(
        label="Jalur baru",
        choices=Pathway.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Pilih jalurnya.", "invalid_choice": "Pilih salah satu jalur di bawah."},
    )
    reason = WordsField(label="Alasan", max_length=500, multiline=True, required=False)

    def prepare(self) -> None:
        others = [choice for choice in Pathway.choices if choice[0] != self.enrollment.pathway]
        self.fields["pathway"].choices = others  # type: ignore[attr-defined]


class CenterForm(MoveForm):
    """An open centre for somebody who waits for one."""

    center = forms.ModelChoiceField(
        label="Pusat",
        queryset=Center.objects.none(),
        empty_label="Pilih pusat",
        error_messages={"required": "Pilih pusatnya.", "invalid_choice": "Pilih salah satu pusat yang buka."},
    )
    reason = WordsField(
        label="Alasan bila pusat sudah penuh",
        max_length=200,
        required=False,
        help_text="Hanya perlu bila pusat yang dipilih sudah penuh. Tersimpan di riwayat.",
    )

    def prepare(self) -> None:
        province = self.enrollment.district_id[:2]
        self.fields["center"].queryset = Center.objects.open().in_area(province).with_place().order_by("code")  # type: ignore[attr-defined]


class IdentityForm(MoveForm):
    """What was seen of a person's identity. Nothing is preselected: it has to be looked at."""

    status = forms.ChoiceField(
        label="Hasil pemeriksaan",
        choices=[
            (IdentityStatus.DIVERIFIKASI.value, "Cocok: nama, NIK, dan tanggal lahir sama dengan KTP"),
            (IdentityStatus.DOKUMEN_DILIHAT.value, "KTP dilihat, belum dicocokkan semua"),
            (IdentityStatus.DIKETIK.value, "Tidak cocok: peserta diminta memperbaiki data"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Pilih hasilnya.", "invalid_choice": "Pilih salah satu hasil di bawah."},
    )
    note = WordsField(
        label="Apa yang tidak cocok?",
        max_length=200,
        required=False,
        help_text="Hanya bila tidak cocok. Contoh: tanggal lahir di KTP 12 Mei 1990.",
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("status") == IdentityStatus.DIKETIK and not data.get("note"):
            self.add_error("note", ValidationError("Tulis apa yang tidak cocok, supaya peserta tahu."))
        return data


class NikForm(MoveForm):
    """The NIK of a person who registered without one."""

    nik = NikField(label="NIK", help_text="16 angka di KTP atau Kartu Keluarga.")


class GoalForm(MoveForm):
    """What the person wants to reach."""

    goal = WordsField(
        label="Tujuan",
        max_length=300,
        multiline=True,
        help_text="Contoh: jualan kue kering sampai toko oleh-oleh dalam enam bulan.",
        required_text="Tulis tujuannya dengan satu kalimat.",
    )

    def prepare(self) -> None:
        self.fields["goal"].initial = self.enrollment.goal


class AgencyForm(MoveForm):
    """The SKPD pembina."""

    agency = forms.ModelChoiceField(
        label="SKPD pembina",
        queryset=Agency.objects.none(),
        empty_label="Pilih SKPD",
        error_messages={"required": "Pilih SKPD-nya.", "invalid_choice": "Pilih salah satu SKPD di daftar."},
    )

    def prepare(self) -> None:
        field = self.fields["agency"]
        field.queryset = Agency.objects.for_area(self.enrollment.district_id).supervising()  # type: ignore[attr-defined]
        field.initial = self.enrollment.agency_id


class CoachForm(MoveForm):
    """A coach of the centre, the best fitting first, with what the coach should know."""

    coach = forms.ModelChoiceField(
        label="Pendamping",
        queryset=CoachProfile.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={
            "required": "Pilih pendampingnya.",
            "invalid_choice": "Pilih salah satu pendamping di bawah.",
        },
    )
    note = WordsField(
        label="Pesan serah terima",
        max_length=300,
        multiline=True,
        required=False,
        help_text="Apa yang perlu diketahui pendamping. Contoh: paling mudah dihubungi sesudah magrib.",
    )
    reason = WordsField(
        label="Alasan",
        max_length=300,
        required=False,
        help_text="Hanya perlu bila pendamping atau pusat sudah penuh. Tampil di riwayat.",
        required_text="Tulis alasan mengapa peserta dialihkan ke pendamping lain.",
    )

    def prepare(self) -> None:
        if self.enrollment.coach_id is not None:
            self.fields["reason"].required = True
            self.fields["reason"].label = "Alasan dialihkan"
            self.fields["reason"].help_text = "Contoh: pendamping sebelumnya pindah tugas. Tampil di riwayat."
        self.options = coach_options(self.enrollment, at=now())
        field = self.fields["coach"]
        field.queryset = coaches_of(self.enrollment)  # type: ignore[attr-defined]
        field.choices = [(option.profile.pk, option.label) for option in self.options]  # type: ignore[attr-defined]


def coaches_of(enrollment: Enrollment) -> Any:
    """Coaches of the enrollment's centre who take people now."""
    return (
        CoachProfile.objects.accepting()
        .filter(center_id=enrollment.center_id)
        .exclude(user__person=enrollment.person_id)
        .select_related("user")
    )


class BusinessForm(MoveForm):
    """The business record. Money in whole rupiah."""

    name = WordsField(label="Nama usaha", max_length=120, required_text="Tulis nama usahanya.")
    sector = forms.ChoiceField(
        label="Bidang",
        choices=[("", "Pilih bidang"), *BusinessSector.choices],
        error_messages={
            "required": "Pilih bidangnya.",
            "invalid_choice": "Pilih salah satu bidang di daftar.",
        },
    )
    address = WordsField(
        label="Alamat usaha",
        max_length=300,
        help_text="Boleh sama dengan alamat rumah.",
        required_text="Tulis alamat usahanya.",
    )
    capital = RupiahField(
        label="Modal awal",
        help_text="Uang dan alat, tanpa tanah dan bangunan. Contoh: 2.500.000",
        required_text="Tulis modalnya. Boleh 0 bila belum ada.",
    )
    annual_sales = RupiahField(label="Penjualan setahun", help_text="Kira-kira saja.", required=False)
    workers_full_time = forms.IntegerField(
        label="Pekerja tetap selain pemilik",
        min_value=0,
        max_value=MAX_WORKERS,
        error_messages={
            "required": "Tulis jumlahnya. Boleh 0.",
            "invalid": "Tulis dengan angka, misalnya 2.",
            "min_value": "Jumlah pekerja tidak bisa kurang dari 0.",
            "max_value": "Angka ini terlalu besar. Periksa lagi.",
        },
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    workers_part_time = forms.IntegerField(
        label="Pekerja paruh waktu",
        required=False,
        min_value=0,
        max_value=MAX_WORKERS,
        error_messages={
            "invalid": "Tulis dengan angka, misalnya 2.",
            "min_value": "Jumlah pekerja tidak bisa kurang dari 0.",
            "max_value": "Angka ini terlalu besar. Periksa lagi.",
        },
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )


class RevealForm(MoveForm):
    """Why the full data is opened."""

    reason = WordsField(
        label="Mengapa data lengkap dibuka?",
        max_length=200,
        help_text="Contoh: mencocokkan NIK dengan KTP di loket. Peserta bisa melihat alasan ini.",
        required_text="Tulis alasannya.",
    )


class DeclineForm(MoveForm):
    """Why a coach cannot take somebody on."""

    note = WordsField(
        label="Alasan",
        max_length=300,
        required_text="Tulis alasannya, supaya pengelola bisa mencari pendamping lain.",
    )


class EvidenceForm(MoveForm):
    """One proof of the kind chosen in the address."""

    number = PlainTextField(label="Nomor", max_length=60, required=False)
    happened_on = DayField(label="Tanggal", help_text="Contoh: 31/05/2026", required_text="Tulis tanggalnya.")
    file = forms.FileField(
        label="Berkas",
        required=False,
        help_text="Foto (JPG, PNG, WebP) atau PDF, paling besar 5 MB.",
        error_messages={
            "required": "Pilih foto atau berkasnya.",
            "empty": "Berkas ini kosong. Pilih berkas lain.",
            "invalid": "Pilih lagi berkasnya.",
        },
        widget=forms.FileInput(attrs={"accept": files.ACCEPT, "data-max": files.upload_limit()}),
    )
    note = WordsField(label="Catatan", max_length=500, multiline=True, required=False)

    def __init__(self, *args: Any, choice: EvidenceChoice, **kwargs: Any) -> None:
        self.choice = choice
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        spec = self.choice.spec
        if spec.number_label:
            self.fields["number"].label = spec.number_label
            self.fields["number"].required = True
            self.fields["number"].error_messages["required"] = f"Tulis {inside(spec.number_label)}."
        else:
            del self.fields["number"]
        self.fields["file"].required = spec.needs_file
        if not spec.needs_file:
            self.fields["note"].required = not spec.number_label
            self.fields["note"].error_messages["required"] = "Tulis isinya di sini."

    def clean_happened_on(self) -> date:
        """Not in the future; what belongs to the programme, not before the registration. Local days."""
        day: date = self.cleaned_data["happened_on"]
        if day > today(self.enrollment.zone):
            raise ValidationError(
                "Tanggal ini masih di depan. Tulis tanggal yang sudah lewat, atau hari ini."
            )
        if self.choice.spec.is_within_programme and day < self.enrollment.registered_on:
            start = format_day(self.enrollment.registered_on)
            raise ValidationError(f"Tanggal ini sebelum pendaftaran ({start}). Periksa lagi.")
        return day

    def clean_number(self) -> str:
        """As the kind of proof wants it; a NIK or a phone number is neither, and is kept nowhere else."""
        raw = plain_digits(self.cleaned_data.get("number", ""))
        clean = self.choice.spec.clean_number
        if clean and raw:
            return clean(raw)
        if is_nik_or_phone(raw):
            raise ValidationError(
                f"Ini NIK atau nomor HP. Tulis {inside(self.choice.spec.number_label)} saja.",
                code="personal_number",
            )
        return raw


class EvidenceDecisionForm(MoveForm):
    """Accept a proof, or say what to mend."""

    decision = forms.ChoiceField(
        choices=[("terima", "Terima bukti"), ("kembalikan", "Minta perbaikan")],
        error_messages={
            "required": "Pilih terima atau minta perbaikan.",
            "invalid_choice": "Pilih salah satu.",
        },
    )
    rejection = WordsField(
        label="Apa yang perlu diperbaiki?",
        max_length=300,
        required=False,
        help_text="Contoh: nomornya tidak terbaca, foto lagi di tempat terang.",
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("decision") == "kembalikan" and not data.get("rejection"):
            self.add_error(
                "rejection", ValidationError("Tulis apa yang perlu diperbaiki, supaya peserta tahu.")
            )
        return data


class PeopleFilterForm(forms.Form):
    """Search and filters of the people list; a value that makes no sense is simply not applied."""

    q = forms.CharField(label="Nama, nomor pendaftaran, NIK, atau HP", required=False, max_length=80)
    tahap = CodeField(label="Tahap", required=False, choices=[("", "Semua tahap"), *Stage.choices])
    status = CodeField(
        label="Status",
        required=False,
        choices=[("", "Semua status"), (IN_PROGRESS, "Masih berjalan"), *Status.choices],
    )
    jalur = CodeField(label="Jalur", required=False, choices=[("", "Semua jalur"), *Pathway.choices])
    wilayah = forms.RegexField(
        r"^[0-9]{2}(\.[0-9]{2}){0,2}$", label="Wilayah", required=False,
        error_messages={"invalid": "Tulis kode wilayah, misalnya 31.74."},
    )  # fmt: skip
    pusat = forms.RegexField(r"^P[0-9.]{8}(-[0-9]{1,2})?$", label="Pusat", required=False)
    pendamping = forms.UUIDField(label="Pendamping", required=False)
    tahun = forms.IntegerField(
        label="Tahun daftar", required=False, min_value=2017, max_value=2100,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), "Tulis tahunnya, misalnya 2026."),
    )  # fmt: skip
    sampai = CodeField(label="Pernah sampai", required=False, choices=[("", "Semua"), *Stage.choices])
    selesai = CodeField(label="Selesai tahap", required=False, choices=[("", "Semua"), *Stage.choices])
    dispensasi = CodeField(label="Dispensasi tahap", required=False, choices=[("", "Semua"), *Stage.choices])
    lewat = CodeField(label="Lewat tahap", required=False, choices=[("", "Semua"), *Stage.choices])
    izin = forms.BooleanField(label="Punya izin dasar", required=False)
    diam = forms.BooleanField(label="Diam lewat batas", required=False)
    bukti = forms.BooleanField(label="Bukti menunggu", required=False)


PeopleFilterForm.base_fields = SharedFields(PeopleFilterForm.base_fields)
