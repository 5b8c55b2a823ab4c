"""What a browser keeps for times without signal: the worker, the page it shows then, the installable app.

Nothing of a signed-in page is ever kept: only the style, the scripts and one page that is the same for all.
docs/decisions/0017-offline.md.
"""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import etag, require_safe

from accounts.access import public, signed_in
from core.templatetags.ui import asset

KEPT_FILES = ("dist/app.css", "dist/app.js", "dist/queue.js", "img/icon.svg")
"""Static files without which the page for times without signal would be bare."""

SIGN_OUT = ("/keluar/", "/akun/keluar-semua/", "/admin/logout/")
"""After one of these the browser forgets what the user had waiting."""

PAGE = "/tanpa-sinyal/"
PLUM, STONE = "#5d2352", "#f2f4ef"
ICONS = (("img/icon-192.png", "192x192", "any"), ("img/icon-512.png", "512x512", "any"),
         ("img/icon-maskable.png", "512x512", "maskable"))  # fmt: skip


def _tag(request: HttpRequest) -> str:
    """Browsers ask for the worker at every visit; as long as it is the same, the answer is empty."""
    del request
    return f'"{sha256(worker_script().encode()).hexdigest()[:16]}"'


@public
@require_safe
@etag(_tag)
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at the root because a worker only serves addresses below its own.

    Its first line tells what to keep, and changes with it: then browsers fetch everything anew.
    """
    del request
    response = HttpResponse(worker_script(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


def worker_script() -> str:
    """The built worker with the list of what it keeps; worked out once in a process, except while DEBUG."""
    return _script.__wrapped__() if settings.DEBUG else _script()


@cache
def _script() -> str:
    page = offline_page()
    digest = sha256(page.encode())
    for name in (*KEPT_FILES, "dist/sw.js"):
        digest.update(_source(name).read_bytes())
    shell = {
        "version": digest.hexdigest()[:16],
        "page": PAGE,
        "files": [asset(name) for name in KEPT_FILES],
        "static": settings.STATIC_URL,
        "signOut": SIGN_OUT,
    }
    return f"const SHELL = {json.dumps(shell)};\n{_source('dist/sw.js').read_text(encoding='utf-8')}"


def _source(name: str) -> Path:
    found = finders.find(name)
    if found is None:
        raise Http404(f"{name} is not built: npm run build")
    return Path(found)


@public
@require_safe
def no_signal(request: HttpRequest) -> HttpResponse:
    """The page of a browser without signal, the same for everybody; its script adds what waits here."""
    del request
    return HttpResponse(offline_page())


def offline_page() -> str:
    """Drawn without a request: no name, no theme, no token can get into it."""
    return render_to_string("okoce/no_signal.html")


@public
@never_cache
@require_safe
def signal(request: HttpRequest) -> HttpResponse:
    """Whether the portal can be reached, who is signed in, and a fresh token for what they send.

    The token is for scripts of this site alone: no other site can read the answer.
    """
    if not request.user.is_authenticated:
        return JsonResponse({"author": "", "token": ""})
    return JsonResponse({"author": str(request.user.pk), "token": get_token(request)})


@signed_in
@require_safe
def sendings(request: HttpRequest) -> HttpResponse:
    """What waits on this phone, what was sent and what was refused. The list is the browser's own."""
    return render(request, "okoce/sendings.html")


@public
@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Name, colours and icons of the portal as an app on the first screen of a phone."""
    del request
    content = {
        "id": "/",
        "name": "OK OCE",
        "short_name": "OK OCE",
        "description": "Pendampingan usaha dan kerja, gratis, di kecamatan Anda.",
        "lang": "id",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": PLUM,
        "background_color": STONE,
        "icons": [
            {"src": asset(name), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for name, sizes, purpose in ICONS
        ],
    }
    response = JsonResponse(content, content_type="application/manifest+json")
    response["Cache-Control"] = "public, max-age=86400"
    return response
