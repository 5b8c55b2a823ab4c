"""Acts on somebody else's account: opening one for staff, disabling, signing out, a new second factor.

Each holds the right in itself (`accounts.roles`), locks both accounts and is audited with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.codes import issue_code
from accounts.models import AccessCode, RoleAssignment, User
from accounts.roles import (
    NOT_YOUR_ACCOUNT,
    OWN_ACCOUNT,
    GrantRefused,
    grant_role,
    lock_pair,
    may_manage,
)
from core.audit import record


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What a new member of staff is entered with; `phone` is E.164, `email` may be empty."""

    display_name: str
    email: str
    phone: str
    role: str
    scope: str
    agency_code: str = ""
    ends_at: datetime | None = None


@transaction.atomic
def open_account(*, new: NewAccount, actor: User, at: datetime, reason: str = "") -> tuple[User, str]:
    """Make an account with its first role; return it with the one-use code, the only time it can be read.

    Raises GrantRefused, and makes nothing, when the role is not the actor's to give.
    """
    user = User.objects.create_user(
        display_name=new.display_name, email=new.email or None, phone=new.phone or None
    )
    record(actor=actor, action="akun.dibuat", obj=user, reason=reason)
    grant_role(
        user=user, role=new.role, scope=new.scope, granted_by=actor, at=at, reason=reason,
        agency_code=new.agency_code, ends_at=new.ends_at,
    )  # fmt: skip
    return user, issue_code(user=user, purpose=AccessCode.Purpose.CLAIM.value, issued_by=actor, at=at)


@transaction.atomic
def print_code(*, user_id: UUID, actor: User, at: datetime) -> str:
    """A fresh one-use code: to open the account, or for a new password where one was set."""
    user = _manageable(user_id, actor, at=at)
    if not user.is_active:
        raise GrantRefused("Akun ini sedang dinonaktifkan. Aktifkan dulu, lalu cetak kode.")
    purpose = AccessCode.Purpose.RESET if user.has_usable_password() else AccessCode.Purpose.CLAIM
    return issue_code(user=user, purpose=purpose.value, issued_by=actor, at=at)


@transaction.atomic
def disable(*, user_id: UUID, actor: User, at: datetime, reason: str) -> User:
    """Close the door: no sign-in, every session ends, open codes are void. Twice changes nothing."""
    user = _manageable(user_id, actor, at=at)
    if not user.is_active:
        return user
    user.is_active = False
    user.save(update_fields=["is_active"])
    user.end_sessions()
    AccessCode.objects.filter(user=user, used_at=None, voided_at=None).update(voided_at=at)
    record(actor=actor, action="akun.dinonaktifkan", obj=user, reason=reason)
    return user


@transaction.atomic
def enable(*, user_id: UUID, actor: User, at: datetime, reason: str) -> User:
    """Open the door again; roles that are still in force count again. Twice changes nothing."""
    user = _manageable(user_id, actor, at=at)
    if user.is_active:
        return user
    user.is_active = True
    user.save(update_fields=["is_active"])
    record(actor=actor, action="akun.diaktifkan", obj=user, reason=reason)
    return user


@transaction.atomic
def sign_out(*, user_id: UUID, actor: User, at: datetime, reason: str) -> User:
    """End every session of the account, from the next request on."""
    user = _manageable(user_id, actor, at=at)
    user.end_sessions()
    record(actor=actor, action="akun.keluar_semua", obj=user, reason=reason)
    return user


@transaction.atomic
def remove_second_factor(*, user_id: UUID, actor: User, at: datetime, reason: str) -> User:
    """Remove authenticator and recovery codes of somebody whose device is lost; every session ends."""
    user = _manageable(user_id, actor, at=at)
    Authenticator.objects.filter(user_id=user.pk).delete()
    user.end_sessions()
    record(actor=actor, action="akun.mfa_dilepas_admin", obj=user, reason=reason)
    return user


def _manageable(user_id: UUID, actor: User, *, at: datetime) -> User:
    """The locked account, or GrantRefused."""
    if user_id == actor.pk:
        raise GrantRefused(OWN_ACCOUNT)
    user, held = lock_pair(actor, user_id, at=at)
    theirs = RoleAssignment.objects.filter(user_id=user_id).unended(at)
    if not may_manage(held, user, theirs):
        raise GrantRefused(NOT_YOUR_ACCOUNT)
    return user
