"""The acts on a placement: report the own job, confirm, deny, ask the employer, write down their word."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from core import audit, crypto
from participants.models import Enrollment, Pathway, Stage, Status
from participants.refusals import NotYours, Refused
from participants.services import lock_enrollment

from .access import require_handler
from .applications import cancel, hold, require_start, touch
from .links import placement_id_in, placement_of
from .messages import tell_about
from .models import EmployerSaid, EndedBy, Placement
from .vacancies import open_freed

MOST_REPORTED = 3
"""Own jobs that may wait for the employer's word at one time."""
STALE_LINK = "Tautan ini sudah dijawab, diganti, atau lewat waktunya."


def why_not_report(enrollment: Enrollment) -> str:
    """Why somebody may not report an own job now; empty when they may."""
    if enrollment.pathway != Pathway.CARI_KERJA:
        return "Halaman ini untuk peserta jalur mencari kerja."
    if enrollment.status != Status.AKTIF:
        return "Keikutsertaan Anda sedang tidak aktif. Hubungi pusat Anda dulu."
    if enrollment.stage != Stage.PENDAMPINGAN:
        return "Kerja yang didapat dicatat di langkah 3. Lihat langkah Anda."
    return ""


@transaction.atomic
def report_job(
    *,
    enrollment_id: UUID,
    actor: User,
    submission_id: UUID,
    employer: str,
    position: str,
    starts_on: date,
    phone: str = "",
    at: datetime,
) -> Placement:
    """A participant found work by themselves. The same form reports one; the centre asks the employer.

    Raises NotYours for anybody else, Refused for who may not, a day that cannot be, the own phone number.
    """
    enrollment = lock_enrollment(enrollment_id)
    if enrollment.person.user_id != actor.pk:
        raise NotYours("Hanya peserta sendiri yang melaporkan pekerjaannya.")
    known = Placement.objects.filter(enrollment=enrollment, submission_id=submission_id).first()
    if known is not None:
        return known
    if reason := why_not_report(enrollment):
        raise Refused(reason)
    waiting = Placement.objects.unconfirmed().filter(enrollment=enrollment, application__isnull=True)
    if waiting.count() >= MOST_REPORTED:
        raise Refused("Masih ada laporan kerja Anda yang menunggu. Batalkan dulu yang keliru.")
    require_start(starts_on, enrollment, at=at)
    _require_foreign(phone, enrollment)
    placement = Placement(
        enrollment=enrollment, submission_id=submission_id, employer=employer, position=position,
        starts_on=starts_on, recorded_by=actor, recorded_at=at, participant_at=at,
    )  # fmt: skip
    placement.set_phone(phone)
    placement.save(force_insert=True)
    touch(enrollment, at)
    tell_about(placement, "kerja_dilaporkan", at=at)
    return placement


@transaction.atomic
def confirm(*, placement_id: UUID, actor: User, at: datetime) -> Placement:
    """The participant says with one tap that they work there. Sent twice, it is one."""
    placement = hold_placement(placement_id)
    _require_own(actor, placement)
    _require_standing(placement)
    if placement.participant_at is None:
        placement.participant_at = at
        placement.save(update_fields=["participant_at"])
        touch(placement.enrollment, at)
        _tell_if_whole(placement, at=at)
    return placement


@transaction.atomic
def deny(*, placement_id: UUID, actor: User, reason: str, at: datetime) -> Placement:
    """The participant does not work there; coach and managers read why. Refused once both confirmed."""
    placement = hold_placement(placement_id)
    _require_own(actor, placement)
    if not placement.is_standing:
        return placement
    _end(placement, EndedBy.PESERTA, reason=reason, by=actor, at=at)
    touch(placement.enrollment, at)
    tell_about(placement, "kerja_dibantah", at=at)
    return placement


@transaction.atomic
def ask_employer(*, placement_id: UUID, actor: User, phone: str, at: datetime) -> Placement:
    """Note to which number the question goes and make a new link; older links open nothing any more.

    Raises NotYours, or Refused when the employer has answered or the number is one of the two people's here.
    """
    placement = hold_placement(placement_id)
    require_handler(actor, placement, act="Pemberi kerja ditanya")
    _require_standing(placement)
    if placement.employer_at is not None:
        raise Refused("Pemberi kerja sudah menjawab.")
    _require_foreign(phone, placement.enrollment, actor)
    placement.set_phone(phone)
    placement.asked_at = at
    placement.save(update_fields=["phone_sealed", "phone_mask", "asked_at"])
    audit.record(actor=actor, action="kerja.tanya", obj=placement)
    return placement


@transaction.atomic
def answer_by_link(*, code: str, is_true: bool, at: datetime) -> Placement:
    """The employer answers with the link; once. Raises Refused when the link takes no answer any more."""
    known = placement_id_in(code)
    if known is None or not Placement.objects.filter(pk=known[0]).exists():
        raise Refused(STALE_LINK)
    hold_placement(known[0])
    placement = placement_of(code, at=at)  # read again under the lock
    if placement is None:
        raise Refused(STALE_LINK)
    if is_true:
        _employer_said(placement, EmployerSaid.TAUTAN, at=at)
    else:
        reason = "Pemberi kerja menjawab: tidak benar."
        _end(placement, EndedBy.PEMBERI_KERJA, reason=reason, by=None, at=at)
        tell_about(placement, "kerja_dibantah", at=at, with_participant=True)
    audit.record(actor=None, action="kerja.jawab", obj=placement, detail={"ya": is_true})
    return placement


@transaction.atomic
def vouch(*, placement_id: UUID, actor: User, reason: str, at: datetime) -> Placement:
    """Staff write down what the employer said, with how: where there is no phone that takes a link.

    Four eyes: not who recorded the placement. Raises NotYours or Refused. Sent twice, it is one.
    """
    placement = hold_placement(placement_id)
    require_handler(actor, placement, act="Jawaban pemberi kerja dicatat")
    _require_standing(placement)
    if placement.recorded_by_id == actor.pk:
        raise Refused("Anda yang mencatat penempatan ini. Jawaban pemberi kerja dicatat petugas lain.")
    if placement.employer_at is not None:
        if (placement.employer_by_id, placement.employer_note) == (actor.pk, reason):
            return placement
        raise Refused("Pemberi kerja sudah menjawab, jadi catatan ini tidak disimpan.")
    _employer_said(placement, EmployerSaid.PETUGAS, by=actor, reason=reason, at=at)
    audit.record(actor=actor, action="kerja.catat", obj=placement, reason=reason)
    return placement


@transaction.atomic
def call_off(*, placement_id: UUID, actor: User, reason: str, at: datetime) -> Placement:
    """Staff take back a placement that was recorded by mistake. Raises Refused once both confirmed."""
    placement = hold_placement(placement_id)
    require_handler(actor, placement, act="Penempatan dibatalkan")
    if not placement.is_standing:
        return placement
    _end(placement, EndedBy.PETUGAS, reason=reason, by=actor, at=at)
    audit.record(actor=actor, action="kerja.batal", obj=placement, reason=reason)
    tell_about(placement, "kerja_dibatalkan", at=at, with_participant=True)
    return placement


def end_unconfirmed(placement_id: UUID, *, at: datetime) -> None:
    """End a placement of a held participant that one side has not confirmed, because their way ends."""
    placement = hold_placement(placement_id)
    if placement.is_standing and not placement.is_confirmed:
        _end(placement, EndedBy.PETUGAS, reason="Keikutsertaan berakhir", by=None, at=at)


def hold_placement(placement_id: UUID) -> Placement:
    """A placement with its participant, vacancy and application, held in the one order."""
    found = Placement.objects.only("enrollment_id", "application_id").get(pk=placement_id)
    application = hold(found.application_id) if found.application_id else None
    enrollment = application.enrollment if application else lock_enrollment(found.enrollment_id)
    placement = Placement.objects.select_for_update(of=("self",), no_key=True).get(pk=placement_id)
    placement.enrollment, placement.application = enrollment, application
    return placement


def _employer_said(
    placement: Placement, how: EmployerSaid, *, at: datetime, by: User | None = None, reason: str = ""
) -> None:
    placement.employer_at, placement.employer_how = at, how
    placement.employer_by, placement.employer_note = by, reason
    placement.set_phone("")
    placement.save(
        update_fields=[
            "employer_at", "employer_how", "employer_by", "employer_note", "phone_sealed", "phone_mask",
        ]
    )  # fmt: skip
    _tell_if_whole(placement, at=at)


def _end(placement: Placement, side: EndedBy, *, reason: str, by: User | None, at: datetime) -> None:
    if placement.is_confirmed:
        raise Refused("Penempatan ini sudah dibenarkan kedua pihak, jadi tidak bisa dibatalkan.")
    placement.ended_at, placement.ended_side, placement.ended_reason = at, side, reason
    placement.set_phone("")
    placement.save(update_fields=["ended_at", "ended_side", "ended_reason", "phone_sealed", "phone_mask"])
    if placement.application is not None and placement.application.is_accepted:
        cancel(placement.application, by=by, at=at, note=reason)
        open_freed(placement.application.vacancy, at=at)


def _tell_if_whole(placement: Placement, *, at: datetime) -> None:
    if placement.is_confirmed:
        tell_about(placement, "kerja_dikonfirmasi", at=at, with_participant=True)


def _require_own(actor: User, placement: Placement) -> None:
    if placement.enrollment.person.user_id != actor.pk:
        raise NotYours("Hanya peserta sendiri yang bisa menjawab ini.")


def _require_standing(placement: Placement) -> None:
    if not placement.is_standing:
        raise Refused(f"Penempatan ini sudah dibatalkan: {placement.ended_reason}")


def _require_foreign(phone: str, enrollment: Enrollment, actor: User | None = None) -> None:
    """The employer's number is neither the participant's nor that of the officer who asks."""
    if not phone:
        return
    index = crypto.blind_index(phone, purpose="phone")
    own = enrollment.person.phone_index
    if own is not None and bytes(own) == index:
        raise Refused("Ini nomor peserta sendiri. Tulis nomor pemberi kerja.")
    if actor is not None and actor.phone() == phone:
        raise Refused("Ini nomor Anda sendiri. Tulis nomor pemberi kerja.")
