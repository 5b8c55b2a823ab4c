"""The funnel before a merge, after it and after its undoing: one less, one more, to the digit."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.clock import now, today
from participants.models import (
    Enrollment,
    EvidenceKind,
    IdentityStatus,
    Person,
    Stage,
    Status,
    WorkforceReport,
)
from participants.refusals import Refused
from participants.tests.factories import StageEvidenceFactory, center_of, participant
from programs.pipeline import merging
from reports.funnel import Cube, Jobs, StageFigures, load_cube, load_funnel, load_jobs
from reports.questions import FunnelQuery

pytestmark = pytest.mark.django_db

NATIONAL = FunnelQuery()
CENTERS = ("P31.74.07", "P31.74.05", "P73.71.01")


def merge(kept: Enrollment, taken_out: Enrollment, actor: User) -> Any:
    return merging.merge(
        kept_id=kept.pk,
        taken_out_id=taken_out.pk,
        kept_version=kept.version,
        taken_out_version=taken_out.version,
        actor=actor,
        reason="",
        at=now(),
    )


def published() -> tuple[Any, ...]:
    """Every figure that a page can show: total, areas, centres, paths, years, permits, jobs."""
    cube: Cube = load_cube(NATIONAL, area_length=8, with_centers=True)
    jobs = [load_jobs(FunnelQuery(center=code)) for code in ("", *CENTERS)]
    return (
        cube.total(), cube.by_area(5), cube.by_area(8), cube.by_center(), cube.by_pathway(), cube.by_year(),
        jobs, load_jobs(FunnelQuery(until=today() + timedelta(days=1))),
    )  # fmt: skip


def test_a_double_is_counted_once_with_its_permit_and_its_workers() -> None:
    admin = staff(Role.ADMIN, "ID")
    kept = participant(stage=Stage.PEMASARAN)
    taken = participant(stage=Stage.PERIZINAN)
    Person.objects.filter(pk=taken.person_id).update(identity_status=IdentityStatus.DIKETIK)
    participant(stage=Stage.PELATIHAN)
    StageEvidenceFactory(enrollment=taken, kind=EvidenceKind.NIB, accepted_by=admin)
    for enrollment in (kept, taken):
        business = enrollment.person.businesses.create(name="Dapur Siti")
        WorkforceReport.objects.create(business=business, full_time=2, part_time=0, reported_by=admin)
    before, yesterday = published(), FunnelQuery(until=today() - timedelta(days=1))
    assert load_funnel(NATIONAL).registered == 3
    was = load_funnel(yesterday)
    kept.refresh_from_db()
    done = merge(kept, Enrollment.objects.get(pk=taken.pk), admin)
    funnel = load_funnel(NATIONAL)
    assert [row.reached for row in funnel.stages] == [2, 2, 1, 1, 1, 0, 0]
    assert sum(row.stopped for row in funnel.stages) == 0
    assert funnel.permits == 1
    assert load_jobs(NATIONAL) == load_jobs(FunnelQuery(until=today())) == Jobs(2, 0)
    assert load_funnel(yesterday) == was, "what was true yesterday was counted then"
    merging.undo(merge_id=done.pk, actor=admin, reason="Keliru", at=now())
    assert published() == before


def test_a_business_only_the_double_had_is_counted_with_the_one_who_goes_on() -> None:
    admin = staff(Role.ADMIN, "ID")
    kept, taken = participant(), participant(center="P31.74.05")
    business = taken.person.businesses.create(name="Dapur Siti")
    WorkforceReport.objects.create(business=business, full_time=3, part_time=1, reported_by=admin)
    assert load_jobs(NATIONAL).reported == 4
    merge(kept, taken, admin)
    assert load_jobs(NATIONAL).reported == load_jobs(FunnelQuery(center="P31.74.07")).reported == 4
    assert load_jobs(FunnelQuery(center="P31.74.05")).reported == 0


def someone(random: Random, admin: User) -> Enrollment:
    """A participant somewhere on the way, with a chance of NIK, permit, business and workers."""
    stage = random.choice(list(Stage))
    fields: dict[str, Any] = {}
    if random.random() < 0.4:
        fields = {"person__nik": None, "person__no_nik_reason": "Belum jadi"}
    if random.random() < 0.3:
        fields["person__phone"] = None
    if random.random() < 0.3:
        fields["person__user"] = None
    statuses = [None, None, Status.TIDAK_TERHUBUNGI, Status.BERHENTI]
    enrollment = participant(
        stage=stage,
        center=center_of(random.choice(CENTERS)),
        status=random.choice([*statuses, Status.LULUS] if stage == Stage.PERMODALAN else statuses),
        registered_at=now() - timedelta(days=random.randint(2, 700)),
        **fields,
    )
    if random.random() < 0.5:
        StageEvidenceFactory(enrollment=enrollment, kind=EvidenceKind.NIB, accepted_by=admin)
    if random.random() < 0.5:
        business = enrollment.person.businesses.create(name="Usaha")
        WorkforceReport.objects.create(
            business=business, full_time=random.randint(0, 5), part_time=1, reported_by=admin
        )
    return Enrollment.objects.get(pk=enrollment.pk)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_any_merge_takes_one_out_and_its_undoing_restores_every_figure(seed: int) -> None:
    random = Random(seed)
    with transaction.atomic():
        admin = staff(Role.ADMIN, "ID")
        kept, taken, *_others = [someone(random, admin) for _ in range(random.randint(2, 4))]
        before, stood = published(), load_funnel(NATIONAL)
        try:
            done = merge(kept, taken, admin)
        except Refused:
            assert published() == before
            assert kept.person.is_identity_verified and taken.person.is_identity_verified
        else:
            after = load_funnel(NATIONAL)
            assert after.registered == stood.registered - 1
            for row, was in zip(after.stages, stood.stages, strict=True):
                assert row.reached == row.completed + row.waived + row.current + row.stopped
                assert row.reached == was.reached - int(was.stage.number <= taken.stage_number)
            assert after.permits in (stood.permits, stood.permits - 1)
            merging.undo(merge_id=done.pk, actor=admin, reason="Keliru", at=now())
            assert published() == before
        transaction.set_rollback(True)


def test_an_empty_stage_keeps_its_shape() -> None:
    """Merging the only two people leaves one, nowhere negative."""
    admin = staff(Role.ADMIN, "ID")
    merge(participant(), participant(), admin)
    first, *rest = load_funnel(NATIONAL).stages
    assert first == StageFigures(Stage.PENDAFTARAN, reached=1, current=1)
    assert {row.reached for row in rest} == {0}
