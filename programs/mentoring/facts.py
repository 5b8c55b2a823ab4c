"""Loads what the rules of P3 need (sessions, plans, and what a placement asks), and how contact stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    CharField,
    Count,
    DateField,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    Window,
)
from django.db.models.functions import JSONObject, RowNumber

from core.formats import SHORT_MONTHS
from participants.facts import EvidenceFacts, SharedFacts
from participants.models import Enrollment, EvidenceKind, Stage, Status
from programs.placement import facts as placement

from .models import ActionPlan, ContactLog, MentoringSession, PlanStep, SessionStatus

__all__ = [
    "NO_CONTACT",
    "ContactFacts",
    "MentoringFacts",
    "PutOff",
    "contact_facts",
    "load_contact_facts",
    "load_facts",
    "sessions_and_plans",
    "with_late_steps",
    "with_put_off",
    "with_sessions",
]

LOOKED_BACK = 12
"""Latest contacts of each enrollment that are read: more tries than this change nothing any more."""

ENOUGH_TRIES = 3
"""Days with a try and no answer after which somebody may be recorded as out of reach (PRODUCT.md)."""


SILENT_DAYS = "konfirmasi_hari"
"""Threshold of P3: days after which a recorded session counts although the participant said nothing."""
_SESSION, _PLAN, _JOB = "sesi", "rencana", "kerja"


@dataclass(frozen=True, slots=True)
class MentoringFacts:
    """What P3 asks: the proofs, sessions that count (with those accepted as evidence), an agreed plan, a job
    that both sides confirmed (or a proof of one accepted before)."""

    evidence: EvidenceFacts
    thresholds: dict[str, int]
    has_complete_business: bool
    has_coach_accepted: bool
    sessions: int
    has_plan: bool
    has_placement: bool


def load_facts(enrollments: Sequence[Enrollment], *, shared: SharedFacts) -> dict[UUID, MentoringFacts]:
    """Facts by enrollment id, from what the page has loaded for all stages, and one query for sessions, plans
    and placements together."""
    stage_facts = placement.load_facts(enrollments, shared=shared)
    days = shared.thresholds[Stage.PENDAMPINGAN, SILENT_DAYS]
    counts = sessions_and_plans(list(stage_facts), silent_until=shared.on - timedelta(days=days))
    return {
        pk: MentoringFacts(
            evidence=facts.evidence,
            thresholds=facts.thresholds,
            has_complete_business=facts.has_complete_business,
            has_coach_accepted=facts.has_coach_accepted,
            sessions=counts.get((pk, _SESSION), 0) + facts.evidence.accepted[EvidenceKind.SESI],
            has_plan=(pk, _PLAN) in counts,
            has_placement=(pk, _JOB) in counts or placement.has_accepted(facts),
        )
        for pk, facts in stage_facts.items()
    }


def sessions_and_plans(enrollment_ids: Sequence[UUID], *, silent_until: date) -> dict[tuple[UUID, str], int]:
    """How many sessions of P3 count, plans are in force and jobs are confirmed, by enrollment id."""
    sessions = MentoringSession.objects.counted(silent_until=silent_until).filter(stage=Stage.PENDAMPINGAN)
    found = _counted(sessions, _SESSION, enrollment_ids).union(
        _counted(ActionPlan.objects.in_force(), _PLAN, enrollment_ids),
        _counted(placement.confirmed(), _JOB, enrollment_ids),
        all=True,
    )
    return {(pk, what): many for pk, what, many in found}


def _counted(rows: QuerySet[Any], what: str, enrollment_ids: Sequence[UUID]) -> QuerySet[Any]:
    return (
        rows.filter(enrollment__in=enrollment_ids)
        .order_by()
        .values("enrollment_id")
        .annotate(what=Value(what, output_field=CharField()), many=Count("pk"))
        .values_list("enrollment_id", "what", "many")
    )


class Touch(Protocol):
    """What contact facts ask of a call, a message, a visit, a note, or a session."""

    @property
    def outcome(self) -> str: ...
    @property
    def is_reached(self) -> bool: ...
    @property
    def is_try(self) -> bool: ...
    @property
    def happened_at(self) -> datetime: ...
    @property
    def happened_on(self) -> date: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def agreed(self) -> str: ...
    @property
    def next_on(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class PutOff:
    """Until when a coach does not want to see somebody in the list, and why."""

    until_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """How contact with one participant stands: the last one, what was agreed, tries since, what is put off.

    `next_on` is the day of the next contact, `is_agreed` unless it only follows a try. `tried_on` are the
    days (oldest first) with a try since anything was last heard or done. `session` is the first that is
    planned and not written down, also when its time has passed.
    """

    last: Touch | None = None
    agreed: str = ""
    agreed_on: date | None = None
    next_on: date | None = None
    is_agreed: bool = False
    tried_on: tuple[date, ...] = ()
    put_off: PutOff | None = None
    session: MentoringSession | None = None

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


def with_late_steps(enrollments: QuerySet[Enrollment]) -> QuerySet[Enrollment]:
    """The enrollments with the step of the plan in force that is due first and not done: `step_text`,
    `step_due_on`, `step_owner`. No query more."""
    steps = PlanStep.objects.filter(
        plan__enrollment=OuterRef("pk"), plan__ended_at__isnull=True, plan__agreed_at__isnull=False,
        done_at__isnull=True,
    ).order_by("due_on", "number")  # fmt: skip
    return enrollments.annotate(
        step_text=Subquery(steps.values("text")[:1], output_field=CharField()),
        step_due_on=Subquery(steps.values("due_on")[:1], output_field=DateField()),
        step_owner=Subquery(steps.values("owner")[:1], output_field=CharField()),
    )


def with_sessions(enrollments: QuerySet[Enrollment]) -> QuerySet[Enrollment]:
    """The enrollments with their latest sessions, for `load_contact_facts`; no query more. Without notes."""
    rows = MentoringSession.objects.filter(enrollment=OuterRef("pk")).exclude(status=SessionStatus.BATAL)
    columns = {name: name for name in ("id", *_WORDS, *_INSTANTS, *_DAYS)}
    latest = rows.order_by("-starts_at", "-created_at", "-pk").values(found=JSONObject(**columns))
    return enrollments.annotate(latest_sessions=ArraySubquery(latest[:LOOKED_BACK]))


_WORDS = ("status", "answer", "agreed", "topic", "place_kind", "place", "zone")
_INSTANTS = ("starts_at", "created_at")
_DAYS = ("day", "next_on")


def _session_of(found: dict[str, Any]) -> MentoringSession:
    """A session as `with_sessions` reads it."""
    instants = {name: datetime.fromisoformat(found[name]) for name in _INSTANTS}
    days = {name: date.fromisoformat(found[name]) if found[name] else None for name in _DAYS}
    words = {name: found[name] for name in _WORDS}
    return MentoringSession(**words, id=UUID(found["id"]), **instants, **days)


def load_contact_facts(enrollments: Sequence[Enrollment]) -> Mapping[UUID, ContactFacts]:
    """Contact by enrollment id, whatever the number in one query, and one for the sessions of enrollments
    that do not come from `with_sessions`. Nothing logged: NO_CONTACT.

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
    sessions = latest_sessions(enrollments)
    return {one.pk: contact_facts(one, logs[one.pk], sessions[one.pk]) for one in enrollments}


def latest_sessions(enrollments: Sequence[Enrollment]) -> dict[UUID, list[MentoringSession]]:
    """Sessions planned and over by enrollment id, the latest of each, newest first; at most one query."""
    if not all(hasattr(one, "latest_sessions") for one in enrollments):
        enrollments = list(with_sessions(Enrollment.objects.filter(pk__in=[one.pk for one in enrollments])))
    read: dict[UUID, list[dict[str, Any]]] = {
        one.pk: getattr(one, "latest_sessions", []) for one in enrollments
    }
    return {pk: [_session_of(found) for found in rows] for pk, rows in read.items()}


def contact_facts(
    enrollment: Enrollment, latest: Sequence[ContactLog], sessions: Sequence[MentoringSession] = ()
) -> ContactFacts:
    """Pure: what the latest contacts and sessions (each newest first) of an enrollment mean."""
    told = [session for session in sessions if session.outcome]
    touches: list[Touch] = sorted(
        [*latest, *told], key=lambda one: (one.happened_at, one.created_at), reverse=True
    )
    last = next((one for one in touches if one.outcome), None)
    reached = next((one for one in touches if one.is_reached), None)
    planned = next((one for one in touches if one.next_on is not None), None)
    tries = {
        one.happened_on for one in touches if one.is_try and one.happened_at > enrollment.last_activity_at
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
        session=next((one for one in reversed(sessions) if one.is_planned), None),
    )


def _still_holds(planned: Touch, enrollment: Enrollment) -> bool:
    """What was planned before somebody was recorded as out of reach holds no longer."""
    return enrollment.status != Status.TIDAK_TERHUBUNGI or planned.happened_at >= enrollment.last_activity_at


def _listed(days: Sequence[date]) -> str:
    """Days with each month named once: "30 Okt, 3, 9 Nov"."""
    words = []
    for number, day in enumerate(days):
        is_last_of_month = number + 1 == len(days) or days[number + 1].month != day.month
        words.append(f"{day.day} {SHORT_MONTHS[day.month - 1]}" if is_last_of_month else str(day.day))
    return ", ".join(words)
