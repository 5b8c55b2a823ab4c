"""Names for the codes that roles and agencies carry: the nation, areas of any level, centres."""

from __future__ import annotations

from collections.abc import Iterable

from centers.models import NATION, Center, District, Province, Regency, short_regency

SPOKEN = {"31": "DKI Jakarta", "34": "DI Yogyakarta"}
"""Provinces that people call otherwise than the law."""


def scope_names(codes: Iterable[str]) -> dict[str, str]:
    """What people call them, by code; a code that is gone has no name here. One statement, always."""
    wanted = {NATION, *codes}
    names = {NATION: "Seluruh Indonesia"}
    provinces, regencies, districts, centers = (
        model._default_manager.filter(pk__in=wanted).order_by().values_list("pk", "name")
        for model in (Province, Regency, District, Center)
    )
    for code, name in provinces.union(regencies, districts, centers, all=True):
        names[code] = SPOKEN.get(code, short_regency(name))
    return names
