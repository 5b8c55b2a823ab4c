"""The outermost middleware: headers that every response carries, errors and static files included."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class HeadersMiddleware:
    """Adds Permissions-Policy, and `no-store` to whatever is answered to somebody who is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        response.headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        gets_session = settings.SESSION_COOKIE_NAME in response.cookies
        is_asset = request.path.startswith(settings.STATIC_URL) and response.status_code < 400
        if (has_session or gets_session) and not is_asset:
            # A session cookie rather than request.user: also right when the session has just ended.
            response.headers["Cache-Control"] = "no-store, private"
        return response
