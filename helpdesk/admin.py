"""The secretariat's view of help: limits change at `/aturan/`, tickets are answered in the queue."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnlyAdmin

from .models import Ticket, TicketRule


@admin.register(TicketRule)
class TicketRuleAdmin(ReadOnlyAdmin):
    """What held, holds and will hold; new values come in at `/aturan/`, with a preview."""

    list_display = ("kind", "code", "value", "valid_from", "valid_until", "source")
    list_filter = ("kind", "code")
    ordering = ("kind", "code", "-valid_from")


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    """Numbers and clocks only; texts and contacts stay with those who answer."""

    list_display = ("number", "kind", "topic", "status", "desk", "center", "owner", "opened_at", "due_on")
    list_filter = ("status", "kind", "desk", "topic")
    list_select_related = ("center", "owner")
    search_fields = ("=number",)
    fields = (
        "number",
        "kind",
        "topic",
        "status",
        "desk",
        "center",
        "district",
        "owner",
        "opened_at",
        "waiting_since",
        "due_on",
        "answered_at",
        "closed_at",
    )
    ordering = ("-opened_at",)
