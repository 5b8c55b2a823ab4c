"""What every view asks of a request: who acts, what was sent; and how it tells why an act was refused."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest

from accounts.models import User
from core.refusals import Refused


def actor_of(request: HttpRequest) -> User:
    """The signed-in user of a page that is closed to others."""
    return cast(User, request.user)


def sent(request: HttpRequest) -> dict[str, Any]:
    """Keyword arguments that bind a form to what was posted, even to nothing; unbound on GET."""
    return {"data": request.POST, "files": request.FILES} if request.method == "POST" else {}


def show_refusal(request: HttpRequest, refusal: Refused) -> None:
    """Every reason of a refusal as a message on the next page."""
    for reason in refusal.reasons:
        messages.error(request, reason)
