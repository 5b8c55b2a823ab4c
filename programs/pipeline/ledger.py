"""The log of one enrollment read line by line: what is wrong with it, and what state it leads to.

Nothing here asks the database. A log is whole when its versions follow each other without a gap, every line
begins where the one before it ended, makes a move that its kind can make, and repeats the dimensions that its
kind cannot change. Only a whole log says in what state an enrollment is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from core.clock import local_day
from participants.models import Pathway, Stage, Status, StopReason, TransitionKind


class Entry(NamedTuple):
    """One line of the log; the names are those of `StageTransition`."""

    version: int
    kind: str
    from_stage: str
    to_stage: str
    from_status: str
    to_status: str
    at: datetime
    local_day: date
    zone: str
    district_code: str
    center_code: str
    pathway: str
    cohort_year: int

    @property
    def is_double(self) -> bool:
        """Whether a merge took the enrollment out of the count with this line."""
        return self.kind == TransitionKind.KOREKSI and self.to_status == Status.BERHENTI


class Fault(NamedTuple):
    """Something of a record that cannot be: what, what is written, what follows from the rest."""

    what: str
    written: str
    expected: str


class State(NamedTuple):
    """What an enrollment's own row must say after its log."""

    stage: str
    status: str
    version: int
    center: str
    pathway: str
    zone: str
    stage_entered_at: datetime
    last_moved_at: datetime
    is_double: bool


_AT_SAME_STAGE = frozenset(
    {
        TransitionKind.BERHENTI,
        TransitionKind.LANJUT,
        TransitionKind.GANTI_JALUR,
        TransitionKind.LULUS,
        TransitionKind.TIDAK_TERHUBUNGI,
    }
)
_ENDS_IN: dict[str, frozenset[str]] = {
    TransitionKind.DAFTAR: frozenset({Status.AKTIF, Status.MENUNGGU_PUSAT}),
    TransitionKind.MAJU: frozenset({Status.AKTIF}),
    TransitionKind.DISPENSASI: frozenset({Status.AKTIF}),
    TransitionKind.KOREKSI: frozenset({Status.AKTIF, Status.BERHENTI, Status.MENUNGGU_PUSAT}),
    TransitionKind.BERHENTI: frozenset({Status.BERHENTI}),
    TransitionKind.LANJUT: frozenset(Status.values),
    TransitionKind.GANTI_JALUR: frozenset(Status.values),
    TransitionKind.LULUS: frozenset({Status.LULUS}),
    TransitionKind.TIDAK_TERHUBUNGI: frozenset({Status.TIDAK_TERHUBUNGI}),
}
_MAY_CHANGE_CENTER = frozenset({TransitionKind.DAFTAR, TransitionKind.LANJUT, TransitionKind.KOREKSI})


def faults(entries: Sequence[Entry]) -> list[Fault]:
    """What is wrong with a log in the order of its versions: lines missing, lines altered."""
    if not entries:
        return [Fault("catatan perpindahan", "tidak ada satu baris pun", "sedikitnya baris pendaftaran")]
    found: list[Fault] = []
    before: Entry | None = None
    for entry in entries:
        wanted = before.version + 1 if before else 1
        if entry.version != wanted:
            missing = f"baris ke-{wanted}" if entry.version == wanted + 1 else f"baris ke-{wanted} dst."
            found.append(Fault("catatan perpindahan", f"{missing} hilang", "urut tanpa celah"))
        else:
            found += _faults_of(entry, before)
        before = entry
    return found


def _faults_of(entry: Entry, before: Entry | None) -> Iterator[Fault]:
    where = f"catatan perpindahan baris ke-{entry.version}"
    if (entry.kind == TransitionKind.DAFTAR) != (before is None):
        yield Fault(f"{where}, jenis", entry.kind, "daftar hanya di baris pertama")
    begins = (entry.from_stage, entry.from_status)
    ended = (before.to_stage, before.to_status) if before else ("", "")
    if begins != ended:
        yield Fault(f"{where}, asal", "/".join(begins) or "–", "/".join(ended) or "–")
    if entry.to_status not in _ENDS_IN.get(entry.kind, frozenset()) or not _is_legal_stage(entry):
        arrow = f"{entry.from_stage}→{entry.to_stage} ({entry.to_status})"
        yield Fault(f"{where}, tujuan", arrow, f"perpindahan yang sah untuk {entry.kind}")
    if entry.local_day != local_day(entry.at, entry.zone):
        yield Fault(f"{where}, hari", str(entry.local_day), str(local_day(entry.at, entry.zone)))
    if before is None:
        return
    for what, written, earlier in (
        ("kecamatan", entry.district_code, before.district_code),
        ("tahun daftar", str(entry.cohort_year), str(before.cohort_year)),
    ):
        if written != earlier:
            yield Fault(f"{where}, {what}", written, earlier)
    if entry.center_code != before.center_code and entry.kind not in _MAY_CHANGE_CENTER:
        yield Fault(f"{where}, pusat", entry.center_code or "–", before.center_code or "–")
    if (entry.pathway != before.pathway) != (entry.kind == TransitionKind.GANTI_JALUR):
        yield Fault(f"{where}, jalur", entry.pathway, before.pathway)


def _is_legal_stage(entry: Entry) -> bool:
    """Whether this kind of move can lead from stage to stage, on any path there ever was."""
    if entry.to_stage not in Stage.values or entry.pathway not in Pathway.values:
        return False
    target = Stage(entry.to_stage).number
    if entry.kind == TransitionKind.DAFTAR:
        return target == 1
    if entry.from_stage not in Stage.values:
        return False
    origin = Stage(entry.from_stage).number
    if entry.kind in (TransitionKind.MAJU, TransitionKind.DISPENSASI):
        return target == origin + 1
    if entry.kind in _AT_SAME_STAGE:
        return target == origin
    return target <= origin


def state_after(entries: Sequence[Entry]) -> State:
    """The state a whole log of at least one line leads to."""
    last = entries[-1]
    entered = entries[0].at
    for entry in entries:
        went_back = entry.kind == TransitionKind.KOREKSI and entry.to_status == Status.AKTIF
        if entry.to_stage != entry.from_stage or went_back:
            entered = entry.at
    return State(
        stage=last.to_stage,
        status=last.to_status,
        version=last.version,
        center=last.center_code,
        pathway=last.pathway,
        zone=last.zone,
        stage_entered_at=entered,
        last_moved_at=max(entry.at for entry in entries),
        is_double=last.is_double,
    )


def stop_reason_after(state: State, stored: str) -> str:
    """The reason of stopping that goes with a state: the stored one where it can be true."""
    if state.status != Status.BERHENTI:
        return ""
    if state.is_double:
        return StopReason.GANDA
    return StopReason.LAINNYA if stored in ("", StopReason.GANDA) else stored
