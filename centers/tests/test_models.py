"""What the database refuses, who sees which centre, which agencies serve an area."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, connection, transaction

from accounts.models import Role
from accounts.tests.factories import UserFactory, staff
from centers.models import Agency, Center, CoachProfile, area_chain
from centers.tests.factories import AgencyFactory, CenterFactory, CoachProfileFactory, district

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("center_code_form", {"code": "31.74.07"}),
        ("center_code_form", {"code": "P31.74.07-0"}),
        ("center_code_names_its_district", {"code": "P31.74.05"}),
        ("center_village_in_district", {"code": "P31.74.07-2", "village_id": "31.74.05.1001"}),
        ("center_whatsapp_e164", {"whatsapp": "081200000000"}),
        ("center_status_known", {"status": "libur"}),
        ("center_zone_known", {"zone": "Asia/Singapore"}),
    ],
)
def test_an_impossible_centre_is_refused(constraint: str, fields: dict[str, str]) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        CenterFactory(**({"code": "P31.74.07", "district": district("31.74.07")} | fields))


def test_a_kecamatan_has_one_main_place_at_a_time_and_posts_beside_it() -> None:
    first = CenterFactory(code="P31.74.07")
    CenterFactory(code="P31.74.07-2", village_id="31.74.07.1001", name="Pos Melawai")
    with pytest.raises(IntegrityError, match="center_one_main_place_per_district"), transaction.atomic():
        CenterFactory(code="P31.74.07-3")
    first.status = Center.Status.TUTUP
    first.save(update_fields=["status"])
    CenterFactory(code="P31.74.07-3")


def test_every_change_of_a_centre_leaves_a_history_row() -> None:
    center = CenterFactory(code="P31.74.07")
    Center.objects.filter(pk=center.pk).update(status="jeda")
    assert [event.status for event in center.events.order_by("pgh_id")] == ["buka", "jeda"]


def test_staff_see_the_centres_of_their_scope_and_strangers_none() -> None:
    for code in ("P31.74.07", "P31.74.05", "P31.71.01", "P73.71.01"):
        CenterFactory(code=code)

    def seen(user: object) -> list[str]:
        return sorted(Center.objects.visible_to(user).values_list("code", flat=True))  # type: ignore[arg-type]

    everything = ["P31.71.01", "P31.74.05", "P31.74.07", "P73.71.01"]
    assert seen(staff(Role.ADMIN)) == everything
    assert seen(staff(Role.DINAS, "ID")) == everything
    assert seen(staff(Role.DINAS, "31.74")) == ["P31.74.05", "P31.74.07"]
    assert seen(staff(Role.PENGELOLA, "P31.74.07")) == ["P31.74.07"]
    assert seen(staff(Role.PENDAMPING, "P31.71.01")) == ["P31.71.01"]
    assert seen(UserFactory()) == []
    assert seen(AnonymousUser()) == []


def test_a_coach_sees_the_centre_of_the_profile_only_while_a_coach() -> None:
    CenterFactory(code="P31.74.05")
    profile = CoachProfileFactory(
        center=CenterFactory(code="P31.74.07"), user=staff(Role.PENDAMPING, "P31.74.05")
    )
    assert Center.objects.visible_to(profile.user).count() == 2
    former = CoachProfileFactory(center=profile.center)
    assert Center.objects.visible_to(former.user).count() == 0


def test_coaches_who_accept_are_willing_active_and_at_an_open_place() -> None:
    center = CenterFactory(code="P31.74.07")
    willing = CoachProfileFactory(center=center)
    CoachProfileFactory(center=center, is_accepting=False)
    CoachProfileFactory(center=center, user=UserFactory(is_active=False))
    CoachProfileFactory(center=CenterFactory(code="P31.74.05", status="jeda"))
    assert list(CoachProfile.objects.accepting()) == [willing]


def test_jakarta_has_its_seven_departments_and_two_supporting_ones() -> None:
    agencies = Agency.objects.for_district(district("31.74.07"))
    assert agencies.count() == 9
    assert agencies.exclude(duties=["pendukung"]).count() == 7
    assert [agency.code for agency in agencies.licensing()] == ["31-ptsp"]
    assert agencies.supervising().first().code == "31-kumkmp"  # type: ignore[union-attr]


@pytest.mark.parametrize("code", ["32.73.01", "73.71.01", "91.71.01"])
def test_each_demo_region_has_departments_of_its_own(code: str) -> None:
    agencies = Agency.objects.for_district(district(code))
    assert {agency.area_code for agency in agencies} == {code[:5]}
    assert agencies.licensing().count() == 1
    assert agencies.supervising().exists()


def test_a_region_that_names_none_gets_the_generic_departments() -> None:
    assert {agency.area_code for agency in Agency.objects.for_area("11.01.01")} == {"ID"}
    AgencyFactory(code="11.01-umkm", area_code="11.01")
    assert [agency.code for agency in Agency.objects.for_area("11.01.01")] == ["11.01-umkm"]


@pytest.mark.parametrize("code", ["31.74.07", "32.73.01", "73.71.01", "91.71.01", "11.01.01", "11.02.01"])
def test_the_permit_office_that_the_database_finds_is_the_first_of_the_catalogue(code: str) -> None:
    AgencyFactory(code="31.74-ptsp", area_code="31.74", duties=["pendukung", "perizinan"])
    AgencyFactory(code="31.74.07-ptsp", area_code="31.74.07", duties=["perizinan"], is_active=False)
    AgencyFactory(code="11.01-umkm", area_code="11.01", duties=["pembina"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT centers_licensing(%s)", [area_chain(code)])
        (found,) = cursor.fetchone()
    first = Agency.objects.for_area(code).licensing().first()
    assert found == (first.code if first else None)


def test_nearer_departments_come_first_and_switched_off_ones_never() -> None:
    AgencyFactory(code="31.74-sudin", area_code="31.74")
    AgencyFactory(code="31.74-lama", area_code="31.74", is_active=False)
    codes = [agency.code for agency in Agency.objects.for_area("31.74.07")]
    assert codes[0] == "31.74-sudin"
    assert "31.74-lama" not in codes


def test_an_agency_needs_a_known_duty() -> None:
    for duties in ([], ["penguasa"]):
        with pytest.raises(IntegrityError, match="agency_has_known_duty"), transaction.atomic():
            AgencyFactory(duties=duties)


def test_the_chain_of_an_area_goes_outwards() -> None:
    assert area_chain("31.74.07") == ["31.74.07", "31.74", "31"]
    assert area_chain("ID") == []
