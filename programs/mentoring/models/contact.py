"""What passed between a participant and those who accompany them, and who is put off until a day."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core import clock
from core.append_only import append_only
from participants.scoping import enrollment_scope

if TYPE_CHECKING:
    from accounts.models import User

MOST_DAYS_PUT_OFF = 30


class ContactKind(models.TextChoices):
    """How the participant was contacted; a `catatan` is no contact, only something worth keeping."""

    TELEPON = "telepon", "Telepon"
    WHATSAPP = "whatsapp", "WhatsApp"
    KUNJUNGAN = "kunjungan", "Kunjungan"
    CATATAN = "catatan", "Catatan"


class ContactOutcome(models.TextChoices):
    """Whether the participant was reached. Only then something was heard."""

    TERSAMBUNG = "tersambung", "Tersambung"
    TIDAK_DIJAWAB = "tidak_dijawab", "Tidak dijawab"
    PESAN_TERKIRIM = "pesan_terkirim", "Pesan terkirim, belum dibalas"


class ContactLogQuerySet(models.QuerySet["ContactLog"]):
    """Questions about contacts."""

    def visible_to(self, user: User) -> Self:
        """Contacts of the enrollments a user may see; of one's own way only what was shared."""
        is_about_others = ~Q(enrollment__person__user_id=user.pk)
        return self.filter(enrollment_scope(user, "enrollment__")).filter(is_about_others | Q(is_shared=True))

    def latest_first(self) -> Self:
        return self.order_by("-happened_at", "-created_at", "-pk")


class ContactLog(models.Model):
    """One call, message, visit or note. Written once: who errs writes another line.

    `submission_id` is the id of the form that was sent, so that a double tap or a queue that sends again
    leaves one line. `happened_on` is the day in the centre's zone. `next_on` is when to speak next.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrollment = models.ForeignKey(
        "participants.Enrollment", on_delete=models.PROTECT, related_name="contacts"
    )
    submission_id = models.UUIDField()
    kind = models.CharField("cara", max_length=20, choices=ContactKind.choices)
    outcome = models.CharField("hasil", max_length=20, choices=ContactOutcome.choices, blank=True)
    note = models.CharField("isi", max_length=500, blank=True)
    agreed = models.CharField("yang disepakati", max_length=200, blank=True)
    next_on = models.DateField("kontak berikutnya", null=True)
    is_shared = models.BooleanField("boleh dibaca peserta", default=False)
    happened_at = models.DateTimeField()
    happened_on = models.DateField("tanggal")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    objects = ContactLogQuerySet.as_manager()

    class Meta:
        verbose_name = "catatan kabar"
        verbose_name_plural = "catatan kabar"
        triggers = append_only(redactable=["note", "agreed"])
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "submission_id"], name="contact_sent_once"),
            models.CheckConstraint(name="contact_kind_known", condition=Q(kind__in=ContactKind.values)),
            models.CheckConstraint(
                name="contact_outcome_fits_kind",
                condition=Q(kind=ContactKind.CATATAN, outcome="")
                | (~Q(kind=ContactKind.CATATAN) & Q(outcome__in=ContactOutcome.values)),
            ),
            models.CheckConstraint(
                name="contact_message_by_whatsapp",
                condition=~Q(outcome=ContactOutcome.PESAN_TERKIRIM) | Q(kind=ContactKind.WHATSAPP),
            ),
            models.CheckConstraint(
                name="contact_says_what_was_said",
                condition=Q(outcome__in=[ContactOutcome.TIDAK_DIJAWAB, ContactOutcome.PESAN_TERKIRIM])
                | ~Q(note=""),
            ),
            models.CheckConstraint(
                name="contact_agreed_when_reached",
                condition=Q(agreed="") | Q(outcome=ContactOutcome.TERSAMBUNG),
            ),
            models.CheckConstraint(
                name="contact_next_not_before",
                condition=Q(next_on__isnull=True) | Q(next_on__gte=F("happened_on")),
            ),
        ]
        indexes = [models.Index(fields=["enrollment", "-happened_at"], name="contact_of_enrollment")]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome}".strip()

    @property
    def kind_label(self) -> str:
        return ContactKind(self.kind).label

    @property
    def outcome_label(self) -> str:
        return ContactOutcome(self.outcome).label if self.outcome else ""

    @property
    def is_reached(self) -> bool:
        return self.outcome == ContactOutcome.TERSAMBUNG

    @property
    def is_try(self) -> bool:
        """Somebody tried, and nobody answered."""
        return bool(self.outcome) and not self.is_reached


class SnoozeQuerySet(models.QuerySet["Snooze"]):
    """Questions about what is put off."""

    def visible_to(self, user: User) -> Self:
        """Those of the enrollments a user may see; nobody reads why they were put off themselves."""
        return self.filter(enrollment_scope(user, "enrollment__")).exclude(
            enrollment__person__user_id=user.pk
        )

    def open(self) -> Self:
        """Neither taken back nor replaced; the day may have come."""
        return self.filter(ended_at__isnull=True)


class Snooze(models.Model):
    """A coach does not want to see somebody in the morning list before a day, and says why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrollment = models.ForeignKey(
        "participants.Enrollment", on_delete=models.PROTECT, related_name="snoozes"
    )
    coach = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField("alasan", max_length=200)
    made_on = models.DateField("sejak")
    until_on = models.DateField("sampai")
    created_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    objects = SnoozeQuerySet.as_manager()

    class Meta:
        verbose_name = "penundaan"
        verbose_name_plural = "penundaan"
        constraints = [
            models.UniqueConstraint(
                fields=["enrollment"], condition=Q(ended_at__isnull=True), name="snooze_one_open"
            ),
            models.CheckConstraint(
                name="snooze_within_a_month",
                condition=Q(until_on__gt=F("made_on"))
                & Q(until_on__lte=F("made_on") + timedelta(days=MOST_DAYS_PUT_OFF)),
            ),
            models.CheckConstraint(name="snooze_says_why", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.made_on}–{self.until_on}"

    def is_in_force(self, today: date) -> bool:
        """On the day itself the person is back in the list."""
        return self.ended_at is None and today < self.until_on
