"""Sessions, plans and clinics made by the acts themselves, so that they are as real ones."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import User
from centers.models import Center, CoachProfile
from core import files
from core.clock import local_day, now
from participants.models import Enrollment, Stage
from programs.mentoring import clinics, coaches, plans, sessions
from programs.mentoring.models import (
    ActionPlan,
    Clinic,
    ClinicVisit,
    CoachDetails,
    MentoringSession,
    MentorKind,
    PlaceKind,
    SessionFile,
    StepOwner,
)


def local(at: datetime, enrollment: Enrollment) -> tuple[date, time]:
    """Day and hour of the clock in the participant's zone."""
    there = at.astimezone(ZoneInfo(enrollment.zone))
    return there.date(), there.time()


def planned(
    enrollment: Enrollment, coach: User, *, starts_at: datetime | None = None, at: datetime | None = None,
    topic: str = "Harga jual", place: str = "Jl. Melati 2", **fields: Any,
) -> MentoringSession:  # fmt: skip
    """A session in two days, unless said otherwise."""
    made_at = at or now()
    day, begins = local(starts_at or made_at + timedelta(days=2), enrollment)
    return sessions.plan_session(
        enrollment_id=enrollment.pk, actor=coach, submission_id=fields.get("submission_id") or uuid4(),
        place=sessions.Place(PlaceKind.KUNJUNGAN, address=place), topic=topic, day=day, begins=begins,
        at=made_at,
    )  # fmt: skip


def recorded(
    enrollment: Enrollment, coach: User, *, session: MentoringSession | None = None, came: bool = True,
    starts_at: datetime | None = None, at: datetime | None = None, submission_id: Any = None,
    **words: Any,
) -> MentoringSession:  # fmt: skip
    """A session written down: an hour ago, unless said otherwise."""
    made_at = at or now()
    day, begins = local(starts_at or made_at - timedelta(hours=1), enrollment)
    said = {"done": "Menghitung harga jual." if came else ""} | words
    return sessions.record_session(
        enrollment_id=enrollment.pk, session_id=session.pk if session else None, actor=coach,
        submission_id=submission_id or uuid4(), place=sessions.Place(PlaceKind.PUSAT), topic="Harga jual",
        day=day, begins=begins, outcome=sessions.Outcome(came=came, **said), at=made_at,
    )  # fmt: skip


def answered(session: MentoringSession, *, happened: bool = True, at: datetime | None = None) -> None:
    """The participant's own word."""
    sessions.answer_session(
        session_id=session.pk, actor=session.enrollment.person.user, happened=happened,
        words="" if happened else "Saya menunggu, tidak ada yang datang.", at=at or now(),
    )  # fmt: skip


def attached(session: MentoringSession, coach: User, *, title: str = "Foto daftar harga") -> SessionFile:
    """A small picture."""
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "#ddd").save(content, "PNG")
    return sessions.attach_file(
        session_id=session.pk, actor=coach, title=title, at=now(),
        store_file=lambda: files.store_upload(
            SimpleUploadedFile("foto.png", content.getvalue(), "image/png"), owner=coach
        ),
    )  # fmt: skip


def steps(*texts: str, due_on: date, owner: StepOwner = StepOwner.PESERTA) -> list[plans.Step]:
    """Steps of P3 with one day."""
    return [plans.Step(text, owner, due_on, Stage.PENDAMPINGAN) for text in texts]


def proposed(
    enrollment: Enrollment, coach: User, *, goal: str = "Berjualan tiap hari", at: datetime | None = None,
    due_on: date | None = None, texts: tuple[str, ...] = ("Menghitung modal", "Mencari pembeli"),
) -> ActionPlan:  # fmt: skip
    """A plan with two steps for next week."""
    made_at = at or now()
    day = due_on or local(made_at, enrollment)[0] + timedelta(days=7)
    return plans.propose(
        enrollment_id=enrollment.pk, actor=coach, goal=goal, steps=steps(*texts, due_on=day), at=made_at
    )


def agreed(enrollment: Enrollment, coach: User, **fields: Any) -> ActionPlan:
    """The same, agreed to by the participant."""
    plan = proposed(enrollment, coach, **fields)
    return plans.agree(plan_id=plan.pk, actor=enrollment.person.user, at=fields.get("at") or now())


def opened(
    center: Center, manager: User, *coaches: User, day: date | None = None, at: datetime | None = None,
    begins: time = time(9), ends: time = time(10), minutes: int = 20, topics: str = "Izin dan harga",
) -> Clinic:  # fmt: skip
    """A clinic tomorrow with three turns, unless said otherwise."""
    made_at = at or now()
    tomorrow = local_day(made_at, center.zone) + timedelta(days=1)
    plan = clinics.ClinicPlan(
        day=day or tomorrow, begins=begins, ends=ends, minutes=minutes, topics=topics, place="Ruang depan",
        link="", coaches=coaches,
    )  # fmt: skip
    return clinics.open_clinic(center=center, plan=plan, actor=manager, submission_id=uuid4(), at=made_at)


def booked(
    enrollment: Enrollment, clinic: Clinic, *, turn: int = 0, topic: str = "Harga kue",
    at: datetime | None = None,
) -> ClinicVisit:  # fmt: skip
    """The participant's own appointment, by the number of the turn from nought."""
    slot = clinic.slots.order_by("starts_at")[turn]
    return clinics.book(
        enrollment_id=enrollment.pk,
        slot_id=slot.pk,
        actor=enrollment.person.user,
        topic=topic,
        at=at or now(),
    )


def walked_in(
    clinic: Clinic, desk: User, enrollment: Enrollment | None = None, *, at: datetime,
    topic: str = "Cara daftar",
) -> ClinicVisit:  # fmt: skip
    """A number given at the desk."""
    return clinics.give_number(
        clinic_id=clinic.pk, enrollment_id=enrollment.pk if enrollment else None, actor=desk,
        submission_id=uuid4(), topic=topic, at=at,
    )  # fmt: skip


def described(profile: CoachProfile, **fields: Any) -> CoachDetails:
    """What a coach says of themselves: nothing, unless said otherwise."""
    said = {
        "kind": MentorKind.PROGRAM, "areas": [], "sectors": [], "languages": [], "capacity": profile.capacity,
        "bio": profile.bio, "is_accepting": profile.is_accepting,
    } | fields  # fmt: skip
    text = coaches.CoachText(**said)
    return coaches.save_profile(profile_id=profile.pk, actor=profile.user, text=text, at=now())
