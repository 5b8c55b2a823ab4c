"""Staff sign in with a second factor (TOTP), `/admin/` included.

allauth offers it; this module insists on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import SeeOther, access_of
from accounts.models import STAFF_ROLES, User

_LEAVING = frozenset({"logout", "sign_out_everywhere"})
_SETTING_UP = _LEAVING | {"account_reauthenticate", "mfa_index", "mfa_activate_totp"}
"""Open to staff who have no second factor yet."""
_PROVING = _LEAVING | {"mfa_reauthenticate"}
"""Open to staff who have one and did not use it: not the recovery codes, which would open the door."""


class StaffMfaMiddleware:
    """Before any closed page: staff without a second factor set one up, the others use theirs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        access = access_of(request, view)
        if access is None or access.is_public or not is_owed(request):
            return None
        is_set_up = has_totp(request.user)  # type: ignore[arg-type]
        match = request.resolver_match
        if (
            match is not None
            and not match.namespaces
            and match.url_name in (_PROVING if is_set_up else _SETTING_UP)
        ):
            return None
        name = "mfa_reauthenticate" if is_set_up else "mfa_activate_totp"
        back = request.get_full_path() if request.method in ("GET", "HEAD") else ""
        address = reverse(name) + (f"?next={quote(back)}" if back else "")
        if request.headers.get("HX-Request") == "true":
            return HttpResponseClientRedirect(address)
        return SeeOther(address)


def is_owed(request: HttpRequest) -> bool:
    """Whether this session belongs to staff and has not passed the second factor."""
    user = request.user
    if not isinstance(user, User) or not (user.roles() & STAFF_ROLES):
        return False
    if settings.DEMO_MODE and user.is_demo:
        return False
    return not has_passed(request)


def has_passed(request: HttpRequest) -> bool:
    """Whether the second factor was used, or set up, in this session by this user."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


def note_passed(request: HttpRequest) -> None:
    """Setting up the authenticator proved possession: the session counts as having passed."""
    record_authentication(request, request.user, "mfa", type="totp")


def has_totp(user: User) -> bool:
    """Whether the user has an authenticator app registered."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists())
