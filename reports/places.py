"""Names of the areas a report speaks of: the place itself, what lies around it, what lies inside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from accounts.access import NATION
from centers.models import Center, District, Province, Regency
from centers.names import SPOKEN
from core.clock import DEFAULT_ZONE

NATION_NAME = "Indonesia"

LEVEL_NAMES = ("provinsi", "kota dan kabupaten", "kecamatan", "kecamatan")
"""What an area is broken down into, by its own level (nation, province, kab/kota, kecamatan)."""


@dataclass(frozen=True, slots=True)
class Place:
    """One area with its names. `around` goes from the nation inwards, `inside` is code → name by code."""

    code: str
    name: str
    zone: str = DEFAULT_ZONE
    around: tuple[tuple[str, str], ...] = ()
    inside: dict[str, str] = field(default_factory=dict)

    @property
    def inside_name(self) -> str:
        """What its parts are called together: "provinsi", "kota dan kabupaten", "kecamatan"."""
        return LEVEL_NAMES[0 if self.code == NATION else self.code.count(".") + 1]


def province_name(province: Province) -> str:
    """The province as people say it."""
    return SPOKEN.get(province.pk, province.name)


def load_place(code: str) -> Place | None:
    """The area with this code (`ID` = the nation), or None when there is none. One statement."""
    if code == NATION:
        provinces = Province.objects.order_by("code")
        return Place(NATION, NATION_NAME, inside={p.pk: province_name(p) for p in provinces})
    loaders = (_load_province, _load_regency, _load_district)
    return loaders[code.count(".")](code)


def place_of(area: str, center: str) -> Place | None:
    """The place of a question: a centre wherever its people live, or an area. None when it does not exist."""
    if center and area == NATION:
        found = Center.objects.filter(pk=center).values_list("name", "zone").first()
        return Place(NATION, found[0], zone=found[1]) if found else None
    return load_place(area)


def _load_province(code: str) -> Place | None:
    regencies = list(Regency.objects.filter(province_id=code).select_related("province").order_by("code"))
    if not regencies:
        return None
    return Place(
        code,
        province_name(regencies[0].province),
        zone=regencies[0].zone,
        around=((NATION, NATION_NAME),),
        inside={regency.pk: regency.short_name for regency in regencies},
    )


def _load_regency(code: str) -> Place | None:
    districts = list(
        District.objects.filter(regency_id=code).select_related("regency__province").order_by("code")
    )
    if not districts:
        return None
    regency = districts[0].regency
    return Place(
        code,
        regency.short_name,
        zone=regency.zone,
        around=((NATION, NATION_NAME), (regency.province_id, province_name(regency.province))),
        inside={district.pk: district.name for district in districts},
    )


def _load_district(code: str) -> Place | None:
    district = District.objects.filter(pk=code).select_related("regency__province").first()
    if district is None:
        return None
    regency = district.regency
    return Place(
        code,
        district.name,
        zone=district.zone,
        around=(
            (NATION, NATION_NAME),
            (regency.province_id, province_name(regency.province)),
            (regency.pk, regency.short_name),
        ),
    )


def district_names(codes: Iterable[str]) -> dict[str, str]:
    """Kecamatan with their kab/kota, because names repeat ("Kebayoran Baru, Kota Jakarta Selatan")."""
    districts = District.objects.filter(pk__in=list(codes)).select_related("regency").order_by("code")
    return {district.pk: district.full_name for district in districts}


def area_names(codes: Iterable[str]) -> dict[str, str]:
    """Names of areas of any level, and of centres. One statement."""
    wanted = set(codes)
    names = {NATION: NATION_NAME} if NATION in wanted else {}
    provinces, regencies, districts, centers = (
        model._default_manager.filter(pk__in=wanted).order_by().values_list("pk", "name")
        for model in (Province, Regency, District, Center)
    )
    for code, name in provinces.union(regencies, districts, centers, all=True):
        names[code] = SPOKEN.get(code, name.replace(" Administrasi ", " "))
    return names
