"""Figures, money, days and instants read as Indonesian readers write them."""

from datetime import UTC, date, datetime

import pytest

from core import formats


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (65414, "65.414"), (1_000_000, "1.000.000"), (-1200, "−1.200"), (None, "–")],
)
def test_numbers_have_dots_for_thousands(value: int | None, text: str) -> None:
    assert formats.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "Rp0"), (1_500_000, "Rp1.500.000"), (-25_000, "−Rp25.000"), (None, "–")]
)
def test_money_is_whole_rupiah(value: int | None, text: str) -> None:
    assert formats.rupiah(value) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (16734, 65414, "25,6%"),
        (55732, 65414, "85,2%"),
        (33214, 55732, "59,6%"),
        (65414, 65414, "100,0%"),
        (0, 65414, "0,0%"),
        (1, 800, "0,1%"),
        (25, 1000, "2,5%"),
        (45, 10000, "0,5%"),
        (1, 10000, "<0,1%"),
        (9999, 10000, ">99,9%"),
        (3, 2, "150,0%"),
        (0, 0, "–"),
        (5, None, "–"),
        (None, 10, "–"),
    ],
)
def test_shares_keep_one_decimal_and_never_pretend(part: int | None, whole: int | None, text: str) -> None:
    assert formats.percent(part, whole) == text


def test_a_label_inside_a_sentence_keeps_its_abbreviation() -> None:
    assert formats.inside("Nomor NIB") == "nomor NIB"
    assert formats.inside("SKPD pembina ditetapkan") == "SKPD pembina ditetapkan"
    assert formats.inside("") == ""


def test_days_are_written_in_three_lengths() -> None:
    friday = date(2026, 11, 27)
    assert formats.day_long(friday) == "Jumat, 27 November 2026"
    assert formats.day(friday) == "27 November 2026"
    assert formats.day_short(date(2026, 8, 3)) == "3 Agu 2026"
    assert formats.day(None) == formats.day_long(None) == formats.day_short(None) == "–"


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Asia/Jakarta", "27 November 2026, 23.20 WIB"),
        ("Asia/Makassar", "28 November 2026, 00.20 WITA"),
        ("Asia/Jayapura", "28 November 2026, 01.20 WIT"),
    ],
)
def test_an_instant_is_told_in_its_own_zone(zone: str, text: str) -> None:
    assert formats.moment(datetime(2026, 11, 27, 16, 20, tzinfo=UTC), zone) == text


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        formats.moment(datetime(2026, 11, 27, 16, 20))


@pytest.mark.parametrize(
    ("size", "text"),
    [(12, "12 byte"), (240_000, "240 kB"), (1_400_000, "1,4 MB"), (5_000_000, "5 MB")],
)
def test_file_sizes_are_short(size: int, text: str) -> None:
    assert formats.file_size(size) == text
