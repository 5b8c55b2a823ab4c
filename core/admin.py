"""What the secretariat may look at: the audit log, messages on their way and long jobs. Read only."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest

from core import outbox
from core.models import AuditEntry, Job, OutboxMessage
from core.validators import check_plain


class PlainTextAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What is typed into its forms is readable text with plain digits, as on the portal's own pages."""

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest | None, **kwargs: Any
    ) -> Any:
        """Add the check to every text field."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[arg-type]
        if isinstance(field, forms.CharField):
            field.validators = [*field.validators, check_plain]
        return field


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows can be opened; nobody adds, changes or deletes them here."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what, newest first."""

    list_display = ("at", "actor_label", "action", "object_type", "object_id", "reason")
    list_filter = ("at",)
    search_fields = ("=object_id", "=action")
    ordering = ("-id",)


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    """Messages, with those that were given up; they can be sent again."""

    list_display = ("id", "kind", "not_before", "attempts", "done_at", "parked_at", "last_error")
    list_filter = (("parked_at", admin.EmptyFieldListFilter), ("done_at", admin.EmptyFieldListFilter))
    ordering = ("-id",)
    actions = ("send_again",)

    @admin.action(description="Kirim ulang yang ditahan")
    def send_again(self, request: HttpRequest, rows: "QuerySet[OutboxMessage]") -> None:
        """Give parked messages new attempts."""
        back = outbox.requeue(list(rows.values_list("pk", flat=True)))
        messages.success(request, f"{back} pesan akan dikirim lagi.")


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Long work and how it ended."""

    list_display = ("created_at", "kind", "status", "done", "total", "attempts", "finished_at", "note")
    list_filter = ("status", "kind")
    ordering = ("-created_at",)
