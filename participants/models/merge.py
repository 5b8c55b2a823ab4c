"""Two records of one person: those merged into one, and those found to be two people after all."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core import clock, crypto
from participants.scoping import enrollment_scope

from .enrollment import Enrollment
from .person import Person

if TYPE_CHECKING:
    from accounts.models import User

UNDO_FOR = timedelta(days=30)
"""How long a merge may be undone."""


class NotSamePersonQuerySet(models.QuerySet["NotSamePerson"]):
    """Questions about pairs."""

    def visible_to(self, user: User) -> Self:
        """Whoever sees both people."""
        people = Person.objects.visible_to(user).values("pk")
        return self.filter(first__in=people, second__in=people)


class NotSamePerson(models.Model):
    """Two records that look alike and are two people: somebody looked, and they are not offered again.

    `first` has the smaller id, so that a pair is stored once.
    """

    first = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField("alasan", max_length=300, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField("diputuskan", default=clock.now)

    objects = NotSamePersonQuerySet.as_manager()

    class Meta:
        verbose_name = "bukan orang yang sama"
        verbose_name_plural = "bukan orang yang sama"
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="not_same_person_once"),
            models.CheckConstraint(name="not_same_person_ordered", condition=Q(first__lt=F("second"))),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ≠ {self.second_id}"


class MergeQuerySet(models.QuerySet["Merge"]):
    """Questions about merges."""

    def visible_to(self, user: User) -> Self:
        """Whoever sees the enrollment that goes on."""
        return self.filter(enrollment_scope(user, "kept__"))

    def standing(self) -> Self:
        """Not undone."""
        return self.filter(undone_at__isnull=True)


class Merge(models.Model):
    """One person recorded twice, made one: `winner` goes on with `kept`, `loser` is closed with `taken_out`.

    `changes` holds what is needed to undo it, without numbers: statuses, ids of what moved, and which fields
    of the winner were filled from the loser. The NIK that the loser gave up is sealed beside it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    winner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="merges_won")
    loser = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="merges_lost")
    kept = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="+")
    taken_out = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="+")
    kept_version = models.PositiveIntegerField()
    taken_out_version = models.PositiveIntegerField()
    loser_nik_sealed = crypto.SealedField(null=True)
    loser_nik_mask = models.CharField(max_length=24, blank=True)
    winner_nik_sealed = crypto.SealedField(null=True)
    changes = models.JSONField(default=dict)
    reason = models.CharField("alasan", max_length=300, blank=True)
    merged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    merged_at = models.DateTimeField("digabung", default=clock.now)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField("dibatalkan", null=True)

    objects = MergeQuerySet.as_manager()

    class Meta:
        verbose_name = "penggabungan"
        verbose_name_plural = "penggabungan"
        constraints = [
            models.CheckConstraint(name="merge_of_two", condition=~Q(winner=F("loser"))),
            models.UniqueConstraint(
                fields=["loser"], condition=Q(undone_at__isnull=True), name="merge_one_standing_per_loser"
            ),
            models.CheckConstraint(
                name="merge_undone_together",
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["-merged_at", "-id"], name="merge_newest")]

    def __str__(self) -> str:
        return f"{self.loser_id} → {self.winner_id}"

    @property
    def undo_until(self) -> datetime:
        """The last instant at which it may be undone."""
        return self.merged_at + UNDO_FOR

    @property
    def is_standing(self) -> bool:
        return self.undone_at is None
