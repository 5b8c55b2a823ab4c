"""`make screens` finds the pages of an account by itself, and reaches those that have no address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Role
from accounts.tests.factories import PASSWORD, staff
from okoce.screens import (
    ACCOUNTS,
    SECOND_FACTOR,
    Camera,
    Target,
    _code_now,
    _follow,
    _free,
    _second_factor,
    _trouble,
)
from okoce.testing.processes import Portal

from .test_access import World, world  # noqa: F401 (`world` is a fixture)
from .walk import enter, pages_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_every_page_that_an_account_finds_is_a_target_once(
    start_portal: Callable[..., Portal],
    open_browser_page: Callable[..., Page],
    world: World,  # noqa: F811
    settings: Any,
) -> None:
    settings.DEMO_MODE = True
    portal = start_portal(environment={"DEMO_MODE": "1"})
    page = open_browser_page()
    enter(page.context, portal.url, world.users["manager"])
    found = _follow(page, portal.url, [reverse("people")], pages_of("manager"))
    person = reverse("person", args=[world.enrollment.person_id])
    assert {"/peserta/", "/antrean/", "/dasbor/", "/akun/", "/statistik/"} <= set(found)
    assert sum(path.startswith("/peserta/") and path.count("/") == 3 for path in found) == 1
    assert person.count("/") == 3
    assert len(found) == len(set(found)) > 20
    assert Target("", person).name == "peserta-id"
    assert "/healthz" not in found
    assert "/sekretariat/" not in found


def test_a_target_may_send_its_form_and_two_pictures_never_share_a_name() -> None:
    assert Target.parse("dinas:/dasbor/") == Target("dinas", "/dasbor/")
    assert Target.parse("/masuk/!") == Target("", "/masuk/", sends=True)
    assert Target.parse("peserta:/saya/ktp/!").name == "peserta-saya-ktp-galat"
    taken: set[str] = set()
    assert [_free("a", taken) for _ in range(3)] == ["a", "a-2", "a-3"]


def test_the_code_of_an_authenticator_app_is_that_of_the_standard() -> None:
    with time_machine.travel(1_111_111_109, tick=False):  # RFC 6238, appendix B: 07081804
        assert _code_now("GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ") == "081804"


def test_the_second_factor_is_photographed_and_taken_off_again(
    start_portal: Callable[..., Portal],
    open_browser_page: Callable[..., Page],
    settings: Any,
    tmp_path: Path,
) -> None:
    settings.DEMO_MODE = True
    user = staff(Role.PELATIH, "P31.74.07", is_demo=True, email=ACCOUNTS[SECOND_FACTOR])
    portal = start_portal(environment={"DEMO_MODE": "1"})
    camera = Camera(tmp_path, (360,), ("dark",))
    _second_factor(open_browser_page(), portal.url, camera, PASSWORD)
    taken = {path.name.removesuffix("-360-dark.png") for path in tmp_path.iterdir()}
    assert taken == {
        "mfa-pasang", "mfa-pasang-galat", "mfa-kode-cadangan", "mfa-kode-cadangan-baru", "mfa-lepas",
        "mfa-akun", "mfa-konfirmasi", "mfa-masuk", "mfa-masuk-galat",
    }  # fmt: skip
    assert camera.complaints == []
    assert not Authenticator.objects.filter(user=user).exists()


def test_the_pages_of_trouble_are_photographed(
    start_portal: Callable[..., Portal], open_browser_page: Callable[..., Page], tmp_path: Path
) -> None:
    camera = Camera(tmp_path, (360,), ("light",))
    page = open_browser_page()
    _trouble(page, start_portal().url, camera)
    expect(page.get_by_role("heading", level=1)).to_have_text("Kiriman ini tidak terbaca")
    taken = {path.name.removesuffix("-360-light.png") for path in tmp_path.iterdir()}
    assert {"galat-400", "galat-403", "galat-500", "galat-503", "galat-csrf"} <= taken
    assert {"masuk-terlalu-sering", "kiriman-terlalu-besar"} <= taken
    assert camera.complaints == []
