"""Compresses what strangers read: public pages travel as brotli or gzip, a signed-in page never does.

A compressed page that holds both a secret and something a stranger chose gives the secret away by its length
(BREACH). So only answers to GET without a session are compressed; the token in their forms is masked anew in
every answer. Static files are compressed when they are collected (WhiteNoise).
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import brotli
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

LEAST = 600
"""Bytes below which an answer fits into one packet anyway."""

TYPES = ("text/", "application/json", "application/manifest+json", "application/xml", "image/svg+xml")
QUALITY = 4
"""Of brotli: a page of 40 kB in about half a millisecond, and smaller than the best gzip."""


class PublicCompressionMiddleware:
    """Compresses the answer to a GET without session, in the best way that the browser takes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if self._is_compressible(request, response):
            patch_vary_headers(response, ["Accept-Encoding"])
            way = _best(request.headers.get("Accept-Encoding", ""))
            if way:
                response.content = (
                    brotli.compress(response.content, quality=QUALITY)
                    if way == "br"
                    else gzip.compress(response.content, compresslevel=6, mtime=0)
                )
                response["Content-Encoding"] = way
                response["Content-Length"] = str(len(response.content))
                tag = response.get("ETag", "")
                if tag.startswith('"'):
                    response["ETag"] = f"W/{tag}"  # the same page, not the same bytes
        return response

    @staticmethod
    def _is_compressible(request: HttpRequest, response: HttpResponse) -> bool:
        session = settings.SESSION_COOKIE_NAME
        return (
            request.method == "GET"
            and session not in request.COOKIES
            and session not in response.cookies
            and not response.streaming
            and "Content-Encoding" not in response
            and response.get("Content-Type", "").startswith(TYPES)
            and len(response.content) >= LEAST
        )


def _best(accepted: str) -> str:
    """`br`, `gzip` or nothing, as the header of the browser allows; a weight of 0 is a refusal."""
    for way in ("br", "gzip"):
        if re.search(rf"(?:^|,)\s*{way}\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[\d.]+\s*)?(?:,|$)", accepted):
            return way
    return ""
