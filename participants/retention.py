"""Letting go of what is older than its retention rule allows. Runs nightly, and by hand with `retention`.

Files, messages, codes and counters are deleted. People are never erased by a rule: they are proposed, and two
people decide (`participants.rights`). Every run leaves one row for each rule with what it found and did.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q

from accounts.models import AccessCode, SignInCounter
from core import files
from core.clock import day_start, local_day
from core.models import OutboxMessage, StoredFile
from notifications.models import Notification

from . import rights
from .models import (
    DataRequest,
    Enrollment,
    EvidenceStatus,
    IdentityDocument,
    IdentityStatus,
    RegistrationSubmission,
    RequestKind,
    RequestStatus,
    RetentionKind,
    RetentionRule,
    RetentionRun,
    StageEvidence,
    Status,
)

CHUNK = 1_000
MOST_PROPOSALS = 200
"""People proposed on one night: no more than can be looked at."""

Work = Callable[[datetime, datetime], int]


def run(*, at: datetime, is_trial: bool) -> list[RetentionRun]:
    """Apply every rule in force on the day of `at`; a trial only counts. Returns one row for each rule."""
    day = local_day(at)
    rules = RetentionRule.objects.on(day)
    runs = [_run_rule(rule, kind, day=day, at=at, is_trial=is_trial) for kind, rule in rules.items()]
    RetentionRun.objects.bulk_create(runs)
    return runs


def _run_rule(
    rule: RetentionRule, kind: RetentionKind, *, day: date, at: datetime, is_trial: bool
) -> RetentionRun:
    until = day_start(months_before(day, rule.months))
    found = expired(kind, until).count()
    done = 0 if is_trial or not found else _WORK[kind](until, at)
    return RetentionRun(kind=kind, months=rule.months, ran_at=at, found=found, done=done, is_trial=is_trial)


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, the last of the month where that has no such day."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def expired(kind: RetentionKind, until: datetime) -> models.QuerySet[Any]:
    """The rows of a kind whose time ended before the instant `until`."""
    return _EXPIRED[kind](until)


# What is expired -------------------------------------------------------------------------------------------


def _rejected_files(until: datetime) -> models.QuerySet[StageEvidence]:
    return StageEvidence.objects.filter(
        status=EvidenceStatus.DITOLAK, checked_at__lt=until, file__isnull=False
    )


def _compared_ktps(until: datetime) -> models.QuerySet[IdentityDocument]:
    return IdentityDocument.objects.filter(
        person__identity_status=IdentityStatus.DIVERIFIKASI, person__identity_checked_at__lt=until
    )


def _stopped_people(until: datetime) -> models.QuerySet[Enrollment]:
    """Stopped, nothing since, no other enrollment on the way or later, and nobody has said to keep them.

    A proposal that people refused is not made again for as long as the rule's own months.
    """
    other = Enrollment.objects.filter(person=OuterRef("person")).exclude(pk=OuterRef("pk"))
    alive = other.filter(~Q(status=Status.BERHENTI) | Q(last_activity_at__gte=until))
    newer = other.filter(registered_at__gt=OuterRef("registered_at"))
    asked = DataRequest.objects.filter(person=OuterRef("person"), kind=RequestKind.HAPUS).filter(
        Q(status__in=RequestStatus.open_values()) | Q(decided_at__gte=until)
    )
    return Enrollment.objects.filter(
        ~Exists(alive),
        ~Exists(newer),
        ~Exists(asked),
        status=Status.BERHENTI,
        last_activity_at__lt=until,
        erased_at__isnull=True,
    )


_EXPIRED: dict[RetentionKind, Callable[[datetime], models.QuerySet[Any]]] = {
    RetentionKind.BERKAS_DITOLAK: _rejected_files,
    RetentionKind.KTP_TERVERIFIKASI: _compared_ktps,
    RetentionKind.PESAN_DIBACA: lambda until: Notification.objects.filter(read_at__lt=until),
    RetentionKind.PESAN_KELUAR: lambda until: OutboxMessage.objects.filter(done_at__lt=until),
    RetentionKind.KODE_AKSES: lambda until: AccessCode.objects.filter(
        Q(used_at__lt=until) | Q(expires_at__lt=until)
    ),
    RetentionKind.HITUNGAN_MASUK: lambda until: SignInCounter.objects.filter(updated_at__lt=until),
    RetentionKind.JAWABAN_PENDAFTARAN: lambda until: RegistrationSubmission.objects.filter(
        created_at__lt=until
    ),
    RetentionKind.PESERTA_BERHENTI: _stopped_people,
}


# What is done ----------------------------------------------------------------------------------------------


def _delete(kind: RetentionKind) -> Work:
    def work(until: datetime, _at: datetime) -> int:
        done = 0
        while keys := list(expired(kind, until).values_list("pk", flat=True)[:CHUNK]):
            expired(kind, until).filter(pk__in=keys).delete()
            done += len(keys)
        return done

    return work


def _drop_rejected_files(until: datetime, _at: datetime) -> int:
    """The file goes; that it was sent, and why it was sent back, stays on the way's record."""
    done = 0
    while rows := list(_rejected_files(until).values_list("pk", "file_id", "note", "number")[:CHUNK]):
        with transaction.atomic():
            for pk, _file, note, number in rows:
                kept = note or ("" if number else "(berkas dihapus, masa simpan habis)")
                StageEvidence.objects.filter(pk=pk).update(file=None, note=kept)
            for stored in StoredFile.objects.filter(pk__in={row[1] for row in rows}):
                if not StageEvidence.objects.filter(file=stored).exists():
                    files.delete(stored)
        done += len(rows)
    return done


def _drop_compared_ktps(until: datetime, _at: datetime) -> int:
    """The photo goes with its file; who checked the identity, and when, stays on the person."""
    done = 0
    while rows := list(_compared_ktps(until).select_related("file")[:CHUNK]):
        with transaction.atomic():
            for document in rows:
                document.delete()
                files.delete(document.file)
        done += len(rows)
    return done


def _propose(until: datetime, at: datetime) -> int:
    people = list(
        _stopped_people(until).select_related("person").order_by("last_activity_at", "pk")[:MOST_PROPOSALS]
    )
    for enrollment in people:
        rights.propose_erasure(enrollment=enrollment, at=at)
    return len(people)


_WORK: dict[RetentionKind, Work] = {
    RetentionKind.BERKAS_DITOLAK: _drop_rejected_files,
    RetentionKind.KTP_TERVERIFIKASI: _drop_compared_ktps,
    RetentionKind.PESERTA_BERHENTI: _propose,
    **{
        kind: _delete(kind)
        for kind in (
            RetentionKind.PESAN_DIBACA,
            RetentionKind.PESAN_KELUAR,
            RetentionKind.KODE_AKSES,
            RetentionKind.HITUNGAN_MASUK,
            RetentionKind.JAWABAN_PENDAFTARAN,
        )
    },
}
