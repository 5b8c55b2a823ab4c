"""Users and roles as the secretariat and a centre manager work with them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from accounts.tests.factories import grant, staff
from centers.models import Center, CoachProfile
from core.models import AuditEntry
from participants.tests.factories import center_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


@pytest.fixture
def here() -> Center:
    return center_of("P31.74.07")


def entered(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.LoginBackend")
    return client


def manager(center: Center) -> User:
    return staff(Role.PENGELOLA, center.pk, is_demo=True)


NEW = {"name": "Dewi Lestari", "email": "dewi@example.com", "role": "pendamping", "reason": "Surat tugas 12"}


def test_a_manager_opens_an_account_for_a_coach_and_hands_over_the_code(here: Center) -> None:
    client = entered(manager(here))
    page = client.post("/pengguna/baru/", NEW | {"scope": here.pk})
    assert page.status_code == 200
    code = re.search(r'class="code">([A-Z0-9]{4}-[A-Z0-9]{4})<', page.content.decode())
    assert code
    dewi = User.objects.get(email="dewi@example.com")
    assert f"Pendamping, {here.name}" in client.get("/pengguna/").content.decode()
    assert dewi.roles() == {"pendamping"}
    assert CoachProfile.objects.get(user=dewi).center == here
    Client().post(
        "/lupa-sandi/kode/",
        {"login": "dewi@example.com", "code": code[1], "new_password1": "kata-sandi-panjang-9",
         "new_password2": "kata-sandi-panjang-9"},
    )  # fmt: skip
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {
        "akun.dibuat", "akun.peran_diberikan", "akun.kode_dicetak",
    }  # fmt: skip


def test_a_manager_gives_nothing_higher_and_nothing_elsewhere(here: Center) -> None:
    client = entered(manager(here))
    there = center_of("P73.71.01")
    for changes in (
        {"scope": there.pk},
        {"role": "pengelola", "scope": here.pk},
        {"role": "admin", "scope": "ID"},
    ):
        assert client.post("/pengguna/baru/", NEW | changes).status_code == 422
    assert not User.objects.filter(email="dewi@example.com").exists()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"role": "pengelola", "scope": "31.74"}, "Tulis kode pusatnya"),
        ({"role": "pengelola", "scope": "P99.99.99"}, "Tulis kode pusatnya"),
        ({"role": "dinas", "scope": "99"}, "Wilayah ini tidak ada"),
        ({"role": "dinas", "scope": "31", "agency_code": "tidak-ada"}, "Dinas ini tidak ada"),
        ({"role": "admin", "scope": "31"}, "seluruh Indonesia"),
        ({"role": "pendamping", "scope": "P31.74.07", "ends_on": "01/01/2020"}, "sesudah hari ini"),
        ({"role": "pendamping", "scope": "P31.74.07", "reason": ""}, "Tulis alasannya"),
    ],
)
def test_what_does_not_fit_is_said_beside_the_field(here: Center, data: dict[str, str], text: str) -> None:
    user = staff(Role.PELATIH, here.pk)
    client = entered(staff(Role.ADMIN, is_demo=True))
    answer = client.post(f"/pengguna/{user.pk}/peran/", {"reason": "Uji"} | data)
    assert answer.status_code == 422
    assert text in answer.content.decode()
    assert user.role_assignments.count() == 1


def test_a_role_ends_after_a_question_and_the_session_loses_it(here: Center) -> None:
    coach = staff(Role.PENDAMPING, here.pk, is_demo=True)
    own, desk = entered(coach), entered(manager(here))
    assert own.get("/pendamping/").status_code == 200
    address = f"/pengguna/{coach.pk}/peran/{coach.role_assignments.get().pk}/akhiri/"
    assert "Akhiri peran Pendamping, Pusat OK OCE Kebayoran Baru?" in desk.get(address).content.decode()
    assert desk.post(address, {"reason": "Masa tugas selesai"}).status_code == 303
    assert own.get("/pendamping/").status_code == 403
    assert AuditEntry.objects.get(action="akun.peran_diakhiri").reason == "Masa tugas selesai"


def test_disabling_signs_out_at_once(here: Center) -> None:
    coach = staff(Role.PENDAMPING, here.pk, is_demo=True)
    own, desk = entered(coach), entered(manager(here))
    assert own.get("/pendamping/").status_code == 200
    assert desk.post(f"/pengguna/{coach.pk}/nonaktif/", {"reason": "HP dicuri"}).status_code == 303
    assert own.get("/pendamping/").status_code == 303
    page = desk.get(f"/pengguna/{coach.pk}/").content.decode()
    assert "Akun dinonaktifkan" in page
    assert f"/pengguna/{coach.pk}/aktif/" in page


def test_the_list_is_searched_and_filtered_in_scope(here: Center) -> None:
    there = center_of("P73.71.01")
    budi = staff(Role.PENDAMPING, here.pk, display_name="Budi Santoso")
    dinas = staff(Role.DINAS, "31.74", display_name="Citra Dinas")
    far = staff(Role.PENDAMPING, there.pk, display_name="Andi Jauh")
    desk, own = entered(staff(Role.ADMIN, is_demo=True)), entered(manager(here))

    def names(client: Client, query: str = "") -> set[str]:
        page = client.get(f"/pengguna/?{query}").content.decode()
        return {user.display_name for user in (budi, dinas, far) if user.display_name in page}

    assert names(desk) == {"Budi Santoso", "Citra Dinas", "Andi Jauh"}
    assert names(desk, "q=budi") == {"Budi Santoso"}
    assert names(desk, "peran=pendamping") == {"Budi Santoso", "Andi Jauh"}
    assert names(desk, "cakupan=31") == {"Budi Santoso", "Citra Dinas"}
    assert names(own) == {"Budi Santoso"}
    assert own.get(f"/pengguna/{far.pk}/").status_code == 404


def test_a_manager_sees_another_manager_and_may_do_nothing_to_them(here: Center) -> None:
    other = staff(Role.PENGELOLA, here.pk)
    client = entered(manager(here))
    page = client.get(f"/pengguna/{other.pk}/")
    assert page.status_code == 200
    assert "Akhiri" not in page.content.decode()
    assert client.post(f"/pengguna/{other.pk}/nonaktif/", {"reason": "x"}).status_code == 403
    assert client.post(f"/pengguna/{other.pk}/kode/").status_code == 403
    role = other.role_assignments.get()
    assert client.post(f"/pengguna/{other.pk}/peran/{role.pk}/akhiri/", {"reason": "x"}).status_code == 403
    other.refresh_from_db()
    assert other.is_active


def test_the_own_account_is_left_to_others(here: Center) -> None:
    admin = staff(Role.ADMIN, is_demo=True)
    grant(admin, Role.PENGELOLA, here.pk)
    client = entered(admin)
    assert "Ini akun Anda sendiri" in client.get(f"/pengguna/{admin.pk}/").content.decode()
    for slug in ("nonaktif", "keluar", "pengaman", "kode", "peran"):
        assert client.post(f"/pengguna/{admin.pk}/{slug}/", {"reason": "x"}).status_code == 403
