"""What people type: accepted in any honest spelling, refused in words that help, never an error of ours."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_django import Settings

from core import validators as v

HOSTILE = [
    "",
    " ",
    "\0",
    "3174077105950000\0",
    "\ud800",
    "\udfff317",
    "\u202e3174077105950000",
    "3174\u202e077105950000",
    "٣١٧٤٠٧٧١٠٥٩٥٠٠٠٠",
    "۳۱۷۴",
    "𝟛𝟙𝟟𝟜" * 5,
    "1" * 400,
    "1" * 10_000_000,
    "\ud800" * 10_000_000,
    "1e10",
    "-1",
    "+1",
    "1_000",
    "Rp 5jt",
    "NaN",
    "Infinity",
    "0x10",
    "31/02/2000",
    "99/99/9999",
    "0000-00-00",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "=HYPERLINK(1)",
    "{{ 7*7 }}",
    "%00",
    "\r\n\r\n",
    "\uffff",
    "a\u0301" * 500,
    "0812-0000-12345;ext=99",
    "tel:+62812",
    "+62" + "9" * 37,
]


def numbered(values: list[Any]) -> list[Any]:
    """The values as test cases with short names: some are ten million characters long."""
    return [pytest.param(value, id=f"hostile{number}") for number, value in enumerate(values)]


CLEANERS: list[Callable[[Any], Any]] = [
    v.clean_nik,
    v.clean_phone,
    v.clean_nib,
    v.clean_rupiah,
    v.clean_date,
    lambda raw: v.clean_text(raw, 100),
    lambda raw: v.clean_text(raw, 100, multiline=True),
]


@pytest.fixture(autouse=True)
def synthetic_niks(settings: Settings) -> None:
    settings.ALLOW_SYNTHETIC_NIK = True


def refusal(cleaner: Callable[[Any], Any], raw: Any) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        cleaner(raw)
    return caught.value


@pytest.mark.parametrize("cleaner", CLEANERS)
@pytest.mark.parametrize("raw", numbered([*HOSTILE, None, True, 1.5, b"\xff", [], {}, 10**5000, object()]))
def test_hostile_input_is_cleaned_or_refused_quickly(cleaner: Callable[[Any], Any], raw: Any) -> None:
    begin = time.thread_time()
    texts: list[str] = []
    try:
        value = cleaner(raw)
    except ValidationError as error:
        texts = error.messages
    else:
        str(value).encode()  # can be stored and sent
    assert time.thread_time() - begin < 0.5  # of the processor; a busy machine changes nothing
    assert all(text[0].isupper() and text.endswith(".") and text.encode() for text in texts)


@given(raw=st.text(max_size=300))
@example(raw="\u06dd")
def test_any_text_is_cleaned_or_refused(raw: str) -> None:
    for cleaner in CLEANERS:
        with suppress(ValidationError):
            cleaner(raw)


def a_nik(day: date, gender: str, prefix: str = "317407", serial: str = "0001") -> str:
    return f"{prefix}{day.day + (40 if gender == 'P' else 0):02}{day.month:02}{day.year % 100:02}{serial}"


@given(
    day=st.dates(min_value=date(1930, 1, 1), max_value=date(2026, 11, 1)),
    gender=st.sampled_from("LP"),
    serial=st.integers(1, 9999),
    gaps=st.lists(st.tuples(st.integers(0, 16), st.sampled_from(" .-\u2013\u00a0")), max_size=6),
)
def test_every_honest_nik_is_accepted_in_any_spelling(
    day: date, gender: str, serial: int, gaps: list[tuple[int, str]]
) -> None:
    value = a_nik(day, gender, serial=f"{serial:04}")
    written = list(value)
    for at, gap in sorted(gaps, reverse=True):
        written.insert(at, gap)
    with time_machine.travel(datetime(2026, 11, 22, tzinfo=UTC), tick=False):
        nik = v.clean_nik("".join(written))
        assert (nik.value, nik.gender, nik.area_prefix) == (value, gender, "317407")
        assert (nik.birth_date.day, nik.birth_date.month) == (day.day, day.month)
        assert nik.birth_date.year % 100 == day.year % 100
        assert nik.birth_date <= date(2026, 11, 22)
        assert v.nik_warnings(nik, day, gender) == []


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("317407710595000", "nik_length"),
        ("31740771059500000", "nik_length"),
        ("317407710595000O", "nik_characters"),
        ("٣١٧٤٠٧٧١٠٥٩٥٠٠٠٠", "nik_characters"),
        ("3174070005950000", "nik_date"),
        ("3174073205950000", "nik_date"),
        ("3174074005950000", "nik_date"),
        ("3174077205950000", "nik_date"),
        ("3174073113950000", "nik_date"),
        ("3174073104950000", "nik_date"),
        ("3174072902010001", "nik_date"),  # no leap year in either century
        ("3174077105950000\u202e", "hidden_characters"),
    ],
)
def test_a_wrong_nik_is_refused_with_the_right_reason(raw: str, code: str) -> None:
    assert refusal(v.clean_nik, raw).code == code


def test_the_text_counts_what_was_written() -> None:
    assert refusal(v.clean_nik, "3174 0771 0595 000").messages == [
        "NIK harus 16 angka. Yang Anda tulis baru 15 angka. Periksa lagi dengan KTP."
    ]


def test_fullwidth_digits_become_plain_ones() -> None:
    assert v.clean_nik("３１７４０７７１０５９５００００").value == "3174077105950000"


def test_a_date_in_the_future_belongs_to_the_last_century() -> None:
    with time_machine.travel(datetime(2026, 11, 22, 12, tzinfo=UTC), tick=False):
        tomorrow = date(2026, 11, 23)
        assert v.clean_nik(a_nik(tomorrow, "L")).birth_date == date(1926, 11, 23)
        assert v.clean_nik(a_nik(tomorrow - timedelta(days=1), "L")).birth_date == date(2026, 11, 22)
        # 29 February 2000 existed, 29 February 1900 did not
        assert v.clean_nik("3174072902000001").birth_date == date(2000, 2, 29)


def test_serial_0000_needs_the_setting(settings: Settings) -> None:
    assert v.clean_nik("3174077105950000").value.endswith("0000")
    settings.ALLOW_SYNTHETIC_NIK = False
    assert refusal(v.clean_nik, "3174077105950000").code == "nik_serial"


def test_a_strange_nik_warns_the_officer_and_refuses_nobody() -> None:
    nik = v.clean_nik("9999997105950001")
    assert v.nik_warnings(nik, date(1995, 5, 30), "L") == [
        "awalan_tidak_dikenal",
        "tanggal_lahir_berbeda",
        "jenis_kelamin_berbeda",
    ]
    assert set(v.NIK_WARNINGS) == set(v.nik_warnings(nik, date(1995, 5, 30), "L"))
    assert v.nik_warnings(v.clean_nik("3174077105950001"), None, None) == []


def test_every_kecamatan_of_today_has_a_known_prefix() -> None:
    assert len(v.known_nik_prefixes()) == 7_944


def test_a_nik_never_prints_itself() -> None:
    nik = v.clean_nik("3174077105950000")
    assert "77105950" not in f"{nik} {nik!r}"


@pytest.mark.parametrize(
    "raw",
    [
        "0812-0000-1234",
        "081200001234",
        "62812 0000 1234",
        "+62 812-0000-1234",
        "812 0000 1234",
        "0062 812 0000 1234",
        "\u202a+62 812\u20110000\u20111234\u202c",
        "０８１２００００１２３４",
        "(0812) 0000.1234",
    ],
)
def test_one_number_in_all_its_spellings(raw: str) -> None:
    assert v.clean_phone(raw) == "+6281200001234"


@given(number=st.integers(0, 99_999))
def test_every_demo_number_is_valid(number: int) -> None:
    assert v.clean_phone(f"0812-0000-{number:05}") == f"+628120000{number:05}"


def test_a_landline_is_a_number_too() -> None:
    assert v.clean_phone("(021) 555-1234") == "+62215551234"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("0812", "phone"),
        ("110", "phone"),
        ("+60 12 345 6789", "phone_country"),
        ("0800-FLOWERS", "phone_characters"),
        ("0812 0000 1234 ext 5", "phone_characters"),
        ("٠٨١٢٠٠٠٠١٢٣٤", "phone_characters"),
        ("+62812\u202e00001234", "hidden_characters"),
    ],
)
def test_what_is_no_number_is_refused(raw: str, code: str) -> None:
    assert refusal(v.clean_phone, raw).code == code


@given(amount=st.integers(0, v.MAX_RUPIAH))
def test_every_amount_reads_the_same_in_all_spellings(amount: int) -> None:
    dots = f"{amount:,}".replace(",", ".")
    for written in (str(amount), dots, f"Rp {dots}", f"Rp. {dots}", f"rp{dots},-", f"{dots},00", f" {dots} "):
        assert v.clean_rupiah(written) == amount


@pytest.mark.parametrize(
    "raw",
    [
        "1e10",
        "1_000",
        "5jt",
        "Rp 5jt",
        "1,5",
        "1.00",
        "1.0000",
        "10.00.000",
        "1,000",
        "٣",
        "0x1",
        "1+1",
        "Rp",
        "--",
    ],
)
def test_what_is_no_amount_is_refused(raw: str) -> None:
    assert refusal(v.clean_rupiah, raw)


def test_amounts_have_a_lower_and_an_upper_end() -> None:
    assert refusal(v.clean_rupiah, "-1").code == "rupiah_negative"
    assert refusal(v.clean_rupiah, str(v.MAX_RUPIAH + 1)).code == "rupiah_large"
    assert v.clean_rupiah("000000000000000000001") == 1


@given(day=st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31)))
def test_every_day_reads_the_same_in_both_forms(day: date) -> None:
    for written in (
        f"{day:%d/%m/%Y}",
        f"{day.day}/{day.month}/{day.year}",
        f"{day:%d-%m-%Y}",
        day.isoformat(),
    ):
        assert v.clean_date(written) == day


def test_the_day_always_comes_first() -> None:
    assert v.clean_date("01/02/2003") == date(2003, 2, 1)
    assert refusal(v.clean_date, "01/02/03").code == "date_year"
    assert refusal(v.clean_date, "05/31/2000").code == "date_month"
    assert refusal(v.clean_date, "31/02/2000").messages == [
        "Tanggal 31 Februari 2000 tidak ada. Periksa lagi tanggalnya."
    ]


def test_nib_has_13_digits() -> None:
    assert v.clean_nib("9120 3045 12345") == "9120304512345"
    assert refusal(v.clean_nib, "912030451234").code == "nib_length"
    assert refusal(v.clean_nib, "912030451234A").code == "nib_characters"


@given(raw=st.text(max_size=80))
def test_clean_text_is_stable_and_safe(raw: str) -> None:
    try:
        value = v.clean_text(raw, 80)
    except ValidationError:
        return
    assert v.clean_text(value, 200) == value
    assert "\0" not in value
    assert "\n" not in value
    value.encode()


def test_names_keep_what_names_have() -> None:
    assert v.clean_text("  Siti   Nur’aini  D'Cruz-Ibrahím ", 80) == "Siti Nur’aini D'Cruz-Ibrahím"
    assert v.clean_text("Budi\u200b", 80) == "Budi"
    assert v.clean_text("Ma\u0301rio", 80) == "Mário"
    assert v.clean_text("satu\r\n\r\n\r\n\r\ndua  ", 80, multiline=True) == "satu\n\ndua"


def test_a_long_text_is_told_its_length() -> None:
    assert refusal(lambda raw: v.clean_text(raw, 1200), "x" * 1234).messages == [
        "Tulisan ini terlalu panjang: 1.234 huruf, paling banyak 1.200. Ringkas lagi."
    ]


def test_masks_show_neither_birth_date_nor_sex() -> None:
    assert v.mask_nik("3174077105950000") == "3174 •••• •••• 0000"
    assert v.mask_phone("+6281200001234") == "0812-••••-•1234"
    assert v.mask_phone("+62215551234") == "021-••••-•34"
    assert v.mask_nik("") == v.mask_phone(None) == ""


def test_wa_links_carry_the_bare_number() -> None:
    assert v.wa_link("+6281200001234") == "https://wa.me/6281200001234"
    assert (
        v.wa_link("+6281200001234", "Halo Bu & Pak")
        == "https://wa.me/6281200001234?text=Halo%20Bu%20%26%20Pak"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3174077105950001", True), ("3174 0771 0595 0001", True), ("0812-3456-7890", True),
        ("+62 812 3456 7890", True), ("6281234567890", True),
        ("3174079905950001", False), ("SRT/2026/00001", False), ("8120004812345", False),
        ("021 5551234", False), ("", False), ("421.5/08-2026-0001", False),
    ],
)  # fmt: skip
def test_a_number_that_is_a_persons_is_told_from_a_papers(text: str, expected: bool) -> None:
    assert v.is_nik_or_phone(text) is expected
