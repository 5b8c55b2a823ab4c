"""Django admin has no sign-in of its own: people come in through /masuk/, second factor included."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
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
