"""Tickets for tests, opened by the act itself so that they are as real ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from accounts.models import Role, User
from accounts.tests.factories import staff
from centers.models import Center
from centers.tests.factories import CenterFactory, district
from core.validators import clean_phone
from helpdesk import services
from helpdesk.models import Kind, Ticket, Topic

MONDAY = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""Monday, 23 November 2026, 10.00 WIB."""


def center(code: str = "P31.74.07") -> Center:
    """The open centre with this code."""
    found = Center.objects.select_related("district__regency").filter(pk=code).first()
    return found or CenterFactory(code=code)


def manager(code: str = "P31.74.07", **fields: Any) -> User:
    """A manager of this centre, in force long before the tests' Monday."""
    return officer(Role.PENGELOLA, center(code).pk, **fields)


def officer(role: Role, scope: str, **fields: Any) -> User:
    """Staff in force long before the tests' Monday."""
    return staff(role, scope, starts_at=MONDAY.replace(year=2020), is_demo=True, **fields)


def ticket(
    *,
    place: str = "31.74.07",
    kind: Kind = Kind.PERTANYAAN,
    topic: Topic = Topic.PERIZINAN,
    text: str = "Bagaimana cara mengurus NIB?",
    name: str = "Siti Contoh",
    phone: str = "0812-0000-1234",
    email: str = "",
    asker: User | None = None,
    browser: str = "",
    at: datetime = MONDAY,
) -> Ticket:
    """A ticket as `/bantuan/` opens it; `place=""`: without kecamatan."""
    question = services.Question(
        kind=kind,
        topic=topic,
        text=text,
        name=name,
        phone=clean_phone(phone) if phone else "",
        email=email,
        checks_self=not (phone or email),
        district=district(place) if place else None,
    )
    asked = services.ask(
        question=question, submission_id=uuid4(), browser=browser or str(uuid4()), asker=asker, at=at
    )
    assert asked is not None and asked.is_new
    return asked.ticket
