"""A browser of the pages of classes, with the portal's clock at AT."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils.html import strip_tags

from accounts.models import User

from .factories import (
    AT,
)


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


@pytest.fixture
def now_is_at() -> Any:
    """The portal's clock stands at AT, roles included."""
    with time_machine.travel(AT, tick=False):
        yield


def browser(user: User | None = None) -> Client:
    client = Client(raise_request_exception=True)
    if user is not None:
        client.force_login(user, backend="accounts.backends.LoginBackend")
    return client


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode()))


def main_of(answer: Any) -> str:
    return words(answer).partition("Langsung ke isi")[2]
