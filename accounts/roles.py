"""Granting and ending roles: audited, and never for oneself."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import RoleAssignment, User
from core.audit import record


class GrantRefused(Exception):
    """Nobody grants or ends a role of their own; str() is the sentence for the person."""

    def __init__(self) -> None:
        super().__init__("Peran sendiri diberikan atau diakhiri oleh admin lain.")


@transaction.atomic
def grant_role(
    *,
    user: User,
    role: str,
    scope: str,
    granted_by: User | None,
    at: datetime,
    agency_code: str = "",
    ends_at: datetime | None = None,
) -> RoleAssignment:
    """Give a role over a scope from `at` on. `granted_by` is None on the server's command line only.

    Raises GrantRefused, or ValidationError for an unknown role, a malformed scope or an end before the start.
    """
    if granted_by is not None and granted_by.pk == user.pk:
        raise GrantRefused
    assignment = RoleAssignment(
        user=user,
        role=role,
        scope=scope,
        agency_code=agency_code,
        starts_at=at,
        ends_at=ends_at,
        granted_by=granted_by,
    )
    assignment.full_clean()
    assignment.save()
    user.forget_assignments()
    record(
        actor=granted_by, action="akun.peran_diberikan", obj=assignment, detail={"role": role, "scope": scope}
    )
    return assignment


@transaction.atomic
def end_role(*, assignment: RoleAssignment, ended_by: User, at: datetime) -> None:
    """End an assignment at `at`; the holder loses it on the next request. Ending twice changes nothing.

    One that has not begun yet is removed. Raises GrantRefused.
    """
    if assignment.user_id == ended_by.pk:
        raise GrantRefused
    locked = (
        RoleAssignment.objects.select_for_update(of=("self",), no_key=True).filter(pk=assignment.pk).first()
    )
    if locked is None or (locked.ends_at is not None and locked.ends_at <= at):
        return
    detail = {"role": locked.role, "scope": locked.scope, "user": str(locked.user_id)}
    record(actor=ended_by, action="akun.peran_diakhiri", obj=locked, detail=detail)
    if locked.starts_at >= at:
        locked.delete()
        return
    locked.ends_at = at
    locked.save(update_fields=["ends_at"])


def check_grant(*, user: User | None, granted_by: User) -> None:
    """Raise ValidationError when somebody is about to change a role of their own (for forms)."""
    if user is not None and user.pk == granted_by.pk:
        raise ValidationError(str(GrantRefused()), code="own_role")
