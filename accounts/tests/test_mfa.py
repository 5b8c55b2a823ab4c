from __future__ import annotations

import re
import threading
import time
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.db import connection
from django.test import Client

from accounts import tasks
from accounts.models import STAFF_ROLES, MfaSecret, Role, RoleAssignment, User
from accounts.tests.conftest import sign_in
from accounts.tests.factories import PASSWORD, PesertaUserFactory, grant, staff
from core.clock import now
from core.models import AuditEntry

pytestmark = pytest.mark.django_db


def with_totp(user: User) -> str:
    """Give the user an authenticator and recovery codes; the secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def code_now(secret: str, step: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def recovery_codes(user: User) -> list[str]:
    return Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()


# Forced ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
def test_every_staff_role_must_set_up_a_second_factor_first(visitor: Client, role: str) -> None:
    sign_in(visitor, staff(role))
    for path in ("/dalam/", "/khusus/", "/dasbor/", "/akun/", "/akun/kata-sandi/"):
        response = visitor.get(path)
        assert response.status_code == 403 or response["Location"].startswith("/akun/mfa/pasang/?next="), path


@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/accounts/user/", "/admin/jsi18n/", "/admin/password_change/"]
)
def test_the_admin_pages_wait_for_the_second_factor(visitor: Client, path: str) -> None:
    sign_in(visitor, staff(Role.ADMIN))
    response = visitor.get(path)
    assert response.status_code == 303
    assert response["Location"].startswith("/akun/mfa/pasang/")


def test_public_pages_and_the_way_out_stay_open(visitor: Client) -> None:
    sign_in(visitor, staff(Role.PENGELOLA))
    assert visitor.get("/terbuka/").status_code == 200
    assert visitor.post("/keluar/").status_code == 303
    assert visitor.get("/dalam/")["Location"].startswith("/masuk/")


def test_forms_and_htmx_are_stopped_too(visitor: Client) -> None:
    sign_in(visitor, staff(Role.PENGELOLA))
    assert visitor.post("/khusus/")["Location"] == "/akun/mfa/pasang/"
    response = visitor.get("/khusus/", headers={"hx-request": "true"})
    assert response["HX-Redirect"].startswith("/akun/mfa/pasang/")
    assert b"khusus" not in response.content


def test_participants_are_not_asked(visitor: Client) -> None:
    sign_in(visitor, PesertaUserFactory())
    assert visitor.get("/saya/").status_code == 200


def test_somebody_who_becomes_staff_is_asked_on_the_next_request(visitor: Client) -> None:
    user = PesertaUserFactory()
    sign_in(visitor, user)
    grant(user, Role.PENDAMPING, "P31.74.07")
    assert visitor.get("/saya/")["Location"].startswith("/akun/mfa/pasang/")
    RoleAssignment.objects.filter(user=user).update(ends_at=now())
    assert visitor.get("/saya/").status_code == 200


@pytest.mark.parametrize(
    ("demo_mode", "is_demo", "opens"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_only_demo_accounts_in_demo_mode_are_let_off(
    visitor: Client, settings, demo_mode: bool, is_demo: bool, opens: bool
) -> None:
    settings.DEMO_MODE = demo_mode
    sign_in(visitor, staff(Role.PENGELOLA, is_demo=is_demo))
    assert (visitor.get("/khusus/").status_code == 200) is opens


# Setting up ------------------------------------------------------------------------------------------------


def set_up(visitor: Client) -> str:
    """Go through the page as people do; the secret shown there."""
    page = visitor.get("/akun/mfa/pasang/")
    assert page.status_code == 200
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    assert "data:image/svg+xml;base64," in page.content.decode()
    return secret


def test_setting_up_opens_the_pages_and_shows_recovery_codes(visitor: Client) -> None:
    user = staff(Role.PENGELOLA)
    sign_in(visitor, user)
    secret = set_up(visitor)
    response = visitor.post("/akun/mfa/pasang/", {"code": code_now(secret)})
    assert (response.status_code, response["Location"]) == (303, "/akun/mfa/kode-cadangan/")
    page = visitor.get("/akun/mfa/kode-cadangan/").content.decode()
    assert all(code in page for code in recovery_codes(user))
    assert len(recovery_codes(user)) == 10
    assert visitor.get("/khusus/").status_code == 200
    assert AuditEntry.objects.filter(action="akun.mfa_aktif", object_id=str(user.pk)).exists()


def test_setting_up_ends_other_sessions(visitor: Client) -> None:
    user, elsewhere = staff(Role.PENGELOLA), Client()
    sign_in(visitor, user), sign_in(elsewhere, user)
    visitor.post("/akun/mfa/pasang/", {"code": code_now(set_up(visitor))})
    assert elsewhere.get("/dalam/")["Location"].startswith("/masuk/")


def test_a_wrong_first_code_changes_nothing_and_keeps_the_secret(visitor: Client) -> None:
    user = staff(Role.PENGELOLA)
    sign_in(visitor, user)
    secret = set_up(visitor)
    response = visitor.post("/akun/mfa/pasang/", {"code": "000000"})
    assert response.status_code == 422
    assert response.context["form"].secret == secret
    assert not Authenticator.objects.filter(user=user).exists()
    assert visitor.get("/khusus/").status_code == 303


def test_setting_up_long_after_signing_in_asks_for_the_password_again(visitor: Client) -> None:
    with time_machine.travel(now() - timedelta(minutes=20)):
        sign_in(visitor, staff(Role.PENGELOLA))
    response = visitor.get("/akun/mfa/pasang/")
    assert response["Location"] == "/akun/konfirmasi/?next=%2Fakun%2Fmfa%2Fpasang%2F"
    form = {"password": "salah-salah-salah", "next": "/akun/mfa/pasang/"}
    assert visitor.post("/akun/konfirmasi/", form).status_code == 422
    form["password"] = PASSWORD
    assert visitor.post("/akun/konfirmasi/", form)["Location"] == "/akun/mfa/pasang/"
    assert visitor.get("/akun/mfa/pasang/").status_code == 200


def test_the_secret_is_not_readable_in_the_database(visitor: Client) -> None:
    user = staff(Role.PENGELOLA)
    secret = with_totp(user)
    with connection.cursor() as cursor:
        cursor.execute("SELECT mfa_authenticator::text FROM mfa_authenticator")
        rows = str(cursor.fetchall())
        cursor.execute("SELECT accounts_mfasecret::text FROM accounts_mfasecret")
        rows += str(cursor.fetchall())
    assert secret not in rows
    assert secret.encode().hex() not in rows


def test_secrets_that_nothing_refers_to_are_forgotten() -> None:
    user, gone = staff(Role.PENGELOLA), staff(Role.PENGELOLA)
    secret = with_totp(user)
    with_totp(gone)
    Authenticator.objects.filter(user=gone).delete()
    MfaSecret.objects.update(created_at=now() - timedelta(hours=1))
    tasks.forget_old()
    assert MfaSecret.objects.count() == 2
    visitor = Client()
    sign_in(visitor, user)
    assert visitor.post("/akun/mfa/masuk/", {"code": code_now(secret)}).status_code == 303


# Signing in ------------------------------------------------------------------------------------------------


def test_the_password_alone_signs_nobody_in(visitor: Client) -> None:
    user = staff(Role.PENGELOLA)
    with_totp(user)
    assert sign_in(visitor, user)["Location"] == "/akun/mfa/masuk/"
    inside = ["pasang", "lepas", "konfirmasi", "kode-cadangan", "kode-cadangan/baru", "kode-cadangan/unduh"]
    pages = ["/dalam/", "/khusus/", "/akun/", "/akun/konfirmasi/", "/akun/kata-sandi/"]
    for path in pages + [f"/akun/mfa/{page}/" for page in inside]:
        for method in (visitor.get, visitor.post):
            response = method(path)
            assert (response.status_code, response["Location"][:7]) == (303, "/masuk/"), path
    assert "_auth_user_id" not in visitor.session


def test_the_code_of_the_app_completes_it_with_a_new_session_key(visitor: Client) -> None:
    user = staff(Role.PENGELOLA)
    secret = with_totp(user)
    sign_in(visitor, user)
    waiting = visitor.session.session_key
    response = visitor.post("/akun/mfa/masuk/", {"code": f" {code_now(secret)[:3]} {code_now(secret)[3:]} "})
    assert response["Location"] == "/khusus/"
    assert visitor.session.session_key != waiting
    assert visitor.get("/khusus/").status_code == 200


def test_the_wanted_page_is_remembered_across_the_code(visitor: Client) -> None:
    user = staff(Role.PENGELOLA)
    secret = with_totp(user)
    visitor.post("/masuk/", {"login": user.email, "password": PASSWORD, "next": "/dalam/?a=1"})
    assert visitor.post("/akun/mfa/masuk/", {"code": code_now(secret)})["Location"] == "/dalam/?a=1"


@pytest.mark.parametrize("step", [-1, 0, 1])
def test_a_phone_whose_clock_is_half_a_minute_off_still_works(visitor: Client, step: int) -> None:
    user = staff(Role.PENGELOLA)
    secret = with_totp(user)
    with time_machine.travel(now(), tick=False):
        sign_in(visitor, user)
        assert visitor.post("/akun/mfa/masuk/", {"code": code_now(secret, step)}).status_code == 303


@pytest.mark.parametrize("step", [-3, 3])
def test_an_old_or_future_code_does_not(visitor: Client, step: int) -> None:
    user = staff(Role.PENGELOLA)
    secret = with_totp(user)
    with time_machine.travel(now(), tick=False):
        sign_in(visitor, user)
        assert visitor.post("/akun/mfa/masuk/", {"code": code_now(secret, step)}).status_code == 422


def test_a_code_works_once_also_after_a_broker_flush(services) -> None:
    user = staff(Role.PENGELOLA)
    secret = with_totp(user)
    with time_machine.travel(now(), tick=False):
        code = code_now(secret)
        first, second = Client(), Client()
        sign_in(first, user), sign_in(second, user)
        assert first.post("/akun/mfa/masuk/", {"code": code}).status_code == 303
        services.flush_broker()
        assert second.post("/akun/mfa/masuk/", {"code": code}).status_code == 422


def test_a_recovery_code_works_once(visitor: Client) -> None:
    user = staff(Role.PENGELOLA)
    with_totp(user)
    code = recovery_codes(user)[0]
    sign_in(visitor, user)
    assert visitor.post("/akun/mfa/masuk/", {"code": code}).status_code == 303
    again = Client()
    sign_in(again, user)
    assert again.post("/akun/mfa/masuk/", {"code": code}).status_code == 422


def test_ten_codes_in_a_quarter_of_an_hour(visitor: Client) -> None:
    user = staff(Role.PENGELOLA)
    secret = with_totp(user)
    sign_in(visitor, user)
    for _ in range(10):
        assert visitor.post("/akun/mfa/masuk/", {"code": "000000"}).status_code == 422
    fresh = Client()
    sign_in(fresh, user)
    response = fresh.post("/akun/mfa/masuk/", {"code": code_now(secret)})
    assert response.status_code == 422
    assert "terlalu banyak percobaan" in response.content.decode()


@pytest.mark.parametrize("change", ["disabled", "new password", "sessions ended"])
def test_a_sign_in_waiting_for_the_code_dies_when_the_account_changes(visitor: Client, change: str) -> None:
    user = staff(Role.PENGELOLA)
    secret = with_totp(user)
    sign_in(visitor, user)
    if change == "disabled":
        User.objects.filter(pk=user.pk).update(is_active=False)
    elif change == "new password":
        user.set_password("sesuatu yang lain")
        user.save()
    else:
        user.end_sessions()
    assert visitor.post("/akun/mfa/masuk/", {"code": code_now(secret)})["Location"] == "/masuk/"
    assert visitor.get("/dalam/")["Location"].startswith("/masuk/")


def test_a_waiting_sign_in_ends_after_a_quarter_of_an_hour(visitor: Client) -> None:
    user = staff(Role.PENGELOLA)
    secret = with_totp(user)
    with time_machine.travel(now() - timedelta(minutes=16)):
        sign_in(visitor, user)
    assert visitor.post("/akun/mfa/masuk/", {"code": code_now(secret)})["Location"] == "/masuk/"


def test_nobody_comes_in_by_the_code_page_alone(visitor: Client) -> None:
    assert visitor.get("/akun/mfa/masuk/")["Location"] == "/masuk/"
    assert visitor.post("/akun/mfa/masuk/", {"code": "123456"})["Location"] == "/masuk/"


# Inside ----------------------------------------------------------------------------------------------------


def unproven(user: User) -> Client:
    """A session of staff who has a second factor and did not use it."""
    visitor = Client()
    visitor.force_login(user)
    return visitor


def test_a_session_without_the_second_factor_is_asked_for_it() -> None:
    user = staff(Role.ADMIN)
    secret = with_totp(user)
    visitor = unproven(user)
    assert visitor.get("/admin/")["Location"] == "/akun/mfa/konfirmasi/?next=/admin/"
    page = visitor.get("/akun/mfa/konfirmasi/?next=/admin/")
    assert page.status_code == 200
    assert 'value="/admin/"' in page.content.decode()
    assert visitor.post("/akun/mfa/konfirmasi/", {"code": "000000", "next": "/admin/"}).status_code == 422
    assert (
        visitor.post("/akun/mfa/konfirmasi/", {"code": code_now(secret), "next": "/admin/"})["Location"]
        == "/admin/"
    )
    assert visitor.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    "path", ["kode-cadangan/", "kode-cadangan/unduh/", "kode-cadangan/baru/", "lepas/", "pasang/", ""]
)
def test_the_password_again_is_no_way_around_the_second_factor(path: str) -> None:
    user = staff(Role.PENGELOLA)
    with_totp(user)
    visitor = unproven(user)
    assert visitor.post("/akun/konfirmasi/", {"password": PASSWORD}).status_code == 303
    for method in (visitor.get, visitor.post):
        assert method(f"/akun/mfa/{path}")["Location"].startswith("/akun/mfa/konfirmasi/")
    assert Authenticator.objects.filter(user=user).count() == 2


def test_changing_the_phone_means_setting_up_anew_at_once(visitor: Client) -> None:
    user = staff(Role.PENGELOLA)
    secret = with_totp(user)
    sign_in(visitor, user)
    visitor.post("/akun/mfa/masuk/", {"code": code_now(secret)})
    assert visitor.get("/akun/mfa/lepas/").status_code == 200
    assert visitor.post("/akun/mfa/lepas/").status_code == 303
    assert not Authenticator.objects.filter(user=user).exists()
    assert visitor.get("/khusus/")["Location"].startswith("/akun/mfa/pasang/")
    visitor.post("/akun/mfa/pasang/", {"code": code_now(set_up(visitor))})
    assert visitor.get("/khusus/").status_code == 200


def test_new_recovery_codes_replace_the_old(visitor: Client) -> None:
    user = staff(Role.PENGELOLA)
    secret = with_totp(user)
    old = recovery_codes(user)
    sign_in(visitor, user)
    visitor.post("/akun/mfa/masuk/", {"code": code_now(secret)})
    assert visitor.get("/akun/mfa/kode-cadangan/baru/").status_code == 200
    visitor.post("/akun/mfa/kode-cadangan/baru/")
    assert not set(old) & set(recovery_codes(user))
    download = visitor.get("/akun/mfa/kode-cadangan/unduh/")
    assert download["Content-Type"].startswith("text/plain")
    assert recovery_codes(user)[0] in download.content.decode()


def test_a_citizen_may_use_a_second_factor_too(visitor: Client) -> None:
    user = PesertaUserFactory()
    secret = with_totp(user)
    assert sign_in(visitor, user)["Location"] == "/akun/mfa/masuk/"
    assert visitor.post("/akun/mfa/masuk/", {"code": code_now(secret)})["Location"] == "/saya/"


def test_pages_of_the_second_factor_speak_indonesian(visitor: Client) -> None:
    user = staff(Role.PENGELOLA)
    sign_in(visitor, user)
    pages = [visitor.get("/akun/mfa/pasang/"), visitor.post("/akun/mfa/pasang/", {"code": ""})]
    visitor.post("/akun/mfa/pasang/", {"code": code_now(set_up(visitor))})
    pages += [
        visitor.get(f"/akun/mfa/{p}")
        for p in ("kode-cadangan/", "kode-cadangan/baru/", "lepas/", "konfirmasi/")
    ]
    pages.append(visitor.get("/akun/"))
    for page in pages:
        text = re.sub(r"<[^>]+>", " ", page.content.decode())
        assert page.status_code in (200, 422)
        assert not re.search(r"\b(code|password|recovery|sign in|enter|your)\b", text, re.I), page.request


@pytest.mark.django_db(transaction=True)
def test_one_code_sent_many_times_at_once_is_accepted_once() -> None:
    user = staff(Role.PENGELOLA)
    secret = with_totp(user)
    with time_machine.travel(now(), tick=False):
        code = code_now(secret)
        visitors = [Client() for _ in range(6)]
        for visitor in visitors:
            sign_in(visitor, user)
        barrier = threading.Barrier(6)
        statuses: list[int] = []

        def one(visitor: Client) -> None:
            try:
                barrier.wait(timeout=20)
                statuses.append(visitor.post("/akun/mfa/masuk/", {"code": code}).status_code)
            finally:
                connection.close()

        threads = [threading.Thread(target=one, args=(visitor,)) for visitor in visitors]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    assert sorted(statuses) == [303] + [422] * 5
