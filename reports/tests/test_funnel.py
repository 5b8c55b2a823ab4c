"""The funnel against the log: a golden scenario move by move, corrections, and random ways with an oracle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Role, User
from accounts.tests.factories import UserFactory, staff
from centers.models import Agency
from core.clock import now
from participants.models import (
    Business,
    Enrollment,
    EvidenceKind,
    Pathway,
    Stage,
    StageTransition,
    Status,
    StopReason,
    TransitionKind,
    WorkforceReport,
)
from participants.tests.factories import (
    EnrollmentFactory,
    PersonFactory,
    StageEvidenceFactory,
    center_of,
    participant,
)
from programs.pipeline import moves
from programs.pipeline.stages import PATHS
from reports.funnel import Funnel, load_cube, load_funnel, load_jobs, month_end
from reports.questions import FunnelQuery

from .histories import CENTERS, Walker, expected, walk

pytestmark = pytest.mark.django_db

NATIONAL = FunnelQuery()


@pytest.fixture
def everything_met(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What each stage asks is tested where it is written; here only the counting matters.

    The list is what a stage misses: nothing, until a test puts something in it to be waived.
    """
    missing: list[object] = []
    monkeypatch.setattr(moves, "missing_requirements", lambda _enrollment, *, at: missing)
    monkeypatch.setattr(moves, "entry_checklists", lambda found, *, on: {e.pk: [] for e in found})
    return missing


@pytest.fixture
def admin() -> User:
    return staff(Role.ADMIN, "ID")


def figures(funnel: Funnel) -> dict[str, tuple[int, int, int, int, int]]:
    """Stages with anybody in them: reached, completed, waived, current, stopped."""
    return {
        str(row.stage): (row.reached, row.completed, row.waived, row.current, row.stopped)
        for row in funnel.stages
        if row.reached
    }


def test_without_any_history_every_figure_is_zero() -> None:
    funnel = load_funnel(NATIONAL)
    assert figures(funnel) == {}
    assert (funnel.registered, funnel.permits) == (0, 0)
    assert load_jobs(NATIONAL).reported == 0
    assert [row.stage for row in funnel.stages] == list(Stage)


def test_figures_move_by_one_with_every_move_of_one_person(everything_met: list[object]) -> None:
    """The main road of a person: waived training, corrected licence, a stop and a return, to the end."""
    manager, coach, dinas = (
        staff(Role.PENGELOLA, "P31.74.07"),
        staff(Role.PENDAMPING),
        staff(Role.DINAS, "31"),
    )
    enrollment = EnrollmentFactory(center=center_of(), coach=coach)
    at = now()

    def act(
        move: Callable[..., Enrollment], actor: User, **given_values: object
    ) -> dict[str, tuple[int, ...]]:
        nonlocal enrollment, at
        at += timedelta(hours=1)
        everything_met[:] = ["Sertifikat"] if move is moves.waive else []
        enrollment = move(
            enrollment_id=enrollment.pk, actor=actor, version=enrollment.version, at=at, **given_values
        )
        return dict(figures(load_funnel(NATIONAL)))

    assert figures(load_funnel(NATIONAL)) == {"pendaftaran": (1, 0, 0, 1, 0)}
    assert act(moves.advance, manager) == {"pendaftaran": (1, 1, 0, 0, 0), "pelatihan": (1, 0, 0, 1, 0)}
    assert act(moves.waive, manager, reason="Sudah punya sertifikat") == {
        "pendaftaran": (1, 1, 0, 0, 0),
        "pelatihan": (1, 0, 1, 0, 0),
        "pendampingan": (1, 0, 0, 1, 0),
    }
    assert act(moves.advance, coach)["perizinan"] == (1, 0, 0, 1, 0)
    assert act(moves.waive, dinas, reason="Izin lama masih berlaku") == {
        "pendaftaran": (1, 1, 0, 0, 0),
        "pelatihan": (1, 0, 1, 0, 0),
        "pendampingan": (1, 1, 0, 0, 0),
        "perizinan": (1, 0, 1, 0, 0),
        "pemasaran": (1, 0, 0, 1, 0),
    }
    back = act(moves.correct, manager, to_stage=Stage.PELATIHAN, reason="Salah catat")
    assert back == {"pendaftaran": (1, 1, 0, 0, 0), "pelatihan": (1, 0, 0, 1, 0)}
    assert act(moves.advance, coach)["pelatihan"] == (1, 1, 0, 0, 0)
    stopped = act(moves.stop, manager, why=StopReason.KELUARGA, reason="Merawat orang tua")
    assert stopped["pendampingan"] == (1, 0, 0, 0, 1)
    assert act(moves.resume, manager)["pendampingan"] == (1, 0, 0, 1, 0)
    lost = act(moves.mark_unreachable, coach, reason="Tiga kali tidak dijawab")
    assert lost["pendampingan"] == (1, 0, 0, 1, 0)
    act(moves.resume, coach)
    for _ in range(4):
        act(moves.advance, coach)
    assert enrollment.stage == Stage.PERMODALAN
    assert act(moves.advance, coach) == {str(stage): (1, 1, 0, 0, 0) for stage in Stage}
    taken_back = act(moves.correct, manager, to_stage=Stage.PERMODALAN, reason="Belum cair")
    assert taken_back["permodalan"] == (1, 0, 0, 1, 0)


def test_a_graduated_job_seeker_who_starts_a_business_is_back_in_the_stage(
    everything_met: list[object],
) -> None:
    manager, coach = staff(Role.PENGELOLA, "P31.74.07"), staff(Role.PENDAMPING)
    enrollment = participant(stage=Stage.PENDAMPINGAN, coach=coach, pathway=Pathway.CARI_KERJA)
    enrollment = moves.advance(enrollment_id=enrollment.pk, actor=coach, version=enrollment.version, at=now())
    assert enrollment.status == Status.LULUS
    assert figures(load_funnel(NATIONAL))["pendampingan"] == (1, 1, 0, 0, 0)
    moves.switch_path(
        enrollment_id=enrollment.pk,
        actor=manager,
        version=enrollment.version,
        pathway=Pathway.MULAI_USAHA,
        at=now(),
    )
    assert figures(load_funnel(NATIONAL))["pendampingan"] == (1, 0, 0, 1, 0)
    assert load_funnel(FunnelQuery(pathway="cari_kerja")).registered == 0
    assert load_funnel(FunnelQuery(pathway="mulai_usaha")).registered == 1


def test_area_and_cohort_come_from_the_registration_and_centre_from_the_last_row() -> None:
    """A transfer does not rewrite where somebody registered, but the present centre counts them."""
    start = datetime(2025, 3, 1, 2, tzinfo=UTC)
    mover = walk(Random(1), steps=0, start=start, district="31.74.07", center=CENTERS[0])
    mover.rows[0].cohort_year = 2025
    before = load_cube(NATIONAL, area_length=8, with_centers=True)
    assert list(before.by_center()) == [CENTERS[0]]
    mover.center = CENTERS[1]
    mover.enrollment.district_id = "31.71.01"
    mover.write(TransitionKind.LANJUT)
    StageTransition.objects.bulk_create(mover.rows[1:])
    cube = load_cube(NATIONAL, area_length=8, with_centers=True)
    assert list(cube.by_area(8)) == ["31.74.07"]
    assert list(cube.by_center()) == [CENTERS[1]]
    assert load_funnel(FunnelQuery(center=CENTERS[0])).registered == 0
    assert load_funnel(FunnelQuery(center=CENTERS[1])).registered == 1


def test_an_area_is_never_a_prefix_of_letters() -> None:
    """31.7 is no area and 31.74 does not hold 31.745."""
    participant()
    assert load_funnel(FunnelQuery(area="31.74")).registered == 1
    assert load_funnel(FunnelQuery(area="31.74.07")).registered == 1
    assert load_funnel(FunnelQuery(area="31.7")).registered == 0
    assert load_funnel(FunnelQuery(area="73")).registered == 0


def test_breakdowns_add_up_to_the_total() -> None:
    start, random = datetime(2025, 1, 1, tzinfo=UTC), Random(7)
    walkers = [
        walk(
            random,
            steps=random.randint(0, 14),
            start=start,
            district=random.choice(["31.74.07", "31.74.05", "31.71.01", "73.71.01"]),
            center=random.choice(CENTERS),
        )
        for _ in range(25)
    ]
    counted = 25 - sum(walker.is_double for walker in walkers)
    assert 0 < counted < 25
    cube = load_cube(NATIONAL, area_length=8, with_centers=True)
    total = cube.total()
    assert total.registered == counted
    for parts in (cube.by_area(2), cube.by_area(5), cube.by_area(8), cube.by_center(), cube.by_pathway()):
        for index, stage in enumerate(total.stages):
            assert stage.reached == sum(part.stages[index].reached for part in parts.values())
            assert stage.passed == sum(part.stages[index].passed for part in parts.values())
            assert stage.current == sum(part.stages[index].current for part in parts.values())
    assert sum(part.registered for part in cube.by_year().values()) == counted
    assert load_cube(NATIONAL, area_length=0, with_centers=False).total() == total


def check(walkers: list[Walker], **filters: object) -> None:
    query = FunnelQuery(
        area=str(filters.get("area") or "ID"),
        year=filters.get("year"),  # type: ignore[arg-type]
        pathway=str(filters.get("pathway") or ""),
        center=str(filters.get("center") or ""),
        until=filters.get("until"),  # type: ignore[arg-type]
    )
    funnel = load_funnel(query)
    assert list(funnel.stages) == expected(walkers, **filters)  # type: ignore[arg-type]
    for row in funnel.stages:
        assert row.reached == row.completed + row.waived + row.current + row.stopped


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), count=st.integers(1, 5), steps=st.integers(0, 22))
def test_random_legal_ways_agree_with_the_definitions(seed: int, count: int, steps: int) -> None:
    random = Random(seed)
    with transaction.atomic():
        walkers = [
            walk(
                random,
                steps=steps,
                start=datetime(2024, 6, 1, 20, tzinfo=UTC),
                district=random.choice(["31.74.07", "31.71.01"]),
                center=random.choice(CENTERS),
            )
            for _ in range(count)
        ]
        check(walkers)
        check(walkers, area="31.74", pathway=random.choice(Pathway.values))
        check(walkers, center=random.choice(CENTERS), year=random.choice([2024, 2025]))
        check(walkers, until=date(2024, 6, 1) + timedelta(days=random.randint(0, 700)))
        transaction.set_rollback(True)


def test_a_state_at_a_months_end_ignores_what_came_later() -> None:
    """Rows count by their local day: one minute past midnight in Jakarta is the next month."""
    before = datetime(2025, 1, 31, 16, 59, tzinfo=UTC)
    EnrollmentFactory(registered_at=before)
    EnrollmentFactory(registered_at=before + timedelta(minutes=1))
    january, february = (FunnelQuery(until=date(2025, 1, 31)), FunnelQuery(until=date(2025, 2, 28)))
    assert load_funnel(january).registered == 1
    assert load_funnel(february).registered == 2
    assert load_funnel(FunnelQuery(until=date(2024, 12, 31))).registered == 0


def test_permits_count_people_with_an_accepted_base_permit_once() -> None:
    checker = UserFactory()
    licensed = participant(stage=Stage.PERIZINAN)
    for kind in (EvidenceKind.NIB, EvidenceKind.SKU):
        StageEvidenceFactory(enrollment=licensed, kind=kind, accepted_by=checker)
    waiting = participant(stage=Stage.PERIZINAN)
    StageEvidenceFactory(enrollment=waiting, kind=EvidenceKind.NIB)
    other = participant(stage=Stage.PERIZINAN, pathway=Pathway.NAIK_KELAS)
    StageEvidenceFactory(enrollment=other, kind=EvidenceKind.SERTIFIKAT, accepted_by=checker)
    assert load_funnel(NATIONAL).permits == 1
    assert load_funnel(NATIONAL).at(Stage.PERIZINAN).reached == 3
    assert load_funnel(FunnelQuery(pathway="naik_kelas")).permits == 0
    assert load_funnel(FunnelQuery(until=date(2020, 1, 31))).permits == 0


def test_jobs_are_those_of_the_latest_report_and_count_only_when_confirmed() -> None:
    person = PersonFactory()
    EnrollmentFactory(person=person)
    shop = Business.objects.create(person=person, name="Warung")
    first = now() - timedelta(days=40)
    WorkforceReport.objects.create(
        business=shop, full_time=9, part_time=9, reported_at=first, confirmed_at=first
    )
    latest = WorkforceReport.objects.create(business=shop, full_time=2, part_time=1)
    stall = Business.objects.create(person=person, name="Kios")
    WorkforceReport.objects.create(business=stall, full_time=1, part_time=0, confirmed_at=now())
    jobs = load_jobs(NATIONAL)
    assert (jobs.reported, jobs.confirmed) == (4, 1)
    latest.confirmed_at = now()
    latest.save(update_fields=["confirmed_at"])
    assert load_jobs(NATIONAL).confirmed == 4
    assert load_jobs(FunnelQuery(area="73")).reported == 0
    assert load_jobs(FunnelQuery(until=month_end(first.date()))).reported in (0, 18)


def test_a_person_with_two_ways_has_each_business_counted_once() -> None:
    person = PersonFactory()
    EnrollmentFactory(person=person, status=Status.LULUS, stage=Stage.PENDAMPINGAN)
    EnrollmentFactory(person=person)
    shop = Business.objects.create(person=person, name="Warung")
    WorkforceReport.objects.create(business=shop, full_time=3, part_time=0)
    assert load_jobs(NATIONAL).reported == 3


def test_an_agency_sees_only_the_people_it_supervises_or_licenses() -> None:
    agencies = [
        Agency.objects.get_or_create(
            code=code, defaults={"name": code, "short_name": code, "area_code": "31", "duties": ["pembina"]}
        )[0]
        for code in ("31-sosial", "31-ptsp")
    ]
    EnrollmentFactory(agency=agencies[0])
    EnrollmentFactory(licensing_agency=agencies[1])
    EnrollmentFactory()
    assert load_funnel(FunnelQuery(area="31", agency="31-sosial")).registered == 1
    assert load_funnel(FunnelQuery(area="31", agency="31-ptsp")).registered == 1
    assert load_funnel(FunnelQuery(area="31")).registered == 3


@pytest.mark.parametrize("with_history", [False, True])
def test_every_answer_is_one_statement(
    with_history: bool, django_assert_num_queries: Callable[..., object]
) -> None:
    if with_history:
        for stage in (Stage.PELATIHAN, Stage.PERIZINAN, Stage.PEMASARAN):
            participant(stage=stage)
    query = FunnelQuery(area="31", year=2026, pathway="mulai_usaha", center="P31.74.07")
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        cube = load_cube(query, area_length=8, with_centers=True)
        cube.total(), cube.by_area(5), cube.by_center(), cube.by_pathway(), cube.by_year()
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        load_jobs(query)


def test_every_path_goes_through_the_first_stages_without_a_gap() -> None:
    """The funnel counts "reached" by the order of the seven stages: a path with a gap would break that."""
    for path in PATHS.values():
        assert path == tuple(Stage)[: len(path)]


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2024, 2, 10), date(2024, 2, 29)),
        (date(2026, 12, 31), date(2026, 12, 31)),
        (date(2026, 11, 23), date(2026, 11, 30)),
    ],
)
def test_month_end_is_the_last_day(day: date, last: date) -> None:
    assert month_end(day) == last
