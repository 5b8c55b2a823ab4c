"""Vacancies, applications and placements made by the acts themselves; rows alone where a world needs them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from accounts.models import User
from centers.models import Center
from core.clock import local_day, now
from participants.models import Enrollment
from participants.tests.factories import district_of
from programs.placement import applications, placements, vacancies
from programs.placement.models import Application, ApplicationStatus, Placement, Vacancy


def offer(**fields: Any) -> vacancies.Offer:
    """What is written about a vacancy of two places, for a month."""
    values: dict[str, Any] = {
        "employer": "Toko Contoh", "position": "Kasir", "district": district_of(), "pay_from": 3_000_000,
        "pay_to": 3_500_000, "requirements": "Teliti dan jujur", "places": 2,
        "until_on": local_day(now()) + timedelta(days=30),
    } | fields  # fmt: skip
    return vacancies.Offer(**values)


def posted(center: Center, actor: User, *, at: datetime | None = None, **fields: Any) -> Vacancy:
    """A vacancy on the board."""
    made_at = at or now()
    fields.setdefault("until_on", local_day(made_at, center.zone) + timedelta(days=30))
    return vacancies.post(
        center=center, offer=offer(**fields), submission_id=uuid4(), actor=actor, at=made_at
    )


def applied(enrollment: Enrollment, vacancy: Vacancy, *, at: datetime | None = None) -> Application:
    """By the participant."""
    return applications.apply(
        enrollment_id=enrollment.pk, vacancy_id=vacancy.pk, actor=enrollment.person.user, at=at or now()
    )


def accepted(
    application: Application, actor: User, *, starts_on: date | None = None, at: datetime | None = None
) -> Placement:
    """From tomorrow on, unless said otherwise."""
    made_at = at or now()
    day = starts_on or local_day(made_at) + timedelta(days=1)
    return applications.accept(application_id=application.pk, actor=actor, starts_on=day, at=made_at)


def reported(enrollment: Enrollment, *, at: datetime | None = None, **fields: Any) -> Placement:
    """An own job, from today on."""
    made_at = at or now()
    values: dict[str, Any] = {
        "submission_id": uuid4(), "employer": "Bengkel Contoh", "position": "Montir",
        "starts_on": local_day(made_at),
    } | fields  # fmt: skip
    return placements.report_job(
        enrollment_id=enrollment.pk, actor=enrollment.person.user, at=made_at, **values
    )


def confirmed(placement: Placement, by: User, *, at: datetime | None = None) -> Placement:
    """By both sides: the participant, and staff who write down what the employer said."""
    made_at = at or now()
    user = Enrollment.objects.select_related("person__user").get(pk=placement.enrollment_id).person.user
    placements.confirm(placement_id=placement.pk, actor=user, at=made_at)
    return placements.vouch(placement_id=placement.pk, actor=by, reason="Saya temui di toko", at=made_at)


def application_row(enrollment: Enrollment, vacancy: Vacancy, **fields: Any) -> Application:
    """A row for worlds whose participant could not apply."""
    values: dict[str, Any] = {"status": ApplicationStatus.MELAMAR, "applied_at": now()} | fields
    return Application.objects.create(enrollment=enrollment, vacancy=vacancy, **values)


def placement_row(enrollment: Enrollment, recorded_by: User, **fields: Any) -> Placement:
    """The same for a placement that nobody has confirmed."""
    values: dict[str, Any] = {
        "employer": "Toko Contoh", "position": "Kasir", "starts_on": local_day(now()),
    } | fields  # fmt: skip
    return Placement.objects.create(enrollment=enrollment, recorded_by=recorded_by, **values)
