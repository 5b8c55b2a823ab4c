"""Where the reader of a message lives: a participant by their enrollment, staff by their centre."""

from __future__ import annotations

from accounts.access import assignments
from accounts.models import User
from centers.models import Center
from notifications.readers import Reader

from .models import Enrollment


def reader_of(user: User) -> Reader | None:
    """The zone of the enrollment with its centre, or that of the centre somebody works for. One statement."""
    if user.is_peserta:
        enrollment = (
            Enrollment.objects.filter(person__user=user)
            .select_related("center")
            .order_by("-registered_at", "-pk")
            .first()
        )
        return Reader(enrollment.zone, enrollment.center) if enrollment else None
    codes = sorted({one.scope for one in assignments(user) if one.scope.startswith("P")})
    zone = Center.objects.filter(pk__in=codes).order_by("pk").values_list("zone", flat=True).first()
    return Reader(zone) if zone else None
