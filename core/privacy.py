"""Personal numbers kept out of free text that is stored or shown where they do not belong."""

import re
import unicodedata
from typing import Any

# A NIK: 16 digits, bare or in groups. A phone: 08…/628…/+628… with 9 to 13 digits in all; a day and an hour
# (08-11-2026 10.30) are none. Neither inside a longer run of letters and digits (hashes). A UUID is stepped
# over whole: one in 2,000 holds 16 decimal digits in a row.
_NUMBERS = re.compile(
    r"""
    (?P<uuid>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b)
    | (?P<nik>(?<![0-9A-Za-z])[0-9](?:[ .\-]?[0-9]){15}(?![0-9A-Za-z]))
    | (?P<phone>(?<![0-9A-Za-z])(?:\+?62[ .\-]?|0[ ]?)8[ ]?[1-9](?:[ .\-]?[0-9]){6,10}(?![0-9A-Za-z]))
    """,
    re.ASCII | re.VERBOSE,
)
_INSTEAD = {"nik": "[NIK]", "phone": "[nomor HP]"}


def redact_numbers(text: str) -> str:
    """Return `text` with every NIK-like and phone-like number replaced by a word.

    Digits of other scripts (fullwidth, Arabic, …) count as what they say; all other text stays as it is.
    """
    if text.isascii():
        return _NUMBERS.sub(lambda match: _INSTEAD.get(match.lastgroup or "", match[0]), text)
    parts, end = [], 0
    for match in _NUMBERS.finditer(plain_digits(text)):  # one character for one: places stay
        if match.lastgroup in _INSTEAD:
            parts += [text[end : match.start()], _INSTEAD[match.lastgroup]]
            end = match.end()
    return "".join((*parts, text[end:]))


def plain_digits(text: str) -> str:
    """`text` with the decimal digits of all scripts written as 0 to 9, one character for one."""
    return "".join(one if one.isascii() else str(unicodedata.decimal(one, one)) for one in text)


def redact_values(value: Any) -> Any:
    """Return JSON-like `value` with `redact_numbers` applied to every text in it."""
    if isinstance(value, str):
        return redact_numbers(value)
    if isinstance(value, dict):
        return {key: redact_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact_values(item) for item in value]
    return value
