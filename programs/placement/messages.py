"""What participants, coaches and centres are told about work; the words are filled in at delivery."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from accounts.models import Role, RoleAssignment
from core.formats import day_long, moment
from notifications.registry import Ids, Values, register
from notifications.services import Draft, notify_many

from .models import Application, Placement

OWN = "/saya/lamaran/"
VACANCY_DESK = "/pusat/lowongan/{vacancy}/"
PLACEMENT_DESK = "/pusat/kerja/{placement}/"


def tell_participant(application: Application, kind: str, *, at: datetime) -> None:
    """The person who applied, who may have no account."""
    _send([application.enrollment.person.user_id], kind, {"application": str(application.pk)}, at=at)


def tell_desk(application: Application, kind: str, *, at: datetime) -> None:
    """The managers of the centre, and who posted the vacancy if they still work there."""
    vacancy = application.vacancy
    held = RoleAssignment.objects.active(at).filter(scope=vacancy.center_id, user__is_active=True)
    held = held.filter(Q(role=Role.PENGELOLA) | Q(role=Role.PENDAMPING, user=vacancy.posted_by_id))
    told = set(held.values_list("user_id", flat=True))
    told.discard(application.enrollment.person.user_id)
    _send(sorted(told), kind, {"application": str(application.pk)}, at=at)


def tell_about(placement: Placement, kind: str, *, at: datetime, with_participant: bool = False) -> None:
    """The coach and the managers of the centre that handles a placement; with the participant if asked."""
    enrollment = placement.enrollment
    vacancy = placement.application.vacancy if placement.application else None
    center_id = vacancy.center_id if vacancy else enrollment.center_id
    told = {enrollment.coach_id, *_managers(center_id or "", at=at)} - {None, enrollment.person.user_id}
    ids = {"placement": str(placement.pk)}
    _send(sorted(one for one in told if one), kind, ids, at=at)
    if with_participant:
        _send([enrollment.person.user_id], f"{kind}_peserta", ids, at=at)


def _managers(center_id: str, *, at: datetime) -> Iterable[UUID]:
    held = RoleAssignment.objects.active(at).with_role(Role.PENGELOLA)
    return held.filter(scope=center_id, user__is_active=True).values_list("user_id", flat=True)


def _send(user_ids: Iterable[UUID | None], kind: str, ids: dict[str, str], *, at: datetime) -> None:
    key = next(iter(ids.values()))
    notify_many(
        Draft(user_id, kind, ids, f"{kind}:{key}:{user_id}:{at.isoformat()}")
        for user_id in user_ids
        if user_id is not None
    )


def about_application(ids: Sequence[Ids]) -> list[Values | None]:
    """`application`: who, which vacancy, when the interview is, why not."""
    rows = Application.objects.for_page().filter(
        pk__in={one["application"] for one in ids}, enrollment__erased_at__isnull=True
    )
    found = {str(row.pk): _of_application(row) for row in rows}
    return [found.get(one["application"]) for one in ids]


def _of_application(application: Application) -> dict[str, str]:
    vacancy = application.vacancy
    return {
        "vacancy": str(vacancy.pk),
        "name": application.enrollment.person.full_name,
        "position": vacancy.position,
        "employer": vacancy.employer,
        "when": moment(application.interview_at, vacancy.zone) if application.interview_at else "",
        "where": application.interview_place.rstrip("."),
        "reason": application.reason.rstrip("."),
    }


def about_placement(ids: Sequence[Ids]) -> list[Values | None]:
    """`placement`: who works where from when, and what was said against it."""
    rows = Placement.objects.filter(
        pk__in={one["placement"] for one in ids}, enrollment__erased_at__isnull=True
    ).select_related("enrollment__person")
    found = {str(row.pk): _of_placement(row) for row in rows}
    return [found.get(one["placement"]) for one in ids]


def _of_placement(placement: Placement) -> dict[str, str]:
    return {
        "placement": str(placement.pk),
        "person": str(placement.enrollment.person_id),
        "name": placement.enrollment.person.full_name,
        "position": placement.position,
        "employer": placement.employer,
        "day": day_long(placement.starts_on),
        "reason": placement.ended_reason.rstrip("."),
    }


def _of_an_application(kind: str, title: str, body: str, url: str = OWN) -> None:
    register(kind, title=title, body=body, url=url, context=about_application)


def _of_a_placement(kind: str, title: str, body: str, url: str = PLACEMENT_DESK) -> None:
    register(kind, title=title, body=body, url=url, context=about_placement)


def register_messages() -> None:
    """Make every kind of message of this app known; called once, at start."""
    _of_an_application(
        "lamaran_masuk",
        "Lamaran baru: {position}",
        "{name} melamar di {employer}. Tetapkan wawancara atau catat hasilnya.",
        url=VACANCY_DESK,
    )
    _of_an_application(
        "lamaran_ditarik",
        "Lamaran ditarik: {position}",
        "{name} tidak jadi melamar di {employer}.",
        url=VACANCY_DESK,
    )
    _of_an_application(
        "lamaran_wawancara", "Wawancara {when}", "{position} di {employer}. Datang ke: {where}."
    )
    _of_an_application(
        "lamaran_diterima",
        "Anda diterima: {position}",
        "{employer} menerima Anda. Buka Lamaran saya, lalu tekan satu tombol: benar saya bekerja di sini.",
    )
    _of_an_application(
        "lamaran_ditolak",
        "Belum diterima: {position}",
        "{employer}: {reason}. Masih ada lowongan lain di papan lowongan.",
    )
    _of_a_placement(
        "kerja_dilaporkan",
        "{name} melapor diterima kerja",
        "{position} di {employer}, mulai {day}. Tanyakan kepada pemberi kerjanya.",
    )
    _of_a_placement(
        "kerja_dibantah",
        "{name} tidak jadi bekerja di {employer}",
        "{reason}. Bicarakan dengan peserta dan pemberi kerja.",
    )
    _of_a_placement(
        "kerja_dibantah_peserta",
        "{employer} tidak membenarkan pekerjaan Anda",
        "{position}. Keliru? Bicarakan dengan pemberi kerja, lalu dengan pendamping Anda.",
        url=OWN,
    )
    _of_a_placement("kerja_dibatalkan", "Penempatan {name} dibatalkan", "{position}, {employer}: {reason}.")
    _of_a_placement(
        "kerja_dibatalkan_peserta",
        "Catatan kerja Anda dibatalkan",
        "{position}, {employer}: {reason}. Keliru? Katakan kepada pendamping Anda.",
        url=OWN,
    )
    _of_a_placement(
        "kerja_dikonfirmasi",
        "{name} bekerja: dibenarkan kedua pihak",
        "{position} di {employer}. Luluskan bila semua syaratnya lengkap.",
        url="/peserta/{person}/",
    )
    _of_a_placement(
        "kerja_dikonfirmasi_peserta",
        "Pekerjaan Anda dibenarkan kedua pihak",
        "{position} di {employer}. Pendamping Anda tinggal meluluskan Anda. Selamat bekerja!",
        url=OWN,
    )
