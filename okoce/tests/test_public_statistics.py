"""The report of 2018 at the public addresses, equal to the staff's figures, from individual records."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from okoce.demo.jakarta_2018 import REPORT_2018, Golden
from reports.funnel import load_cube, load_funnel
from reports.questions import FunnelQuery

pytestmark = pytest.mark.django_db


def reached(told: dict[str, Any]) -> list[int | None]:
    return [stage["reached"] for stage in told["stages"]]


def assert_golden(client: Client, golden: Golden) -> None:
    """What the stable address says of Jakarta, equal to the report and to the staff's dashboard."""
    told = client.get("/statistik/corong.json?wilayah=31").json()
    assert list(told) == ["scope", "cutoff", "definitions", "stages", "permits", "jobs"]
    assert reached(told) == [*golden.reached, 0, 0, 0]
    assert told["permits"] == {"people": golden.reached[3]}
    assert told["jobs"] == {"reported": golden.workers, "confirmed": 0}
    funnel = load_funnel(FunnelQuery(area="31"))
    for stage, figures in zip(told["stages"], funnel.stages, strict=True):
        assert stage == {
            "stage": str(figures.stage), "reached": figures.reached, "completed": figures.completed,
            "waived": figures.waived, "current": figures.current,
        }  # fmt: skip


def test_a_smaller_report_keeps_its_figures_at_the_public_address(settings, client):
    settings.DEMO_MODE = True
    call_command("seed_demo", profile="jakarta-2018", participants=654, stdout=StringIO())
    golden = REPORT_2018.scaled(654 / REPORT_2018.reached[0])
    assert_golden(client, golden)
    page = client.get("/statistik/?wilayah=31").content.decode()
    page = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "Dari 654 pendaftar, 167 punya izin usaha" in page
    assert "Mendaftar 654 ukuran penuh: semua pendaftar" in page


@pytest.mark.battery
def test_the_whole_report_is_shown_for_jakarta_six_cities_and_44_kecamatan(settings, client):
    settings.DEMO_MODE = True
    call_command("seed_demo", profile="jakarta-2018", stdout=StringIO())
    assert_golden(client, REPORT_2018)
    cube = load_cube(FunnelQuery(area="31"), area_length=8, with_centers=False)
    for length, count in ((5, 6), (8, 44)):
        parts = cube.by_area(length)
        assert len(parts) == count
        totals = [0] * 7
        for code, funnel in parts.items():
            told = client.get(f"/statistik/corong.json?wilayah={code}").json()
            assert reached(told) == [figures.reached for figures in funnel.stages], code
            assert told["permits"]["people"] == funnel.permits
            assert told["jobs"]["confirmed"] == 0
            totals = [total + int(value or 0) for total, value in zip(totals, reached(told), strict=True)]
        assert totals == [*REPORT_2018.reached, 0, 0, 0]
