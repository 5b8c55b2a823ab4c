"""Loads what the rules of P3 need (the same as a placement, for both end P3), and how contact stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from core.formats import SHORT_MONTHS
from participants.models import Enrollment, Status
from programs.placement.facts import load_facts

from .models import ContactLog, Snooze

__all__ = ["NO_CONTACT", "ContactFacts", "load_contact_facts", "load_facts"]

LOOKED_BACK = 12
"""Latest contacts of each enrollment that are read: more tries than this change nothing any more."""

ENOUGH_TRIES = 3
"""Days with a try and no answer after which somebody may be recorded as out of reach (PRODUCT.md)."""


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """How contact with one participant stands: the last one, what was agreed, tries since, what is put off.

    `next_on` is the day of the next contact, `is_agreed` unless it only follows a try. `tried_on` are the
    days (oldest first) with a try since anything was last heard or done.
    """

    last: ContactLog | None = None
    agreed: str = ""
    agreed_on: date | None = None
    next_on: date | None = None
    is_agreed: bool = False
    tried_on: tuple[date, ...] = ()
    snooze: Snooze | None = None

    @property
    def is_given_up(self) -> bool:
        """Tried on enough different days."""
        return len(self.tried_on) >= ENOUGH_TRIES

    @property
    def tries_text(self) -> str:
        """ "3× mencoba: 3, 5, 9 Nov", or nothing."""
        if not self.tried_on:
            return ""
        return f"{len(self.tried_on)}× mencoba: {_listed(self.tried_on)}"


NO_CONTACT = ContactFacts()


def load_contact_facts(enrollments: Sequence[Enrollment]) -> Mapping[UUID, ContactFacts]:
    """Contact by enrollment id, in two queries whatever the number. Nothing logged: NO_CONTACT."""
    ids = [enrollment.pk for enrollment in enrollments]
    latest = Window(
        RowNumber(),
        partition_by=F("enrollment_id"),
        order_by=[F("happened_at").desc(), F("created_at").desc(), F("id").desc()],
    )
    logs: dict[UUID, list[ContactLog]] = defaultdict(list)
    rows = ContactLog.objects.filter(enrollment__in=ids).annotate(place=latest)
    for log in rows.filter(place__lte=LOOKED_BACK).order_by("enrollment_id", "place"):
        logs[log.enrollment_id].append(log)
    snoozes = {snooze.enrollment_id: snooze for snooze in Snooze.objects.open().filter(enrollment__in=ids)}
    return {
        enrollment.pk: contact_facts(enrollment, logs[enrollment.pk], snoozes.get(enrollment.pk))
        for enrollment in enrollments
    }


def contact_facts(
    enrollment: Enrollment, latest: Sequence[ContactLog], snooze: Snooze | None = None
) -> ContactFacts:
    """Pure: what the latest contacts (newest first) of an enrollment mean.

    A coach's snooze is nothing to the coach after them.
    """
    last = next((log for log in latest if log.outcome), None)
    reached = next((log for log in latest if log.is_reached), None)
    planned = next((log for log in latest if log.next_on is not None), None)
    tries = {
        log.happened_on for log in latest if log.is_try and log.happened_at > enrollment.last_activity_at
    }
    return ContactFacts(
        last=last,
        agreed=reached.agreed if reached else "",
        agreed_on=reached.happened_on if reached else None,
        next_on=planned.next_on if planned and _still_holds(planned, enrollment) else None,
        is_agreed=planned is not None and not planned.is_try,
        tried_on=tuple(sorted(tries)),
        snooze=snooze if snooze is not None and snooze.coach_id == enrollment.coach_id else None,
    )


def _still_holds(planned: ContactLog, enrollment: Enrollment) -> bool:
    """What was planned before somebody was recorded as out of reach holds no longer."""
    return enrollment.status != Status.TIDAK_TERHUBUNGI or planned.happened_at >= enrollment.last_activity_at


def _listed(days: Sequence[date]) -> str:
    """Days with each month named once: "30 Okt, 3, 9 Nov"."""
    words = []
    for number, day in enumerate(days):
        is_last_of_month = number + 1 == len(days) or days[number + 1].month != day.month
        words.append(f"{day.day} {SHORT_MONTHS[day.month - 1]}" if is_last_of_month else str(day.day))
    return ", ".join(words)
