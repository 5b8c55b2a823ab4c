"""The acts around contact: write down what passed, put somebody off, take that back."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import Role, User
from core.clock import local_day, next_working_day
from core.fields import OTHERWISE, RELOADED
from participants.models import Enrollment, Status
from participants.refusals import Refused
from participants.services import lock_enrollment, require_role

from .models import MOST_DAYS_PUT_OFF, ContactKind, ContactLog, ContactOutcome, Snooze

CALLERS = frozenset({Role.PENDAMPING, Role.PENGELOLA})
"""Who speaks with participants and may read what was said in confidence."""

OLDEST_DAYS = 30
"""Days back for which a contact may still be written down."""

FURTHEST_DAYS = 90
"""Days ahead for which a next contact may be agreed."""


def default_next_day(outcome: str, today: date, *, is_out_of_reach: bool = False) -> date | None:
    """When to speak next if nothing else was agreed: a working day.

    A week after somebody was reached, the next working day after a try (a week for who is out of reach
    anyway), none after a mere note.
    """
    if outcome == ContactOutcome.TERSAMBUNG or (outcome and is_out_of_reach):
        return next_working_day(today + timedelta(days=6))
    return next_working_day(today) if outcome else None


@transaction.atomic
def log_contact(
    *,
    enrollment_id: UUID,
    actor: User,
    submission_id: UUID,
    kind: ContactKind,
    outcome: ContactOutcome | None,
    happened_on: date,
    note: str = "",
    agreed: str = "",
    next_on: date | None = None,
    is_shared: bool = False,
    at: datetime,
) -> ContactLog:
    """Write down one contact. The same submission leaves one line, however often it is sent.

    Only a participant who was reached counts as heard from. Any contact replaces what was put off. Raises
    NotYours, or Refused for a day that cannot be and for a submission that somebody else has sent, or
    that was sent with other words.
    """
    enrollment = lock_enrollment(enrollment_id)
    require_role(actor, enrollment, CALLERS, act="Kabar dicatat")
    known = ContactLog.objects.filter(enrollment=enrollment, submission_id=submission_id).first()
    if known is not None:
        if known.author_id != actor.pk:
            raise Refused(RELOADED)
        told = (known.kind, known.outcome, known.note, known.agreed, known.happened_on, known.is_shared)
        if told != (kind, outcome or "", note, agreed, happened_on, is_shared):
            raise Refused(OTHERWISE)
        return known
    today = local_day(at, enrollment.zone)
    _require_past(happened_on, today)
    if next_on is None and enrollment.is_open:
        is_out_of_reach = enrollment.status == Status.TIDAK_TERHUBUNGI
        next_on = default_next_day(outcome or "", today, is_out_of_reach=is_out_of_reach)
    log = ContactLog.objects.create(
        enrollment=enrollment,
        submission_id=submission_id,
        kind=kind,
        outcome=outcome or "",
        note=note,
        agreed=agreed,
        next_on=next_on,
        is_shared=is_shared,
        happened_at=at if happened_on == today else _noon(happened_on, enrollment.zone),
        happened_on=happened_on,
        author=actor,
        created_at=at,
    )
    if log.is_reached and log.happened_at > enrollment.last_activity_at:
        enrollment.last_activity_at = log.happened_at
        enrollment.save(update_fields=["last_activity_at"])
    if log.outcome:
        end_snooze(enrollment, at=at)
    return log


@transaction.atomic
def put_off(*, enrollment_id: UUID, actor: User, until_on: date, reason: str, at: datetime) -> Snooze:
    """Keep somebody out of the coach's morning list until a day, with the reason.

    The silence goes on being counted. Raises NotYours for anybody but the coach, Refused for a day that is
    not within the next 30. Sent twice, it is one.
    """
    enrollment = lock_enrollment(enrollment_id)
    require_role(actor, enrollment, frozenset({Role.PENDAMPING}), act="Peserta ditunda")
    if not enrollment.is_open:
        raise Refused("Keikutsertaan ini sudah berakhir, jadi tidak ada yang perlu ditunda.")
    today = local_day(at, enrollment.zone)
    if not today < until_on <= today + timedelta(days=MOST_DAYS_PUT_OFF):
        raise Refused(f"Pilih tanggal mulai besok, paling lama {MOST_DAYS_PUT_OFF} hari lagi.")
    known = Snooze.objects.open().filter(enrollment=enrollment).first()
    if known is not None and (known.coach_id, known.until_on, known.reason) == (actor.pk, until_on, reason):
        return known
    end_snooze(enrollment, at=at)
    return Snooze.objects.create(
        enrollment=enrollment, coach=actor, reason=reason, made_on=today, until_on=until_on, created_at=at
    )


@transaction.atomic
def take_back(*, enrollment_id: UUID, actor: User, at: datetime) -> bool:
    """Show somebody in the morning list again; False when nothing was put off."""
    enrollment = lock_enrollment(enrollment_id)
    require_role(actor, enrollment, frozenset({Role.PENDAMPING}), act="Penundaan dibatalkan")
    return end_snooze(enrollment, at=at) > 0


def end_snooze(enrollment: Enrollment, *, at: datetime) -> int:
    """Whatever is put off ends; inside an act that holds the enrollment."""
    return Snooze.objects.open().filter(enrollment=enrollment).update(ended_at=at)


def _require_past(day: date, today: date) -> None:
    if day > today:
        raise Refused("Tanggal ini masih di depan. Catat sesudah kontaknya terjadi.")
    if day < today - timedelta(days=OLDEST_DAYS):
        raise Refused(f"Kabar dicatat paling lama {OLDEST_DAYS} hari sesudahnya.")


def _noon(day: date, zone: str) -> datetime:
    """The middle of an earlier day: the hour was not written down."""
    return datetime.combine(day, time(12), tzinfo=ZoneInfo(zone))
