"""Personal numbers in free text, however their digits are written."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from core.privacy import plain_digits, redact_numbers
from core.validators import check_plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("NIK ３１７４０７４５０６９００００１ saya", "NIK [NIK] saya"),
        ("hubungi ٠٨١٢٠٠٠٠١٢٣٤, ya", "hubungi [nomor HP], ya"),
        ("“3174 0745 0690 0001”", "“[NIK]”"),
        ("lantai ３, pukul १०", "lantai ３, pukul १०"),
        ("luas 10 m² – ½ hektar", "luas 10 m² – ½ hektar"),
    ],
)
def test_numbers_are_found_in_the_digits_of_any_script(text: str, shown: str) -> None:
    assert redact_numbers(text) == shown


def test_digits_of_all_scripts_mean_the_same() -> None:
    assert plain_digits("９１２०٠²é") == "91200²é"


@pytest.mark.parametrize("text", ["Siti\u202e", "a\x1b", "\ufdd0", "٣", ["31.74", "２"], "x²"])
def test_the_forms_of_the_secretariat_refuse_what_disguises(text: str | list[str]) -> None:
    with pytest.raises(ValidationError):
        check_plain(text)


def test_the_forms_of_the_secretariat_take_readable_text() -> None:
    check_plain("Dinas PPKUKM – “Jakarta Selatan” 31.74")
    check_plain(["31.74", "31.75"])
