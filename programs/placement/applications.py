"""The acts on an application: apply, withdraw, invite to an interview, accept, refuse.

Everybody locks in one order: the participant, the vacancy, the application, its placement.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import User
from core import audit
from core.clock import local_day
from core.formats import moment
from participants.models import Enrollment, Pathway, Stage, Status
from participants.refusals import NotYours, Refused
from participants.services import lock_enrollment

from .access import require_desk, require_other
from .messages import tell_desk, tell_participant
from .models import Application, ApplicationChange, ApplicationStatus, Placement, Vacancy
from .vacancies import FILLED, accepted, lock_vacancy, shut

FURTHEST_DAYS = 90
"""Days ahead for an interview or a first day at work."""
OLDEST_DAYS = 60
"""Days back for a first day at work."""


def why_not(enrollment: Enrollment, vacancy: Vacancy, *, at: datetime) -> list[str]:
    """Why somebody may not apply now, in words; empty when they may."""
    reasons = []
    if not vacancy.takes_applications(at):
        reasons.append("Lowongan ini sudah ditutup. Pilih lowongan lain.")
    if enrollment.pathway != Pathway.CARI_KERJA:
        reasons.append("Lowongan di sini untuk peserta jalur mencari kerja.")
    elif enrollment.status != Status.AKTIF:
        reasons.append("Keikutsertaan Anda sedang tidak aktif. Hubungi pusat Anda dulu.")
    elif enrollment.stage != Stage.PENDAMPINGAN:
        reasons.append("Melamar dibuka sesudah kelas selesai, di langkah 3. Lihat langkah Anda.")
    return reasons


@transaction.atomic
def apply(*, enrollment_id: UUID, vacancy_id: UUID, actor: User, at: datetime) -> Application:
    """Apply for a vacancy; again for who withdrew. Sent twice, it is one.

    Raises NotYours for anybody but the participant, Refused for who may not apply or was decided about.
    """
    enrollment = lock_enrollment(enrollment_id)
    vacancy = lock_vacancy(vacancy_id)
    _require_self(actor, enrollment)
    known = Application.objects.filter(enrollment=enrollment, vacancy=vacancy).first()
    if known is not None and known.is_waiting:
        return known
    if known is not None and not known.is_cancelled:
        raise Refused("Lamaran Anda untuk lowongan ini sudah diputuskan. Lihat di halaman Lamaran saya.")
    if reasons := why_not(enrollment, vacancy, at=at):
        raise Refused(*reasons)
    application = known or Application(enrollment=enrollment, vacancy=vacancy)
    application.applied_at, application.reason = at, ""
    application.interview_at, application.interview_place = None, ""
    _move(application, ApplicationStatus.MELAMAR, by=actor, at=at)
    touch(enrollment, at)
    tell_desk(application, "lamaran_masuk", at=at)
    return application


@transaction.atomic
def withdraw(*, application_id: UUID, actor: User, at: datetime) -> Application:
    """The participant no longer wants it. Raises NotYours, or Refused after the decision."""
    application = hold(application_id)
    _require_self(actor, application.enrollment)
    if application.is_cancelled:
        return application
    if not application.is_waiting:
        raise Refused("Lamaran ini sudah diputuskan, jadi tidak bisa ditarik.")
    _move(application, ApplicationStatus.DIBATALKAN, by=actor, at=at, note="Ditarik peserta")
    touch(application.enrollment, at)
    tell_desk(application, "lamaran_ditarik", at=at)
    return application


@transaction.atomic
def invite(
    *, application_id: UUID, actor: User, day: date, begins: time, place: str, at: datetime
) -> Application:
    """Set the day of the interview, or another one; the participant is told.

    Raises NotYours, or Refused for a time that cannot be and for an application that was decided.
    """
    application = _worked(application_id, actor, act="Wawancara ditetapkan")
    starts_at = datetime.combine(day, begins, tzinfo=ZoneInfo(application.vacancy.zone))
    if starts_at <= at:
        raise Refused("Waktu ini sudah lewat. Pilih waktu di depan.")
    if starts_at > at + timedelta(days=FURTHEST_DAYS):
        raise Refused(f"Tanggal ini terlalu jauh. Paling lama {FURTHEST_DAYS} hari lagi.")
    if application.is_invited and (application.interview_at, application.interview_place) == (
        starts_at, place,
    ):  # fmt: skip
        return application
    application.interview_at, application.interview_place = starts_at, place
    words = f"{moment(starts_at, application.vacancy.zone)}, {place}"
    _move(application, ApplicationStatus.WAWANCARA, by=actor, at=at, note=words)
    audit.record(actor=actor, action="lamaran.wawancara", obj=application)
    tell_participant(application, "lamaran_wawancara", at=at)
    return application


@transaction.atomic
def accept(*, application_id: UUID, actor: User, starts_on: date, at: datetime) -> Placement:
    """The employer takes them: a placement that both sides are asked to confirm. Sent twice, it is one.

    Raises NotYours, or Refused when all places are taken or the first day cannot be.
    """
    application = hold(application_id)
    vacancy, enrollment = application.vacancy, application.enrollment
    require_desk(actor, vacancy.center_id, act="Hasil lamaran dicatat")
    require_other(actor, enrollment)
    standing = Placement.objects.standing().filter(application=application).first()
    if standing is not None:
        return standing
    _require_waiting(application)
    if accepted(vacancy) >= vacancy.places:
        raise Refused(f"{FILLED}. Ubah dulu jumlah tempat lowongan ini.")
    require_start(starts_on, enrollment, at=at)
    placement = Placement.objects.create(
        enrollment=enrollment, application=application, employer=vacancy.employer,
        position=vacancy.position, starts_on=starts_on, recorded_by=actor, recorded_at=at,
    )  # fmt: skip
    _move(application, ApplicationStatus.DITERIMA, by=actor, at=at)
    if not vacancy.is_closed and accepted(vacancy) >= vacancy.places:
        shut(vacancy, FILLED)
    audit.record(actor=actor, action="lamaran.terima", obj=application)
    tell_participant(application, "lamaran_diterima", at=at)
    return placement


@transaction.atomic
def refuse(*, application_id: UUID, actor: User, reason: str, at: datetime) -> Application:
    """The employer does not take them; the participant reads why. Sent twice, it is one."""
    application = hold(application_id)
    require_desk(actor, application.vacancy.center_id, act="Hasil lamaran dicatat")
    require_other(actor, application.enrollment)
    if application.is_refused:
        return application
    _require_waiting(application)
    application.reason = reason
    _move(application, ApplicationStatus.TIDAK_DITERIMA, by=actor, at=at, note=reason)
    audit.record(actor=actor, action="lamaran.tolak", obj=application)
    tell_participant(application, "lamaran_ditolak", at=at)
    return application


def end_waiting(enrollment_id: UUID, *, at: datetime) -> int:
    """End every application of a held participant that still waits; how many."""
    waiting = Application.objects.waiting().filter(enrollment=enrollment_id)
    rows = list(waiting.select_for_update(of=("self",), no_key=True).order_by("pk"))
    for application in rows:
        _move(application, ApplicationStatus.DIBATALKAN, by=None, at=at, note="Keikutsertaan berakhir")
    return len(rows)


def cancel(application: Application, *, by: User | None, at: datetime, note: str) -> None:
    """A held application whose placement is none after all."""
    _move(application, ApplicationStatus.DIBATALKAN, by=by, at=at, note=note)


def hold(application_id: UUID) -> Application:
    """An application with its participant and vacancy, all held in the one order."""
    found = Application.objects.only("enrollment_id", "vacancy_id").get(pk=application_id)
    enrollment = lock_enrollment(found.enrollment_id)
    vacancy = lock_vacancy(found.vacancy_id)
    application = Application.objects.select_for_update(of=("self",), no_key=True).get(pk=application_id)
    application.enrollment, application.vacancy = enrollment, vacancy
    return application


def require_start(starts_on: date, enrollment: Enrollment, *, at: datetime) -> None:
    """A first day that can be: not long ago, not before the registration, not far ahead."""
    today = local_day(at, enrollment.zone)
    if starts_on > today + timedelta(days=FURTHEST_DAYS):
        raise Refused(f"Hari pertama kerja paling lama {FURTHEST_DAYS} hari lagi.")
    if starts_on < today - timedelta(days=OLDEST_DAYS):
        raise Refused(f"Hari pertama kerja paling lama {OLDEST_DAYS} hari yang lalu.")
    if starts_on < enrollment.registered_on:
        raise Refused("Hari pertama kerja ini sebelum pendaftaran. Periksa lagi tanggalnya.")


def touch(enrollment: Enrollment, at: datetime) -> None:
    """Something was heard of the participant."""
    if at > enrollment.last_activity_at:
        enrollment.last_activity_at = at
        enrollment.save(update_fields=["last_activity_at"])


def _worked(application_id: UUID, actor: User, *, act: str) -> Application:
    application = hold(application_id)
    require_desk(actor, application.vacancy.center_id, act=act)
    require_other(actor, application.enrollment)
    _require_waiting(application)
    return application


def _require_self(actor: User, enrollment: Enrollment) -> None:
    if enrollment.person.user_id != actor.pk:
        raise NotYours("Hanya peserta sendiri yang melamar atau menarik lamarannya.")


def _require_waiting(application: Application) -> None:
    if not application.is_waiting:
        raise Refused(f"Lamaran ini sudah berakhir: {application.status_label.lower()}.")
    if not application.enrollment.is_open:
        raise Refused("Keikutsertaan orang ini sudah berakhir.")


def _move(
    application: Application, status: ApplicationStatus, *, by: User | None, at: datetime, note: str = ""
) -> None:
    """Write the new state and the line of the history."""
    application.status = status
    application.save()
    ApplicationChange.objects.create(application=application, status=status, note=note, at=at, by=by)
