"""The inbox of every user, and where else each wants to be told."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from core import clock

if TYPE_CHECKING:
    from accounts.models import User

_NAMESPACE = uuid.UUID("6c1f2b0e-7d0a-5d7e-9a53-0d0c6b1f5e11")


def notification_id(dedupe_key: str) -> uuid.UUID:
    """The id of the message with this key: the same at every delivery, so that later steps can name it."""
    return uuid.uuid5(_NAMESPACE, dedupe_key)


class Channel(models.TextChoices):
    """Ways to tell somebody besides the inbox, which always has every message."""

    EMAIL = "email", "E-mail"
    WHATSAPP = "whatsapp", "WhatsApp"


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Questions about messages."""

    def visible_to(self, user: User) -> Self:
        """One's own messages, whatever role one holds."""
        return self.filter(recipient_id=user.pk)

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)

    def reachable_by(self, channel: Channel) -> Self:
        """Messages to active users who did not switch this channel off."""
        refused = Preference.objects.refused().filter(user=OuterRef("recipient"), channel=channel)
        return self.filter(~Exists(refused), recipient__is_active=True)

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-id")


class Notification(models.Model):
    """One message to one user, in the words it had when it was delivered."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications", db_index=False
    )
    kind = models.CharField("jenis", max_length=40)
    dedupe_key = models.CharField("kunci sekali kirim", max_length=200, unique=True, editable=False)
    title = models.CharField("judul", max_length=200)
    body = models.TextField("isi")
    url = models.CharField("alamat", max_length=200)
    email_subject = models.CharField("judul e-mail", max_length=200)
    created_at = models.DateTimeField("dikirim", default=clock.now)
    read_at = models.DateTimeField("dibaca", null=True, blank=True)
    emailed_at = models.DateTimeField("terkirim lewat e-mail", null=True, blank=True)
    whatsapp_at = models.DateTimeField("terkirim lewat WhatsApp", null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = "pesan"
        verbose_name_plural = "pesan"
        constraints = [
            models.CheckConstraint(
                name="notification_url_is_a_path",
                condition=Q(url__startswith="/") & ~Q(url__startswith="//"),
                violation_error_message="Alamat pesan harus halaman di portal ini.",
            ),
        ]
        indexes = [
            models.Index(fields=["recipient", "-created_at", "-id"], name="notification_inbox"),
            models.Index(fields=["recipient"], name="notification_unread", condition=Q(read_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_unread(self) -> bool:
        return self.read_at is None


class PreferenceQuerySet(models.QuerySet["Preference"]):
    """Questions about wishes."""

    def visible_to(self, user: User) -> Self:
        return self.filter(user_id=user.pk)

    def refused(self) -> Self:
        return self.filter(enabled=False)


class Preference(models.Model):
    """A user's wish about one channel. Without a row the channel is on for whoever left an address there."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notification_preferences",
        db_index=False,
    )
    channel = models.CharField("saluran", max_length=10, choices=Channel.choices)
    enabled = models.BooleanField("aktif", default=True)
    updated_at = models.DateTimeField("diubah", default=clock.now)

    objects = PreferenceQuerySet.as_manager()

    class Meta:
        verbose_name = "pilihan saluran"
        verbose_name_plural = "pilihan saluran"
        constraints = [
            models.UniqueConstraint(fields=["user", "channel"], name="preference_one_per_channel"),
            models.CheckConstraint(name="preference_channel_known", condition=Q(channel__in=Channel.values)),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {'aktif' if self.enabled else 'mati'}"
