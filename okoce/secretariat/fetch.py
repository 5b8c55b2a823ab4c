"""What the secretariat's views share."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest

from accounts.models import User


def actor_of(request: HttpRequest) -> User:
    """The signed-in user of a page that is closed to others."""
    return cast(User, request.user)


def sent(request: HttpRequest) -> dict[str, Any]:
    """Keyword arguments that bind a form to what was posted, even to nothing; unbound on GET."""
    return {"data": request.POST} if request.method == "POST" else {}
