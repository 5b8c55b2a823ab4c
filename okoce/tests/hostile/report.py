"""Writes one section of the battery's figures, leaving the other sections as they are."""

from __future__ import annotations

import re

from okoce.testing.services import ROOT

TARGET = ROOT / "docs" / "measurements" / "2026-11-30-hostile.md"
HEAD = "# Hostile world: what the battery saw\n\nWritten by `make battery TESTS=okoce/tests/hostile`.\n"


def write_section(title: str, lines: list[str]) -> None:
    """Put a section in place of the one with the same title."""
    TARGET.parent.mkdir(exist_ok=True)
    text = TARGET.read_text(encoding="utf-8") if TARGET.exists() else HEAD
    section = f"\n## {title}\n\n" + "\n".join(lines).rstrip() + "\n"
    pattern = re.compile(rf"\n## {re.escape(title)}\n.*?(?=\n## |\Z)", re.S)
    found = pattern.search(text)
    text = text[: found.start()] + section + text[found.end() :] if found else text + section
    TARGET.write_text(text, encoding="utf-8")
