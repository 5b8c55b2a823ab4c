"""What every template knows about this place; no queries here."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def place(request: HttpRequest) -> dict[str, Any]:
    """`demo_mode`, `email_goes_to_files` and a support view: the base layout says so on the page."""
    return {
        "demo_mode": settings.DEMO_MODE,
        "email_goes_to_files": settings.EMAIL_PROVIDER == "file",
        "support": getattr(request, "support", None),
    }
