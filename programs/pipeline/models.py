"""What the pipeline records of its own: who was reminded of which silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from core import clock
from participants.models import Enrollment

if TYPE_CHECKING:
    from accounts.models import User


class SilenceReminderQuerySet(models.QuerySet["SilenceReminder"]):
    """Questions about reminders."""

    def visible_to(self, user: User) -> Self:
        return self.filter(enrollment__in=Enrollment.objects.visible_to(user))


class SilenceReminder(models.Model):
    """One reminder of one silence, claimed before anything is sent.

    A silence is named by the last local day of news. It is reminded of once at its limit and once at every
    further multiple of it, so `multiple` is days of silence divided by the limit in days, rounded down.
    """

    enrollment = models.ForeignKey(
        Enrollment, on_delete=models.CASCADE, related_name="silence_reminders", db_index=False
    )
    since = models.DateField("kabar terakhir")
    multiple = models.PositiveSmallIntegerField("kelipatan batas")
    reminded_on = models.DateField("hari pengingat")
    created_at = models.DateTimeField("dibuat", default=clock.now)

    objects = SilenceReminderQuerySet.as_manager()

    class Meta:
        verbose_name = "pengingat diam"
        verbose_name_plural = "pengingat diam"
        constraints = [
            models.UniqueConstraint(
                fields=["enrollment", "since", "multiple"], name="silence_reminded_once_per_multiple"
            ),
            models.CheckConstraint(name="silence_multiple_positive", condition=Q(multiple__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.enrollment_id} {self.since} ×{self.multiple}"
