"""One act on up to fifty people: tried out first, done one by one, and taken back within thirty minutes.

The preview does the very acts and undoes all of them, so that it refuses exactly what the act would refuse.
Rows are locked in the order of their keys, as merging does, so that two of these never wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Role, User
from centers.models import Agency, Center, CoachProfile
from core import audit
from participants import services, takeback
from participants.models import Enrollment, IdentityStatus
from participants.refusals import Refused, Stale

from . import moves
from .models import BulkAct, BulkItem, BulkKind, BulkOutcome

MOST_PEOPLE = 50
WORDS_KEPT = 300
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done; only what the kind needs is set."""

    kind: BulkKind
    coach: CoachProfile | None = None
    agency: Agency | None = None
    center: Center | None = None
    note: str = ""
    reason: str = ""

    def as_params(self) -> Values:
        """What is stored of it: codes and words."""
        found = {
            "coach": str(self.coach.user_id) if self.coach else "",
            "agency": self.agency.pk if self.agency else "",
            "center": self.center.pk if self.center else "",
            "note": self.note,
            "reason": self.reason,
        }
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened, or would happen, to one person. `refusal` is empty when it went well."""

    enrollment: Enrollment
    refusal: str = ""
    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of act: who may, the state it changes (as text and in words), how to do and undo it."""

    kind: BulkKind
    button: str
    consequence: str
    roles: frozenset[Role]
    state: Callable[[Enrollment], str]
    state_words: Callable[[Enrollment], str]
    do: Callable[[Enrollment, User, Plan, datetime], tuple[Values, Values]]
    undo: Callable[[BulkItem, User, User, datetime], Any]


# The four kinds -------------------------------------------------------------------------------------------


def _give_coach(enrollment: Enrollment, actor: User, plan: Plan, at: datetime) -> tuple[Values, Values]:
    if plan.coach is None:
        raise Refused("Pilih pendampingnya.")
    if enrollment.coach_id == plan.coach.user_id:
        raise Refused("Sudah didampingi orang ini.")
    made = services.assign_coach(
        enrollment_id=enrollment.pk,
        actor=actor,
        coach=plan.coach.user,
        note=plan.note,
        reason=plan.reason,
        at=at,
    )
    before = {"coach": str(enrollment.coach_id) if enrollment.coach_id else None}
    return before, {"coach": str(plan.coach.user_id), "assignment": made.pk}


def _take_coach(item: BulkItem, actor: User, doer: User, at: datetime) -> Any:
    del doer
    return takeback.take_back_coach(
        enrollment_id=item.enrollment_id, actor=actor, assignment_id=item.after["assignment"], at=at
    )


def _give_agency(enrollment: Enrollment, actor: User, plan: Plan, at: datetime) -> tuple[Values, Values]:
    if plan.agency is None:
        raise Refused("Pilih SKPD-nya.")
    if enrollment.agency_id == plan.agency.pk:
        raise Refused("SKPD pembinanya sudah itu.")
    services.assign_agency(enrollment_id=enrollment.pk, actor=actor, agency=plan.agency, at=at)
    return {"agency": enrollment.agency_id}, {"agency": plan.agency.pk}


def _take_agency(item: BulkItem, actor: User, doer: User, at: datetime) -> Any:
    del doer
    return takeback.take_back_agency(
        enrollment_id=item.enrollment_id,
        actor=actor,
        agency_code=item.after["agency"],
        before=item.before["agency"],
        at=at,
    )


def _mark_seen(enrollment: Enrollment, actor: User, plan: Plan, at: datetime) -> tuple[Values, Values]:
    del plan
    if enrollment.person.identity_status != IdentityStatus.DIKETIK:
        raise Refused(f"Identitasnya sudah: {enrollment.person.identity_label.lower()}.")
    services.verify_identity(
        enrollment_id=enrollment.pk, actor=actor, status=IdentityStatus.DOKUMEN_DILIHAT, at=at
    )
    return {"status": IdentityStatus.DIKETIK.value}, {"status": IdentityStatus.DOKUMEN_DILIHAT.value}


def _unmark_seen(item: BulkItem, actor: User, doer: User, at: datetime) -> Any:
    del at
    return takeback.take_back_document_seen(
        enrollment_id=item.enrollment_id, actor=actor, checked_by=doer, checked_at=item.bulk.done_at
    )


def _give_center(enrollment: Enrollment, actor: User, plan: Plan, at: datetime) -> tuple[Values, Values]:
    if plan.center is None:
        raise Refused("Pilih pusatnya.")
    moved = moves.place_in_center(
        enrollment_id=enrollment.pk,
        actor=actor,
        version=enrollment.version,
        center=plan.center,
        reason=plan.reason,
        at=at,
    )
    return {"status": enrollment.status}, {"center": plan.center.pk, "version": moved.version}


def _take_center(item: BulkItem, actor: User, doer: User, at: datetime) -> Any:
    del doer
    return moves.take_back_center(
        enrollment_id=item.enrollment_id,
        actor=actor,
        version=item.after["version"],
        center=Center(pk=item.after["center"]),
        at=at,
    )


def _coach_words(enrollment: Enrollment) -> str:
    if enrollment.coach is None:
        return "Sementara itu pendampingnya dilepas."
    return f"Sementara itu didampingi {enrollment.coach.display_name}."


ROWS: dict[BulkKind, Row] = {
    row.kind: row
    for row in (
        Row(
            BulkKind.PENDAMPING,
            button="Tetapkan pendamping",
            consequence="Pendamping dan peserta mendapat kabar. Pendamping lama tidak melihat mereka lagi.",
            roles=services.MANAGERS,
            state=lambda e: str(e.coach_id or "-"),
            state_words=_coach_words,
            do=_give_coach,
            undo=_take_coach,
        ),
        Row(
            BulkKind.SKPD,
            button="Tetapkan SKPD",
            consequence="SKPD pembina yang sudah ada diganti.",
            roles=services.MANAGERS,
            state=lambda e: str(e.agency_id or "-"),
            state_words=lambda e: "Sementara itu SKPD pembinanya berubah.",
            do=_give_agency,
            undo=_take_agency,
        ),
        Row(
            BulkKind.DOKUMEN,
            button="Tandai dokumen dilihat",
            consequence="Hanya tanda bahwa KTP-nya sudah dilihat. Verifikasi tetap satu per satu.",
            roles=services.MANAGERS,
            state=lambda e: e.person.identity_status,
            state_words=lambda e: "Sementara itu identitasnya diperiksa petugas lain.",
            do=_mark_seen,
            undo=_unmark_seen,
        ),
        Row(
            BulkKind.PUSAT,
            button="Tetapkan pusat",
            consequence="Peserta masuk daftar pusat itu dan mendapat kabar.",
            roles=moves.PLACERS,
            state=lambda e: f"{e.status}.{e.center_id or '-'}",
            state_words=lambda e: "Sementara itu pusatnya sudah ditetapkan.",
            do=_give_center,
            undo=_take_center,
        ),
    )
}


def kinds_for(user: User) -> list[BulkKind]:
    """The acts a user's roles allow somewhere; each person is checked again when it is done."""
    held = user.roles()
    return [kind for kind, row in ROWS.items() if held & {role.value for role in row.roles}]


# Preview, act, undo ---------------------------------------------------------------------------------------


def chosen(user: User, ids: Iterable[UUID]) -> list[Enrollment]:
    """The chosen people the user may see, by name."""
    rows = Enrollment.objects.visible_to(user).filter(pk__in=list(ids)).for_page()
    return sorted(rows, key=lambda e: (e.person.full_name.casefold(), str(e.pk)))


def preview(*, plan: Plan, ids: Sequence[UUID], actor: User, at: datetime) -> list[Outcome]:
    """What would happen to each, by name. Nothing is written."""
    with transaction.atomic():
        outcomes = _run(plan, ids, actor, at, seen=None)
        transaction.set_rollback(True)
    return sorted(outcomes, key=lambda o: o.enrollment.person.full_name.casefold())


def execute(
    *, bulk_id: UUID, plan: Plan, ids: Sequence[UUID], seen: Mapping[UUID, str], actor: User, at: datetime
) -> BulkAct:
    """Do it, each person in a savepoint of its own. `seen` is the state of each as the preview showed it:
    somebody changed meanwhile is left alone. The same `bulk_id` again gives the act that was done.

    Raises Refused for more than MOST_PEOPLE.
    """
    if len(ids) > MOST_PEOPLE:
        raise Refused(f"Paling banyak {MOST_PEOPLE} orang sekali jalan.")
    with transaction.atomic():
        try:
            with transaction.atomic():
                bulk = BulkAct.objects.create(
                    pk=bulk_id, kind=plan.kind, params=plan.as_params(), actor=actor, done_at=at
                )
        except IntegrityError:
            return _earlier(bulk_id, actor)
        outcomes = _run(plan, ids, actor, at, seen=seen)
        BulkItem.objects.bulk_create(
            BulkItem(
                bulk=bulk,
                enrollment=outcome.enrollment,
                outcome=BulkOutcome.DITOLAK if outcome.refusal else BulkOutcome.DILAKUKAN,
                words=outcome.refusal[:WORDS_KEPT],
                before=outcome.before,
                after=outcome.after,
            )
            for outcome in outcomes
        )
        refused = sum(1 for outcome in outcomes if outcome.refusal)
        detail = {"kind": plan.kind.value, "done": len(outcomes) - refused, "refused": refused}
        audit.record(actor=actor, action="massal.lakukan", obj=bulk, reason=plan.reason, detail=detail)
    return bulk


def _earlier(bulk_id: UUID, actor: User) -> BulkAct:
    found = BulkAct.objects.filter(pk=bulk_id, actor=actor).first()
    if found is None:
        raise Stale("Halaman ini sudah dipakai. Pilih orangnya sekali lagi.")
    return found


def _run(
    plan: Plan, ids: Sequence[UUID], actor: User, at: datetime, *, seen: Mapping[UUID, str] | None
) -> list[Outcome]:
    """The act on every person the actor may see, in the order of the keys: locked first, then read anew."""
    row = ROWS[plan.kind]
    visible = Enrollment.objects.visible_to(actor)
    locked = visible.filter(pk__in=list(ids)).select_for_update(of=("self",), no_key=True).order_by("pk")
    keys = list(locked.values_list("pk", flat=True))
    held = visible.filter(pk__in=keys).select_related("person", "coach", "district__regency").order_by("pk")
    outcomes = []
    for enrollment in held:
        state = row.state(enrollment)
        try:
            with transaction.atomic():
                if seen is not None and seen.get(enrollment.pk) != state:
                    raise Stale(row.state_words(enrollment))
                before, after = row.do(enrollment, actor, plan, at)
        except Refused as refusal:
            outcomes.append(Outcome(enrollment, refusal=str(refusal), seen=state))
        else:
            outcomes.append(Outcome(enrollment, before=before, after=after, seen=state))
    return outcomes


def undo(*, bulk_id: UUID, actor: User, at: datetime) -> BulkAct:
    """Take back what was done, person by person, where nothing changed since; the rest says why not.

    Raises Refused after the time, and for an act that was taken back already.
    """
    with transaction.atomic():
        bulk = BulkAct.objects.select_for_update(of=("self",)).select_related("actor").get(pk=bulk_id)
        if bulk.undone_at is not None:
            raise Refused("Tindakan ini sudah dibatalkan.")
        if not bulk.may_be_undone(at):
            raise Refused("Batas 30 menit sudah lewat. Ubah satu per satu di halaman peserta.")
        row = ROWS[BulkKind(bulk.kind)]
        items = {item.enrollment_id: item for item in bulk.items.done()}
        for item in items.values():
            item.bulk = bulk
        held = (
            Enrollment.objects.select_for_update(of=("self",), no_key=True)
            .filter(pk__in=list(items))
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        for enrollment_id in list(held):
            item = items[enrollment_id]
            try:
                with transaction.atomic():
                    row.undo(item, actor, bulk.actor, at)
            except Refused as refusal:
                item.words = str(refusal)[:WORDS_KEPT]
            else:
                item.outcome, item.words = BulkOutcome.DIBATALKAN, ""
        BulkItem.objects.bulk_update(items.values(), ["outcome", "words"])
        bulk.undone_at = at
        bulk.save(update_fields=["undone_at"])
        taken = sum(1 for item in items.values() if item.outcome == BulkOutcome.DIBATALKAN)
        detail = {"taken_back": taken, "left": len(items) - taken}
        audit.record(actor=actor, action="massal.batalkan", obj=bulk, detail=detail)
    return bulk
