"""The language of requirements, and the requirements of P1 (pendaftaran).

A requirement is one line of a table: a label, whose turn it is, and a pure test on facts loaded beforehand.
The same table answers "why may I not advance?" and "what is still missing?".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from .models.choices import EvidenceKind, Pathway

BUSINESS_PATHS = frozenset({Pathway.MULAI_USAHA, Pathway.NAIK_KELAS})
JOB_PATHS = frozenset({Pathway.CARI_KERJA})


class Turn(Enum):
    """Who has to act for a requirement to be met."""

    PESERTA = "peserta"
    PENDAMPING = "pendamping"
    PENGELOLA = "pengelola"

    def label_for_citizen(self) -> str:
        return "Giliran Anda" if self is Turn.PESERTA else "Giliran petugas"

    def label_for_staff(self) -> str:
        return {"peserta": "Peserta", "pendamping": "Pendamping", "pengelola": "Pengelola pusat"}[self.value]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that must be true, in the words of staff and of the citizen.

    `is_met` gets the facts of the stage's own `facts.py`. `evidence` names the kinds of proof that would
    meet it, so that a proof waiting for its check can be shown. `progress` gives (have, need) for counts.
    `action` tells the citizen what happens next, where `citizen_label` only names what must be true.
    """

    code: str
    label: str
    citizen_label: str
    hint: str
    turn: Turn
    is_met: Callable[[Any], bool]
    action: str = ""
    evidence: tuple[EvidenceKind, ...] = ()
    progress: Callable[[Any], tuple[int, int]] | None = None
    paths: frozenset[Pathway] = frozenset(Pathway)


@dataclass(frozen=True, slots=True)
class EvidenceSpec:
    """How one kind of proof is brought: what is asked, and whether the citizen may bring it alone.

    `is_within_programme`: it cannot have happened before the registration (a session, a class of ours).
    `is_past`: those accepted count on, and no new one is brought.
    """

    kind: EvidenceKind
    hint: str
    needs_file: bool
    number_label: str = ""
    clean_number: Callable[[str], str] | None = None
    from_citizen: bool = True
    is_within_programme: bool = False
    is_past: bool = False
    paths: frozenset[Pathway] = frozenset(Pathway)

    @property
    def label(self) -> str:
        return self.kind.label


class ItemState(Enum):
    """How far a requirement is."""

    MET = "met"
    WAITING = "waiting"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """A requirement beside what is true now."""

    requirement: Requirement
    state: ItemState
    progress: tuple[int, int] | None = None

    @property
    def is_met(self) -> bool:
        return self.state is ItemState.MET

    @property
    def is_waiting(self) -> bool:
        return self.state is ItemState.WAITING

    @property
    def is_for_citizen(self) -> bool:
        return self.state is ItemState.MISSING and self.requirement.turn is Turn.PESERTA

    @property
    def progress_text(self) -> str:
        """ "1 dari 3", or nothing where there is nothing to count."""
        return f"{self.progress[0]} dari {self.progress[1]}" if self.progress else ""


def evaluate(requirements: Iterable[Requirement], facts: Any, *, pathway: Pathway) -> list[ChecklistItem]:
    """The checklist of a stage: every requirement of the path beside its state."""
    items = []
    for requirement in requirements:
        if pathway not in requirement.paths:
            continue
        if requirement.is_met(facts):
            state = ItemState.MET
        elif requirement.evidence and facts.evidence.has_pending(requirement.evidence):
            state = ItemState.WAITING
        else:
            state = ItemState.MISSING
        progress = requirement.progress(facts) if requirement.progress else None
        items.append(ChecklistItem(requirement, state, progress))
    return items


REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        code="identitas",
        label="Identitas diverifikasi orang kedua",
        citizen_label="KTP Anda diperiksa petugas",
        hint="Kirim foto KTP, atau tunjukkan KTP ke pusat.",
        action="Petugas memeriksa KTP Anda",
        turn=Turn.PENGELOLA,
        is_met=lambda facts: facts.is_identity_verified,
    ),
    Requirement(
        code="tidak_ganda",
        label="Tidak ada pendaftaran ganda yang belum selesai",
        citizen_label="Pendaftaran Anda hanya satu",
        hint="Petugas memastikan Anda tidak terdaftar dua kali.",
        turn=Turn.PENGELOLA,
        is_met=lambda facts: not facts.has_open_duplicate,
    ),
    Requirement(
        code="pusat",
        label="Pusat ditetapkan",
        citizen_label="Pusat OK OCE Anda ditetapkan",
        hint="Pusat terdekat yang buka akan menampung Anda.",
        turn=Turn.PENGELOLA,
        is_met=lambda facts: facts.has_center,
    ),
    Requirement(
        code="skpd",
        label="SKPD pembina ditetapkan",
        citizen_label="Dinas pembina ditetapkan",
        hint="Pengelola memilih dinas yang cocok dengan bidang Anda.",
        turn=Turn.PENGELOLA,
        action="Petugas menetapkan dinas pembina Anda",
        is_met=lambda facts: facts.has_agency,
    ),
    Requirement(
        code="tujuan",
        label="Tujuan peserta dicatat",
        citizen_label="Tujuan Anda tercatat",
        hint="Tulis satu kalimat: apa yang ingin Anda capai.",
        turn=Turn.PESERTA,
        action="Tulis tujuan Anda",
        is_met=lambda facts: facts.has_goal,
    ),
    Requirement(
        code="pendamping",
        label="Pendamping ditetapkan",
        citizen_label="Anda mendapat pendamping",
        hint="Pengelola pusat memilih pendamping untuk Anda.",
        turn=Turn.PENGELOLA,
        action="Petugas memilih pendamping Anda",
        is_met=lambda facts: facts.has_coach,
    ),
)

EVIDENCE: tuple[EvidenceSpec, ...] = ()
