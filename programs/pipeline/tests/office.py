"""A centre that posts vacancies, with its people: the world of the tests of placement."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.clock import now
from core.models import OutboxMessage
from participants.models import Enrollment, Pathway, Stage
from participants.tests.factories import (
    center_of,
    participant,
)
from programs.pipeline import moves
from programs.placement import links, placements
from programs.placement.models import Placement, Vacancy
from programs.placement.tests.factories import posted


class Office:
    """A centre with a manager and two coaches, and a job seeker in P3."""

    def __init__(self, center: str = "P31.74.07") -> None:
        self.center = center_of(center)
        self.manager = staff(Role.PENGELOLA, self.center.code, display_name="Maya Kusuma", is_demo=True)
        self.coach = staff(Role.PENDAMPING, self.center.code, display_name="Ratna Dewi", is_demo=True)
        self.colleague = staff(Role.PENDAMPING, self.center.code, display_name="Hendra", is_demo=True)
        self.one = self.seeker()
        self.citizen = self.one.person.user

    def seeker(self, **fields: Any) -> Enrollment:
        """Another job seeker."""
        values: dict[str, Any] = {
            "stage": Stage.PENDAMPINGAN, "center": self.center, "coach": self.coach,
            "pathway": Pathway.CARI_KERJA, "registered_at": now() - timedelta(days=40),
        } | fields  # fmt: skip
        return participant(**values)

    def vacancy(self, **fields: Any) -> Vacancy:
        return posted(self.center, self.manager, **fields)

    def client(self, user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user, backend="accounts.backends.LoginBackend")
        return client

    def fresh(self) -> Enrollment:
        return Enrollment.objects.get(pk=self.one.pk)

    def graduate(self) -> Enrollment:
        one = self.fresh()
        return moves.advance(enrollment_id=one.pk, actor=self.coach, version=one.version, at=now())


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


def told(kind: str) -> set[str]:
    """The users for whom messages of a kind are written."""
    rows = OutboxMessage.objects.filter(ids__kind=kind)
    return {str(recipient) for recipient in rows.values_list("recipient_id", flat=True)}


def asked(placement: Placement, actor: User, *, at: datetime | None = None) -> str:
    """The path of the link an employer is sent."""
    found = placements.ask_employer(
        placement_id=placement.pk, actor=actor, phone="+6281200007777", at=at or now()
    )
    return f"/konfirmasi-kerja/{links.code_of(found)}/"
