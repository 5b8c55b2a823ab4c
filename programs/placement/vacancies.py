"""The acts on a vacancy: post, edit, close, open again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import User
from centers.models import Center, District
from core import audit
from core.clock import local_day
from core.fields import RELOADED
from participants.refusals import Refused

from .access import require_desk
from .models import ApplicationStatus, Vacancy, VacancyStatus

FURTHEST_DAYS = 180
"""Days ahead until which applications may be taken."""
FILLED = "Semua tempat sudah terisi"
MOST_SHOWN = 300
"""Applications on the page of one vacancy."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What is written about a vacancy. Pay is a range in rupiah a month, or unknown."""

    employer: str
    position: str
    district: District
    pay_from: int | None
    pay_to: int | None
    requirements: str
    places: int
    until_on: date


_FIELDS = (
    "employer", "position", "district", "pay_from", "pay_to", "requirements", "places", "until_on",
)  # fmt: skip


def lock_vacancy(vacancy_id: UUID) -> Vacancy:
    """The vacancy, held for this transaction."""
    return Vacancy.objects.select_for_update(of=("self",), no_key=True).get(pk=vacancy_id)


@transaction.atomic
def post(*, center: Center, offer: Offer, submission_id: UUID, actor: User, at: datetime) -> Vacancy:
    """Put a vacancy on the board. The same form posts one.

    Raises NotYours, or Refused for a day that has passed or lies too far ahead.
    """
    require_desk(actor, center.pk, act="Lowongan dipasang")
    known = Vacancy.objects.filter(submission_id=submission_id).first()
    if known is not None:
        if known.posted_by_id != actor.pk:
            raise Refused(RELOADED)
        return known
    _require_day(offer.until_on, today=local_day(at, center.zone))
    return Vacancy.objects.create(
        center=center, zone=center.zone, submission_id=submission_id, posted_by=actor, posted_at=at,
        **{name: getattr(offer, name) for name in _FIELDS},
    )  # fmt: skip


@transaction.atomic
def edit(*, vacancy_id: UUID, offer: Offer, actor: User, at: datetime) -> Vacancy:
    """Change what is written. Raises NotYours, or Refused for fewer places than people accepted."""
    vacancy = lock_vacancy(vacancy_id)
    require_desk(actor, vacancy.center_id, act="Lowongan diubah")
    if offer.until_on != vacancy.until_on:
        _require_day(offer.until_on, today=local_day(at, vacancy.zone))
    if offer.places < (taken := accepted(vacancy)):
        raise Refused(f"Sudah {taken} orang diterima, jadi tempatnya tidak bisa kurang dari itu.")
    changed = [name for name in _FIELDS if getattr(vacancy, name) != getattr(offer, name)]
    for name in changed:
        setattr(vacancy, name, getattr(offer, name))
    if changed:
        vacancy.save(update_fields=changed)
        audit.record(actor=actor, action="lowongan.ubah", obj=vacancy, detail={"fields": changed})
    if not vacancy.is_closed and taken >= vacancy.places:
        shut(vacancy, FILLED)
    return vacancy


@transaction.atomic
def close(*, vacancy_id: UUID, actor: User, reason: str, at: datetime) -> Vacancy:
    """Take no more applications; those that came in are still decided. Sent twice, it is one."""
    del at
    vacancy = lock_vacancy(vacancy_id)
    require_desk(actor, vacancy.center_id, act="Lowongan ditutup")
    if not vacancy.is_closed:
        shut(vacancy, reason)
        audit.record(actor=actor, action="lowongan.tutup", obj=vacancy, reason=reason)
    return vacancy


@transaction.atomic
def reopen(*, vacancy_id: UUID, actor: User, at: datetime) -> Vacancy:
    """Take applications again. Refused when the last day has passed or nobody is sought."""
    vacancy = lock_vacancy(vacancy_id)
    require_desk(actor, vacancy.center_id, act="Lowongan dibuka lagi")
    if not vacancy.is_closed:
        return vacancy
    if local_day(at, vacancy.zone) > vacancy.until_on:
        raise Refused("Tanggal terakhirnya sudah lewat. Ubah dulu tanggalnya, lalu buka lagi.")
    if accepted(vacancy) >= vacancy.places:
        raise Refused("Semua tempat sudah terisi. Ubah dulu jumlah tempatnya, lalu buka lagi.")
    vacancy.status, vacancy.closed_reason = VacancyStatus.DIBUKA, ""
    vacancy.save(update_fields=["status", "closed_reason"])
    audit.record(actor=actor, action="lowongan.buka", obj=vacancy)
    return vacancy


def open_freed(vacancy: Vacancy, *, at: datetime) -> None:
    """Open a held vacancy again that was closed because every place was taken, when one got free in time."""
    is_in_time = local_day(at, vacancy.zone) <= vacancy.until_on
    if vacancy.closed_reason == FILLED and is_in_time and accepted(vacancy) < vacancy.places:
        vacancy.status, vacancy.closed_reason = VacancyStatus.DIBUKA, ""
        vacancy.save(update_fields=["status", "closed_reason"])


def shut(vacancy: Vacancy, reason: str) -> None:
    """Close a held vacancy."""
    vacancy.status, vacancy.closed_reason = VacancyStatus.DITUTUP, reason
    vacancy.save(update_fields=["status", "closed_reason"])


def accepted(vacancy: Vacancy) -> int:
    """How many people were accepted and still are."""
    return vacancy.applications.filter(status=ApplicationStatus.DITERIMA).count()


def _require_day(until_on: date, *, today: date) -> None:
    if until_on < today:
        raise Refused("Tanggal terakhir melamar sudah lewat. Pilih hari ini atau sesudahnya.")
    if until_on > today + timedelta(days=FURTHEST_DAYS):
        raise Refused(f"Tanggal ini terlalu jauh. Paling lama {FURTHEST_DAYS} hari lagi.")
