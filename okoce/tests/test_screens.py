"""`make screens` finds the pages of an account by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from okoce.screens import Target, _follow
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
