"""Forms come in UTF-8; anything else is refused before Django decodes it (some codecs end in an error)."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

ACCEPTED = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})


class Utf8OnlyMiddleware:
    """Answers 400 to a body that names another charset. Browsers never do: the pages are UTF-8."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        charset = (request.content_params or {}).get("charset", "")
        if charset.strip().strip('"').lower() not in ACCEPTED:
            raise BadRequest("only UTF-8 is read")
        return self.get_response(request)
