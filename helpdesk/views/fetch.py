"""What the views share: who is here, which tickets this visitor may open, how a refusal is shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from django.http import Http404, HttpRequest

from accounts.models import User
from accounts.requests import actor_of
from core.clock import now
from helpdesk.models import Ticket

GRANTS = "bantuan"
"""Session key: number → [until when, whether the ticket was written in this browser]."""
GRANT = timedelta(hours=2)
"""How long a browser opens a ticket without the code; a computer may be shared."""
MOST_GRANTS = 20


def asker_of(request: HttpRequest) -> User | None:
    """The signed-in user, or None."""
    return request.user if isinstance(request.user, User) else None


def grant(request: HttpRequest, ticket: Ticket, *, is_new: bool) -> None:
    """Let this browser open a ticket for a while; `is_new`: it may also show the code."""
    grants = {number: value for number, value in _grants(request).items() if number != ticket.number}
    grants[ticket.number] = [(now() + GRANT).isoformat(), is_new]
    request.session[GRANTS] = dict(list(grants.items())[-MOST_GRANTS:])


def _grants(request: HttpRequest) -> dict[str, list[Any]]:
    return cast("dict[str, list[Any]]", request.session.get(GRANTS) or {})


def granted(request: HttpRequest, number: str) -> bool | None:
    """None: not open to this browser. Else whether the ticket was written here, so that its code may show."""
    found = _grants(request).get(number)
    if found is None or datetime.fromisoformat(found[0]) <= now():
        return None
    return bool(found[1])


def workable(request: HttpRequest, number: str) -> Ticket:
    """The ticket that this member of staff may work on, with all a page names; else 404."""
    found = Ticket.objects.workable_by(actor_of(request)).for_page().filter(number=number).first()
    if found is None:
        raise Http404("Tidak ditemukan.")
    return found
