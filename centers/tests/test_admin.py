"""The secretariat's pages for centres, agencies and coaches."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest
from django.test import RequestFactory

from accounts.models import Role
from accounts.tests.factories import staff
from centers.admin import AgencyForm, CenterForm
from centers.models import Agency, Center, CoachProfile, District, Province, Regency, Village
from centers.tests.factories import CenterFactory, CoachProfileFactory
from core.models import AuditEntry

pytestmark = pytest.mark.django_db


def filled(**changes: str) -> dict[str, str]:
    """A complete centre form."""
    return {
        "code": "P73.71.01", "name": "Pusat Mariso", "district": "73.71.01", "village": "", "status": "buka",
        "address": "Jl. Contoh 1", "hours": "", "zone": "", "capacity": "100", "whatsapp": "0812-0000-0017",
        "opened_on": "2026-01-05", "lat": "", "lng": "", **changes,
    }  # fmt: skip


def as_admin(rf: RequestFactory, data: dict[str, str] | None = None, path: str = "/") -> HttpRequest:
    """A request of the secretariat."""
    request = rf.post(path, data) if data is not None else rf.get(path)
    request.user = staff(Role.ADMIN)
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
    return request


def test_a_centre_takes_the_zone_of_its_kecamatan_and_a_number_in_any_form() -> None:
    form = CenterForm(filled())
    assert form.is_valid(), form.errors
    center = form.save()
    assert (center.zone, center.whatsapp) == ("Asia/Makassar", "+6281200000017")


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("__all__", {"code": "P31.74.07"}),
        ("__all__", {"code": "P73.71.1"}),
        ("__all__", {"village": "31.74.07.1001"}),
        ("address", {"address": ""}),
        ("opened_on", {"opened_on": ""}),
        ("whatsapp", {"whatsapp": "123"}),
        ("status", {"status": "libur"}),
        ("zone", {"zone": "Asia/Singapore"}),
        ("capacity", {"capacity": "-1"}),
        ("name", {"name": "a\x00b"}),
    ],
)
def test_a_wrong_entry_gets_a_sentence_and_nothing_is_written(field: str, changes: dict[str, str]) -> None:
    form = CenterForm(filled(**changes))
    assert not form.is_valid()
    assert field in form.errors
    assert Center.objects.count() == 0


def test_a_second_main_place_is_refused_in_words() -> None:
    CenterFactory(code="P73.71.01")
    form = CenterForm(filled(code="P73.71.01-2"))
    assert not form.is_valid()
    assert "sudah punya pusat" in str(form.errors)


def test_an_agency_keeps_its_duties_and_sectors_as_lists() -> None:
    form = AgencyForm({
        "code": "11-uji", "name": "Dinas Uji", "short_name": "Uji", "area_code": "11", "duties": ["pembina"],
        "sectors": "kuliner,kriya", "position": "1", "is_active": "on",
    })  # fmt: skip
    assert form.is_valid(), form.errors
    agency = form.save()
    assert (agency.duties, agency.sectors) == (["pembina"], ["kuliner", "kriya"])


@pytest.mark.parametrize("model", [Province, Regency, District, Village, Agency, Center, CoachProfile])
def test_every_list_opens_searches_and_stays_small_in_statements(
    rf: RequestFactory, model: type, django_assert_max_num_queries: object
) -> None:
    for code in ("P31.74.07", "P31.74.05", "P31.71.01"):
        CoachProfileFactory(center=CenterFactory(code=code))
    request = as_admin(rf, path="/?q=Pal Merah%00")
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        response = admin.site.get_model_admin(model).changelist_view(request)
        assert response.status_code == 200
        response.render()


def test_searching_an_area_ignores_case_and_spaces(rf: RequestFactory) -> None:
    districts = admin.site.get_model_admin(District)
    found, _ = districts.get_search_results(as_admin(rf), District.objects.all(), "PALmerah")
    assert [district.code for district in found] == ["31.73.07"]
    found, _ = districts.get_search_results(as_admin(rf), District.objects.all(), "31.01")
    assert found.count() == 2


def test_areas_cannot_be_written_and_places_not_deleted(rf: RequestFactory) -> None:
    request = as_admin(rf)
    for model in (Province, Regency, District, Village):
        page = admin.site.get_model_admin(model)
        assert not page.has_add_permission(request)
        assert not page.has_change_permission(request)
        assert not page.has_delete_permission(request)
    for model in (Agency, Center, CoachProfile):
        assert not admin.site.get_model_admin(model).has_delete_permission(request)


def test_saving_leaves_an_audit_entry_with_the_changed_fields(rf: RequestFactory) -> None:
    page = admin.site.get_model_admin(Center)
    response = page.add_view(as_admin(rf, filled()))
    assert response.status_code == 302
    center = Center.objects.get()
    page.change_view(as_admin(rf, filled(status="jeda", whatsapp="")), center.pk)
    created, changed = AuditEntry.objects.order_by("pk")
    assert (created.action, created.object_id) == ("pusat.dibuat", "P73.71.01")
    assert changed.action == "pusat.diubah"
    assert "status" in changed.detail["fields"]
