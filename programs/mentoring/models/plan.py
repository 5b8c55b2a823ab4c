"""The action plan of a participant: what they want, in which steps, whose turn each is and until when."""

from __future__ import annotations

import uuid
from datetime import date
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock
from participants.models import Stage
from participants.scoping import enrollment_scope

if TYPE_CHECKING:
    from accounts.models import User

MOST_STEPS = 8


class StepOwner(models.TextChoices):
    """Who does a step."""

    PESERTA = "peserta", "Peserta"
    PENDAMPING = "pendamping", "Pendamping"


class Agreed(models.TextChoices):
    """How the participant agreed."""

    PORTAL = "portal", "Lewat portal"
    LISAN = "lisan", "Secara lisan"


class ActionPlanQuerySet(models.QuerySet["ActionPlan"]):
    """Questions about plans."""

    def visible_to(self, user: User) -> Self:
        return self.filter(enrollment_scope(user, "enrollment__"))

    def open(self) -> Self:
        """Proposed or in force; not replaced."""
        return self.filter(ended_at__isnull=True)

    def in_force(self) -> Self:
        return self.open().filter(agreed_at__isnull=False)

    def proposed(self) -> Self:
        return self.open().filter(agreed_at__isnull=True)

    def for_page(self) -> Self:
        return self.select_related(
            "proposed_by", "enrollment__person", "enrollment__center"
        ).prefetch_related("steps")


class ActionPlan(models.Model):
    """One version of the plan. At most one is in force and one proposed; agreeing replaces the one before.

    `wish` is what the participant asks to have changed in a proposal.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrollment = models.ForeignKey(
        "participants.Enrollment", on_delete=models.PROTECT, related_name="action_plans"
    )
    goal = models.CharField("tujuan", max_length=300)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=clock.now)
    wish = models.CharField("yang ingin diubah", max_length=300, blank=True)
    wished_at = models.DateTimeField(null=True)
    agreed_at = models.DateTimeField(null=True)
    agreed_how = models.CharField(max_length=10, choices=Agreed.choices, blank=True)
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    agreed_note = models.CharField("di mana dan kapan disepakati", max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True)

    objects = ActionPlanQuerySet.as_manager()

    class Meta:
        verbose_name = "rencana aksi"
        verbose_name_plural = "rencana aksi"
        constraints = [
            models.UniqueConstraint(
                fields=["enrollment"],
                condition=Q(ended_at__isnull=True, agreed_at__isnull=True),
                name="plan_one_proposed",
            ),
            models.UniqueConstraint(
                fields=["enrollment"],
                condition=Q(ended_at__isnull=True, agreed_at__isnull=False),
                name="plan_one_in_force",
            ),
            models.CheckConstraint(
                name="plan_agreed_by_somebody",
                condition=Q(agreed_at__isnull=True, agreed_by__isnull=True, agreed_how="")
                | Q(agreed_at__isnull=False, agreed_by__isnull=False, agreed_how__in=Agreed.values),
            ),
            models.CheckConstraint(
                name="plan_said_aloud_in_words",
                condition=~Q(agreed_how=Agreed.LISAN) | ~Q(agreed_note=""),
            ),
        ]

    def __str__(self) -> str:
        return f"rencana {self.pk}"

    @property
    def is_agreed(self) -> bool:
        return self.agreed_at is not None

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @property
    def agreed_how_label(self) -> str:
        return Agreed(self.agreed_how).label if self.agreed_how else ""


class PlanStep(models.Model):
    """One step: what, whose turn, until when, for which stage."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(ActionPlan, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField("urutan")
    text = models.CharField("langkah", max_length=160)
    owner = models.CharField("giliran", max_length=12, choices=StepOwner.choices)
    due_on = models.DateField("paling lambat")
    stage = models.CharField("tahap", max_length=20, choices=Stage.choices)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "langkah rencana"
        verbose_name_plural = "langkah rencana"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="plan_step_one_per_number"),
            models.CheckConstraint(name="plan_step_owner_known", condition=Q(owner__in=StepOwner.values)),
            models.CheckConstraint(
                name="plan_step_done_by_somebody",
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["plan", "due_on"], name="plan_step_open", condition=Q(done_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.text}"

    @property
    def is_done(self) -> bool:
        return self.done_at is not None

    @property
    def is_own(self) -> bool:
        """The participant's turn."""
        return self.owner == StepOwner.PESERTA

    @property
    def owner_label(self) -> str:
        return StepOwner(self.owner).label

    @property
    def stage_label(self) -> str:
        return f"{Stage(self.stage).number}. {Stage(self.stage).label}"

    def is_late(self, today: date) -> bool:
        return not self.is_done and self.due_on < today
