"""Pages are closed unless opened on purpose, and records are fetched in scope.

A view says who may enter with one decorator: `@public`, `@signed_in` or `@role_required(Role.PENGELOLA, …)`.
`AccessMiddleware` closes everything that says nothing. Anonymous: 303 to sign-in; wrong role: 403; a foreign
record: 404, as if it did not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import structlog
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import Role, RoleAssignment, User

logger = structlog.get_logger(__name__)

NATION = "ID"
"""The scope that is everywhere."""

View = TypeVar("View", bound=Callable[..., Any])
AnyUser = User | AnonymousUser


@dataclass(frozen=True)
class Access:
    """Who may enter a view: everybody, everybody signed in, or holders of one of the roles."""

    is_public: bool = False
    roles: frozenset[str] = frozenset()


PUBLIC = Access(is_public=True)
SIGNED_IN = Access()
ADMIN_ONLY = Access(roles=frozenset({Role.ADMIN.value}))

_ROLE_WORDS = {
    Role.PESERTA.value: "peserta",
    Role.PENDAMPING.value: "pendamping",
    Role.PENGELOLA.value: "pengelola pusat",
    Role.DINAS.value: "petugas dinas",
    Role.PELATIH.value: "pelatih",
    Role.MITRA_MODAL.value: "mitra permodalan",
    Role.ADMIN.value: "admin PGO",
}
_LANDING = (
    (Role.ADMIN.value, "dashboard"),
    (Role.DINAS.value, "dashboard"),
    (Role.PENGELOLA.value, "queue"),
    (Role.PENDAMPING.value, "coach_day"),
    (Role.PELATIH.value, "class_desk_list"),
    (Role.PESERTA.value, "journey"),
)


class SeeOther(HttpResponseRedirect):
    """303: the answer is found there, with GET."""

    status_code = 303


# Decorators ----------------------------------------------------------------------------------------------


def public(view: View) -> View:
    """Everybody may open this page."""
    view.access = PUBLIC  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Everybody with an account may open this page."""
    view.access = SIGNED_IN  # type: ignore[attr-defined]
    return view


def role_required(*roles: Role) -> Callable[[View], View]:
    """Holders of one of these roles may open this page; in which scope, the view decides by `visible_to`."""
    if not roles:
        raise ValueError("role_required needs at least one role")
    access = Access(roles=frozenset(role.value for role in roles))

    def decorate(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]
        return view

    return decorate


def access_of(request: HttpRequest, view: Callable[..., Any]) -> Access | None:
    """What the view declares; None when it declares nothing and is therefore closed.

    Django's admin brings views of its own: all of them are for the admin role.
    """
    declared = getattr(view, "access", None)
    if isinstance(declared, Access):
        return declared
    match = request.resolver_match
    if match is not None and "admin" in match.app_names:
        return ADMIN_ONLY
    return None


# Middleware ----------------------------------------------------------------------------------------------


class AccessMiddleware:
    """Applies what each view declares, before the view runs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        access = access_of(request, view)
        if access is None:
            logger.error(
                "view_without_access", view=f"{view.__module__}.{getattr(view, '__qualname__', view)}"
            )
            raise PermissionDenied("Halaman ini belum dibuka.")
        if access.is_public:
            return None
        if not request.user.is_authenticated:
            return to_sign_in(request)
        if access.roles and not has_role(request.user, *access.roles):
            raise PermissionDenied(refusal(access.roles))
        return None


def refusal(roles: Iterable[str]) -> str:
    """The sentence of the 403 page: for whom this page is."""
    words = [_ROLE_WORDS[role.value] for role in Role if role.value in set(roles)]
    who = " dan ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    return f"Halaman ini hanya untuk {who}."


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """303 to the sign-in page, which leads back afterwards; htmx is told to move the whole page."""
    back = _page_of(request)
    address = reverse("login") + (f"?next={quote(back)}" if back else "")
    if request.headers.get("HX-Request") == "true":
        return HttpResponseClientRedirect(address)
    return SeeOther(address)


def _page_of(request: HttpRequest) -> str:
    """The page (path and query) the person is looking at: for a form or a fragment, the one it is in."""
    is_fragment = request.headers.get("HX-Request") == "true"
    if request.method in ("GET", "HEAD") and not is_fragment:
        return request.get_full_path()
    shown = request.headers.get("HX-Current-URL" if is_fragment else "Referer", "")
    if not url_has_allowed_host_and_scheme(shown, allowed_hosts={request.get_host()}):
        return ""
    parts = urlsplit(shown)
    return parts.path + (f"?{parts.query}" if parts.query else "")


# Questions about a user ----------------------------------------------------------------------------------


def assignments(user: AnyUser, role: str | None = None) -> list[RoleAssignment]:
    """Role assignments in force (of one role); loaded once per request, empty for strangers."""
    if not isinstance(user, User):
        return []
    return [assignment for assignment in user.active_assignments() if role is None or assignment.role == role]


def scopes(user: AnyUser, role: str) -> list[str]:
    """The scopes in which a user holds a role now, without repeats."""
    return sorted({assignment.scope for assignment in assignments(user, role)})


def has_role(user: AnyUser, *roles: str) -> bool:
    """Whether a user holds one of the roles now, in whatever scope; `peserta` by registration number."""
    wanted = {str(role) for role in roles}
    if any(assignment.role in wanted for assignment in assignments(user)):
        return True
    return Role.PESERTA.value in wanted and isinstance(user, User) and user.is_peserta


def area_q(prefix_field: str, held: Iterable[str]) -> Q:
    """Rows whose code equals one of the scopes or lies inside it (`31.74` holds `31.74.07`, never `31.745`).

    `ID` is everywhere; no scope is nowhere. Safe to combine with `|` and `&`.
    """
    codes = set(held)
    if NATION in codes:
        return ~Q(pk__in=[])
    inside = Q(pk__in=[])
    for code in sorted(codes):
        inside |= Q(**{prefix_field: code}) | Q(**{f"{prefix_field}__startswith": f"{code}."})
    return inside


def covers(scope: str, code: str) -> bool:
    """Whether a scope holds an area or centre code; the same rule as `area_q`, for one pair."""
    return scope in (NATION, code) or code.startswith(f"{scope}.")


def get_visible_or_404(source: Any, user: AnyUser, **lookup: Any) -> Any:
    """The one record that matches and that this user may see; Http404 for anything else.

    `source` is a model class, manager or queryset with `visible_to(user)`. A foreign record, a missing one
    and an impossible key give the same answer.
    """
    if isinstance(source, type) and issubclass(source, models.Model):
        source = source._default_manager
    try:
        return source.visible_to(user).get(**lookup)
    except (source.model.DoesNotExist, ValueError, TypeError, ValidationError):
        raise Http404("Tidak ditemukan.") from None


def landing_url(user: AnyUser) -> str:
    """The first page of a user after signing in: that of the most senior role."""
    held = user.roles() if isinstance(user, User) else frozenset()
    for role, url_name in _LANDING:
        if role in held:
            try:
                return reverse(url_name)
            except NoReverseMatch:
                break
    return "/"
