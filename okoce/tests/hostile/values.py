"""Hostile values and files. Each has a name that a report can print."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from functools import cache

from PIL import Image

REVERSAL = "\u202e"

TEXTS: dict[str, str] = {
    "empty": "",
    "blank": " \t \u00a0 ",
    "fullwidth digits": "３１７４０７４５０６９００００１",
    "arabic digits": "٠٨١٢٠٠٠٠١٢٣٤",
    "devanagari digit": "1२",
    "superscript": "²³",
    "nul": "Siti\x00Aminah",
    "nul alone": "\x00",
    "reversal": f"Siti{REVERSAL}hanima",
    "isolate": "\u2066Siti",
    "control": "Siti\x1b[31m\x07",
    "zero width": "\u200b\u200b",
    "noncharacter": "a\uffff\ufdd0",
    "impossible day": "31/02/2026",
    "day 0": "00/00/0000",
    "year 99999": "01/01/99999",
    "iso impossible": "2026-13-45",
    "exponent": "1e10",
    "underscore": "1_000",
    "negative": "-1",
    "rupiah in words": "Rp 5jt",
    "400 digits": "9" * 400,
    "int64 + 1": "9223372036854775808",
    "nan": "NaN",
    "infinity": "Infinity",
    "bad uuid": "00000000-0000-0000-0000-00000000000g",
    "unknown uuid": "00000000-0000-4000-8000-000000000000",
    "uuid in braces": "{00000000-0000-4000-8000-000000000000}",
    "markup": "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "template": "{{ settings.SECRET_KEY }}{% debug %}",
    "sql": "' OR 1=1; DROP TABLE accounts_user; --",
    "like": "%_%\\",
    "formula": '=HYPERLINK("http://jahat.example","klik")',
    "formula at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "line ends": "a\r\nSet-Cookie: x=1\r\n\r\nb",
    "combining": "a" + "\u0301" * 500,
    "long": "a" * 60_000,
    "path": "../../../../etc/passwd",
    "percent nul": "%00",
    "json": '{"$ne": null}',
}
"""What one field may hold. `percent nul` arrives as three characters; RAW has the byte itself."""

RAW: dict[str, bytes] = {
    "lone surrogate": b"%ED%A0%80",
    "broken utf-8": b"%FF%FE%C0%AF",
    "nul byte": b"a%00b",
    "half escape": b"%",
    "latin-1": b"caf%E9",
    "overlong": b"%C0%80",
}
"""What stands in an address or a body as bytes."""

CALM = frozenset({"impossible day", "exponent", "negative", "rupiah in words", "bad uuid", "path", "formula"})
"""Values that are plain printable text: refused, they must be found again in the form."""

MUST_NOT_BE_STORED = {
    "U+202E": REVERSAL,
    "U+2066": "\u2066",
    "escape": "\x1b",
    "fullwidth digit": "３１７４",
    "arabic digit": "٠٨١٢",
    "noncharacter": "\ufdd0",
}
"""Marks of the values above that no stored text may show, whatever was accepted."""

FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "＝1+1")


@cache
def picture(size: tuple[int, int] = (40, 30), kind: str = "PNG") -> bytes:
    """An honest small picture."""
    target = io.BytesIO()
    Image.new("RGB", size, "#ddd").save(target, kind)
    return target.getvalue()


def png_that_says(width: int, height: int) -> bytes:
    """A PNG whose header promises a flood of pixels, in a few bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _zip_bomb(name: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"\0" * 30_000_000)
    return target.getvalue()


def _pdf_bomb() -> bytes:
    stream = zlib.compress(b"\0" * 60_000_000, 9)
    head = b"%%PDF-1.7\n1 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(
        stream
    )
    return head + stream + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"


_SCRIPT = b"<script>alert(document.domain)</script>"
_PDF_TAIL = b"\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"

REFUSED_FILES: dict[str, tuple[str, bytes, str]] = {
    "empty": ("ktp.jpg", b"", "image/jpeg"),
    "html as jpg": ("ktp.jpg", b"<!doctype html>" + _SCRIPT, "image/jpeg"),
    "svg": ("ktp.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml"),
    "svg as png": ("ktp.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/png"),
    "program": ("ktp.jpg", b"MZ" + b"\0" * 500, "image/jpeg"),
    "script": ("ktp.php", b"<?php system($_GET[0]); ?>", "image/jpeg"),
    "gif polyglot": ("ktp.jpg", b"GIF89a=1;alert(1)//" + b"\0" * 50, "image/jpeg"),
    "pixel flood": ("ktp.png", png_that_says(60_000, 60_000), "image/png"),
    "pixel flood in one line": ("ktp.png", png_that_says(2_000_000_000, 1), "image/png"),
    "zip bomb": ("ktp.pdf", _zip_bomb("a.pdf"), "application/pdf"),
    "office zip bomb": ("daftar.xlsx", _zip_bomb("xl/worksheets/sheet1.xml"), "application/pdf"),
    "pdf bomb": ("ktp.pdf", _pdf_bomb(), "application/pdf"),
    "pdf with script": (
        "ktp.pdf", b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj" + _PDF_TAIL,
        "application/pdf",
    ),
    "pdf with hidden script": (
        "ktp.pdf", b"%PDF-1.4\n1 0 obj<</OpenAction<</S/J#61vaScript/JS(1)>>>>endobj" + _PDF_TAIL,
        "application/pdf",
    ),
    "locked pdf": ("ktp.pdf", b"%PDF-1.4\n1 0 obj<</Encrypt 2 0 R>>endobj" + _PDF_TAIL, "application/pdf"),
    "cut pdf": ("ktp.pdf", b"%PDF-1.4\n1 0 obj<<>>endobj", "application/pdf"),
    "cut png": ("ktp.png", picture()[:60], "image/png"),
    "cut jpg": ("ktp.jpg", picture(kind="JPEG")[:150], "image/jpeg"),
    "text": ("ktp.txt", b"bukan gambar", "text/plain"),
    "10 MB": ("ktp.png", picture() + b"\0" * 10_000_000, "image/png"),
    "tiff": ("ktp.jpg", b"II*\0" + b"\0" * 100, "image/jpeg"),
    "only a mark": ("ktp.png", b"\x89PNG\r\n\x1a\n", "image/png"),
}  # fmt: skip
"""name: (file name, bytes, type it claims). Every one is refused beside its field."""

CLEANED_FILES: dict[str, tuple[str, bytes, str]] = {
    "png then html": ("ktp.png", picture() + b"<!--" + _SCRIPT + b"-->", "image/png"),
    "jpg then zip": ("ktp.jpg", picture(kind="JPEG") + _zip_bomb("a")[:2_000], "image/jpeg"),
    "name with a path": ("../../ktp\x00.png", picture(), "image/png"),
    "name reversed": (f"ktp{REVERSAL}gnp.exe", picture(), "image/png"),
    "name with markup": ('"><img src=x onerror=alert(1)>.png', picture(), "image/png"),
    "name with a NIK": ("3174074506900001.png", picture(), "image/png"),
    "long name": ("k" * 4_000 + ".png", picture(), "image/png"),
}
"""Pictures that may pass, but only written anew: nothing of what hid in them is kept."""
HIDDEN = (b"<script>", b"onerror", b"PK\x03\x04")
"""What must not be found in the bytes that were stored."""
