"""What people, paste buttons and attackers send to `/daftar/`: an error beside the field, nothing written."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import pytest
from django.test import Client

from participants.tests.factories import center_of, synthetic_nik
from participants.tests.test_registration_page import PASSWORD, errors, html, post, rows_written, valid

pytestmark = pytest.mark.django_db

BIDI = "\u202e"
FORMULA = "=HYPERLINK(1)"
LONG = "9" * 400
MEGABYTE = "A" * 1_000_000

NIKS = [
    "317407450690000",  # 15 digits
    "31740745069000000",  # 17 digits
    "3174074506900000\u0660",
    "\u0663\u0661\u0667\u0664\u0660\u0667\u0664\u0665\u0660\u0666\u0669\u0660\u0660\u0660\u0660\u0660",
    "\u0967\u0967\u0967\u0967\u0967\u0967\u0967\u0967\u0967\u0967\u0967\u0967\u0967\u0967\u0967\u0967",
    "3174070006900000",  # day 00
    "3174073206900000",  # day 32
    "3174074006900000",  # day 40
    "3174077206900000",  # day 72
    "3174074513900000",  # month 13
    "3174073002900000",  # 30 February
    "3174077002900000",  # 30 February, woman
    "317407450690000O",
    "317407450690000l",
    "+3174074506900000x",
    "3.174e15",
    "1e10",
    "0x3174074506900000",
    "3174074506900000\0",
    "3174074506900000" + BIDI,
    BIDI + "0000960547047173",
    "3174_0745_0690_0000",
    "3174,0745,0690,0000",
    "NIK: 3174074506900000",
    "²²²²²²²²²²²²²²²²²",
    "①" * 17,
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    FORMULA,
    LONG,
    MEGABYTE,
    "kosong",
    "🙂" * 16,
    "null",
    "[]",
    '{"nik": 1}',
]
NAMES = [
    "\0Siti",
    "Siti\x07",
    "Siti" + BIDI + "itiS",
    "\u2066Siti",
    "Siti\ufffe",
    "Siti\ufffd",
    "<script>alert(1)</script>",
    "Siti {{ 7*7 }}",
    "Siti%00",
    FORMULA,
    "+62811",
    "@SUM(A1)",
    "Siti; DROP TABLE users",
    "3174074506900000",
    "Siti 081234567890",
    "Siti <b>",
    "12345",
    "...",
    "- - -",
    "'''",
    "A" * 121,
    MEGABYTE,
    "S\u0336" + "\u0336" * 500,
    "Siti_Rahmawati",
    "Siti$",
    "Siti🙂",
    "null\\x00",
    "\x1b[31mSiti",
    "\u3164=",
]
PHONES = [
    "0812",
    "08120000",
    "0812-0000-1234-5678-9012",
    "+1 202 555 0143",
    "+65 6123 4567",
    "٠٨١٢٠٠٠٠١٢٣٤",
    "0812x00001234",
    "0812 0000 1234 ext 5",
    "tel:081200001234",
    "wa.me/6281200001234",
    "1e10",
    "0812\0" + "00001234",
    "0812" + BIDI + "00001234",
    "0000000000000",
    "++6281200001234",
    LONG,
    MEGABYTE,
    FORMULA,
    "<img src=x onerror=alert(1)>",
    "tidak punya",
    "0812,0000,1234",
    "999",
    "🙂",
]
DATES = [
    "31/02/2000",
    "32/01/2000",
    "00/01/2000",
    "01/13/2000",
    "05/31/2000",
    "2000-13-01",
    "2000-02-30",
    "1899-12-31",
    "01/02/03",
    "1/1/99",
    "2101-01-01",
    "01/01/2099",
    "kemarin",
    "31 Mei 2000",
    "1e10",
    "-1",
    "٣١/٠٥/٢٠٠٠",
    "2000-05-31T00:00:00",
    "2000-05-31\0",
    BIDI + "0002/50/13",
    LONG,
    MEGABYTE,
    "0000-00-00",
    FORMULA,
]
EMAILS = [
    "siti",
    "siti@",
    "@contoh.id",
    "siti@@contoh.id",
    "siti @contoh.id",
    "siti@contoh",
    "siti@contoh..id",
    "siti@contoh.id\0",
    "siti@contoh.id, budi@contoh.id",
    "siti@contoh.id\nBcc: x@y.id",
    "<siti@contoh.id>",
    "javascript:alert(1)",
    "sit\u0456@\u0441ontoh.id",
    BIDI + "siti@contoh.id",
    "a" * 250 + "@contoh.id",
    MEGABYTE,
    "siti@[127.0.0.1",
    '"siti"@contoh.id x',
]
PLACES = [
    "",
    "   ",
    "x",
    "99.99.99",
    "31.74.99",
    "31.74",
    "31",
    "31.74.07.1001",
    "٣١.٧٤.٠٧",
    "%",
    "_",
    "%%%",
    "' OR '1'='1",
    "\\",
    "31.74.07\0",
    "Kebayoran" + BIDI,
    "Zzqxw",
    "-1",
    "1e10",
    "<script>",
    "../../etc/passwd",
    LONG,
    MEGABYTE,
    "🙂🙂🙂",
    FORMULA,
]
TEXTS = [
    "\0",
    "Jl.\x01",
    "Jl." + BIDI,
    "Jl. 3174074506900000",
    "Hubungi 081234567890",
    "A" * 301,
    MEGABYTE,
    "Jl.\ufffd",
]
VILLAGES = ["Tidakada", "99.99.99.9999", "31.74.05.1001", "%", "\0", BIDI, LONG, "<b>", "1e10", FORMULA]
CODES = [
    "",
    "P8",
    "naik kelas",
    "NAIK_KELAS",
    "naik_kelas\0",
    "0",
    "-1",
    "1e10",
    "[]",
    "<script>",
    BIDI,
    LONG,
    MEGABYTE,
]
PASSWORDS = [
    "",
    "pendek",
    "123456789",
    "1234567890",
    "password123",
    "qwertyuiop",
    "\0" * 12,
    "a" * 1001,
    "sandi\0panjang",
    MEGABYTE,
]
CONSENTS = ["", "0", "false", "off", "tidak", "\0", "[]", LONG]

CASES = [
    *(("nik", value) for value in NIKS),
    *(("full_name", value) for value in NAMES),
    *(("phone", value) for value in PHONES),
    *(("birth_date", value) for value in DATES),
    *(("email", value) for value in EMAILS),
    *(("district", value) for value in PLACES),
    *(("address", value) for value in [*TEXTS, "", " ", "\u200b"]),
    *(("goal", value) for value in TEXTS),
    *(("source", value) for value in [*TEXTS[:5], "A" * 61]),
    *(("no_nik_reason", value) for value in [*TEXTS[:5], "A" * 201]),
    *(("village", value) for value in VILLAGES),
    *(("pathway", value) for value in CODES),
    *(("gender", value) for value in ["X", "l", "P\0", "laki-laki", "1e10", BIDI, LONG]),
    *(("business_sector", value) for value in ["makanan", "KULINER", "\0", "-1", LONG]),
    *(("business_name", value) for value in TEXTS[:5]),
    *(("password", value) for value in PASSWORDS),
    *(("consent", value) for value in CONSENTS),
]
KEPT = {
    "full_name": "Siti Rahmawati",
    "address": "Jl. Wijaya Timur No. 12, RT 04/RW 02",
    "source": "Tetangga",
}


@pytest.fixture(autouse=True)
def _center() -> None:
    center_of()


def test_there_are_enough_hostile_cases() -> None:
    assert len(CASES) >= 240


@pytest.mark.parametrize(
    ("name", "value"), CASES, ids=[f"{name}-{index}" for index, (name, _) in enumerate(CASES)]
)
def test_hostile_values_are_refused_beside_their_field(client: Client, name: str, value: str) -> None:
    before = rows_written()
    data = valid(source="Tetangga") | {name: value}
    if name in ("business_sector", "business_name"):
        data["pathway"] = "naik_kelas"
    if name == "no_nik_reason":
        data["nik"] = ""
    response = post(client, data)
    page = html(response)

    assert response.status_code == 422
    assert rows_written() == before
    assert "_auth_user_id" not in client.session
    found = errors(response)
    assert found[name].strip()
    assert not re.search(r"\b(valid|required|field|enter|ensure|select a)\b", found[name], re.IGNORECASE), (
        found[name]
    )
    assert set(found) <= {name, "password"}
    for other, kept in KEPT.items():
        if other != name:
            assert f'value="{kept}"' in page, other
    assert f'value="{data["nik"]}"' in page or name in ("nik", "no_nik_reason")
    assert PASSWORD not in page
    assert "<script>alert(1)" not in page
    assert "\0" not in page
    assert len(page) < 80_000


@pytest.mark.parametrize(
    "name",
    [
        "nik",
        "full_name",
        "phone",
        "district",
        "address",
        "pathway",
        "password",
        "consent",
        "email",
        "birth_date",
        "goal",
    ],
)
def test_a_value_sent_twice_is_refused(client: Client, name: str) -> None:
    before = rows_written()
    data = valid(email="siti@contoh.id", birth_date="31/05/2000", goal="Warung")
    body = urlencode([*data.items(), (name, data[name])])
    response = client.post("/daftar/", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 422
    assert "terkirim dua kali" in errors(response)[name]
    assert rows_written() == before


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "1",
        "x" * 36,
        "00000000-0000-0000-0000-00000000000g",
        "{" + "0" * 32 + "}",
        "0" * 32,
        "\0" * 36,
        LONG,
        MEGABYTE,
    ],
)
def test_a_broken_submission_id_is_replaced(client: Client, broken: str) -> None:
    before = rows_written()
    data = valid(submission_id=broken)
    response = post(client, data)
    assert response.status_code == 422
    assert "terbuka terlalu lama" in html(response)
    assert rows_written() == before
    fresh = re.search(r'submission_id" value="([0-9a-f-]{36})"', html(response))
    assert fresh
    assert post(client, data | {"submission_id": fresh[1]}).status_code == 303


SURROGATES = [b"\xed\xa0\x80", b"Siti\xed\xb0\x80", b"\xff\xfe", b"\xc0\x80", b"\xf4\x90\x80\x80"]


@pytest.mark.parametrize("raw", SURROGATES)
def test_bytes_that_are_no_text_are_refused(client: Client, raw: bytes) -> None:
    before = rows_written()
    data = {key: value for key, value in valid().items() if key != "full_name"}
    body = urlencode(data) + "&full_name=" + quote_from_bytes(raw)
    response = client.post("/daftar/", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 422
    assert "full_name" in errors(response)
    assert rows_written() == before


@pytest.mark.parametrize("charset", ["utf-7", "utf-16-le", "latin-1", "rot13", "does-not-exist"])
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=B", "application/x-www-form-urlencoded"])
def test_other_encodings_are_refused(client: Client, kind: str, charset: str) -> None:
    """In UTF-7 a lone surrogate can be written; a page that shows it back must not break."""
    before = rows_written()
    fields = valid(full_name="+2AA-Siti +3AA-", address="\u0000")
    body = "".join(
        f'--B\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()
    )
    sent = f"{body}--B--\r\n" if kind.startswith("multipart") else urlencode(fields)
    response = client.generic("POST", "/daftar/", sent.encode(), content_type=f"{kind}; charset={charset}")
    assert 400 <= response.status_code < 500
    assert rows_written() == before


@pytest.mark.parametrize("name", ["full_name", "nik", "address", "district", "password"])
def test_ten_megabytes_are_too_large(client: Client, name: str) -> None:
    before = rows_written()
    response = post(client, valid() | {name: "A" * 10_000_000})
    assert response.status_code in (400, 413)
    assert "terlalu besar" in html(response)
    assert rows_written() == before


def test_too_many_fields_are_refused(client: Client) -> None:
    before = rows_written()
    response = post(client, valid() | {f"x{index}": "1" for index in range(2_000)})
    assert response.status_code in (400, 413)
    assert rows_written() == before


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"\x00" * 100, "application/octet-stream"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"garbage", "multipart/form-data"),
        (b"%%%&&&===", "application/x-www-form-urlencoded"),
        (b"<xml/>", "text/xml"),
    ],
)
def test_bodies_that_are_no_form_are_refused(client: Client, body: bytes, content_type: str) -> None:
    before = rows_written()
    response = client.post("/daftar/", body, content_type=content_type)
    assert 400 <= response.status_code < 500
    assert rows_written() == before


def test_a_file_in_place_of_a_text_is_refused(client: Client) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    before = rows_written()
    data: dict[str, Any] = valid()
    data["full_name"] = SimpleUploadedFile("siti.txt", b"Siti")
    response = post(client, data)
    assert response.status_code == 422
    assert "full_name" in errors(response)
    assert rows_written() == before


@pytest.mark.parametrize(
    "query", ["?jalur=%00", "?jalur=" + "A" * 5_000, "?jalur=cari_kerja&jalur=x", "?%00=%ff", "?a[]=1"]
)
def test_hostile_queries_show_the_form(client: Client, query: str) -> None:
    response = client.get(f"/daftar/{query}")
    assert response.status_code == 200
    assert "Siti" not in html(response)


@pytest.mark.parametrize("cookie", ["", "x", "\u00ff" * 10, "A" * 5_000, "../../", "a" * 31])
def test_a_forged_browser_cookie_is_replaced(client: Client, cookie: str) -> None:
    client.cookies["okoce_browser"] = cookie
    assert len(client.get("/daftar/").cookies["okoce_browser"].value) == 32


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_refused(client: Client, method: str) -> None:
    assert getattr(client, method)("/daftar/").status_code == 405


def test_a_harmless_registration_passes_all_this(client: Client) -> None:
    data = valid(full_name="H. Abd. Ra'uf Nasution, S.Pd.", nik=synthetic_nik(), gender="L")
    assert post(client, data).status_code == 303
