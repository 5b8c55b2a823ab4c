"""Forms of centres and agencies: strings become domain values and nothing else."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from centers.models import NATION, Agency, Center, District, Province, Regency, Village
from core import clock
from core.fields import CodeField, DayField, PhoneField, WordsField
from participants.models import BusinessSector

AREA = r"\A(ID|[0-9]{2}(\.[0-9]{2}){0,2})\Z"
NEEDS = (
    ("", "Semua pusat"),
    ("pengelola", "Buka tanpa pengelola"),
    ("peserta", "Tutup, masih punya peserta"),
    ("wilayah", "Kode wilayah dicabut"),
)


class PlaceFilterForm(forms.Form):
    """Search and filters of centres."""

    use_required_attribute = False

    q = WordsField(label="Cari nama atau kode", max_length=60, required=False)
    status = CodeField(label="Status", choices=[("", "Semua status"), *Center.Status.choices], required=False)
    perlu = CodeField(label="Perlu tangan", choices=NEEDS, required=False)


class AgencyFilterForm(forms.Form):
    """Search and filters of agencies."""

    use_required_attribute = False

    q = WordsField(label="Cari nama dinas", max_length=60, required=False)
    wilayah = forms.RegexField(
        label="Wilayah", regex=AREA, required=False, help_text="Kode, misalnya 31.74.",
        error_messages={"invalid": "Tulis kode wilayah seperti 31.74, atau ID."},
    )  # fmt: skip


class _ReasonedForm(forms.Form):
    use_required_attribute = False

    reason = WordsField(
        label="Alasan", max_length=300, required_text="Tulis alasannya. Satu kalimat cukup.",
        help_text="Tercatat di catatan audit.",
    )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """What is stored."""
        return {name: value for name, value in self.cleaned_data.items() if name != "reason"}


class CloseForm(_ReasonedForm):
    """Why a centre is closed."""


class CenterForm(_ReasonedForm):
    """A centre as the secretariat keeps it; closing has a page of its own."""

    field_order = (
        "code", "name", "status", "opened_on", "address", "hours", "zone", "whatsapp", "capacity", "village",
        "reason",
    )  # fmt: skip

    code = forms.RegexField(
        label="Kode pusat", regex=r"\AP[0-9]{2}\.[0-9]{2}\.[0-9]{2}(-[1-9][0-9]?)?\Z",
        help_text="P dan kode kecamatan, misalnya P31.74.07. Pos di kelurahan: P31.74.07-2.",
        error_messages={
            "required": "Tulis kode pusatnya.",
            "invalid": "Tulis P dan kode kecamatan, misalnya P31.74.07 atau P31.74.07-2.",
        },
    )  # fmt: skip
    village = WordsField(
        label="Kode kelurahan", max_length=13, required=False,
        help_text="Hanya untuk pos di kelurahan, misalnya 31.74.07.1001.",
    )  # fmt: skip
    name = WordsField(label="Nama", max_length=120, required_text="Tulis nama pusatnya.")
    status = CodeField(
        label="Status", choices=[c for c in Center.Status.choices if c[0] != Center.Status.TUTUP],
        required_text="Pilih statusnya.",
    )  # fmt: skip
    opened_on = DayField(label="Dibuka pada", required=False)
    address = WordsField(label="Alamat", max_length=200, required=False)
    hours = WordsField(
        label="Jam buka", max_length=120, required=False,
        help_text="Misalnya: Senin–Jumat 08.00–16.00, Sabtu 08.00–12.00.",
    )  # fmt: skip
    zone = CodeField(
        label="Zona waktu", choices=[("", "Ikut kecamatan"), *clock.ZONE_CHOICES], required=False
    )
    whatsapp = PhoneField(
        label="WhatsApp kantor", required=False, help_text="Tampil untuk umum. Contoh: 0812-0000-0001."
    )
    capacity = forms.IntegerField(
        label="Daya tampung (orang)", min_value=1, max_value=100_000,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={"required": "Tulis daya tampungnya.", "invalid": "Tulis angka saja."},
    )  # fmt: skip

    def __init__(self, *args: Any, center: Center | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.center = center
        if center is not None:
            del self.fields["code"]

    def clean_village(self) -> Village | None:
        """The kelurahan of that code."""
        code: str = self.cleaned_data["village"]
        if not code:
            return None
        village = Village.objects.current().filter(pk=code).first()
        if village is None:
            raise ValidationError("Kelurahan ini tidak ada. Periksa kodenya.", code="unknown")
        return village

    def clean(self) -> dict[str, Any]:
        """The kecamatan behind a new code; the zone from it; what an open centre needs."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        district = self.center.district if self.center else self._district(data)
        if district is not None and not data.get("zone"):
            data["zone"] = district.zone
        if self.center is None and district is not None:
            data["district"] = district
        if data.get("status") == Center.Status.BUKA:
            for name, text in (
                ("address", "Tulis alamatnya: orang perlu tahu ke mana harus datang."),
                ("opened_on", "Tulis tanggal bukanya."),
            ):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, text)
        return data

    def _district(self, data: dict[str, Any]) -> District | None:
        if not data.get("code"):
            return None
        code = data["code"][1:9]
        district = District.objects.current().select_related("regency").filter(pk=code).first()
        if district is None:
            self.add_error("code", "Kecamatan dengan kode ini tidak ada.")
        return district


class AgencyForm(_ReasonedForm):
    """A department of a region, with the days it may be chosen."""

    field_order = (
        "code", "name", "short_name", "area_code", "duties", "sectors", "starts_on", "ends_on", "reason",
    )  # fmt: skip

    code = forms.RegexField(
        label="Kode dinas", regex=r"\A[A-Za-z0-9][A-Za-z0-9.\-]{1,39}\Z",
        help_text="Misalnya 31.ppkukm. Tidak bisa diubah sesudahnya.",
        error_messages={
            "required": "Tulis kode dinasnya.", "invalid": "Pakai huruf, angka, titik, tanda hubung.",
        },
    )  # fmt: skip
    name = WordsField(label="Nama", max_length=160, required_text="Tulis nama dinasnya.")
    short_name = WordsField(label="Nama singkat", max_length=60, required_text="Tulis nama singkatnya.")
    area_code = forms.RegexField(
        label="Kode wilayah", regex=AREA, help_text="Misalnya 31 atau 31.74. Seluruh Indonesia: ID.",
        error_messages={"required": "Tulis kode wilayahnya.", "invalid": "Tulis kode seperti 31 atau 31.74."},
    )  # fmt: skip
    duties = forms.MultipleChoiceField(
        label="Tugas", choices=Agency.Duty.choices, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Pilih satu tugas atau lebih."},
    )  # fmt: skip
    sectors = forms.MultipleChoiceField(
        label="Bidang usaha", choices=BusinessSector.choices, widget=forms.CheckboxSelectMultiple,
        required=False, help_text="Kosong berarti semua bidang.",
    )  # fmt: skip
    starts_on = DayField(
        label="Berlaku sejak", required=False, help_text="Contoh: 31/05/2026. Kosong berarti sejak awal."
    )
    ends_on = DayField(
        label="Tidak dipakai sejak",
        required=False,
        help_text="Contoh: 31/05/2026. Kosong berarti masih dipakai.",
    )

    def __init__(self, *args: Any, agency: Agency | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if agency is not None:
            del self.fields["code"]

    def clean_area_code(self) -> str:
        """An area that exists."""
        code: str = self.cleaned_data["area_code"]
        model = {2: Province, 5: Regency, 8: District}.get(len(code))
        is_known = code == NATION or (model is not None and model._default_manager.filter(pk=code).exists())
        if not is_known:
            raise ValidationError("Wilayah ini tidak ada. Periksa kodenya.", code="unknown")
        return code

    def clean(self) -> dict[str, Any]:
        """The end after the beginning."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("starts_on") and data.get("ends_on") and data["ends_on"] <= data["starts_on"]:
            self.add_error("ends_on", "Hari berakhir harus sesudah hari mulai.")
        return data
