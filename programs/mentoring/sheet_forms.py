"""Forms of the sheets: strings become domain values, nothing else."""

from __future__ import annotations

from typing import Any

from django import forms

from core.fields import RupiahField, WordsField
from core.formats import rupiah
from programs.training.forms import PicksField

from .models import BusinessSketch, PrivateSheet, Trouble
from .models.sheets import SKETCH

MOST = 10_000_000_000
QUESTIONS = {
    "customers": ("Siapa pembeli Anda?", "Contoh: tetangga satu RT, anak sekolah, pegawai kantor."),
    "offer": ("Apa yang Anda jual?", "Contoh: nasi kuning bungkus, Rp10.000."),
    "difference": ("Kenapa mereka beli dari Anda?", "Contoh: buka sejak subuh, sambalnya pedas."),
    "channels": ("Di mana pembeli menemukan Anda?", "Contoh: depan rumah, grup WhatsApp."),
    "income": ("Uang masuk dari mana?", "Contoh: jualan harian, pesanan hajatan."),
    "costs": ("Uang keluar untuk apa?", "Contoh: beras, gas, plastik, ongkos."),
    "work": ("Apa yang Anda kerjakan tiap hari?", "Contoh: belanja malam, masak subuh, jualan pagi."),
    "means": ("Alat dan bahan apa yang dipakai?", "Contoh: kompor, meja, panci besar."),
    "helpers": ("Siapa yang membantu?", "Contoh: suami mengantar, adik menjaga warung."),
}


class SheetForm(forms.Form):
    """A sheet that two people write, with the state of it that this form shows."""

    use_required_attribute = False
    version = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, sheet: BusinessSketch | PrivateSheet | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if sheet is not None:
            self.initial.update({**sheet.values(), "version": sheet.version})
        self.others: list[dict[str, str]] = []

    def answers(self) -> dict[str, Any]:
        """What was answered."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    def meet(self, sheet: BusinessSketch | PrivateSheet | None) -> None:
        """Somebody else wrote meanwhile: what was typed stays, what is stored and differs stands in `others`,
        and saving once more replaces it."""
        stored = sheet.values() if sheet else {}
        self.others = [
            {"label": str(bound.label), "value": self._words(bound.name, stored.get(bound.name))}
            for bound in self.visible_fields()
            if stored.get(bound.name) != self.cleaned_data.get(bound.name)
        ]
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["version"] = sheet.version if sheet else ""  # type: ignore[index]

    def _words(self, name: str, value: Any) -> str:
        """A stored value as a reader knows it."""
        if isinstance(value, list):
            return ", ".join(str(Trouble(one).label) for one in value) or "kosong"
        return rupiah(value) if isinstance(value, int) else value or "kosong"


class SketchForm(SheetForm):
    """Nine plain questions; what is not known yet stays empty."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in SKETCH:
            label, example = QUESTIONS[name]
            self.fields[name] = WordsField(
                label=label, help_text=example, max_length=300, multiline=True, required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
            )  # fmt: skip


MONEY_GROUPS = (
    ("Uang rumah, sebulan", ("masuk_rumah", "makan", "sekolah", "tempat", "lain_rumah")),
    ("Uang usaha, sebulan", ("masuk_usaha", "belanja", "biaya")),
    ("Utang", ("cicilan", "sisa_utang", "cicilan_pinjol", "sisa_pinjol")),
)
_MONEY = {
    "masuk_rumah": ("Uang masuk untuk rumah", "Gaji dan kiriman, tanpa yang diambil dari usaha."),
    "makan": ("Makan dan belanja rumah", ""),
    "sekolah": ("Sekolah dan anak", ""),
    "tempat": ("Sewa, listrik, air", ""),
    "lain_rumah": ("Lainnya", "Pulsa, kesehatan, arisan."),
    "masuk_usaha": ("Penjualan", ""),
    "belanja": ("Belanja bahan", ""),
    "biaya": ("Biaya lain usaha", "Sewa tempat, gas, ongkos, upah."),
    "cicilan": ("Cicilan sebulan ke bank, koperasi, atau warung", ""),
    "sisa_utang": ("Sisa utangnya", ""),
    "cicilan_pinjol": ("Cicilan sebulan pinjaman online", ""),
    "sisa_pinjol": ("Sisa pinjaman online", ""),
}


class MoneyForm(SheetForm):
    """A month's figures in whole rupiah; roughly is enough."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (label, hint) in _MONEY.items():
            self.fields[name] = RupiahField(label=label, help_text=hint, required=False, most=MOST)

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The fields as the page draws them."""
        return [{"title": title, "fields": [self[name] for name in names]} for title, names in MONEY_GROUPS]


class TroubleForm(SheetForm):
    """What is said in confidence."""

    troubles = PicksField(label="Apakah ini terjadi?", choices=Trouble.choices, required=False)
    words = WordsField(
        label="Ceritakan bila mau", max_length=500, multiline=True, required=False,
        help_text="Tanpa NIK dan nomor HP.",
    )  # fmt: skip
