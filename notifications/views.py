"""The inbox of whoever is signed in, and their channels."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import SeeOther, get_visible_or_404, signed_in
from accounts.models import User
from core import clock

from . import services
from .channels import whatsapp
from .forms import ChannelsForm
from .models import Notification
from .pages import inbox_page
from .readers import reader_of


@signed_in
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """Own messages, newest first; `?sesudah=<id>` goes to older ones, `?sebelum=<id>` back to newer ones."""
    page = inbox_page(
        _user(request),
        older_than=_edge(request, "sesudah"),
        newer_than=_edge(request, "sebelum"),
    )
    reader = reader_of(_user(request))
    context = {
        "page": page,
        "unread": services.unread_count(_user(request)),
        "zone": reader.zone,
        "help_center": reader.center,
    }
    return render(request, "notifications/inbox.html", context)


def _user(request: HttpRequest) -> User:
    """Whoever is signed in; `signed_in` has made sure that somebody is."""
    return cast(User, request.user)


def _edge(request: HttpRequest, name: str) -> Notification | None:
    """The own message a neighbouring page begins at; 404 for anything that is not one."""
    key = request.GET.get(name)
    return get_visible_or_404(Notification, _user(request), pk=key) if key else None


@signed_in
@require_POST
def mark_read(request: HttpRequest, notification_id: UUID) -> HttpResponse:
    """Mark one message as read; `buka` goes on to what it is about, else back to the inbox."""
    notification = get_visible_or_404(Notification, _user(request), pk=notification_id)
    services.mark_read(user=_user(request), notification_id=notification.pk, at=clock.now())
    return SeeOther(notification.url if "buka" in request.POST else reverse("inbox"))


@signed_in
@require_POST
def mark_all_read(request: HttpRequest) -> HttpResponse:
    """Mark everything as read."""
    services.mark_all_read(user=_user(request), at=clock.now())
    messages.success(request, "Semua pesan sudah ditandai dibaca.")
    return SeeOther(reverse("inbox"))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Where else to be told."""
    wishes = {channel.value: on for channel, on in services.channels_of(_user(request)).items()}
    form = ChannelsForm(request.POST if request.method == "POST" else None, initial=wishes)
    if request.method == "POST" and form.is_valid():
        services.set_channels(user=_user(request), enabled=form.channels(), at=clock.now())
        messages.success(request, "Pilihan Anda tersimpan.")
        return SeeOther(reverse("inbox_preferences"))
    context = {"form": form, "whatsapp_is_configured": whatsapp.is_configured()}
    return render(request, "notifications/preferences.html", context)
