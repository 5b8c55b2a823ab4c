"""The seven stages as one table: order per path, what each asks, who may move and who may waive.

Opening this file shows the programme. The rules themselves stand in each stage's own `rules.py`; here
they are
put in their places. A stage's checklist is what it asks to be left, and what the next one asks to be entered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from accounts.models import Role
from participants import facts as registration_facts
from participants import rules as registration
from participants.facts import SharedFacts, load_shared_facts
from participants.models import Enrollment, EvidenceKind, Pathway, Stage
from participants.rules import ChecklistItem, EvidenceSpec, Requirement, evaluate
from programs.bookkeeping import facts as bookkeeping_facts
from programs.bookkeeping import rules as bookkeeping
from programs.capital import facts as capital_facts
from programs.capital import rules as capital
from programs.licensing import facts as licensing_facts
from programs.licensing import rules as licensing
from programs.marketing import facts as marketing_facts
from programs.marketing import rules as marketing
from programs.mentoring import facts as mentoring_facts
from programs.mentoring import rules as mentoring
from programs.training import facts as training_facts
from programs.training import rules as training

FactsLoader = Callable[..., dict[UUID, Any]]
COACH = frozenset({Role.PENDAMPING})
MANAGER = frozenset({Role.PENGELOLA})
DINAS = frozenset({Role.DINAS})
NOBODY: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage: what it means to a citizen, what it asks, and who may let a person through."""

    stage: Stage
    meaning: str
    leave: tuple[Requirement, ...]
    load_facts: FactsLoader
    evidence: tuple[EvidenceSpec, ...]
    advance_roles: frozenset[Role] = COACH
    waiver_roles: frozenset[Role] = NOBODY
    enter: tuple[Requirement, ...] = ()

    @property
    def number(self) -> int:
        return self.stage.number

    @property
    def label(self) -> str:
        return self.stage.label


STAGES: dict[Stage, StageRow] = {
    row.stage: row
    for row in (
        StageRow(
            stage=Stage.PENDAFTARAN,
            meaning="Data Anda dicek, Anda dapat pendamping",
            leave=registration.REQUIREMENTS,
            load_facts=registration_facts.load_registration_facts,
            evidence=registration.EVIDENCE,
            advance_roles=MANAGER,
        ),
        StageRow(
            stage=Stage.PELATIHAN,
            meaning="Kelas singkat di dekat rumah, dapat sertifikat",
            leave=training.REQUIREMENTS,
            load_facts=training_facts.load_facts,
            evidence=training.EVIDENCE,
            waiver_roles=MANAGER,
        ),
        StageRow(
            stage=Stage.PENDAMPINGAN,
            meaning="Usaha Anda dibahas bersama pendamping",
            enter=mentoring.ENTRY,
            leave=mentoring.REQUIREMENTS,
            load_facts=mentoring_facts.load_facts,
            evidence=mentoring.EVIDENCE,
            waiver_roles=MANAGER,
        ),
        StageRow(
            stage=Stage.PERIZINAN,
            meaning="Izin usaha (NIB) terbit",
            leave=licensing.REQUIREMENTS,
            load_facts=licensing_facts.load_facts,
            evidence=licensing.EVIDENCE,
            waiver_roles=DINAS,
        ),
        StageRow(
            stage=Stage.PEMASARAN,
            meaning="Produk dipajang, penjualan pertama",
            leave=marketing.REQUIREMENTS,
            load_facts=marketing_facts.load_facts,
            evidence=marketing.EVIDENCE,
        ),
        StageRow(
            stage=Stage.PELAPORAN_KEUANGAN,
            meaning="Uang masuk dan keluar tercatat rapi",
            leave=bookkeeping.REQUIREMENTS,
            load_facts=bookkeeping_facts.load_facts,
            evidence=bookkeeping.EVIDENCE,
        ),
        StageRow(
            stage=Stage.PERMODALAN,
            meaning="Modal bila perlu, atau lanjut tanpa modal",
            leave=capital.REQUIREMENTS,
            load_facts=capital_facts.load_facts,
            evidence=capital.EVIDENCE,
        ),
    )
}

PATHS: dict[Pathway, tuple[Stage, ...]] = {
    Pathway.CARI_KERJA: (Stage.PENDAFTARAN, Stage.PELATIHAN, Stage.PENDAMPINGAN),
    Pathway.MULAI_USAHA: tuple(Stage),
    Pathway.NAIK_KELAS: tuple(Stage),
}


def stages_of(pathway: str) -> tuple[Stage, ...]:
    """The stages a path goes through, in order."""
    return PATHS[Pathway(pathway)]


def next_stage(stage: str, pathway: str) -> Stage | None:
    """The stage after this one on a path, or None where the path ends in `lulus`."""
    path = stages_of(pathway)
    position = path.index(Stage(stage))
    return path[position + 1] if position + 1 < len(path) else None


def checklists(
    enrollments: Sequence[Enrollment], *, on: date, shared: SharedFacts | None = None
) -> dict[UUID, list[ChecklistItem]]:
    """The checklist of every enrollment's present stage, in a number of queries that depends neither on how
    many there are nor on how many stages they stand in. A caller that has loaded `shared` hands it on.
    """
    shared = shared or load_shared_facts(enrollments, on=on)
    return _judged(enrollments, shared, with_leave=True)


def entry_checklists(enrollments: Sequence[Enrollment], *, on: date) -> dict[UUID, list[ChecklistItem]]:
    """Only what the next stage asks to be entered: this holds for a waiver too."""
    return _judged(enrollments, load_shared_facts(enrollments, on=on), with_leave=False)


def _judged(
    enrollments: Sequence[Enrollment], shared: SharedFacts, *, with_leave: bool
) -> dict[UUID, list[ChecklistItem]]:
    """What each enrollment's stage asks to be left (if wanted), then what the next asks to be entered.

    The facts of a stage are loaded once, for those who stand in it and those who come to it.
    """
    leave: dict[UUID, list[ChecklistItem]] = {enrollment.pk: [] for enrollment in enrollments}
    enter: dict[UUID, list[ChecklistItem]] = {enrollment.pk: [] for enrollment in enrollments}
    for row in STAGES.values():
        here = [one for one in enrollments if with_leave and one.stage == row.stage]
        coming = [one for one in enrollments if row.enter and next_stage(one.stage, one.pathway) == row.stage]
        if not here and not coming:
            continue
        facts = row.load_facts([*here, *coming], shared=shared)
        for people, asked, found in ((here, row.leave, leave), (coming, row.enter, enter)):
            for one in people:
                found[one.pk] = evaluate(asked, facts[one.pk], pathway=Pathway(one.pathway))
    return {pk: [*items, *enter[pk]] for pk, items in leave.items()}


@dataclass(frozen=True, slots=True)
class EvidenceChoice:
    """A kind of proof that may be brought now, and the stage it belongs to."""

    stage: Stage
    spec: EvidenceSpec


def evidence_choices(enrollment: Enrollment, *, by_citizen: bool) -> list[EvidenceChoice]:
    """The proofs that may be brought now: those of the present stage, and what the next one asks at its
    door.
    """
    pathway = Pathway(enrollment.pathway)
    asked_next: set[EvidenceKind] = set()
    rows = [STAGES[Stage(enrollment.stage)]]
    following = next_stage(enrollment.stage, pathway)
    if following is not None and STAGES[following].enter:
        rows.append(STAGES[following])
        asked_next = {kind for requirement in STAGES[following].enter for kind in requirement.evidence}
    return [
        EvidenceChoice(row.stage, spec)
        for row in rows
        for spec in row.evidence
        if pathway in spec.paths
        and not spec.is_past
        and (spec.from_citizen or not by_citizen)
        and (row.stage == enrollment.stage or spec.kind in asked_next)
    ]
