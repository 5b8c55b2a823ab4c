"""Reminding people who have gone silent, and their coaches: in chunks, each once in however many runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Role, RoleAssignment
from core.clock import ZONES, day_start, reminder_day
from notifications.services import Draft, notify_many
from participants.models import ConsentPurpose, Stage, Status, Threshold

from .reminders import Due, Silence, due_on

CHUNK = 500
ESCALATION = "naik_diam"
"""Threshold of P3: how many times the limit passes before the managers are told."""

_SILENT = """
    SELECT enrollment.id, enrollment.stage, silence.since, coalesce(reminded.multiple, 0),
           enrollment.coach_id, enrollment.center_id, enrollment.last_activity_at,
           CASE WHEN EXISTS (
               SELECT FROM participants_consent consent
               WHERE consent.person_id = person.id AND consent.purpose = %(purpose)s
                 AND consent.withdrawn_at IS NULL
           ) THEN person.user_id END
    FROM participants_enrollment enrollment
    JOIN participants_person person ON person.id = enrollment.person_id
    JOIN unnest(%(stages)s::text[], %(days)s::int[]) AS threshold (stage, days)
      ON threshold.stage = enrollment.stage
    CROSS JOIN LATERAL (
        SELECT (enrollment.last_activity_at AT TIME ZONE %(zone)s)::date AS since
    ) silence
    LEFT JOIN LATERAL (
        SELECT max(reminder.multiple) AS multiple FROM pipeline_silencereminder reminder
        WHERE reminder.enrollment_id = enrollment.id AND reminder.since = silence.since
    ) reminded ON true
    WHERE enrollment.status = %(status)s AND enrollment.zone = %(zone)s AND enrollment.erased_at IS NULL
      AND enrollment.last_activity_at < %(until)s
      AND (enrollment.last_activity_at, enrollment.id) > (%(after_at)s, %(after_id)s)
      AND (%(day)s - silence.since) / threshold.days > coalesce(reminded.multiple, 0)
    ORDER BY enrollment.last_activity_at, enrollment.id
    LIMIT %(limit)s
"""

_CLAIM = """
    INSERT INTO pipeline_silencereminder (enrollment_id, since, multiple, reminded_on, created_at)
    SELECT claim.*, %(day)s, %(at)s
    FROM unnest(%(enrollments)s::uuid[], %(since)s::date[], %(multiples)s::int[]) AS claim
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class _Row:
    """One silent enrollment; `user_id` is the person's account if it may be reminded."""

    silence: Silence
    coach_id: UUID | None
    center_id: str | None
    last_activity_at: datetime
    user_id: UUID | None


def remind_everywhere(*, at: datetime) -> int:
    """Remind in every zone where it is a working day after eight; returns how many silences were claimed."""
    return sum(remind_zone(zone=zone, at=at) for zone in ZONES)


def remind_zone(*, zone: str, at: datetime) -> int:
    """Remind the silent of one zone and their coaches; returns how many silences were claimed.

    Persons are reminded only with an open consent to reminders. A coach gets one message per local day, and
    so do managers about a silence that has lasted several limits. Claim and messages of a chunk are written
    together or not at all, and a second run writes them no more.
    """
    day = reminder_day(at, zone)
    if day is None:
        return 0
    thresholds = Threshold.objects.on(day)
    limits = {stage: days for (stage, code), days in thresholds.items() if code == "batas_diam" and days}
    if not limits:
        return 0
    claimed = 0
    after: tuple[datetime, UUID] | None = None
    times = thresholds[Stage.PENDAMPINGAN, ESCALATION]
    while rows := _remind_chunk(zone=zone, at=at, day=day, limits=limits, times=times, after=after):
        claimed += len(rows)
        after = (rows[-1].last_activity_at, rows[-1].silence.enrollment_id)
    return claimed


@transaction.atomic
def _remind_chunk(
    *,
    zone: str,
    at: datetime,
    day: date,
    limits: dict[str, int],
    times: int,
    after: tuple[datetime, UUID] | None,
) -> Sequence[_Row]:
    rows = _silent(zone=zone, day=day, limits=limits, after=after)
    if not rows:
        return rows
    due = {one.enrollment_id: one for one in due_on(day, (row.silence for row in rows), limits)}
    _claim(list(due.values()), day=day, at=at)
    persons = []
    for row in rows:
        one = due.get(row.silence.enrollment_id)
        if one is not None and row.user_id is not None:
            ids = {"enrollment": str(one.enrollment_id), "since": one.since.isoformat()}
            persons.append(Draft(row.user_id, "diam_peserta", ids, one.dedupe_key))
    # Sorted: two runs at the same time then wait for each other instead of blocking each other for good.
    coaches = sorted({row.coach_id for row in rows if row.coach_id and row.silence.enrollment_id in due})
    notify_many(persons)
    notify_many(
        Draft(coach, "diam_pendamping", {"coach": str(coach)}, f"diam-pendamping:{coach}:{day}")
        for coach in coaches
    )
    _tell_managers({one for one, found in due.items() if found.multiple >= times}, rows, day=day, at=at)
    return rows


def _tell_managers(late: set[UUID], rows: Sequence[_Row], *, day: date, at: datetime) -> None:
    """A silence that its coach has not ended goes to the managers of the centre: one message a day each."""
    centers = {row.center_id for row in rows if row.center_id and row.silence.enrollment_id in late}
    if not centers:
        return
    held = RoleAssignment.objects.active(at).with_role(Role.PENGELOLA)
    told = held.filter(scope__in=centers, user__is_active=True).values_list("user_id", "scope").distinct()
    notify_many(
        Draft(manager, "diam_pengelola", {"center": center}, f"diam-pengelola:{manager}:{center}:{day}")
        for manager, center in sorted(told)
    )


def _claim(due: Sequence[Due], *, day: date, at: datetime) -> None:
    """Write that these were reminded of; what another run has claimed already stays as it is."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {
                "enrollments": [one.enrollment_id for one in due],
                "since": [one.since for one in due],
                "multiples": [one.multiple for one in due],
                "day": day,
                "at": at,
            },
        )


def _silent(
    *, zone: str, day: date, limits: dict[str, int], after: tuple[datetime, UUID] | None
) -> list[_Row]:
    """The next silent enrollments by last activity: at their limit, and not yet reminded of this multiple."""
    after_at, after_id = after or (datetime.min.replace(tzinfo=UTC), UUID(int=0))
    with connection.cursor() as cursor:
        cursor.execute(
            _SILENT,
            {
                "purpose": ConsentPurpose.PENGINGAT.value,
                "stages": list(limits),
                "days": list(limits.values()),
                "status": Status.AKTIF.value,
                "zone": zone,
                "day": day,
                "until": day_start(day - timedelta(days=min(limits.values()) - 1), zone),
                "after_at": after_at,
                "after_id": after_id,
                "limit": CHUNK,
            },
        )
        return [
            _Row(Silence(enrollment_id, stage, since, reminded), coach_id, center_id, heard_at, user_id)
            for enrollment_id, stage, since, reminded, coach_id, center_id, heard_at, user_id in cursor
        ]
