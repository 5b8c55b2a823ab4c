"""Domain objects as the plain lists that components draw."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.urls import reverse

from centers.models import place_name
from core.clock import local_day
from core.formats import day_long, day_short, moment
from core.models import AuditEntry
from core.templatetags.ui import badge
from core.validators import NIK_WARNINGS
from participants.models import (
    AssignmentEnd,
    CoachAssignment,
    Enrollment,
    EvidenceKind,
    Person,
    Stage,
    StageTransition,
    Status,
    TransitionKind,
)
from participants.rules import ChecklistItem, Turn

from .journey import Journey, NextStep
from .people import PersonLine
from .stages import STAGES, EvidenceChoice

STATUS_BADGES = {
    Status.AKTIF: "active",
    Status.MENUNGGU_PUSAT: "waiting",
    Status.LULUS: "graduated",
    Status.BERHENTI: "stopped",
    Status.TIDAK_TERHUBUNGI: "unreachable",
}


def people_lines(rows: Sequence[PersonLine]) -> list[dict[str, Any]]:
    """The people list as drawn: words, badges and addresses. What many lines share is made once."""
    address = reverse("people")
    badges = {row.status: badge(STATUS_BADGES[Status(row.status)], Status(row.status).label) for row in rows}
    stages = {row.stage: f"{Stage(row.stage).number}. {Stage(row.stage).label}" for row in rows}
    return [
        {
            "key": row.pk,
            "href": f"{address}{row.person_id}/",
            "name": row.name,
            "number": row.number,
            "stage": stages[row.stage],
            "status": badges[row.status],
            "place": place_name(row.kecamatan, row.regency),
            "coach": row.coach_name or "Belum ada",
            "registered": day_short(row.registered_on),
        }
        for row in rows
    ]


OWN_ACT_OF = {"tujuan": "tujuan", "data_usaha": "usaha"}
"""Requirement → the act of the table that meets it, for the participant too."""

STAFF_ACT_OF = OWN_ACT_OF | {
    "identitas": "identitas",
    "skpd": "skpd",
    "pendamping": "pendamping",
    "pusat": "pusat",
}


MENTORING_PAGE_OF = {"rencana_aksi": "plan_edit", "sesi": "mentoring"}
"""Requirement → the page on which who accompanies the participant meets it."""
ON_MENTORING_PAGES = frozenset({EvidenceKind.RENCANA_AKSI, EvidenceKind.SESI})
"""Proofs that nobody needs to bring any more: plans and sessions have pages of their own."""

ATTENDANCE = "hadir"
"""Requirement: met in a class that the participant chooses."""
PLACEMENT = "penempatan"
"""Requirement: met by a job that participant and employer confirm."""


def own_address(item: ChecklistItem, choices: Sequence[EvidenceChoice]) -> str:
    """Where a participant meets a requirement, or "" when it is not theirs to meet."""
    code = item.requirement.code
    if code in OWN_ACT_OF:
        return reverse("my_act", args=[OWN_ACT_OF[code]])
    if code == ATTENDANCE:
        return reverse("class_list")
    if code == PLACEMENT:
        return reverse("my_applications")
    for choice in choices:
        if choice.spec.kind in item.requirement.evidence:
            return reverse("my_evidence_add", args=[choice.spec.kind.value])
    return ""


IDENTITY = "identitas"
"""Requirement: checked by an officer, helped by a photo that the participant sends."""

KTP_SENT = "Foto KTP Anda sudah masuk. Petugas mencocokkannya dengan data Anda."


def own_checklist(
    items: Sequence[ChecklistItem], choices: Sequence[EvidenceChoice], *, has_ktp: bool
) -> list[dict[str, Any]]:
    """The checklist in the participant's words, what is open first. A photo of the KTP may be sent by the
    participant, though checking it is the officer's turn."""
    drawn = []
    for item in sorted(items, key=lambda item: item.is_met):
        turn = "you" if item.is_for_citizen else "officer"
        note = item.requirement.hint
        if item.is_waiting:
            note = "Kiriman Anda sedang diperiksa. Anda tinggal menunggu."
        if item.progress_text:
            note = f"{item.progress_text}. {note}"
        address = own_address(item, choices) if item.is_for_citizen else ""
        if item.requirement.code == IDENTITY and not item.is_met:
            address = "" if has_ktp else reverse("my_ktp_add")
            note = KTP_SENT if has_ktp else note
        drawn.append(
            {
                "label": item.requirement.citizen_label,
                "turn": "done" if item.is_met else turn,
                "note": note,
                "href": address,
            }
        )
    return drawn


def staff_checklist(
    journey: Journey, choices: Sequence[EvidenceChoice], *, may_work: bool, own_acts: Collection[str]
) -> list[dict[str, Any]]:
    """The checklist in the words of staff, with a link to where a requirement is met (`staff_address`)."""
    enrollment = journey.enrollment
    drawn = []
    for item in journey.checklist:
        label = item.requirement.label
        if item.progress_text:
            label = f"{label} ({item.progress_text})"
        drawn.append(
            {
                "label": label,
                "done": item.is_met,
                "status": "waiting" if item.is_waiting else "",
                "text": "Menunggu diperiksa" if item.is_waiting else "",
                "who": _who(item, enrollment),
                "href": staff_address(item, enrollment, choices, own_acts)
                if may_work and not item.is_met
                else "",
            }
        )
    return drawn


def staff_address(
    item: ChecklistItem,
    enrollment: Enrollment,
    choices: Sequence[EvidenceChoice],
    own_acts: Collection[str],
) -> str:
    """Where staff meet a requirement for a participant; "" when it is not theirs. `own_acts` are the slugs of
    the acts the reader may do here.
    """
    if item.is_waiting:
        return "#bukti"
    code = item.requirement.code
    if code == "tidak_ganda":
        return f"{reverse('duplicates')}?orang={enrollment.person_id}"
    if code == PLACEMENT:
        return reverse("vacancy_desk_list")
    if code in MENTORING_PAGE_OF:
        return reverse(MENTORING_PAGE_OF[code], args=[enrollment.person_id]) if choices else ""
    if code in STAFF_ACT_OF:
        slug = STAFF_ACT_OF[code]
        return reverse("act", args=[enrollment.person_id, slug]) if slug in own_acts else ""
    for choice in choices:
        if choice.spec.kind in item.requirement.evidence:
            return reverse("evidence_add", args=[enrollment.person_id, choice.spec.kind.value])
    return ""


def nik_warnings(person: Person) -> list[str]:
    """What the officer should look at on the KTP, in sentences."""
    return [NIK_WARNINGS.get(code, code) for code in person.nik_warnings]


def _who(item: ChecklistItem, enrollment: Enrollment) -> str:
    if item.is_waiting:
        return "Petugas kedua"
    if item.requirement.turn is Turn.PESERTA:
        return enrollment.person.full_name
    if item.requirement.turn is Turn.PENDAMPING and enrollment.coach is not None:
        return enrollment.coach.display_name
    return item.requirement.turn.label_for_staff()


def step_facts(step: NextStep, *, for_citizen: bool) -> list[dict[str, str]]:
    """Until when and by whom, for the panel of the next step."""
    facts = []
    if step.due_on is not None:
        label = "Sudah lewat, seharusnya" if step.is_overdue else "Paling lambat"
        facts.append({"label": label, "value": day_long(step.due_on)})
    who = step.who if for_citizen else step.staff_who
    if who and who != "Anda":
        facts.append({"label": "Dibantu oleh" if for_citizen else "Siapa", "value": who})
    return facts


def history(transitions: Sequence[StageTransition], zone: str, *, for_citizen: bool) -> list[dict[str, Any]]:
    """The log, newest first. Participants read it without the reasons that staff wrote for each other."""
    return [
        {
            "title": _sentence(transition),
            "when": moment(transition.at, zone),
            "by": transition.actor.display_name if transition.actor else "Sistem",
            "note": "" if for_citizen else transition.reason,
            "is_move": True,
            "at": transition.at,
        }
        for transition in reversed(transitions)
    ]


AUDITED = {
    "identitas.periksa": "Identitas diperiksa",
    "nik.catat": "NIK dicatat",
    "skpd.tetapkan": "SKPD pembina ditetapkan",
    "pendamping.tetapkan": "Pendamping ditetapkan walau penuh",
    "pendamping.batalkan": "Penetapan pendamping dibatalkan",
    "skpd.batalkan": "Penetapan SKPD dibatalkan",
    "identitas.batalkan": "Tanda dokumen dilihat dibatalkan",
    "ktp.unggah": "Foto KTP dikirim",
    "nik.perbaikan_diminta": "Perbaikan NIK diminta",
    "nik.perbaikan_dibatalkan": "Permintaan perbaikan NIK dibatalkan",
    "nik.perbaikan_ditolak": "Perbaikan NIK ditolak",
    "nik.perbaiki": "NIK diperbaiki",
    "duplikat.gabung": "Digabung dengan pendaftaran ganda",
    "duplikat.batal": "Penggabungan dibatalkan",
    "duplikat.berbeda": "Dipastikan bukan pendaftaran ganda",
    "data.buka": "Data lengkap dibuka",
    "pendaftaran.dibantu": "Didaftarkan di loket",
    "akun.kode_dicetak": "Kode masuk dicetak",
    "rekonsiliasi.perbaiki": "Keadaan disamakan dengan catatan perpindahan",
}
"""Audited acts that staff read in a participant's history."""


def staff_history(
    transitions: Sequence[StageTransition],
    entries: Sequence[AuditEntry],
    assignments: Sequence[CoachAssignment],
    zone: str,
    *,
    may_read: bool,
) -> list[dict[str, Any]]:
    """Moves, audited acts and the coaches, newest first. What one officer does again and again on one day for
    one reason is one line. `may_read`: also what manager and coaches wrote each other."""

    def alike(entry: AuditEntry) -> tuple[Any, ...]:
        return entry.action, entry.actor_id, entry.reason, _audited(entry), local_day(entry.at, zone)

    groups: dict[tuple[Any, ...], list[AuditEntry]] = {}
    for entry in entries:
        if entry.action in AUDITED and not _is_told_elsewhere(entry):
            groups.setdefault(alike(entry), []).append(entry)
    acts = [
        {
            "title": _audited(group[0]) + (f" ({len(group)} kali)" if len(group) > 1 else ""),
            "when": moment(group[0].at, zone),
            "by": group[0].actor_label or "Sistem",
            "note": group[0].reason,
            "is_move": False,
            "at": group[0].at,
        }
        for group in groups.values()
    ]
    return newest_first(
        history(transitions, zone, for_citizen=False),
        acts,
        coach_history(assignments, zone, may_read=may_read),
    )


def _audited(entry: AuditEntry) -> str:
    if entry.action == "pendamping.tetapkan" and entry.detail.get("before"):
        return "Pendamping diganti"
    return "Foto KTP dibuka" if entry.detail.get("what") == "foto KTP" else AUDITED[entry.action]


def _is_told_elsewhere(entry: AuditEntry) -> bool:
    """A coach was given: `coach_history` says so by name; the entry adds only why another one, or why in
    spite of the load."""
    return entry.action == "pendamping.tetapkan" and not entry.reason


def coach_history(
    assignments: Sequence[CoachAssignment], zone: str, *, may_read: bool
) -> list[dict[str, Any]]:
    """Who was given the person, who took the task on and who could not; unordered."""
    lines = []
    for one in assignments:
        coach = one.coach.display_name
        is_declined = one.end_reason == AssignmentEnd.MENOLAK
        giver = one.assigned_by.display_name if one.assigned_by else "Sistem"
        happened = [
            (one.assigned_at, f"Pendamping ditetapkan: {coach}", giver, "" if is_declined else one.note)
        ]
        if one.accepted_at is not None:
            happened.append((one.accepted_at, "Tugas pendampingan diterima", coach, ""))
        if is_declined and one.ended_at is not None:
            happened.append((one.ended_at, "Pendamping belum bisa menerima", coach, one.note))
        lines += [
            {
                "title": title,
                "when": moment(at, zone),
                "by": by,
                "note": note if may_read else "",
                "is_move": False,
                "at": at,
            }
            for at, title, by, note in happened
        ]
    return lines


def newest_first(*lists: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines of several histories as one."""
    return sorted((line for lines in lists for line in lines), key=lambda line: line["at"], reverse=True)


def _sentence(transition: StageTransition) -> str:
    stage = next(row.label for row in STAGES.values() if row.stage == transition.to_stage)
    if transition.kind == TransitionKind.MAJU:
        return f"Naik ke {stage}"
    if transition.kind == TransitionKind.DISPENSASI:
        return f"Dispensasi, naik ke {stage}"
    if transition.kind == TransitionKind.KOREKSI and transition.to_status == Status.BERHENTI:
        return "Pendaftaran ganda, digabung"
    if transition.kind == TransitionKind.KOREKSI and transition.to_status == Status.MENUNGGU_PUSAT:
        return "Penetapan pusat dibatalkan"
    if transition.kind == TransitionKind.KOREKSI:
        return f"Koreksi, kembali ke {stage}"
    if transition.kind == TransitionKind.LANJUT and transition.from_status == Status.MENUNGGU_PUSAT:
        return "Pusat ditetapkan"
    return transition.kind_label
