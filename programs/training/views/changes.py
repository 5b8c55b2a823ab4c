"""A planned class is changed: what is written about it, and when one of its sessions is held."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.access import SeeOther, role_required
from accounts.requests import actor_of, sent
from core.clock import now
from participants.refusals import Refused
from programs.training import catalogue, changes
from programs.training.access import manages
from programs.training.forms import ClassEditForm, SessionMoveForm
from programs.training.schedule import Slot

from .certificates import KEEPERS
from .fetch import led_session, managed
from .manage import kinds_of, trainers_of
from .public import FORM

CLASH = "Waktunya bentrok. Ubah, atau centang di sini."


@role_required(*KEEPERS)
@FORM
def class_edit(request: HttpRequest, class_id: UUID) -> HttpResponse:
    """Another name, place, link, window or trainer; what a change runs into is shown before it is kept."""
    one, at = managed(request, class_id), now()
    teaching = [row.user for row in one.trainers.select_related("user").order_by("pk")]
    trainers = list({user.pk: user for user in [*teaching, *trainers_of([one.center_id])]}.values())
    form, found = ClassEditForm(**sent(request), one=one, trainers=trainers), []
    if form.is_valid():
        data = form.cleaned_data
        chosen = [user for user in trainers if str(user.pk) in data["trainers"]]
        coming = one.sessions.filter(ends_at__gt=at)
        found = catalogue.clashes(
            [Slot(session.starts_at, session.ends_at) for session in coming],
            center_id=one.center_id, place=data["place"] if data["place"] != one.place else "",
            trainers=[user for user in chosen if user not in teaching], besides=one.pk,
        )  # fmt: skip
        text = changes.ClassText(
            name=data["name"], place=data["place"], online_url=data["online_url"], opens_on=data["opens_on"],
            closes_on=data["closes_on"], trainers=kinds_of(chosen, data["trainer_kind"]),
        )  # fmt: skip
        if found and not data["despite"]:
            form.add_error("despite", CLASH)
        else:
            try:
                told = changes.change_class(class_id=one.pk, text=text, actor=actor_of(request), at=at)
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                return _saved(request, one.pk, told)
    context = {
        "title": "Ubah kelas",
        "lead": f"{one.course.title}, {one.name}. Waktu pertemuan diubah satu per satu di halaman kelas.",
        "note": "Bila tempat atau tautannya berubah, semua yang terdaftar dan menunggu diberi tahu.",
    }
    return _page(request, form, found, one.pk, context)


@role_required(*KEEPERS)
@FORM
def session_move(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Another time for one session that has not been held."""
    session, actor = led_session(request, session_id), actor_of(request)
    one = session.training_class
    if not manages(actor, one):
        raise Http404("Tidak ditemukan.")
    form, found = SessionMoveForm(**sent(request), session=session), []
    if form.is_valid():
        slot = form.slot()
        found = catalogue.clashes(
            [slot], center_id=one.center_id, place=one.place, besides=one.pk,
            trainers=[row.user for row in one.trainers.select_related("user")],
        )  # fmt: skip
        if found and not form.cleaned_data["despite"]:
            form.add_error("despite", CLASH)
        else:
            try:
                told = changes.move_session(session_id=session.pk, slot=slot, actor=actor, at=now())
            except Refused as refusal:
                form.add_error("day", str(refusal))
            else:
                return _saved(request, one.pk, told)
    context = {
        "title": f"Ubah waktu pertemuan {session.number}",
        "lead": f"{one.course.title}, {one.name}: {session.title}.",
        "note": "Semua yang terdaftar dan menunggu diberi tahu waktunya yang baru.",
    }
    return _page(request, form, found, one.pk, context)


def _saved(request: HttpRequest, class_id: UUID, told: int) -> HttpResponse:
    messages.success(request, f"Tersimpan. {told} orang diberi tahu." if told else "Tersimpan.")
    return SeeOther(reverse("class_desk", args=[class_id]))


def _page(
    request: HttpRequest,
    form: ClassEditForm | SessionMoveForm,
    clashes: list[str],
    class_id: UUID,
    context: dict[str, str],
) -> HttpResponse:
    whole = {
        **context,
        "form": form,
        "fields": [bound for bound in form if bound.name != "despite"],
        "clashes": clashes,
        "cancel": reverse("class_desk", args=[class_id]),
    }
    return render(request, "training/change.html", whole, status=422 if form.errors else 200)
