"""The public statistics as a citizen, a program and a spreadsheet read them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.clock import now
from reports import cuts
from reports.funnel import Cube, JobRow, Row
from reports.published import publish

pytestmark = pytest.mark.django_db


def store(monkeypatch: pytest.MonkeyPatch, rows: list[Row], jobs: list[JobRow] | None = None) -> None:
    figures = publish(Cube(rows), jobs or [], last_year=2026)
    monkeypatch.setattr(cuts, "load_published", lambda *, at: figures)
    cuts.take_cut(at=now(), again=True)


def active(area: str, count: int, *, stage: int = 1, year: int = 2026, path: str = "mulai_usaha") -> Row:
    return Row(stage, "aktif", path, "", area, year, (1 << (stage - 1)) - 1, 0, stage > 3, count)


def words(client: Client, address: str, *, status: int = 200) -> str:
    """The text of a page as it is read, with single spaces."""
    answer = client.get(address)
    assert answer.status_code == status, address
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def reached(told: dict[str, Any]) -> list[int | None]:
    return [stage["reached"] for stage in told["stages"]]


def test_before_the_first_cut_the_page_is_friendly(client):
    page = words(client, "/statistik/")
    assert "Angka pertama sedang disiapkan" in page
    assert "284.164" in page
    assert client.get("/statistik/corong.json").status_code == 503
    assert client.get("/statistik/corong.csv").status_code == 503


def test_without_anybody_the_page_says_so(client):
    cuts.take_cut(at=now())
    page = words(client, "/statistik/")
    assert "Belum ada pendaftar di Indonesia" in page
    assert reached(client.get("/statistik/corong.json").json()) == [0] * 7


def test_the_page_has_denominator_cutoff_source_definitions_and_history_apart(client, monkeypatch):
    store(monkeypatch, [active("31.74.07", 40), active("31.74.05", 60, stage=4)])
    page = words(client, "/statistik/")
    assert "Dari 100 pendaftar, 60 punya izin usaha Itu 60,0%" in page
    assert "dihitung sekali sehari, terakhir" in page
    assert "sumber: catatan perpindahan tahap di portal ini" in page
    assert "60,0% dari langkah sebelumnya. 40 orang tidak atau belum ikut pelatihan." in page
    assert "5–7. Pemasaran, pelaporan keuangan, permodalan" in page
    assert "Kurang dari 5 orang, disembunyikan supaya tidak ada yang dikenali." in page
    assert "Historis, agregat, dilaporkan" in page
    for value in (
        "65.414",
        "29.346",
        "284.164",
        "176.891",
        "157.498",
        "148.374",
        "44.456",
        "32.883",
        "6.159",
    ):
        assert page.count(value) == 1
    assert "Keadaan" not in page


def test_an_area_leads_to_its_parts_and_back(client, monkeypatch):
    store(monkeypatch, [active("31.74.07", 40), active("31.74.05", 60), active("31.71.01", 50)])
    address = "/statistik/"
    for code in ("31", "31.74", "31.74.07"):
        page = client.get(address).content.decode()
        assert f'href="/statistik/?wilayah={code}"' in page
        address = f"/statistik/?wilayah={code}"
    page = client.get(address).content.decode()
    assert 'href="/statistik/?wilayah=31.74"' in page
    assert "<h1>Dari 40 pendaftar" in page


def test_hidden_parts_stand_in_one_line_and_the_table_adds_up(client, monkeypatch):
    store(monkeypatch, [active("31.74.07", 40), active("31.74.05", 30), active("31.74.01", 20),
                        active("31.74.02", 3)])  # fmt: skip
    page = words(client, "/statistik/?wilayah=31.74")
    assert "Gabungan angka yang disembunyikan 23 0" in page
    assert "masuk ke baris gabungan" in page
    for code in ("31.74.01", "31.74.02", "31.74.03"):
        told = client.get(f"/statistik/corong.json?wilayah={code}").json()
        assert reached(told) == [None] * 7
        assert told["suppressed"] is True
        assert all(stage["suppressed"] is True for stage in told["stages"])
        assert told["permits"] == {"people": None, "suppressed": True}
        assert "disembunyikan" in words(client, f"/statistik/?wilayah={code}")


def test_a_cohort_and_a_path_have_fewer_figures(client, monkeypatch):
    store(
        monkeypatch, [active("31.74.07", 40, year=2025), active("31.74.07", 30, stage=2, path="naik_kelas")]
    )
    page = words(client, "/statistik/?tahun=2025")
    assert "Dari 40 pendaftar" in page
    assert "Izin tidak dirinci per tahun dan jalur" in page
    told = client.get("/statistik/corong.json?jalur=naik_kelas").json()
    assert told["scope"] == {
        "wilayah": "ID", "nama": "Indonesia", "tahun": None, "jalur": "naik_kelas", "pusat": None,
    }  # fmt: skip
    assert reached(told) == [30, 30, 0, 0, 0, 0, 0]
    assert told["stages"][0]["completed"] is None
    page = words(client, "/statistik/?tahun=2025&jalur=naik_kelas")
    assert "Tahun dan jalur tidak dapat dipilih bersamaan" in page


def test_what_does_not_exist_is_missing_and_what_is_misspelled_can_be_mended(client):
    cuts.take_cut(at=now())
    for suffix in ("", "corong.json", "corong.csv"):
        assert client.get(f"/statistik/{suffix}?wilayah=31.99").status_code == 404
        answer = client.get(f"/statistik/{suffix}?wilayah=jakarta&tahun=1999")
        assert answer.status_code == 422
        assert client.post(f"/statistik/{suffix}").status_code == 405
    page = client.get("/statistik/?wilayah=jakarta").content.decode()
    assert 'value="jakarta"' in page
    assert "Kode wilayah ditulis seperti 31" in page


def test_the_cost_does_not_grow_with_people_areas_or_cohorts(client, monkeypatch):
    def statements(address: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(address).status_code == 200
        return len(caught)

    addresses = ["/statistik/?wilayah=31.74", "/statistik/corong.json?wilayah=31.74",
                 "/statistik/corong.csv?wilayah=31.74"]  # fmt: skip
    store(monkeypatch, [active("31.74.07", 40)])
    few = [statements(address) for address in addresses]
    store(monkeypatch, [active(f"31.74.{number:02}", 40, year=year) for number in range(1, 11)
                        for year in range(2018, 2027)])  # fmt: skip
    assert [statements(address) for address in addresses] == few
    assert max(few) <= 7


def test_every_column_and_figure_stands_in_the_data_dictionary(client):
    cuts.take_cut(at=now())
    page = words(client, "/statistik/kamus/")
    told = client.get("/statistik/corong.json").json()
    for sentence in told["definitions"].values():
        word, meaning = re.split(" = |: ", sentence, maxsplit=1)
        assert word in page and meaning[1:] in page
    header = client.get("/statistik/corong.csv").content.decode("utf-8-sig").splitlines()[0]
    assert all(column in page for column in header.split(","))
    assert "Mengapa ada angka yang disembunyikan" in page


def test_no_link_of_the_page_is_dead(client, monkeypatch):
    store(monkeypatch, [active("31.74.07", 40), active("31.74.05", 60, year=2025)])
    for page in ("/statistik/", "/statistik/?wilayah=31.74", "/statistik/kamus/"):
        text = client.get(page).content.decode()
        text = text[text.index("<main") : text.index("</main>")]
        for address in set(re.findall(r'href="(/[^"#]*)"', text)):
            assert client.get(address.replace("&amp;", "&")).status_code == 200, address
