"""Two records of one person made one, and made two again: what would move, the act, its undoing.

Nothing of the log is rewritten and no enrollment changes its owner: one person goes on with hers, the other's
is taken out of the count (`moves.stop_as_double`). See docs/decisions/0013.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from core import audit, crypto, outbox
from core.formats import day, number
from core.validators import clean_nik, nik_warnings
from notifications.services import notify
from participants.models import (
    Business,
    DataRequest,
    Enrollment,
    Merge,
    NikCorrection,
    Person,
    StageEvidence,
    Status,
    StopReason,
)
from participants.refusals import Refused, Stale
from participants.services import MANAGERS, lock_enrollment, require_role

from . import moves

GIVEN_UP = "Digabung dengan pendaftaran lain"
"""Stands where a merged double's NIK was."""

GAPS = {"birth_date": "Tanggal lahir", "gender": "Jenis kelamin", "address": "Alamat"}
"""What the double fills where the one who goes on has nothing."""

CHECKED = ("full_name", "birth_date", "gender", "identity_status", "nik_warnings")
CHECKED_BY = ("identity_entered_by_id", "identity_checked_by_id", "identity_checked_at")
"""What belongs to a checked identity and moves with its NIK."""

MOVED_SINCE = "Sudah ada yang berubah sesudah digabung, jadi penggabungan ini tidak bisa dibatalkan lagi: {}."


@dataclass(frozen=True, slots=True)
class Line:
    """One thing of the preview: what, what stays, what becomes of the other."""

    what: str
    stays: str
    other: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What merging `taken_out` into `kept` would do; `refusals` say why it cannot be done."""

    kept: Enrollment
    taken_out: Enrollment
    takes_nik: bool
    takes_phone: bool
    fills: dict[str, Any]
    evidence_ids: Sequence[UUID]
    business_ids: Sequence[UUID]
    stays_with_business: bool
    refusals: Sequence[str]

    @property
    def lines(self) -> list[Line]:
        """The preview, in the words of staff."""
        winner, loser = self.kept.person, self.taken_out.person
        return [
            Line(
                "Perjalanan",
                _way(self.kept),
                f"{_way(self.taken_out)}: keluar dari hitungan, riwayat tersimpan",
            ),
            Line("NIK", *self._nik()),
            Line(
                "Nomor HP",
                (loser if self.takes_phone else winner).phone_mask or "Belum ada",
                "Dipindah dari pendaftaran ganda" if self.takes_phone else loser.phone_mask or "Tidak ada",
            ),
            *(
                Line(GAPS[name], _shown(value), "Dipindah dari sini")
                for name, value in self.fills.items()
                if name in GAPS
            ),
            Line("Bukti", "Tetap", _moved(len(self.evidence_ids), "bukti")),
            Line("Usaha", *self._business()),
            Line("Akun", *self._account()),
        ]

    def _nik(self) -> tuple[str, str]:
        winner, loser = self.kept.person, self.taken_out.person
        if not loser.nik_mask:
            return winner.nik_mask or "Belum punya NIK", "Belum punya NIK"
        if self.takes_nik:
            old = f", menggantikan {winner.nik_mask}" if winner.nik_mask else ""
            return (
                f"{loser.nik_mask} ({loser.identity_label.lower()}){old}",
                "Dipindah dari pendaftaran ganda",
            )
        return winner.nik_mask, f"{loser.nik_mask} dilepas, tidak dipakai lagi"

    def _business(self) -> tuple[str, str]:
        if self.business_ids:
            return "Belum ada", _moved(len(self.business_ids), "usaha")
        return "Tetap", "Tetap di arsip, tidak dihitung" if self.stays_with_business else "Tidak ada"

    def _account(self) -> tuple[str, str]:
        if self.taken_out.person.user_id is None:
            return "Tetap", "Tidak ada"
        if self.kept.person.user_id is None:
            return "Belum ada", "Akun dipindah dari sini, cara masuknya tetap"
        return "Tetap, semua pesan ke sini", "Ditutup, semua sesi berakhir"


def _way(enrollment: Enrollment) -> str:
    stage = f"{enrollment.stage_number}. {enrollment.stage_label}"
    return f"{enrollment.number}, {stage} ({enrollment.status_label.lower()})"


def _moved(count: int, what: str) -> str:
    return f"{number(count)} {what} dipindah dari sini" if count else "Tidak ada"


def _shown(value: Any) -> str:
    return day(value) if isinstance(value, date) else str(value)


def plan(kept: Enrollment, taken_out: Enrollment, *, actor: User) -> Plan:
    """What would happen, read in six statements. Both enrollments come with person and user."""
    winner, loser = kept.person, taken_out.person
    takes_nik = bool(loser.nik_mask) and (
        not winner.nik_mask or (loser.is_identity_verified and not winner.is_identity_verified)
    )
    businesses = Business.objects.filter(person__in=[winner, loser]).order_by("pk").only("person_id")
    own = [business.pk for business in businesses if business.person_id == winner.pk]
    theirs = [business.pk for business in businesses if business.person_id == loser.pk]
    evidence = StageEvidence.objects.filter(enrollment=taken_out).order_by("pk")
    return Plan(
        kept=kept,
        taken_out=taken_out,
        takes_nik=takes_nik,
        takes_phone=bool(loser.phone_mask) and not winner.phone_mask,
        fills=_fills(winner, loser, takes_nik=takes_nik),
        evidence_ids=list(evidence.values_list("pk", flat=True)),
        business_ids=[] if own else theirs,
        stays_with_business=bool(own and theirs),
        refusals=_refusals(kept, taken_out, actor),
    )


def _fills(winner: Person, loser: Person, *, takes_nik: bool) -> dict[str, Any]:
    """Fields of the winner that change, with their new values (NIK and phone apart)."""
    fills = {
        name: getattr(loser, name) for name in GAPS if not getattr(winner, name) and getattr(loser, name)
    }
    if takes_nik:
        fills["no_nik_reason"] = ""
        if loser.is_identity_verified:
            fills |= {name: getattr(loser, name) for name in CHECKED if getattr(loser, name) != ""}
            fills |= {name: getattr(loser, name) for name in CHECKED_BY}
    return fills


def _refusals(kept: Enrollment, taken_out: Enrollment, actor: User) -> list[str]:
    winner, loser = kept.person, taken_out.person
    found = []
    for enrollment in (kept, taken_out):
        if said := moves.refusal_for(enrollment, actor, MANAGERS):
            found.append(f"{enrollment.person.full_name}: {said}")
    if winner.nik_mask and loser.nik_mask and winner.is_identity_verified and loser.is_identity_verified:
        found.append(
            "NIK keduanya berbeda dan sama-sama sudah diverifikasi, jadi ini dua orang. Bila salah satu NIK "
            "keliru, perbaiki dulu NIK itu."
        )
    if loser.user is not None and loser.user.active_assignments():
        found.append(f"Akun {loser.full_name} juga akun petugas. Tukar, supaya akun itu yang diteruskan.")
    if Merge.objects.standing().filter(loser__in=[winner, loser]).exists():
        found.append("Salah satunya sudah digabung.")
    if NikCorrection.objects.pending().filter(person__in=[winner, loser]).exists():
        found.append("Ada perbaikan NIK yang belum diputuskan. Selesaikan itu dulu.")
    if DataRequest.objects.open().filter(person__in=[winner, loser]).exists():
        found.append("Ada permintaan data pribadi yang belum dijawab. Selesaikan itu dulu.")
    return found


@transaction.atomic
def merge(
    *,
    kept_id: UUID,
    taken_out_id: UUID,
    kept_version: int,
    taken_out_version: int,
    actor: User,
    reason: str,
    at: datetime,
) -> Merge:
    """Make two people one. Raises Refused with every reason of the plan, NotYours, or Stale.

    Rows are held in one order (enrollments, then people, each by id), so that opposite merges wait for each
    other instead of locking up.
    """
    kept, taken_out = _lock_pair(kept_id, taken_out_id)
    roles = {
        e.pk: require_role(actor, e, MANAGERS, act="Pendaftaran ganda digabung") for e in (kept, taken_out)
    }
    if (kept.version, taken_out.version) != (kept_version, taken_out_version):
        raise Stale("Salah satu peserta baru saja berubah. Ini keadaan terbarunya, periksa sekali lagi.")
    chosen = plan(kept, taken_out, actor=actor)
    if chosen.refusals:
        raise Refused(*chosen.refusals)
    done = Merge(
        winner=kept.person, loser=taken_out.person, kept=kept, taken_out=taken_out,
        reason=reason, merged_by=actor, merged_at=at,
    )  # fmt: skip
    done.changes = {
        "status": taken_out.status,
        "stop_reason": taken_out.stop_reason,
        "evidence": [str(pk) for pk in chosen.evidence_ids],
        "businesses": [str(pk) for pk in chosen.business_ids],
        "phone": chosen.takes_phone,
        "nik": chosen.takes_nik,
        "no_nik_reason": taken_out.person.no_nik_reason,
        "goal": bool(taken_out.goal and not kept.goal),
        "account": _merge_accounts(kept.person, taken_out.person),
    }
    _merge_people(done, chosen)
    if chosen.evidence_ids:
        StageEvidence.objects.filter(pk__in=chosen.evidence_ids).update(enrollment=kept)
    if chosen.business_ids:
        Business.objects.filter(pk__in=chosen.business_ids).update(person=kept.person)
    if done.changes["goal"]:
        kept.goal = taken_out.goal
        kept.save(update_fields=["goal"])
    moves.stop_as_double(
        taken_out,
        moves.Mover(actor, roles[taken_out.pk], at),
        reason=f"Pendaftaran ganda, digabung ke {kept.number}",
    )
    done.kept_version, done.taken_out_version = kept.version, taken_out.version
    done.save(force_insert=True)
    _record(done, actor, "duplikat.gabung", reason)
    if done.winner.user_id:
        _tell(done, done.winner.user_id, "pendaftaran_digabung")
    return done


def _lock_pair(one: UUID, other: UUID) -> tuple[Enrollment, Enrollment]:
    """Both enrollments and their people, held in the order of their ids."""
    held = {pk: lock_enrollment(pk) for pk in sorted((one, other))}
    people = Person.objects.select_for_update(of=("self",), no_key=True).select_related("user")
    owners = {p.pk: p for p in people.filter(pk__in=[e.person_id for e in held.values()]).order_by("pk")}
    if len(owners) != 2:
        raise Refused("Pilih dua orang yang berbeda.")
    for enrollment in held.values():
        enrollment.person = owners[enrollment.person_id]
    return held[one], held[other]


def _merge_accounts(winner: Person, loser: Person) -> dict[str, str]:
    """Close the double's account, or give it to a winner who has none. What was done, for the undoing."""
    if loser.user is None:
        return {}
    account = loser.user
    if winner.user_id is None:
        loser.user = None
        loser.save(update_fields=["user"])
        winner.user = account
        winner.save(update_fields=["user"])
        return {"moved": str(account.pk)}
    if not account.is_active:
        return {}
    account.is_active = False
    account.save(update_fields=["is_active"])
    account.end_sessions()
    outbox.readdress(old=account.pk, new=winner.user_id)
    return {"closed": str(account.pk)}


def _merge_people(done: Merge, chosen: Plan) -> None:
    """Move NIK, phone and what was missing; keep in `done` what the undoing needs."""
    winner, loser = done.winner, done.loser
    given_up, replaced = loser.nik(), winner.nik() if chosen.takes_nik else None
    crypto.set_sealed(done, "loser_nik_sealed", given_up)
    crypto.set_sealed(done, "winner_nik_sealed", replaced)
    done.loser_nik_mask = loser.nik_mask
    fills = dict(chosen.fills)
    if given_up is not None:
        loser.set_nik(None)
        loser.no_nik_reason = GIVEN_UP
        loser.save(update_fields=["nik_sealed", "nik_index", "nik_mask", "no_nik_reason"])
    if chosen.takes_nik and given_up is not None:
        winner.set_nik(given_up)
        if "nik_warnings" not in fills:
            born, sex = fills.get("birth_date", winner.birth_date), fills.get("gender", winner.gender)
            fills["nik_warnings"] = nik_warnings(clean_nik(given_up), born, sex)
    done.changes["before"] = {name: _stored(getattr(winner, name)) for name in fills}
    done.changes["after"] = {name: _stored(value) for name, value in fills.items()}
    for name, value in fills.items():
        setattr(winner, name, value)
    if chosen.takes_phone:
        winner.set_phone(loser.phone())
    winner.save()


def _stored(value: Any) -> Any:
    """A value as JSON keeps it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _restored(name: str, value: Any) -> Any:
    if value is None or name not in ("birth_date", "identity_checked_at"):
        return UUID(value) if value and name.endswith("_id") else value
    return date.fromisoformat(value) if name == "birth_date" else datetime.fromisoformat(value)


def merge_of(taken_out: Enrollment) -> Merge | None:
    """The standing merge that closed an enrollment, with who goes on; asked for doubles only."""
    if taken_out.stop_reason != StopReason.GANDA:
        return None
    return Merge.objects.standing().filter(taken_out=taken_out).select_related("winner", "kept").first()


@transaction.atomic
def undo(*, merge_id: UUID, actor: User, reason: str, at: datetime) -> Merge:
    """Make them two again, as before. Raises NotYours; Refused after 30 days or if anything moved."""
    # The pair never changes; the merge itself is held after the two, as an erasure holds them.
    pair = Merge.objects.values_list("kept_id", "taken_out_id").get(pk=merge_id)
    kept, taken_out = _lock_pair(*pair)
    done = Merge.objects.select_for_update(of=("self",)).get(pk=merge_id)
    roles = {e.pk: require_role(actor, e, MANAGERS, act="Penggabungan dibatalkan") for e in (kept, taken_out)}
    if not done.is_standing:
        raise Refused("Penggabungan ini sudah dibatalkan.")
    done.winner, done.loser = kept.person, taken_out.person
    if said := _undo_refusals(done, kept, taken_out, at):
        raise Refused(*said)
    changes = done.changes
    _part_people(done)
    _part_accounts(done)
    StageEvidence.objects.filter(pk__in=changes["evidence"], enrollment=kept).update(enrollment=taken_out)
    Business.objects.filter(pk__in=changes["businesses"], person=kept.person).update(person=taken_out.person)
    if changes["goal"] and kept.goal == taken_out.goal:
        kept.goal = ""
        kept.save(update_fields=["goal"])
    moves.restore_double(
        taken_out,
        moves.Mover(actor, roles[taken_out.pk], at),
        status=Status(changes["status"]),
        stop_reason=changes["stop_reason"],
        reason=f"Penggabungan dengan {kept.number} dibatalkan",
        merged_at=done.merged_at,
    )
    done.undone_by, done.undone_at = actor, at
    done.loser_nik_sealed = done.winner_nik_sealed = None
    done.changes = {name: value for name, value in changes.items() if name not in ("before", "after")}
    done.save(update_fields=["undone_by", "undone_at", "loser_nik_sealed", "winner_nik_sealed", "changes"])
    _record(done, actor, "duplikat.batal", reason)
    for user_id in {done.winner.user_id, done.loser.user_id} - {None}:
        _tell(done, user_id, "penggabungan_dibatalkan")
    return done


def why_not_undo(done: Merge, *, at: datetime) -> list[str]:
    """Why this merge cannot be undone, for its page; empty when it can."""
    if not done.is_standing:
        return ["Penggabungan ini sudah dibatalkan."]
    return _undo_refusals(done, done.kept, done.taken_out, at)


def _undo_refusals(done: Merge, kept: Enrollment, taken_out: Enrollment, at: datetime) -> list[str]:
    if at > done.undo_until:
        return ["Penggabungan hanya bisa dibatalkan dalam 30 hari."]
    winner, loser = done.winner, done.loser
    if "status" not in done.changes or "before" not in done.changes:
        return ["Data salah satunya sudah dihapus, jadi keduanya tidak bisa dipisah lagi."]
    changed = []
    if (kept.version, taken_out.version) != (done.kept_version, done.taken_out_version):
        changed.append("tahap atau status")
    if Merge.objects.standing().filter(loser=winner).exists():
        changed.append("salah satunya digabung lagi")
    after = done.changes.get("after", {})
    if any(_stored(getattr(winner, name)) != value for name, value in after.items()):
        changed.append("data diri")
    if done.changes["phone"] and winner.phone_index != loser.phone_index:
        changed.append("nomor HP")
    given_up = crypto.get_sealed(done, "loser_nik_sealed")
    if given_up is not None:
        index = crypto.blind_index(given_up, purpose="nik")
        if done.changes["nik"] and (winner.nik_index is None or bytes(winner.nik_index) != index):
            changed.append("NIK")
        elif Person.objects.filter(nik_index=index).exclude(pk=winner.pk).exists():
            changed.append("NIK itu sekarang milik orang lain")
    replaced = crypto.get_sealed(done, "winner_nik_sealed")
    if replaced is not None and Person.objects.with_nik(replaced).exists():
        changed.append("NIK lama sekarang milik orang lain")
    if NikCorrection.objects.pending().filter(person__in=[winner, loser]).exists():
        changed.append("ada perbaikan NIK yang belum diputuskan")
    return [MOVED_SINCE.format(", ".join(changed))] if changed else []


def _part_people(done: Merge) -> None:
    """Give NIK, phone and filled fields back."""
    winner, loser, changes = done.winner, done.loser, done.changes
    given_up = crypto.get_sealed(done, "loser_nik_sealed")
    for name, value in changes["before"].items():
        setattr(winner, name, _restored(name, value))
    if changes["nik"]:
        winner.set_nik(crypto.get_sealed(done, "winner_nik_sealed"))
    if changes["phone"]:
        winner.set_phone(None)
    winner.save()
    if given_up is not None:
        loser.set_nik(given_up)
        loser.no_nik_reason = changes["no_nik_reason"]
        loser.save(update_fields=["nik_sealed", "nik_index", "nik_mask", "no_nik_reason"])


def _part_accounts(done: Merge) -> None:
    account = done.changes["account"]
    if closed := account.get("closed"):
        User.objects.filter(pk=closed).update(is_active=True)
    if moved := account.get("moved"):
        winner, loser = done.winner, done.loser
        if str(winner.user_id) == moved and loser.user_id is None:
            owner = winner.user
            winner.user = None
            winner.save(update_fields=["user"])
            loser.user = owner
            loser.save(update_fields=["user"])


def _record(done: Merge, actor: User, action: str, reason: str) -> None:
    for one, other in ((done.winner, done.loser), (done.loser, done.winner)):
        audit.record(
            actor=actor,
            action=action,
            obj=one,
            reason=reason,
            detail={"merge": str(done.pk), "other": str(other.pk), "goes_on": str(done.winner_id)},
        )


def _tell(done: Merge, user_id: UUID | None, kind: str) -> None:
    if user_id is None:
        return
    notify(
        user_id=user_id,
        kind=kind,
        ids={"merge": str(done.pk), "user": str(user_id)},
        dedupe_key=f"{kind}:{done.pk}:{user_id}",
    )
