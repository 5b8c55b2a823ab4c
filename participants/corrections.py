"""Correcting a mistyped NIK: asked by one person, compared with the KTP and applied by another.

Rows are held in one order (enrollment, person, wish), as everywhere else.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Role, User
from core import audit
from core.validators import clean_nik, nik_warnings
from notifications.services import notify

from .models import CorrectionStatus, IdentityStatus, Merge, NikCorrection, Person
from .refusals import Refused, Stale
from .services import MANAGERS, lock_enrollment, require_role

MAY_ASK = MANAGERS | {Role.PENDAMPING}
SECOND = "Anda yang meminta perbaikan ini. Pemeriksaan dilakukan petugas lain."


class NikTaken(Refused):
    """The wished NIK belongs to another person, `owner_id`: perhaps the same human, recorded twice."""

    def __init__(self, owner_id: UUID) -> None:
        super().__init__("NIK baru itu sudah tercatat pada orang lain. Periksa apakah keduanya satu orang.")
        self.owner_id = owner_id


@transaction.atomic
def request_correction(
    *, enrollment_id: UUID, actor: User, nik: str, reason: str, at: datetime
) -> NikCorrection:
    """Wish another NIK (16 cleaned digits) for a person: by herself, her coach, her manager, the secretariat.

    Whether the number belongs to somebody else is not said here: a citizen must not be able to ask that.
    Raises NotYours, or Refused when there is no NIK yet, it is the same one, or a wish is waiting already.
    """
    enrollment = lock_enrollment(enrollment_id)
    if enrollment.person.user_id != actor.pk:
        require_role(actor, enrollment, MAY_ASK, act="Perbaikan NIK diminta")
    person = Person.objects.select_for_update(of=("self",), no_key=True).get(pk=enrollment.person_id)
    if person.nik_index is None:
        raise Refused("NIK belum tercatat, jadi belum ada yang diperbaiki. Minta petugas mencatatnya.")
    if person.nik() == nik:
        raise Refused("NIK itu sama dengan yang sudah tercatat.")
    if NikCorrection.objects.pending().filter(person=person).exists():
        raise Refused("Masih ada permintaan perbaikan NIK yang menunggu diperiksa.")
    if Merge.objects.standing().filter(loser=person).exists():
        raise Refused("Pendaftaran ini sudah digabung dengan yang lain.")
    wish = NikCorrection(
        person=person,
        enrollment=enrollment,
        old_nik_mask=person.nik_mask,
        reason=reason,
        requested_by=actor,
        requested_at=at,
    )
    wish.set_nik(nik)
    wish.save(force_insert=True)
    audit.record(actor=actor, action="nik.perbaikan_diminta", obj=person, reason=reason)
    return wish


@transaction.atomic
def withdraw(*, correction_id: UUID, actor: User, at: datetime) -> NikCorrection:
    """Take a waiting wish back: whoever asked, or the person herself."""
    wish = hold(correction_id)
    if actor.pk not in (wish.requested_by_id, wish.person.user_id):
        raise Refused("Permintaan ini bukan dari Anda.")
    _require_pending(wish)
    wish.status, wish.decided_by, wish.decided_at = CorrectionStatus.DIBATALKAN, actor, at
    wish.set_nik(None)
    wish.save(update_fields=["status", "decided_by", "decided_at", "nik_sealed"])
    audit.record(actor=actor, action="nik.perbaikan_dibatalkan", obj=wish.person)
    return wish


def wished_warnings(wish: NikCorrection) -> list[str]:
    """Codes of what an officer should look at in the wished NIK; nothing once it was decided."""
    nik = wish.nik()
    return nik_warnings(clean_nik(nik), wish.person.birth_date, wish.person.gender) if nik else []


@transaction.atomic
def approve(*, correction_id: UUID, actor: User, at: datetime) -> NikCorrection:
    """Apply the wish after comparing it with the KTP: new seal and index, warnings anew, identity verified.

    Raises NotYours, Refused for who asked it or is the person, Stale when it was decided, NikTaken.
    """
    wish = hold(correction_id)
    _require_second(wish, actor)
    _require_pending(wish)
    person, nik = wish.person, wish.nik()
    assert nik is not None  # by constraint, while it waits
    owner = Person.objects.with_nik(nik).exclude(pk=person.pk).only("pk").first()
    if owner is not None:
        raise NikTaken(owner.pk)
    person.set_nik(nik)
    person.nik_warnings = nik_warnings(clean_nik(nik), person.birth_date, person.gender)
    person.identity_status = IdentityStatus.DIVERIFIKASI
    person.identity_entered_by = wish.requested_by
    person.identity_checked_by, person.identity_checked_at = actor, at
    try:
        with transaction.atomic():
            person.save(
                update_fields=[
                    "nik_sealed", "nik_index", "nik_mask", "nik_warnings", "identity_status",
                    "identity_entered_by", "identity_checked_by", "identity_checked_at",
                ]
            )  # fmt: skip
    except IntegrityError:
        # Somebody else was given this NIK a moment ago: the unique index decides.
        owner = Person.objects.with_nik(nik).exclude(pk=person.pk).only("pk").first()
        if owner is None:
            raise
        raise NikTaken(owner.pk) from None
    _decide(wish, CorrectionStatus.DISETUJUI, actor, at)
    audit.record(
        actor=actor,
        action="nik.perbaiki",
        obj=person,
        reason=wish.reason,
        detail={"correction": str(wish.pk), "requested_by": str(wish.requested_by_id)},
    )
    return wish


@transaction.atomic
def refuse(*, correction_id: UUID, actor: User, answer: str, at: datetime) -> NikCorrection:
    """Leave the NIK as it is and say why. Raises as `approve`."""
    wish = hold(correction_id)
    _require_second(wish, actor)
    _require_pending(wish)
    wish.answer = answer
    _decide(wish, CorrectionStatus.DITOLAK, actor, at)
    audit.record(actor=actor, action="nik.perbaikan_ditolak", obj=wish.person, reason=answer)
    return wish


@transaction.atomic
def reveal_numbers(*, correction_id: UUID, actor: User, reason: str) -> tuple[str | None, str | None]:
    """The NIK that is recorded and the wished one, for who may decide. Audited; the person can see it."""
    wish = hold(correction_id)
    _require_second(wish, actor)
    audit.record(
        actor=actor, action="data.buka", obj=wish.person, reason=reason, detail={"for": "koreksi_nik"}
    )
    return wish.person.nik(), wish.nik()


def why_not_decide(wish: NikCorrection, actor: User) -> str:
    """Why this user may not decide it, as a sentence for its page; empty when they may."""
    try:
        _require_second(wish, actor)
    except Refused as refusal:
        return str(refusal)
    return ""


def hold(correction_id: UUID) -> NikCorrection:
    """The wish with its enrollment and person, all three held for this transaction."""
    found = NikCorrection.objects.only("enrollment_id", "person_id").get(pk=correction_id)
    enrollment = lock_enrollment(found.enrollment_id)
    person = Person.objects.select_for_update(of=("self",), no_key=True).get(pk=found.person_id)
    wish = NikCorrection.objects.select_for_update(of=("self",)).get(pk=correction_id)
    enrollment.person = person
    wish.enrollment, wish.person = enrollment, person
    return wish


def _require_second(wish: NikCorrection, actor: User) -> None:
    require_role(actor, wish.enrollment, MANAGERS, act="Perbaikan NIK diputuskan")
    if wish.requested_by_id == actor.pk:
        raise Refused(SECOND)


def _require_pending(wish: NikCorrection) -> None:
    if not wish.is_pending:
        raise Stale("Permintaan ini baru saja diputuskan orang lain. Ini keadaan terbarunya.")


def _decide(wish: NikCorrection, status: CorrectionStatus, actor: User, at: datetime) -> None:
    """Write the decision, forget the wished number, tell the person and whoever asked for her."""
    wish.status, wish.decided_by, wish.decided_at = status, actor, at
    wish.set_nik(None)
    wish.save(update_fields=["status", "decided_by", "decided_at", "answer", "nik_sealed"])
    kind = "nik_diperbaiki" if status == CorrectionStatus.DISETUJUI else "nik_tetap"
    told = {wish.person.user_id: kind}
    if wish.requested_by_id != wish.person.user_id:
        told[wish.requested_by_id] = "perbaikan_nik_diputuskan"
    for user_id, words in told.items():
        if user_id is not None:
            notify(
                user_id=user_id,
                kind=words,
                ids={"correction": str(wish.pk)},
                dedupe_key=f"koreksi-nik:{wish.pk}:{user_id}",
            )
