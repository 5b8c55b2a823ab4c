"""Personal numbers kept out of free text that is stored or shown where they do not belong."""

import re
from typing import Any

# A NIK: 16 digits, bare or in groups. A phone: 08…/628…/+628… with 9 to 13 digits in all. Neither inside a longer
# run of letters and digits, so that UUIDs and hashes stay readable.
_NIK = re.compile(r"(?<![0-9A-Za-z])[0-9](?:[ .\-]?[0-9]){15}(?![0-9A-Za-z])", re.ASCII)
_PHONE = re.compile(r"(?<![0-9A-Za-z])(?:\+?62|0)[ .\-]?8(?:[ .\-]?[0-9]){7,11}(?![0-9A-Za-z])", re.ASCII)


def redact_numbers(text: str) -> str:
    """Return `text` with every NIK-like and phone-like number replaced by a word."""
    return _PHONE.sub("[nomor HP]", _NIK.sub("[NIK]", text))


def redact_values(value: Any) -> Any:
    """Return JSON-like `value` with `redact_numbers` applied to every text in it."""
    if isinstance(value, str):
        return redact_numbers(value)
    if isinstance(value, dict):
        return {key: redact_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact_values(item) for item in value]
    return value
