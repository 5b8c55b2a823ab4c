from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from accounts.codes import redeem_code
from accounts.models import AccessCode, Role, RoleAssignment, User
from accounts.roles import GrantRefused, end_role, grant_role
from accounts.tests.conftest import sign_in
from accounts.tests.factories import UserFactory, grant, staff
from accounts.tests.test_mfa import with_totp
from core.clock import now
from core.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def secretary(settings) -> User:
    settings.DEMO_MODE = True
    return staff(Role.ADMIN, is_demo=True)


@pytest.fixture
def desk(secretary: User) -> Client:
    client = Client()
    client.force_login(secretary)
    return client


def test_neither_hash_nor_sealed_phone_is_on_any_page(desk: Client) -> None:
    user = UserFactory(phone="+6281200001234")
    for path in ("", "add/", f"{user.pk}/change/", f"{user.pk}/history/", "?q=0812"):
        page = desk.get(f"/admin/accounts/user/{path}")
        assert page.status_code == 200
        text = page.content.decode()
        assert user.password not in text
        assert "81200001234" not in text
    assert "0812-••••-•1234" in desk.get("/admin/accounts/user/").content.decode()


def test_tables_of_allauth_are_not_offered(desk: Client) -> None:
    names = {model._meta.label for model in admin.site._registry}
    assert not {"mfa.Authenticator", "account.EmailAddress"} & names
    assert desk.get("/admin/mfa/authenticator/").status_code == 404


def test_a_new_user_has_no_password_and_an_audit_entry(desk: Client, secretary: User) -> None:
    data = {
        "display_name": "Ratna",
        "email": "Ratna@contoh.test",
        "phone": "0812-0000-1234",
        "login_number": "",
        "is_active": "on",
    }
    assert desk.post("/admin/accounts/user/add/", data).status_code == 302
    user = User.objects.find_by_login("0812 0000 1234")
    assert (user.email, user.login_number, user.has_usable_password()) == ("ratna@contoh.test", None, False)
    entry = AuditEntry.objects.get(action="akun.dibuat", object_id=str(user.pk))
    assert entry.actor_id == secretary.pk
    assert "81200001234" not in str(entry.detail)


def test_two_users_without_email_can_be_made(desk: Client) -> None:
    for name in ("Satu", "Dua"):
        desk.post("/admin/accounts/user/add/", {"display_name": name, "is_active": "on"})
    assert User.objects.filter(email=None, display_name__in=("Satu", "Dua")).count() == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "SITI@contoh.test"), ("phone", "0812-0000-1234"), ("login_number", "ok-1"), ("phone", "12")],
)
def test_an_identifier_of_somebody_else_is_refused_beside_the_field(
    desk: Client, field: str, value: str
) -> None:
    UserFactory(email="siti@contoh.test", phone="+6281200001234", login_number="OK-1")
    response = desk.post(
        "/admin/accounts/user/add/", {"display_name": "Lain", "is_active": "on", field: value}
    )
    assert response.status_code == 200
    assert User.objects.filter(display_name="Lain").count() == 0


def test_disabling_acts_on_the_next_request(desk: Client) -> None:
    user, phone = UserFactory(), Client()
    sign_in(phone, user)
    desk.post(
        f"/admin/accounts/user/{user.pk}/change/", {"display_name": user.display_name, "email": user.email}
    )
    assert phone.get("/dalam/").status_code == 303


def test_nobody_disables_themselves(desk: Client, secretary: User) -> None:
    desk.post(
        f"/admin/accounts/user/{secretary.pk}/change/", {"display_name": "Saya", "email": secretary.email}
    )
    secretary.refresh_from_db()
    assert secretary.is_active
    assert secretary.display_name == "Saya"


def test_accounts_and_assignments_are_not_deleted(desk: Client) -> None:
    assignment = grant(UserFactory(), Role.DINAS, "31")
    assert desk.post(f"/admin/accounts/user/{assignment.user_id}/delete/", {"post": "yes"}).status_code == 403
    assert (
        desk.post(f"/admin/accounts/roleassignment/{assignment.pk}/delete/", {"post": "yes"}).status_code
        == 403
    )


def act(desk: Client, model: str, action: str, *keys: object):
    data = {"action": action, "_selected_action": [str(key) for key in keys]}
    return desk.post(f"/admin/accounts/{model}/", data, follow=True)


def test_the_secretariat_ends_sessions_and_lost_second_factors(desk: Client) -> None:
    user, phone = UserFactory(), Client()
    sign_in(phone, user)
    act(desk, "user", "end_sessions", user.pk)
    assert phone.get("/dalam/").status_code == 303
    officer = staff(Role.PENGELOLA)
    with_totp(officer)
    act(desk, "user", "remove_second_factor", officer.pk)
    assert not Authenticator.objects.filter(user=officer).exists()
    assert AuditEntry.objects.filter(action="akun.mfa_dilepas_admin", object_id=str(officer.pk)).count() == 1


def test_nobody_removes_their_own_second_factor_here(desk: Client, secretary: User) -> None:
    with_totp(secretary)
    act(desk, "user", "remove_second_factor", secretary.pk)
    assert Authenticator.objects.filter(user=secretary).count() == 2


def test_a_code_is_printed_for_one_account_at_a_time_and_never_for_oneself(
    desk: Client, secretary: User
) -> None:
    one, two = UserFactory(), UserFactory()
    act(desk, "user", "print_code", one.pk, two.pk)
    act(desk, "user", "print_code", secretary.pk)
    assert AccessCode.objects.count() == 0
    page = act(desk, "user", "print_code", one.pk).content.decode()
    assert f"Kode untuk {one}" in page
    assert AccessCode.objects.get().issued_by == secretary


def new_role(desk: Client, user: User, **other: str):
    at = now()
    starts = {"starts_at_0": f"{at:%d/%m/%Y}", "starts_at_1": "00:00:00"}
    data = {"user": str(user.pk), "role": "dinas", "scope": "31.74", "agency_code": "", **starts}
    return desk.post(
        "/admin/accounts/roleassignment/add/", {**data, "ends_at_0": "", "ends_at_1": "", **other}
    )


def test_a_grant_keeps_who_gave_it(desk: Client, secretary: User) -> None:
    user = UserFactory()
    assert new_role(desk, user).status_code == 302
    assignment = RoleAssignment.objects.get(user=user)
    assert (assignment.granted_by, assignment.scope) == (secretary, "31.74")
    assert AuditEntry.objects.filter(action="akun.peran_diberikan", object_id=str(assignment.pk)).exists()


@pytest.mark.parametrize(
    "other", [{"scope": "jakarta"}, {"role": "raja"}, {"role": "peserta"}, {"scope": ""}]
)
def test_a_malformed_grant_is_refused_on_the_page(desk: Client, other: dict[str, str]) -> None:
    user = UserFactory()
    assert new_role(desk, user, **other).status_code == 200
    assert not RoleAssignment.objects.filter(user=user).exists()


def test_nobody_gives_roles_to_themselves(desk: Client, secretary: User) -> None:
    page = new_role(desk, secretary)
    assert page.status_code == 200
    assert "admin lain" in page.content.decode()
    assert secretary.role_assignments.count() == 1


def test_nobody_ends_or_changes_their_own_role(desk: Client, secretary: User) -> None:
    assignment = secretary.role_assignments.get()
    act(desk, "roleassignment", "end_now", assignment.pk)
    ends = now() + timedelta(days=1)
    desk.post(
        f"/admin/accounts/roleassignment/{assignment.pk}/change/",
        {"ends_at_0": f"{ends:%d/%m/%Y}", "ends_at_1": "00:00:00"},
    )
    assignment.refresh_from_db()
    assert assignment.ends_at is None


def test_ending_a_role_now_takes_it_at_once(desk: Client) -> None:
    user = staff(Role.PENGELOLA, "P31.74.07")
    assert desk.get("/admin/accounts/roleassignment/").status_code == 200
    act(desk, "roleassignment", "end_now", user.role_assignments.get().pk)
    assert User.objects.get(pk=user.pk).roles() == frozenset()


def test_only_the_end_of_an_assignment_can_be_changed_later(desk: Client) -> None:
    assignment = grant(UserFactory(), Role.DINAS, "31")
    ends = now() + timedelta(days=30)
    desk.post(
        f"/admin/accounts/roleassignment/{assignment.pk}/change/",
        {"role": "admin", "scope": "ID", "ends_at_0": f"{ends:%d/%m/%Y}", "ends_at_1": "00:00:00"},
    )
    assignment.refresh_from_db()
    assert (assignment.role, assignment.scope) == ("dinas", "31")
    assert assignment.ends_at is not None


def test_a_role_is_granted_and_ended_by_somebody_else(secretary: User) -> None:
    user = UserFactory()
    assignment = grant_role(user=user, role=Role.DINAS, scope="31", granted_by=secretary, at=now())
    assert user.roles() == {"dinas"}
    end_role(assignment=assignment, ended_by=secretary, at=now())
    end_role(assignment=assignment, ended_by=secretary, at=now())
    assert User.objects.get(pk=user.pk).roles() == frozenset()
    with pytest.raises(GrantRefused):
        grant_role(user=secretary, role=Role.DINAS, scope="31", granted_by=secretary, at=now())
    with pytest.raises(ValidationError):
        grant_role(user=user, role=Role.DINAS, scope="mana saja", granted_by=secretary, at=now())


def test_a_role_that_has_not_begun_is_withdrawn(secretary: User) -> None:
    user, at = UserFactory(), now()
    assignment = grant_role(
        user=user, role=Role.DINAS, scope="31", granted_by=secretary, at=at + timedelta(days=3)
    )
    end_role(assignment=assignment, ended_by=secretary, at=at)
    assert not user.role_assignments.exists()


def test_the_admin_bears_our_name_and_says_its_zone(desk: Client) -> None:
    page = desk.get("/admin/").content.decode()
    assert "OK OCE: pengaturan sekretariat" in page
    assert "Administrasi Django" not in page
    assert "Semua jam di sini WIB" in page
    assert re.search(r"<title>Yang bisa diatur \| OK OCE</title>", page)


def test_times_are_shown_and_read_in_wib(desk: Client, secretary: User) -> None:
    user = UserFactory()
    User.objects.filter(pk=user.pk).update(created_at=datetime(2026, 11, 23, 18, 30, tzinfo=UTC))
    page = desk.get(f"/admin/accounts/user/{user.pk}/change/").content.decode()
    assert re.search(r"24 Nov\S* 2026, 0?1[.:]30", page)
    answer = desk.post(
        "/admin/accounts/roleassignment/add/",
        {
            "user": str(user.pk), "role": Role.PENDAMPING, "scope": "P31.74.07", "agency_code": "",
            "starts_at_0": "2026-11-24", "starts_at_1": "01:30:00", "ends_at_0": "", "ends_at_1": "",
        },
    )  # fmt: skip
    assert answer.status_code == 302
    assert RoleAssignment.objects.get(user=user).starts_at == datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
    assert timezone.get_current_timezone_name() == "UTC"


def test_a_new_account_and_its_code_are_one_step(desk: Client) -> None:
    assert "Simpan dan cetak kode" in desk.get("/admin/accounts/user/add/").content.decode()
    data = {"display_name": "Ratna", "email": "ratna@contoh.test", "is_active": "on", "_code": "1"}
    page = desk.post("/admin/accounts/user/add/", data, follow=True).content.decode()
    printed = re.search(r"Kode untuk Ratna: ([A-Z0-9]{4}-[A-Z0-9]{4})", page)
    assert printed
    issued = AccessCode.objects.get(user__email="ratna@contoh.test")
    assert issued.purpose == AccessCode.Purpose.CLAIM
    redeem_code(login="ratna@contoh.test", code=printed[1], new_password="tiga kata panjang", at=now())
    assert User.objects.get(email="ratna@contoh.test").check_password("tiga kata panjang")


def test_an_existing_account_gets_a_code_for_a_new_password_but_never_the_own(
    desk: Client, secretary: User
) -> None:
    user = UserFactory(email="siti@contoh.test")
    for owner, count in ((user, 1), (secretary, 0)):
        path = f"/admin/accounts/user/{owner.pk}/change/"
        assert ("Simpan dan cetak kode" in desk.get(path).content.decode()) == bool(count)
        desk.post(path, {"display_name": str(owner), "email": owner.email, "is_active": "on", "_code": "1"})
        assert AccessCode.objects.filter(user=owner, purpose=AccessCode.Purpose.RESET).count() == count


def test_a_refused_form_says_first_that_nothing_was_stored(desk: Client) -> None:
    UserFactory(email="siti@contoh.test")
    data = {"display_name": "", "email": "siti@contoh.test", "_code": "1"}
    page = desk.post("/admin/accounts/user/add/", data).content.decode()
    assert "Belum tersimpan: ada 2 isian yang perlu dibetulkan" in page
    assert "<title>Galat: " in page
    assert not AccessCode.objects.exists()
