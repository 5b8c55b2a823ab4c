"""Who takes part in a class, who waits, and how they were at each session."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.access import scopes
from accounts.models import Role
from core import clock
from core.append_only import append_only
from participants.scoping import enrollment_scope

from .choices import Presence, SeatStatus
from .classes import ClassSession, TrainingClass

if TYPE_CHECKING:
    from accounts.models import User


def seat_scope(user: User, prefix: str = "") -> Q:
    """Seats of the enrollments a user may see, and of the classes they teach or manage."""
    seen = enrollment_scope(user, f"{prefix}enrollment__")
    if user.is_authenticated and user.is_active and scopes_of_classes(user):
        led = Q(**{f"{prefix}training_class__in": TrainingClass.objects.led_by(user).values("pk")})
        seen |= led & Q(**{f"{prefix}enrollment__erased_at__isnull": True})
    return seen


def scopes_of_classes(user: User) -> bool:
    """Whether a user may lead classes at all."""
    return any(scopes(user, role) for role in (Role.PENGELOLA, Role.PELATIH, Role.PENDAMPING))


class SeatQuerySet(models.QuerySet["Seat"]):
    """Questions about seats."""

    def visible_to(self, user: User) -> Self:
        return self.filter(seat_scope(user))

    def live(self) -> Self:
        """Has a seat or waits for one."""
        return self.filter(status__in=SeatStatus.live())

    def holding(self) -> Self:
        """Takes one of the seats."""
        return self.filter(status__in=SeatStatus.holding())

    def enrolled(self) -> Self:
        return self.filter(status=SeatStatus.TERDAFTAR)

    def queue(self) -> Self:
        """Those who wait, the first first."""
        return self.filter(status=SeatStatus.MENUNGGU).order_by("queued_at", "pk")

    def in_rank(self) -> Self:
        """By name, as on an attendance sheet."""
        return self.order_by("enrollment__person__full_name", "pk")


class Seat(models.Model):
    """One person in one class. A seat that has ended stays as history; a new one may follow it.

    `queued_at` is the place in the waiting list. An offer holds a seat until `offer_until`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="seats")
    enrollment = models.ForeignKey("participants.Enrollment", on_delete=models.PROTECT, related_name="seats")
    status = models.CharField(max_length=12, choices=SeatStatus.choices)
    queued_at = models.DateTimeField("masuk daftar")
    offered_at = models.DateTimeField("ditawari", null=True)
    offer_until = models.DateTimeField("tawaran sampai", null=True)
    ended_at = models.DateTimeField("berakhir", null=True)
    moved_to = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="moved_from")
    enrolled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = SeatQuerySet.as_manager()

    class Meta:
        verbose_name = "tempat di kelas"
        verbose_name_plural = "tempat di kelas"
        constraints = [
            models.CheckConstraint(name="seat_status_known", condition=Q(status__in=SeatStatus.values)),
            models.UniqueConstraint(
                fields=["training_class", "enrollment"],
                condition=Q(status__in=SeatStatus.live()),
                name="seat_one_live_per_person",
            ),
            models.CheckConstraint(
                name="seat_offer_has_an_end",
                condition=~Q(status=SeatStatus.DITAWARI)
                | Q(offered_at__isnull=False, offer_until__isnull=False),
            ),
            models.CheckConstraint(
                name="seat_ended_unless_live",
                condition=Q(status__in=SeatStatus.live(), ended_at__isnull=True)
                | (~Q(status__in=SeatStatus.live()) & Q(ended_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["training_class", "queued_at", "id"],
                name="seat_waiting",
                condition=Q(status=SeatStatus.MENUNGGU),
            ),
            models.Index(fields=["offer_until"], name="seat_offers", condition=Q(status=SeatStatus.DITAWARI)),
            models.Index(fields=["enrollment", "status"], name="seat_of_enrollment"),
        ]

    def __str__(self) -> str:
        return self.status

    @property
    def status_label(self) -> str:
        return SeatStatus(self.status).label

    @property
    def is_enrolled(self) -> bool:
        return self.status == SeatStatus.TERDAFTAR

    @property
    def is_offered(self) -> bool:
        return self.status == SeatStatus.DITAWARI

    @property
    def is_waiting(self) -> bool:
        return self.status == SeatStatus.MENUNGGU

    @property
    def is_live(self) -> bool:
        return self.status in SeatStatus.live()


class RollCall(models.Model):
    """One sent sheet of a session; `submission_id` makes it count once, however often it arrives.

    `decided_at` is when the trainer pressed the button, by the trainer's clock, never later than the arrival.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(ClassSession, on_delete=models.PROTECT, related_name="roll_calls")
    submission_id = models.UUIDField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        verbose_name = "daftar hadir terkirim"
        verbose_name_plural = "daftar hadir terkirim"
        triggers = append_only()
        constraints = [
            models.UniqueConstraint(fields=["session", "submission_id"], name="roll_call_sent_once"),
            models.CheckConstraint(
                name="roll_call_decided_before_arrival",
                condition=Q(decided_at__lte=models.F("received_at")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.submission_id)


class AttendanceQuerySet(models.QuerySet["Attendance"]):
    """Questions about attendance."""

    def visible_to(self, user: User) -> Self:
        return self.filter(seat_scope(user, "seat__"))


class Attendance(models.Model):
    """How one person was at one session; exactly one row. Earlier decisions are in `AttendanceChange`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(ClassSession, on_delete=models.PROTECT, related_name="attendance")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="attendance")
    presence = models.CharField("kehadiran", max_length=12, choices=Presence.choices)
    decided_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=clock.now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        verbose_name = "kehadiran"
        verbose_name_plural = "kehadiran"
        constraints = [
            models.UniqueConstraint(fields=["session", "seat"], name="attendance_one_per_session"),
            models.CheckConstraint(name="attendance_known", condition=Q(presence__in=Presence.values)),
        ]
        indexes = [models.Index(fields=["seat"], include=["presence"], name="attendance_of_seat")]

    def __str__(self) -> str:
        return self.presence

    @property
    def label(self) -> str:
        return Presence(self.presence).label

    @property
    def is_attended(self) -> bool:
        return self.presence in Presence.attended()


class AttendanceChange(models.Model):
    """A decision about a row that was there already: what it was, what was decided, whether it took hold.

    An older decision that arrives later is kept with `is_applied` false. Append-only.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    attendance = models.ForeignKey(Attendance, on_delete=models.PROTECT, related_name="changes")
    before = models.CharField(max_length=12, choices=Presence.choices)
    after = models.CharField(max_length=12, choices=Presence.choices)
    is_applied = models.BooleanField()
    reason = models.CharField("alasan", max_length=200)
    decided_at = models.DateTimeField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "perubahan kehadiran"
        verbose_name_plural = "perubahan kehadiran"
        triggers = append_only(redactable=["reason"])
        constraints = [models.CheckConstraint(name="change_says_why", condition=~Q(reason=""))]
        indexes = [models.Index(fields=["attendance", "at"], name="change_of_attendance")]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"

    @property
    def before_label(self) -> str:
        return Presence(self.before).label

    @property
    def after_label(self) -> str:
        return Presence(self.after).label
