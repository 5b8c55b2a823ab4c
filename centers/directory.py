"""Read model of the public directory: what each kecamatan and region can offer, in a fixed number of
statements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from django.db.models import Count, Prefetch, Q

from centers.assignment import Placement, choose
from centers.models import Center, District, Province, Regency
from centers.tiles import PROVINCE as JAKARTA
from centers.tiles import Cell

NO_CENTER = "belum ada"
"""Status of a kecamatan without any place, beside the codes of `Center.Status`."""


@dataclass(frozen=True)
class Look:
    """How a status is said and drawn: the short word in a tile, the full words, the badge and the tone
    1–4."""

    short: str
    words: str
    badge: str
    step: int


LOOKS = {
    NO_CENTER: Look("Belum", "Belum ada pusat", "stopped", 1),
    Center.Status.TUTUP.value: Look("Belum", "Belum ada pusat", "stopped", 1),
    Center.Status.DIRENCANAKAN.value: Look("Rencana", "Rencana buka", "soon", 2),
    Center.Status.JEDA.value: Look("Jeda", "Jeda sementara", "waiting", 3),
    Center.Status.BUKA.value: Look("Buka", "Buka", "done", 4),
}
LEGEND = ["Belum ada pusat", "Rencana buka", "Jeda sementara", "Buka"]
"""Words of the tones 1–4 of the map. The short word of a tile is how its words begin."""

_RANK = {
    Center.Status.BUKA.value: 0,
    Center.Status.JEDA.value: 1,
    Center.Status.DIRENCANAKAN.value: 2,
    Center.Status.TUTUP.value: 3,
}


@dataclass(frozen=True)
class DistrictOffer:
    """A kecamatan, its places (best status first), and where its people are served."""

    district: District
    places: list[Center]
    placement: Placement

    @property
    def look(self) -> Look:
        """Look of the best status among the places."""
        return LOOKS[self.places[0].status if self.places else NO_CENTER]

    @property
    def is_open(self) -> bool:
        """Served in the own kecamatan."""
        return self.placement.center is not None and not self.placement.is_fallback


@dataclass(frozen=True)
class RegencyOffers:
    """A kab/kota and what each of its kecamatan offers."""

    regency: Regency
    offers: list[DistrictOffer]

    @property
    def open_count(self) -> int:
        """How many of the kecamatan are served in place."""
        return sum(offer.is_open for offer in self.offers)


@dataclass(frozen=True)
class RegionCount:
    """A province or kab/kota with the number of its kecamatan that have an open centre, of all."""

    code: str
    name: str
    open_districts: int
    all_districts: int


@dataclass(frozen=True)
class ProvinceCount(RegionCount):
    """A province with those of its kab/kota that have a centre, open or not."""

    regencies: list[RegionCount] = field(default_factory=list)


def offers(districts: Iterable[District]) -> list[DistrictOffer]:
    """What these kecamatan offer, in their order. One statement, for all the kab/kota they lie in."""
    wanted = list(districts)
    nearby = list(
        Center.objects.filter(district__regency__in={district.regency_id for district in wanted})
        .exclude(status=Center.Status.TUTUP)
        .with_place()
    )
    opened = [center for center in nearby if center.is_open]
    places: dict[str, list[Center]] = {}
    for center in sorted(nearby, key=_best_first):
        places.setdefault(center.district_id, []).append(center)
    return [
        DistrictOffer(district, places.get(district.pk, []), choose(district, opened)) for district in wanted
    ]


def offer_of(district: District) -> DistrictOffer:
    """What one kecamatan offers, with the number of coaches at each place. Two statements."""
    places = list(
        Center.objects.filter(district=district)
        .exclude(status=Center.Status.TUTUP)
        .with_place()
        .annotate(coach_count=Count("coaches", filter=Q(coaches__user__is_active=True)))
    )
    opened = Center.objects.open().filter(district__regency_id=district.regency_id).with_place()
    return DistrictOffer(district, sorted(places, key=_best_first), choose(district, opened))


def by_regency(found: Iterable[DistrictOffer]) -> list[RegencyOffers]:
    """The offers gathered by kab/kota, both in the order of their codes."""
    ordered = sorted(found, key=lambda offer: offer.district.pk)
    return [
        RegencyOffers(regency, list(group))
        for regency, group in groupby(ordered, key=lambda offer: offer.district.regency)
    ]


def jakarta_cells(found: Iterable[DistrictOffer]) -> dict[str, Cell]:
    """The tiles of Jakarta's map, each linked to the page of its kecamatan."""
    return {
        offer.district.pk: Cell(
            value=offer.look.short,
            step=offer.look.step,
            href=offer.district.get_absolute_url(),
            description=offer.look.words,
        )
        for offer in found
    }


def province_counts() -> list[ProvinceCount]:
    """All provinces but Jakarta with their counts, by name. Four statements."""
    sizes = dict(
        District.objects.current().values_list("regency_id").annotate(size=Count("pk")).order_by("regency_id")
    )
    opened = _open_districts()
    provinces = (
        Province.objects.current()
        .exclude(pk=JAKARTA)
        .prefetch_related(Prefetch("regencies", Regency.objects.current()))
    )
    counts = []
    for province in provinces:
        regencies = [
            RegionCount(
                regency.code, regency.short_name, opened.get(regency.code, 0), sizes.get(regency.code, 0)
            )
            for regency in province.regencies.all()
        ]
        counts.append(
            ProvinceCount(
                province.code,
                province.name,
                sum(regency.open_districts for regency in regencies),
                sum(regency.all_districts for regency in regencies),
                regencies=[regency for regency in regencies if regency.open_districts],
            )
        )
    return sorted(counts, key=lambda count: count.name)


def regency_counts(province: Province) -> list[RegionCount]:
    """The kab/kota of a province with their counts. Two statements."""
    opened = _open_districts()
    regencies = province.regencies.current().annotate(
        size=Count("districts", filter=Q(districts__retired_at=None))
    )
    return [
        RegionCount(regency.code, regency.short_name, opened.get(regency.code, 0), regency.size)
        for regency in regencies.order_by("code")
    ]


def _open_districts() -> dict[str, int]:
    """Number of kecamatan with an open centre, by kab/kota."""
    return dict(
        Center.objects.open()
        .values_list("district__regency_id")
        .annotate(size=Count("district", distinct=True))
        .order_by("district__regency_id")
    )


def _best_first(center: Center) -> tuple[int, bool, str]:
    """Open before paused before planned; the main centre before posts."""
    return _RANK[center.status], center.is_post, center.code
