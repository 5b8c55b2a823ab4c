"""`/bantuan/`: asking, following up with number and code, and adding something."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts import lockout, signin
from accounts.access import SeeOther, public
from accounts.lockout import client_address
from accounts.models import User
from accounts.requests import sent, show_refusal
from accounts.sessions import browser_of, remember_browser
from centers.models import District
from core.clock import now, today
from core.crypto import blind_index
from core.formats import clock_time
from core.refusals import Refused
from helpdesk import presenters, services
from helpdesk.codes import canonical_number, code_of, open_by_code
from helpdesk.forms import KIND_WORDS, CheckForm, MessageForm, QuestionForm
from helpdesk.models import Kind, Ticket, TicketMessage, TicketRule
from helpdesk.rules import may_reopen, reopens_until
from notifications.readers import reader_of

from .fetch import asker_of, grant, granted

ASKED_PER_ADDRESS = lockout.Limit(120, timedelta(hours=1))
"""New questions from one network address: generous, carriers put thousands of phones behind one."""
WRITTEN_PER_TICKET = lockout.Limit(20, timedelta(hours=1))
WRONG = "Nomor atau kode tidak cocok. Periksa lagi catatan Anda, atau tanya ke pusat."
SHOWN_OWN = 10

_CODE = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}", re.ASCII)
FORM = require_http_methods(["GET", "HEAD", "POST"])


@public
@FORM
def ask(request: HttpRequest) -> HttpResponse:
    """Ask or complain: 303 to the ticket's own page, or 422 with everything kept."""
    asker, browser = asker_of(request), browser_of(request)
    if request.method != "POST":
        form = QuestionForm(asker=asker, initial={"district": _wanted_place(request, asker)})
        return _ask_page(request, form, browser)
    form = QuestionForm(request.POST, asker=asker)
    if not form.is_valid():
        return _ask_page(request, form, browser, status=422)
    at, key = now(), form.cleaned_data["submission_id"]
    if not services.was_asked(key):
        counter = blind_index(client_address(request), purpose="bantuan.alamat")
        if retry_at := lockout.admit(counter, at=at, limit=ASKED_PER_ADDRESS):
            return _too_many(request, form, browser, retry_at, at)
    asked = services.ask(question=form.to_question(), submission_id=key, browser=browser, asker=asker, at=at)
    return remember_browser(request, _after_asking(request, asked), browser)


@public
@FORM
def check(request: HttpRequest) -> HttpResponse:
    """Number and code open the ticket in this browser for a while; tried at most ten times a number."""
    if request.method != "POST":
        form = CheckForm(initial={"number": canonical_number(request.GET.get("nomor", ""))})
        return _private(render(request, "helpdesk/check.html", {"form": form}))
    form, status, at = CheckForm(request.POST), 422, now()
    if form.is_valid():
        try:
            ticket = open_by_code(**form.cleaned_data, address=client_address(request), at=at)
        except signin.TooManyAttempts as error:
            form.add_error(None, f"Sudah terlalu banyak percobaan. {_again(error.retry_at)}")
            status = 429
        else:
            if ticket is not None:
                grant(request, ticket, is_new=False)
                return SeeOther(ticket.get_absolute_url())
            form.add_error("code", WRONG)
    return _private(render(request, "helpdesk/check.html", {"form": form}, status=status))


@public
@FORM
def followup(request: HttpRequest, number: str) -> HttpResponse:
    """The asker's page of one ticket. Staff are led to theirs, everybody else to number and code."""
    asker, was_written_here = asker_of(request), granted(request, number)
    found = Ticket.objects.for_page().filter(number=number)
    if was_written_here is None:
        found = found.asked_by(asker) if asker else found.none()
    ticket = found.first()
    if ticket is None:
        return _elsewhere(request, number)
    form = MessageForm(**sent(request))
    if request.method == "POST" and form.is_valid():
        return _write(request, ticket, form.cleaned_data["text"])
    context = _followup_context(ticket, at=now()) | {
        "form": form,
        "code": code_of(ticket.pk) if was_written_here and ticket.asker_id is None else "",
    }
    return _private(render(request, "helpdesk/followup.html", context, status=422 if form.errors else 200))


# parts -------------------------------------------------------------------------------------------------


def _ask_page(request: HttpRequest, form: QuestionForm, browser: str, *, status: int = 200) -> HttpResponse:
    asker = asker_of(request)
    rules = TicketRule.objects.on(today())
    context: dict[str, Any] = {
        "form": form,
        "kinds": KIND_WORDS,
        "question_days": rules[Kind.PERTANYAAN, TicketRule.Code.TENGGAT],
        "complaint_days": rules[Kind.KELUHAN, TicketRule.Code.TENGGAT],
        "own": _own(asker) if asker and request.method != "POST" else [],
    }
    response = render(request, "helpdesk/ask.html", context, status=status)
    return remember_browser(request, _private(response), browser)


def _own(asker: User) -> list[dict[str, Any]]:
    """The newest questions of whoever is signed in."""
    rows = Ticket.objects.asked_by(asker).for_page().order_by("-opened_at", "-pk")[:SHOWN_OWN]
    return [{"ticket": ticket, "badge": presenters.citizen_badge(ticket)} for ticket in rows]


def _wanted_place(request: HttpRequest, asker: User | None) -> str:
    """The kecamatan of the page the link stood on (`?kecamatan=31.74.07`), by name; else the one of the own
    centre, so that a question reaches the people who know the asker; or nothing."""
    code = request.GET.get("kecamatan", "")
    if not _CODE.fullmatch(code):
        center = reader_of(asker).center if asker else None
        return center.district.full_name if center else ""
    district = District.objects.current().select_related("regency").filter(pk=code).first()
    return district.full_name if district else ""


def _after_asking(request: HttpRequest, asked: services.Asked | None) -> HttpResponse:
    """The ticket's page; for a submission of somebody else the page that asks for number and code."""
    if asked is None:
        return SeeOther(reverse("help_check"))
    if asked.ticket.asker_id is None:
        grant(request, asked.ticket, is_new=True)
    return SeeOther(asked.ticket.get_absolute_url())


def _too_many(
    request: HttpRequest, form: QuestionForm, browser: str, retry_at: datetime, at: datetime
) -> HttpResponse:
    form.add_error(
        None,
        f"Sudah banyak pertanyaan dari jaringan ini. {_again(retry_at)}"
        " Perlu cepat? Hubungi pusat lewat WhatsApp.",
    )
    response = _ask_page(request, form, browser, status=429)
    response["Retry-After"] = str(max(1, int((retry_at - at).total_seconds()) + 1))
    return response


def _again(retry_at: datetime) -> str:
    return f"Coba lagi mulai pukul {clock_time(retry_at + timedelta(seconds=59))}."


def _elsewhere(request: HttpRequest, number: str) -> HttpResponse:
    """The same for a missing and for a foreign ticket; a colleague in charge goes to the staff's page."""
    user = asker_of(request)
    if user and Ticket.objects.workable_by(user).filter(number=number).exists():
        return SeeOther(reverse("help_ticket", args=[number]))
    known = canonical_number(number)
    return SeeOther(reverse("help_check") + (f"?nomor={known}" if known else ""))


def _write(request: HttpRequest, ticket: Ticket, text: str) -> HttpResponse:
    at = now()
    counter = blind_index(str(ticket.pk), purpose="bantuan.balasan")
    if retry_at := lockout.admit(counter, at=at, limit=WRITTEN_PER_TICKET):
        messages.error(request, f"Sudah banyak balasan untuk pertanyaan ini. {_again(retry_at)}")
        return SeeOther(ticket.get_absolute_url())
    author = asker_of(request) if ticket.asker_id is not None else None
    try:
        services.write_again(ticket_id=ticket.pk, author=author, text=text, at=at)
    except Refused as refusal:
        show_refusal(request, refusal)
    else:
        messages.success(request, "Balasan Anda terkirim. Sekarang giliran petugas.")
    return SeeOther(ticket.get_absolute_url())


def _followup_context(ticket: Ticket, *, at: datetime) -> dict[str, Any]:
    rules = TicketRule.objects.on(ticket.local_day(at))
    return {
        "ticket": ticket,
        "said": list(
            TicketMessage.objects.filter(ticket=ticket).select_related("author").order_by("at", "pk")
        ),
        "badge": presenters.citizen_badge(ticket),
        "age": presenters.age(ticket, at),
        "may_write": not ticket.is_closed or may_reopen(ticket, rules, at=at),
        "reopens_until": reopens_until(ticket, rules),
        "help_center": ticket.center if ticket.center and ticket.center.is_open else None,
    }


def _private(response: HttpResponse) -> HttpResponse:
    """Somebody's words are kept nowhere on the way."""
    response.headers["Cache-Control"] = "private, no-store"
    return response
