from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.test import Client

from accounts import access
from accounts.models import Role, RoleAssignment, User
from accounts.tests.factories import PesertaUserFactory, UserFactory, grant, staff
from core.clock import now

pytestmark = pytest.mark.django_db


def enter(client: Client, user: User) -> Client:
    """Sign in without pages; demo staff, so that these tests are about access alone."""
    User.objects.filter(pk=user.pk).update(is_demo=True)
    client.force_login(User.objects.get(pk=user.pk))
    return client


@pytest.fixture(autouse=True)
def demo_mode(settings) -> None:
    settings.DEMO_MODE = True


def test_a_public_page_is_open_to_strangers(visitor: Client) -> None:
    assert visitor.get("/terbuka/").content == b"terbuka"


def test_a_page_that_says_nothing_is_closed_to_everybody(visitor: Client) -> None:
    for _ in range(2):
        response = visitor.get("/lupa/")
        assert response.status_code == 403
        assert b"tidak boleh terlihat" not in response.content
        enter(visitor, staff(Role.ADMIN))


def test_a_stranger_is_led_to_sign_in_and_back(visitor: Client) -> None:
    response = visitor.get("/dalam/?a=1&b=2")
    assert (response.status_code, response["Location"]) == (303, "/masuk/?next=/dalam/%3Fa%3D1%26b%3D2")


def test_a_form_sent_by_a_stranger_leads_back_to_the_page_it_was_on(visitor: Client) -> None:
    response = visitor.post("/dalam/", headers={"referer": "http://testserver/terbuka/?x=1"})
    assert response["Location"] == "/masuk/?next=/terbuka/%3Fx%3D1"
    assert visitor.post("/dalam/", headers={"referer": "https://jahat.example/"})["Location"] == "/masuk/"


def test_htmx_moves_the_whole_page_to_sign_in(visitor: Client) -> None:
    response = visitor.get(
        "/dalam/", headers={"hx-request": "true", "hx-current-url": "http://testserver/terbuka/?x=1"}
    )
    assert response["HX-Redirect"] == "/masuk/?next=/terbuka/%3Fx%3D1"
    assert b"masuk sebagai" not in response.content


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.PENGELOLA, 200),
        (Role.ADMIN, 200),
        (Role.PENDAMPING, 403),
        (Role.DINAS, 403),
        (Role.PELATIH, 403),
    ],
)
def test_a_page_for_a_role_is_closed_to_others(visitor: Client, role: Role, status: int) -> None:
    assert enter(visitor, staff(role)).get("/khusus/").status_code == status


def test_the_refusal_names_whom_the_page_is_for(visitor: Client) -> None:
    page = enter(visitor, staff(Role.PENDAMPING)).get("/khusus/").content.decode()
    assert "Halaman ini hanya untuk pengelola pusat dan admin PGO." in page
    assert access.refusal({"pengelola"}) == "Halaman ini hanya untuk pengelola pusat."
    assert access.refusal({"admin", "pengelola", "dinas"}) == (
        "Halaman ini hanya untuk pengelola pusat, petugas dinas dan admin PGO."
    )


def test_a_registration_number_opens_the_pages_of_participants(visitor: Client) -> None:
    assert enter(visitor, PesertaUserFactory()).get("/saya/").status_code == 200
    assert enter(Client(), UserFactory()).get("/saya/").status_code == 403


def test_an_ended_role_acts_on_the_next_request(visitor: Client) -> None:
    user = staff(Role.PENGELOLA, "P31.74.07")
    enter(visitor, user)
    assert visitor.get("/khusus/").status_code == 200
    RoleAssignment.objects.filter(user=user).update(ends_at=now())
    assert visitor.get("/khusus/").status_code == 403


def test_a_disabled_user_is_a_stranger_on_the_next_request(visitor: Client) -> None:
    user = UserFactory()
    enter(visitor, user)
    assert visitor.get("/dalam/").status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert visitor.get("/dalam/").status_code == 303


def test_a_closed_page_costs_three_queries_whatever_the_number_of_roles(
    visitor: Client, django_assert_max_num_queries
) -> None:
    user = staff(Role.PENGELOLA, "P31.74.07")
    for scope in ("31", "31.74", "31.75"):
        grant(user, Role.DINAS, scope)
    enter(visitor, user)
    with django_assert_max_num_queries(3):
        visitor.get("/khusus/")


def test_a_foreign_record_and_a_missing_one_give_the_same_bytes(visitor: Client) -> None:
    me, other = UserFactory(), UserFactory()
    enter(visitor, me)
    assert visitor.get(f"/catatan/{me.pk}/").content.decode() == str(me)
    answers = [
        visitor.get(f"/catatan/{key}/")
        for key in (other.pk, "00000000-0000-4000-8000-000000000000", "bukan-uuid")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({bytes(answer.content) for answer in answers}) == 1
    assert str(other) not in answers[0].content.decode()


@pytest.mark.parametrize("key", ["%00", "%ED%A0%80", "1e10", "-1", "a" * 500, "..%2f", "٣"])
def test_an_impossible_key_is_just_not_found(visitor: Client, key: str) -> None:
    enter(visitor, UserFactory())
    assert visitor.get(f"/catatan/{key}/").status_code == 404


def test_admin_pages_are_for_the_admin_role_alone(visitor: Client) -> None:
    assert visitor.get("/admin/")["Location"] == "/masuk/?next=/admin/"
    assert enter(visitor, staff(Role.DINAS, "ID")).get("/admin/").status_code == 403
    assert enter(Client(), staff(Role.ADMIN)).get("/admin/").status_code == 200


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/login/?next=/admin/accounts/"])
def test_the_admin_has_no_sign_in_of_its_own(visitor: Client, path: str) -> None:
    response = visitor.post(path, {"username": "x", "password": "y"})
    assert response.status_code == 303
    assert response["Location"].startswith("/masuk/?next=%2Fadmin%2F")


def test_the_admin_password_page_leads_to_the_counted_one(visitor: Client) -> None:
    assert enter(visitor, staff(Role.ADMIN)).get("/admin/password_change/")["Location"] == "/akun/kata-sandi/"


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/signup/",
        "/signup/",
        "/akun/mfa/trust/",
        "/akun/mfa/webauthn/",
        "/akun/email/",
        "/accounts/",
    ],
)
def test_other_pages_of_allauth_do_not_exist(visitor: Client, path: str) -> None:
    assert visitor.get(path).status_code == 404


# Scopes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scopes", "seen"),
    [
        (["31.74"], {"31.74", "31.74.07"}),
        (["31"], {"31", "31.74", "31.74.07", "31.75"}),
        (["31.74.07"], {"31.74.07"}),
        (["ID"], {"31", "31.74", "31.74.07", "31.75", "317", "32"}),
        (["31.75", "32"], {"31.75", "32"}),
        ([], set()),
        (["3"], set()),
        (["31.7"], set()),
        (["%"], set()),
        (["31_74"], set()),
    ],
)
def test_an_area_scope_matches_equal_codes_and_codes_below(scopes: list[str], seen: set[str]) -> None:
    for code in ("31", "31.74", "31.74.07", "31.75", "317", "32"):
        UserFactory(display_name=code)
    found = User.objects.filter(access.area_q("display_name", scopes))
    assert set(found.values_list("display_name", flat=True)) == seen
    assert {
        c
        for c in ("31", "31.74", "31.74.07", "31.75", "317", "32")
        if any(access.covers(s, c) for s in scopes)
    } == seen


def test_area_q_keeps_its_meaning_beside_other_conditions() -> None:
    UserFactory(display_name="31.74")
    UserFactory(display_name="32")
    everywhere, nowhere, other = (
        access.area_q("display_name", ["ID"]),
        access.area_q("display_name", []),
        Q(display_name="32"),
    )
    assert User.objects.filter(everywhere | other).count() == 2
    assert User.objects.filter(everywhere & other).count() == 1
    assert User.objects.filter(nowhere | other).count() == 1
    assert User.objects.filter(nowhere & other).count() == 0


def test_scopes_are_those_of_the_role_in_force() -> None:
    user = staff(Role.DINAS, "31")
    grant(user, Role.DINAS, "31.74")
    grant(user, Role.PENGELOLA, "P31.74.07")
    grant(user, Role.DINAS, "32", ends_at=now() - timedelta(minutes=1))
    assert access.scopes(user, Role.DINAS) == ["31", "31.74"]
    assert access.has_role(user, Role.PENGELOLA)
    assert not access.has_role(user, Role.ADMIN)


def test_a_stranger_has_no_scopes() -> None:
    assert access.scopes(AnonymousUser(), Role.DINAS) == []
    assert not access.has_role(AnonymousUser(), *Role)


def test_role_required_needs_a_role() -> None:
    with pytest.raises(ValueError, match="at least one"):
        access.role_required()
