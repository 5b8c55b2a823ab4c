"""The acts on attendance: a roll call, a check-in by code, a correction. The only writers of attendance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from core import audit
from core.clock import local_day
from core.fields import OTHERWISE, RELOADED
from notifications.services import Draft, notify_many
from participants.models import Enrollment
from participants.refusals import Refused

from .access import manages, require_leader
from .codes import session_of
from .facts import ABSENCES, absences_in_a_row
from .models import (
    Attendance,
    AttendanceChange,
    ClassSession,
    ClassStatus,
    Presence,
    RollCall,
    Seat,
    SeatStatus,
    TrainingClass,
)

EARLY = timedelta(hours=1)
"""Before the beginning of a session from which attendance is taken."""
AFTERWARDS = timedelta(hours=1)
"""After the end of a session until which its code is shown and counts; later it is the trainer's to say."""
LATE = timedelta(minutes=15)
"""After the beginning from which a check-in counts as late."""
SENT_AGAIN = "Daftar hadir dikirim lagi"
OLDER = "Datang terlambat: keputusan yang lebih lama"


@transaction.atomic
def roll_call(
    *,
    session_id: UUID,
    actor: User,
    submission_id: UUID,
    presences: Mapping[UUID, Presence],
    decided_at: datetime | None,
    at: datetime,
    reason: str = "",
) -> RollCall:
    """Write down how the people of a session (seat id → presence) were. Sent again, it is one sheet.

    `decided_at` is the trainer's clock; of two decisions about one person the later one holds, in whatever
    order they arrive, and the other is kept. Of a finished class only its manager adds who is missing, with
    the reason. Raises NotYours; Refused for a session that is not on yet, and for a changed decision after
    its day (that is a correction).
    """
    session = ClassSession.objects.select_related("training_class").get(pk=session_id)
    training_class = session.training_class
    require_leader(actor, training_class, act="Daftar hadir diisi")
    moment = _trusted(decided_at, session, at)
    seats = _hold_seats(session, presences)
    ClassSession.objects.select_for_update(of=("self",), no_key=True).get(pk=session_id)
    known = RollCall.objects.filter(session=session, submission_id=submission_id).first()
    if known is not None:
        if known.author_id != actor.pk:
            raise Refused(RELOADED)
        if not _says(known, seats, presences):
            raise Refused(OTHERWISE)
        return known
    is_finished = training_class.status == ClassStatus.SELESAI
    if is_finished:
        _require_adding(actor, training_class, reason)
    else:
        _require_on(session, training_class, at)
    call = RollCall.objects.create(
        session=session, submission_id=submission_id, author=actor, decided_at=moment, received_at=at
    )
    rows = {row.seat_id: row for row in Attendance.objects.filter(session=session, seat__in=seats)}
    is_later_day = local_day(moment, training_class.zone) > local_day(session.ends_at, training_class.zone)
    is_changed = any(row.presence != presences[seat_id] for seat_id, row in rows.items())
    if is_changed and (is_later_day or is_finished):
        raise Refused("Hari pertemuannya sudah lewat. Ubah satu per satu lewat koreksi, dengan alasan.")
    Attendance.objects.bulk_create(
        Attendance(
            session=session, seat=seat, presence=presences[seat.pk], decided_at=moment, recorded_at=at,
            recorded_by=actor,
        )
        for seat in seats
        if seat.pk not in rows
    )  # fmt: skip
    for seat_id, row in rows.items():
        _decide(row, presences[seat_id], decided_at=moment, at=at, by=actor)
    if is_finished:
        detail = {"session": session.number, "people": len(seats) - len(rows)}
        audit.record(
            actor=actor, action="kehadiran.susulan", obj=training_class, reason=reason, detail=detail
        )
    _after(session, seats, at=at)
    return call


@transaction.atomic
def check_in(*, code: str, actor: User, at: datetime) -> Attendance:
    """A participant scanned the code of a session: present, or late. A trainer's later decision holds.

    Raises Refused for a code or session that is over, for who has no seat in the class, and for who was
    excused: that is the trainer's to change.
    """
    session = session_of(code, at=at)
    if session is None:
        raise Refused("Kode ini sudah tidak berlaku. Pindai lagi kode yang tampil di layar pelatih.")
    own = Seat.objects.enrolled().filter(
        training_class=session.training_class, enrollment__person__user_id=actor.pk
    )
    seats = _hold_seats(session, own.values_list("pk", flat=True))
    if not seats:
        raise Refused("Anda tidak terdaftar di kelas ini. Sampaikan kepada pelatihnya.")
    _require_on(session, session.training_class, at)
    if at > session.ends_at + AFTERWARDS:
        raise Refused("Pertemuan ini sudah lewat. Hadir waktu itu? Minta pelatih mencatatnya.")
    presence = Presence.TERLAMBAT if at > session.starts_at + LATE else Presence.HADIR
    row, is_new = Attendance.objects.get_or_create(
        session=session,
        seat=seats[0],
        defaults={"presence": presence, "decided_at": at, "recorded_at": at, "recorded_by": actor},
    )
    if not is_new:
        row = Attendance.objects.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
        if row.presence in (Presence.IZIN, Presence.SAKIT):
            raise Refused(f"Sudah tercatat: {row.label}. Datang juga? Minta pelatih mengubahnya.")
        if not row.is_attended:
            _decide(row, presence, decided_at=at, at=at, by=actor, reason="Memindai kode di kelas")
    _after(session, seats, at=at)
    return row


@transaction.atomic
def correct(*, attendance_id: UUID, actor: User, presence: Presence, reason: str, at: datetime) -> Attendance:
    """Change one row afterwards, with the reason; of a finished class only its manager may.

    Raises NotYours, or Refused when nothing would change.
    """
    found = Attendance.objects.select_related("session__training_class").get(pk=attendance_id)
    training_class = found.session.training_class
    require_leader(actor, training_class, act="Kehadiran dikoreksi")
    if training_class.status == ClassStatus.SELESAI and not manages(actor, training_class):
        raise Refused("Kelas ini sudah selesai. Koreksi dilakukan pengelola pusatnya.")
    seats = _hold_seats(found.session, [found.seat_id])
    row = Attendance.objects.select_for_update(of=("self",), no_key=True).get(pk=attendance_id)
    if row.presence == presence:
        raise Refused(f"Kehadirannya sudah tercatat: {row.label}.")
    before = row.presence
    _decide(row, presence, decided_at=max(at, row.decided_at), at=at, by=actor, reason=reason)
    detail = {"before": before, "after": str(presence)}
    audit.record(actor=actor, action="kehadiran.koreksi", obj=row, reason=reason, detail=detail)
    _after(found.session, seats, at=at)
    return row


def _says(call: RollCall, seats: Iterable[Seat], presences: Mapping[UUID, Presence]) -> bool:
    """Whether a sheet was sent with these presences; what was decided later about somebody says nothing."""
    rows = {row.seat_id: row for row in Attendance.objects.filter(session=call.session_id, seat__in=seats)}
    return all(
        (row := rows.get(seat.pk)) is not None
        and (row.presence == presences[seat.pk] or row.decided_at > call.decided_at)
        for seat in seats
    )


def _trusted(decided_at: datetime | None, session: ClassSession, at: datetime) -> datetime:
    """The trainer's clock where it can be right: not in the future, not before the session is on."""
    if decided_at is None or decided_at > at or decided_at < session.starts_at - EARLY:
        return at
    return decided_at


def shows_code(session: ClassSession, *, at: datetime) -> bool:
    """Whether the code of a session counts now. Load `training_class` with it."""
    is_near = session.starts_at - EARLY <= at <= session.ends_at + AFTERWARDS
    return is_near and session.training_class.status in ClassStatus.taking_part()


def closed_words(session: ClassSession, *, at: datetime) -> str:
    """Why no roll is called now; "" when it can be. Load `training_class` with it."""
    if session.training_class.status == ClassStatus.SELESAI:
        return "Kelas ini sudah selesai. Yang belum tercatat diisi pengelola pusatnya, dengan alasan."
    if at < session.starts_at - EARLY or session.training_class.status not in ClassStatus.taking_part():
        return "Daftar hadir dibuka satu jam sebelum pertemuan, selama kelasnya berjalan."
    return ""


def _require_adding(actor: User, training_class: TrainingClass, reason: str) -> None:
    """Who is missing in a finished class."""
    if not manages(actor, training_class):
        raise Refused("Kelas ini sudah selesai. Yang belum tercatat diisi pengelola pusatnya.")
    if not reason:
        raise Refused("Kelas ini sudah selesai. Tulis alasannya.")


def _require_on(session: ClassSession, training_class: TrainingClass, at: datetime) -> None:
    if training_class.status == ClassStatus.SELESAI:
        raise Refused("Kelas ini sudah selesai. Minta pelatih atau pusat Anda mencatat kehadirannya.")
    if training_class.status not in ClassStatus.taking_part():
        raise Refused("Kelas ini tidak berjalan, jadi tidak ada daftar hadirnya.")
    if at < session.starts_at - EARLY:
        raise Refused("Pertemuan ini belum mulai. Daftar hadir dibuka satu jam sebelumnya.")


def _hold_seats(session: ClassSession, seat_ids: Iterable[UUID]) -> list[Seat]:
    """Those of the seats who belonged to the class at the session, their participants held in one order."""
    belongs = Q(status=SeatStatus.TERDAFTAR) | Q(ended_at__gt=session.starts_at, attendance__session=session)
    found = Seat.objects.filter(belongs, training_class_id=session.training_class_id, pk__in=list(seat_ids))
    seats = list(found.filter(enrollment__erased_at__isnull=True).distinct())
    held = Enrollment.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    list(held.filter(pk__in=[seat.enrollment_id for seat in seats]).values_list("pk"))
    return seats


def _decide(
    row: Attendance, presence: Presence, *, decided_at: datetime, at: datetime, by: User,
    reason: str = SENT_AGAIN,
) -> None:  # fmt: skip
    """Let the later decision hold, and keep the other one."""
    is_later = decided_at >= row.decided_at
    if presence != row.presence:
        AttendanceChange.objects.create(
            attendance=row, before=row.presence, after=presence, is_applied=is_later,
            reason=reason if is_later else OLDER, decided_at=decided_at, at=at, by=by,
        )  # fmt: skip
    if is_later:
        row.presence, row.decided_at, row.recorded_at, row.recorded_by = presence, decided_at, at, by
        row.save(update_fields=["presence", "decided_at", "recorded_at", "recorded_by"])


def _after(session: ClassSession, seats: list[Seat], *, at: datetime) -> None:
    """Who came has been heard of; whoever is absent too often is told to the coach, once."""
    present = Attendance.objects.filter(
        session=session, seat__in=seats, presence__in=Presence.attended()
    ).values("seat__enrollment_id")
    heard = min(at, session.ends_at)
    Enrollment.objects.filter(pk__in=present, last_activity_at__lt=heard).update(last_activity_at=heard)
    runs = {
        run.seat_id: run for run in absences_in_a_row([seat.pk for seat in seats]) if run.count >= ABSENCES
    }
    coached = Seat.objects.filter(pk__in=runs, enrollment__coach__isnull=False)
    notify_many(
        Draft(
            user_id=coach_id,
            kind="alpa_beruntun",
            ids={"seat": str(seat_id)},
            dedupe_key=f"alpa:{seat_id}:{runs[seat_id].first_session_id}",
        )
        for seat_id, coach_id in coached.values_list("pk", "enrollment__coach_id")
    )
