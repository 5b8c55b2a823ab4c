"""Reminding participants of what is agreed for tomorrow: in chunks, each once in however many runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from core.clock import ZONES, day_start, local_day
from notifications.services import Draft, notify_many
from participants.models import Consent, ConsentPurpose

from .models import ClinicVisit, MentoringSession
from .reminders import dedupe_key, reminded_days

CHUNK = 500


def remind_everywhere(*, at: datetime) -> int:
    """Remind in every zone where it is after eight; how many reminders were due (sent before or now)."""
    return sum(remind_zone(zone=zone, at=at) for zone in ZONES)


def remind_zone(*, zone: str, at: datetime) -> int:
    """Remind of the sessions and clinic hours of one zone, whoever agreed to reminders; how many were due.

    What was made today was told today, so it is not reminded of before tomorrow.
    """
    days = reminded_days(at, zone)
    if not days:
        return 0
    made_before = day_start(local_day(at, zone), zone)
    sessions = MentoringSession.objects.planned().filter(
        zone=zone, day__in=days, starts_at__gt=at, created_at__lt=made_before
    )
    visits = ClinicVisit.objects.booked().filter(
        clinic__zone=zone, day__in=days, slot__starts_at__gt=at, created_at__lt=made_before
    )
    return _remind(sessions, kind="sesi_ingat", id_name="session") + _remind(
        visits, kind="klinik_ingat", id_name="visit"
    )


def _remind(rows: QuerySet[Any], *, kind: str, id_name: str) -> int:
    """Write the reminders of appointments of participants who agreed to be reminded; how many."""
    agreed = Consent.objects.given().filter(
        person=OuterRef("enrollment__person"), purpose=ConsentPurpose.PENGINGAT
    )
    wanted = rows.filter(
        Exists(agreed), enrollment__person__user__is_active=True, enrollment__erased_at__isnull=True
    )
    told = wanted.order_by("pk").values_list("pk", "day", "enrollment__person__user_id")
    many = 0
    after = UUID(int=0)
    while chunk := list(told.filter(pk__gt=after)[:CHUNK]):
        notify_many(
            Draft(user_id, kind, {id_name: str(pk), "day": day.isoformat()}, dedupe_key(kind, pk, day))
            for pk, day, user_id in chunk
        )
        many += len(chunk)
        after = chunk[-1][0]
    return many
