"""The secretariat's view of people: read here, changed elsewhere.

Sealed columns and indexes are never shown.
"""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnlyAdmin

from .models import (
    CoachAssignment,
    Enrollment,
    Person,
    RetentionRule,
    RetentionRun,
    StageTransition,
    Threshold,
)


@admin.register(Threshold)
class ThresholdAdmin(ReadOnlyAdmin):
    """What held, holds and will hold; new values come in at `/aturan/`, with a preview."""

    list_display = ("stage", "code", "value", "valid_from", "valid_until", "source")
    list_filter = ("stage", "code")
    ordering = ("stage", "code", "-valid_from")


@admin.register(RetentionRule)
class RetentionRuleAdmin(ReadOnlyAdmin):
    """A newer row replaces the older one of its kind from its day on; they come in at `/aturan/`."""

    list_display = ("kind", "months", "valid_from", "source")
    list_filter = ("kind",)
    ordering = ("kind", "-valid_from")


@admin.register(RetentionRun)
class RetentionRunAdmin(ReadOnlyAdmin):
    """What each night found and let go of."""

    list_display = ("ran_at", "kind", "months", "found", "done", "is_trial")
    list_filter = ("kind", "is_trial")
    ordering = ("-ran_at", "-pk")


@admin.register(Person)
class PersonAdmin(ReadOnlyAdmin):
    """Names and masks only."""

    list_display = ("full_name", "nik_mask", "phone_mask", "identity_status", "created_at")
    search_fields = ("full_name",)
    show_full_result_count = False
    fields = ("full_name", "nik_mask", "phone_mask", "birth_date", "gender", "identity_status", "created_at")


@admin.register(Enrollment)
class EnrollmentAdmin(ReadOnlyAdmin):
    """Where people stand."""

    list_display = ("number", "person", "pathway", "stage", "status", "center", "registered_on")
    list_filter = ("stage", "status", "pathway")
    list_select_related = ("person", "center")
    search_fields = ("number",)
    show_full_result_count = False


@admin.register(StageTransition)
class StageTransitionAdmin(ReadOnlyAdmin):
    """The log, newest first."""

    list_display = ("at", "enrollment", "kind", "from_stage", "to_stage", "actor", "center_code")
    list_filter = ("kind",)
    list_select_related = ("enrollment", "actor")
    ordering = ("-at",)
    show_full_result_count = False


@admin.register(CoachAssignment)
class CoachAssignmentAdmin(ReadOnlyAdmin):
    """Who accompanied whom."""

    list_display = ("enrollment", "coach", "assigned_at", "accepted_at", "ended_at", "end_reason")
    list_select_related = ("enrollment", "coach")
    show_full_result_count = False
