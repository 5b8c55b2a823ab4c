"""Django's admin: people come in through /masuk/, second factor included, and its times are WIB."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.core.exceptions import BadRequest, ValidationError
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.access import SeeOther, public, signed_in
from accounts.adapters import is_own_address


@public
def admin_login(request: HttpRequest) -> HttpResponse:
    """Lead on to the portal's sign-in page."""
    target = request.GET.get("next", "")
    query = urlencode({"next": target if is_own_address(request, target) else reverse("admin:index")})
    return SeeOther(f"{reverse('login')}?{query}")


@signed_in
def admin_password_change(request: HttpRequest) -> HttpResponse:
    """Lead on to the portal's own page, where attempts are counted."""
    return SeeOther(reverse("change_password"))


logger = structlog.get_logger(__name__)

SECRETARIAT_ZONE = "Asia/Jakarta"
"""Where the secretariat works; templates/admin/base_site.html says it beside the times."""


class AdminZoneMiddleware:
    """Shows and reads the times of Django's admin in the secretariat's zone; everything is stored in UTC.

    Ids that are none, and NUL bytes, end in an exception there (Django's admin trusts its own lists and
    selects); here they are what they are, a request that cannot be read: 400.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/admin/"):
            return self.get_response(request)
        with timezone.override(SECRETARIAT_ZONE):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Turn the refusal of a value into 400, with a line in the log that keeps the trace."""
        if request.path.startswith("/admin/") and isinstance(
            exception, ValueError | ValidationError | OverflowError | DataError
        ):
            logger.warning("admin_request_unreadable", exc_info=exception)
            raise BadRequest("a value of the request cannot be read") from exception
