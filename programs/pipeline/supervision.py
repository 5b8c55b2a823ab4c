"""Supervision: what each coach or centre carries, how contact stands, how long people stay, what came of it.

For staff alone, in the order of names: it is there to help those who are overloaded, not to rank anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Value

from accounts.models import User
from centers.models import Center
from participants.models import Enrollment, Status
from programs.mentoring.models import MentoringSession, SessionAnswer

from .people import silent_q

LATELY = 30
"""Days over which sessions are counted."""


@dataclass(frozen=True, slots=True)
class Line:
    """One coach or one centre. `stay` is the average number of days in the present stage."""

    key: str
    name: str
    active: int
    silent: int
    stay: int | None
    graduated: int
    stopped: int
    held: int
    confirmed: int
    denied: int

    @property
    def denied_words(self) -> str:
        """ "1 dibantah"."""
        return f"{self.denied} dibantah"

    @property
    def reached(self) -> int:
        """Active people who were heard of within their limit."""
        return self.active - self.silent


def by_coach(center_codes: Sequence[str], *, at: datetime) -> list[Line]:
    """Every coach who has or had people of these centres; two queries, whatever their number."""
    people = Enrollment.objects.filter(center__in=center_codes, coach__isnull=False)
    return _lines(people, "coach", "coach__display_name", "enrollment__coach", at=at)


def by_center(user: User, *, at: datetime, most: int) -> list[Line]:
    """The open centres the user works with, in the order of names; three queries."""
    named = Center.objects.visible_to(user).open().order_by("name", "pk")
    codes = list(named.values_list("pk", flat=True)[:most])
    people = Enrollment.objects.filter(center__in=codes)
    return _lines(people, "center", "center__name", "enrollment__center", at=at)


def _lines(
    people: QuerySet[Enrollment], key: str, name: str, session_key: str, *, at: datetime
) -> list[Line]:
    active = Q(status=Status.AKTIF)
    stay = ExpressionWrapper(Value(at) - F("stage_entered_at"), output_field=DurationField())
    rows = (
        people.filter(erased_at__isnull=True)
        .order_by(name, key)
        .values(key, name)
        .annotate(
            active=Count("pk", filter=active),
            silent=Count("pk", filter=silent_q(at)),
            stay=Avg(stay, filter=active),
            graduated=Count("pk", filter=Q(status=Status.LULUS)),
            stopped=Count("pk", filter=Q(status=Status.BERHENTI)),
        )
    )
    found = list(rows)
    sessions = _sessions(session_key, [row[key] for row in found], at=at)
    return [
        Line(
            key=str(row[key]), name=row[name], active=row["active"], silent=row["silent"],
            stay=row["stay"].days if row["stay"] is not None else None, graduated=row["graduated"],
            stopped=row["stopped"], **sessions.get(row[key], {"held": 0, "confirmed": 0, "denied": 0}),
        )
        for row in found
    ]  # fmt: skip


def _sessions(key: str, values: Sequence[object], *, at: datetime) -> dict[object, dict[str, int]]:
    """Sessions of the last days by coach or centre: held, confirmed, denied."""
    rows = (
        MentoringSession.objects.held()
        .filter(**{f"{key}__in": values}, starts_at__gt=at - timedelta(days=LATELY))
        .order_by()
        .values(key)
        .annotate(
            held=Count("pk"),
            confirmed=Count("pk", filter=Q(answer=SessionAnswer.TERJADI)),
            denied=Count("pk", filter=Q(answer=SessionAnswer.TIDAK_TERJADI)),
        )
    )
    return {row[key]: {name: row[name] for name in ("held", "confirmed", "denied")} for row in rows}
