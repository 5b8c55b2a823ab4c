"""Pages of the frame itself."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from core.context import THEME_COOKIE, THEMES

YEAR = 365 * 24 * 60 * 60


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep the reader's theme in a cookie for a year and go back to the page they came from.

    POST `tema` = `terang`, `gelap`, or anything else for "as the device": the cookie goes. The way back is
    the Referer of this site, so that no page has to carry its own address in a form.
    """
    response = HttpResponse(status=303, headers={"Location": way_back(request)})
    choice = request.POST.get("tema", "")
    if choice in THEMES:
        response.set_cookie(
            THEME_COOKIE,
            choice,
            max_age=YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response


def way_back(request: HttpRequest) -> str:
    """Path and query of the Referer when it is another page of this site, else the home page."""
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    parts = urlsplit(referer)
    path = "/" + parts.path.lstrip("/")  # never "//host"
    if path == request.path:
        return "/"
    return f"{path}?{parts.query}" if parts.query else path
