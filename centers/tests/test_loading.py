"""Loading the areas: complete, repeatable, and nothing is ever deleted."""

from __future__ import annotations

import csv
import gzip
import shutil
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from centers.loading import DATA_DIR, DEMO_AREAS, load_areas
from centers.models import Agency, District, Province, Regency, Village

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture
def copied_data(tmp_path: Path) -> Path:
    """A copy of the data files that a test may change."""
    return Path(shutil.copytree(DATA_DIR, tmp_path / "data"))


def drop_rows(path: Path, start: str) -> None:
    """Take out the rows that begin so."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(start)), encoding="utf-8")


def test_the_whole_country_is_loaded_and_a_second_run_writes_nothing() -> None:
    load_areas(at=AT)
    counts = [model.objects.current().count() for model in (Province, Regency, District, Village)]
    assert counts == [38, 514, 7285, 83762]
    assert not Village.objects.filter(postal_code="").exists()
    assert not District.objects.filter(lat=None).exists()
    assert [(count.written, count.retired) for count in load_areas(at=AT)] == [(0, 0)] * 5


def test_only_loads_the_named_regions_and_leaves_the_others_alone() -> None:
    before = District.objects.count()
    load_areas(at=AT, only=["34"])
    assert District.objects.count() == before + 78
    assert District.objects.filter(code__startswith="31.").current().count() == 44


def test_the_demo_areas_are_one_per_time_zone_beside_jakarta() -> None:
    zones = [Regency.objects.get(pk=code).zone for code in DEMO_AREAS[1:]]
    assert zones == ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]


def test_a_vanished_code_is_retired_and_comes_back_when_it_returns(copied_data: Path) -> None:
    districts = copied_data / "districts.csv"
    whole = districts.read_text(encoding="utf-8")
    drop_rows(districts, "31.74.07,")
    load_areas(at=AT, only=["31"], data_dir=copied_data)
    assert District.objects.get(pk="31.74.07").retired_at == AT
    assert District.objects.current().filter(regency_id="31.74").count() == 9

    districts.write_text(whole, encoding="utf-8")
    load_areas(at=AT, only=["31"], data_dir=copied_data)
    assert District.objects.get(pk="31.74.07").retired_at is None


def test_a_new_name_is_taken_over_with_its_search_name(copied_data: Path) -> None:
    districts = copied_data / "districts.csv"
    districts.write_text(
        districts.read_text(encoding="utf-8").replace(
            "31.74.01,31.74,Tebet", "31.74.01,31.74,Tebet Raya\\Uji"
        ),
        encoding="utf-8",
    )
    counts = load_areas(at=AT, only=["31"], data_dir=copied_data)
    assert counts[2].written == 1
    tebet = District.objects.get(pk="31.74.01")
    assert (tebet.name, tebet.search_name) == ("Tebet Raya\\Uji", "tebetrayauji")


def test_an_admins_change_to_an_agency_survives_the_next_load() -> None:
    Agency.objects.filter(pk="31-ptsp").update(short_name="PTSP Jakarta", is_active=False)
    load_areas(at=AT, only=["31"])
    agency = Agency.objects.get(pk="31-ptsp")
    assert (agency.short_name, agency.is_active) == ("PTSP Jakarta", False)


def test_the_command_prints_what_it_did_and_refuses_an_unknown_region() -> None:
    out = StringIO()
    call_command("load_areas", only="31", stdout=out)
    assert "kecamatan: 44 rows, 0 new or changed, 0 retired" in out.getvalue()
    with pytest.raises(CommandError, match="99"):
        call_command("load_areas", only="99")


def test_every_data_file_points_only_at_rows_that_exist() -> None:
    with gzip.open(DATA_DIR / "villages.csv.gz", "rt", encoding="utf-8") as lines:
        districts_of_villages = {row["district_code"] for row in csv.DictReader(lines)}
    with (DATA_DIR / "districts.csv").open(encoding="utf-8") as lines:
        districts = {row["code"] for row in csv.DictReader(lines)}
    with (DATA_DIR / "jakarta_tile_grid.csv").open(encoding="utf-8") as lines:
        tiles = {row["code"] for row in csv.DictReader(lines)}
    assert districts_of_villages <= districts
    assert tiles == {code for code in districts if code.startswith("31.")}


def test_prefix_lookups_on_codes_can_use_an_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_indexes WHERE tablename IN ('centers_district', 'centers_village', "
            "'centers_center', 'centers_regency') AND indexdef LIKE '%%pattern_ops%%' "
            "AND indexdef LIKE '%%(code %%'"
        )
        assert {row[0] for row in cursor.fetchall()} == {
            "centers_district",
            "centers_village",
            "centers_center",
            "centers_regency",
        }
