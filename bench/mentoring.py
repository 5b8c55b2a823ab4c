"""A coach's week, a coach's morning and the rule of P3 at 1,000,000 sessions of 100,000 participants.

Each statement stands beside what the index alone costs: the same keys, nothing joined and nothing named.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from accounts.models import Role
from accounts.tests.factories import staff
from bench.crowd import multiply, populate
from bench.figures import Bench, Figure
from bench.sql import ask, statement
from core.clock import local_day, now
from participants.models import Enrollment, Stage
from participants.tests.factories import center_of, participant
from programs.mentoring import agenda
from programs.mentoring.facts import sessions_and_plans, with_sessions
from programs.mentoring.tests.factories import agreed, answered, recorded

EACH = 10
"""Sessions of one participant, a week apart."""
CARRIED = 40
"""People of one coach."""


def measure(bench: Bench) -> Iterable[Figure]:
    """A tenth of it in a quick run."""
    people = 10_000 if bench.quick else 100_000
    with transaction.atomic():
        populate(people)
        coach = _fill(people)
        figures = _figures(bench, people, coach)
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
    return figures


def _fill(people: int) -> Any:
    """Ten confirmed sessions and a plan in force for each, and one coach with people of their own."""
    at = now()
    coach = staff(Role.PENDAMPING, center_of().code, is_demo=True)
    one = participant(stage=Stage.PENDAMPINGAN, coach=coach)
    session = recorded(one, coach)
    answered(session)
    plan = agreed(one, coach)
    enrollment = "('00000000-0000-4000-9000-' || lpad(to_hex(i), 12, '0'))::uuid"
    begins = "t.starts_at - (n * 7 + i % 7) * interval '1 day'"
    met = f"(SELECT i, n FROM generate_series(1, {people}) AS i, generate_series(0, {EACH - 1}) AS n) AS s"
    multiply("mentoring_mentoringsession", str(session.pk), met, {
        "id": "gen_random_uuid()", "submission_id": "gen_random_uuid()", "enrollment_id": enrollment,
        "held_submission_id": "gen_random_uuid()", "starts_at": begins, "day": f"({begins})::date",
    })  # fmt: skip
    multiply("mentoring_actionplan", str(plan.pk), f"generate_series(1, {people}) AS i", {
        "id": "gen_random_uuid()", "enrollment_id": enrollment,
    })  # fmt: skip
    theirs = list(Enrollment.objects.order_by("pk").values_list("pk", flat=True)[:CARRIED])
    Enrollment.objects.filter(pk__in=theirs).update(coach=coach, last_activity_at=at)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("ANALYZE mentoring_mentoringsession, mentoring_actionplan, participants_enrollment")
    return coach


def _figures(bench: Bench, people: int, coach: Any) -> list[Figure]:
    at = now()
    since, until = at - timedelta(days=7), at + timedelta(days=1)
    keys = list(Enrollment.objects.filter(coach=coach).values_list("pk", flat=True))
    some = list(Enrollment.objects.order_by("-pk").values_list("pk", flat=True)[:100])
    silent_until = local_day(at) - timedelta(days=7)
    week_keys = (
        "SELECT enrollment_id, starts_at FROM mentoring_mentoringsession"
        " WHERE enrollment_id = ANY(%s) AND starts_at >= %s AND starts_at < %s"
    )
    latest_keys = (
        "SELECT enrollment_id, starts_at FROM mentoring_mentoringsession WHERE enrollment_id = ANY(%s)"
    )
    week, week_alone, morning, morning_alone, rule, rule_alone = bench.medians(
        statement(agenda.sessions_of(coach, since=since, until=until)),
        lambda: ask(week_keys, [keys, since, until]),
        statement(with_sessions(Enrollment.objects.filter(pk__in=keys))),
        lambda: ask(latest_keys, [keys]),
        lambda: sessions_and_plans(some, silent_until=silent_until),
        lambda: ask(latest_keys, [some]),
        rounds=bench.rounds(15),
    )
    size = f"{people * EACH:,} sessions"
    beside = "beside the index alone"
    return [
        Figure(f"a coach's week, {size}: statement {beside}", week, week_alone, "ms", 5),
        Figure(
            f"a coach's morning, {size}: statement for {CARRIED} {beside}", morning, morning_alone, "ms", 5
        ),
        Figure(f"P3 of 100 people, {size}: statement {beside}", rule, rule_alone, "ms", 5),
    ]
