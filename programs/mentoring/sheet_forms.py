"""Forms of the sheets: strings become domain values, nothing else."""

from __future__ import annotations

from typing import Any

from django import forms

from core.fields import RupiahField, WordsField
from programs.training.forms import PicksField

from .models import Trouble
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


class SketchForm(forms.Form):
    """Nine plain questions; what is not known yet stays empty."""

    use_required_attribute = False

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
    "masuk_rumah": ("Uang masuk untuk rumah", "Gaji, kiriman, dan yang diambil dari usaha."),
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


class MoneyForm(forms.Form):
    """A month's figures in whole rupiah; roughly is enough."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (label, hint) in _MONEY.items():
            self.fields[name] = RupiahField(label=label, help_text=hint, required=False, most=MOST)

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The fields as the page draws them."""
        return [{"title": title, "fields": [self[name] for name in names]} for title, names in MONEY_GROUPS]


class TroubleForm(forms.Form):
    """What is said in confidence."""

    use_required_attribute = False
    troubles = PicksField(label="Apakah ini terjadi?", choices=Trouble.choices, required=False)
    words = WordsField(
        label="Ceritakan bila mau", max_length=500, multiline=True, required=False,
        help_text="Tanpa NIK dan nomor HP.",
    )  # fmt: skip
