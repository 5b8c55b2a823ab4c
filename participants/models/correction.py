"""The wish to change a NIK: asked by one person, decided by another."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.access import scopes
from accounts.models import Role
from core import clock, crypto
from core.validators import mask_nik
from participants.scoping import enrollment_scope

from .person import Person

if TYPE_CHECKING:
    from accounts.models import User


class CorrectionStatus(models.TextChoices):
    """Where a wish stands."""

    MENUNGGU = "menunggu", "Menunggu diperiksa"
    DISETUJUI = "disetujui", "Sudah diperbaiki"
    DITOLAK = "ditolak", "Ditolak"
    DIBATALKAN = "dibatalkan", "Dibatalkan"


class NikCorrectionQuerySet(models.QuerySet["NikCorrection"]):
    """Questions about wishes."""

    def visible_to(self, user: User) -> Self:
        """Whoever sees the enrollment it was asked for, the person included."""
        return self.filter(enrollment_scope(user, "enrollment__"))

    def decidable_by(self, user: User) -> Self:
        """Those in the hands of the manager or the secretariat, the own record left out."""
        found = self.exclude(person__user_id=user.pk)
        if scopes(user, Role.ADMIN):
            return found.visible_to(user)
        return found.visible_to(user).filter(enrollment__center_id__in=scopes(user, Role.PENGELOLA))

    def pending(self) -> Self:
        return self.filter(status=CorrectionStatus.MENUNGGU)


class NikCorrection(models.Model):
    """One wish to change one person's NIK. The wished number is sealed, and forgotten once decided."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="nik_corrections")
    enrollment = models.ForeignKey(
        "participants.Enrollment", on_delete=models.PROTECT, related_name="nik_corrections"
    )
    nik_sealed = crypto.SealedField(null=True)
    nik_mask = models.CharField("NIK baru", max_length=24, blank=True)
    old_nik_mask = models.CharField("NIK lama", max_length=24, blank=True)
    reason = models.CharField("alasan", max_length=300, blank=True)
    status = models.CharField(
        max_length=10, choices=CorrectionStatus.choices, default=CorrectionStatus.MENUNGGU
    )
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField("diminta", default=clock.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField("diputuskan", null=True)
    answer = models.CharField("alasan penolakan", max_length=300, blank=True)

    objects = NikCorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = "perbaikan NIK"
        verbose_name_plural = "perbaikan NIK"
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(status=CorrectionStatus.MENUNGGU),
                name="nik_correction_one_pending",
            ),
            models.CheckConstraint(
                name="nik_correction_by_second",
                condition=~Q(status__in=[CorrectionStatus.DISETUJUI, CorrectionStatus.DITOLAK])
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(decided_by=F("requested_by"))),
                violation_error_message="Perbaikan NIK diputuskan orang kedua, bukan yang meminta.",
            ),
            models.CheckConstraint(
                name="nik_correction_number_while_pending",
                condition=Q(status=CorrectionStatus.MENUNGGU, nik_sealed__isnull=False)
                | (~Q(status=CorrectionStatus.MENUNGGU) & Q(nik_sealed__isnull=True)),
            ),
            models.CheckConstraint(
                name="nik_correction_refusal_says_why",
                condition=~Q(status=CorrectionStatus.DITOLAK) | ~Q(answer=""),
            ),
        ]
        indexes = [
            models.Index(fields=["-requested_at", "-id"], name="nik_correction_newest"),
            models.Index(
                fields=["requested_at"],
                name="nik_correction_pending",
                condition=Q(status=CorrectionStatus.MENUNGGU),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old_nik_mask} → {self.nik_mask}"

    def set_nik(self, nik: str | None) -> None:
        """Seal the wished 16 digits into this row; None forgets them and keeps the mask."""
        crypto.set_sealed(self, "nik_sealed", nik)
        if nik is not None:
            self.nik_mask = mask_nik(nik)

    def nik(self) -> str | None:
        """The wished NIK, for the act that applies it and for an audited reveal."""
        return crypto.get_sealed(self, "nik_sealed")

    @property
    def status_label(self) -> str:
        return CorrectionStatus(self.status).label

    @property
    def is_pending(self) -> bool:
        return self.status == CorrectionStatus.MENUNGGU

    @property
    def is_refused(self) -> bool:
        return self.status == CorrectionStatus.DITOLAK
