"""Pages for what went wrong: a way on for people, nothing new for programs, one line in the log."""

from __future__ import annotations

import io
import logging.config
import re
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from PIL import Image

from accounts.models import Role
from accounts.tests.factories import staff
from okoce import errors
from okoce.settings.log import logging_config

pytestmark = pytest.mark.django_db

BUTTON_ONLY = "/tema/"
"""An address that takes POST alone."""


def links(page: str) -> list[str]:
    """Where the buttons of an error page lead."""
    return re.findall(r'<a class="btn[^"]*" href="([^"]+)"', page)


# 405 ----------------------------------------------------------------------------------------------------


def test_a_button_address_opened_as_a_page_says_so_and_leads_back() -> None:
    answer = Client().get(BUTTON_ONLY, headers={"Referer": "http://testserver/pusat/?q=tebet"})
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert answer["Content-Length"] == str(len(answer.content))
    page = answer.content.decode()
    assert "<h1>Alamat ini tidak bisa dibuka langsung</h1>" in page
    assert links(page) == ["/pusat/?q=tebet", "/"]


@pytest.mark.parametrize("referer", ["", "https://jahat.example/x", f"http://testserver{BUTTON_ONLY}"])
def test_without_another_page_of_ours_it_leads_home(referer: str) -> None:
    page = Client().get(BUTTON_ONLY, headers={"Referer": referer}).content.decode()
    assert links(page) == ["/"]


def test_a_page_that_takes_no_form_answers_people_too() -> None:
    answer = Client().post("/")
    assert answer.status_code == 405
    assert b"<h1>" in answer.content


@pytest.mark.parametrize(
    "headers", [{"Accept": "application/json"}, {"HX-Request": "true"}], ids=["json", "htmx"]
)
def test_programs_keep_the_empty_405(headers: dict[str, str]) -> None:
    answer = Client().get(BUTTON_ONLY, headers=headers)
    assert (answer.status_code, answer.content, answer["Allow"]) == (405, b"", "POST")


def test_head_keeps_the_empty_405() -> None:
    answer = Client().head(BUTTON_ONLY)
    assert (answer.status_code, answer.content) == (405, b"")


# words --------------------------------------------------------------------------------------------------


def test_an_old_form_offers_to_sign_in_again() -> None:
    answer = Client(enforce_csrf_checks=True).post("/keluar/")
    assert answer.status_code == 403
    assert "/masuk/" in links(answer.content.decode())


def test_no_title_apologises(rf: Any) -> None:
    for status, title in errors.TITLES.items():
        page = errors.error_page(rf.get("/"), status).content.decode()
        assert f"<title>{title} · OK OCE</title>" in page
        assert not title.startswith("Maaf")


# the log ------------------------------------------------------------------------------------------------


@pytest.fixture
def log() -> Any:
    """What the portal's own handler writes during a test."""
    stream = io.StringIO()
    config = logging_config(as_json=True, level="INFO")
    config["handlers"]["console"]["stream"] = stream
    logging.config.dictConfig(config)
    yield stream
    logging.config.dictConfig(django_settings.LOGGING)


def test_a_refusal_is_one_line_of_the_log_without_traceback(log: io.StringIO, settings: Any) -> None:
    settings.DEMO_MODE = True
    client = Client()
    client.force_login(staff(Role.DINAS, "31", is_demo=True), backend="accounts.backends.LoginBackend")
    assert client.get("/loket/").status_code == 403
    written = [line for line in log.getvalue().splitlines() if "Forbidden" in line]
    assert len(written) == 1
    assert "Traceback" not in log.getvalue()


def test_a_fault_of_ours_keeps_its_traceback(log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_request: Any) -> Any:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("centers.views.directory.province_counts", lambda: broken(None))
    answer = Client(raise_request_exception=False).get("/pusat/")
    assert answer.status_code == 500
    code = re.search(r"sebutkan kode <b[^>]*>(\w\w-\w\w)</b>", answer.content.decode())
    assert code and f"fault {code[1]}: RuntimeError at /pusat/" in log.getvalue()
    assert "Traceback" in log.getvalue()
    assert "broken on purpose" in log.getvalue()


# the icon -----------------------------------------------------------------------------------------------


def test_the_icon_is_where_browsers_look_for_it() -> None:
    answer = Client().get("/favicon.ico")
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content)
    assert Image.open(io.BytesIO(content)).format == "ICO"
