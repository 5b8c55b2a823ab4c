"""Certificates: issued once for a seat, never changed; a revocation is a row beside it."""

from __future__ import annotations

import uuid
from datetime import date
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from core.append_only import append_only
from core.clock import local_day

from .seat import Seat, seat_scope

if TYPE_CHECKING:
    from accounts.models import User


class CertificateQuerySet(models.QuerySet["Certificate"]):
    """Questions about certificates."""

    def visible_to(self, user: User) -> Self:
        return self.filter(seat_scope(user, "seat__"))

    def valid(self) -> Self:
        """Not revoked."""
        return self.exclude(Exists(CertificateRevocation.objects.filter(certificate=OuterRef("pk"))))

    def for_page(self) -> Self:
        """With everything a page or document names."""
        return self.select_related(
            "seat__enrollment__person", "seat__training_class__center__district__regency", "revocation"
        )


class Certificate(models.Model):
    """Somebody finished a class. Course, hours and signatory are those of the day of issue; the holder's name
    is read from the person, so that a correction shows and an erasure leaves none. Written once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField("nomor", max_length=20, unique=True)
    code = models.CharField("kode periksa", max_length=16, unique=True)
    seat = models.OneToOneField(Seat, on_delete=models.PROTECT, related_name="certificate")
    course = models.CharField("kursus", max_length=120)
    hours = models.PositiveSmallIntegerField("jam pelajaran")
    signatory = models.CharField("penanda tangan", max_length=150)
    issued_at = models.DateTimeField("terbit")
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = "sertifikat"
        verbose_name_plural = "sertifikat"
        triggers = append_only()

    def __str__(self) -> str:
        return self.number

    @property
    def issued_on(self) -> date:
        """The local day of issue. Load the class with it."""
        return local_day(self.issued_at, self.seat.training_class.zone)

    @property
    def is_revoked(self) -> bool:
        """Load `revocation` with it (`for_page`)."""
        return hasattr(self, "revocation")

    @property
    def holder_partly(self) -> str:
        """The first name and initials: "Siti A."; of a name of one word its first letter: "S…". Nothing that
        leads to a person."""
        first, *others = self.seat.enrollment.person.full_name.split()
        if not others:
            return f"{first[0]}…"
        return " ".join([first, *(f"{word[0]}." for word in others)])


class CertificateRevocation(models.Model):
    """Why and when a certificate stopped being valid. Append-only."""

    certificate = models.OneToOneField(Certificate, on_delete=models.PROTECT, related_name="revocation")
    reason = models.CharField("alasan", max_length=200)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "pencabutan sertifikat"
        verbose_name_plural = "pencabutan sertifikat"
        triggers = append_only(redactable=["reason"])
        constraints = [models.CheckConstraint(name="revocation_says_why", condition=~Q(reason=""))]

    def __str__(self) -> str:
        return str(self.certificate_id)
