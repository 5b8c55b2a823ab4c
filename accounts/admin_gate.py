"""Django's admin: people come in through /masuk/, second factor included, and its times are WIB."""

from __future__ import annotations

from collections.abc import Callable

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


SECRETARIAT_ZONE = "Asia/Jakarta"
"""Where the secretariat works; templates/admin/base_site.html says it beside the times."""


class AdminZoneMiddleware:
    """Shows and reads the times of Django's admin in the secretariat's zone; everything is stored in UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/admin/"):
            return self.get_response(request)
        with timezone.override(SECRETARIAT_ZONE):
            return self.get_response(request)
