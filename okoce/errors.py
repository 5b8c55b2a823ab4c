"""Helpful error pages. They need neither database nor session: they work when those do not."""

from __future__ import annotations

import logging
import secrets
import sys
from collections.abc import Callable

from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string

from accounts.access import SeeOther
from accounts.codes import ALPHABET
from core.views import way_back
from participants.views.registration import render_expired

logger = logging.getLogger(__name__)

TITLES = {
    400: "Kiriman ini tidak terbaca",
    403: "Halaman ini bukan untuk akun Anda",
    404: "Halaman tidak ditemukan",
    405: "Alamat ini tidak bisa dibuka langsung",
    500: "Ada gangguan di sistem kami",
}
ADVICE = {
    400: "Kiriman tadi terlalu besar atau rusak, jadi belum kami simpan. Tekan tombol Kembali: isian Anda "
    "biasanya masih ada. Ringkas isinya atau pilih berkas yang lebih kecil, lalu kirim lagi.",
    403: "Masuk dengan akun lain, atau kembali ke beranda.",
    404: "Alamatnya mungkin salah ketik atau sudah pindah. Mulai lagi dari beranda.",
    405: "Alamat ini hanya menerima tombol dari sebuah halaman. Kembali ke halamannya, lalu tekan tombolnya.",
    500: "Yang sudah tersimpan tetap aman. Coba lagi beberapa menit lagi.",
}


def error_page(
    request: HttpRequest, status: int, name: str = "", reason: str = "", **more: str
) -> HttpResponse:
    """The page `templates/errors/<name or status>.html`, or plain text when even that fails.

    `reason` is a sentence for the person, put before the advice; `more` is context of that page alone.
    """
    context = {
        "status": status,
        "title": TITLES[status],
        "advice": f"{reason} {ADVICE[status]}".strip(),
        **more,
    }
    try:
        body = render_to_string(f"errors/{name or status}.html", context, request=request)
    except TemplateDoesNotExist:
        return HttpResponse(
            f"{TITLES[status]}. {ADVICE[status]}\n", status=status, content_type="text/plain; charset=utf-8"
        )
    return HttpResponse(body, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: unreadable or oversized request.

    Django also comes here when the session could not be kept: ended meanwhile elsewhere, which leads to the
    sign-in page, or because the database was gone, which is our fault.
    """
    if isinstance(exception, SessionInterrupted):
        return server_error(request) if _database_was_gone(exception) else SeeOther("/masuk/")
    return error_page(request, 400)


def _database_was_gone(error: BaseException | None) -> bool:
    """Whether a lost connection stands behind an exception."""
    while error is not None:
        if isinstance(error, OperationalError | InterfaceError):
            return True
        error = error.__context__
    return False


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, but this page is for another role; the exception says for which."""
    return error_page(request, 403, reason=str(exception) if exception is not None else "")


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: nothing there, or somebody else's record. The same bytes for both."""
    return error_page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault. A short code on the page and in the log lets somebody at a centre find which one."""
    code = "-".join("".join(secrets.choice(ALPHABET) for _ in range(2)) for _ in range(2))
    kind = sys.exc_info()[0]
    route = request.resolver_match.route if request.resolver_match else ""
    logger.error("fault %s: %s at /%s", code, kind.__name__ if kind else "unknown", route)
    return error_page(request, 500, code=code)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose protection token is missing or old; registration keeps what was typed."""
    if request.path == "/daftar/" and not reason.startswith(("Origin", "Referer")):
        return render_expired(request)
    return error_page(request, 403, name="csrf")


class WrongMethodMiddleware:
    """Gives people a page where a view answers 405 with nothing: an address of a button, opened as a page.

    Programs (other types wanted, HEAD, htmx) keep the empty answer; the Allow header stays for all.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and not response.streaming and not response.content:
            is_person = request.method != "HEAD" and request.accepts("text/html")
            if is_person and "HX-Request" not in request.headers:
                page = error_page(request, 405, back=way_back(request))
                response.content = page.content
                response["Content-Type"] = page["Content-Type"]
                response["Content-Length"] = str(len(page.content))
        return response
