"""What people, paste buttons and attackers send to the pages of help: no server error, nothing written."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client

from helpdesk.models import Ticket, TicketMessage, TicketNote
from helpdesk.tests.factories import MONDAY, manager, ticket
from helpdesk.tests.test_pages import as_user, errors, valid

pytestmark = pytest.mark.django_db

BIDI = "\u202e"
MEGABYTE = "A" * 1_000_000

TEXTS = [
    "",
    " \t\n ",
    "\u200b\u2060",
    "Halo\0",
    "Halo\x07",
    "Halo" + BIDI + "olaH",
    "\u2066Halo",
    "Halo\ufffe",
    "Halo\ufffd",
    "A" * 2001,
    MEGABYTE,
    "NIK saya 3174074506900001",
    "NIK 3174 0745 0690 0001",
    "Hubungi 0812-3456-7890",
    "wa +62 812 3456 7890",
    "628123456789",
]
NAMES = ["", "\0Siti", "Siti" + BIDI, "A" * 121, MEGABYTE, "Siti 081234567890", "3174074506900001"]
PHONES = [
    "0812",
    "+1 202 555 0143",
    "٠٨١٢٠٠٠٠١٢٣٤",
    "0812x00001234",
    "tel:081200001234",
    "081200001234\0",
    "9" * 400,
    MEGABYTE,
    "' OR 1=1 --",
]
EMAILS = [
    "siti",
    "siti@",
    "@contoh.id",
    "siti@contoh",
    "siti contoh@x.id",
    "síti@contoh.id",
    "a@b.id\0",
    MEGABYTE,
]
DISTRICTS = [
    "Kebayoran",
    "Tidak Ada Kecamatan Ini",
    "99.99.99",
    "31.74.07\0",
    BIDI,
    "%00",
    "A" * 121,
    MEGABYTE,
    "'; DROP TABLE centers_district; --",
    "١٢.٣٤.٥٦",
]
CODES = ["", "lain", "PERTANYAAN", "pertanyaan\0", "['keluhan']", MEGABYTE]
IDS = [
    "",
    "1",
    "00000000-0000-0000-0000-00000000000g",
    "{0670c575-3677-4d80-90be-713773c686ba}",
    "urn:uuid:40b99b76-2ab1-48c4-9480-27eba7f1c001",
    "\0",
    MEGABYTE,
]

CASES = [
    *(("text", value) for value in TEXTS),
    *(("name", value) for value in NAMES),
    *(("phone", value) for value in PHONES),
    *(("email", value) for value in EMAILS),
    *(("district", value) for value in DISTRICTS),
    *((field, value) for field in ("kind", "topic") for value in CODES),
    *(("submission_id", value) for value in IDS),
]


def written() -> tuple[int, int, int]:
    return Ticket.objects.count(), TicketMessage.objects.count(), TicketNote.objects.count()


def test_the_table_is_long_enough():
    assert len(CASES) >= 40


@pytest.mark.parametrize(("field", "value"), CASES, ids=lambda value: ascii(value)[:40])
def test_a_hostile_value_is_refused_beside_its_field_and_nothing_is_written(field, value):
    answer = Client().post("/bantuan/", valid(**{field: value}))
    assert answer.status_code == 422
    assert errors(answer) == {field}
    assert written() == (0, 0, 0)
    assert "Belum keluar".lower() in answer.content.decode().lower() or field == "text", (
        "what else was typed stays"
    )


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"\xed\xa0\x80", b"%00", b"a=%ff&text=%ed%a0%80"])
def test_bytes_that_are_no_text_are_refused(raw):
    answer = Client().post("/bantuan/", raw, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (400, 422)
    assert written() == (0, 0, 0)


def test_lone_surrogates_in_a_form_are_refused():
    body = urlencode(valid()).replace("Siti+Contoh", "Siti%ED%A0%80")
    answer = Client().post("/bantuan/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422
    assert written() == (0, 0, 0)


def test_markup_and_formulas_are_shown_as_text():
    manager()
    client = Client()
    text = "<script>alert(1)</script> =HYPERLINK(1) {{ 7*7 }} {number}"
    answer = client.post("/bantuan/", valid(text=text, name="<b>Siti</b>"), follow=True)
    content = answer.content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content
    assert "{{ 7*7 }}" in content
    assert "<script>alert" not in content
    assert "<b>Siti</b>" not in content


NUMBERS = [
    "x",
    "%00",
    "B-26-000001%00",
    "B-26-1",
    "B-26-" + "9" * 300,
    "../../etc/passwd",
    quote("B-٢٦-000123"),
    BIDI,
]


@pytest.mark.parametrize("number", NUMBERS, ids=ascii)
def test_an_address_that_is_no_number_is_not_found(number, settings):
    settings.DEMO_MODE = True
    assert Client().get(f"/bantuan/{number}/").status_code in (303, 404)
    staff = as_user(manager())
    for rest in ("", "ambil/", "serahkan/"):
        assert staff.get(f"/antrean-bantuan/{number}/{rest}").status_code in (404, 405)


@pytest.mark.parametrize(
    "query",
    [
        "q=%00", "q=%ED%A0%80", "q=" + "A" * 500, "q=%25_%25", "status=%00", "status=x&status=y",
        "wilayah=%00", "wilayah=31.74.07.1001.99", "wilayah=ID'--", "sesudah=%00", "sesudah=n1.x",
        "sesudah=n" + "9" * 70,
        "sesudah=p0.00000000000000000000000000000000", "pemilik=%FF", "lewat=%00", "jenis[]=keluhan",
    ],
)  # fmt: skip
def test_hostile_filters_are_not_used_and_the_queue_answers(query, settings):
    settings.DEMO_MODE = True
    assert as_user(manager()).get(f"/antrean-bantuan/?{query}").status_code == 200


@pytest.mark.parametrize("number", ["", "\0", MEGABYTE, "B-26-000001\0", BIDI])
@pytest.mark.parametrize("code", ["", "\0", MEGABYTE, BIDI])
def test_hostile_numbers_and_codes_open_nothing(number, code):
    assert Client().post("/bantuan/cek/", {"number": number, "code": code}).status_code == 422


@pytest.mark.parametrize("text", TEXTS, ids=lambda value: ascii(value)[:40])
def test_hostile_replies_answers_and_notes_are_refused(text: str, settings: Any):
    settings.DEMO_MODE = True
    boss = manager()
    client = Client()
    client.post("/bantuan/", valid())
    one = Ticket.objects.get()
    before = written()
    staff, base = as_user(boss), f"/antrean-bantuan/{one.number}/"
    answers = [
        client.post(f"/bantuan/{one.number}/", {"text": text}),
        staff.post(f"{base}jawab/", {"text": text}),
        staff.post(f"{base}catatan/", {"catatan-text": text}),
        staff.post(f"{base}serahkan/", {"to": "meja:dinas", "reason": text}),
    ]
    assert [answer.status_code for answer in answers] == [422] * 4
    assert written() == before


@pytest.mark.parametrize(
    "to",
    [
        "",
        "orang:",
        "orang:x",
        "orang:00000000-0000-0000-0000-000000000000",
        "meja:pusat",
        "meja:x",
        "pusat\0",
        "::",
    ],
)
def test_a_forged_receiver_is_refused(to, settings):
    settings.DEMO_MODE = True
    boss = manager()
    one = ticket(at=MONDAY)
    answer = as_user(boss).post(f"/antrean-bantuan/{one.number}/serahkan/", {"to": to, "reason": "Alasan"})
    assert (answer.status_code, errors(answer)) == (422, {"to"})
    one.refresh_from_db()
    assert one.owner == boss
