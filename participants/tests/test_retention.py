"""Data go when their rule says so, people only when people say so."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import AccessCode, Role
from accounts.tests.factories import UserFactory, staff
from core.clock import now
from core.dated import rewriting_history
from core.files import full_path, store_generated
from core.models import OutboxMessage
from notifications.models import Notification
from participants import retention, rights
from participants.models import (
    DataRequest,
    Enrollment,
    EvidenceStatus,
    Person,
    RequestOrigin,
    RetentionKind,
    RetentionRule,
    RetentionRun,
    StageEvidence,
    Status,
    StopReason,
)
from participants.tests.factories import StageEvidenceFactory, center_of, participant

pytestmark = pytest.mark.django_db


def found(kind: RetentionKind, *, is_trial: bool = False) -> tuple[int, int]:
    """What one run found and did of one kind."""
    row = next(row for row in retention.run(at=now(), is_trial=is_trial) if row.kind == kind)
    return row.found, row.done


def rejected(age: timedelta) -> StageEvidence:
    file = store_generated(b"ktp", name="ktp.txt", content_type="text/plain", owner_id=None)
    evidence = StageEvidenceFactory(enrollment=participant(center=center_of()), file=file)
    StageEvidence.objects.filter(pk=evidence.pk).update(
        status=EvidenceStatus.DITOLAK,
        rejection="Buram",
        checked_by=staff(Role.PENGELOLA, "P31.74.07"),
        checked_at=now() - age,
    )
    evidence.refresh_from_db()
    return evidence


def stopped(days: int) -> Enrollment:
    enrollment = participant(center=center_of(), status=Status.BERHENTI, stop_reason=StopReason.PINDAH)
    Enrollment.objects.filter(pk=enrollment.pk).update(last_activity_at=now() - timedelta(days=days))
    return enrollment


def test_the_newest_rule_that_has_begun_holds() -> None:
    with rewriting_history():
        RetentionRule.objects.filter(kind=RetentionKind.PESAN_DIBACA).delete()
        for months, since in ((24, date(2024, 1, 1)), (12, date(2026, 1, 1)), (6, date(2030, 1, 1))):
            RetentionRule.objects.create(
                kind=RetentionKind.PESAN_DIBACA, months=months, valid_from=since, source="Ketetapan"
            )
    assert RetentionRule.objects.on(date(2025, 6, 1))[RetentionKind.PESAN_DIBACA].months == 24
    assert RetentionRule.objects.on(date(2026, 1, 1))[RetentionKind.PESAN_DIBACA].months == 12
    assert RetentionKind.PESAN_DIBACA not in RetentionRule.objects.on(date(2023, 1, 1))


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 15), 60, date(2021, 1, 15)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 5, 31), 0, date(2026, 5, 31)),
    ],
)
def test_months_are_calendar_months(day: date, months: int, before: date) -> None:
    assert retention.months_before(day, months) == before


def test_files_of_rejected_proofs_go_after_a_year(django_capture_on_commit_callbacks: Any) -> None:
    old, young = rejected(timedelta(days=400)), rejected(timedelta(days=300))
    path = full_path(old.file)
    assert path.exists()
    with django_capture_on_commit_callbacks(execute=True):
        assert found(RetentionKind.BERKAS_DITOLAK) == (1, 1)
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.file_id, old.rejection, old.status) == (None, "Buram", EvidenceStatus.DITOLAK)
    assert not path.exists()
    assert full_path(young.file).exists()
    assert found(RetentionKind.BERKAS_DITOLAK) == (0, 0)


def test_messages_codes_and_answers_go_when_old() -> None:
    user = UserFactory()

    def message(key: str, read_at: datetime | None) -> None:
        Notification.objects.create(
            recipient=user, kind="lulus", dedupe_key=key, title="a", body="b", url="/saya/", read_at=read_at,
            created_at=now() - timedelta(days=900),
        )  # fmt: skip

    message("dibaca-lama", now() - timedelta(days=800))
    message("dibaca-baru", now() - timedelta(days=700))
    message("belum-dibaca", None)
    OutboxMessage.objects.create(kind="x", dedupe_key="lama", done_at=now() - timedelta(days=800))
    OutboxMessage.objects.create(kind="x", dedupe_key="menunggu")
    then = now() - timedelta(days=500)
    AccessCode.objects.create(
        user=user, purpose="klaim", code_hash=b"x", created_at=then, expires_at=then + timedelta(days=1)
    )
    retention.run(at=now(), is_trial=False)
    assert set(Notification.objects.values_list("dedupe_key", flat=True)) == {"dibaca-baru", "belum-dibaca"}
    assert set(OutboxMessage.objects.filter(kind="x").values_list("dedupe_key", flat=True)) == {"menunggu"}
    assert not AccessCode.objects.exists()


def test_a_trial_counts_and_changes_nothing() -> None:
    evidence, enrollment = rejected(timedelta(days=400)), stopped(2_000)
    out = StringIO()
    call_command("retention", stdout=out)
    assert "Trial: nothing was changed" in out.getvalue()
    assert "12 months, 1 found, 0 done" in out.getvalue()
    evidence.refresh_from_db()
    assert evidence.file_id is not None
    assert not DataRequest.objects.exists()
    assert Enrollment.objects.get(pk=enrollment.pk).erased_at is None
    assert set(RetentionRun.objects.values_list("is_trial", "done")) == {(True, 0)}


def test_people_are_proposed_and_erased_by_two_people_only() -> None:
    old, young = stopped(2_000), stopped(1_000)
    back = stopped(2_000)
    participant(center=center_of(), person=back.person)
    assert found(RetentionKind.PESERTA_BERHENTI) == (1, 1)
    request = DataRequest.objects.get()
    assert (request.person, request.origin) == (old.person, RequestOrigin.RETENSI)
    assert not Person.objects.filter(erased_at__isnull=False).exists()
    assert found(RetentionKind.PESERTA_BERHENTI) == (0, 0)
    first, second = staff(Role.PENGELOLA, "P31.74.07"), staff(Role.ADMIN, "ID")
    rights.grant(request_id=request.pk, actor=first, at=now())
    rights.grant(request_id=request.pk, actor=second, at=now())
    assert set(Person.objects.filter(erased_at__isnull=False)) == {old.person}
    assert Enrollment.objects.get(pk=young.pk).erased_at is None


def test_somebody_to_be_kept_is_not_proposed_again() -> None:
    stopped(2_000)
    retention.run(at=now(), is_trial=False)
    request = DataRequest.objects.get()
    rights.refuse(request_id=request.pk, actor=staff(Role.ADMIN, "ID"), answer="Masih ada piutang", at=now())
    assert found(RetentionKind.PESERTA_BERHENTI) == (0, 0)


def test_a_run_is_done_twice_with_the_same_end() -> None:
    rejected(timedelta(days=400))
    stopped(2_000)
    first = {row.kind: row.done for row in retention.run(at=now(), is_trial=False)}
    second = {row.kind: row.done for row in retention.run(at=now(), is_trial=False)}
    assert first[RetentionKind.BERKAS_DITOLAK] == first[RetentionKind.PESERTA_BERHENTI] == 1
    assert set(second.values()) == {0}
    assert DataRequest.objects.count() == 1
