"""The acts around a session: plan, move, cancel, write down how it went, confirm, add a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import Role, RoleAssignment, User
from core import audit
from core.clock import local_day
from core.fields import OTHERWISE, RELOADED
from core.models import StoredFile
from notifications.services import Draft, notify_many
from participants.models import Enrollment
from participants.refusals import NotYours, Refused
from participants.services import lock_enrollment, require_role

from .models import ContactOutcome, MentoringSession, PlaceKind, SessionAnswer, SessionFile, SessionStatus
from .services import CALLERS, FURTHEST_DAYS, OLDEST_DAYS, default_next_day, end_snooze

MOST_FILES = 5
_RESULTS = {True: ContactOutcome.TERSAMBUNG, False: ContactOutcome.TIDAK_DIJAWAB}
"""Whether somebody came, as the result of a contact: it decides when to speak next."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where: a kind, with an address for a visit and a link for a video call."""

    kind: PlaceKind
    address: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a session went. `done` is empty for somebody who did not come."""

    came: bool
    done: str = ""
    agreed: str = ""
    next_on: date | None = None
    private_note: str = ""


def instant(day: date, begins: time, zone: str) -> datetime:
    """The moment a clock in the zone shows this day and hour."""
    return datetime.combine(day, begins, tzinfo=ZoneInfo(zone))


@transaction.atomic
def plan_session(
    *,
    enrollment_id: UUID,
    actor: User,
    submission_id: UUID,
    place: Place,
    topic: str,
    day: date,
    begins: time,
    at: datetime,
) -> MentoringSession:
    """Agree on a session to come; the participant is told. The same submission plans one.

    Raises NotYours, or Refused for a time that has passed or lies too far ahead.
    """
    enrollment = _held(enrollment_id, actor, act="Pertemuan direncanakan")
    known = _known(enrollment, actor, submission_id=submission_id)
    if known is not None:
        return known
    starts_at = instant(day, begins, enrollment.zone)
    _require_ahead(starts_at, at=at)
    session = MentoringSession.objects.create(
        enrollment=enrollment,
        stage=enrollment.stage,
        coach=_coach_of(enrollment, actor),
        submission_id=submission_id,
        place_kind=place.kind,
        place=place.address,
        link=place.link,
        topic=topic,
        starts_at=starts_at,
        zone=enrollment.zone,
        day=day,
        created_by=actor,
        created_at=at,
    )
    end_snooze(enrollment, at=at)
    _tell(session, "sesi_direncanakan", key=f"{starts_at.timestamp():.0f}")
    return session


@transaction.atomic
def move_session(
    *, session_id: UUID, actor: User, place: Place, topic: str, day: date, begins: time, at: datetime
) -> MentoringSession:
    """Another time or place for a planned session; the participant is told when one of them changed."""
    session = _planned(session_id, actor, act="Pertemuan dipindah")
    starts_at = instant(day, begins, session.zone)
    _require_ahead(starts_at, at=at)
    before, point = session.starts_at, session.meeting_point
    session.place_kind, session.place, session.link = place.kind, place.address, place.link
    session.topic, session.starts_at, session.day = topic, starts_at, day
    session.save(update_fields=["place_kind", "place", "link", "topic", "starts_at", "day"])
    moved = {"from": before.isoformat(), "to": starts_at.isoformat()}
    audit.record(actor=actor, action="sesi.pindah", obj=session, detail=moved)
    if session.meeting_point != point:
        _tell(session, "sesi_pindah", key=f"{at.timestamp():.3f}")
    return session


@transaction.atomic
def cancel_session(*, session_id: UUID, actor: User, reason: str, at: datetime) -> MentoringSession:
    """A planned session that will not be, or a held one that the participant says never was.

    Raises NotYours, or Refused for one that stands.
    """
    session = _locked(session_id)
    require_role(actor, session.enrollment, CALLERS, act="Pertemuan dibatalkan")
    if session.status == SessionStatus.BATAL:
        return session
    if not (session.is_planned or session.is_denied):
        raise Refused("Pertemuan ini sudah dicatat. Yang sudah dicatat tidak bisa dibatalkan.")
    was_planned = session.is_planned
    _cancel(session, reason=reason, at=at)
    audit.record(actor=actor, action="sesi.batal", obj=session, reason=reason)
    if was_planned:
        _tell(session, "sesi_batal")
    return session


def leave_coming_sessions(enrollment_id: UUID, *, at: datetime) -> int:
    """Cancel what is planned for a held participant whose way ends; how many. Inside the act that ends it."""
    planned = MentoringSession.objects.planned().filter(enrollment=enrollment_id)
    rows = list(planned.select_for_update(of=("self",), no_key=True).order_by("pk"))
    for session in rows:
        _cancel(session, reason="Keikutsertaan berakhir", at=at)
    return len(rows)


@transaction.atomic
def record_session(
    *,
    enrollment_id: UUID,
    session_id: UUID | None,
    actor: User,
    submission_id: UUID,
    place: Place,
    topic: str,
    day: date,
    begins: time,
    outcome: Outcome,
    reason: str = "",
    at: datetime,
) -> MentoringSession:
    """Write down how a session went: a planned one, or one nobody planned (`session_id` None). With a
    `reason` a record that the participant has not confirmed is put right, and they are asked again.

    The same submission leaves one, however often it is sent. Of who came something was heard, as with a
    contact; they are asked to confirm the session. Raises NotYours, or Refused for a time that cannot be and
    for a session that was written down already
    (without a reason), was taken back or confirmed.
    """
    enrollment = _held(enrollment_id, actor, act="Pertemuan dicatat")
    starts_at = instant(day, begins, enrollment.zone)
    known = _known(enrollment, actor, held_submission_id=submission_id)
    if known is not None:
        if _told(known) != (starts_at, place, topic, outcome.done, outcome.agreed, outcome.private_note):
            raise Refused(OTHERWISE)
        return known
    today = local_day(at, enrollment.zone)
    _require_past(starts_at, enrollment, today=today, at=at)
    before: dict[str, str] = {}
    if session_id is None:
        session = MentoringSession(
            enrollment=enrollment, submission_id=submission_id, coach=actor, zone=enrollment.zone,
            created_by=actor, created_at=at,
        )  # fmt: skip
    else:
        session = _locked(session_id)
        if session.enrollment_id != enrollment.pk:
            raise NotYours("Pertemuan ini milik peserta lain.")
        if not session.is_planned:
            _require_correctable(session, reason)
            before = {"status": session.status, "day": session.day.isoformat()}
            session.answer, session.answer_note, session.answered_at = "", "", None
    if not before:
        session.stage = enrollment.stage
    if actor.pk == enrollment.coach_id and not before:
        session.coach = actor  # who was handed over meets the coach of now
    session.held_submission_id = submission_id
    session.place_kind, session.place, session.link = place.kind, place.address, place.link
    session.topic, session.starts_at, session.day = topic, starts_at, day
    session.status = SessionStatus.TERLAKSANA if outcome.came else SessionStatus.TIDAK_DATANG
    next_on = outcome.next_on or default_next_day(_RESULTS[outcome.came], today)
    session.done, session.agreed, session.next_on = outcome.done, outcome.agreed, next_on
    session.private_note = outcome.private_note
    session.recorded_by, session.recorded_at, session.recorded_on = actor, at, today
    session.save()
    end_snooze(enrollment, at=at)
    if before:
        audit.record(actor=actor, action="sesi.koreksi", obj=session, reason=reason, detail=before)
    if outcome.came:
        _touch(enrollment, session.starts_at)
    kind = "sesi_dicatat" if outcome.came else "sesi_tidak_datang"
    _tell(session, kind, key=str(submission_id) if before else "")
    return session


@transaction.atomic
def answer_session(
    *, session_id: UUID, actor: User, happened: bool, words: str = "", at: datetime
) -> MentoringSession:
    """The participant says whether a session took place. A no may become a yes, or be told in other words; a
    yes stands.

    Raises NotYours for anybody else, Refused for what was never written down as held and for a no after a
    yes. After a no the coach
    and the managers of the centre are told.
    """
    session = _locked(session_id)
    if session.enrollment.person.user_id != actor.pk:
        raise NotYours("Hanya peserta sendiri yang bisa menjawab ini.")
    if not session.is_held:
        raise Refused("Pertemuan ini tidak lagi menunggu jawaban Anda.")
    answer = SessionAnswer.TERJADI if happened else SessionAnswer.TIDAK_TERJADI
    if session.answer == answer and session.answer_note == words:
        return session
    if session.is_confirmed:
        raise Refused(
            "Anda sudah membenarkan pertemuan ini, jadi jawaban ini tidak disimpan. "
            "Keliru? Katakan kepada pendamping Anda."
        )
    session.answer, session.answer_note, session.answered_at = answer, words if not happened else "", at
    session.save(update_fields=["answer", "answer_note", "answered_at"])
    _touch(session.enrollment, at)
    if not happened:
        _tell_of_denial(session, at=at)
    return session


@transaction.atomic
def attach_file(
    *, session_id: UUID, actor: User, title: str, store_file: Callable[[], StoredFile], at: datetime
) -> SessionFile:
    """Add a photo or document to a session. `store_file` is called only once everything else holds."""
    session = _locked(session_id)
    require_role(actor, session.enrollment, CALLERS, act="Lampiran ditambah")
    if session.files.count() >= MOST_FILES:
        raise Refused(f"Paling banyak {MOST_FILES} lampiran untuk satu pertemuan.")
    return SessionFile.objects.create(
        session=session, file=store_file(), title=title, added_by=actor, added_at=at
    )


def _held(enrollment_id: UUID, actor: User, *, act: str) -> Enrollment:
    """The enrollment, held, still on the way, for who accompanies it."""
    enrollment = lock_enrollment(enrollment_id)
    require_role(actor, enrollment, CALLERS, act=act)
    if not enrollment.is_open:
        raise Refused("Keikutsertaan ini sudah berakhir, jadi tidak ada pertemuan lagi.")
    return enrollment


def _locked(session_id: UUID) -> MentoringSession:
    """A session with its participant, both held in that order."""
    found = MentoringSession.objects.only("enrollment_id").get(pk=session_id)
    enrollment = lock_enrollment(found.enrollment_id)
    session = MentoringSession.objects.select_for_update(of=("self",), no_key=True).get(pk=session_id)
    session.enrollment = enrollment
    return session


def _planned(session_id: UUID, actor: User, *, act: str) -> MentoringSession:
    session = _locked(session_id)
    require_role(actor, session.enrollment, CALLERS, act=act)
    if not session.is_planned:
        raise Refused("Pertemuan ini tidak lagi direncanakan, jadi tidak bisa dipindah.")
    return session


def _known(enrollment: Enrollment, actor: User, **submission: UUID) -> MentoringSession | None:
    """What this form has made already; Refused when somebody else sent it."""
    known = MentoringSession.objects.filter(enrollment=enrollment, **submission).first()
    if known is not None:
        author = known.recorded_by_id if "held_submission_id" in submission else known.created_by_id
        if author != actor.pk:
            raise Refused(RELOADED)
    return known


def _require_correctable(session: MentoringSession, reason: str) -> None:
    if session.is_called_off or not reason:
        raise Refused(f"Pertemuan ini sudah dicatat: {session.status_label.lower()}.")
    if session.is_confirmed:
        raise Refused("Peserta sudah membenarkan pertemuan ini, jadi catatannya tidak diubah lagi.")


def _told(session: MentoringSession) -> tuple[object, ...]:
    """What was written down of a session; `done` is empty for who did not come."""
    place = Place(PlaceKind(session.place_kind), session.place, session.link)
    return (
        session.starts_at, place, session.topic, session.done, session.agreed, session.private_note,
    )  # fmt: skip


def _coach_of(enrollment: Enrollment, actor: User) -> User:
    """The participant's coach; who plans, where there is none."""
    return enrollment.coach or actor


def _cancel(session: MentoringSession, *, reason: str, at: datetime) -> None:
    session.status, session.reason = SessionStatus.BATAL, reason
    session.recorded_at, session.recorded_on = at, local_day(at, session.zone)
    session.save(update_fields=["status", "reason", "recorded_at", "recorded_on"])


def _touch(enrollment: Enrollment, at: datetime) -> None:
    """Something was heard of the participant."""
    if at > enrollment.last_activity_at:
        enrollment.last_activity_at = at
        enrollment.save(update_fields=["last_activity_at"])


def _require_ahead(starts_at: datetime, *, at: datetime) -> None:
    if starts_at <= at:
        raise Refused("Waktu ini sudah lewat. Pilih waktu di depan, atau catat pertemuan yang sudah terjadi.")
    if starts_at > at + timedelta(days=FURTHEST_DAYS):
        raise Refused(f"Tanggal ini terlalu jauh. Paling lama {FURTHEST_DAYS} hari lagi.")


def _require_past(starts_at: datetime, enrollment: Enrollment, *, today: date, at: datetime) -> None:
    day = local_day(starts_at, enrollment.zone)
    if starts_at > at:
        raise Refused("Waktu ini masih di depan. Catat sesudah pertemuannya.")
    if day < today - timedelta(days=OLDEST_DAYS):
        raise Refused(f"Pertemuan dicatat paling lama {OLDEST_DAYS} hari sesudahnya.")
    if day < enrollment.registered_on:
        raise Refused("Tanggal ini sebelum pendaftaran. Periksa lagi.")


def _tell(session: MentoringSession, kind: str, *, key: str = "") -> None:
    """The participant, who may have no account."""
    user_id = session.enrollment.person.user_id
    if user_id:
        ids = {"session": str(session.pk)}
        notify_many([Draft(user_id, kind, ids, f"sesi:{session.pk}:{kind}:{key}".rstrip(":"))])


def _tell_of_denial(session: MentoringSession, *, at: datetime) -> None:
    """The coach who wrote it down, and the managers of the centre."""
    held = RoleAssignment.objects.active(at).with_role(Role.PENGELOLA)
    managers = held.filter(scope=session.enrollment.center_id or "", user__is_active=True)
    told = {session.coach_id, *managers.values_list("user_id", flat=True)}
    told.discard(session.enrollment.person.user_id)
    ids = {"session": str(session.pk)}
    notify_many(
        Draft(user_id, "sesi_dibantah", ids, f"sesi:{session.pk}:dibantah:{user_id}")
        for user_id in sorted(told)
    )
