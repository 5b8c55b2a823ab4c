"""Who accompanied whom, from when to when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core import clock
from participants.scoping import enrollment_scope

from .choices import AssignmentEnd

if TYPE_CHECKING:
    from accounts.models import User


class CoachAssignmentQuerySet(models.QuerySet["CoachAssignment"]):
    """Questions about assignments."""

    def active(self) -> Self:
        return self.filter(ended_at__isnull=True)

    def accepted(self) -> Self:
        return self.filter(accepted_at__isnull=False)

    def visible_to(self, user: User) -> Self:
        return self.filter(enrollment_scope(user, "enrollment__"))


@pghistory.track()
class CoachAssignment(models.Model):
    """One coach for one enrollment. At most one is open; `Enrollment.coach` repeats the open one."""

    enrollment = models.ForeignKey(
        "participants.Enrollment", on_delete=models.PROTECT, related_name="assignments"
    )
    coach = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments")
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    assigned_at = models.DateTimeField(default=clock.now)
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=20, choices=AssignmentEnd.choices, blank=True)
    note = models.CharField(max_length=300, blank=True)

    objects = CoachAssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = "penugasan pendamping"
        verbose_name_plural = "penugasan pendamping"
        constraints = [
            models.UniqueConstraint(
                fields=["enrollment"], condition=Q(ended_at__isnull=True), name="assignment_one_open"
            ),
            models.CheckConstraint(
                name="assignment_ends_after_start",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("assigned_at")),
            ),
        ]
        indexes = [models.Index(fields=["coach", "ended_at"], name="assignment_of_coach")]

    def __str__(self) -> str:
        return f"{self.coach_id} → {self.enrollment_id}"
