"""Whatever a browser may send to a form of this app: a clear answer, nothing written, no server error."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.http import HttpResponse
from django.test import Client

from accounts import reset
from accounts.models import AccessCode, Role, RoleAssignment, User
from accounts.tests.conftest import sign_in
from accounts.tests.factories import PASSWORD, UserFactory, hashed_password, staff
from accounts.tests.test_mfa import with_totp
from core.clock import now
from core.models import OutboxMessage

pytestmark = pytest.mark.django_db

VALUES = {
    "empty": "",
    "spaces": "   \t ",
    "fullwidth digits": "０８１２００００１２３４",
    "arabic digits": "٠٨١٢٠٠٠٠١٢٣٤",
    "nul": "a\x00b",
    "nul alone": "\x00",
    "reversal mark": "\u202e0812",
    "zero width": "\u200b\u200b",
    "noncharacter": "\uffff\ufdd0",
    "control": "\x1b[31mmerah\x07",
    "line ends": "a\r\nSet-Cookie: x=1\r\n\r\n",
    "markup": "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "template": "{{ settings.SECRET_KEY }}{% debug %}",
    "sql": "' OR 1=1; DROP TABLE accounts_user; --",
    "like": "%_%",
    "many digits": "9" * 400,
    "long": "a" * 300_000,
    "long with at": "@" + "a" * 10_000,
    "emoji": "👩🏽‍🌾🇮🇩",
    "negative": "-1",
    "exponent": "1e10",
    "formula": "=HYPERLINK(\"http://jahat\")",
    "path": "../../etc/passwd",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "combining": "a" + "\u0301" * 500,
    "email-like": "a@b@c@@",
    "phone-like": "+62+62+62",
}  # fmt: skip
RAW = {
    "lone surrogate": b"%ED%A0%80",
    "broken utf-8": b"%FF%FE%C0",
    "nul byte": b"%00",
    "half escape": b"%",
    "plus": b"+",
}
PAGES = {
    "/masuk/": ["login", "password", "next"],
    "/lupa-sandi/": ["login"],
    "/lupa-sandi/kode/": ["login", "code", "new_password"],
    "<link>": ["new_password"],
    "/akun/kata-sandi/": ["current_password", "new_password"],
    "/akun/konfirmasi/": ["password", "next"],
    "/akun/mfa/pasang/": ["code"],
    "/akun/mfa/konfirmasi/": ["code", "next"],
    "/akun/mfa/masuk/": ["code"],
}
GOOD = {
    "login": "siti@contoh.test",
    "password": PASSWORD + "x",
    "code": "ACDE-3467",
    "new_password": "tiga kata rahasia",
    "current_password": PASSWORD + "x",
    "next": "/dalam/",
}
EXPECTED = {where: {422, 429} for where in PAGES} | {"/lupa-sandi/": {303, 422}}
CASES = [(page, field) for page, fields in PAGES.items() for field in fields]


@pytest.fixture
def person(settings) -> User:
    settings.DEMO_MODE = True
    return staff(Role.PENGELOLA, "P31.74.07", email="siti@contoh.test", is_demo=True)


def send(person: User, where: str, body: bytes | dict[str, object]) -> HttpResponse:
    """Post to a page as somebody for whom it exists."""
    visitor = Client(raise_request_exception=True)
    if where in ("/akun/mfa/konfirmasi/", "/akun/mfa/masuk/") and not Authenticator.objects.exists():
        with_totp(person)
    if where == "/akun/mfa/masuk/":
        assert sign_in(visitor, person)["Location"] == where
    elif where == "/akun/mfa/pasang/":
        sign_in(visitor, person)
        assert visitor.get(where).status_code == 200
    elif where.startswith("/akun/"):
        visitor.force_login(person)
    path = urlsplit(reset.make_link(person, at=now())).path if where == "<link>" else where
    if isinstance(body, bytes):
        return visitor.post(path, body, content_type="application/x-www-form-urlencoded")
    return visitor.post(path, body)


def nothing_written(person: User) -> None:
    fresh = User.objects.get()
    assert fresh.pk == person.pk
    assert fresh.password == hashed_password()
    assert AccessCode.objects.count() == 0
    assert RoleAssignment.objects.count() == 1


@pytest.mark.parametrize(("where", "field"), CASES)
def test_a_hostile_value_gets_a_calm_answer(person: User, monkeypatch, where: str, field: str) -> None:
    monkeypatch.setattr("accounts.lockout.CHECKS_PER_ACCOUNT", 1000)
    for name, value in VALUES.items():
        data = {key: GOOD[key] for key in PAGES[where]} | {field: value}
        if (where, field) == ("<link>", "new_password") and 10 <= len(value) <= 1000 and "\x00" not in value:
            continue  # a password may be anything that can be typed; see below
        response = send(person, where, data)
        assert response.status_code in EXPECTED[where], (name, response.status_code)
        text = response.content.decode()
        assert "<script>alert(1)" not in text, name
        assert "onerror=alert(1)>" not in text, name
        assert "\x00" not in text, name
        nothing_written(person)


@pytest.mark.parametrize(("where", "field"), CASES)
@pytest.mark.parametrize("raw", RAW.values(), ids=RAW.keys())
def test_hostile_bytes_get_a_calm_answer(person: User, where: str, field: str, raw: bytes) -> None:
    rest = b"&".join(
        f"{key}={GOOD[key]}".encode() for key in PAGES[where] if key not in (field, "new_password")
    )
    response = send(person, where, field.encode() + b"=" + raw + b"&" + rest)
    assert response.status_code in EXPECTED[where]
    nothing_written(person)


@pytest.mark.parametrize("where", PAGES)
def test_missing_doubled_and_foreign_parameters_get_a_calm_answer(person: User, where: str) -> None:
    bodies: list[bytes] = [
        b"",
        b"&&&===",
        b"login=a&login=b&password=x&password=y&code=1&code=2",
        b"user=1&id=1&is_staff=1&is_active=1&session_epoch=9",
        b"login[]=a&login[0]=b&password[$ne]=x",
    ]
    for body in bodies:
        assert send(person, where, body).status_code in EXPECTED[where]
        nothing_written(person)


def test_refused_logins_are_shown_back_safely_and_passwords_never() -> None:
    visitor = Client()
    page = visitor.post("/masuk/", {"login": '"><b>budi', "password": "rahasia-yang-salah"}).content.decode()
    assert "&quot;&gt;&lt;b&gt;budi" in page
    assert "rahasia-yang-salah" not in page


@pytest.mark.parametrize(
    "value", ["👩🏽‍🌾 petani maju 🇮🇩", "sandi dengan spasi ", "κωδικός-ελληνικά", "a" * 1000]
)
def test_a_password_may_be_anything_that_can_be_typed(value: str) -> None:
    user = UserFactory()
    path = urlsplit(reset.make_link(user, at=now())).path
    assert Client().post(path, {"new_password": value}).status_code == 303
    assert Client().post("/masuk/", {"login": user.email, "password": value}).status_code == 303
    assert Client().post("/masuk/", {"login": user.email, "password": value.strip() + "?"}).status_code == 422


@pytest.mark.parametrize(
    "path", ["/masuk/", "/keluar/", "/lupa-sandi/", "/lupa-sandi/kode/", "/lupa-sandi/terkirim/"]
)
@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods_are_refused(path: str, method: str) -> None:
    assert getattr(Client(), method)(path).status_code == 405


@pytest.mark.parametrize(
    "path", ["/masuk/?next=%00", "/masuk/?next=%FF%FE", "/masuk/?next=" + "a" * 5000, "/masuk/?%00=%00",
             "/lupa-sandi/x/y/", "/lupa-sandi/00000000-0000-4000-8000-000000000000/%00/"]
)  # fmt: skip
def test_hostile_addresses_get_a_calm_answer(path: str) -> None:
    assert Client().get(path).status_code in (200, 404, 410)


def test_an_endless_form_is_refused_before_it_is_read() -> None:
    answer = Client().post("/masuk/", {"login": "a" * 3_000_000, "password": "x"})
    assert answer.status_code in (400, 422)
    assert OutboxMessage.objects.count() == 0
