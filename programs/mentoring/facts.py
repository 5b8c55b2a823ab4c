"""Loads what the rules of P3 need (the same as a placement, for both end P3), and how contact stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import F, FilteredRelation, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from core.formats import SHORT_MONTHS
from participants.models import Enrollment, Status
from programs.placement.facts import load_facts

from .models import ContactLog

__all__ = [
    "NO_CONTACT",
    "ContactFacts",
    "PutOff",
    "contact_facts",
    "load_contact_facts",
    "load_facts",
    "with_put_off",
]

LOOKED_BACK = 12
"""Latest contacts of each enrollment that are read: more tries than this change nothing any more."""

ENOUGH_TRIES = 3
"""Days with a try and no answer after which somebody may be recorded as out of reach (PRODUCT.md)."""


@dataclass(frozen=True, slots=True)
class PutOff:
    """Until when a coach does not want to see somebody in the list, and why."""

    until_on: date
    reason: str


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
    put_off: PutOff | None = None

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


def with_put_off(enrollments: QuerySet[Enrollment]) -> QuerySet[Enrollment]:
    """The enrollments with what their present coach has put off, for `load_contact_facts`; no query more."""
    return enrollments.annotate(
        own_snooze=FilteredRelation(
            "snoozes",
            condition=Q(snoozes__ended_at__isnull=True, snoozes__coach=F("coach")),
        )
    ).annotate(put_off_until=F("own_snooze__until_on"), put_off_reason=F("own_snooze__reason"))


def load_contact_facts(enrollments: Sequence[Enrollment]) -> Mapping[UUID, ContactFacts]:
    """Contact by enrollment id, in one query whatever the number. Nothing logged: NO_CONTACT.

    What is put off is known of enrollments that come from `with_put_off`.
    """
    latest = Window(
        RowNumber(),
        partition_by=F("enrollment_id"),
        order_by=[F("happened_at").desc(), F("created_at").desc(), F("id").desc()],
    )
    logs: dict[UUID, list[ContactLog]] = defaultdict(list)
    rows = ContactLog.objects.filter(enrollment__in=[one.pk for one in enrollments]).annotate(place=latest)
    for log in rows.filter(place__lte=LOOKED_BACK).order_by("enrollment_id", "place"):
        logs[log.enrollment_id].append(log)
    return {one.pk: contact_facts(one, logs[one.pk]) for one in enrollments}


def contact_facts(enrollment: Enrollment, latest: Sequence[ContactLog]) -> ContactFacts:
    """Pure: what the latest contacts (newest first) of an enrollment mean."""
    last = next((log for log in latest if log.outcome), None)
    reached = next((log for log in latest if log.is_reached), None)
    planned = next((log for log in latest if log.next_on is not None), None)
    tries = {
        log.happened_on for log in latest if log.is_try and log.happened_at > enrollment.last_activity_at
    }
    put_off_until: date | None = getattr(enrollment, "put_off_until", None)
    return ContactFacts(
        last=last,
        agreed=reached.agreed if reached else "",
        agreed_on=reached.happened_on if reached else None,
        next_on=planned.next_on if planned and _still_holds(planned, enrollment) else None,
        is_agreed=planned is not None and not planned.is_try,
        tried_on=tuple(sorted(tries)),
        put_off=PutOff(put_off_until, getattr(enrollment, "put_off_reason", "")) if put_off_until else None,
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
