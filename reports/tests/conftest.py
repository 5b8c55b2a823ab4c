"""Staff who look at figures, signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Role
from accounts.tests.factories import staff

Enter = Callable[..., Client]


@pytest.fixture
def enter(settings) -> Enter:
    """`enter(Role.DINAS, "31")`: the browser of a member of staff who has passed the second factor."""
    settings.DEMO_MODE = True  # demo staff owe no second factor, which is tested where it is written

    def open_browser(role: Role, scope: str, **fields: str) -> Client:
        client = Client()
        client.force_login(staff(role, scope, is_demo=True, **fields))
        return client

    return open_browser
