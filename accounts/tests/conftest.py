"""What the tests of this app share."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.factories import PASSWORD


@pytest.fixture(autouse=True)
def small_portal(settings) -> None:
    """The pages of accounts and a few probes, whatever other apps do."""
    settings.ROOT_URLCONF = "accounts.tests.urls"


@pytest.fixture
def visitor() -> Client:
    """Somebody's browser, with CSRF left to the tests that are about it."""
    return Client()


def sign_in(client: Client, user: User, password: str = PASSWORD, **extra: str):
    """Sign in through the page, as people do."""
    return client.post("/masuk/", {"login": user.email or "", "password": password}, **extra)
