"""Public pages travel compressed; what is answered to a session, or to a form, never does."""

from __future__ import annotations

import gzip

import brotli
import pytest
from django.test import Client

from accounts.tests.factories import UserFactory
from okoce.compression import _best

pytestmark = pytest.mark.django_db

BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}


def test_a_public_page_travels_as_brotli_or_gzip_and_says_so() -> None:
    plain = Client().get("/masuk/")
    assert "Content-Encoding" not in plain
    assert "Accept-Encoding" in plain["Vary"]
    small = Client().get("/masuk/", headers=BROWSER)
    assert small["Content-Encoding"] == "br"
    assert small["Content-Length"] == str(len(small.content))
    assert len(small.content) < len(plain.content) / 2
    assert b"<h1" in brotli.decompress(small.content)
    older = Client().get("/masuk/", headers={"Accept-Encoding": "gzip"})
    assert older["Content-Encoding"] == "gzip"
    assert b"<h1" in gzip.decompress(older.content)


def test_what_a_session_reads_and_what_a_form_is_answered_is_not_compressed() -> None:
    """Length must not tell what stands beside words that somebody else chose (BREACH)."""
    client = Client()
    client.force_login(UserFactory(), backend="accounts.backends.LoginBackend")
    for path in ("/", "/akun/", "/pusat/"):
        assert "Content-Encoding" not in client.get(path, headers=BROWSER), path
    answer = Client().post("/masuk/", {"login": "x"}, headers=BROWSER)
    assert answer.status_code == 422
    assert "Content-Encoding" not in answer


def test_what_is_too_small_stays_as_it_is() -> None:
    assert "Content-Encoding" not in Client().get("/healthz", headers=BROWSER)


@pytest.mark.parametrize(
    ("accepted", "way"),
    [
        ("", ""), ("identity", ""), ("gzip", "gzip"), ("br", "br"), ("gzip, br;q=0", "gzip"),
        ("br;q=0.5, gzip", "br"), ("gzip;q=0", ""), ("brotli", ""), ("x-gzip", ""),
        ("gzip;q=0.0, br;q=0.000", ""),
    ],
)  # fmt: skip
def test_the_browser_decides_what_it_takes(accepted: str, way: str) -> None:
    assert _best(accepted) == way
