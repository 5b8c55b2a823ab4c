"""Forms that the browser's send queue may carry: kept on the phone without signal, sent by script later.

The queue (`static/js/queue.js`) posts the same fields to the same address as the page would, with the header
`X-Author`: the id of the user who wrote the entry. It wants an answer that a script can read:

- 200 `{"next": address}`: taken, now or at an earlier try; `next` is where the page would have led
- 409 `{"is_foreign": true}`: somebody else is signed in; nothing is written, the entry waits for its author
- 403, 404, 422 `{"reasons": [...]}`: refused for good, with sentences for the person

With `X-Later` nobody is looking at the page that sends: what the view would say on the next page is left out.

Anything else (no session any more, an outdated token, a fault of ours) makes the queue try again later. The
view takes each `submission_id` once: the answer may be lost on the way, and then the entry comes again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.messages.storage import default_storage
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

AUTHOR_HEADER = "X-Author"
LATER_HEADER = "X-Later"
GONE = "Tidak ditemukan, atau tidak lagi menjadi tugas Anda."

View = TypeVar("View", bound=Callable[..., HttpResponse])


def carried(view: View) -> View:
    """Let the send queue post the form of this view. Put it under the decorator that opens the page.

    The view answers an invalid form of the queue with `refused_form`; all else is translated here.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_carried(request):
            return view(request, *args, **kwargs)
        if request.headers[AUTHOR_HEADER] != str(request.user.pk):
            return JsonResponse({"is_foreign": True}, status=409)
        try:
            with _unsaid(request):
                response = view(request, *args, **kwargs)
        except Http404:
            return _refused(404, [GONE])
        except PermissionDenied as refusal:
            return _refused(403, [str(refusal)])
        if 300 <= response.status_code < 400:
            return JsonResponse({"next": response["Location"]})
        return response

    return cast(View, answer)


def is_carried(request: HttpRequest) -> bool:
    """Whether the send queue posted this, and not a page."""
    return request.method == "POST" and AUTHOR_HEADER in request.headers


def refused_form(form: BaseForm) -> JsonResponse:
    """422 with one sentence per fault, each with the label of its field in front."""
    reasons = []
    for name, errors in form.errors.items():
        label = "" if name == NON_FIELD_ERRORS or form[name].is_hidden else f"{form[name].label}: "
        reasons += [f"{label}{error}" for error in errors]
    return _refused(422, reasons)


@contextmanager
def _unsaid(request: HttpRequest) -> Iterator[None]:
    """Keep what a view says to the next page away from it, when that page is about something else."""
    said = request._messages  # type: ignore[attr-defined]
    if LATER_HEADER in request.headers:
        request._messages = default_storage(request)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        request._messages = said  # type: ignore[attr-defined]


def _refused(status: int, reasons: list[str]) -> JsonResponse:
    return JsonResponse({"reasons": reasons}, status=status)
