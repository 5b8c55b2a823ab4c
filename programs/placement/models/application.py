"""One person's application for one vacancy, and every step of it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock
from core.append_only import append_only
from participants.scoping import enrollment_scope

from .choices import ApplicationStatus
from .vacancy import Vacancy, desk_q

if TYPE_CHECKING:
    from accounts.models import User


class ApplicationQuerySet(models.QuerySet["Application"]):
    """Questions about applications."""

    def visible_to(self, user: User) -> Self:
        """The own ones, those of the participants one sees, and those for the vacancies one works with."""
        return self.filter(enrollment_scope(user, "enrollment__") | _worked(user))

    def worked_by(self, user: User) -> Self:
        """Those for the vacancies of the user's centres."""
        return self.filter(_worked(user))

    def waiting(self) -> Self:
        return self.filter(status__in=ApplicationStatus.waiting())

    def for_page(self) -> Self:
        return self.select_related(
            "vacancy__center", "vacancy__district__regency", "enrollment__person",
            "enrollment__district__regency", "enrollment__center",
        )  # fmt: skip


def _worked(user: User) -> Q:
    return desk_q(user, "vacancy__") & Q(enrollment__erased_at__isnull=True)


class Application(models.Model):
    """One person and one vacancy: there is one row, also for somebody who withdrew and applies again.

    The hour of the interview is that of the vacancy's zone. `reason` is read by the participant.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vacancy = models.ForeignKey(Vacancy, on_delete=models.PROTECT, related_name="applications")
    enrollment = models.ForeignKey(
        "participants.Enrollment", on_delete=models.PROTECT, related_name="applications"
    )
    status = models.CharField(
        max_length=15, choices=ApplicationStatus.choices, default=ApplicationStatus.MELAMAR
    )
    applied_at = models.DateTimeField("melamar")
    interview_at = models.DateTimeField("wawancara", null=True)
    interview_place = models.CharField("tempat wawancara", max_length=200, blank=True)
    reason = models.CharField("alasan", max_length=200, blank=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = "lamaran"
        verbose_name_plural = "lamaran"
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "vacancy"], name="application_once"),
            models.CheckConstraint(
                name="application_status_known", condition=Q(status__in=ApplicationStatus.values)
            ),
            models.CheckConstraint(
                name="application_invited_when",
                condition=~Q(status=ApplicationStatus.WAWANCARA)
                | (Q(interview_at__isnull=False) & ~Q(interview_place="")),
            ),
            models.CheckConstraint(
                name="application_refused_says_why",
                condition=~Q(status=ApplicationStatus.TIDAK_DITERIMA) | ~Q(reason=""),
            ),
        ]
        indexes = [models.Index(fields=["vacancy", "applied_at", "id"], name="application_of_vacancy")]

    def __str__(self) -> str:
        return self.status

    @property
    def status_label(self) -> str:
        return ApplicationStatus(self.status).label

    @property
    def is_waiting(self) -> bool:
        return self.status in ApplicationStatus.waiting()

    @property
    def is_invited(self) -> bool:
        return self.status == ApplicationStatus.WAWANCARA

    @property
    def is_accepted(self) -> bool:
        return self.status == ApplicationStatus.DITERIMA

    @property
    def is_refused(self) -> bool:
        return self.status == ApplicationStatus.TIDAK_DITERIMA

    @property
    def is_cancelled(self) -> bool:
        return self.status == ApplicationStatus.DIBATALKAN

    @property
    def badge(self) -> str:
        """Which look its status has."""
        return {
            ApplicationStatus.MELAMAR: "waiting",
            ApplicationStatus.WAWANCARA: "ready",
            ApplicationStatus.DITERIMA: "verified",
            ApplicationStatus.TIDAK_DITERIMA: "rejected",
            ApplicationStatus.DIBATALKAN: "stopped",
        }[ApplicationStatus(self.status)]


class ApplicationChange(models.Model):
    """One step of an application. Append-only; `by` is empty for what happens by itself."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="changes")
    status = models.CharField(max_length=15, choices=ApplicationStatus.choices)
    note = models.CharField("catatan", max_length=300, blank=True)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "langkah lamaran"
        verbose_name_plural = "langkah lamaran"
        ordering = ["at", "pk"]
        triggers = append_only(redactable=["note"])

    def __str__(self) -> str:
        return self.status
