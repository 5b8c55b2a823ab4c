"""The photo of a KTP that a second person compares with what was typed."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.access import scopes
from accounts.models import Role
from core import clock

if TYPE_CHECKING:
    from accounts.models import User

    from .enrollment import Enrollment


class IdentityDocumentQuerySet(models.QuerySet["IdentityDocument"]):
    """Questions about photos of KTPs."""

    def visible_to(self, user: User) -> Self:
        """The person's own, and those of people whose identity the user checks: manager of the centre,
        secretariat. A KTP shows the NIK, so nobody else opens one, not even who took the picture.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        kept = self.filter(person__erased_at__isnull=True)
        if scopes(user, Role.ADMIN):
            return kept
        own_centers = scopes(user, Role.PENGELOLA)
        mine = Q(person__user_id=user.pk)
        if own_centers:
            mine |= Q(person__enrollments__center_id__in=own_centers)
        return kept.filter(mine).distinct()

    def of(self, enrollment: Enrollment) -> Self:
        """The photo of one enrollment's person."""
        return self.filter(person_id=enrollment.person_id)


class IdentityDocument(models.Model):
    """The one present photo of a person's KTP. A newer one takes its place.

    The file is deleted some months after the identity was verified (retention rule `ktp_terverifikasi`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.OneToOneField(
        "participants.Person", on_delete=models.CASCADE, related_name="identity_document"
    )
    file = models.ForeignKey("core.StoredFile", on_delete=models.PROTECT, related_name="+")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=clock.now)

    objects = IdentityDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = "foto KTP"
        verbose_name_plural = "foto KTP"

    def __str__(self) -> str:
        return f"KTP {self.pk}"
