"""Moves: who may, what is missing, what is written, what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Role
from accounts.tests.factories import UserFactory, staff
from core.clock import now
from core.models import AuditEntry, OutboxMessage
from participants import services
from participants.models import (
    Enrollment,
    EvidenceKind,
    IdentityStatus,
    Pathway,
    Stage,
    StageEvidence,
    StageTransition,
    Status,
    StopReason,
    TransitionKind,
)
from participants.refusals import NotYours, Refused, Stale
from participants.tests.factories import center_of, participant
from programs.pipeline import moves
from programs.pipeline.stages import STAGES, evidence_choices, stages_of
from programs.training.models import TrainingClass
from programs.training.tests import factories as classes

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    """A centre with its manager and coach, and the dinas of its region."""
    center = center_of()
    return {
        "center": center,
        "manager": staff(Role.PENGELOLA, center.code),
        "coach": staff(Role.PENDAMPING, center.code),
        "dinas": staff(Role.DINAS, center.district_id[:2]),
    }


def mentee(team, **kwargs) -> Enrollment:
    """A participant of the team's centre, accompanied by its coach who has accepted."""
    return participant(center=team["center"], coach=team["coach"], **kwargs)


def accept(enrollment: Enrollment, team, stage: Stage, kind: EvidenceKind, number: str = "1") -> None:
    """One proof brought by the coach and accepted by the manager."""
    evidence = services.submit_evidence(
        enrollment_id=enrollment.pk,
        actor=team["coach"],
        stage=stage,
        kind=kind,
        number=number,
        note="Catatan",
        happened_on=now().date() - timedelta(days=1),
        store_file=None,
        at=now(),
    )
    services.decide_evidence(evidence_id=evidence.pk, actor=team["manager"], accept=True, at=now())


def test_advance_is_refused_with_every_missing_requirement(team):
    enrollment = mentee(team, stage=Stage.PELATIHAN)
    with pytest.raises(moves.StageRefused) as refused:
        moves.advance(enrollment_id=enrollment.pk, actor=team["coach"], version=enrollment.version, at=now())
    codes = [item.requirement.code for item in refused.value.missing]
    assert codes == ["hadir", "sertifikat", "rencana_aksi"]
    assert "kehadiran mencapai batas" in str(refused.value)
    enrollment.refresh_from_db()
    assert enrollment.stage == Stage.PELATIHAN


def test_attendance_below_the_threshold_does_not_count(team):
    enrollment = mentee(team, stage=Stage.PELATIHAN)
    accept(enrollment, team, Stage.PELATIHAN, EvidenceKind.KEHADIRAN, "79")
    accept(enrollment, team, Stage.PELATIHAN, EvidenceKind.SERTIFIKAT)
    accept(enrollment, team, Stage.PENDAMPINGAN, EvidenceKind.RENCANA_AKSI)
    missing = moves.missing_requirements(Enrollment.objects.get(pk=enrollment.pk), at=now())
    assert [item.requirement.code for item in missing] == ["hadir"]
    accept(enrollment, team, Stage.PELATIHAN, EvidenceKind.KEHADIRAN, "80")
    moved = moves.advance(
        enrollment_id=enrollment.pk, actor=team["coach"], version=enrollment.version, at=now()
    )
    assert moved.stage == Stage.PENDAMPINGAN


def test_a_move_writes_one_line_with_the_dimensions_of_the_day(team):
    enrollment = mentee(team, stage=Stage.PERIZINAN)
    accept(enrollment, team, Stage.PERIZINAN, EvidenceKind.NIB, "9120000012345")
    moves.advance(enrollment_id=enrollment.pk, actor=team["coach"], version=enrollment.version, at=now())
    line = StageTransition.objects.filter(enrollment=enrollment).latest("version")
    assert (line.kind, line.from_stage, line.to_stage) == (
        TransitionKind.MAJU,
        Stage.PERIZINAN,
        Stage.PEMASARAN,
    )
    assert line.version == enrollment.version + 1
    assert (line.center_code, line.district_code) == (team["center"].code, enrollment.district_id)
    assert (line.actor, line.actor_role) == (team["coach"], Role.PENDAMPING)
    assert line.cohort_year == enrollment.cohort_year
    assert AuditEntry.objects.filter(action="tahap.maju", object_id=str(enrollment.pk)).count() == 1
    assert OutboxMessage.objects.filter(dedupe_key__contains=str(line.pk)).count() == 1


def test_only_the_assigned_coach_advances_and_only_the_manager_leaves_p1(team):
    enrollment = mentee(team, stage=Stage.PERIZINAN)
    accept(enrollment, team, Stage.PERIZINAN, EvidenceKind.NIB, "9120000012345")
    other_coach = staff(Role.PENDAMPING, team["center"].code)
    for actor in (other_coach, team["manager"], team["dinas"], UserFactory()):
        with pytest.raises(NotYours):
            moves.advance(enrollment_id=enrollment.pk, actor=actor, version=enrollment.version, at=now())
    beginner = mentee(team, stage=Stage.PENDAFTARAN)
    with pytest.raises(NotYours):
        moves.advance(enrollment_id=beginner.pk, actor=team["coach"], version=beginner.version, at=now())


def test_waivers_belong_to_the_manager_for_training_and_to_dinas_for_licensing(team):
    licensing = mentee(team, stage=Stage.PERIZINAN)
    with pytest.raises(NotYours):
        moves.waive(
            enrollment_id=licensing.pk, actor=team["manager"], version=licensing.version, reason="x", at=now()
        )
    moved = moves.waive(
        enrollment_id=licensing.pk,
        actor=team["dinas"],
        version=licensing.version,
        reason="Zonasi, izin menyusul.",
        at=now(),
    )
    assert moved.stage == Stage.PEMASARAN
    marketing = mentee(team, stage=Stage.PEMASARAN)
    with pytest.raises(Refused):
        moves.waive(
            enrollment_id=marketing.pk, actor=team["dinas"], version=marketing.version, reason="x", at=now()
        )


def test_a_waiver_needs_a_reason_and_the_next_door_still_holds(team):
    enrollment = mentee(team, stage=Stage.PELATIHAN)
    with pytest.raises(Refused, match="alasan"):
        moves.waive(
            enrollment_id=enrollment.pk,
            actor=team["manager"],
            version=enrollment.version,
            reason=" ",
            at=now(),
        )
    with pytest.raises(moves.StageRefused, match="rencana aksi"):
        moves.waive(
            enrollment_id=enrollment.pk,
            actor=team["manager"],
            version=enrollment.version,
            reason="Sudah bersertifikat BLK.",
            at=now(),
        )
    accept(enrollment, team, Stage.PENDAMPINGAN, EvidenceKind.RENCANA_AKSI)
    moved = moves.waive(
        enrollment_id=enrollment.pk,
        actor=team["manager"],
        version=enrollment.version,
        reason="Sudah bersertifikat BLK.",
        at=now(),
    )
    assert moved.stage == Stage.PENDAMPINGAN
    assert StageTransition.objects.filter(enrollment=enrollment, kind=TransitionKind.DISPENSASI).count() == 1


def test_a_stale_version_is_refused_and_says_who_changed_it(team):
    enrollment = mentee(team, stage=Stage.PERIZINAN)
    moves.stop(
        enrollment_id=enrollment.pk,
        actor=team["manager"],
        version=enrollment.version,
        why=StopReason.PINDAH,
        reason="",
        at=now(),
    )
    with pytest.raises(Stale, match=team["manager"].display_name):
        moves.stop(
            enrollment_id=enrollment.pk,
            actor=team["manager"],
            version=enrollment.version,
            why=StopReason.PINDAH,
            reason="",
            at=now(),
        )


def test_correction_only_goes_back_and_takes_a_wrong_graduation_back(team):
    enrollment = mentee(team, stage=Stage.PEMASARAN)
    with pytest.raises(Refused, match="mundur"):
        moves.correct(
            enrollment_id=enrollment.pk,
            actor=team["manager"],
            version=enrollment.version,
            to_stage=Stage.PERMODALAN,
            reason="Salah tekan.",
            at=now(),
        )
    back = moves.correct(
        enrollment_id=enrollment.pk,
        actor=team["manager"],
        version=enrollment.version,
        to_stage=Stage.PELATIHAN,
        reason="Salah tekan.",
        at=now(),
    )
    assert back.stage == Stage.PELATIHAN
    graduate = mentee(team, stage=Stage.PERMODALAN, status=Status.LULUS)
    again = moves.correct(
        enrollment_id=graduate.pk,
        actor=team["manager"],
        version=graduate.version,
        to_stage=Stage.PERMODALAN,
        reason="Pencairan dibatalkan.",
        at=now(),
    )
    assert (again.stage, again.status) == (Stage.PERMODALAN, Status.AKTIF)


def test_stop_resume_and_unreachable_keep_the_stage(team):
    enrollment = mentee(team, stage=Stage.PENDAMPINGAN)
    lost = moves.mark_unreachable(
        enrollment_id=enrollment.pk,
        actor=team["coach"],
        version=enrollment.version,
        reason="Tiga kali ditelepon.",
        at=now(),
    )
    assert lost.status == Status.TIDAK_TERHUBUNGI
    found = moves.resume(enrollment_id=enrollment.pk, actor=team["coach"], version=lost.version, at=now())
    assert (found.status, found.stage) == (Status.AKTIF, Stage.PENDAMPINGAN)
    kinds = list(enrollment.transitions.order_by("version").values_list("kind", flat=True))
    assert kinds[-2:] == [TransitionKind.TIDAK_TERHUBUNGI, TransitionKind.LANJUT]


def test_a_job_seeker_graduates_after_a_confirmed_placement_and_may_start_a_business(team):
    enrollment = mentee(team, stage=Stage.PENDAMPINGAN, pathway=Pathway.CARI_KERJA)
    accept(enrollment, team, Stage.PENDAMPINGAN, EvidenceKind.PENEMPATAN)
    done = moves.advance(
        enrollment_id=enrollment.pk, actor=team["coach"], version=enrollment.version, at=now()
    )
    assert (done.status, done.stage) == (Status.LULUS, Stage.PENDAMPINGAN)
    again = moves.switch_path(
        enrollment_id=enrollment.pk,
        actor=team["coach"],
        version=done.version,
        pathway=Pathway.MULAI_USAHA,
        at=now(),
    )
    assert (again.status, again.pathway) == (Status.AKTIF, Pathway.MULAI_USAHA)


def test_evidence_is_never_checked_by_who_brought_it_nor_by_the_person(team):
    enrollment = mentee(team, stage=Stage.PERIZINAN)
    evidence = services.submit_evidence(
        enrollment_id=enrollment.pk,
        actor=team["coach"],
        stage=Stage.PERIZINAN,
        kind=EvidenceKind.NIB,
        number="9120000012345",
        note="",
        happened_on=now().date() - timedelta(days=1),
        store_file=None,
        at=now(),
    )
    with pytest.raises(Refused, match="mengirim bukti"):
        services.decide_evidence(evidence_id=evidence.pk, actor=team["coach"], accept=True, at=now())
    services.decide_evidence(
        evidence_id=evidence.pk, actor=team["dinas"], accept=False, rejection="Foto buram.", at=now()
    )
    with pytest.raises(Refused, match="baru saja"):
        services.decide_evidence(evidence_id=evidence.pk, actor=team["manager"], accept=True, at=now())
    assert StageEvidence.objects.get(pk=evidence.pk).rejection == "Foto buram."


def test_p1_asks_identity_center_agency_goal_and_coach(team):
    enrollment = participant(center=team["center"], stage=Stage.PENDAFTARAN)
    codes = [item.requirement.code for item in moves.missing_requirements(enrollment, at=now())]
    assert codes == ["identitas", "skpd", "tujuan", "pendamping"]
    services.verify_identity(
        enrollment_id=enrollment.pk, actor=team["manager"], status=IdentityStatus.DIVERIFIKASI, at=now()
    )
    codes = [item.requirement.code for item in moves.missing_requirements(enrollment, at=now())]
    assert "identitas" not in codes


def test_every_evidence_kind_belongs_to_exactly_one_stage():
    owners = [spec.kind for row in STAGES.values() for spec in row.evidence]
    assert sorted(owners) == sorted(EvidenceKind.values)


def test_every_requirement_can_be_met_by_proof_that_may_be_brought_at_its_stage():
    """Save the proofs of earlier times, which count on and are brought no more."""
    past = {spec.kind for row in STAGES.values() for spec in row.evidence if spec.is_past}
    assert past == {EvidenceKind.PENEMPATAN}
    for pathway in Pathway:
        for stage in stages_of(pathway):
            enrollment = Enrollment(stage=stage, pathway=pathway, status=Status.AKTIF)
            offered = {choice.spec.kind for choice in evidence_choices(enrollment, by_citizen=False)}
            for requirement in STAGES[stage].leave:
                if requirement.evidence and pathway in requirement.paths:
                    assert set(requirement.evidence) <= offered | past, (pathway, stage, requirement.code)
                    assert not offered & past


def test_whoever_stops_gives_up_seats_in_classes_to_come_and_keeps_the_begun_ones() -> None:
    manager = classes.manager_of()
    coming = classes.training_class(manager=manager, capacity=1)
    begun = classes.training_class(manager=manager, name="Berjalan")
    person = classes.trainee()
    seat, kept = classes.enrolled(coming, person), classes.enrolled(begun, person)
    waiting = classes.enrolled(coming)
    TrainingClass.objects.filter(pk=begun.pk).update(starts_at=classes.AT)
    moves.stop(
        enrollment_id=person.pk, actor=manager, version=person.version, why=StopReason.PINDAH, reason="",
        at=classes.AT,
    )  # fmt: skip
    for one in (seat, kept, waiting):
        one.refresh_from_db()
    assert [one.status for one in (seat, kept, waiting)] == ["batal", "terdaftar", "ditawari"]
