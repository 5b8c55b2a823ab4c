"""Finds known NIKs and phone numbers in any text, however a machine or a person spelled them."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterable, Iterator

NIK_LENGTH = 16
PHONE_LENGTH = 12
"""Digits of a demo number after +62 or 0: 812 0000 xxxxx."""

_TAG = re.compile(r"<[^<>]*>")
_GAP = re.compile(r"(?<=\d)(?:[ .\-+_/()\u00a0\u2010-\u2015]|%20|%2[BbDdEe]|&nbsp;|&#\d+;){1,3}(?=\d)")
_RUN = re.compile(rf"\d{{{PHONE_LENGTH},}}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_\-]{16,}")


class Canaries:
    """The numbers that must appear nowhere. `nik` is 16 digits, `phone` E.164."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def add(self, *, nik: str | None = None, phone: str | None = None) -> None:
        """Remember a number that is in the portal now."""
        if nik:
            self.known[nik] = f"NIK …{nik[6:12]}"
            self.known[nik.encode().hex()] = f"NIK …{nik[6:12]} as bytes"
        if phone:
            national = phone.removeprefix("+62")
            if len(national) != PHONE_LENGTH:
                raise ValueError("canaries are demo numbers")
            self.known[national] = f"phone …{national[-5:]}"
            self.known[national.encode().hex()] = f"phone …{national[-5:]} as bytes"

    @property
    def amount(self) -> int:
        """How many numbers are looked for."""
        return len(self.known) // 2

    def in_text(self, text: str | bytes, *, encoded: bool = False) -> set[str]:
        """Which numbers stand in a text; `encoded` looks into everything that may be base64, too."""
        if isinstance(text, bytes):
            text = text.decode("utf-8", "replace")
        found = self._in_plain(text)
        if "<" in text:
            found |= self._in_plain(_TAG.sub("", text))
        if encoded:
            for inner in _decoded(text):
                found |= self._in_plain(inner)
        return found

    def _in_plain(self, text: str) -> set[str]:
        joined = _GAP.sub("", unicodedata.normalize("NFKC", text))
        found = set()
        lengths = {len(number) for number in self.known}
        for match in _RUN.finditer(joined):
            run = match[0]
            for length in lengths:
                for start in range(len(run) - length + 1):
                    if label := self.known.get(run[start : start + length]):
                        found.add(label)
        return found

    def in_all(self, places: Iterable[tuple[str, str | bytes]], *, encoded: bool = False) -> list[str]:
        """One line for every number at every place that holds it."""
        return [
            f"{place}: {label}"
            for place, text in places
            for label in sorted(self.in_text(text, encoded=encoded))
        ]


def _decoded(text: str) -> Iterator[str]:
    """What base64 in a text says; tokens may be glued together, so all four alignments are tried."""
    for match in _BASE64.finditer(text):
        token = match[0].translate(str.maketrans("-_", "+/"))
        for start in range(4):
            part = token[start : start + (len(token) - start) // 4 * 4]
            try:
                yield base64.b64decode(part).decode("latin-1")
            except binascii.Error:
                continue
