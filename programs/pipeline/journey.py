"""The read model of one participant's way: stones, checklist, next step, history. Loaded once, no query
later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from core.clock import local_day
from core.formats import day_short, inside
from participants.deadlines import due_day
from participants.facts import load_shared_facts
from participants.models import Enrollment, Stage, StageTransition, Status, TransitionKind
from participants.rules import ChecklistItem, Turn

from .stages import STAGES, StageRow, checklists, next_stage, stages_of

LEAVING = (TransitionKind.MAJU, TransitionKind.DISPENSASI, TransitionKind.LULUS)


@dataclass(frozen=True, slots=True)
class Stone:
    """One of the seven stones as the page draws it. `state` is done, now, wait, waived, stopped or later."""

    number: int
    name: str
    meaning: str
    state: str
    note: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class NextStep:
    """What happens next, whose turn it is, and until which working day."""

    title: str
    hint: str
    turn: Turn | None
    who: str
    due_on: date | None
    is_overdue: bool
    code: str = ""
    staff_title: str = ""

    @property
    def staff_who(self) -> str:
        """Who has to act, in the words of staff."""
        if self.turn is None:
            return ""
        return "Peserta" if self.turn is Turn.PESERTA else self.who.removesuffix(", pendamping Anda")

    @property
    def is_for_citizen(self) -> bool:
        return self.turn is Turn.PESERTA


@dataclass(frozen=True, slots=True)
class Journey:
    """Everything a page needs to show where a person stands."""

    enrollment: Enrollment
    row: StageRow
    target: Stage | None
    stones: Sequence[Stone]
    checklist: Sequence[ChecklistItem]
    next_step: NextStep
    transitions: Sequence[StageTransition]
    days_in_stage: int
    days_silent: int
    silent_limit: int
    today: date

    @property
    def missing(self) -> list[ChecklistItem]:
        return [item for item in self.checklist if not item.is_met]

    @property
    def met_count(self) -> int:
        return len(self.checklist) - len(self.missing)

    @property
    def is_ready(self) -> bool:
        """Nothing is missing: "siap naik"."""
        return self.enrollment.status == Status.AKTIF and not self.missing

    @property
    def is_silent(self) -> bool:
        return self.enrollment.status == Status.AKTIF and self.days_silent >= self.silent_limit

    @property
    def days_late(self) -> int:
        """Days since the step was due; 0 while it is not."""
        due_on = self.next_step.due_on
        return max((self.today - due_on).days, 0) if due_on else 0

    @property
    def target_label(self) -> str:
        """Where the checklist leads: the next stage, or "Lulus"."""
        return self.target.label if self.target else "Lulus"


def load_journey(enrollment: Enrollment, *, at: datetime) -> Journey:
    """Load one participant's journey at an instant, in a fixed number of queries.

    `enrollment` comes from `Enrollment.objects.visible_to(user).for_page()`.
    """
    today = local_day(at, enrollment.zone)
    transitions = list(enrollment.transitions.select_related("actor").order_by("version"))
    shared = load_shared_facts([enrollment], on=today)
    checklist = checklists([enrollment], on=today, shared=shared)[enrollment.pk]
    due_on = due_day(enrollment, shared.thresholds)
    return Journey(
        enrollment=enrollment,
        row=STAGES[Stage(enrollment.stage)],
        target=next_stage(enrollment.stage, enrollment.pathway),
        stones=stones(enrollment, transitions, today=today),
        checklist=checklist,
        next_step=next_step(enrollment, checklist, due_on=due_on, today=today),
        transitions=transitions,
        days_in_stage=enrollment.days_in_stage(today),
        days_silent=enrollment.days_silent(today),
        silent_limit=shared.thresholds[enrollment.stage, "batas_diam"],
        today=today,
    )


def stones(enrollment: Enrollment, transitions: Sequence[StageTransition], *, today: date) -> list[Stone]:
    """The stones of the person's path, from the log: done or waived and when, and the one underfoot.

    Seven, but three for a job seeker, whose path ends with a placement.
    """
    here = Stage(enrollment.stage).number
    left: dict[str, StageTransition] = {}
    for transition in transitions:
        if transition.kind in LEAVING:
            left[transition.from_stage] = transition
    drawn = []
    for stage in stages_of(enrollment.pathway):
        row = STAGES[stage]
        leaving = left.get(stage)
        state, note = "later", ""
        if stage.number < here or (stage.number == here and enrollment.status == Status.LULUS):
            is_waived = leaving is not None and leaving.kind == TransitionKind.DISPENSASI
            state = "waived" if is_waived else "done"
            if leaving is not None:
                note = day_short(leaving.local_day)
        elif stage.number == here:
            state, note = _underfoot(enrollment, transitions, today)
        drawn.append(Stone(row.number, row.label, row.meaning, state, note, current=stage.number == here))
    return drawn


def _underfoot(
    enrollment: Enrollment, transitions: Sequence[StageTransition], today: date
) -> tuple[str, str]:
    if enrollment.status == Status.AKTIF:
        return "now", f"Hari ke-{enrollment.days_in_stage(today)}"
    if enrollment.status == Status.MENUNGGU_PUSAT:
        return "wait", "pusat"
    if enrollment.status == Status.TIDAK_TERHUBUNGI:
        return "wait", "kabar"
    return "stopped", day_short(transitions[-1].local_day) if transitions else ""


def next_step(
    enrollment: Enrollment, checklist: Sequence[ChecklistItem], *, due_on: date, today: date
) -> NextStep:
    """The one thing to do now. Nobody is without one: when all is met, somebody must press the button."""
    if enrollment.status == Status.MENUNGGU_PUSAT:
        return _staff_step(
            "Pusat untuk Anda sedang disiapkan",
            "Belum ada pusat yang buka di sekitar Anda. Dinas menetapkan pusat dan memberi kabar.",
            who="Dinas wilayah",
            due_on=due_on,
            today=today,
            staff_title="Tetapkan pusat",
        )
    if enrollment.status == Status.LULUS:
        return NextStep(
            "Anda sudah lulus",
            "Kami akan menanyakan kabar Anda sesudah 3, 6, dan 12 bulan.",
            None,
            "",
            None,
            False,
            staff_title="Lulus",
        )
    if enrollment.status == Status.BERHENTI:
        return NextStep(
            "Anda sedang berhenti",
            "Mau lanjut? Hubungi pusat Anda. Data Anda masih tersimpan.",
            None,
            "",
            None,
            False,
            staff_title="Sedang berhenti",
        )
    if enrollment.status == Status.TIDAK_TERHUBUNGI:
        return NextStep(
            "Beri kabar ke pusat Anda",
            "Kami belum bisa menghubungi Anda. Kirim pesan ke pusat supaya perjalanan Anda lanjut.",
            Turn.PESERTA,
            "Anda",
            None,
            False,
            staff_title="Hubungi lagi peserta ini",
        )
    missing = [item for item in checklist if not item.is_met]
    if not missing:
        target = next_stage(enrollment.stage, enrollment.pathway)
        who = _name_of(
            Turn.PENGELOLA if enrollment.stage == Stage.PENDAFTARAN else Turn.PENDAMPING, enrollment
        )
        return _staff_step(
            "Semua syarat lengkap",
            f"Petugas tinggal menaikkan Anda ke langkah {target.label if target else 'terakhir: lulus'}.",
            who=who,
            due_on=due_on,
            today=today,
            staff_title=f"Naikkan ke {target.label}" if target else "Catat lulus",
        )
    item = next((item for item in missing if item.is_for_citizen), missing[0])
    if item.is_waiting:
        return _staff_step(
            "Kiriman Anda sedang diperiksa",
            f"Sudah masuk: {_kinds(item)}. Anda tinggal menunggu.",
            who=_name_of(Turn.PENGELOLA, enrollment),
            due_on=due_on,
            today=today,
            staff_title=f"Periksa bukti: {inside(item.requirement.label)}",
        )
    return NextStep(
        title=item.requirement.action or item.requirement.citizen_label,
        hint=item.requirement.hint,
        turn=item.requirement.turn,
        who=_name_of(item.requirement.turn, enrollment),
        due_on=due_on,
        is_overdue=due_on < today,
        code=item.requirement.code,
        staff_title=item.requirement.label,
    )


def _kinds(item: ChecklistItem) -> str:
    """What is being checked, in words: "NIB", "buku kas satu bulan"."""
    return " atau ".join(kind.label for kind in item.requirement.evidence)


def _staff_step(title: str, hint: str, *, who: str, due_on: date, today: date, staff_title: str) -> NextStep:
    return NextStep(title, hint, Turn.PENGELOLA, who, due_on, due_on < today, staff_title=staff_title)


def _name_of(turn: Turn, enrollment: Enrollment) -> str:
    if turn is Turn.PESERTA:
        return "Anda"
    if turn is Turn.PENDAMPING and enrollment.coach is not None:
        return f"{enrollment.coach.display_name}, pendamping Anda"
    if enrollment.center is not None:
        return f"Pengelola {enrollment.center.name}"
    return "Dinas wilayah"
