"""Nobody who has all public figures of all filters can work out a group of 1 to 4 people."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from django.test import Client

from core.clock import now
from reports import cuts, suppression
from reports.funnel import Cube, JobRow, Row
from reports.published import publish
from reports.suppression import is_safe, shown_areas

from .attack import Figures, Filter, broken, filters, naive, population

pytestmark = pytest.mark.django_db

GATE_SEEDS = range(2)
BATTERY_SEEDS = range(100, 120)


def cut_of(rows: Sequence[Row], jobs: Sequence[JobRow], monkeypatch: pytest.MonkeyPatch) -> None:
    """Store the public cut of a made-up population."""
    figures = publish(Cube(rows), jobs, last_year=2026)
    monkeypatch.setattr(cuts, "load_published", lambda *, at: figures)
    cuts.take_cut(at=now(), again=True)


def address(question: Filter, suffix: str) -> str:
    area, year, path = question
    return f"/statistik/corong.{suffix}?wilayah={area}&tahun={year or ''}&jalur={path}"


def answered(client: Client, question: Filter) -> Figures:
    """One filter's JSON, flat. Whatever is hidden says so."""
    answer = client.get(address(question, "json"))
    assert answer.status_code == 200, question
    told = answer.json()
    figures: dict[str, int | None] = {}
    parts: list[tuple[str, dict[str, Any]]] = [("", told["permits"]), ("", told["jobs"])]
    parts += [(f".{number}", stage) for number, stage in enumerate(told["stages"], start=1)]
    for suffix, part in parts:
        values = {name: value for name, value in part.items() if name not in ("stage", "suppressed")}
        assert part.get("suppressed", False) == (None in values.values())
        figures |= {f"{name}{suffix}".replace("people", "permits"): value for name, value in values.items()}
    assert told.get("suppressed", False) == (None in figures.values())
    return figures


def fetched(client: Client) -> dict[Filter, Figures]:
    """The JSON of every filter; the CSV of every filter says nothing else."""
    answers = {question: answered(client, question) for question in filters()}
    columns = {
        "sampai": "reached",
        "selesai": "completed",
        "dispensasi": "waived",
        "sekarang_di_sini": "current",
    }
    whole = {
        "punya_izin": "permits",
        "pekerjaan_dilaporkan": "reported",
        "pekerjaan_dikonfirmasi": "confirmed",
    }
    for question in filters():
        text = client.get(address(question, "csv")).content.decode("utf-8-sig")
        for row in csv.DictReader(io.StringIO(text)):
            area, year, path = question
            part = {
                "total": question,
                "wilayah": (row["kode"], year, path),
                "angkatan": (area, int(row["kode"]) if row["bagian"] == "angkatan" else 0, path),
                "jalur": (area, year, row["kode"]),
            }[row["bagian"]]
            if part not in answers:  # an area or cohort without people
                assert row["sampai"] in ("", "0")
                continue
            names = {column: f"{name}.{row['tahap_ke']}" for column, name in columns.items()} | whole
            for column, name in names.items():
                told = answers[part][name]
                assert row[column] == ("" if told is None else str(told)), (question, row)
    return answers


@pytest.mark.parametrize("seed", GATE_SEEDS)
def test_all_public_figures_together_give_no_small_group_away(seed, monkeypatch):
    random = Random(seed)
    rows, jobs = population(random)
    cut_of(rows, jobs, monkeypatch)
    answers = fetched(Client())
    shown = sum(value is not None for figures in answers.values() for value in figures.values())
    assert shown > 100, "a rule that hides everything proves nothing"
    assert broken(answers, rows, jobs, random=random) == []


@pytest.mark.battery
@pytest.mark.parametrize("seed", BATTERY_SEEDS)
def test_many_more_populations_give_no_small_group_away(seed, monkeypatch):
    random = Random(seed)
    rows, jobs = population(random, most=random.choice((15, 40, 120)))
    cut_of(rows, jobs, monkeypatch)
    answers = fetched(Client())
    shown = sum(value is not None for figures in answers.values() for value in figures.values())
    alone = naive(rows, jobs, filters())
    could = sum(value is not None for figures in alone.values() for value in figures.values())
    print(f"seed {seed}: {sum(row.count for row in rows)} people, {shown} figures shown, naive rule {could}")
    assert broken(answers, rows, jobs, random=random) == []


def test_without_the_care_for_the_rest_the_attack_succeeds(monkeypatch):
    monkeypatch.setattr(suppression, "_rest", lambda whole, parts: (0,) * len(whole))
    found = []
    for seed in range(3):
        random = Random(seed)
        rows, jobs = population(random, most=20)
        cut_of(rows, jobs, monkeypatch)
        answers = {question: answered(Client(), question) for question in filters() if not question[1]}
        found += broken(answers, rows, jobs, random=random, enough=1)
        if found:
            break
    assert found


def test_looking_at_one_table_at_a_time_is_broken_by_the_same_attack():
    random = Random(1)
    rows, jobs = population(random)
    found = broken(naive(rows, jobs, filters()), rows, jobs, random=random, enough=3)
    assert len(found) == 3


def test_protecting_the_tree_of_areas_alone_is_broken_through_the_cohorts(monkeypatch):
    """One kecamatan that opened late gives away three people of its neighbor by cohort."""
    rows = [
        Row(1, "aktif", "mulai_usaha", "", "31.74.07", 2024, 0, 0, False, 20),
        Row(1, "aktif", "mulai_usaha", "", "31.74.07", 2025, 0, 0, False, 20),
        Row(1, "aktif", "mulai_usaha", "", "31.74.05", 2025, 0, 0, False, 20),
        Row(1, "aktif", "mulai_usaha", "", "31.74.01", 2025, 0, 0, False, 17),
        Row(1, "aktif", "mulai_usaha", "", "31.74.01", 2024, 0, 0, False, 3),
    ]
    cut_of(rows, [], monkeypatch)
    client = Client()
    answers = fetched(client)
    assert answers["31.74.01", 0, ""]["reached.1"] == 20
    assert broken(answers, rows, [], random=Random(1)) == []
    by_tree = {question: figures for question, figures in answers.items() if not question[1]}
    loose = by_tree | naive(rows, [], [question for question in filters() if question[1] and not question[2]])
    assert loose["31.74.01", 2024, ""]["reached.1"] is None
    [(question, _, value)] = broken(loose, rows, [], random=Random(1), enough=1)
    assert (question[:2], value) == (("31.74.01", 2024), 3)


def test_cohort_and_path_together_are_never_shown(monkeypatch):
    rows = [Row(1, "aktif", "mulai_usaha", "", "31.74.07", 2025, 0, 0, False, 500)]
    cut_of(rows, [], monkeypatch)
    client = Client()
    assert answered(client, ("31", 2025, ""))["reached.1"] == 500
    assert answered(client, ("31", 0, "mulai_usaha"))["reached.1"] == 500
    assert set(answered(client, ("31", 2025, "mulai_usaha")).values()) == {None}
    # Where nobody is, everybody can see that nobody is.
    assert set(answered(client, ("32", 2025, "mulai_usaha")).values()) == {0}


@pytest.mark.parametrize("seed", range(30))
def test_a_shown_area_and_its_rest_are_safe(seed):
    random = Random(seed)
    districts = [f"31.{kota:02}.{number:02}" for kota in range(1, 5) for number in range(1, 7)]
    cells = {district: tuple(random.choice((0, 0, 3, 5, 9, 40)) for _ in range(3)) for district in districts}
    for length in (5, 2):
        for area in sorted({district[:length] for district in districts}):
            inside = [cells[district] for district in districts if district.startswith(f"{area}.")]
            cells[area] = tuple(map(sum, zip(*inside, strict=True)))
    cells["ID"] = cells["31"]
    shown = shown_areas(cells, {area: sum(counts) for area, counts in cells.items()}, within=cells)
    for area in shown:
        assert is_safe(cells[area])
        parts = [cells[part] for part in shown if part != "ID" and (part.rpartition(".")[0] or "ID") == area]
        rest = [whole - sum(part[index] for part in parts) for index, whole in enumerate(cells[area])]
        assert is_safe(rest)
        assert area == "ID" or (area.rpartition(".")[0] or "ID") in shown
