"""What staff can do to a participant, as one table: the page, the form, the act and who may.

The person page shows every line: as a link where the actor may, with the reason where not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import Role, User
from participants import services
from participants.models import Enrollment, IdentityStatus, Pathway, Stage, Status, StopReason
from participants.scoping import acting_role

from . import forms, moves
from .stages import STAGES, next_stage

MANAGERS = services.MANAGERS
CARERS = services.MANAGERS | {Role.PENDAMPING}
Cleaned = dict[str, Any]
BUSINESS_FIELDS = (
    "name",
    "sector",
    "address",
    "capital",
    "annual_sales",
    "workers_full_time",
    "workers_part_time",
)
Perform = Callable[[Enrollment, User, Cleaned, datetime], Any]


@dataclass(frozen=True, slots=True)
class Act:
    """One act on a participant. `consequence` tells beforehand what happens, `done` what happened."""

    slug: str
    title: str
    button: str
    consequence: str
    done: str
    form: type[forms.MoveForm]
    perform: Perform
    roles: frozenset[Role]
    is_possible: Callable[[Enrollment], bool]
    is_move: bool = False
    note: str = ""


def _version(data: Cleaned) -> int:
    version: int = data["version"]
    return version


def _advance_roles(enrollment: Enrollment) -> frozenset[Role]:
    return STAGES[Stage(enrollment.stage)].advance_roles


def _is_active(enrollment: Enrollment) -> bool:
    return enrollment.status == Status.AKTIF


def _is_open(enrollment: Enrollment) -> bool:
    return enrollment.is_open


def _can_waive(enrollment: Enrollment) -> bool:
    row = STAGES[Stage(enrollment.stage)]
    return (
        _is_active(enrollment)
        and bool(row.waiver_roles)
        and next_stage(enrollment.stage, enrollment.pathway) is not None
    )


ACTS: dict[str, Act] = {
    act.slug: act
    for act in (
        Act(
            slug="dispensasi",
            title="Beri dispensasi",
            button="Beri dispensasi",
            consequence=(
                "Peserta naik satu tahap tanpa syarat tahap ini. Dihitung terpisah, alasannya tersimpan."
            ),
            done="Dispensasi dicatat.",
            form=forms.ReasonForm,
            perform=lambda e, u, d, at: moves.waive(
                enrollment_id=e.pk, actor=u, version=_version(d), reason=d["reason"], at=at
            ),
            roles=frozenset({Role.PENGELOLA, Role.DINAS}),
            is_possible=_can_waive,
            is_move=True,
            note="Melewati syarat tahap ini, wajib alasan",
        ),
        Act(
            slug="koreksi",
            title="Koreksi tahap",
            button="Simpan koreksi",
            consequence=(
                "Peserta kembali ke tahap yang dipilih. Tahap sesudahnya tidak lagi dihitung tercapai."
            ),
            done="Koreksi dicatat.",
            form=forms.CorrectionForm,
            perform=lambda e, u, d, at: moves.correct(
                enrollment_id=e.pk,
                actor=u,
                version=_version(d),
                to_stage=Stage(d["to_stage"]),
                reason=d["reason"],
                at=at,
            ),
            roles=moves.CORRECTORS,
            is_possible=lambda e: (
                (e.status in (Status.AKTIF, Status.TIDAK_TERHUBUNGI) and e.stage != Stage.PENDAFTARAN)
                or e.status == Status.LULUS
            ),
            is_move=True,
            note="Mundur ke tahap sebelumnya, wajib alasan",
        ),
        Act(
            slug="berhenti",
            title="Catat berhenti",
            button="Catat berhenti",
            consequence="Data tetap tersimpan. Peserta bisa dilanjutkan lagi nanti.",
            done="Peserta dicatat berhenti.",
            form=forms.StopForm,
            perform=lambda e, u, d, at: moves.stop(
                enrollment_id=e.pk,
                actor=u,
                version=_version(d),
                why=StopReason(d["why"]),
                reason=d["reason"],
                at=at,
            ),
            roles=moves.CORRECTORS,
            is_possible=_is_open,
            is_move=True,
            note="Bisa dilanjutkan lagi nanti",
        ),
        Act(
            slug="lanjut",
            title="Lanjutkan lagi",
            button="Lanjutkan",
            consequence="Peserta aktif lagi di tahap terakhirnya.",
            done="Peserta aktif lagi.",
            form=forms.MoveForm,
            perform=lambda e, u, d, at: moves.resume(enrollment_id=e.pk, actor=u, version=_version(d), at=at),
            roles=moves.CARERS,
            is_possible=lambda e: e.status in (Status.BERHENTI, Status.TIDAK_TERHUBUNGI),
            is_move=True,
            note="Aktif lagi di tahap terakhirnya",
        ),
        Act(
            slug="tidak-terhubungi",
            title="Catat tidak terhubungi",
            button="Catat tidak terhubungi",
            consequence="Tahapnya tetap. Peserta bisa dilanjutkan begitu ada kabar.",
            done="Dicatat tidak terhubungi.",
            form=forms.ReasonForm,
            perform=lambda e, u, d, at: moves.mark_unreachable(
                enrollment_id=e.pk, actor=u, version=_version(d), reason=d["reason"], at=at
            ),
            roles=moves.CARERS,
            is_possible=_is_active,
            is_move=True,
            note="Sesudah beberapa kali mencoba tanpa jawaban",
        ),
        Act(
            slug="jalur",
            title="Ganti jalur",
            button="Ganti jalur",
            consequence="Syarat tahap berikutnya mengikuti jalur baru. Perubahan tersimpan di riwayat.",
            done="Jalur diganti.",
            form=forms.PathForm,
            perform=lambda e, u, d, at: moves.switch_path(
                enrollment_id=e.pk,
                actor=u,
                version=_version(d),
                pathway=Pathway(d["pathway"]),
                reason=d["reason"],
                at=at,
            ),
            roles=moves.CARERS,
            is_possible=lambda e: e.is_open or (e.status == Status.LULUS and e.pathway == Pathway.CARI_KERJA),
            is_move=True,
            note="Mencari kerja, mulai usaha, atau naik kelas",
        ),
        Act(
            slug="pusat",
            title="Tetapkan pusat",
            button="Tetapkan pusat",
            consequence="Peserta masuk daftar pusat itu dan mendapat kabar.",
            done="Pusat ditetapkan.",
            form=forms.CenterForm,
            perform=lambda e, u, d, at: moves.place_in_center(
                enrollment_id=e.pk,
                actor=u,
                version=_version(d),
                center=d["center"],
                reason=d["reason"],
                at=at,
            ),
            roles=moves.PLACERS,
            is_possible=lambda e: e.status == Status.MENUNGGU_PUSAT,
            is_move=True,
            note="Untuk peserta yang menunggu pusat",
        ),
        Act(
            slug="identitas",
            title="Periksa identitas",
            button="Simpan hasil pemeriksaan",
            consequence="Cocokkan nama, NIK, dan tanggal lahir dengan KTP asli.",
            done="Hasil pemeriksaan disimpan.",
            form=forms.IdentityForm,
            perform=lambda e, u, d, at: services.verify_identity(
                enrollment_id=e.pk, actor=u, status=IdentityStatus(d["status"]), note=d["note"], at=at
            ),
            roles=MANAGERS,
            is_possible=lambda e: not e.person.is_identity_verified,
        ),
        Act(
            slug="nik",
            title="Catat NIK",
            button="Simpan NIK",
            consequence="Hanya untuk peserta yang mendaftar tanpa NIK.",
            done="NIK dicatat.",
            form=forms.NikForm,
            perform=lambda e, u, d, at: services.record_nik(
                enrollment_id=e.pk, actor=u, nik=d["nik"].value, at=at
            ),
            roles=CARERS,
            is_possible=lambda e: e.person.nik_index is None,
        ),
        Act(
            slug="tujuan",
            title="Catat tujuan",
            button="Simpan tujuan",
            consequence="Satu kalimat, dengan kata-kata peserta sendiri.",
            done="Tujuan disimpan.",
            form=forms.GoalForm,
            perform=lambda e, u, d, at: services.set_goal(enrollment_id=e.pk, actor=u, goal=d["goal"], at=at),
            roles=CARERS,
            is_possible=_is_open,
        ),
        Act(
            slug="skpd",
            title="Tetapkan SKPD pembina",
            button="Tetapkan SKPD",
            consequence="Pilih dinas yang membina bidang peserta.",
            done="SKPD pembina ditetapkan.",
            form=forms.AgencyForm,
            perform=lambda e, u, d, at: services.assign_agency(
                enrollment_id=e.pk, actor=u, agency=d["agency"], at=at
            ),
            roles=MANAGERS,
            is_possible=_is_open,
        ),
        Act(
            slug="pendamping",
            title="Tetapkan pendamping",
            button="Tetapkan pendamping",
            consequence=(
                "Pendamping dan peserta mendapat kabar. Pendamping sebelumnya tidak lagi melihat peserta ini."
            ),
            done="Pendamping ditetapkan.",
            form=forms.CoachForm,
            perform=lambda e, u, d, at: services.assign_coach(
                enrollment_id=e.pk,
                actor=u,
                coach=d["coach"].user,
                note=d["note"],
                reason=d["reason"],
                at=at,
            ),
            roles=MANAGERS,
            is_possible=lambda e: e.is_open and e.center_id is not None,
        ),
        Act(
            slug="tolak-tugas",
            title="Belum bisa menerima",
            button="Kembalikan ke pengelola",
            consequence="Pengelola pusat akan mencari pendamping lain.",
            done="Tugas dikembalikan ke pengelola.",
            form=forms.DeclineForm,
            perform=lambda e, u, d, at: services.decline_assignment(
                enrollment_id=e.pk, actor=u, note=d["note"], at=at
            ),
            roles=frozenset({Role.PENDAMPING}),
            is_possible=_is_open,
        ),
        Act(
            slug="usaha",
            title="Data usaha",
            button="Simpan data usaha",
            consequence="Modal dihitung tanpa tanah dan bangunan.",
            done="Data usaha disimpan.",
            form=forms.BusinessForm,
            perform=lambda e, u, d, at: services.save_business(
                enrollment_id=e.pk,
                actor=u,
                at=at,
                **{field: d[field] for field in BUSINESS_FIELDS},
            ),
            roles=CARERS,
            is_possible=_is_open,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Offer:
    """An act beside the reason why the actor may not; empty when they may."""

    act: Act
    refusal: str

    @property
    def is_allowed(self) -> bool:
        return not self.refusal


def offers(enrollment: Enrollment, actor: User, *, are_moves: bool) -> list[Offer]:
    """The acts that fit the enrollment now. One that another role may do is shown with who may."""
    return [
        Offer(act, refusal(act, enrollment, actor))
        for act in ACTS.values()
        if act.is_move == are_moves and act.is_possible(enrollment)
    ]


def refusal(act: Act, enrollment: Enrollment, actor: User) -> str:
    """Why the actor may not do this now, as a sentence; empty when they may."""
    allowed = act.roles
    if act.slug == "dispensasi":
        allowed = STAGES[Stage(enrollment.stage)].waiver_roles
    if act.slug == "lanjut" and enrollment.status == Status.BERHENTI:
        allowed = moves.CORRECTORS
    return moves.refusal_for(enrollment, actor, allowed)


def may_advance(enrollment: Enrollment, actor: User) -> bool:
    """Whether moving forward is this actor's to do, whatever is still missing."""
    return acting_role(actor, enrollment, _advance_roles(enrollment)) is not None
