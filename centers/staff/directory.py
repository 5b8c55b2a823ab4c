"""Which accounts somebody may look at, and the list of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from accounts.access import area_q, has_role, scopes
from accounts.models import Role, RoleAssignment, User

from .forms import ACTIVE

PAGE_SIZE = 25


def visible_users(actor: User) -> QuerySet[User]:
    """Admin: every account. Manager: the staff who hold, held or will hold a role at the own centres."""
    if has_role(actor, Role.ADMIN):
        return User.objects.all()
    own = RoleAssignment.objects.filter(user=OuterRef("pk"), scope__in=scopes(actor, Role.PENGELOLA))
    return User.objects.filter(Exists(own))


def search(actor: User, filters: dict[str, Any], *, at: datetime) -> QuerySet[User]:
    """Accounts of staff that match the cleaned filters, with their roles loaded; unordered.

    A search by name looks through participants' accounts, too; their list is `/peserta/`.
    """
    held = RoleAssignment.objects.filter(user=OuterRef("pk"))
    role, place, text = filters.get("peran"), filters.get("cakupan"), filters.get("q", "")
    found = visible_users(actor)
    if role:
        held = held.active(at).with_role(role)
    if place:
        inside = area_q("scope", [place])
        if not place.startswith("P") and place != "ID":
            inside |= Q(scope__startswith=f"P{place}")
        held = held.active(at).filter(inside)
    if role or place or not text:
        found = found.filter(Exists(held))
    if text:
        found = found.filter(
            Q(display_name__icontains=text) | Q(email__icontains=text.lower()) | Q(login_number=text.upper())
        )
    if account := filters.get("akun"):
        found = found.filter(is_active=account == ACTIVE)
    roles = RoleAssignment.objects.unended(at).order_by("created_at", "pk")
    return found.prefetch_related(Prefetch("role_assignments", roles, to_attr="current_roles"))
