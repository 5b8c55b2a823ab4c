"""The words participants and staff are sent, filled from real records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from accounts.tests.factories import UserFactory, staff
from notifications import registry
from participants.models import (
    AssignmentEnd,
    CoachAssignment,
    CorrectionStatus,
    Enrollment,
    EvidenceKind,
    EvidenceStatus,
    Merge,
    NikCorrection,
    Stage,
    StageTransition,
    Status,
    StopReason,
    TransitionKind,
)
from participants.tests.factories import EnrollmentFactory, StageEvidenceFactory
from participants.transitions import log_transition

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)  # a Monday, 12.00 WIB


def text_of(kind: str, **ids: Any) -> registry.Text:
    [text] = registry.get(kind).render_many([{name: str(value) for name, value in ids.items()}])
    assert text is not None
    return text


def move(enrollment: Enrollment, kind: TransitionKind, to: Stage, reason: str = "") -> StageTransition:
    """What the pipeline writes, without its rules."""
    before = enrollment.stage
    enrollment.stage = to
    enrollment.version += 1
    enrollment.save()
    return log_transition(
        enrollment,
        kind=kind,
        from_stage=before,
        from_status=enrollment.status,
        reason=reason,
        actor=None,
        actor_role=None,
        at=NOON,
    )


def test_registration_tells_the_number_and_the_next_step() -> None:
    enrollment = EnrollmentFactory()
    text = text_of("pendaftaran_diterima", enrollment=enrollment.pk)
    assert enrollment.number in text.body
    assert "Pusat OK OCE Kebayoran Baru memeriksa data Anda" in text.body
    assert text.url == "/saya/"


def test_registration_without_a_centre_says_so() -> None:
    text = text_of("pendaftaran_diterima", enrollment=EnrollmentFactory(center=None).pk)
    assert "belum punya pusat yang buka" in text.body


def test_a_second_registration_names_nobody_and_tells_what_to_do() -> None:
    text = text_of("pendaftaran_dicoba_lagi")
    assert "tidak perlu mendaftar lagi" in text.body
    assert "Data Anda tidak berubah." in text.body


def test_the_coach_is_named_to_the_participant_and_the_participant_to_the_coach() -> None:
    enrollment = EnrollmentFactory(coach=UserFactory(display_name="Ratna Dewi"))
    assert text_of("pendamping_ditetapkan", enrollment=enrollment.pk).title == "Pendamping Anda: Ratna Dewi"
    task = text_of("peserta_baru", enrollment=enrollment.pk)
    assert task.title == f"Peserta baru: {enrollment.person.full_name}"
    assert "tahap 1. Pendaftaran" in task.body
    assert task.url == f"/peserta/{enrollment.person_id}/"


def test_a_move_tells_the_stages_of_the_log_even_when_the_person_has_moved_on() -> None:
    enrollment = EnrollmentFactory(stage=Stage.PENDAMPINGAN)
    transition = move(enrollment, TransitionKind.MAJU, Stage.PERIZINAN)
    move(enrollment, TransitionKind.MAJU, Stage.PEMASARAN)
    text = text_of("naik_tahap", enrollment=enrollment.pk, transition=transition.pk)
    assert text.title == "Anda sampai di langkah 4: Perizinan"
    assert "Langkah Pendampingan selesai. Sekarang Anda di langkah 4 dari 7: Perizinan." in text.body


def test_a_waiver_and_a_correction_tell_the_reason() -> None:
    enrollment = EnrollmentFactory(stage=Stage.PELATIHAN)
    waived = move(enrollment, TransitionKind.DISPENSASI, Stage.PENDAMPINGAN, "Sudah pernah ikut kelas")
    text = text_of("dispensasi", transition=waived.pk)
    assert text.title == "Langkah Pelatihan dilewati"
    assert "Alasannya: Sudah pernah ikut kelas. Sekarang Anda" in text.body
    corrected = move(enrollment, TransitionKind.KOREKSI, Stage.PELATIHAN, "Salah pilih.")
    assert (
        "dari Pendampingan menjadi Pelatihan. Alasannya: Salah pilih. Bukti"
        in text_of("koreksi", transition=corrected.pk).body
    )


def test_a_stop_tells_the_reason_in_words() -> None:
    enrollment = EnrollmentFactory()
    enrollment.status, enrollment.stop_reason = Status.BERHENTI, StopReason.BEKERJA
    stopped = move(enrollment, TransitionKind.BERHENTI, Stage.PENDAFTARAN, "catatan")
    assert (
        "Alasan yang dicatat: Sudah bekerja. Pengingat berhenti"
        in text_of("berhenti", transition=stopped.pk).body
    )


def test_evidence_sent_back_tells_what_to_mend() -> None:
    evidence = StageEvidenceFactory(
        kind=EvidenceKind.NIB,
        status=EvidenceStatus.DITOLAK,
        rejection="Nomornya tidak terbaca",
        checked_by=UserFactory(),
        checked_at=NOON,
        submitted_at=datetime(2026, 11, 2, 20, 0, tzinfo=UTC),  # 3 November in Jakarta
    )
    text = text_of("bukti_dikembalikan", evidence=evidence.pk)
    assert text.title == "NIB: perlu diperbaiki"
    assert "pada 3 November 2026" in text.body
    assert "Yang perlu diperbaiki: Nomornya tidak terbaca. Perbaiki" in text.body


# Silence ---------------------------------------------------------------------------------------------------


def test_silence_tells_the_days_and_who_helps() -> None:
    coach = UserFactory(display_name="Ratna Dewi")
    enrollment = EnrollmentFactory(registered_at=NOON - timedelta(days=15), coach=coach)
    with time_machine.travel(NOON, tick=False):
        text = text_of("diam_peserta", enrollment=enrollment.pk, since="2026-11-08")
    assert "Sudah 15 hari" in text.body
    assert "Ratna Dewi, pendamping Anda, siap menjawab" in text.body


@pytest.mark.parametrize("change", [{"last_activity_at": NOON}, {"status": Status.LULUS}])
def test_nobody_is_called_silent_after_giving_news_or_finishing(change: dict[str, Any]) -> None:
    enrollment = EnrollmentFactory(registered_at=NOON - timedelta(days=15))
    Enrollment.objects.filter(pk=enrollment.pk).update(**change)
    ids = [{"enrollment": str(enrollment.pk), "since": "2026-11-08"}]
    assert registry.get("diam_peserta").render_many(ids) == [None]


def test_the_coach_is_told_how_many_are_silent_now() -> None:
    coach = staff(Role.PENDAMPING, "P31.74.07")
    for days in (13, 14, 30):
        EnrollmentFactory(registered_at=NOON - timedelta(days=days), coach=coach)
    EnrollmentFactory(registered_at=NOON - timedelta(days=30), coach=UserFactory())
    with time_machine.travel(NOON, tick=False):
        assert text_of("diam_pendamping", coach=coach.pk).title == "2 peserta Anda diam lewat batas"
        ids = [{"coach": str(UserFactory().pk)}]
        assert registry.get("diam_pendamping").render_many(ids) == [None]


# All kinds -------------------------------------------------------------------------------------------------


def records() -> dict[str, str]:
    """Ids of one record of each sort, of a person with NIK and phone."""
    enrollment = EnrollmentFactory(coach=UserFactory(), registered_at=NOON - timedelta(days=40))
    transition = move(enrollment, TransitionKind.DISPENSASI, Stage.PELATIHAN, "Sudah pernah ikut kelas")
    evidence = StageEvidenceFactory(
        enrollment=enrollment,
        status=EvidenceStatus.DITOLAK,
        rejection="Kurang jelas",
        checked_by=UserFactory(),
        checked_at=NOON,
    )
    double, manager = EnrollmentFactory(), UserFactory()
    merge = Merge.objects.create(
        winner=enrollment.person, loser=double.person, kept=enrollment, taken_out=double,
        kept_version=1, taken_out_version=1, merged_by=manager,
    )  # fmt: skip
    correction = NikCorrection.objects.create(
        person=enrollment.person, enrollment=enrollment, requested_by=UserFactory(), decided_by=manager,
        decided_at=NOON, status=CorrectionStatus.DITOLAK, answer="KTP tidak terbaca",
    )  # fmt: skip
    assert enrollment.coach is not None
    assignment = CoachAssignment.objects.create(
        enrollment=enrollment, coach=enrollment.coach, note="Sedang cuti",
        assigned_at=NOON, ended_at=NOON, end_reason=AssignmentEnd.MENOLAK,
    )  # fmt: skip
    return {
        "assignment": str(assignment.pk),
        "merge": str(merge.pk),
        "user": str(enrollment.person.user_id),
        "correction": str(correction.pk),
        "enrollment": str(enrollment.pk),
        "transition": str(transition.pk),
        "evidence": str(evidence.pk),
        "coach": str(enrollment.coach_id),
        "center": str(enrollment.center_id),
        "since": "2026-10-14",
    }


KINDS = [kind.code for kind in registry.kinds() if kind.context.__module__ == "participants.messages"]


def test_every_kind_the_acts_use_is_known() -> None:
    used = {"identitas_diverifikasi", "peserta_baru", "pendamping_ditetapkan", "bukti_diterima"}
    used |= {"bukti_dikembalikan", "naik_tahap", "dispensasi", "koreksi", "berhenti", "lanjut", "lulus"}
    used |= {"pusat_ditetapkan", "pendaftaran_diterima", "pendaftaran_dicoba_lagi", "diam_peserta"}
    used |= {"diam_pendamping"}
    assert used <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@time_machine.travel(NOON, tick=False)
def test_every_text_is_filled_and_names_no_number_of_a_person(kind: str) -> None:
    ids = records()
    [text] = registry.get(kind).render_many([ids])
    assert text is not None
    person = Enrollment.objects.get(pk=ids["enrollment"]).person
    said = f"{text.title} {text.body} {text.email_subject} {text.url}"
    assert "{" not in said
    assert "None" not in said
    assert "  " not in said.strip()
    assert text.url.startswith("/")
    for secret in (person.nik(), person.phone(), str(person.phone())[3:], person.nik_mask, person.phone_mask):
        assert secret
        assert secret not in said


@pytest.mark.parametrize("kind", KINDS)
@time_machine.travel(NOON, tick=False)
def test_many_messages_cost_as_many_queries_as_one(kind: str) -> None:
    def queries_for(ids: list[dict[str, str]]) -> int:
        with CaptureQueriesContext(connection) as captured:
            registry.get(kind).render_many(ids)
        return len(captured)

    several = [records() for _n in range(6)]
    assert queries_for(several[:1]) == queries_for(several) <= 3


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "pendaftaran_dicoba_lagi"])
def test_a_record_that_is_gone_is_not_told(kind: str) -> None:
    names = ("enrollment", "transition", "evidence", "coach", "merge", "correction", "user", "center")
    gone = dict.fromkeys(names, str(uuid4())) | {"assignment": "0"}
    assert registry.get(kind).render_many([{**gone, "since": "2026-10-14"}]) == [None]
