from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
import time_machine
from django.contrib.auth import hashers
from django.test import Client

from accounts import lockout, signin
from accounts.hashers import Argon2Profile
from accounts.models import Role, SignInCounter
from accounts.tests.conftest import sign_in
from accounts.tests.factories import PASSWORD, PesertaUserFactory, UserFactory, grant, staff
from core.clock import now

pytestmark = pytest.mark.django_db
PHONE = "+6281200001234"
WRONG = "bukan-kata-sandinya"


@pytest.fixture
def hash_checks() -> Iterator[list[str]]:
    """Every password check made, by hasher."""
    made: list[str] = []
    original = hashers.verify_password

    def counted(password: str | None, encoded: str, preferred: str = "default") -> tuple[bool, bool]:
        made.append(encoded.split("$")[0])
        return original(password, encoded, preferred)

    with patch.object(hashers, "verify_password", counted):
        yield made


def without_tokens(response) -> str:
    """The page without what differs on every request, and without the login written back."""
    text = response.content.decode()
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)
    text = re.sub(r'nonce="[^"]+"', "", text)
    return re.sub(r'(name="login"[^>]*) value="[^"]*"', r"\1", text)


def headers(response) -> dict[str, str]:
    moving = ("Content-Length", "X-Request-ID", "Expires")  # length of the login shown back, ids, the time
    kept = {k: v for k, v in response.headers.items() if k not in moving}
    return {k: re.sub(r"'nonce-[^']+'", "", v) for k, v in kept.items()}


# The way in ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "0812-0000-1234",
        "+6281200001234",
        "62812 0000 1234",
        "SITI@contoh.test",
        "ok-26-000123",
        "OK 26 000123",
    ],
)
def test_any_of_three_identifiers_signs_in(visitor: Client, written: str) -> None:
    user = PesertaUserFactory(phone=PHONE, email="siti@contoh.test", login_number="OK-26-000123")
    response = visitor.post("/masuk/", {"login": written, "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (303, "/saya/")
    assert visitor.get("/dalam/").content.decode() == f"masuk sebagai {user}"


@pytest.mark.parametrize(
    ("roles", "lands"),
    [
        ([Role.PENDAMPING], "/hari-ini/"),
        ([Role.PENGELOLA], "/khusus/"),
        ([Role.DINAS], "/dasbor/"),
        ([Role.ADMIN], "/dasbor/"),
        ([Role.PENDAMPING, Role.PENGELOLA], "/khusus/"),
        ([Role.PENGELOLA, Role.DINAS], "/dasbor/"),
        ([Role.PELATIH], "/"),
        ([], "/"),
    ],
)
def test_people_land_on_the_page_of_their_most_senior_role(
    visitor: Client, settings, roles: list[Role], lands: str
) -> None:
    settings.DEMO_MODE = True
    user = UserFactory(is_demo=True)
    for role in roles:
        grant(user, role)
    assert sign_in(visitor, user)["Location"] == lands


def test_a_safe_next_is_followed(visitor: Client) -> None:
    user = UserFactory()
    page = visitor.get("/masuk/?next=/dalam/%3Fa%3D1").content.decode()
    assert 'name="next" value="/dalam/?a=1"' in page
    response = visitor.post("/masuk/", {"login": user.email, "password": PASSWORD, "next": "/dalam/?a=1"})
    assert response["Location"] == "/dalam/?a=1"


@pytest.mark.parametrize(
    "target",
    ["https://jahat.example/", "//jahat.example/", "/\\jahat.example", "javascript:alert(1)", "http:///jahat.example",
     "https://localhost/", "\x00/", "ftp://testserver/", "/" * 3 + "jahat.example", "/a" * 2000],
)  # fmt: skip
def test_a_foreign_next_is_ignored(visitor: Client, target: str) -> None:
    user = UserFactory()
    assert target not in visitor.get("/masuk/", {"next": target}).content.decode()
    credentials = {"login": user.email, "password": PASSWORD}
    assert Client().post("/masuk/", {**credentials, "next": target})["Location"] == "/"
    assert Client().post("/masuk/", credentials, query_params={"next": target})["Location"] == "/"


def test_somebody_signed_in_is_not_asked_again(visitor: Client) -> None:
    user = UserFactory()
    visitor.force_login(user)
    assert visitor.get("/masuk/?next=/dalam/")["Location"] == "/dalam/"


def test_signing_in_as_somebody_else_leaves_nothing_of_the_first(visitor: Client) -> None:
    first, second = UserFactory(), UserFactory()
    sign_in(visitor, first)
    session = visitor.session
    session["milik"] = "pertama"
    session.save()
    sign_in(visitor, second)
    assert visitor.get("/dalam/").content.decode() == f"masuk sebagai {second}"
    assert "milik" not in visitor.session


def test_signing_in_needs_the_token_of_the_form() -> None:
    user = UserFactory()
    assert sign_in(Client(enforce_csrf_checks=True), user).status_code == 403


def test_the_session_gets_a_new_key_when_signing_in(visitor: Client) -> None:
    user = UserFactory()
    session = visitor.session
    session["mulai"] = "1"
    session.save()
    planted = visitor.session.session_key
    sign_in(visitor, user)
    assert visitor.session.session_key != planted
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert thief.get("/dalam/").status_code == 303


# The same answer for everybody -----------------------------------------------------------------------------


def odd_accounts() -> dict[str, str]:
    """Logins that must all be answered like a wrong password."""
    UserFactory(email="dikenal@contoh.test", phone=PHONE)
    UserFactory(email="nonaktif@contoh.test", is_active=False)
    UserFactory(email="belum-diklaim@contoh.test", password=None)
    return {
        "dikenal@contoh.test": WRONG,
        "0812-0000-1234": WRONG,
        "nonaktif@contoh.test": PASSWORD,
        "belum-diklaim@contoh.test": PASSWORD,
        "tidak-ada@contoh.test": PASSWORD,
        "0812-9999-1234": PASSWORD,
        "OK-26-999999": PASSWORD,
        "sembarang": PASSWORD,
    }


def test_known_unknown_disabled_and_unclaimed_accounts_get_the_same_answer() -> None:
    answers = [
        Client().post("/masuk/", {"login": login, "password": password})
        for login, password in odd_accounts().items()
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert "tidak cocok" in answers[0].content.decode()
    assert len({without_tokens(answer) for answer in answers}) == 1
    assert [headers(answer) for answer in answers] == [headers(answers[0])] * len(answers)
    assert all(answer.cookies.keys() == answers[0].cookies.keys() for answer in answers)


def test_every_answer_costs_exactly_one_hash_check(hash_checks: list[str]) -> None:
    for login, password in {**odd_accounts(), "dikenal@contoh.test": PASSWORD}.items():
        hash_checks.clear()
        Client().post("/masuk/", {"login": login, "password": password})
        assert len(hash_checks) == 1, login


def test_every_refusal_costs_the_same_number_of_queries(django_assert_num_queries) -> None:
    for login, password in odd_accounts().items():
        with django_assert_num_queries(3):
            Client().post("/masuk/", {"login": login, "password": password})


def test_the_answer_takes_as_long_for_unknown_accounts_as_for_known_ones(settings) -> None:
    """By turns, in time of the processor: what else the machine does changes neither."""
    settings.PASSWORD_HASHERS = ["accounts.hashers.Argon2Profile"]
    UserFactory(email="dikenal@contoh.test")
    visitor = Client()

    def seconds(login: str) -> float:
        start = time.thread_time()
        visitor.post("/masuk/", {"login": login, "password": WRONG})
        return time.thread_time() - start

    seconds("dikenal@contoh.test"), seconds("tidak-ada-0@contoh.test")
    known, unknown = [], []
    for number in range(1, 9):
        known.append(seconds("dikenal@contoh.test"))
        unknown.append(seconds(f"tidak-ada-{number}@contoh.test"))
    ratio = statistics.median(known) / statistics.median(unknown)
    assert 0.6 < ratio < 1.67, f"known/unknown = {ratio:.2f}"


def test_the_password_profile_is_argon2id_with_19_mib_two_passes_one_lane() -> None:
    encoded = Argon2Profile().encode("x" * 12, "garam-yang-cukup")
    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


# How often -------------------------------------------------------------------------------------------------


def test_ten_checks_in_a_quarter_of_an_hour_whatever_identifier_or_forwarded_address(
    hash_checks: list[str],
) -> None:
    UserFactory(phone=PHONE, email="siti@contoh.test", login_number="OK-26-000123")
    ways = ["0812-0000-1234", "siti@contoh.test", "ok26000123", "+62 812 0000 1234"]
    answers = [
        Client().post(
            "/masuk/",
            {"login": ways[n % 4], "password": WRONG},
            headers={"x-forwarded-for": f"203.0.113.{n}, 10.0.0.{n}", "x-real-ip": f"198.51.100.{n}"},
        )
        for n in range(30)
    ]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429] * 20
    assert len(hash_checks) == 10
    assert Client().post("/masuk/", {"login": "siti@contoh.test", "password": PASSWORD}).status_code == 429
    assert len(hash_checks) == 10


def test_the_lock_says_when_to_try_again_and_the_way_out(visitor: Client) -> None:
    user = UserFactory()
    with time_machine.travel(datetime(2026, 11, 27, 7, 20, 30, tzinfo=UTC), tick=False):
        for _ in range(10):
            sign_in(visitor, user, WRONG)
        answer = sign_in(visitor, user, WRONG)
    text = answer.content.decode()
    assert "27 November 2026, 14.36 WIB" in text
    assert "KTP" in text
    assert answer["Retry-After"] == "901"


def test_unknown_accounts_are_locked_with_the_same_answer() -> None:
    user = UserFactory()
    with time_machine.travel(datetime(2026, 11, 27, 7, 20, tzinfo=UTC), tick=False):
        for _ in range(10):
            sign_in(Client(), user, WRONG)
            Client().post("/masuk/", {"login": "Tidak-Ada@contoh.test ", "password": WRONG})
        known = sign_in(Client(), user, WRONG)
        unknown = Client().post("/masuk/", {"login": "tidak-ada@contoh.test", "password": WRONG})
    assert known.status_code == unknown.status_code == 429
    assert without_tokens(known) == without_tokens(unknown)
    assert headers(known) == headers(unknown)


def test_the_window_slides(visitor: Client) -> None:
    user = UserFactory()
    start = datetime(2026, 11, 27, 7, 0, tzinfo=UTC)
    for minute in range(10):
        with time_machine.travel(start + timedelta(minutes=minute), tick=False):
            assert sign_in(visitor, user, WRONG).status_code == 422
    with time_machine.travel(start + timedelta(minutes=14, seconds=59), tick=False):
        assert sign_in(visitor, user).status_code == 429
    with time_machine.travel(start + timedelta(minutes=15), tick=False):
        assert sign_in(visitor, user, WRONG).status_code == 422
        assert sign_in(visitor, user).status_code == 429
    with time_machine.travel(start + timedelta(minutes=16), tick=False):
        assert sign_in(visitor, user).status_code == 303


def test_signing_in_rightly_is_not_counted(visitor: Client) -> None:
    user = UserFactory()
    for _ in range(9):
        sign_in(visitor, user, WRONG)
    for _ in range(15):
        assert sign_in(Client(), user).status_code == 303
    assert sign_in(visitor, user, WRONG).status_code == 422
    assert sign_in(visitor, user, WRONG).status_code == 429


def test_refused_attempts_do_not_prolong_the_lock(visitor: Client) -> None:
    user = UserFactory()
    start = datetime(2026, 11, 27, 7, 0, tzinfo=UTC)
    with time_machine.travel(start, tick=False):
        for _ in range(10):
            sign_in(visitor, user, WRONG)
    with time_machine.travel(start + timedelta(minutes=14), tick=False):
        for _ in range(20):
            assert sign_in(visitor, user, WRONG).status_code == 429
    with time_machine.travel(start + timedelta(minutes=15), tick=False):
        assert sign_in(visitor, user).status_code == 303


def test_the_counters_survive_a_flush_of_the_broker(visitor: Client, services) -> None:
    user = UserFactory()
    for _ in range(10):
        sign_in(visitor, user, WRONG)
    services.flush_broker()
    assert sign_in(visitor, user).status_code == 429


def test_one_account_locked_leaves_others_open(visitor: Client) -> None:
    locked, other = UserFactory(), UserFactory()
    for _ in range(11):
        sign_in(visitor, locked, WRONG)
    assert sign_in(Client(), other).status_code == 303


def test_an_address_that_tries_many_accounts_is_slowed_down(settings) -> None:
    settings.SIGN_IN_CHECKS_PER_ADDRESS = 12
    codes = [
        Client(REMOTE_ADDR="203.0.113.9")
        .post(
            "/masuk/",
            {"login": f"a{n}@contoh.test", "password": WRONG},
            headers={"x-forwarded-for": f"10.0.0.{n}"},
        )
        .status_code
        for n in range(15)
    ]
    assert codes == [422] * 12 + [429] * 3
    user = UserFactory()
    assert sign_in(Client(REMOTE_ADDR="203.0.113.10"), user).status_code == 303


def test_only_the_entry_of_a_trusted_proxy_counts_as_the_address(settings, rf) -> None:
    request = rf.get(
        "/", REMOTE_ADDR="10.0.0.1", headers={"x-forwarded-for": "1.1.1.1, 203.0.113.9, 10.0.0.2"}
    )
    assert lockout.client_address(request) == "10.0.0.1"
    settings.TRUSTED_PROXY_COUNT = 2
    assert lockout.client_address(request) == "203.0.113.9"
    settings.TRUSTED_PROXY_COUNT = 5
    assert lockout.client_address(request) == "10.0.0.1"


def test_counters_hold_neither_phone_nor_email(visitor: Client) -> None:
    for login in ("081200001234", "siti@contoh.test"):
        visitor.post("/masuk/", {"login": login, "password": WRONG})
    for counter in SignInCounter.objects.all():
        assert len(bytes(counter.key)) == 32
        assert b"81200001234" not in bytes(counter.key)
        assert b"siti" not in bytes(counter.key)
    assert SignInCounter.objects.count() == 3


def test_old_counters_are_forgotten(visitor: Client) -> None:
    user = UserFactory()
    with time_machine.travel(now() - timedelta(days=2), tick=False):
        sign_in(visitor, user, WRONG)
    sign_in(visitor, UserFactory(), WRONG)
    assert lockout.purge(at=now()) == 1


# Leaving ---------------------------------------------------------------------------------------------------


def test_a_get_only_asks_before_signing_out(visitor: Client) -> None:
    visitor.force_login(UserFactory())
    assert visitor.get("/keluar/").status_code == 200
    assert visitor.get("/dalam/").status_code == 200
    assert visitor.post("/keluar/")["Location"] == "/"
    assert visitor.get("/dalam/").status_code == 303


def test_signing_out_kills_the_session_itself(visitor: Client) -> None:
    sign_in(visitor, UserFactory())
    old = visitor.session.session_key
    visitor.post("/keluar/")
    thief = Client()
    thief.cookies["sessionid"] = old
    assert thief.get("/dalam/").status_code == 303


def test_signing_out_of_all_devices_ends_every_session() -> None:
    user = UserFactory()
    phone, desk = Client(), Client()
    sign_in(phone, user), sign_in(desk, user)
    assert phone.post("/akun/keluar-semua/")["Location"] == "/masuk/"
    assert desk.get("/dalam/").status_code == phone.get("/dalam/").status_code == 303


def test_changing_the_password_ends_the_other_sessions() -> None:
    user = UserFactory()
    phone, desk = Client(), Client()
    sign_in(phone, user), sign_in(desk, user)
    response = phone.post(
        "/akun/kata-sandi/", {"current_password": PASSWORD, "new_password": "tiga kata rahasia"}
    )
    assert response["Location"] == "/akun/"
    assert phone.get("/dalam/").status_code == 200
    assert desk.get("/dalam/").status_code == 303
    assert sign_in(Client(), user).status_code == 422
    assert sign_in(Client(), user, "tiga kata rahasia").status_code == 303


def test_the_present_password_is_asked_and_counted_with_the_others(visitor: Client) -> None:
    user = UserFactory()
    sign_in(visitor, user)
    data = {"current_password": WRONG, "new_password": "tiga kata rahasia"}
    assert [visitor.post("/akun/kata-sandi/", data).status_code for _ in range(11)] == [422] * 10 + [429]
    assert sign_in(Client(), user).status_code == 429


def test_the_account_page_shows_the_mask_and_never_the_number(visitor: Client) -> None:
    visitor.force_login(PesertaUserFactory(phone=PHONE))
    page = visitor.get("/akun/").content.decode()
    assert "0812-••••-•1234" in page
    assert "81200001234" not in page


def test_confirm_password_accepts_the_right_one() -> None:
    user = UserFactory()
    signin.confirm_password(user=user, password=PASSWORD, address="127.0.0.1", at=now())
    with pytest.raises(signin.SignInRefused):
        signin.confirm_password(user=user, password=WRONG, address="127.0.0.1", at=now())


def test_an_old_hash_is_renewed_on_the_way_in(settings, visitor: Client) -> None:
    user = UserFactory()
    old = user.password
    settings.PASSWORD_HASHERS = ["accounts.hashers.Argon2Profile", *settings.PASSWORD_HASHERS]
    assert sign_in(visitor, user).status_code == 303
    assert visitor.get("/dalam/").status_code == 200
    user.refresh_from_db()
    assert user.password != old
    assert user.password.startswith("argon2$")


def test_staff_without_a_second_factor_are_signed_in_but_stopped(visitor: Client) -> None:
    sign_in(visitor, staff(Role.PENGELOLA))
    assert visitor.get("/khusus/")["Location"].startswith("/akun/mfa/pasang/")
