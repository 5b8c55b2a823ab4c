"""What the views of participants share."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from accounts.models import User


def actor_of(request: HttpRequest) -> User:
    """The signed-in user of a page that is closed to others."""
    return cast(User, request.user)
