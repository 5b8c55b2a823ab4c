"""The daily cut: what is stored is what the log says, once a day, and nothing that is hidden."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from threading import Thread

import pytest
from django.db import connection

from core.clock import day_start, now
from participants.models import Business, WorkforceReport
from participants.tests.factories import participant
from reports import tasks
from reports.cuts import KEPT, latest_cut, take_cut
from reports.funnel import Cube, JobRow, Row, load_funnel, load_jobs
from reports.models import PublicCut, PublicFigures, ReportedFigure
from reports.published import load_published, publish
from reports.questions import FunnelQuery

from .histories import CENTERS, walk

pytestmark = pytest.mark.django_db

NOON = day_start(date(2026, 11, 23)) + timedelta(hours=12)


def crowd(area: str, count: int, *, stage: int = 1, year: int = 2026, path: str = "mulai_usaha") -> Row:
    """So many people of one kind: active in a stage, everything before it completed."""
    return Row(stage, "aktif", path, "", area, year, (1 << (stage - 1)) - 1, 0, stage > 4, count)


def test_what_is_shown_equals_the_funnel_of_the_log():
    random = Random(7)
    for number in range(90):
        district, center = (("31.74.07", CENTERS[0]), ("31.71.01", CENTERS[1]))[number % 2]
        walk(random, steps=random.randint(0, 9), start=day_start(date(2025, 3, 1)), district=district,
             center=center)  # fmt: skip
    published = load_published(at=now())
    assert published[0].area == "31"
    assert {row.area for row in published if not row.year} >= {"ID", "31"}
    compared = 0
    for row in published:
        funnel = load_funnel(FunnelQuery(area=row.area, year=row.year or None, pathway=row.pathway))
        for counts, figures in zip(row.stages, funnel.stages, strict=True):
            truth = (figures.reached, figures.completed, figures.waived, figures.current)
            for shown, true in zip(counts, truth, strict=True):
                if shown is not None:
                    assert shown == true
                    compared += 1
        assert row.permits in (None, funnel.permits)
    assert compared > 30


def test_jobs_count_each_business_once_and_as_of_the_cut():
    at = now()
    for number in range(6):
        enrollment = participant()
        business = Business.objects.create(person=enrollment.person, name="Contoh")
        for workers, days in ((9, 30), (2, 10)):
            WorkforceReport.objects.create(
                business=business, full_time=workers, part_time=0, reported_at=at - timedelta(days=days),
                confirmed_at=at - timedelta(days=1) if number < 5 and days == 10 else None,
            )  # fmt: skip
    # Registered just now, reported before: the instant of the cut is later.
    jobs = load_jobs(FunnelQuery())
    assert (jobs.reported, jobs.confirmed) == (12, 10)
    # One business alone is not confirmed: five of six would give it away, so neither figure is shown.
    [nation] = [row for row in load_published(at=now()) if (row.area, row.year, row.pathway) == ("ID", 0, "")]
    assert (nation.reported, nation.confirmed) == (None, None)
    WorkforceReport.objects.update(confirmed_at=at)
    [nation] = [row for row in load_published(at=now()) if (row.area, row.year, row.pathway) == ("ID", 0, "")]
    assert (nation.reported, nation.confirmed) == (12, 12)


def test_a_day_has_one_cut_and_an_ordered_one_replaces_it():
    first = take_cut(at=NOON)
    assert first is not None
    assert take_cut(at=NOON + timedelta(hours=3)) is None
    participant()
    second = take_cut(at=NOON + timedelta(hours=4), again=True)
    assert second is not None
    assert [cut.pk for cut in PublicCut.objects.all()] == [second.pk]
    assert latest_cut() == second
    assert PublicFigures.objects.exclude(cut=second).count() == 0


def test_the_scheduler_takes_the_cut_once_a_day(time_machine):
    time_machine.move_to(NOON)
    assert tasks.take_daily_cut() is True
    assert tasks.take_daily_cut() is False
    time_machine.move_to(NOON + timedelta(days=1))
    assert tasks.take_daily_cut() is True


def test_a_week_of_cuts_is_kept():
    for days in range(KEPT + 3):
        take_cut(at=NOON + timedelta(days=days))
    assert PublicCut.objects.count() == KEPT
    assert PublicCut.objects.order_by("day").first().day == date(2026, 11, 26)


def test_too_small_a_part_is_hidden_and_a_second_one_with_it():
    rows = [crowd("31.74.07", 40), crowd("31.74.05", 30), crowd("31.74.01", 20), crowd("31.74.02", 3)]
    published = publish(Cube(rows), [], last_year=2026)
    shown = {row.area: row for row in published if not row.year and not row.pathway}
    # 3 people alone would be the difference; the next smallest goes with them.
    assert set(shown) == {"ID", "31", "31.74", "31.74.05", "31.74.07"}
    assert shown["31.74"].stages[0][0] == 93
    assert shown["31.74"].elsewhere == 23


def test_a_small_stage_is_hidden_and_not_the_stages_before_it():
    rows = [crowd("31.74.07", 40), crowd("31.74.07", 30, stage=2), crowd("31.74.07", 3, stage=3)]
    [kecamatan] = [row for row in publish(Cube(rows), [], last_year=2026)
                   if row.area == "31.74.07" and not row.year and not row.pathway]  # fmt: skip
    assert [counts[0] for counts in kecamatan.stages] == [73, 33, None, None, None, None, None]
    # What became of people in P2 would give away the three in P3.
    assert kecamatan.stages[0] == (73, 33, 0, 40)
    assert kecamatan.stages[1] == (33, None, None, None)


def test_a_young_cohort_counts_with_the_one_before():
    rows = [
        crowd("31.74.07", 40, year=2024),
        crowd("31.74.07", 30, year=2025),
        crowd("31.74.07", 2, year=2026),
    ]
    shown = {row.year: row.stages[0][0] for row in publish(Cube(rows), [], last_year=2026)
             if row.area == "31.74.07" and not row.pathway}  # fmt: skip
    assert shown[0] == 72
    assert shown[2024] == 40
    assert shown[2023] == 0
    assert 2025 not in shown
    assert 2026 not in shown


def test_few_businesses_hide_many_jobs():
    rows = [crowd("31.74.07", 40), crowd("31.74.05", 40)]
    jobs = [
        JobRow("31.74.07", 2026, "mulai_usaha", 50, 0, 2, 0),
        JobRow("31.74.05", 2026, "mulai_usaha", 60, 0, 9, 0),
    ]
    shown = {row.area: row.reported for row in publish(Cube(rows), jobs, last_year=2026) if not row.year
             and not row.pathway}  # fmt: skip
    assert shown == {"ID": 110, "31": 110, "31.74": 110, "31.74.05": None, "31.74.07": None}


def test_the_reported_history_is_loaded_with_its_sources():
    figures = list(ReportedFigure.objects.all())
    assert [row.value for row in figures] == [
        65_414, 55_732, 33_214, 16_734, 29_346,
        284_164, 176_891, 157_498, 148_374, 44_456, 32_883, 6_159,
    ]  # fmt: skip
    assert {row.as_of for row in figures} == {date(2018, 12, 31), date(2021, 10, 27)}
    assert all(row.source and row.publication for row in figures)


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_take_one_cut():
    found = []

    def take() -> None:
        found.append(take_cut(at=NOON))
        connection.close()

    threads = [Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(cut is not None for cut in found) == 1
    assert PublicCut.objects.count() == 1
