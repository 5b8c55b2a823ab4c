"""Granting and ending roles: audited, inside the granter's own right, and never for oneself.

The right is in the acts themselves: whoever calls them, page, command or test, gets the same answer. Both
accounts are locked in the order of their ids, so that of two acts at the same time the second one sees what
the first one did.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from accounts.access import NATION, covers
from accounts.models import Role, RoleAssignment, User
from core.audit import record
from core.clock import now

OWN_ROLE = "Peran sendiri diberikan atau diakhiri oleh admin lain."
OWN_ACCOUNT = "Akun sendiri diurus di halaman Akun, atau oleh admin lain."
NOT_YOURS = "Peran atau cakupan ini di luar wewenang Anda."
NOT_YOUR_ACCOUNT = "Akun ini di luar wewenang Anda."
IS_DISABLED = "Akun ini sedang dinonaktifkan. Aktifkan dulu, lalu beri peran."
HELD_ALREADY = "Peran dengan cakupan itu sudah dipegang pada masa yang sama."
HAS_ENDED = "Hari berakhirnya harus sesudah mulai berlaku."
SCOPE_FORM = re.compile(r"ID|[0-9]{2}(\.[0-9]{2}){0,2}|[A-Z][0-9.]+(-[0-9]+)?", re.ASCII)


class GrantRefused(Exception):
    """A role or an account is not this person's to give, end or change; str() is the sentence for them."""

    def __init__(self, reason: str = OWN_ROLE) -> None:
        super().__init__(reason)


# Who may ---------------------------------------------------------------------------------------------------


def holds(scope: str, other: str) -> bool:
    """Whether a scope holds another one: an area its smaller areas and centres, a centre itself alone."""
    if other.startswith("P") and not scope.startswith("P"):
        return covers(scope, other[1:].split("-")[0])
    return covers(scope, other)


def may_grant(held: Iterable[RoleAssignment], role: str, scope: str) -> bool:
    """Whether somebody who holds these assignments now may give or end a role over a scope.

    Admin: every role inside the own scope. Centre manager: coaches of the own centre. Nobody else, nothing.
    """
    for one in held:
        if one.role == Role.ADMIN and holds(one.scope, scope):
            return True
        if one.role == Role.PENGELOLA and role == Role.PENDAMPING and one.scope == scope:
            return True
    return False


def may_manage(held: Iterable[RoleAssignment], user: User, theirs: Iterable[RoleAssignment]) -> bool:
    """Whether somebody may disable, sign out or reset an account: it has no role they could not end.

    An admin of the nation manages every account. A manager manages accounts that hold coach roles of the own
    centre and nothing else; a participant's account stays with the secretariat.
    """
    held, theirs = list(held), list(theirs)
    if any(one.role == Role.ADMIN and one.scope == NATION for one in held):
        return True
    return (
        bool(theirs)
        and user.login_number is None
        and all(may_grant(held, one.role, one.scope) for one in theirs)
    )


def grantable_roles(held: Iterable[RoleAssignment]) -> list[Role]:
    """The roles somebody may give, most junior first."""
    codes = {one.role for one in held}
    if Role.ADMIN in codes:
        return [role for role in Role if role is not Role.PESERTA]
    return [Role.PENDAMPING] if Role.PENGELOLA in codes else []


def check_grant(*, user: User | None, granted_by: User) -> None:
    """Raise ValidationError when somebody is about to change a role of their own (for forms)."""
    if user is not None and user.pk == granted_by.pk:
        raise ValidationError(OWN_ROLE, code="own_role")


def lock_pair(actor: User, user_id: UUID, *, at: datetime) -> tuple[User, list[RoleAssignment]]:
    """Lock the account acted on and that of the actor; return the first, and what the actor holds now.

    Read after the lock: an actor who was disabled or lost the role a moment ago holds nothing.
    """
    keys = sorted({actor.pk, user_id})
    locked = {
        one.pk: one
        for one in User.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=keys)
        .order_by("pk")
    }
    held: list[RoleAssignment] = []
    if locked[actor.pk].is_active:
        # Whoever waited for the lock is judged at the instant it was given, not at that of the click.
        held = list(RoleAssignment.objects.filter(user_id=actor.pk).active(max(at, now())))
    return locked[user_id], held


# Acts ------------------------------------------------------------------------------------------------------


@transaction.atomic
def grant_role(
    *,
    user: User,
    role: str,
    scope: str,
    granted_by: User | None,
    at: datetime,
    agency_code: str = "",
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    reason: str = "",
) -> RoleAssignment:
    """Give a role over a scope from `starts_at` (else `at`) on.

    `granted_by` is None on the server's command line only. Raises GrantRefused for oneself, outside the
    granter's right, for a disabled account or a role held already; ValidationError for an unknown role, a
    malformed scope or an end before the start.
    """
    if granted_by is not None:
        if granted_by.pk == user.pk:
            raise GrantRefused
        locked, held = lock_pair(granted_by, user.pk, at=at)
        if not locked.is_active:
            raise GrantRefused(IS_DISABLED)
    assignment = RoleAssignment(
        user=user,
        role=str(role),
        scope=scope,
        agency_code=agency_code,
        starts_at=starts_at or at,
        ends_at=ends_at,
        granted_by=granted_by,
    )
    _require_form(assignment)
    if granted_by is not None:
        if not may_grant(held, assignment.role, scope):
            raise GrantRefused(NOT_YOURS)
        same = RoleAssignment.objects.filter(user=user, role=role, scope=scope, agency_code=agency_code)
        overlapping = same.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=assignment.starts_at))
        if ends_at is not None:
            overlapping = overlapping.filter(starts_at__lt=ends_at)
        if overlapping.exists():
            raise GrantRefused(HELD_ALREADY)
    assignment.save()
    user.forget_assignments()
    record(
        actor=granted_by,
        action="akun.peran_diberikan",
        obj=assignment,
        reason=reason,
        detail={"role": str(role), "scope": scope, "user": str(user.pk)},
    )
    return assignment


def _require_form(assignment: RoleAssignment) -> None:
    """What the table's constraints say, before the table is asked; raises ValidationError."""
    assignment.clean_fields(exclude=["user", "granted_by"])
    if not SCOPE_FORM.fullmatch(assignment.scope):
        raise ValidationError({"scope": "Cakupan ditulis sebagai kode wilayah, kode pusat, atau ID."})
    if assignment.ends_at is not None and assignment.ends_at <= assignment.starts_at:
        raise ValidationError({"ends_at": HAS_ENDED})


@transaction.atomic
def end_role(*, assignment: RoleAssignment, ended_by: User, at: datetime, reason: str = "") -> None:
    """End an assignment at `at`; the holder loses it on the next request. Ending twice changes nothing.

    One that has not begun yet is removed. Raises GrantRefused for oneself or outside the own right.
    """
    if assignment.user_id == ended_by.pk:
        raise GrantRefused
    _, held = lock_pair(ended_by, assignment.user_id, at=at)
    locked = (
        RoleAssignment.objects.select_for_update(of=("self",), no_key=True).filter(pk=assignment.pk).first()
    )
    if locked is None or (locked.ends_at is not None and locked.ends_at <= at):
        return
    if not may_grant(held, locked.role, locked.scope):
        raise GrantRefused(NOT_YOURS)
    words = f"{locked.get_role_display()} {locked.scope}"
    detail = {"role": locked.role, "scope": locked.scope, "user": str(locked.user_id), "words": words}
    record(actor=ended_by, action="akun.peran_diakhiri", obj=locked, reason=reason, detail=detail)
    if locked.starts_at >= at:
        locked.delete()
        return
    locked.ends_at = at
    locked.save(update_fields=["ends_at"])
