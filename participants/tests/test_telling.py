"""What the page of registration says about a field (static/js/telling.js), against the server's rules."""

from __future__ import annotations

import csv
import json
import random
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.validators import MIN_LENGTH
from centers.loading import DATA_DIR
from centers.models import short_regency
from core import clock
from core.validators import MONTHS, clean_nik, clean_phone, local_phone

ROOT = Path(__file__).parents[2]
ASK = """
import { nik, password, phone } from "./static/js/telling.js";
import { readFileSync } from "node:fs";
const { kind, texts, options } = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(texts.map((text) => ({ nik, password, phone })[kind](text, options))));
"""
HARD_DAYS = (
    date(2026, 11, 30),
    date(2028, 2, 29),  # a leap day is today
    date(2031, 1, 1),
)


def told(kind: str, texts: list[str], **options: Any) -> list[dict[str, Any] | None]:
    """What the script says about each text."""
    node = shutil.which("node") or str(ROOT / ".venv" / "bin" / "node")
    done = subprocess.run(
        [node, "--input-type=module", "--eval", ASK], check=True, cwd=ROOT, capture_output=True, text=True,
        input=json.dumps({"kind": kind, "texts": texts, "options": options}), timeout=60,
    )  # fmt: skip
    answers: list[dict[str, Any] | None] = json.loads(done.stdout)
    assert len(answers) == len(texts)
    return answers


def niks() -> list[str]:
    """Every day that can be written, the years around today, and what hands and phones make of a NIK."""
    dates = [f"{day:02d}{month:02d}{year:02d}" for day in range(100) for month in (0, 1, 2, 4, 11, 12, 13, 99)
             for year in (0, 24, 26, 27, 28, 31, 90)]  # fmt: skip
    whole = [f"317407{written}0000" for written in dates]
    chance = random.Random(1)  # the same texts at every run
    spoilt = []
    for text in chance.sample(whole, 400):
        at = chance.randrange(17)
        mark = chance.choice(
            [" ", ".", "-", "\u2013", "\u00a0", "\u200b", "\u00ad", "O", "l", "/", ",", "７", "٣", ""]
        )
        spoilt.append(text[:at] + mark + text[at:])
        spoilt.append(text[: chance.randrange(1, 16)])
        spoilt.append(text + "0" * chance.randrange(1, 4))
    return whole + spoilt


@pytest.mark.parametrize("today", HARD_DAYS, ids=str)
def test_of_a_nik_the_page_says_what_the_server_reads(today: date, time_machine: Any, settings: Any) -> None:
    settings.ALLOW_SYNTHETIC_NIK = True
    time_machine.move_to(f"{today}T05:00:00Z", tick=False)
    assert clock.today() == today
    texts = niks()
    rights = 0
    for text, answer in zip(texts, told("nik", texts, today=str(today), serials=True), strict=True):
        assert answer is not None, text
        try:
            nik = clean_nik(text)
        except ValidationError as refusal:
            assert not answer["isRight"], text
            if refusal.code == "nik_length":
                assert str(len(re.sub(r"[^0-9]", "", text))) in answer["words"].split(" ")
            continue
        born = nik.birth_date
        sex = {"L": "laki-laki", "P": "perempuan"}[nik.gender]
        assert answer == {
            "isRight": True,
            "words": f"Lahir {born.day} {MONTHS[born.month - 1]} {born.year}, {sex}.",
        }, text
        rights += 1
    assert rights > 1000


def test_a_serial_that_no_nik_has_is_named_where_the_server_refuses_it(settings: Any) -> None:
    settings.ALLOW_SYNTHETIC_NIK = False
    with pytest.raises(ValidationError, match="0000"):
        clean_nik("3174075205900000")
    [answer] = told("nik", ["3174075205900000"], today=str(clock.today()), serials=False)
    assert answer == {"isRight": False, "words": "Empat angka terakhir tidak mungkin 0000. Lihat lagi KTP."}


def test_the_place_is_named_as_people_say_it() -> None:
    places = json.loads((ROOT / "static" / "dist" / "places.json").read_text(encoding="utf-8"))
    with (DATA_DIR / "regencies.csv").open(encoding="utf-8", newline="") as lines:
        known = {row["code"].replace(".", ""): short_regency(row["name"]) for row in csv.DictReader(lines)}
    assert places == known
    options = {"today": str(clock.today()), "serials": True, "places": places}
    south, unknown = told("nik", ["3174075205900000", "9999995205900000"], **options)
    assert south == {"isRight": True, "words": "Lahir 12 Mei 1990, perempuan, NIK dari Kota Jakarta Selatan."}
    assert unknown == {"isRight": True, "words": "Lahir 12 Mei 1990, perempuan."}


def phones() -> list[str]:
    """Mobile numbers of every length and beginning, in every usual and unusual spelling."""
    heads = [f"8{first}{second}" for first in range(10) for second in (0, 1, 2, 9)]
    numbers = [(head + "0000012345")[:length] for head in heads for length in range(5, 14)]
    ways = (
        "0{}", "{}", "62{}", "+62{}", "+62 0{}", "0062{}", "+62-{}", "(0{})", "0{}.", "0{}x", "+65{}",
        " 0{} ", "0\u2011{}", "\u202a+62{}\u202c",
    )  # fmt: skip
    typed = [way.format(number) for number in numbers for way in ways]
    grouped = [f"0{one[:3]}-{one[3:7]}-{one[7:]}" for one in numbers] + [
        f"0{one[:3]} {one[3:]}" for one in numbers
    ]
    other = [
        "021-0000-123",
        "0622 000 123",
        "112",
        "08",
        "0",
        "+",
        "+62",
        "nol delapan",
        "0274000123",
        "",
        " ",
    ]
    return typed + grouped + other


def test_of_a_phone_the_page_never_says_otherwise_than_the_server() -> None:
    texts = phones()
    spoken = 0
    for text, answer in zip(texts, told("phone", texts), strict=True):
        if answer is None:
            continue
        spoken += 1
        try:
            number = clean_phone(text)
        except ValidationError:
            assert not answer["isRight"], (text, answer)
        else:
            assert answer == {"isRight": True, "words": f"Nomor Anda: {local_phone(number)}."}, text
    assert spoken > len(texts) * 0.9


def test_a_usual_mobile_number_is_said_back_and_a_landline_is_left_to_the_server() -> None:
    texts = ["0812-0000-1234", "6281200001234", "+62 812 0000 1234", "0812-000", "021-0000-1234", ""]
    first, second, third, short, landline, empty = told("phone", texts)
    assert first == second == third == {"isRight": True, "words": "Nomor Anda: 0812-0000-1234."}
    assert short == {"isRight": False, "words": "Nomor ini belum lengkap."}
    assert landline is None
    assert empty is None


def test_a_password_is_counted_as_the_server_counts() -> None:
    short, enough, empty, wide = told(
        "password", ["x" * (MIN_LENGTH - 1), "x" * MIN_LENGTH, "", "\U0001f600" * 9]
    )
    assert short == {"isRight": False, "words": f"Baru {MIN_LENGTH - 1} huruf. Paling sedikit {MIN_LENGTH}."}
    assert enough == {"isRight": True, "words": "Panjangnya sudah cukup."}
    assert empty is None
    assert wide is not None
    assert not wide["isRight"]
