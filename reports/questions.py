"""What is asked of the funnel, and by whom: the question, its form, the lenses staff look through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import RegexValidator

from accounts.access import NATION, assignments, covers
from accounts.models import Role, User
from core.clock import today
from participants.models import Pathway

FIRST_COHORT = 2017
"""The programme's first year (Jakarta, 2017): no cohort is older."""

AREA_CODE = r"\A(?:ID|[0-9]{2}(?:\.[0-9]{2}){0,2})\Z"
CENTER_CODE = r"\AP[0-9]{2}\.[0-9]{2}\.[0-9]{2}(?:-[1-9][0-9]?)?\Z"


@dataclass(frozen=True, slots=True)
class FunnelQuery:
    """One question to the funnel. An empty part means "all".

    `area` is the residence at registration (dotted code, `ID` = everywhere), `year` the year of
    registration, `pathway` and `center` those of the last row. `agency` keeps only people of one SKPD.
    `until` is the last local day that counts, `as_of` the last instant; None asks for the present.
    """

    area: str = NATION
    year: int | None = None
    pathway: str = ""
    center: str = ""
    agency: str = ""
    until: date | None = None
    as_of: datetime | None = None

    @property
    def is_past(self) -> bool:
        """Whether something recorded later must be left out."""
        return self.until is not None or self.as_of is not None

    @property
    def level(self) -> int:
        """0 nation, 1 province, 2 kab/kota, 3 kecamatan."""
        return 0 if self.area == NATION else self.area.count(".") + 1

    @property
    def child_length(self) -> int:
        """Length of the codes one level down: 2 provinces, 5 kab/kota, 8 kecamatan."""
        return min(2 + 3 * self.level, 8)

    def parameters(self, **changes: Any) -> dict[str, str]:
        """The question as parameters of an address, with some parts changed; what is "all" is left out."""
        asked = replace(self, **changes)
        pairs = {
            "wilayah": "" if asked.area == NATION else asked.area,
            "tahun": str(asked.year or ""),
            "jalur": asked.pathway,
            "pusat": asked.center,
        }
        return {name: value for name, value in pairs.items() if value}

    def address(self, path: str, **changes: Any) -> str:
        """`path` with the question as its query string."""
        pairs = self.parameters(**changes)
        return f"{path}?{urlencode(pairs)}" if pairs else path


@dataclass(frozen=True, slots=True)
class Lens:
    """One of the ways in which a user may look: an area or a centre, perhaps limited to one agency."""

    area: str = NATION
    center: str = ""
    agency: str = ""

    def shows(self, *, area: str, center: str) -> bool:
        """Whether the asked area and centre lie inside this lens; empty means "not asked"."""
        if self.center:
            home = self.center[1:9]
            return center in ("", self.center) and area in ("", home)
        return covers(self.area, area or self.area) and (not center or covers(self.area, center[1:9]))

    def query(self, *, area: str, center: str) -> FunnelQuery:
        """The question this lens answers when `area` and `center` are asked."""
        return FunnelQuery(
            area=area or self.area,
            center=center or self.center,
            agency=self.agency,
        )


def lenses(user: User) -> list[Lens]:
    """Every lens of a user, the widest role first: secretariat, dinas by area, manager by centre."""
    found = [Lens(assignment.scope) for assignment in assignments(user, Role.ADMIN)]
    found += [Lens(a.scope, agency=a.agency_code) for a in assignments(user, Role.DINAS)]
    found += [Lens(center=a.scope) for a in assignments(user, Role.PENGELOLA) if a.scope.startswith("P")]
    return list(dict.fromkeys(found))


def sees_area(user: User, area: str) -> bool:
    """Whether the user may see a whole area, not only the people of one centre in it."""
    return any(not lens.center and lens.shows(area=area, center="") for lens in lenses(user))


def lens_for(user: User, *, area: str = "", center: str = "") -> Lens | None:
    """The first lens of the user that shows what is asked, or None: then it does not exist for them."""
    return next((lens for lens in lenses(user) if lens.shows(area=area, center=center)), None)


class _Clean(forms.RegexField):
    """Text of one exact form. Everything else, however long or strange, gets the same sentence."""

    def __init__(self, pattern: str, *, sentence: str, label: str, widget: forms.Widget) -> None:
        super().__init__(
            pattern, label=label, required=False, widget=widget, error_messages={"invalid": sentence}
        )
        # The pattern alone decides; the general check for NUL has another sentence.
        self.validators = [check for check in self.validators if isinstance(check, RegexValidator)]


class FilterForm(forms.Form):
    """The filters of the dashboard, read from an address: `wilayah`, `tahun`, `jalur`, `pusat`."""

    use_required_attribute = False

    wilayah = _Clean(
        AREA_CODE,
        label="Wilayah",
        sentence="Kode wilayah ditulis seperti 31, 31.74, atau 31.74.07. Boleh dikosongkan.",
        widget=forms.Select(),
    )
    tahun = _Clean(
        r"\A20[0-9]{2}\Z",
        label="Tahun daftar",
        sentence="Tahun ditulis empat angka, misalnya 2026. Boleh dikosongkan.",
        widget=forms.Select(),
    )
    jalur = _Clean(
        rf"\A(?:{'|'.join(Pathway.values)})\Z",
        label="Jalur",
        sentence="Jalur ini tidak ada. Pilih dari daftar.",
        widget=forms.Select(choices=[("", "Semua jalur"), *Pathway.choices]),
    )
    pusat = _Clean(
        CENTER_CODE,
        label="Pusat",
        sentence="Kode pusat ditulis seperti P31.74.07. Boleh dikosongkan.",
        widget=forms.HiddenInput(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        years = [(str(year), str(year)) for year in reversed(range(FIRST_COHORT, today().year + 1))]
        self.fields["tahun"].widget.choices = [("", "Semua angkatan"), *years]  # type: ignore[attr-defined]

    def clean_tahun(self) -> int | None:
        """The cohort year, from the programme's first to the present one."""
        text = self.cleaned_data["tahun"]
        if not text:
            return None
        year, last = int(text), today().year
        if not FIRST_COHORT <= year <= last:
            raise forms.ValidationError(f"Tulis tahun dari {FIRST_COHORT} sampai {last}.")
        return year

    @classmethod
    def showing(
        cls, query: FunnelQuery, *, areas: list[tuple[str, str]], centers: list[tuple[str, str]]
    ) -> FilterForm:
        """The filters as a page shows them: set to a question, with the areas and centres it offers.

        A list with nothing to choose becomes a hidden field, which keeps what was asked.
        """
        form = cls(
            initial={
                "wilayah": query.area if areas else query.parameters().get("wilayah", ""),
                "tahun": query.year or "",
                "jalur": query.pathway,
                "pusat": query.center,
            }
        )
        for name, choices in (("wilayah", areas), ("pusat", centers)):
            form.fields[name].widget = (
                forms.Select(choices=choices) if len(choices) > 1 else forms.HiddenInput()
            )
        return form

    def keep_what_was_written(self) -> FilterForm:
        """Show a refused question as text, so that the reader sees what to mend; lists would hide it."""
        for name in ("wilayah", "tahun", "pusat"):
            is_needed = name != "pusat" or name in self.errors
            self.fields[name].widget = forms.TextInput() if is_needed else forms.HiddenInput()
        return self

    def question(self, user: User) -> FunnelQuery | None:
        """The question of a valid form inside the user's scope; None when the place is outside it."""
        area, center = self.cleaned_data["wilayah"], self.cleaned_data["pusat"]
        lens = lens_for(user, area=area, center=center)
        if lens is None:
            return None
        return replace(
            lens.query(area=area, center=center),
            year=self.cleaned_data["tahun"],
            pathway=self.cleaned_data["jalur"],
        )
