"""The public pages: content, a fixed number of statements, and any input answered."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import UserFactory
from centers import directory
from centers.models import District
from centers.tests.factories import CenterFactory, CoachProfileFactory
from core.clock import now

pytestmark = pytest.mark.django_db

HOSTILE = [
    "\x00", "%00", "\u202e", "'\"<script>alert(1)</script>", "a" * 5000, "٣١.٧٤.٠٧", "３１", "-1", "1e10",
    "../../etc", "🙂", "%", "_", "\\", "31.74.07\n", "{{ 7*7 }}", "31.99", "99",
]  # fmt: skip


def text_of(response: object) -> str:
    """The page's text without tags and repeated blanks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))  # type: ignore[attr-defined]


def statements(client: Client, path: str) -> int:
    """Number of SQL statements of one GET."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def test_the_directory_shows_all_44_kecamatan_on_the_map_and_in_the_tables(client: Client) -> None:
    CenterFactory(code="P31.74.07")
    CenterFactory(code="P31.74.05", status="direncanakan")
    page = client.get("/pusat/").content.decode()
    drawing = page[page.index('<svg class="tiles"') : page.index("</svg>", page.index('<svg class="tiles"'))]
    tables = page.replace(drawing, "")
    links = set(re.findall(r'href="(/pusat/31\.[0-9.]+/)"', drawing))
    assert len(links) == 44
    assert links == set(re.findall(r'href="(/pusat/31\.[0-9.]+/)"', tables))
    assert 'aria-label="Buka Kebayoran Baru, Kota Jakarta Selatan: Buka"' in drawing
    assert 'aria-label="Rencana Kebayoran Lama, Kota Jakarta Selatan: Rencana buka"' in drawing
    assert "Jakarta: 1 dari 44 kecamatan punya pusat yang buka" in page


def test_the_word_of_a_tile_is_found_in_the_legend() -> None:
    for look in directory.LOOKS.values():
        assert directory.LEGEND[look.step - 1] == look.words
        assert look.words.startswith(look.short)


def test_other_regions_are_listed_with_their_counts(client: Client) -> None:
    CenterFactory(code="P73.71.01")
    CenterFactory(code="P73.71.02", status="jeda")
    text = text_of(client.get("/pusat/"))
    assert "Sulawesi Selatan Kota Makassar (1 dari 15)" in text
    regions = text_of(client.get("/pusat/?wilayah=73"))
    assert "Kota Makassar 1 dari 15" in regions
    makassar = text_of(client.get("/pusat/?wilayah=73.71"))
    assert "15 kecamatan" in makassar
    assert "Jeda sementara" in makassar
    assert "Sementara dilayani di Pusat OK OCE Mariso" in makassar


def test_searching_tells_the_status_and_the_nearest_open_centre(client: Client) -> None:
    CenterFactory(code="P31.74.05")
    text = text_of(client.get("/pusat/?q=kebayoran"))
    assert "2 kecamatan cocok dengan “kebayoran”" in text
    assert "Sementara dilayani di Pusat OK OCE Kebayoran Lama, yang terdekat" in text
    assert "Belum ada pusat yang buka di Kota Jakarta Barat" in text_of(client.get("/pusat/?q=pal+merah"))
    assert "Pilihan terdekat untuk “kebayran”" in text_of(client.get("/pusat/?q=kebayran"))
    assert "Belum ketemu kecamatan “kebbbb”" in text_of(client.get("/pusat/?q=kebbbb"))


def test_the_page_of_a_kecamatan_shows_every_place(client: Client) -> None:
    center = CenterFactory(code="P31.74.07", address="Jl. Wijaya No. 3", whatsapp="+628120000017")
    CoachProfileFactory(center=center)
    CoachProfileFactory(center=center, user=UserFactory(is_active=False))
    CenterFactory(code="P31.74.07-2", name="Pos Melawai", village_id="31.74.07.1001", status="jeda")
    CenterFactory(code="P31.74.07-3", name="Pos Lama", village_id="31.74.07.1002", status="tutup")
    response = client.get("/pusat/31.74.07/")
    text = text_of(response)
    assert "Jl. Wijaya No. 3" in text
    assert "Senin–Jumat 08.00–16.00 WIB" in text
    assert "Pendamping 1 orang" in text
    assert "Pos Melawai Jeda sementara" in text
    assert "Pos Lama" not in text
    assert "https://wa.me/628120000017" in response.content.decode()


def test_without_an_open_centre_the_page_says_where_people_are_served(client: Client) -> None:
    CenterFactory(code="P31.74.05", address="Jl. Ciledug No. 9")
    text = text_of(client.get("/pusat/31.74.07/"))
    assert "Sementara Anda dilayani di Pusat OK OCE Kebayoran Lama" in text
    assert "Jl. Ciledug No. 9" in text


def test_without_any_open_centre_people_are_told_to_register_all_the_same(client: Client) -> None:
    response = client.get("/pusat/91.71.01/")
    assert "Anda tetap bisa mendaftar" in text_of(response)
    assert 'href="/daftar/?district=91.71.01"' in response.content.decode()


def test_the_code_of_a_centre_leads_to_its_kecamatan(client: Client) -> None:
    response = client.get("/pusat/P31.74.07-2/")
    assert (response.status_code, response["Location"]) == (301, "/pusat/31.74.07/")


@pytest.mark.parametrize("code", ["31.99.99", "abc", "31", "P31.99.99", "31.74.07.1001"])
def test_an_unknown_code_is_a_404_that_helps(client: Client, code: str) -> None:
    response = client.get(f"/pusat/{code}/", follow=True)
    assert response.status_code == 404
    assert "cari namanya" in text_of(response)


def test_old_codes_keep_their_page_for_the_people_who_live_there(client: Client) -> None:
    District.objects.filter(pk="31.74.07").update(retired_at=now())
    assert client.get("/pusat/31.74.07/").status_code == 200


@pytest.mark.parametrize(
    "path", ["/pusat/", "/pusat/?q=a%20b", "/pusat/?q=jakarta", "/pusat/?wilayah=31", "/pusat/?wilayah=31.74",
             "/pusat/31.74.07/", "/pusat/31.74.01/", "/wilayah/cari/?q=jakarta"],
)  # fmt: skip
def test_pages_take_few_statements_and_not_more_with_more_centres(client: Client, path: str) -> None:
    CenterFactory(code="P31.74.07")
    few = statements(client, path)
    for district in District.objects.exclude(pk="31.74.07"):
        CoachProfileFactory(center=CenterFactory(code=f"P{district.pk}"))
    many = statements(client, path)
    assert many <= few
    assert many <= 8


def test_the_search_answers_htmx_with_radio_buttons_alone(client: Client) -> None:
    response = client.get("/wilayah/cari/?q=Kebayoran&name=district", headers={"HX-Request": "true"})
    page = response.content.decode()
    assert "<html" not in page
    assert re.findall(r'<input type="radio" name="district" value="([0-9.]+)"', page) == [
        "31.74.07",
        "31.74.05",
    ]
    assert "Kota Jakarta Selatan" in page
    assert "HX-Request" in response["Vary"]


def test_the_search_works_as_a_page_without_javascript(client: Client) -> None:
    page = client.get("/wilayah/cari/?q=pal+merah").content.decode()
    assert '<input type="radio" name="district" value="31.73.07">' in page
    assert 'action="/daftar/"' in page
    assert "Banyak kecamatan" in client.get("/wilayah/cari/?q=an").content.decode()


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_input_is_answered_without_a_fault(client: Client, value: str) -> None:
    typed = quote(value)
    for path in (f"/pusat/?q={typed}", f"/pusat/?wilayah={typed}", f"/wilayah/cari/?q={typed}&name={typed}"):
        response = client.get(path)
        assert response.status_code in (200, 404)
        assert b"<script>alert" not in response.content
        assert b'name="&' not in response.content
    if "/" not in value:
        assert client.get(f"/pusat/{typed}/").status_code in (404, 301)


def test_only_reading_is_possible(client: Client) -> None:
    for path in ("/pusat/", "/pusat/31.74.07/", "/wilayah/cari/"):
        assert client.post(path).status_code == 405
