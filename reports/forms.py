"""The form with which a monthly report is ordered."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.core.validators import RegexValidator

from accounts.models import User
from core.clock import today

from .monthly import month_name
from .questions import AREA_CODE, CENTER_CODE, FIRST_COHORT, FunnelQuery, lens_for


class ReportForm(forms.Form):
    """Which region at the end of which month. `wilayah` is an area code or, for a manager, a centre code."""

    use_required_attribute = False

    wilayah = forms.CharField(
        label="Wilayah",
        max_length=12,
        widget=forms.Select(),
        error_messages={
            "required": "Pilih wilayah laporan.",
            "max_length": "Wilayah ini tidak ada. Pilih lagi dari daftar.",
        },
        validators=[
            RegexValidator(
                f"(?:{AREA_CODE})|(?:{CENTER_CODE})", "Wilayah ini tidak ada. Pilih lagi dari daftar."
            )
        ],
    )
    bulan = forms.RegexField(
        r"\A20[0-9]{2}-(?:0[1-9]|1[0-2])\Z",
        label="Bulan",
        help_text="Laporan memuat keadaan pada hari terakhir bulan itu.",
        widget=forms.Select(),
        error_messages={
            "required": "Pilih bulan laporan.",
            "invalid": "Bulan ini tidak ada. Pilih dari daftar.",
        },
    )
    permintaan = forms.UUIDField(
        widget=forms.HiddenInput(), error_messages={"invalid": "Muat ulang halaman ini, lalu coba lagi."}
    )

    def __init__(self, *args: Any, user: User, places: list[tuple[str, str]], **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"permintaan": uuid4(), "bulan": f"{today():%Y-%m}"})
        super().__init__(*args, **kwargs)
        self.user = user
        self.query = FunnelQuery()
        self.fields["wilayah"].widget.choices = places  # type: ignore[attr-defined]
        self.fields["bulan"].widget.choices = [  # type: ignore[attr-defined]
            (f"{month:%Y-%m}", month_name(month)) for month in _months(today())
        ]

    def clean_wilayah(self) -> str:
        """A region inside the user's scope; any other is answered like one that does not exist."""
        code: str = self.cleaned_data["wilayah"]
        area, center = ("", code) if code.startswith("P") else (code, "")
        lens = lens_for(self.user, area=area, center=center)
        if lens is None:
            raise forms.ValidationError("Wilayah ini tidak ada di cakupan Anda. Pilih lagi dari daftar.")
        self.query = lens.query(area=area, center=center)
        return code

    def clean_bulan(self) -> date:
        """The first day of a month from the programme's first to the present one."""
        year, month = self.cleaned_data["bulan"].split("-")
        first = date(int(year), int(month), 1)
        if not date(FIRST_COHORT, 1, 1) <= first <= today():
            raise forms.ValidationError(f"Pilih bulan dari Januari {FIRST_COHORT} sampai bulan ini.")
        return first


def _months(day: date) -> list[date]:
    """First days of every month since the programme began, newest first."""
    months = [
        date(year, month, 1)
        for year in range(FIRST_COHORT, day.year + 1)
        for month in range(1, 13)
        if (year, month) <= (day.year, day.month)
    ]
    return months[::-1]
