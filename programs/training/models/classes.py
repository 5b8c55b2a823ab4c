"""A class (angkatan) of a course, its sessions and who teaches it."""

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
from core.formats import clock_time, day, day_long

from .choices import ClassStatus, TrainerKind

if TYPE_CHECKING:
    from accounts.models import User


class TrainingClassQuerySet(models.QuerySet["TrainingClass"]):
    """Questions about classes."""

    def published(self) -> Self:
        """What everybody may see: everything but drafts, also those that were called off as drafts."""
        return self.exclude(status=ClassStatus.DRAFT).exclude(is_withdrawn=True)

    def managed_by(self, user: User) -> Self:
        """The classes of the centres somebody manages; all for the secretariat."""
        if scopes(user, Role.ADMIN):
            return self.all()
        return self.filter(center__in=scopes(user, Role.PENGELOLA))

    def led_by(self, user: User) -> Self:
        """The classes whose attendance somebody takes: as trainer, manager or secretariat."""
        taught = ClassTrainer.objects.filter(user=user).values("training_class")
        if scopes(user, Role.ADMIN):
            return self.all()
        led = Q(center__in=scopes(user, Role.PENGELOLA))
        if scopes(user, Role.PELATIH) or scopes(user, Role.PENDAMPING):
            led |= Q(pk__in=taught) & ~Q(status=ClassStatus.DRAFT)
        return self.filter(led)

    def for_page(self) -> Self:
        """With everything a line or page about a class names."""
        return self.select_related("course", "center__district__regency")


class TrainingClass(models.Model):
    """One run of a course at a centre, or online.

    `taken` counts seats that are held (enrolled, or offered and kept free); only `programs.training.seats`
    writes it, with a conditional UPDATE, and the database refuses more than `capacity`. Days and hours are
    those of `zone`; `starts_at` and `ends_at` are the ends of the schedule.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    course = models.ForeignKey("training.Course", on_delete=models.PROTECT, related_name="classes")
    center = models.ForeignKey("centers.Center", on_delete=models.PROTECT, related_name="classes")
    name = models.CharField("nama angkatan", max_length=80)
    place = models.CharField("tempat", max_length=200, blank=True)
    online_url = models.URLField("tautan daring", max_length=300, blank=True)
    zone = models.CharField("zona waktu", max_length=20, choices=ZONE_CHOICES)
    capacity = models.PositiveSmallIntegerField("jumlah tempat")
    taken = models.PositiveSmallIntegerField("terisi", default=0)
    opens_on = models.DateField("pendaftaran dibuka")
    closes_on = models.DateField("pendaftaran ditutup")
    starts_at = models.DateTimeField("mulai")
    ends_at = models.DateTimeField("selesai")
    status = models.CharField(max_length=12, choices=ClassStatus.choices, default=ClassStatus.DRAFT)
    is_withdrawn = models.BooleanField("dibatalkan sebelum dibuka", default=False, db_default=False)
    cancel_reason = models.CharField("alasan batal", max_length=200, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    objects = TrainingClassQuerySet.as_manager()

    class Meta:
        verbose_name = "kelas"
        verbose_name_plural = "kelas"
        constraints = [
            models.CheckConstraint(name="class_status_known", condition=Q(status__in=ClassStatus.values)),
            models.CheckConstraint(name="class_has_seats", condition=Q(capacity__gt=0)),
            models.CheckConstraint(
                name="class_never_oversold",
                condition=Q(taken__lte=F("capacity")),
                violation_error_message="Kelas ini sudah penuh.",
            ),
            models.CheckConstraint(
                name="class_full_means_no_free_seat",
                condition=~Q(status=ClassStatus.PENUH) | Q(taken=F("capacity")),
            ),
            models.CheckConstraint(
                name="class_open_means_a_free_seat",
                condition=~Q(status=ClassStatus.DIBUKA) | Q(taken__lt=F("capacity")),
            ),
            models.CheckConstraint(name="class_somewhere", condition=~Q(place="") | ~Q(online_url="")),
            models.CheckConstraint(
                name="class_online_by_https",
                condition=Q(online_url="") | Q(online_url__startswith="https://"),
            ),
            models.CheckConstraint(name="class_window_in_order", condition=Q(closes_on__gte=F("opens_on"))),
            models.CheckConstraint(name="class_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(name="class_zone_known", condition=Q(zone__in=list(ZONES))),
            models.CheckConstraint(
                name="class_cancelled_says_why",
                condition=~Q(status=ClassStatus.BATAL) | ~Q(cancel_reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["starts_at", "id"], name="class_by_start"),
            models.Index(fields=["status", "starts_at", "id"], name="class_by_status"),
            models.Index(fields=["center", "starts_at", "id"], name="class_of_center"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("class_page", args=[self.pk])

    @property
    def status_label(self) -> str:
        return ClassStatus(self.status).label

    @property
    def free(self) -> int:
        """Seats that nobody holds."""
        return self.capacity - self.taken

    @property
    def seats_words(self) -> str:
        """ "3 tempat lagi"."""
        return f"{self.free} tempat lagi"

    @property
    def badge(self) -> str:
        """Which look its status has."""
        return {
            ClassStatus.DRAFT: "soon",
            ClassStatus.DIBUKA: "ready",
            ClassStatus.PENUH: "waiting",
            ClassStatus.BERJALAN: "active",
            ClassStatus.SELESAI: "complete",
            ClassStatus.BATAL: "stopped",
        }[ClassStatus(self.status)]

    @property
    def zone_label(self) -> str:
        """WIB, WITA or WIT."""
        return ZONES[self.zone]

    @property
    def starts_on(self) -> date:
        return local_day(self.starts_at, self.zone)

    @property
    def ends_on(self) -> date:
        return local_day(self.ends_at, self.zone)

    @property
    def days_words(self) -> str:
        """ "7 Desember 2026 sampai 9 Desember 2026", or the one day."""
        first, last = day(self.starts_on), day(self.ends_on)
        return first if first == last else f"{first} sampai {last}"

    @property
    def is_draft(self) -> bool:
        return self.status == ClassStatus.DRAFT

    @property
    def is_cancelled(self) -> bool:
        return self.status == ClassStatus.BATAL

    @property
    def is_running(self) -> bool:
        return self.status == ClassStatus.BERJALAN

    @property
    def is_over(self) -> bool:
        return self.status in (ClassStatus.SELESAI, ClassStatus.BATAL)

    @property
    def is_full(self) -> bool:
        return self.taken >= self.capacity

    @property
    def where(self) -> str:
        """The place as a reader knows it."""
        return self.place or "Daring"

    def takes_names(self, at: datetime) -> bool:
        """Whether people may enrol or queue now: open, inside the window, not begun."""
        today = local_day(at, self.zone)
        is_in_window = self.opens_on <= today <= self.closes_on
        return self.status in ClassStatus.taking_names() and is_in_window and at < self.starts_at


class ClassSession(models.Model):
    """One meeting of a class."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    training_class = models.ForeignKey(TrainingClass, on_delete=models.CASCADE, related_name="sessions")
    number = models.PositiveSmallIntegerField("pertemuan ke")
    title = models.CharField("topik", max_length=120)
    starts_at = models.DateTimeField("mulai")
    ends_at = models.DateTimeField("selesai")

    class Meta:
        verbose_name = "pertemuan"
        verbose_name_plural = "pertemuan"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["training_class", "number"], name="session_one_per_number"),
            models.CheckConstraint(name="session_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))),
        ]
        indexes = [models.Index(fields=["starts_at", "ends_at"], name="session_by_time")]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"

    @property
    def on(self) -> date:
        """The local day it begins on. Load `training_class` with it."""
        return local_day(self.starts_at, self.training_class.zone)

    @property
    def hours(self) -> str:
        """ "09.00–11.00 WIB"."""
        zone = self.training_class.zone
        begins = clock_time(self.starts_at, zone).partition(" ")[0]
        return f"{begins}–{clock_time(self.ends_at, zone)}"

    @property
    def when(self) -> str:
        """ "Senin, 7 Desember 2026, 09.00–11.00 WIB"."""
        return f"{day_long(self.on)}, {self.hours}"


class ClassTrainer(models.Model):
    """Somebody who teaches a class."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    training_class = models.ForeignKey(TrainingClass, on_delete=models.CASCADE, related_name="trainers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField("sebagai", max_length=15, choices=TrainerKind.choices)

    class Meta:
        verbose_name = "pelatih kelas"
        verbose_name_plural = "pelatih kelas"
        constraints = [
            models.UniqueConstraint(fields=["training_class", "user"], name="trainer_once_per_class"),
            models.CheckConstraint(name="trainer_kind_known", condition=Q(kind__in=TrainerKind.values)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.user_id}"
