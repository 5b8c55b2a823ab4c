"""Places and people of the centres, for tests of every app. The areas themselves are loaded, never
invented."""

from __future__ import annotations

from typing import Any

import factory

from accounts.tests.factories import UserFactory
from centers.models import Agency, Center, CoachProfile, District


def district(code: str) -> District:
    """A loaded kecamatan with its kab/kota and province (Jakarta, Bandung, Makassar and Jayapura are
    there)."""
    return District.objects.select_related("regency__province").get(pk=code)


class CenterFactory(factory.django.DjangoModelFactory[Center]):
    """An open centre. Say where with the code alone: `CenterFactory(code="P31.74.07")`."""

    class Meta:
        model = Center

    code = "P31.74.07"
    status = Center.Status.BUKA
    hours = "Senin–Jumat 08.00–16.00"
    address = "Jl. Contoh No. 1"
    whatsapp = "+628120000000"
    capacity = 200

    @classmethod
    def _create(cls, model_class: type[Center], *args: Any, **kwargs: Any) -> Center:
        place = kwargs.pop("district", None) or district(kwargs["code"][1:9])
        kwargs.setdefault("name", f"Pusat OK OCE {place.name}")
        kwargs.setdefault("zone", place.zone)
        center: Center = super()._create(model_class, *args, district=place, **kwargs)
        return center


class CoachProfileFactory(factory.django.DjangoModelFactory[CoachProfile]):
    """A coach with an account; give the centre."""

    class Meta:
        model = CoachProfile

    user = factory.SubFactory(UserFactory)
    center = factory.SubFactory(CenterFactory)
    capacity = 25


class AgencyFactory(factory.django.DjangoModelFactory[Agency]):
    """A department of an area; supervises unless told otherwise."""

    class Meta:
        model = Agency

    code = factory.Sequence(lambda n: f"uji-{n}")
    name = factory.Sequence(lambda n: f"Dinas Contoh {n}")
    short_name = "Dinas Contoh"
    area_code = "31"
    duties = factory.LazyFunction(lambda: ["pembina"])
