"""The one order in which rows of people are held: enrollments by id, people by id, then what hangs on them.

Whoever holds them in another order can wait for somebody who waits for him: PostgreSQL then ends one of the
two with an error that nobody at a desk understands.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from .models import Enrollment, Merge, Person


def hold_people(person_ids: Iterable[UUID]) -> dict[UUID, Person]:
    """These people with all their enrollments, held for this transaction.

    Rows that point at them may still be inserted elsewhere.
    """
    keys = list(person_ids)
    enrollments = Enrollment.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    list(enrollments.filter(person_id__in=keys).values_list("pk"))
    people = Person.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    return {person.pk: person for person in people.filter(pk__in=keys)}


def hold_person(person_id: UUID) -> Person:
    """One person with all enrollments, held. Raises Person.DoesNotExist."""
    found = hold_people([person_id])
    if person_id not in found:
        raise Person.DoesNotExist
    return found[person_id]


def with_doubles(person_id: UUID) -> set[UUID]:
    """This person and every record merged into hers, directly or through another; read without a lock."""
    found, new = {person_id}, {person_id}
    while new:
        losers = Merge.objects.standing().filter(winner__in=new).values_list("loser_id", flat=True)
        new = set(losers) - found
        found |= new
    return found
