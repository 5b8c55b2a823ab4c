"""What is stored of single people, held against their log: state, coach, workers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from participants.models import Pathway, Stage, Status, StopReason
from programs.pipeline.ledger import Entry, State, faults, state_after, stop_reason_after

from .findings import Check, Finding, Findings
from .witness import EnrollmentRow, Known, PersonRows, ReportRow

NONE = "–"
LABELS = {code: str(label) for words in (Stage, Status, Pathway, StopReason) for code, label in words.choices}
"""Stored code → word that people read."""


def compare_person(person: PersonRows, findings: Findings) -> None:
    """Everything of one person that can be told from her own rows."""
    for known in person.enrollments:
        _compare_enrollment(known, findings)
    if person.enrollments:
        _compare_reports(person, findings)


def _compare_enrollment(known: Known, findings: Findings) -> None:
    row = known.row

    def add(check: Check, what: str, written: object, expected: object, *, mendable: bool = False) -> None:
        findings.add(
            Finding(
                check, what, f"wilayah {row.district_id}", _text(written), _text(expected),
                area=row.district_id, subject=row.pk, is_mendable=mendable,
            )
        )  # fmt: skip

    wrong = faults(known.entries)
    for fault in wrong:
        add(Check.LOG, fault.what.capitalize(), fault.written, fault.expected)
    if known.entries:
        for what, written, expected in fixed_differences(row, known.entries):
            add(Check.LOG, what, written, expected)
        # With a broken log nobody can say which of the two is right: told, never mended.
        is_whole = not wrong and row.version <= known.entries[-1].version
        for what, written, expected in state_differences(row, known.entries):
            add(Check.KEADAAN, what, written, expected, mendable=is_whole)
    open_coach = known.coaches[0] if known.coaches else None
    if open_coach != row.coach_id:
        add(Check.PENDAMPING, "Pendamping peserta", row.coach_id, open_coach, mendable=True)


def _text(value: object) -> str:
    return NONE if value in (None, "") else LABELS.get(str(value), str(value))


def fixed_differences(row: EnrollmentRow, entries: list[Entry]) -> Iterator[tuple[str, object, object]]:
    """What was copied into the log at registration and never changes: log and record must say the same."""
    first = entries[0]
    yield from _unequal(
        ("Kecamatan di catatan pendaftaran", first.district_code, row.district_id),
        ("Tahun daftar di catatan pendaftaran", first.cohort_year, row.cohort_year),
        ("Waktu daftar di catatan pendaftaran", first.at.isoformat(), row.registered_at.isoformat()),
        ("Hari daftar di catatan pendaftaran", first.local_day, row.registered_on),
    )
    if row.version > entries[-1].version:
        yield (
            "Catatan perpindahan",
            f"baris terakhir ke-{entries[-1].version}, baris sesudahnya hilang",
            f"versi peserta {row.version}",
        )


def state_differences(row: EnrollmentRow, entries: list[Entry]) -> Iterator[tuple[str, object, object]]:
    """What follows from the log and is stored again with the enrollment."""
    state = state_after(entries)
    yield from _unequal(
        ("Tahap", row.stage, state.stage),
        ("Status", row.status, state.status),
        ("Pusat", row.center_id or "", state.center),
        ("Jalur", row.pathway, state.pathway),
        ("Zona waktu", row.zone, state.zone),
        ("Masuk tahap", row.stage_entered_at.isoformat(), state.stage_entered_at.isoformat()),
        ("Alasan berhenti", row.stop_reason, stop_reason_after(state, row.stop_reason)),
    )
    if row.version < state.version:
        yield "Versi", row.version, state.version
    if row.last_activity_at < state.last_moved_at:
        yield "Kabar terakhir", row.last_activity_at.isoformat(), state.last_moved_at.isoformat()


def mended_values(state: State, *, stop_reason: str) -> dict[str, Any]:
    """Field → value of the enrollment's row after a whole log; `last_activity_at` is only ever raised."""
    return {
        "stage": state.stage,
        "status": state.status,
        "version": state.version,
        "center_id": state.center or None,
        "pathway": state.pathway,
        "zone": state.zone,
        "stage_entered_at": state.stage_entered_at,
        "stop_reason": stop_reason_after(state, stop_reason),
    }


def _unequal(*pairs: tuple[str, object, object]) -> Iterator[tuple[str, object, object]]:
    for what, written, expected in pairs:
        if written != expected:
            yield what, written, expected


# Workers ---------------------------------------------------------------------------------------------------


def _compare_reports(person: PersonRows, findings: Findings) -> None:
    """Each report begins where the one before it ended, and the business repeats the last one's total."""
    row = person.enrollments[-1].row
    last: dict[UUID, ReportRow] = {}

    def add(what: str, written: object, expected: object) -> None:
        findings.add(
            Finding(
                Check.PEKERJA, what, f"wilayah {row.district_id}", str(written), str(expected),
                area=row.district_id, subject=row.pk,
            )
        )  # fmt: skip

    for report in person.reports:
        before = last.get(report.business_id)
        told = (report.full_time_before, report.part_time_before)
        earlier = (before.full_time, before.part_time) if before else (0, 0)
        if told != earlier:
            add("Pekerja sebelum laporan", "+".join(map(str, told)), "+".join(map(str, earlier)))
        last[report.business_id] = report
    for report in last.values():
        if report.business__workers_full_time is None:
            continue
        total = report.business__workers_full_time + (report.business__workers_part_time or 0)
        if report.workers != total:
            add("Pekerja di laporan terakhir", report.workers, f"{total} menurut data usaha")
