"""Random but legal ways through the programme, and what the funnel must say of them.

The oracle follows the definitions row by row; it shares nothing with the SQL it judges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random

from core.clock import local_day
from participants.models import Enrollment, Pathway, Stage, StageTransition, Status, TransitionKind
from participants.tests.factories import PersonFactory, center_of, district_of
from programs.pipeline.stages import next_stage, stages_of
from reports.funnel import ORDER, StageFigures

LEAVING = (TransitionKind.MAJU, TransitionKind.DISPENSASI, TransitionKind.LULUS)
CENTERS = ("P31.74.07", "P31.71.01")


@dataclass
class Walker:
    """An enrollment on its way: where it stands, and the rows written so far (unsaved)."""

    enrollment: Enrollment
    at: datetime
    stage: Stage = Stage.PENDAFTARAN
    status: Status = Status.AKTIF
    pathway: Pathway = Pathway.MULAI_USAHA
    center: str = CENTERS[0]
    rows: list[StageTransition] = field(default_factory=list)

    @property
    def is_double(self) -> bool:
        """Whether a merge took the enrollment out."""
        return bool(self.rows) and _is_double(self.rows[-1])

    def write(self, kind: TransitionKind, **changes: object) -> None:
        """Append one row that makes these changes."""
        before = (self.stage, self.status)
        for name, value in changes.items():
            setattr(self, name, value)
        self.rows.append(
            StageTransition(
                enrollment=self.enrollment,
                version=len(self.rows) + 1,
                kind=kind,
                from_stage=before[0] if self.rows else "",
                from_status=before[1] if self.rows else "",
                to_stage=self.stage,
                to_status=self.status,
                reason="Alasan contoh",
                at=self.at,
                local_day=local_day(self.at, self.enrollment.zone),
                zone=self.enrollment.zone,
                district_code=self.enrollment.district_id,
                center_code=self.center,
                pathway=self.pathway,
                cohort_year=self.enrollment.cohort_year,
            )
        )

    def step(self, random: Random) -> None:
        """One legal move chosen by chance."""
        self.at += timedelta(days=random.randint(0, 12), minutes=1)
        random.choice(self.possible(random))()

    def possible(self, random: Random) -> list[Callable[[], None]]:
        """Every move the pipeline allows from here."""
        moves: list[Callable[[], None]] = []
        path = stages_of(self.pathway)
        here = path.index(self.stage)
        if self.status == Status.AKTIF:
            target = next_stage(self.stage, self.pathway)
            if target is None:
                moves += [lambda: self.write(TransitionKind.LULUS, status=Status.LULUS)] * 3
            else:
                moves += [lambda: self.write(TransitionKind.MAJU, stage=target)] * 4
                moves.append(lambda: self.write(TransitionKind.DISPENSASI, stage=target))
            moves.append(lambda: self.write(TransitionKind.BERHENTI, status=Status.BERHENTI))
            moves.append(lambda: self.write(TransitionKind.TIDAK_TERHUBUNGI, status=Status.TIDAK_TERHUBUNGI))
        if self.status in (Status.BERHENTI, Status.TIDAK_TERHUBUNGI):
            moves.append(lambda: self.write(TransitionKind.LANJUT, status=Status.AKTIF))
        if self.status != Status.BERHENTI and (here or self.status == Status.LULUS):
            last = here if self.status == Status.LULUS else here - 1
            back = path[random.randint(0, last)]
            moves.append(lambda: self.write(TransitionKind.KOREKSI, stage=back, status=Status.AKTIF))
        self._switch(moves, random)
        # A merge takes the enrollment out as a double, its undoing puts it back as it was.
        if self.is_double:
            back_to = Status(self.rows[-1].from_status)
            return [lambda: self.write(TransitionKind.LANJUT, status=back_to)]
        moves.append(lambda: self.write(TransitionKind.KOREKSI, status=Status.BERHENTI))
        if self.status == Status.AKTIF:
            other = random.choice(CENTERS)
            moves.append(lambda: self.write(TransitionKind.LANJUT, center=other))
        return moves or [lambda: None]

    def _switch(self, moves: list[Callable[[], None]], random: Random) -> None:
        other = random.choice([pathway for pathway in Pathway if pathway != self.pathway])
        if self.status == Status.BERHENTI or self.stage not in stages_of(other):
            return
        if self.status == Status.LULUS and self.pathway != Pathway.CARI_KERJA:
            return
        status = Status.AKTIF if self.status == Status.LULUS else self.status
        moves.append(lambda: self.write(TransitionKind.GANTI_JALUR, pathway=other, status=status))


def walk(random: Random, *, steps: int, start: datetime, district: str, center: str) -> Walker:
    """A new enrollment with a way of so many moves; the rows are saved."""
    at = start + timedelta(days=random.randint(0, 500))
    person = PersonFactory(user=None, phone=None)
    enrollment = Enrollment.objects.create(
        number=f"OK-U-{random.getrandbits(60):x}".upper()[:20],
        person=person,
        pathway=Pathway.MULAI_USAHA,
        district=district_of(district),
        center=center_of(center),
        status=Status.AKTIF,
        zone="Asia/Jakarta",
        cohort_year=local_day(at).year,
        registered_at=at,
        registered_on=local_day(at),
        stage_entered_at=at,
        last_activity_at=at,
    )
    walker = Walker(enrollment, at, pathway=random.choice(list(Pathway)), center=center)
    walker.write(TransitionKind.DAFTAR)
    for _ in range(steps):
        walker.step(random)
    StageTransition.objects.bulk_create(walker.rows)
    return walker


def expected(
    walkers: list[Walker],
    *,
    area: str = "",
    year: int | None = None,
    pathway: str = "",
    center: str = "",
    until: date | None = None,
) -> list[StageFigures]:
    """The seven stages by the definitions, one enrollment and one row at a time."""
    figures = [StageFigures(stage) for stage in ORDER]
    for walker in walkers:
        rows = [row for row in walker.rows if until is None or row.local_day <= until]
        if not rows:
            continue
        first, last = rows[0], rows[-1]
        if _is_double(last):
            continue
        if area and first.district_code != area and not first.district_code.startswith(f"{area}."):
            continue
        if year is not None and first.cohort_year != year:
            continue
        if (pathway and last.pathway != pathway) or (center and last.center_code != center):
            continue
        here = Stage(last.to_stage).number
        for stage in ORDER:
            figure = figures[stage.number - 1]
            if here < stage.number:
                continue
            figure = replace(figure, reached=figure.reached + 1)
            leaving = _leaving(rows, stage)
            if leaving == TransitionKind.DISPENSASI:
                figure = replace(figure, waived=figure.waived + 1)
            elif leaving is not None:
                figure = replace(figure, completed=figure.completed + 1)
            elif here == stage.number and last.to_status == Status.BERHENTI:
                figure = replace(figure, stopped=figure.stopped + 1)
            elif here == stage.number and last.to_status in Status.open_values():
                figure = replace(figure, current=figure.current + 1)
            figures[stage.number - 1] = figure
    return figures


def _is_double(row: StageTransition) -> bool:
    return row.kind == TransitionKind.KOREKSI and row.to_status == Status.BERHENTI


def _leaving(rows: list[StageTransition], stage: Stage) -> str | None:
    """The kind with which a stage was last left, unless a later row took that back."""
    kind: str | None = None
    for row in rows:
        if row.kind in LEAVING and row.from_stage == stage:
            kind = row.kind
            continue
        takes_back = (row.kind == TransitionKind.KOREKSI and not _is_double(row)) or (
            row.kind == TransitionKind.GANTI_JALUR and row.from_status == Status.LULUS
        )
        if takes_back and Stage(row.to_stage).number <= stage.number:
            kind = None
    return kind
