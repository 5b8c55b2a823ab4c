"""One pressed button counts once."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from core import clock


class RegistrationSubmission(models.Model):
    """The answer given to one `submission_id`, repeated only to the browser session that first sent it."""

    id = models.UUIDField(primary_key=True)
    browser_index = models.BinaryField(max_length=32)
    enrollment = models.ForeignKey(
        "participants.Enrollment", null=True, on_delete=models.CASCADE, related_name="+"
    )
    is_held = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="submission_has_one_answer",
                condition=Q(is_held=True, enrollment__isnull=True)
                | Q(is_held=False, enrollment__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
