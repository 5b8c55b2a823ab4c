"""A vacancy that a centre has posted."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.access import scopes
from accounts.models import Role
from core import clock
from core.clock import ZONE_CHOICES, ZONES, local_day
from core.formats import rupiah

from .choices import VacancyStatus

if TYPE_CHECKING:
    from accounts.models import User

DESK = (Role.PENGELOLA, Role.PENDAMPING)
"""Who works with the vacancies of the own centre; the secretariat with all."""


def desk_q(user: User, prefix: str = "") -> Q:
    """The vacancies somebody works with, as a condition on Vacancy reached through `prefix`."""
    if not user.is_active:
        return Q(pk__in=[])
    if scopes(user, Role.ADMIN):
        return Q(**{f"{prefix}pk__isnull": False})
    centers = {scope for role in DESK for scope in scopes(user, role)}
    return Q(**{f"{prefix}center__in": centers})


def open_q(at: datetime) -> Q:
    """Vacancies that take applications, each judged on the day of its own zone."""
    found = Q(pk__in=[])
    for zone in ZONES:
        found |= Q(zone=zone, until_on__gte=local_day(at, zone))
    return found & Q(status=VacancyStatus.DIBUKA)


class VacancyQuerySet(models.QuerySet["Vacancy"]):
    """Questions about vacancies."""

    def worked_by(self, user: User) -> Self:
        """Those of the user's centres; all for the secretariat."""
        return self.filter(desk_q(user))

    def open(self, at: datetime) -> Self:
        return self.filter(open_q(at))

    def for_page(self) -> Self:
        """With everything a line or page about a vacancy names."""
        return self.select_related("center", "district__regency")


class Vacancy(models.Model):
    """One advertised job. `until_on` is the last day to apply, by the clock of its centre."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey("centers.Center", on_delete=models.PROTECT, related_name="vacancies")
    submission_id = models.UUIDField(unique=True)
    employer = models.CharField("pemberi kerja", max_length=120)
    position = models.CharField("pekerjaan", max_length=120)
    district = models.ForeignKey("centers.District", on_delete=models.PROTECT, related_name="+")
    pay_from = models.BigIntegerField("upah dari", null=True)
    pay_to = models.BigIntegerField("upah sampai", null=True)
    requirements = models.CharField("syarat", max_length=1000)
    places = models.PositiveSmallIntegerField("jumlah tempat")
    until_on = models.DateField("lamaran sampai")
    zone = models.CharField("zona waktu", max_length=20, choices=ZONE_CHOICES)
    status = models.CharField(max_length=10, choices=VacancyStatus.choices, default=VacancyStatus.DIBUKA)
    closed_reason = models.CharField("alasan ditutup", max_length=200, blank=True)
    posted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    posted_at = models.DateTimeField(default=clock.now)

    objects = VacancyQuerySet.as_manager()

    class Meta:
        verbose_name = "lowongan"
        verbose_name_plural = "lowongan"
        constraints = [
            models.CheckConstraint(name="vacancy_status_known", condition=Q(status__in=VacancyStatus.values)),
            models.CheckConstraint(name="vacancy_has_places", condition=Q(places__gt=0)),
            models.CheckConstraint(name="vacancy_zone_known", condition=Q(zone__in=list(ZONES))),
            models.CheckConstraint(
                name="vacancy_pay_in_order",
                condition=Q(pay_from__isnull=True, pay_to__isnull=True)
                | Q(pay_from__gt=0, pay_to__gte=F("pay_from")),
            ),
            models.CheckConstraint(
                name="vacancy_closed_says_why",
                condition=Q(status=VacancyStatus.DIBUKA, closed_reason="")
                | (Q(status=VacancyStatus.DITUTUP) & ~Q(closed_reason="")),
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-posted_at", "-id"], name="vacancy_by_status"),
            models.Index(fields=["center", "-posted_at", "-id"], name="vacancy_of_center"),
        ]

    def __str__(self) -> str:
        return f"{self.position}, {self.employer}"

    def get_absolute_url(self) -> str:
        return reverse("vacancy_page", args=[self.pk])

    @property
    def is_closed(self) -> bool:
        return self.status == VacancyStatus.DITUTUP

    def takes_applications(self, at: datetime) -> bool:
        return not self.is_closed and local_day(at, self.zone) <= self.until_on

    @property
    def posted_on(self) -> date:
        return local_day(self.posted_at, self.zone)

    @property
    def pay(self) -> str:
        """ "Rp 2.000.000 sampai Rp 3.000.000 sebulan", or nothing."""
        if self.pay_from is None:
            return ""
        if self.pay_from == self.pay_to:
            return f"{rupiah(self.pay_from)} sebulan"
        return f"{rupiah(self.pay_from)} sampai {rupiah(self.pay_to)} sebulan"

    @property
    def places_words(self) -> str:
        return f"{self.places} orang dicari"
