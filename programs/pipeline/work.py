"""Lists of work: what a manager has to decide, what a coach has to do today, who waits for a centre."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Subquery, Value

from accounts.models import User
from core.clock import local_day
from participants.deadlines import due_day
from participants.facts import load_shared_facts
from participants.models import (
    AssignmentEnd,
    CoachAssignment,
    Enrollment,
    Stage,
    StageEvidence,
    Status,
)
from participants.rules import ChecklistItem
from programs.mentoring.facts import (
    ContactFacts,
    load_contact_facts,
    with_late_steps,
    with_put_off,
    with_sessions,
)
from programs.mentoring.models import StepOwner
from programs.training.facts import with_absences

from .journey import NextStep, next_step
from .morning import Placing, Situation, place
from .stages import checklists

QUEUE_SIZE = 50
GRACE_DAYS = "masa_serah"
"""Threshold of P3: days after a hand-over in which nothing of before is held against the new coach."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One person in a list of work, with why they are in it."""

    enrollment: Enrollment
    checklist: Sequence[ChecklistItem]
    step: NextStep
    due_on: date
    today: date
    days_silent: int
    silent_limit: int
    must_accept: bool = False
    grace_days: int = 0

    @property
    def missing(self) -> list[ChecklistItem]:
        return [item for item in self.checklist if not item.is_met]

    @property
    def is_ready(self) -> bool:
        return self.enrollment.status == Status.AKTIF and not self.missing

    @property
    def days_late(self) -> int:
        return max((self.today - self.due_on).days, 0)

    @property
    def late_text(self) -> str:
        return f"Lewat {self.days_late} hari"

    @property
    def is_silent(self) -> bool:
        return self.days_silent >= self.silent_limit

    @property
    def days_in_stage(self) -> int:
        return self.enrollment.days_in_stage(self.today)

    @property
    def warning_count(self) -> int:
        return len(self.enrollment.person.nik_warnings)


def describe(enrollments: Sequence[Enrollment], *, at: datetime) -> list[WorkItem]:
    """Work items of many enrollments, in a number of queries that does not depend on how many."""
    if not enrollments:
        return []
    shared = load_shared_facts(enrollments, on=local_day(at))
    lists = checklists(enrollments, on=local_day(at), shared=shared)
    items = []
    for enrollment in enrollments:
        today = local_day(at, enrollment.zone)
        due_on = due_day(enrollment, shared.thresholds)
        items.append(
            WorkItem(
                enrollment=enrollment,
                checklist=lists[enrollment.pk],
                step=next_step(enrollment, lists[enrollment.pk], due_on=due_on, today=today),
                due_on=due_on,
                today=today,
                days_silent=enrollment.days_silent(today),
                silent_limit=shared.thresholds[enrollment.stage, "batas_diam"],
                grace_days=shared.thresholds[Stage.PENDAMPINGAN, GRACE_DAYS],
                must_accept=enrollment.coach_id is not None
                and enrollment.pk not in shared.has_coach_accepted,
            )
        )
    return items


@dataclass(frozen=True, slots=True)
class Totals:
    """How much waits behind the first rows of the queue; counted to a limit, so that the page stays fast."""

    registrations: int
    evidence: int
    waiting: int


COUNTED = 1_000


def totals(user: User) -> Totals:
    """Count each list of the queue, up to COUNTED, all in one statement."""
    seen = Enrollment.objects.visible_to(user)
    lists = {
        "registrations": seen.filter(stage=Stage.PENDAFTARAN, status=Status.AKTIF),
        "evidence": _to_check(user),
        "waiting": seen.filter(status=Status.MENUNGGU_PUSAT),
    }
    first, *others = [
        rows.order_by().values_list(Value(name, output_field=CharField()))[:COUNTED]
        for name, rows in lists.items()
    ]
    counts = Counter(name for (name,) in first.union(*others, all=True))
    return Totals(**{name: counts[name] for name in lists})


def registrations_to_check(user: User, *, at: datetime) -> list[WorkItem]:
    """People in P1 of the manager's centres, the longest waiting first."""
    rows = (
        Enrollment.objects.visible_to(user)
        .filter(stage=Stage.PENDAFTARAN, status=Status.AKTIF)
        .for_page()
        .order_by("registered_at", "pk")[:QUEUE_SIZE]
    )
    return describe(list(rows), at=at)


def waiting_for_center(user: User) -> list[Enrollment]:
    """People no open centre could take, the longest waiting first."""
    return list(
        Enrollment.objects.visible_to(user)
        .filter(status=Status.MENUNGGU_PUSAT)
        .for_page()
        .order_by("registered_at", "pk")[:QUEUE_SIZE]
    )


def evidence_to_check(user: User) -> list[StageEvidence]:
    """Proofs waiting that this user did not bring, the longest waiting first."""
    rows = _to_check(user).select_related("enrollment__person", "submitted_by", "file")
    return list(rows.order_by("submitted_at", "pk")[:QUEUE_SIZE])


def _to_check(user: User) -> QuerySet[StageEvidence]:
    own = Q(submitted_by=user) | Q(enrollment__person__user=user)
    return StageEvidence.objects.visible_to(user).pending().exclude(own)


@dataclass(frozen=True, slots=True)
class Mentee:
    """One person a coach accompanies: the work, how contact stands, and where that puts them this morning."""

    item: WorkItem
    contact: ContactFacts
    situation: Situation
    placing: Placing

    @property
    def plan_step(self) -> str:
        """The first open step of the plan in force, or nothing."""
        return getattr(self.item.enrollment, "step_text", None) or ""

    @property
    def is_their_plan_step(self) -> bool:
        """Whether that step is the participant's turn."""
        return getattr(self.item.enrollment, "step_owner", None) == StepOwner.PESERTA


def mentees(coach: User, *, at: datetime) -> list[Mentee]:
    """Everybody the coach accompanies, who is on the way; the longest silent first."""
    open_ones = Enrollment.objects.filter(coach=coach).open().for_page()
    told = with_sessions(with_late_steps(with_absences(with_put_off(_with_hand_over(open_ones)))))
    rows = list(told.order_by("last_activity_at", "pk"))
    contacts = load_contact_facts(rows) if rows else {}
    found = []
    for item in describe(rows, at=at):
        contact = contacts[item.enrollment.pk]
        situation = situation_of(item, contact)
        found.append(Mentee(item, contact, situation, place(situation)))
    return found


def _with_hand_over(enrollments: QuerySet[Enrollment]) -> QuerySet[Enrollment]:
    """The enrollments with `handed_over_at`: when the coach of now got them from another. No query more."""
    earlier = CoachAssignment.objects.filter(
        enrollment=OuterRef("enrollment"), end_reason=AssignmentEnd.DIALIHKAN
    )
    present = CoachAssignment.objects.active().filter(Exists(earlier), enrollment=OuterRef("pk"))
    return enrollments.annotate(handed_over_at=Subquery(present.values("assigned_at")[:1]))


def handed_over_on(enrollment: Enrollment) -> date | None:
    """The local day, of enrollments that `mentees` loads."""
    at: datetime | None = getattr(enrollment, "handed_over_at", None)
    return local_day(at, enrollment.zone) if at is not None else None


def situation_of(item: WorkItem, contact: ContactFacts) -> Situation:
    """What the morning list asks of one person."""
    put_off = contact.put_off
    return Situation(
        today=item.today,
        due_on=item.due_on,
        days_silent=item.days_silent,
        silent_limit=item.silent_limit,
        must_accept=item.must_accept,
        is_active=item.enrollment.status == Status.AKTIF,
        is_out_of_reach=item.enrollment.status == Status.TIDAK_TERHUBUNGI,
        is_ready=item.is_ready,
        next_on=contact.next_on,
        is_agreed=contact.is_agreed,
        tried_today=item.today in contact.tried_on,
        sessions_missed=getattr(item.enrollment, "sessions_missed", None) or 0,
        put_off_until=put_off.until_on if put_off is not None else None,
        session_on=contact.session.day if contact.session else None,
        session_at=contact.session.starts_at if contact.session else None,
        session_clock=contact.session.clock if contact.session else "",
        handed_over_on=handed_over_on(item.enrollment),
        grace_days=item.grace_days,
        step_due_on=getattr(item.enrollment, "step_due_on", None),
    )
