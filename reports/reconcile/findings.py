"""One difference between what is written or shown and what follows from the raw rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Self
from uuid import UUID

from django.db import models

KEPT = 200
"""Differences kept with a run; all are counted, the first are told."""


class Check(models.TextChoices):
    """What was compared with what."""

    CORONG = "corong", "Corong di halaman"
    IZIN = "izin", "Orang yang punya izin"
    PEKERJAAN = "pekerjaan", "Pekerjaan"
    LOG = "log", "Catatan perpindahan"
    KEADAAN = "keadaan", "Keadaan peserta"
    PENDAMPING = "pendamping", "Pendamping"
    BUKTI = "bukti", "Bukti"
    PEKERJA = "pekerja", "Laporan pekerja"
    POTONGAN = "potongan", "Angka publik harian"


@dataclass(frozen=True, slots=True)
class Finding:
    """What differs, where, what is written or shown, and what comes out of the raw rows.

    `area` is the code of the area concerned (`ID` for all), `subject` the enrollment, if it is about one. Her
    number is looked up when the finding is read: here it would outlive an erasure.
    """

    check: Check
    what: str
    where: str
    shown: str
    counted: str
    area: str
    subject: UUID | None = None
    is_mendable: bool = False

    def sentence(self, *, number: str = "") -> str:
        """One line for people: "Sampai tahap 2. Pelatihan, 31.74: tertulis 12, hasil hitung ulang 13"."""
        who = f" {number}" if number else ""
        return f"{self.what}{who}, {self.where}: tertulis {self.shown}, hasil hitung ulang {self.counted}."

    def as_json(self) -> dict[str, Any]:
        """What a run stores."""
        found = {name: value for name, value in asdict(self).items() if value not in (None, False)}
        return found | ({"subject": str(self.subject)} if self.subject else {})

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        subject = stored.get("subject")
        return cls(
            **{**stored, "check": Check(stored["check"]), "subject": UUID(subject) if subject else None}
        )


@dataclass(slots=True)
class Findings:
    """All differences of a run: every one counted, the first `KEPT` kept, and whom `--repair` mends."""

    count: int = 0
    kept: list[Finding] = field(default_factory=list)
    mendable: list[UUID] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        self.count += 1
        if len(self.kept) < KEPT:
            self.kept.append(finding)
        if finding.is_mendable and finding.subject is not None and len(self.mendable) < MENDED_AT_ONCE:
            self.mendable.append(finding.subject)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.kept)


MENDED_AT_ONCE = 10_000
"""Enrollments that one run with `--repair` mends; memory stays bounded whatever is wrong."""
