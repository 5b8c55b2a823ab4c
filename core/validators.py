"""Strings from people turned into clean values, or refused in words that say what to do.

Every function takes whatever a browser may send (any length, any characters) and either returns a clean value
or raises ValidationError with an Indonesian text; nothing else is ever raised. The texts never repeat
personal numbers.
"""

import csv
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError

from core import clock

Gender = Literal["L", "P"]

_PREFIXES = Path(__file__).parent / "data" / "nik_prefixes.csv"
_SHORT = 200
"""No number, date or amount is written with more characters than this; longer input is refused unread."""

MAX_RUPIAH = 999_999_999_999_999
"""The largest amount accepted, in rupiah: far above any micro business, far below a database bigint."""

MONTHS = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)

_DIGITS_16 = re.compile(r"[0-9]{16}", re.ASCII)
_SEPARATORS = re.compile(r"[\s.\-\u2010-\u2015\u2212]")
_PHONE = re.compile(r"\+?[0-9 ().\-/]{3,40}", re.ASCII)
_MOBILE_OR_LANDLINE = {
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
}
_RUPIAH = re.compile(
    r"(?:rp\.?|idr)?\s*([0-9]+|[0-9]{1,3}(?:[. ][0-9]{3})+)(?:,(?:-{1,2}|00?))?", re.ASCII | re.I
)
_DAY_FIRST = re.compile(r"([0-9]{1,2})\s*[/.\-\s]\s*([0-9]{1,2})\s*[/.\-\s]\s*([0-9]{4})", re.ASCII)
_YEAR_FIRST = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", re.ASCII)
_TWO_DIGIT_YEAR = re.compile(r"[0-9]{1,2}[/.\-\s][0-9]{1,2}[/.\-\s][0-9]{2}", re.ASCII)

# Marks that change the direction of the text around them: a name holding one reads as something else
# (CVE-2021-42574).
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Invisible and without meaning in Indonesian; phones paste them along.
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
# Put around numbers by the address books of phones. U+202E (reversal) is never among them.
_CONTACT_MARKS = "\u200b\u200e\u200f\u202a\u202c\u2066\u2068\u2069\ufeff"


@dataclass(frozen=True)
class Nik:
    """A NIK that keeps the rules, with what its digits say.

    The digits tell the place and date of the first issue and may legally differ from the person's real data:
    use them to prefill and to warn, never to refuse.
    """

    value: str
    area_prefix: str
    birth_date: date
    gender: Gender

    def __str__(self) -> str:
        return mask_nik(self.value)

    def __repr__(self) -> str:
        return f"Nik({mask_nik(self.value)!r})"


NIK_WARNINGS = {
    "awalan_tidak_dikenal": "Enam angka pertama NIK bukan kode kecamatan yang kami kenal.",
    "tanggal_lahir_berbeda": "Tanggal lahir yang ditulis berbeda dengan tanggal di NIK.",
    "jenis_kelamin_berbeda": "Jenis kelamin yang ditulis berbeda dengan NIK.",
}
"""What an officer reads for each code of `nik_warnings`."""


def clean_nik(raw: Any) -> Nik:
    """Return the NIK in `raw`: 16 digits; day 01–31 (men) or 41–71 (women); a real date, not in the future.

    Spaces, dots and dashes are dropped, compatibility forms (fullwidth digits) folded. The serial 0000, which
    no real NIK has, passes only where `settings.ALLOW_SYNTHETIC_NIK` is on. The century is the latest in
    which the date is not in the future.
    """
    value = _compact(raw, empty="Tulis 16 angka NIK seperti di KTP.", what="NIK harus 16 angka.")
    if not value.isascii() or not value.isdigit():
        raise ValidationError(
            "NIK hanya berisi angka 0 sampai 9. Yang Anda tulis memuat huruf atau tanda lain."
            " Periksa lagi dengan KTP.",
            code="nik_characters",
        )
    if not _DIGITS_16.fullmatch(value):
        only = "baru " if len(value) < 16 else ""
        raise ValidationError(
            f"NIK harus 16 angka. Yang Anda tulis {only}{len(value)} angka. Periksa lagi dengan KTP.",
            code="nik_length",
        )
    born, gender = _nik_birth(value)
    if born is None:
        raise ValidationError(
            "Angka ke-7 sampai ke-12 di NIK adalah tanggal lahir (untuk perempuan, tanggalnya ditambah 40)."
            " Yang Anda tulis tidak menjadi tanggal yang ada. Periksa lagi dengan KTP.",
            code="nik_date",
        )
    if value.endswith("0000") and not getattr(settings, "ALLOW_SYNTHETIC_NIK", False):
        raise ValidationError(
            "Empat angka terakhir NIK tidak mungkin 0000. Periksa lagi dengan KTP.", code="nik_serial"
        )
    return Nik(value=value, area_prefix=value[:6], birth_date=born, gender=gender)


def _nik_birth(value: str) -> tuple[date | None, Gender]:
    day, month, year = int(value[6:8]), int(value[8:10]), int(value[10:12])
    gender: Gender = "P" if day > 40 else "L"
    if gender == "P":
        day -= 40
    last = clock.today()
    for century in (2000, 1900):
        try:
            born = date(century + year, month, day)
        except ValueError:
            continue
        if born <= last:
            return born, gender
    return None, gender


def nik_warnings(nik: Nik, birth_date: date | None, gender: str | None) -> list[str]:
    """Return the codes of `NIK_WARNINGS` that an officer should look at; an empty list when all agrees.

    The century is not compared, as a NIK does not hold it.
    """
    codes = []
    if nik.area_prefix not in known_nik_prefixes():
        codes.append("awalan_tidak_dikenal")
    if birth_date is not None:
        written = (birth_date.day, birth_date.month, birth_date.year % 100)
        if written != (nik.birth_date.day, nik.birth_date.month, nik.birth_date.year % 100):
            codes.append("tanggal_lahir_berbeda")
    if gender and gender != nik.gender:
        codes.append("jenis_kelamin_berbeda")
    return codes


@cache
def known_nik_prefixes() -> frozenset[str]:
    """Return the six-digit area prefixes in use now or once (Kepmendagri 300.2.2-2138/2025 and earlier
    lists).
    """
    with _PREFIXES.open(encoding="utf-8", newline="") as lines:
        return frozenset(row["prefix6"] for row in csv.DictReader(lines))


def clean_nib(raw: Any) -> str:
    """Return a NIB: 13 digits (no check digit exists; the document is what proves it)."""
    value = _compact(raw, empty="Tulis 13 angka NIB.", what="NIB harus 13 angka.")
    if not value.isascii() or not value.isdigit():
        raise ValidationError(
            "NIB hanya berisi angka 0 sampai 9. Yang Anda tulis memuat huruf atau tanda lain."
            " Periksa lagi di dokumen NIB.",
            code="nib_characters",
        )
    if len(value) != 13:
        only = "baru " if len(value) < 13 else ""
        raise ValidationError(
            f"NIB harus 13 angka. Yang Anda tulis {only}{len(value)} angka. Periksa lagi di dokumen NIB.",
            code="nib_length",
        )
    return value


def _compact(raw: Any, *, empty: str, what: str) -> str:
    """Return `raw` folded and without separators; refuse emptiness, endless input and direction marks."""
    text = _short_text(
        raw, empty=empty, too_long=f"{what} Yang Anda tulis terlalu panjang. Tulis angkanya saja."
    )
    value = _SEPARATORS.sub("", text).translate(_INVISIBLE)
    if not value:
        raise ValidationError(empty, code="required")
    return value


def _short_text(raw: Any, *, empty: str, too_long: str) -> str:
    """Return `raw` as folded, stripped text of at most `_SHORT` characters, no bidi marks or surrogates."""
    text = _as_text(raw)
    if len(text) > _SHORT:
        raise ValidationError(too_long, code="too_long")
    _refuse_hidden(text)
    text = unicodedata.normalize("NFKC", text).strip()
    if not text:
        raise ValidationError(empty, code="required")
    return text


def clean_phone(raw: Any) -> str:
    """Return an Indonesian mobile or landline number as E.164, such as `+6281200001234`.

    Any usual spelling is the same number: `0812-0000-1234`, `62812…`, `+62 812…`, `812…`.
    """
    empty = "Tulis nomor HP. Contoh: 0812-3456-7890."
    wrong = "Nomor ini tidak lengkap atau salah. Tulis nomor HP Indonesia, contoh: 0812-3456-7890."
    if isinstance(raw, str) and len(raw) <= _SHORT:
        raw = raw.strip().strip(_CONTACT_MARKS)
    text = _short_text(raw, empty=empty, too_long=f"Nomor HP terlalu panjang. {empty}")
    text = re.sub(r"[\u2010-\u2015\u2212]", "-", text.translate(_INVISIBLE))
    if not _PHONE.fullmatch(text):
        raise ValidationError(
            "Nomor HP hanya berisi angka. Hapus huruf atau tanda lain. Contoh: 0812-3456-7890.",
            code="phone_characters",
        )
    if text.startswith("00"):
        text = "+" + text[2:]
    try:
        number = phonenumbers.parse(text, "ID")
    except phonenumbers.NumberParseException:
        raise ValidationError(wrong, code="phone") from None
    if number.country_code != 62:
        raise ValidationError(
            "Nomor ini bukan nomor Indonesia. Tulis nomor yang diawali 08 atau +62.", code="phone_country"
        )
    # The type of a number that is not valid is UNKNOWN.
    if phonenumbers.number_type(number) not in _MOBILE_OR_LANDLINE or number.extension:
        raise ValidationError(wrong, code="phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_nik_or_phone(text: str) -> bool:
    """Return whether a text as a whole is a valid NIK, or a mobile number written with its 0 or +62."""
    with suppress(ValidationError):
        clean_nik(text)
        return True
    with suppress(ValidationError):
        return clean_phone(text).startswith("+628") and text.strip().startswith(("0", "+", "6"))
    return False


def clean_rupiah(raw: Any) -> int:
    """Return whole rupiah from `1000000`, `1.000.000`, `Rp 1.000.000` or `Rp1.000.000,-`; no negative
    amounts.
    """
    empty = "Tulis jumlah uang. Contoh: 1.500.000."
    text = _short_text(raw, empty=empty, too_long=f"Jumlah uang terlalu panjang. {empty}")
    if text.startswith(("-", "\u2212", "(")):
        raise ValidationError(
            "Jumlah uang tidak boleh kurang dari nol. Tulis tanpa tanda minus.", code="rupiah_negative"
        )
    match = _RUPIAH.fullmatch(text)
    if not match:
        raise ValidationError(
            "Tulis jumlah uang dengan angka saja, tanpa sen. Titik boleh untuk ribuan."
            " Contoh: 5 juta ditulis 5.000.000.",
            code="rupiah",
        )
    digits = re.sub(r"[. ]", "", match[1])
    if len(digits.lstrip("0")) > len(str(MAX_RUPIAH)):
        raise ValidationError(
            "Jumlah uang ini terlalu besar. Periksa lagi jumlah nolnya.", code="rupiah_large"
        )
    return int(digits)


def clean_date(raw: Any) -> date:
    """Return a day from `31/05/2000` (always day first) or `2000-05-31`; years 1900 to 2100."""
    if isinstance(raw, date):
        return date(raw.year, raw.month, raw.day)
    empty = "Tulis tanggal. Contoh: 31/05/2000."
    text = _short_text(raw, empty=empty, too_long=f"Tanggal terlalu panjang. {empty}")
    if match := _DAY_FIRST.fullmatch(text):
        day, month, year = int(match[1]), int(match[2]), int(match[3])
    elif match := _YEAR_FIRST.fullmatch(text):
        year, month, day = int(match[1]), int(match[2]), int(match[3])
    elif _TWO_DIGIT_YEAR.fullmatch(text):
        raise ValidationError("Tulis tahun dengan 4 angka. Contoh: 31/05/2000.", code="date_year")
    else:
        raise ValidationError(
            "Tanggal ini tidak terbaca. Tulis tanggal/bulan/tahun dengan angka. Contoh: 31/05/2000.",
            code="date",
        )
    if not 1 <= month <= 12:
        raise ValidationError(
            f"Bulan {month} tidak ada. Tulis tanggal dulu, lalu bulan, lalu tahun. Contoh: 31/05/2000.",
            code="date_month",
        )
    if not 1900 <= year <= 2100:
        raise ValidationError(f"Tahun {year} tidak mungkin. Periksa lagi tahunnya.", code="date_year")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValidationError(
            f"Tanggal {day} {MONTHS[month - 1]} {year} tidak ada. Periksa lagi tanggalnya.", code="date_day"
        ) from None


def clean_text(raw: Any, max_length: int, *, multiline: bool = False) -> str:
    """Return readable text in NFC of at most `max_length` characters, without spaces at its ends.

    Refused: control characters, lone surrogates, direction marks, noncharacters, text that is too long. One
    line: runs of white space become one space. Several lines: line ends become LF, at most one empty line
    stays. An empty result is returned as "".
    """
    text = _as_text(raw)
    if len(text) > 4 * max_length + 1000:
        raise _too_long(len(text), max_length)
    _refuse_hidden(text)
    text = unicodedata.normalize("NFC", text.translate(_INVISIBLE))
    if multiline:
        text = re.sub(r"\r\n?|[\u0085\u2028\u2029]", "\n", text)
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip()
    else:
        text = " ".join(text.split())
    if len(text) > max_length:
        raise _too_long(len(text), max_length)
    return text


def _too_long(length: int, max_length: int) -> ValidationError:
    shown = f"{length:,}".replace(",", ".")
    limit = f"{max_length:,}".replace(",", ".")
    return ValidationError(
        f"Tulisan ini terlalu panjang: {shown} huruf, paling banyak {limit}. Ringkas lagi.", code="too_long"
    )


def _as_text(raw: Any) -> str:
    """Return text as it is, whole numbers of sane size as digits, and "" for anything else."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) < 10**100:
        return str(raw)
    return ""


def _refuse_hidden(text: str) -> None:
    """Raise ValidationError for characters that cannot be read or that disguise others."""
    if text.isascii() and text.isprintable():
        return
    for character in text:
        if " " <= character < "\x7f" or character in "\t\n\r\u0085\u2028\u2029":
            continue
        category = unicodedata.category(character)
        is_noncharacter = (ord(character) & 0xFFFE) == 0xFFFE or "\ufdd0" <= character <= "\ufdef"
        if category in ("Cc", "Cs") or character in _BIDI or is_noncharacter:
            raise ValidationError(
                "Ada tanda tersembunyi yang tidak bisa kami simpan."
                " Hapus isinya, lalu ketik lagi (jangan ditempel).",
                code="hidden_characters",
            )


def check_plain(value: Any) -> None:
    """Refuse text with hidden characters, and digits other than 0 to 9, in a text or a list of texts.

    For forms whose fields Django makes from the models (the secretariat's pages).
    """
    text = "".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    _refuse_hidden(text)
    if any(character.isdigit() and not character.isascii() for character in text):
        raise ValidationError("Tulis angka dengan 0 sampai 9.", code="digits")


def mask_nik(value: str | None) -> str:
    """Return `3174 •••• •••• 0000`: the regency and the serial, neither birth date nor sex."""
    if not value:
        return ""
    return f"{value[:4]} •••• •••• {value[-4:]}" if len(value) == 16 else "•••• •••• •••• ••••"


def mask_phone(e164: str | None) -> str:
    """Return `0812-••••-•1234`; shorter landline numbers show fewer digits."""
    if not e164:
        return ""
    local = "0" + e164[3:] if e164.startswith("+62") else e164.lstrip("+")
    if len(local) >= 11:
        return f"{local[:4]}-••••-•{local[-4:]}"
    return f"{local[:3]}-••••-•{local[-2:]}"


def local_phone(e164: str) -> str:
    """Return an E.164 number as people write it: `0812-0000-1234`."""
    if not e164.startswith("+62"):
        return e164
    local = "0" + e164[3:]
    return "-".join(part for part in (local[:4], local[4:8], local[8:]) if part)


def wa_link(e164: str, text: str = "") -> str:
    """Return the `https://wa.me/` address that opens a WhatsApp chat, with `text` typed in advance."""
    number = re.sub(r"[^0-9]", "", e164)
    return f"https://wa.me/{number}" + (f"?text={quote(text)}" if text else "")
