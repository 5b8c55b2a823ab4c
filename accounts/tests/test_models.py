from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.deletion import ProtectedError

from accounts.models import Role, RoleAssignment, User, canonical_login
from accounts.tests.factories import PesertaUserFactory, UserFactory, grant, staff
from core.clock import now
from core.crypto import SealBroken

pytestmark = pytest.mark.django_db
PHONE = "+6281200001234"


@pytest.mark.parametrize(
    "written", ["081200001234", "0812-0000-1234", "62812 0000 1234", "+62 812-0000-1234", " +6281200001234 "]
)
def test_a_phone_in_any_usual_form_finds_the_same_account(written: str) -> None:
    user = UserFactory(phone=PHONE)
    UserFactory(phone="+6281200009999")
    assert User.objects.find_by_login(written) == user


@pytest.mark.parametrize(
    "written", ["OK-26-000123", "ok-26-000123", "ok26000123", "OK 26 000123", " ok–26–000123 "]
)
def test_a_registration_number_is_found_whatever_case_spaces_and_dashes(written: str) -> None:
    user = UserFactory(login_number="OK-26-000123")
    assert User.objects.find_by_login(written) == user


def test_an_email_is_found_in_any_case() -> None:
    user = UserFactory(email="siti@contoh.test")
    assert User.objects.find_by_login(" SITI@Contoh.test ") == user


@pytest.mark.parametrize("written", ["", "@", "+62", "x" * 300, "0812", "'; drop table", "\u202e0812"])
def test_nonsense_finds_nobody(written: str) -> None:
    UserFactory(email=None)
    assert User.objects.find_by_login(written) is None


def test_finding_by_login_is_one_query_for_known_and_unknown(django_assert_num_queries) -> None:
    UserFactory(phone=PHONE, email="a@contoh.test", login_number="OK-1")
    for written in (PHONE, "a@contoh.test", "OK1", "0812-9999-9999", "b@contoh.test", "OK-2"):
        with django_assert_num_queries(1):
            User.objects.find_by_login(written)


def test_canonical_login_gives_one_spelling() -> None:
    assert canonical_login("0812-0000-1234") == canonical_login("+62 812 0000 1234") == PHONE
    assert canonical_login("ok 26-1") == canonical_login("OK-261") == "OK261"


def test_the_phone_is_stored_sealed_masked_and_indexed_only() -> None:
    user = UserFactory(phone=PHONE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_user::text FROM accounts_user WHERE id = %s", [user.pk])
        row = cursor.fetchone()[0]
    assert "81200001234" not in row
    assert PHONE.encode().hex() not in row
    fresh = User.objects.get(pk=user.pk)
    assert fresh.phone() == PHONE
    assert fresh.phone_mask == "0812-••••-•1234"


def test_two_rows_ciphertexts_swapped_are_detected() -> None:
    one, two = UserFactory(phone=PHONE), UserFactory(phone="+6281200009999")
    User.objects.filter(pk=one.pk).update(phone_sealed=two.phone_sealed)
    with pytest.raises(SealBroken):
        User.objects.get(pk=one.pk).phone()


def test_a_phone_can_be_cleared() -> None:
    user = UserFactory(phone=PHONE)
    user.set_phone(None)
    user.save()
    fresh = User.objects.get(pk=user.pk)
    assert (fresh.phone(), fresh.phone_mask, fresh.phone_index) == (None, "", None)


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "siti@contoh.test"},
        {"phone": PHONE},
        {"login_number": "OK-26-1"},
        {"login_number": "OK-261"},
    ],
)
def test_identifiers_are_unique(fields: dict[str, str]) -> None:
    UserFactory(email="siti@contoh.test", phone=PHONE, login_number="OK-26-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(**fields)


@pytest.mark.parametrize("fields", [{"email": "Siti@contoh.test"}, {"email": ""}, {"login_number": "ok-1"}])
def test_the_database_refuses_identifiers_in_another_spelling(fields: dict[str, str]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(**fields)


def test_many_accounts_may_lack_every_identifier() -> None:
    UserFactory(email=None)
    UserFactory(email=None)
    assert User.objects.filter(email=None, phone_index=None, login_number=None).count() == 2


def test_create_user_without_a_password_cannot_sign_in() -> None:
    user = User.objects.create_user(
        display_name="Siti", email="SITI@contoh.test", phone=PHONE, login_number="ok-9"
    )
    assert (user.email, user.login_number) == ("siti@contoh.test", "OK-9")
    assert not user.has_usable_password()


def test_roles_hold_only_between_their_dates() -> None:
    user = staff(Role.PENDAMPING, "P31.74.07")
    grant(user, Role.DINAS, "31", starts_at=now() + timedelta(days=1))
    grant(user, Role.PENGELOLA, "P31.74.07", ends_at=now() - timedelta(seconds=1))
    assert user.roles() == {"pendamping"}


def test_an_inactive_user_has_no_roles() -> None:
    user = staff(Role.ADMIN)
    user.is_active = False
    user.forget_assignments()
    assert user.roles() == frozenset()
    assert not user.is_staff
    assert not user.has_perm("x.y")


def test_a_registration_number_makes_a_peserta() -> None:
    assert PesertaUserFactory().roles() == {"peserta"}
    assert UserFactory().roles() == frozenset()


def test_only_an_admin_is_staff_for_django() -> None:
    assert staff(Role.ADMIN).is_staff
    assert staff(Role.ADMIN).has_module_perms("accounts")
    assert not staff(Role.DINAS, "31").is_staff


def test_assignments_are_loaded_once_per_instance(django_assert_num_queries) -> None:
    user = User.objects.get(pk=staff(Role.DINAS, "31").pk)
    with django_assert_num_queries(1):
        assert user.roles() == {"dinas"}
        assert not user.is_staff
        assert user.active_assignments()


@pytest.mark.parametrize("scope", ["", "31.7", "31.74.07.1001", "jakarta", "31.74.07\n", "P", "31.74 OR 1=1"])
def test_a_malformed_scope_is_refused(scope: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        grant(UserFactory(), Role.DINAS, scope)


@pytest.mark.parametrize("scope", ["ID", "31", "31.74", "31.74.07", "P31.74.07", "P31.74.07-2"])
def test_area_and_centre_scopes_are_accepted(scope: str) -> None:
    assert grant(UserFactory(), Role.DINAS, scope).scope == scope


@pytest.mark.parametrize("role", ["peserta", "raja", ""])
def test_only_staff_roles_are_assigned(role: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        grant(UserFactory(), role, "ID")


def test_a_role_cannot_end_before_it_starts() -> None:
    at = now()
    with pytest.raises(IntegrityError), transaction.atomic():
        grant(UserFactory(), Role.DINAS, "31", starts_at=at, ends_at=at)


def test_every_change_of_an_assignment_is_kept_also_raw_ones() -> None:
    assignment = grant(UserFactory(), Role.DINAS, "31")
    RoleAssignment.objects.filter(pk=assignment.pk).update(ends_at=now())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_roleassignment WHERE id = %s", [assignment.pk])
        cursor.execute(
            "SELECT pgh_label FROM accounts_roleassignmentevent WHERE pgh_obj_id = %s ORDER BY pgh_id",
            [assignment.pk],
        )
        assert [label for (label,) in cursor.fetchall()] == ["insert", "update", "delete"]


def test_a_user_with_assignments_cannot_be_deleted() -> None:
    with pytest.raises(ProtectedError):
        staff(Role.DINAS, "31").delete()


def test_ending_sessions_changes_the_session_hash_and_nothing_else() -> None:
    user = UserFactory()
    before = user.get_session_auth_hash()
    user.end_sessions()
    assert user.get_session_auth_hash() != before
    assert User.objects.get(pk=user.pk).get_session_auth_hash() == user.get_session_auth_hash()
