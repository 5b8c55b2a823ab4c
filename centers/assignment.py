"""Decides which centre serves a person: the one of the kecamatan, else the nearest open one in the same
kab/kota."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import asin, cos, inf, radians, sin, sqrt
from typing import Any

from centers.models import Center, District, Village

_EARTH_RADIUS_KM = 6371.0
_PLACE = ("code", "regency_id", "lat", "lng")
_CENTER = ("code", "district_id", "village_id", "status", "zone")


@dataclass(frozen=True)
class Placement:
    """Where a person is served. `is_fallback`: not in the own kecamatan. No centre: wait
    (`menunggu_pusat`)."""

    center: Center | None
    is_fallback: bool = False


def center_for(district: District, village: Village | None = None) -> Placement:
    """Return the open centre for a residence, in one statement.

    In the kecamatan: the post of the kelurahan when one is given, then the main centre, then any other
    post. None open there: the nearest open one in the same kab/kota by the distance between the kecamatan
    centroids, marked as a fallback. None open there either: no centre.
    """
    nearby = Center.objects.open().filter(district__regency_id=district.regency_id).with_place()
    return choose(district, nearby, village)


def nearby(found: Sequence[Sequence[Any]] | None, regency_id: str) -> list[Center]:
    """The centres behind a `centers_nearby` value, for `choose`; the rest of each is read when asked for."""
    centers = []
    for code, district_id, village_id, zone, lat, lng in found or ():
        place = District.from_db(None, _PLACE, (district_id, regency_id, lat, lng))
        center = Center.from_db(None, _CENTER, (code, district_id, village_id, Center.Status.BUKA, zone))
        center.district = place
        centers.append(center)
    return centers


def choose(district: District, open_centers: Iterable[Center], village: Village | None = None) -> Placement:
    """Choose among open centres that are already loaded with their district. Equal distances: the lower
    code."""
    same_regency = [center for center in open_centers if center.district.regency_id == district.regency_id]
    local = [center for center in same_regency if center.district_id == district.pk]
    if local:
        village_id = village.pk if village else None
        return Placement(
            min(
                local,
                key=lambda center: (
                    village_id is None or center.village_id != village_id,
                    center.is_post,
                    center.code,
                ),
            )
        )
    if not same_regency:
        return Placement(None)
    nearest = min(
        same_regency, key=lambda center: (distance_km(district, center.district), center.is_post, center.code)
    )
    return Placement(nearest, is_fallback=True)


def distance_km(one: District, other: District) -> float:
    """Great-circle distance between two kecamatan centroids in km (haversine); infinite when one is
    unknown."""
    if one.lat is None or one.lng is None or other.lat is None or other.lng is None:
        return inf
    lat1, lng1, lat2, lng2 = (radians(value) for value in (one.lat, one.lng, other.lat, other.lng))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lng2 - lng1) / 2) ** 2
    return 2 * _EARTH_RADIUS_KM * asin(sqrt(min(1.0, half)))
