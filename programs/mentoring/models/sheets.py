"""Sheets filled in with a participant: the business on one page, money, what is said in confidence."""

from __future__ import annotations

import json
import uuid
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from core import clock, crypto
from core.dated import dated_rows
from participants.models import CoachAssignment
from participants.scoping import enrollment_scope

if TYPE_CHECKING:
    from accounts.models import User


class BusinessSketchQuerySet(models.QuerySet["BusinessSketch"]):
    """Questions about sketches."""

    def visible_to(self, user: User) -> Self:
        return self.filter(enrollment_scope(user, "enrollment__"))


class BusinessSketch(models.Model):
    """The business on one page: plain questions, answered as far as they are known."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrollment = models.OneToOneField(
        "participants.Enrollment", on_delete=models.PROTECT, related_name="business_sketch"
    )
    customers = models.CharField("siapa pembelinya", max_length=300, blank=True)
    offer = models.CharField("apa yang dijual", max_length=300, blank=True)
    difference = models.CharField("kenapa beli dari Anda", max_length=300, blank=True)
    channels = models.CharField("di mana pembeli menemukan Anda", max_length=300, blank=True)
    income = models.CharField("uang masuk dari mana", max_length=300, blank=True)
    costs = models.CharField("uang keluar untuk apa", max_length=300, blank=True)
    work = models.CharField("apa yang dikerjakan tiap hari", max_length=300, blank=True)
    means = models.CharField("alat dan bahan", max_length=300, blank=True)
    helpers = models.CharField("siapa yang membantu", max_length=300, blank=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(default=clock.now)

    objects = BusinessSketchQuerySet.as_manager()

    class Meta:
        verbose_name = "usaha dalam satu halaman"
        verbose_name_plural = "usaha dalam satu halaman"

    def __str__(self) -> str:
        return f"usaha {self.pk}"

    @property
    def version(self) -> str:
        """Which state of the page a form shows."""
        return self.updated_at.isoformat()

    def values(self) -> dict[str, Any]:
        """The answers by question."""
        return {name: getattr(self, name) for name in SKETCH}


SKETCH = (
    "customers", "offer", "difference", "channels", "income", "costs", "work", "means", "helpers",
)  # fmt: skip
"""The questions, in the order they are asked."""


class SheetKind(models.TextChoices):
    """What a private sheet is about."""

    UANG = "uang", "Uang rumah dan uang usaha"
    KEADAAN = "keadaan", "Keadaan yang hanya dibaca pendamping"


class PrivateSheetQuerySet(models.QuerySet["PrivateSheet"]):
    """Questions about private sheets."""

    def visible_to(self, user: User) -> Self:
        """The person's own, and those of the people whose coach of now has taken the task on. Nobody else's,
        whatever role."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        own = Q(enrollment__person__user_id=user.pk)
        if "pendamping" in user.roles():
            tasks = CoachAssignment.objects.active().accepted().filter(coach=user)
            own |= Q(enrollment__coach_id=user.pk) & Q(
                Exists(tasks.filter(enrollment=OuterRef("enrollment")))
            )
        return self.filter(own, enrollment__erased_at__isnull=True)


class PrivateSheet(models.Model):
    """Figures or flags that only the person and the present coach read; sealed as one piece."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrollment = models.ForeignKey(
        "participants.Enrollment", on_delete=models.PROTECT, related_name="private_sheets"
    )
    kind = models.CharField(max_length=10, choices=SheetKind.choices)
    values_sealed = crypto.SealedField(null=True)
    updated_at = models.DateTimeField(default=clock.now)

    objects = PrivateSheetQuerySet.as_manager()

    class Meta:
        verbose_name = "lembar pribadi"
        verbose_name_plural = "lembar pribadi"
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "kind"], name="private_sheet_one_of_a_kind"),
            models.CheckConstraint(name="private_sheet_kind_known", condition=Q(kind__in=SheetKind.values)),
        ]

    def __str__(self) -> str:
        return f"lembar {self.pk}"

    @property
    def version(self) -> str:
        """Which state of the sheet a form shows."""
        return self.updated_at.isoformat()

    def set_values(self, values: dict[str, Any]) -> None:
        """Seal the values, unsaved."""
        crypto.set_sealed(self, "values_sealed", json.dumps(values))

    def values(self) -> dict[str, Any]:
        """The plain values; only for those `visible_to` shows the sheet."""
        text = crypto.get_sealed(self, "values_sealed")
        found: dict[str, Any] = json.loads(text) if text else {}
        return found


class Trouble(models.TextChoices):
    """What may be said in confidence."""

    KERJA = "kehilangan_kerja", "Baru kehilangan pekerjaan"
    PINJOL = "pinjol", "Terjerat pinjaman online"


class HelpRouteQuerySet(models.QuerySet["HelpRoute"]):
    """Questions about routes to help."""

    def on(self, day: date, troubles: list[str]) -> Self:
        """The routes that hold on a day for these troubles."""
        holds = self.filter(valid_from__lte=day).filter(Q(valid_until__isnull=True) | Q(valid_until__gt=day))
        return holds.filter(trouble__in=troubles).order_by("trouble", "number")


class HelpRoute(models.Model):
    """Where help is found for a trouble, with the days it holds and where that comes from."""

    trouble = models.CharField("keadaan", max_length=20, choices=Trouble.choices)
    number = models.PositiveSmallIntegerField("urutan")
    title = models.CharField("judul", max_length=120)
    text = models.CharField("isi", max_length=300)
    url = models.URLField("tautan", max_length=200, blank=True)
    valid_from = models.DateField("berlaku sejak")
    valid_until = models.DateField("berlaku sampai (tidak termasuk)", null=True, blank=True)
    source = models.CharField("dasar", max_length=200)

    objects = HelpRouteQuerySet.as_manager()

    class Meta:
        verbose_name = "jalan bantuan"
        verbose_name_plural = "jalan bantuan"
        ordering = ["trouble", "number", "valid_from"]
        triggers = dated_rows(has_end=True)
        constraints = [
            models.CheckConstraint(
                name="help_route_ends_after_start",
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return self.title
