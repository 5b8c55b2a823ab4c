"""Which centre serves whom."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centers.assignment import Placement, center_for, choose, distance_km, nearby
from centers.models import Center, District, Village
from centers.tests.factories import CenterFactory, district

pytestmark = pytest.mark.django_db


def placed(code: str, village: str | None = None) -> tuple[str | None, bool]:
    placement = center_for(district(code), Village.objects.get(pk=village) if village else None)
    return placement.center.code if placement.center else None, placement.is_fallback


def test_the_centres_that_the_database_finds_are_chosen_from_alike() -> None:
    CenterFactory(code="P31.74.05")
    CenterFactory(code="P31.74.07-2", village_id="31.74.07.1002", name="Pos")
    CenterFactory(code="P31.74.09", status="jeda")
    CenterFactory(code="P31.71.01")
    for code in ("31.74.01", "31.74.05", "31.74.07", "31.74.09", "31.71.02", "91.71.01"):
        home = district(code)
        for village in (None, *Village.objects.filter(district=home)[:3]):
            with connection.cursor() as cursor:
                cursor.execute("SELECT centers_nearby(%s)", [home.regency_id])
                found = nearby(cursor.fetchone()[0], home.regency_id)
            chosen = choose(home, found, village)
            assert chosen == center_for(home, village), code
            if chosen.center:
                stored = Center.objects.get(pk=chosen.center.pk)
                assert (chosen.center.zone, chosen.center.name) == (stored.zone, stored.name)


def test_the_open_centre_of_the_kecamatan_serves_it() -> None:
    CenterFactory(code="P31.74.07")
    CenterFactory(code="P31.74.05")
    assert placed("31.74.07") == ("P31.74.07", False)


def test_the_post_of_the_kelurahan_goes_before_the_main_centre_for_its_people_only() -> None:
    CenterFactory(code="P31.74.07")
    CenterFactory(code="P31.74.07-2", village_id="31.74.07.1002", name="Pos")
    assert placed("31.74.07", "31.74.07.1002") == ("P31.74.07-2", False)
    assert placed("31.74.07", "31.74.07.1003") == ("P31.74.07", False)
    assert placed("31.74.07") == ("P31.74.07", False)


def test_a_lone_post_serves_the_whole_kecamatan() -> None:
    CenterFactory(code="P31.74.07-2", village_id="31.74.07.1002", name="Pos")
    assert placed("31.74.07", "31.74.07.1001") == ("P31.74.07-2", False)


@pytest.mark.parametrize("status", ["direncanakan", "jeda", "tutup"])
def test_a_place_that_is_not_open_serves_nobody(status: str) -> None:
    CenterFactory(code="P31.74.07", status=status)
    assert placed("31.74.07") == (None, False)


def test_the_nearest_open_one_in_the_same_kota_steps_in_and_is_marked() -> None:
    near, far = "31.74.05", "31.74.09"
    assert distance_km(district("31.74.07"), district(near)) < distance_km(
        district("31.74.07"), district(far)
    )
    CenterFactory(code=f"P{far}")
    CenterFactory(code=f"P{near}")
    assert placed("31.74.07") == (f"P{near}", True)


def test_a_nearer_centre_in_another_kota_is_not_taken() -> None:
    CenterFactory(code="P31.71.07")
    assert placed("31.74.07") == (None, False)
    CenterFactory(code="P31.74.09")
    assert placed("31.74.07") == ("P31.74.09", True)


def test_equal_distance_is_decided_by_the_lower_code() -> None:
    home = district("31.74.07")
    District.objects.filter(pk__in=["31.74.01", "31.74.02"]).update(lat=home.lat, lng=home.lng)
    CenterFactory(code="P31.74.02")
    CenterFactory(code="P31.74.01")
    assert placed("31.74.07") == ("P31.74.01", True)


def test_without_a_centroid_the_choice_is_still_made() -> None:
    District.objects.filter(pk="31.74.07").update(lat=None, lng=None)
    CenterFactory(code="P31.74.09")
    CenterFactory(code="P31.74.02")
    assert placed("31.74.07") == ("P31.74.02", True)


def test_no_open_centre_in_the_kota_means_waiting() -> None:
    assert center_for(district("91.71.01")) == Placement(center=None, is_fallback=False)


def test_placing_takes_one_statement() -> None:
    for code in ("P31.74.01", "P31.74.02", "P31.74.05"):
        CenterFactory(code=code)
    home = district("31.74.07")
    with CaptureQueriesContext(connection) as queries:
        placement = center_for(home)
        assert placement.center is not None
        assert placement.center.district.full_name
    assert len(queries) == 1


def test_distances_are_kilometres() -> None:
    assert distance_km(district("31.74.07"), district("32.73.01")) == pytest.approx(118, abs=8)
    assert Center.objects.count() == 0
