"""The manager's queue: registrations to check, with filters and in pages; proofs; people without a centre."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User
from core.clock import day_start, local_day
from core.validators import NIK_WARNINGS
from participants.models import Enrollment, IdentityStatus, Stage, StageEvidence, Status

PAGE_SIZE = 25

READY = "siap"
ANY_WARNING = "ada"
NO_WARNING = "tanpa"

NOT_VERIFIED = ~Q(person__identity_status=IdentityStatus.DIVERIFIKASI)
MISSING: dict[str, tuple[str, Q]] = {
    "identitas": ("Identitas diverifikasi", NOT_VERIFIED),
    "skpd": ("SKPD pembina", Q(agency__isnull=True)),
    "tujuan": ("Tujuan", Q(goal="")),
    "pendamping": ("Pendamping", Q(coach__isnull=True)),
}
"""What P1 asks, as a choice of the filter: its words and who still lacks it."""

WAITING_DAYS = (3, 7, 14, 30)


def registrations(user: User, filters: dict[str, Any], *, at: datetime) -> QuerySet[Enrollment]:
    """People in P1 inside the user's scope who match the cleaned filters of `QueueFilterForm`; unordered."""
    found = Enrollment.objects.visible_to(user).filter(stage=Stage.PENDAFTARAN, status=Status.AKTIF)
    if text := " ".join(filters.get("q", "").split()):
        found = found.filter(Q(person__full_name__icontains=text) | Q(number__startswith=text.upper()))
    if value := filters.get("kurang"):
        found = found.filter(_missing_q(value))
    if value := filters.get("nik"):
        found = found.filter(_warning_q(value))
    if value := filters.get("identitas"):
        found = found.filter(person__identity_status=value)
    if value := filters.get("pusat"):
        found = found.filter(center_id=value)
    if value := filters.get("menunggu"):
        first_day = local_day(at) - timedelta(days=int(value))
        found = found.filter(registered_at__lt=day_start(first_day + timedelta(days=1)))
    return found.for_page()


def _missing_q(code: str) -> Q:
    if code != READY:
        return MISSING[code][1]
    nothing = Q()
    for _words, lacking in MISSING.values():
        nothing &= ~lacking
    return nothing


def _warning_q(code: str) -> Q:
    if code == ANY_WARNING:
        return ~Q(person__nik_warnings=[])
    if code == NO_WARNING:
        return Q(person__nik_warnings=[])
    return Q(person__nik_warnings__contains=[code])


WARNING_CHOICES = [
    ("", "Semua"),
    (ANY_WARNING, "Ada catatan"),
    *((code, words) for code, words in NIK_WARNINGS.items()),
    (NO_WARNING, "Tanpa catatan"),
]


def evidence(user: User) -> QuerySet[StageEvidence]:
    """Proofs waiting that this user did not bring; unordered."""
    own = Q(submitted_by=user) | Q(enrollment__person__user=user)
    waiting = StageEvidence.objects.visible_to(user).pending().exclude(own)
    return waiting.select_related("enrollment__person", "submitted_by", "file")


def without_center(user: User) -> QuerySet[Enrollment]:
    """People no open centre could take; unordered."""
    return Enrollment.objects.visible_to(user).filter(status=Status.MENUNGGU_PUSAT).for_page()
