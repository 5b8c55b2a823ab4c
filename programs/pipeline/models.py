"""What the pipeline records of its own: who was reminded of which silence, what was done to many at once."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.access import scopes
from accounts.models import Role
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


UNDO_FOR = timedelta(minutes=30)
"""How long an act on many people may be taken back."""


class BulkKind(models.TextChoices):
    """What may be done to many people at once."""

    PENDAMPING = "pendamping", "Tetapkan pendamping"
    SKPD = "skpd", "Tetapkan SKPD pembina"
    DOKUMEN = "dokumen", "Tandai dokumen dilihat"
    PUSAT = "pusat", "Tetapkan pusat"


class BulkOutcome(models.TextChoices):
    """What became of one person of an act on many."""

    DILAKUKAN = "dilakukan", "Dilakukan"
    DITOLAK = "ditolak", "Tidak dilakukan"
    DIBATALKAN = "dibatalkan", "Dibatalkan"


class BulkActQuerySet(models.QuerySet["BulkAct"]):
    """Questions about acts on many people."""

    def visible_to(self, user: User) -> Self:
        """One's own; the secretariat sees all."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.all() if scopes(user, Role.ADMIN) else self.filter(actor=user)


class BulkAct(models.Model):
    """One act on up to fifty people, as its own list of what was done, refused and taken back.

    `params` holds the codes chosen (coach, agency or centre) and the words written with them. The id is that
    of the opened preview, so that sending it twice does it once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("tindakan", max_length=20, choices=BulkKind.choices)
    params = models.JSONField(default=dict)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField("dilakukan", default=clock.now)
    undone_at = models.DateTimeField("dibatalkan", null=True)

    objects = BulkActQuerySet.as_manager()

    class Meta:
        verbose_name = "tindakan banyak orang"
        verbose_name_plural = "tindakan banyak orang"
        constraints = [models.CheckConstraint(name="bulk_kind_known", condition=Q(kind__in=BulkKind.values))]
        indexes = [models.Index(fields=["actor", "-done_at"], name="bulk_of_actor")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def kind_label(self) -> str:
        return BulkKind(self.kind).label

    @property
    def undo_until(self) -> datetime:
        return self.done_at + UNDO_FOR

    def may_be_undone(self, at: datetime) -> bool:
        """Within the time, and not taken back yet."""
        return self.undone_at is None and at < self.undo_until


class BulkItemQuerySet(models.QuerySet["BulkItem"]):
    """Questions about the people of an act on many."""

    def visible_to(self, user: User) -> Self:
        """Of acts the user may see, the people the user may still see."""
        return self.filter(
            bulk__in=BulkAct.objects.visible_to(user), enrollment__in=Enrollment.objects.visible_to(user)
        )

    def done(self) -> Self:
        return self.filter(outcome=BulkOutcome.DILAKUKAN)


class BulkItem(models.Model):
    """One person of an act on many: what was there before, what came in its place, or why not."""

    bulk = models.ForeignKey(BulkAct, on_delete=models.CASCADE, related_name="items")
    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="+")
    outcome = models.CharField("hasil", max_length=12, choices=BulkOutcome.choices)
    words = models.CharField("keterangan", max_length=300, blank=True)
    before = models.JSONField("sebelum", default=dict)
    after = models.JSONField("sesudah", default=dict)

    objects = BulkItemQuerySet.as_manager()

    class Meta:
        verbose_name = "orang dalam tindakan"
        verbose_name_plural = "orang dalam tindakan"
        constraints = [
            models.UniqueConstraint(fields=["bulk", "enrollment"], name="bulk_one_item_per_person"),
            models.CheckConstraint(name="bulk_outcome_known", condition=Q(outcome__in=BulkOutcome.values)),
        ]

    def __str__(self) -> str:
        return f"{self.bulk_id} {self.enrollment_id}: {self.outcome}"

    @property
    def is_done(self) -> bool:
        return self.outcome == BulkOutcome.DILAKUKAN
