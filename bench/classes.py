"""The catalogue, the page of a class and the rule of P2 at 20,000 classes and 1,000,000 attendances.

Each statement stands beside what the index alone costs: the same keys, nothing joined and nothing named.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Count, Q

from bench.crowd import multiply, populate
from bench.figures import Bench, Figure
from bench.sql import ask, statement
from core.clock import local_day, now
from participants.models import Enrollment
from programs.training import catalogue
from programs.training.facts import attended_percents
from programs.training.models import Presence, Seat, TrainingClass
from programs.training.tests.factories import called, enrolled, trainee, training_class

SESSIONS, SEATS = 4, 13


def measure(bench: Bench) -> Iterable[Figure]:
    """A tenth of it in a quick run."""
    classes = 2_000 if bench.quick else 20_000
    with transaction.atomic():
        populate(classes * SEATS // 3)
        _fill(classes)
        figures = _figures(bench, classes)
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
    return figures


def _id(group: str, number: str) -> str:
    return f"('00000000-0000-4000-{group}-' || lpad(to_hex({number}), 12, '0'))::uuid"


def _fill(classes: int) -> None:
    """Classes an hour apart from tomorrow on, each with its sessions, seats and attendance."""
    at = now()
    one = training_class(at=at, first_on=local_day(at) + timedelta(days=1), sessions=SESSIONS, capacity=40)
    seat = enrolled(one, trainee(registered_at=at - timedelta(days=20)), at=at)
    called(one, seat, "hadir")
    session, row = one.sessions.get(number=1), seat.attendance.get()
    people = classes * SEATS // 3
    each = f"generate_series(1, {classes}) AS i"
    begins = f"(SELECT starts_at FROM training_trainingclass WHERE id = '{one.pk}') + i * interval '1 hour'"
    multiply("training_trainingclass", str(one.pk), each, {
        "id": _id("a001", "i"), "starts_at": begins, "ends_at": f"{begins} + interval '4 days'",
        "taken": str(SEATS),
    })  # fmt: skip
    met = f"(SELECT i, n FROM {each}, generate_series(1, {SESSIONS}) AS n) AS s"
    multiply("training_classsession", str(session.pk), met, {
        "id": _id("a002", f"i * {SESSIONS} + n"), "training_class_id": _id("a001", "i"), "number": "n",
        "starts_at": f"{begins} + n * interval '1 day'",
        "ends_at": f"{begins} + n * interval '1 day' + interval '2 hours'",
    })  # fmt: skip
    held = f"(SELECT i, k FROM {each}, generate_series(1, {SEATS}) AS k) AS s"
    multiply("training_seat", str(seat.pk), held, {
        "id": _id("a003", f"i * {SEATS} + k"), "training_class_id": _id("a001", "i"),
        "enrollment_id": _id("9000", f"1 + (i * {SEATS} + k) % {people}"),
    })  # fmt: skip
    came = (
        f"(SELECT i, k, n FROM {each}, generate_series(1, {SEATS}) AS k,"
        f" generate_series(1, {SESSIONS}) AS n) AS s"
    )
    multiply("training_attendance", str(row.pk), came, {
        "id": "gen_random_uuid()", "session_id": _id("a002", f"i * {SESSIONS} + n"),
        "seat_id": _id("a003", f"i * {SEATS} + k"),
        "presence": "(ARRAY['hadir', 'hadir', 'hadir', 'alpa'])[1 + (i + k + n) % 4]",
    })  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute(
            "ANALYZE training_trainingclass, training_classsession, training_seat, training_attendance"
        )


def _figures(bench: Bench, classes: int) -> list[Figure]:
    at = now()
    listed = catalogue.search({}, area=None, at=at).order_by("starts_at", "pk")[: catalogue.PAGE_SIZE + 1]
    middle = TrainingClass.objects.order_by("starts_at", "pk")[classes // 2]
    deep = catalogue.search({}, area=None, at=middle.starts_at).order_by("starts_at", "pk")
    came = Count("attendance", filter=Q(attendance__presence__in=Presence.attended()))
    desk = Seat.objects.live().filter(training_class=middle).select_related("enrollment__person")
    seats = list(desk.values_list("pk", flat=True))
    some = list(Enrollment.objects.order_by("pk").values_list("pk", flat=True)[:100])
    theirs = list(Seat.objects.filter(enrollment__in=some).values_list("pk", flat=True))
    keys = "SELECT starts_at, id FROM training_trainingclass WHERE starts_at >= %s ORDER BY 1, 2 LIMIT 21"
    marks = "SELECT seat_id, presence FROM training_attendance WHERE seat_id = ANY(%s)"
    first, later, first_keys, later_keys, people, people_keys, rule, rule_keys = bench.medians(
        statement(listed),
        statement(deep[: catalogue.PAGE_SIZE + 1]),
        lambda: ask(keys, [at]),
        lambda: ask(keys, [middle.starts_at]),
        statement(desk.annotate(came=came).in_rank()),
        lambda: ask(marks, [seats]),
        lambda: attended_percents(some),
        lambda: ask(marks, [theirs]),
        rounds=bench.rounds(15),
    )
    size = f"{classes:,} classes"
    return [
        Figure(f"catalogue, {size}: statement beside the index alone", first, first_keys, "ms", 5),
        Figure(f"catalogue, {size}: half-way beside its index alone", later, later_keys, "ms", 5),
        Figure(f"catalogue, {size}: half-way beside the first page", later, first, "ms", 1.5),
        Figure(f"people of a class, {size}: statement beside the index alone", people, people_keys, "ms", 5),
        Figure(f"P2 of 100 people, {size}: statement beside the index alone", rule, rule_keys, "ms", 5),
    ]
