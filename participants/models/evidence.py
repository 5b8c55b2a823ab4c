"""Proof of what was done, counted only after a second person accepted it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core import clock
from participants.scoping import enrollment_scope

from .choices import EvidenceKind, EvidenceStatus, Stage

if TYPE_CHECKING:
    from accounts.models import User


class StageEvidenceQuerySet(models.QuerySet["StageEvidence"]):
    """Questions about evidence."""

    def visible_to(self, user: User) -> Self:
        return self.filter(enrollment_scope(user, "enrollment__"))

    def pending(self) -> Self:
        return self.filter(status=EvidenceStatus.MENUNGGU)

    def accepted(self) -> Self:
        return self.filter(status=EvidenceStatus.DITERIMA)


class StageEvidence(models.Model):
    """One proof for one stage: a number, a file or a note, dated, with who brought it and who checked it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrollment = models.ForeignKey(
        "participants.Enrollment", on_delete=models.PROTECT, related_name="evidence"
    )
    stage = models.CharField(max_length=20, choices=Stage.choices)
    kind = models.CharField(max_length=20, choices=EvidenceKind.choices)
    number = models.CharField("nomor", max_length=60, blank=True)
    file = models.ForeignKey("core.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField("catatan", max_length=500, blank=True)
    happened_on = models.DateField("tanggal")
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(default=clock.now)
    status = models.CharField(max_length=10, choices=EvidenceStatus.choices, default=EvidenceStatus.MENUNGGU)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    checked_at = models.DateTimeField(null=True)
    rejection = models.CharField("yang perlu diperbaiki", max_length=300, blank=True)

    objects = StageEvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = "bukti"
        verbose_name_plural = "bukti"
        constraints = [
            models.CheckConstraint(
                name="evidence_checked_by_second",
                condition=Q(checked_by__isnull=True) | ~Q(checked_by=F("submitted_by")),
                violation_error_message="Bukti diperiksa oleh orang lain, bukan yang mengunggah.",
            ),
            models.CheckConstraint(
                name="evidence_decision_has_checker",
                condition=Q(status=EvidenceStatus.MENUNGGU, checked_by__isnull=True, checked_at__isnull=True)
                | (
                    ~Q(status=EvidenceStatus.MENUNGGU)
                    & Q(checked_by__isnull=False)
                    & Q(checked_at__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="evidence_rejection_says_why",
                condition=~Q(status=EvidenceStatus.DITOLAK) | ~Q(rejection=""),
            ),
            models.CheckConstraint(
                name="evidence_shows_something",
                condition=~Q(number="") | Q(file__isnull=False) | ~Q(note=""),
                violation_error_message="Isi nomor, berkas, atau catatan.",
            ),
        ]
        indexes = [
            models.Index(fields=["enrollment", "stage", "kind"], name="evidence_of_enrollment"),
            models.Index(
                fields=["submitted_at"], name="evidence_pending", condition=Q(status=EvidenceStatus.MENUNGGU)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"

    @property
    def kind_label(self) -> str:
        return EvidenceKind(self.kind).label

    @property
    def is_pending(self) -> bool:
        return self.status == EvidenceStatus.MENUNGGU

    @property
    def is_rejected(self) -> bool:
        return self.status == EvidenceStatus.DITOLAK
