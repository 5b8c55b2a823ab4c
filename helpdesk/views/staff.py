"""`/antrean-bantuan/`: the staff's queue and one ticket with its acts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import SeeOther, role_required
from accounts.models import Role
from accounts.requests import actor_of, sent, show_refusal
from core.clock import now
from core.keyset import page as keyset_page
from core.refusals import Refused
from helpdesk import presenters, queue, services
from helpdesk.forms import AnswerForm, CloseForm, HandOverForm, NoteForm, QueueForm
from helpdesk.models import Ticket, TicketMessage, TicketNote, TicketRule, TicketStatus

from .fetch import workable

STAFF = (Role.PENDAMPING, Role.PENGELOLA, Role.DINAS, Role.ADMIN)
FORM = require_http_methods(["GET", "HEAD", "POST"])


@role_required(*STAFF)
@require_safe
def ticket_list(request: HttpRequest) -> HttpResponse:
    """Search, filters and keyset pages: the most overdue first, the newest first among what is closed."""
    at, actor, form = now(), actor_of(request), QueueForm(request.GET)
    form.is_valid()
    filters = {name: value for name, value in form.cleaned_data.items() if value}
    is_closed = filters.get("status") == TicketStatus.SELESAI
    page = keyset_page(
        queue.search(actor, filters, at=at),
        cursor=request.GET.get("sesudah", ""),
        field="closed_at" if is_closed else "due_at",
        size=queue.PAGE_SIZE,
        oldest_first=not is_closed,
    )
    kept = {name: request.GET[name] for name in form.fields if request.GET.get(name)}

    def link(cursor: str) -> str:
        return f"?{urlencode({**kept, 'sesudah': cursor})}" if cursor else ""

    context = {
        "form": form,
        "rows": [{"ticket": row, "badge": presenters.staff_badge(row, at)} for row in page.rows],
        "next_url": link(page.next_cursor),
        "previous_url": link(page.previous_cursor),
        "counts": services.counts_for(actor, at=at),
        "is_filtered": bool(filters),
        "is_narrowed": bool(filters.keys() - {"q"}),
        "ignored": [
            f"Saringan “{form.fields[name].label}” tidak dikenali dan tidak dipakai." for name in form.errors
        ],
    }
    return render(request, "helpdesk/queue.html", context)


@role_required(*STAFF)
@require_safe
def ticket(request: HttpRequest, number: str) -> HttpResponse:
    """One ticket: what was said, the answer, the acts, the internal log."""
    return _ticket_page(request, workable(request, number))


@role_required(*STAFF)
@require_POST
def take(request: HttpRequest, number: str) -> HttpResponse:
    """Take the ticket on; whoever was quicker is named."""
    found = workable(request, number)
    try:
        services.take(ticket_id=found.pk, actor=actor_of(request), at=now())
    except Refused as refusal:
        show_refusal(request, refusal)
    else:
        messages.success(request, f"{number} sekarang Anda pegang.")
    return SeeOther(_address(found))


@role_required(*STAFF)
@require_POST
def answer(request: HttpRequest, number: str) -> HttpResponse:
    """Send an answer, or show the page again with what is wrong."""
    found, form = workable(request, number), AnswerForm(request.POST)
    if not form.is_valid():
        return _ticket_page(request, found, answer_form=form)
    try:
        services.answer(ticket_id=found.pk, actor=actor_of(request), at=now(), **form.cleaned_data)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _ticket_page(request, found, answer_form=form)
    messages.success(request, "Jawaban terkirim. Penanya bisa membacanya sekarang.")
    return SeeOther(_address(found))


@role_required(*STAFF)
@require_POST
def note(request: HttpRequest, number: str) -> HttpResponse:
    """Keep an internal note."""
    found, form = workable(request, number), NoteForm(request.POST, prefix="catatan")
    if not form.is_valid():
        return _ticket_page(request, found, note_form=form)
    try:
        services.add_note(
            ticket_id=found.pk, actor=actor_of(request), text=form.cleaned_data["text"], at=now()
        )
    except Refused as refusal:
        show_refusal(request, refusal)
    else:
        messages.success(request, "Catatan tersimpan.")
    return SeeOther(_address(found))


@role_required(*STAFF)
@FORM
def close(request: HttpRequest, number: str) -> HttpResponse:
    """Close an answered ticket, after a question."""
    found, form = workable(request, number), CloseForm(**sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.close(
                ticket_id=found.pk, actor=actor_of(request), text=form.cleaned_data["text"], at=now()
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{number} selesai.")
            return SeeOther(reverse("help_queue"))
    days = TicketRule.objects.on(found.local_day(now()))[found.kind, TicketRule.Code.BUKA_LAGI]
    context = {
        "form": form,
        "question": f"Tutup {number}?",
        "consequence": f"Penanya diberi tahu. Dalam {days} hari ia masih bisa membukanya lagi.",
        "verb": "Tutup pertanyaan",
        "cancel": _address(found),
    }
    return render(request, "layout/confirm.html", context, status=422 if form.errors else 200)


@role_required(*STAFF)
@FORM
def hand_over(request: HttpRequest, number: str) -> HttpResponse:
    """Give the ticket to another person, centre or desk, with the reason."""
    found, at = workable(request, number), now()
    groups = services.people_for(found, at=at)
    form = HandOverForm(**sent(request), groups=groups, is_about_staff=found.is_about_staff)
    if request.method == "POST" and form.is_valid():
        try:
            moved = services.hand_over(
                ticket_id=found.pk,
                actor=actor_of(request),
                to=form.target(),
                reason=form.cleaned_data["reason"],
                at=at,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{number} diserahkan kepada {moved.owner_name}.")
            return SeeOther(_after(request, moved))
    context = {"form": form, "ticket": found, "cancel": _address(found)}
    return render(request, "helpdesk/hand_over.html", context, status=422 if form.errors else 200)


# parts -------------------------------------------------------------------------------------------------


def _address(found: Ticket) -> str:
    return reverse("help_ticket", args=[found.number])


def _after(request: HttpRequest, moved: Ticket) -> str:
    """Back to the ticket, or to the queue when it is no longer the actor's to see."""
    is_seen = Ticket.objects.workable_by(actor_of(request)).filter(pk=moved.pk).exists()
    return _address(moved) if is_seen else reverse("help_queue")


def _ticket_page(
    request: HttpRequest,
    found: Ticket,
    *,
    answer_form: AnswerForm | None = None,
    note_form: NoteForm | None = None,
) -> HttpResponse:
    at, actor = now(), actor_of(request)
    said = list(TicketMessage.objects.filter(ticket=found).select_related("author").order_by("at", "pk"))
    log = TicketNote.objects.visible_to(actor).filter(ticket=found).select_related("author")
    is_mine = found.owner_id == actor.pk and found.taken_at is not None
    is_free = found.taken_at is None
    wrong = answer_form if answer_form is not None else note_form
    context: dict[str, Any] = {
        "ticket": found,
        "said": said,
        "log": list(log.order_by("-at", "-pk")),
        "badge": presenters.staff_badge(found, at),
        "age": presenters.age(found, at) if found.is_waiting or found.is_closed else "",
        "is_mine": is_mine,
        "may_take": is_free and not found.is_closed,
        "may_answer": (is_mine or is_free) and not found.is_closed,
        "may_close": is_mine and not found.is_waiting and not found.is_closed,
        "may_hand_over": services.may_hand_over(found, actor) and not found.is_closed,
        "whatsapp": presenters.whatsapp(found, said, actor.display_name) if is_mine else "",
        "phone_mask": found.asker.phone_mask if found.asker else found.phone_mask,
        "answer_form": answer_form or AnswerForm(),
        "note_form": note_form or NoteForm(prefix="catatan"),
        "wrong": wrong,
        "crumbs": [{"label": "Bantuan", "href": reverse("help_queue")}, {"label": found.number}],
    }
    return render(request, "helpdesk/ticket.html", context, status=422 if wrong is not None else 200)
