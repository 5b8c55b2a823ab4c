"""Giving roles at places that exist, and what comes with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import Role, RoleAssignment, User
from accounts.roles import grant_role
from accounts.staff_accounts import NewAccount, open_account
from centers.models import NATION, Agency, Center, CoachProfile, District, Province, Regency
from core.refusals import Refused

CENTER_ROLES = frozenset({Role.PENDAMPING.value, Role.PENGELOLA.value, Role.PELATIH.value})
AREA_MODELS = {2: Province, 5: Regency, 8: District}


@dataclass(frozen=True, slots=True)
class Grant:
    """One role to be given: over which scope, limited to which agency, until which instant, and why."""

    role: str
    scope: str
    agency_code: str
    ends_at: datetime | None
    reason: str


def scope_refusal(role: str, scope: str, agency_code: str = "") -> str:
    """Why a role cannot be held over this scope, as a sentence; empty when it can.

    Centre roles are held at a centre that is not closed, dinas over an area, the others over the nation.
    """
    if role in CENTER_ROLES:
        center = Center.objects.filter(pk=scope).first() if scope.startswith("P") else None
        if center is None:
            return "Peran ini dipegang di satu pusat. Tulis kode pusatnya, misalnya P31.74.07."
        if center.status == Center.Status.TUTUP:
            return "Pusat ini sudah tutup. Pilih pusat yang lain."
        return ""
    if role == Role.DINAS:
        if scope != NATION:
            model = AREA_MODELS.get(len(scope))
            if model is None or not model._default_manager.filter(pk=scope, retired_at=None).exists():
                return "Wilayah ini tidak ada. Tulis kodenya, misalnya 31 atau 31.74."
        if agency_code and not Agency.objects.active().filter(pk=agency_code).exists():
            return "Dinas ini tidak ada di daftar. Kosongkan bila untuk seluruh pemerintah daerah."
        return ""
    return "" if scope == NATION else "Peran ini berlaku untuk seluruh Indonesia. Tulis ID."


@transaction.atomic
def give(*, user: User, grant: Grant, actor: User, at: datetime) -> RoleAssignment:
    """Give a role; a coach also gets a profile at the centre, so that people can be given to them.

    Raises `accounts.roles.GrantRefused`, or Refused for a scope that does not fit the role.
    """
    _require_scope(grant)
    assignment = grant_role(
        user=user,
        role=grant.role,
        scope=grant.scope,
        granted_by=actor,
        at=at,
        agency_code=grant.agency_code,
        ends_at=grant.ends_at,
        reason=grant.reason,
    )
    _make_profile(user, grant)
    return assignment


@transaction.atomic
def open_with(
    *, name: str, email: str, phone: str, grant: Grant, actor: User, at: datetime
) -> tuple[User, str]:
    """Open an account with its first role; return it with its one-use code. Raises as `give`."""
    _require_scope(grant)
    new = NewAccount(
        display_name=name, email=email, phone=phone, role=grant.role, scope=grant.scope,
        agency_code=grant.agency_code, ends_at=grant.ends_at,
    )  # fmt: skip
    user, code = open_account(new=new, actor=actor, at=at, reason=grant.reason)
    _make_profile(user, grant)
    return user, code


def _require_scope(grant: Grant) -> None:
    if refusal := scope_refusal(grant.role, grant.scope, grant.agency_code):
        raise Refused(refusal)


def _make_profile(user: User, grant: Grant) -> None:
    if grant.role == Role.PENDAMPING:
        CoachProfile.objects.get_or_create(user=user, defaults={"center_id": grant.scope})
