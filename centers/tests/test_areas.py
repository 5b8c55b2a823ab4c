"""Searching a kecamatan as people type it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centers.areas import find_district, search_districts
from centers.models import District, Regency, search_key
from core.clock import ZONES, now

from .factories import CenterFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("palmerah", ["31.73.07"]),
        ("Pal Merah", ["31.73.07"]),
        ("  PAL-MERAH. ", ["31.73.07"]),
        ("kebayoran", ["31.74.07", "31.74.05"]),
        ("Kebayoran Baru, Jakarta Selatan", ["31.74.07"]),
        ("kebayoran baru jakarta selatan", ["31.74.07"]),
        ("Kec. Tebet, Kota Jakarta Selatan", ["31.74.01"]),
        ("kecamatan tebet jaksel", ["31.74.01"]),
        ("Setiabudi, DKI", ["31.74.02"]),
        ("31.74.07", ["31.74.07"]),
        ("317407", ["31.74.07"]),
        ("P31.74.07", ["31.74.07"]),
        ("abepura", ["91.71.03"]),
        ("a", []),
        ("", []),
        ("tidak ada nama begini", []),
    ],
)
def test_what_people_type_finds_the_right_kecamatan(typed: str, codes: list[str]) -> None:
    assert [district.code for district in search_districts(typed)] == codes


def test_exact_names_come_before_beginnings_and_beginnings_before_parts() -> None:
    names = [district.name for district in search_districts("bandung")]
    assert names == ["Bandung Kidul", "Bandung Kulon", "Bandung Wetan", "Sumur Bandung"]
    District.objects.filter(pk="32.73.05").update(name="Bandung", search_name="bandung")
    assert search_districts("bandung")[0].code == "32.73.05"


def test_beginnings_of_words_come_before_parts_of_words() -> None:
    District.objects.filter(pk="31.74.07").update(name="Arumbandungan", search_name="arumbandungan")
    names = [district.name for district in search_districts("bandung")]
    assert names == ["Bandung Kidul", "Bandung Kulon", "Bandung Wetan", "Sumur Bandung", "Arumbandungan"]


def test_among_names_that_fit_equally_well_those_with_an_open_centre_come_first() -> None:
    wetan = District.objects.get(name="Bandung Wetan")
    CenterFactory(code=f"P{wetan.pk}")
    assert search_districts("bandung")[0] == wetan


@pytest.mark.parametrize("typed", ["sarmi", "Sar Mi", "arming"])
def test_what_only_meets_across_two_words_is_no_match(typed: str) -> None:
    assert "Pasar Minggu" not in [district.name for district in search_districts(typed)]


@pytest.mark.parametrize("typed", ["pasarmi", "minggu", "asar", "pasar ming", "Pasar-Minggu"])
def test_what_begins_a_word_or_stays_in_one_is_a_match(typed: str) -> None:
    assert "Pasar Minggu" in [district.name for district in search_districts(typed)]


def test_signs_inside_a_word_do_not_part_it() -> None:
    District.objects.filter(pk="31.74.07").update(name="Ulu Moro'o", search_name="ulumoroo")
    for typed in ("moroo", "oroo", "moro'o"):
        assert [district.name for district in search_districts(typed)] == ["Ulu Moro'o"], typed


def test_a_typing_error_is_answered_with_names_that_look_alike() -> None:
    assert {district.name for district in search_districts("kebayran")[:2]} == {
        "Kebayoran Baru",
        "Kebayoran Lama",
    }
    assert search_districts("tebat")[0].name == "Tebet"


def test_the_name_of_a_kota_lists_its_kecamatan() -> None:
    assert {district.regency_id for district in search_districts("Jakarta Selatan")} == {"31.74"}


def test_a_code_is_read_once_a_minute_and_each_reader_has_a_district_of_their_own(
    django_assert_num_queries: Any,
) -> None:
    with django_assert_num_queries(1):
        first, second = find_district("31.74.07"), find_district("31.74.07")
    assert first == second
    assert first is not second
    assert first.full_name == second.full_name
    with django_assert_num_queries(2):  # what is not there is asked again
        assert find_district("31.74.99") == find_district("31.74.99") == []


def test_retired_codes_are_not_offered() -> None:
    District.objects.filter(pk="31.73.07").update(retired_at=now())
    assert search_districts("palmerah") == []
    assert search_districts("31.73.07") == []
    assert find_district("31.73.07") == []


def test_labels_need_no_further_query_and_a_search_at_most_five() -> None:
    with CaptureQueriesContext(connection) as queries:
        labels = [district.full_name for district in search_districts("kebayoran")]
    assert labels == ["Kebayoran Baru, Kota Jakarta Selatan", "Kebayoran Lama, Kota Jakarta Selatan"]
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        search_districts("tidak ada, di mana mana")
    assert len(queries) <= 5


@pytest.mark.parametrize(
    "typed",
    [
        "\x00", "%", "_", "%%%", "'; DROP TABLE centers_district; --", "\ud800\udfff", "\u202etebet",
        "٣١٧٤٠٧", "３１．７４．０７", "a" * 1_000_000, "," * 500, "tebet,\x00",
        "(((((", "\\", "\n\r\t", "🙂🙂🙂",
        "ﷺ" * 90, "31.74.07\n; select", "31.99.99", "999999",
    ],
)  # fmt: skip
def test_hostile_text_is_only_text(typed: str) -> None:
    assert len(search_districts(typed)) <= 10
    found = find_district(typed)
    assert isinstance(found, District) or len(found) <= 10


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("31.74.07", "31.74.07"),
        (" 31.74.07 ", "31.74.07"),
        ("Pal Merah", "31.73.07"),
        ("menteng", "31.71.06"),
        ("mampang", "31.74.03"),
        ("tebet jakarta selatan", "31.74.01"),
    ],
)
def test_a_certain_form_value_is_one_kecamatan(value: str, code: str) -> None:
    found = find_district(value)
    assert isinstance(found, District)
    assert found.code == code


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        ("kebayoran", {"31.74.07", "31.74.05"}),
        ("Kebayoran Baru, Atlantis", {"31.74.07"}),
        ("palmerahh", {"31.73.07"}),
        ("31.99.99", set()),
        ("x", set()),
    ],
)
def test_an_uncertain_form_value_gives_choices(value: str, codes: set[str]) -> None:
    found = find_district(value)
    assert isinstance(found, list)
    assert codes <= {district.code for district in found}
    assert bool(codes) == bool(found)


def test_a_name_that_begins_a_neighbours_name_is_asked_about() -> None:
    District.objects.filter(pk="31.74.07").update(name="Kebayoran", search_name="kebayoran")
    found = find_district("Kebayoran")
    assert isinstance(found, list)
    assert [district.code for district in found] == ["31.74.07", "31.74.05"]


def test_search_keys_forget_case_spaces_signs_and_accents() -> None:
    assert search_key("Pal  Merah") == search_key("PALMERAH") == "palmerah"
    assert search_key("O'o'u") == "oou"
    assert search_key("Sigala-Gala é") == "sigalagalae"


def test_zones_follow_the_region() -> None:
    zones = {code: ZONES[Regency.objects.get(pk=code).zone] for code in ("31.74", "32.73", "73.71", "91.71")}
    assert zones == {"31.74": "WIB", "32.73": "WIB", "73.71": "WITA", "91.71": "WIT"}
