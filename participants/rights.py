"""What people may ask about their own data, and how it is answered (UU 27/2022).

Consents are withdrawn and given at once. Corrections, the end of taking part and erasure are requests: with a
number, an owner, and an answer within 3 × 24 hours. An erasure is agreed to by one person and carried out by
another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Q

from accounts.models import Role, RoleAssignment, User
from core import audit
from core.clock import local_day
from core.formats import day
from core.models import AuditEntry
from core.validators import clean_nik, nik_warnings
from notifications.erasure import forget_pending
from notifications.services import notify

from .erasure import erase_person
from .holding import hold_people, hold_person, with_doubles
from .models import (
    Consent,
    ConsentPurpose,
    DataRequest,
    Enrollment,
    Gender,
    Person,
    RequestKind,
    RequestOrigin,
    RequestStatus,
)
from .models.rights import ANSWER_WITHIN
from .refusals import NotYours, Refused
from .registration import CONSENT_VERSION
from .services import MANAGERS, require_role

REMINDERS = ("diam_peserta", "sesi_ingat", "klinik_ingat")
"""Kinds of messages that need the consent `pengingat`."""

OPENED = "data.buka"
"""The audit entry of a staff member who opened NIK and phone in full."""

CORRECTABLE = {
    "full_name": "Nama lengkap",
    "birth_date": "Tanggal lahir",
    "gender": "Jenis kelamin",
    "address": "Alamat",
}
"""What a correction may change, with its word; the phone number is kept sealed beside it."""

ERASURE_REASON = {
    RequestOrigin.WARGA: "Penghapusan atas permintaan peserta",
    RequestOrigin.RETENSI: "Penghapusan karena masa simpan habis",
}

CarryOut = Callable[[DataRequest], None]


# Consents --------------------------------------------------------------------------------------------------


@transaction.atomic
def withdraw_reminders(*, person_id: UUID, actor: User, at: datetime) -> None:
    """Withdraw the consent to reminders: none is sent any more, not even one that is already on its way."""
    person = _own_person(person_id, actor)
    _withdraw(person, ConsentPurpose.PENGINGAT, actor=actor, at=at)
    if person.user_id is not None:
        forget_pending(user_id=person.user_id, kinds=REMINDERS)


@transaction.atomic
def withdraw_program(*, person_id: UUID, kind: RequestKind, actor: User, at: datetime) -> DataRequest | None:
    """Withdraw the consent to the programme; the request says what follows: the end, or erasure as well.

    None when nothing is left to end: whoever has stopped already asks for nothing by `henti`.
    """
    person = _own_person(person_id, actor)
    _withdraw(person, ConsentPurpose.PROGRAM, actor=actor, at=at)
    withdraw_reminders(person_id=person_id, actor=actor, at=at)
    enrollment = _latest_enrollment(person)
    if kind == RequestKind.HENTI and not enrollment.is_open:
        return None
    return _open_request(person, enrollment, kind=kind, actor=actor, at=at)


@transaction.atomic
def give_consent(*, person_id: UUID, purpose: ConsentPurpose, actor: User, at: datetime) -> Consent:
    """Give a consent again, to the text as it is now; an open request to end is dropped."""
    person = _own_person(person_id, actor)
    current = Consent.objects.given().filter(person=person, purpose=purpose).first()
    if current is not None:
        return current
    consent = Consent.objects.create(
        person=person, purpose=purpose, text_version=CONSENT_VERSION, given_at=at, recorded_by=None
    )
    audit.record(
        actor=actor,
        action="persetujuan.beri",
        obj=person,
        detail={"purpose": str(purpose), "version": CONSENT_VERSION},
    )
    if purpose == ConsentPurpose.PROGRAM:
        DataRequest.objects.open().filter(person=person, kind=RequestKind.HENTI).update(
            status=RequestStatus.DIBATALKAN
        )
    return consent


def _withdraw(person: Person, purpose: ConsentPurpose, *, actor: User, at: datetime) -> None:
    changed = Consent.objects.given().filter(person=person, purpose=purpose).update(withdrawn_at=at)
    if changed:
        audit.record(actor=actor, action="persetujuan.tarik", obj=person, detail={"purpose": str(purpose)})


# Asking ----------------------------------------------------------------------------------------------------


@transaction.atomic
def request_correction(
    *,
    person_id: UUID,
    actor: User,
    full_name: str,
    birth_date: date | None,
    gender: str,
    address: str,
    phone: str,
    reason: str,
    at: datetime,
) -> DataRequest:
    """Ask for other values than those stored; `phone` is E.164, or "" for the same as now.

    Raises Refused when nothing differs or a correction is open already.
    """
    person = _own_person(person_id, actor)
    wished = {
        "full_name": full_name,
        "birth_date": birth_date.isoformat() if birth_date else "",
        "gender": gender,
        "address": address,
    }
    stored = stored_values(person)
    changes = {name: value for name, value in wished.items() if value and value != stored[name]}
    has_new_phone = bool(phone) and phone != person.phone()
    if not changes and not has_new_phone:
        raise Refused("Belum ada yang berbeda dari data sekarang. Ubah dulu isian yang salah.")
    return _open_request(
        person,
        _latest_enrollment(person),
        kind=RequestKind.KOREKSI,
        actor=actor,
        at=at,
        reason=reason,
        changes=changes,
        phone=phone if has_new_phone else None,
    )


@transaction.atomic
def request_erasure(*, person_id: UUID, actor: User, reason: str, at: datetime) -> DataRequest:
    """Ask for everything that names the person to be erased. Raises Refused when that is asked already."""
    person = _own_person(person_id, actor)
    return _open_request(
        person, _latest_enrollment(person), kind=RequestKind.HAPUS, actor=actor, at=at, reason=reason
    )


@transaction.atomic
def cancel_request(*, request_id: UUID, actor: User, at: datetime) -> DataRequest:
    """Take back one's own request while nobody has answered it in full."""
    _own_person(DataRequest.objects.values_list("person_id", flat=True).get(pk=request_id), actor)
    request = DataRequest.objects.select_for_update(of=("self",)).get(pk=request_id)
    if not request.is_open:
        raise Refused("Permintaan ini sudah dijawab, jadi tidak bisa dibatalkan.")
    request.status = RequestStatus.DIBATALKAN
    request.save(update_fields=["status"])
    audit.record(actor=actor, action="hak_data.batal", obj=request)
    return request


def stored_values(person: Person) -> dict[str, str]:
    """The values a correction may change, as text."""
    return {
        "full_name": person.full_name,
        "birth_date": person.birth_date.isoformat() if person.birth_date else "",
        "gender": person.gender,
        "address": person.address,
    }


def propose_erasure(*, enrollment: Enrollment, at: datetime) -> DataRequest:
    """Put a person whose retention has ended into the queue; people decide, nothing is erased by this."""
    hold_person(enrollment.person_id)
    return _open_request(
        enrollment.person, enrollment, kind=RequestKind.HAPUS, actor=None, at=at, origin=RequestOrigin.RETENSI
    )


def _open_request(
    person: Person,
    enrollment: Enrollment,
    *,
    kind: RequestKind,
    actor: User | None,
    at: datetime,
    reason: str = "",
    changes: dict[str, str] | None = None,
    phone: str | None = None,
    origin: RequestOrigin = RequestOrigin.WARGA,
) -> DataRequest:
    if DataRequest.objects.open().filter(person=person, kind=kind).exists():
        raise Refused("Permintaan yang sama sudah ada dan sedang dijawab petugas.")
    owner = find_owner(enrollment, at=at)
    request = DataRequest(
        number=_next_number(local_day(at, enrollment.zone)),
        person=person,
        enrollment=enrollment,
        kind=kind,
        origin=origin,
        changes=changes or {},
        reason=reason,
        owner=owner,
        requested_at=at,
        due_at=at + ANSWER_WITHIN,
    )
    request.set_phone(phone)
    request.save(force_insert=True)
    audit.record(actor=actor, action="hak_data.minta", obj=request, detail={"kind": str(kind)})
    if origin == RequestOrigin.WARGA:
        _tell(person.user_id, "hak_data_diterima", request)
        _tell(owner.pk if owner else None, "hak_data_masuk", request)
    return request


def _next_number(day: date) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('participants_data_request_number')")
        return f"HD-{day:%y}-{cursor.fetchone()[0]:06d}"


def find_owner(enrollment: Enrollment, *, at: datetime, excluding: UUID | None = None) -> User | None:
    """Who answers: the manager of the centre with the fewest open requests, else the secretariat.

    Never the person the request is about, nor `excluding`, who has had a part in it.
    """
    roles = RoleAssignment.objects.active(at).filter(
        Q(role=Role.PENGELOLA, scope=enrollment.center_id or "") | Q(role=Role.ADMIN)
    )
    managers = {role.user_id for role in roles if role.role == Role.PENGELOLA}
    people = User.objects.filter(is_active=True, role_assignments__in=roles).distinct()
    barred = {excluding, enrollment.person.user_id}
    candidates = [user for user in people if user.pk not in barred]
    loads = dict(
        DataRequest.objects.open().filter(owner__in=candidates).values_list("owner").annotate(Count("pk"))
    )
    candidates.sort(
        key=lambda user: (user.pk not in managers, loads.get(user.pk, 0), user.created_at, user.pk)
    )
    return candidates[0] if candidates else None


# Answering -------------------------------------------------------------------------------------------------


@transaction.atomic
def grant(
    *, request_id: UUID, actor: User, at: datetime, answer: str = "", end_enrollment: CarryOut | None = None
) -> DataRequest:
    """Agree: write a correction, carry the end out by `end_enrollment`, erase once the second person agrees.

    Raises NotYours for those who may not answer, Refused when it is answered already, or when the one who
    agreed first wants to be the second as well.
    """
    request = _lock_open(request_id, actor)
    if request.is_erasure and request.status == RequestStatus.DIAJUKAN:
        return _agree_first(request, actor, answer, at)
    if request.is_erasure and request.first_by_id == actor.pk:
        raise Refused("Anda sudah menyetujui permintaan ini. Penghapusan dijalankan oleh petugas kedua.")
    request.status = RequestStatus.SELESAI
    request.decided_by, request.decided_at = actor, at
    request.answer = answer or request.answer
    request.save(update_fields=["status", "decided_by", "decided_at", "answer"])
    audit.record(actor=actor, action="hak_data.setuju", obj=request, detail={"kind": request.kind})
    if request.is_erasure:
        erase_person(
            person_id=request.person_id,
            actor=actor,
            reason=f"{ERASURE_REASON[RequestOrigin(request.origin)]}, {request.number}",
            at=at,
        )
        request.refresh_from_db()
        return request
    if request.is_correction:
        _correct(request, actor)
    elif request.enrollment.is_open and end_enrollment is not None:
        end_enrollment(request)
    _tell(request.person.user_id, "hak_data_dijawab", request)
    return request


@transaction.atomic
def refuse(*, request_id: UUID, actor: User, answer: str, at: datetime) -> DataRequest:
    """Say no, with the reason that the person reads."""
    request = _lock_open(request_id, actor)
    if not answer.strip():
        raise Refused("Tulis alasannya. Peserta membacanya.")
    request.status, request.answer = RequestStatus.DITOLAK, answer
    request.decided_by, request.decided_at = actor, at
    request.save(update_fields=["status", "answer", "decided_by", "decided_at"])
    audit.record(actor=actor, action="hak_data.tolak", obj=request, reason=answer)
    if request.is_from_person:
        _tell(request.person.user_id, "hak_data_dijawab", request)
    return request


def _agree_first(request: DataRequest, actor: User, answer: str, at: datetime) -> DataRequest:
    request.status = RequestStatus.MENUNGGU_KEDUA
    request.first_by, request.first_at = actor, at
    request.answer = answer
    request.owner = find_owner(request.enrollment, at=at, excluding=actor.pk)
    request.save(update_fields=["status", "first_by", "first_at", "answer", "owner"])
    audit.record(actor=actor, action="hak_data.setuju_pertama", obj=request)
    _tell(request.owner_id, "hak_data_kedua", request)
    return request


def _lock_open(request_id: UUID, actor: User) -> DataRequest:
    """The request, held, and before it the rows of the person and of her doubles, which an erasure takes."""
    person_id = DataRequest.objects.values_list("person_id", flat=True).get(pk=request_id)
    hold_people(with_doubles(person_id))
    request = (
        DataRequest.objects.select_for_update(of=("self",))
        .select_related("enrollment__person", "person")
        .get(pk=request_id)
    )
    require_role(actor, request.enrollment, MANAGERS, act="Permintaan hak data dijawab")
    if not request.is_open:
        raise Refused("Permintaan ini sudah dijawab. Muat ulang untuk melihatnya.")
    return request


def _correct(request: DataRequest, actor: User) -> None:
    """Write the wished values. What was counted under the old ones stays as it was (the log's dimensions)."""
    person = request.person
    for name, value in request.changes.items():
        setattr(person, name, date.fromisoformat(value) if name == "birth_date" else value)
    nik = person.nik()
    if nik is not None:
        person.nik_warnings = nik_warnings(clean_nik(nik), person.birth_date, person.gender)
    phone = request.phone()
    if phone is not None:
        person.set_phone(phone)
    person.save(update_fields=[*request.changes, "nik_warnings", "phone_sealed", "phone_index", "phone_mask"])
    if person.user_id is not None:
        _correct_account(person, phone, has_new_name="full_name" in request.changes)
    audit.record(
        actor=actor,
        action="hak_data.koreksi",
        obj=person,
        detail={"fields": [*request.changes, *(["phone"] if phone else [])]},
    )


def _correct_account(person: Person, phone: str | None, *, has_new_name: bool) -> None:
    """The account follows; a number that others use too signs nobody in (a phone shared in a household)."""
    user = User.objects.select_for_update(of=("self",), no_key=True).get(person=person)
    if has_new_name:
        user.display_name = person.full_name
        user.save(update_fields=["display_name"])
    if phone is None:
        return
    is_shared = Person.objects.with_phone(phone).exclude(pk=person.pk).exists()
    user.set_phone(None if is_shared else phone)
    columns = ["phone_sealed", "phone_index", "phone_mask"]
    try:
        with transaction.atomic():
            user.save(update_fields=columns)
    except IntegrityError:
        user.set_phone(None)
        user.save(update_fields=columns)


# Reading ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opening:
    """One time somebody opened a person's data in full."""

    at: datetime
    who: str
    role: str
    reason: str
    times: int = 1


def openings(person: Person, *, limit: int = 50) -> list[Opening]:
    """Who opened NIK and phone of this person in full, and why; newest first."""
    rows = AuditEntry.objects.filter(
        object_type=person._meta.label_lower, object_id=str(person.pk), action=OPENED
    ).order_by("-id")[:limit]
    return [
        Opening(row.at, row.actor_label, _role_word(row.detail.get("role", "")), row.reason) for row in rows
    ]


def by_day(found: Sequence[Opening], zone: str) -> list[Opening]:
    """One line for what one person opened again and again on one day for one reason; the newest time."""

    def alike(one: Opening) -> tuple[str, str, date]:
        return one.who, one.reason, local_day(one.at, zone)

    groups = [list(group) for _, group in groupby(found, key=alike)]
    return [replace(group[0], times=len(group)) for group in groups]


def _role_word(code: str) -> str:
    return Role(code).label if code in Role.values else "Petugas"


def readable(name: str, value: str) -> str:
    """A correctable value as people read it."""
    if name == "birth_date" and value:
        return day(date.fromisoformat(value))
    return gender_word(value) if name == "gender" else value or "–"


def gender_word(code: str) -> str:
    """The word of a stored sex, a dash for none."""
    return Gender(code).label if code in Gender.values else "–"


def _own_person(person_id: UUID, actor: User) -> Person:
    """The actor's own person row, held. Raises NotYours for anybody else's."""
    person = hold_person(person_id)
    if person.user_id != actor.pk or person.erased_at is not None:
        raise NotYours("Hanya pemilik data yang bisa meminta ini.")
    return person


def _latest_enrollment(person: Person) -> Enrollment:
    return person.enrollments.order_by("-registered_at", "-pk")[0]


def _tell(user_id: UUID | None, kind: str, request: DataRequest) -> None:
    if user_id is not None:
        notify(
            user_id=user_id,
            kind=kind,
            ids={"request": str(request.pk)},
            dedupe_key=f"{kind}:{request.pk}:{user_id}",
        )
