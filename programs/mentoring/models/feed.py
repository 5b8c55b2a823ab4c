"""The secret address of a coach's calendar."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models

from core import clock

if TYPE_CHECKING:
    from accounts.models import User

SECRET_BYTES = 24


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    """Questions about calendar addresses."""

    def visible_to(self, user: User) -> Self:
        return self.filter(user=user.pk)

    def with_secret(self, secret: str) -> Self:
        """The feed of a working coach that this secret opens."""
        return self.filter(digest=digest_of(secret), user__is_active=True)


def digest_of(secret: str) -> str:
    """What is stored of a secret: it is long and random, so that a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


class CalendarFeed(models.Model):
    """One address for each coach; renewing it closes the old one. Only the hash of the secret is kept."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feed", primary_key=True
    )
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=clock.now)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        verbose_name = "alamat kalender"
        verbose_name_plural = "alamat kalender"

    def __str__(self) -> str:
        return f"kalender {self.pk}"


def renew(user: User) -> str:
    """A new secret for the user's calendar, told once; the old address opens nothing any more."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    CalendarFeed.objects.update_or_create(
        user=user, defaults={"digest": digest_of(secret), "made_at": clock.now()}
    )
    return secret
