"""Form fields: hostile input becomes an error beside the field, and can be shown again."""

from datetime import date
from typing import Any

import pytest
from django import forms
from pytest_django import Settings

from core import fields
from core.tests.test_validators import HOSTILE, numbered


class Everything(forms.Form):
    nik = fields.NikField()
    phone = fields.PhoneField()
    nib = fields.NibField(required=False)
    amount = fields.RupiahField(required=False, least=1_000, most=2_000_000)
    day = fields.DayField(required=False)
    name = fields.PlainTextField(max_length=80)
    note = fields.PlainTextField(max_length=500, multiline=True, required=False)


GOOD = {"nik": "3174 0771 0595 0001", "phone": "0812-0000-1234", "name": " Siti  Aminah "}


def test_good_values_come_out_clean() -> None:
    form = Everything({**GOOD, "amount": "Rp 1.500.000", "day": "31/05/2000", "nib": "9120 3045 12345"})
    assert form.is_valid(), form.errors
    clean = form.cleaned_data
    assert clean["nik"].value == "3174077105950001"
    assert clean["phone"] == "+6281200001234"
    assert clean["amount"] == 1_500_000
    assert clean["day"] == date(2000, 5, 31)
    assert clean["name"] == "Siti Aminah"
    assert clean["note"] == ""


def test_empty_optional_fields_have_an_empty_value() -> None:
    form = Everything(GOOD)
    assert form.is_valid()
    assert (form.cleaned_data["amount"], form.cleaned_data["day"], form.cleaned_data["nib"]) == (
        None,
        None,
        "",
    )


@pytest.mark.parametrize("raw", numbered(HOSTILE))
@pytest.mark.parametrize("name", list(Everything.base_fields))
def test_hostile_values_are_refused_and_shown_again(name: str, raw: str) -> None:
    form = Everything({**GOOD, name: raw})
    form.is_valid()
    page = form.as_p()
    page.encode()
    assert "\0" not in page
    assert len(page) < 200_000


def test_an_invisible_name_is_an_empty_name() -> None:
    form = Everything({**GOOD, "name": "\u200b\u200b"})
    assert form.errors["name"] == [fields.PlainTextField.required_text]


@pytest.mark.parametrize(
    ("name", "text"),
    [("nik", "Tulis 16 angka NIK seperti di KTP."), ("phone", fields.PhoneField.required_text)],
)
def test_a_missing_value_says_what_to_write(name: str, text: str) -> None:
    assert Everything({**GOOD, name: "  "}).errors[name] == [text]


def test_typed_values_are_kept_as_typed() -> None:
    form = Everything({**GOOD, "nik": "3174 0771", "day": "32/01/2000"})
    assert not form.is_valid()
    page = form.as_p()
    assert 'value="3174 0771"' in page
    assert 'value="32/01/2000"' in page


def test_stored_values_are_shown_as_people_write_them() -> None:
    page = Everything(
        initial={"amount": 1_500_000, "day": date(2000, 5, 31), "phone": "+6281200001234"}
    ).as_p()
    assert 'value="1.500.000"' in page
    assert 'value="31/05/2000"' in page
    assert 'value="0812-0000-1234"' in page


@pytest.mark.parametrize(("raw", "code"), [("999", "rupiah_least"), ("2.000.001", "rupiah_most")])
def test_amounts_keep_their_bounds(raw: str, code: str) -> None:
    assert Everything({**GOOD, "amount": raw}).errors.as_data()["amount"][0].code == code


@pytest.mark.parametrize(
    ("name", "initial", "data", "changed"),
    [
        ("day", date(2000, 5, 31), "31/05/2000", False),
        ("day", date(2000, 5, 31), "31/05/2001", True),
        ("amount", 1_500_000, "Rp 1.500.000", False),
        ("amount", None, "", False),
        ("phone", "+6281200001234", "0812 0000 1234", False),
        ("phone", "+6281200001234", "rusak", True),
    ],
)
def test_a_field_knows_whether_it_changed(name: str, initial: Any, data: str, changed: bool) -> None:
    assert Everything.base_fields[name].has_changed(initial, data) is changed


def test_the_keypad_fits_the_value(settings: Settings) -> None:
    assert 'inputmode="numeric"' in str(Everything()["nik"])
    assert 'inputmode="tel"' in str(Everything()["phone"])
