"""Forms of a coach's profile and of a participant's wish: strings become domain values, nothing else."""

from __future__ import annotations

from typing import Any

from django import forms

from centers.models import CoachProfile, District, Regency
from core.fields import CodeField, WordsField
from participants.models import BusinessSector
from programs.training.forms import CountField, PicksField

from .coaches import CoachText
from .models import CoachDetails, CoachWish, Language, MentorKind

MOST_PEOPLE = 200


class CoachProfileForm(forms.Form):
    """Whom a coach accompanies: how many, where, in which sectors and languages."""

    use_required_attribute = False
    kind = CodeField(
        label="Anda mendampingi sebagai", choices=MentorKind.choices, widget=forms.RadioSelect,
        required_text="Pilih salah satu.",
    )  # fmt: skip
    capacity = CountField(
        label="Daya tampung", least=1, most=MOST_PEOPLE, required_text="Tulis berapa orang paling banyak.",
        help_text="Berapa peserta paling banyak yang Anda dampingi pada satu waktu.",
    )  # fmt: skip
    is_accepting = forms.BooleanField(label="Menerima peserta baru", required=False)
    bio = WordsField(
        label="Perkenalan", max_length=300, multiline=True, required=False,
        help_text="Beberapa kalimat tentang Anda. Tanpa nomor HP.",
    )  # fmt: skip
    sectors = PicksField(
        label="Bidang usaha yang Anda kuasai", choices=BusinessSector.choices, required=False
    )
    languages = PicksField(label="Bahasa", choices=Language.choices, required=False)
    regencies = PicksField(label="Seluruh kab/kota", choices=[], required=False)
    districts = PicksField(label="Kecamatan", choices=[], required=False)

    def __init__(self, *args: Any, profile: CoachProfile, **kwargs: Any) -> None:
        known = CoachDetails.objects.filter(pk=profile.pk).first()
        areas = known.areas if known else []
        kwargs["initial"] = {
            "kind": known.kind if known else MentorKind.PROGRAM,
            "capacity": profile.capacity, "is_accepting": profile.is_accepting, "bio": profile.bio,
            "sectors": known.sectors if known else [], "languages": known.languages if known else [],
            "regencies": areas, "districts": areas,
        }  # fmt: skip
        super().__init__(*args, **kwargs)
        regency = profile.center.district_id[:5]
        fields: dict[str, Any] = dict(self.fields)
        regencies = Regency.objects.current().filter(code__startswith=f"{regency[:2]}.").order_by("code")
        districts = District.objects.current().filter(code__startswith=f"{regency}.").order_by("code")
        fields["regencies"].choices = [(one.pk, one.name) for one in regencies]
        fields["districts"].choices = [(one.pk, one.name) for one in districts]

    def text(self) -> CoachText:
        """What was filled in, as the act takes it; a kecamatan inside a chosen kab/kota is said already."""
        data = self.cleaned_data
        narrow = [code for code in data["districts"] if code[:5] not in data["regencies"]]
        return CoachText(
            kind=MentorKind(data["kind"]), areas=[*data["regencies"], *narrow], sectors=data["sectors"],
            languages=data["languages"], capacity=data["capacity"], bio=data["bio"],
            is_accepting=data["is_accepting"],
        )  # fmt: skip


class WishForm(forms.Form):
    """What a participant would like of a coach."""

    use_required_attribute = False
    sector = CodeField(
        label="Paham bidang", choices=[("", "Bidang apa saja"), *BusinessSector.choices], required=False
    )
    language = CodeField(
        label="Bisa berbahasa", choices=[("", "Bahasa apa saja"), *Language.choices], required=False
    )
    kind = CodeField(
        label="Pendamping program atau pelaku usaha",
        choices=[("", "Siapa saja"), *MentorKind.choices], required=False,
    )  # fmt: skip

    def __init__(self, *args: Any, wish: CoachWish | None, **kwargs: Any) -> None:
        if wish is not None:
            kwargs["initial"] = {"sector": wish.sector, "language": wish.language, "kind": wish.kind}
        super().__init__(*args, **kwargs)
