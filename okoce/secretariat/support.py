"""The support view: the secretariat sees the pages of a role, without personal data, and changes nothing.

Manager and dinas are seen through nobody: a made-up account that holds the role over the chosen place. Coach
and participant pages are about their own people, so an account of the centre stands in, under its initials.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.contrib import messages
from django.db import InternalError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.access import SeeOther, landing_url
from accounts.models import Role, RoleAssignment, User
from centers.models import CoachProfile
from centers.names import scope_names
from core import audit
from core.clock import now
from core.refusals import Refused
from okoce.errors import error_page
from participants.models import Enrollment, Status

from .masking import masked_reads

KEY = "dukungan"
"""Session key: what is being looked at, and until when."""
LENGTH = timedelta(minutes=30)
ROLES: dict[str, str] = {
    Role.PENGELOLA.value: "pengelola pusat",
    Role.PENDAMPING.value: "pendamping",
    Role.DINAS.value: "petugas dinas",
    Role.PESERTA.value: "peserta",
}
READ_ONLY = "Tampilan dukungan hanya untuk melihat. Tidak ada yang tersimpan."
NO_FILES = "Berkas dan unduhan tidak dibuka dalam tampilan dukungan."
FILES = frozenset({
    "evidence_file", "ktp_file", "report_download", "my_data_download", "certificate", "certificates_print",
    "class_report", "class_workbook", "class_sheet", "material_file", "meeting_file",
})  # fmt: skip
_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Look:
    """One support view: as which role, where, through whose account (None: nobody's), until when."""

    role: str
    scope: str
    user_id: UUID | None
    until: datetime
    place: str

    @property
    def words(self) -> str:
        """ "pengelola pusat, Pusat OK OCE Kebayoran Baru"."""
        return f"{ROLES[self.role]}, {self.place}"


def start(request: HttpRequest, *, role: str, scope: str, reason: str) -> Look:
    """Begin, audited; raises Refused where nobody of the role could stand in."""
    at = now()
    place = scope_names([scope]).get(scope, scope)
    look = Look(role, scope, _stand_in(role, scope, at), at + LENGTH, place)
    audit.record(
        actor=request.user, action="dukungan.mulai", obj=f"{role}:{scope}", reason=reason,
        detail={"words": look.words},
    )  # fmt: skip
    request.session[KEY] = {
        "role": role,
        "scope": scope,
        "user": str(look.user_id or ""),
        "until": look.until.isoformat(),
        "place": look.place,
    }
    return look


def end(request: HttpRequest, *, is_expired: bool = False) -> None:
    """Stop looking, audited; nothing happens without a look."""
    look = current(request)
    if look is None:
        return
    del request.session[KEY]
    audit.record(
        actor=request.user, action="dukungan.selesai", obj=f"{look.role}:{look.scope}",
        detail={"words": look.words, "expired": is_expired},
    )  # fmt: skip


def current(request: HttpRequest) -> Look | None:
    """The look of this session, whether over or not."""
    state = request.session.get(KEY)
    if not state:
        return None
    user_id = UUID(state["user"]) if state["user"] else None
    until, scope = datetime.fromisoformat(state["until"]), state["scope"]
    return Look(state["role"], scope, user_id, until, state.get("place", scope))


def _stand_in(role: str, scope: str, at: datetime) -> UUID | None:
    """Whose account is looked through: the coach with most people, the participant last heard of."""
    if role == Role.PENDAMPING:
        holders = RoleAssignment.objects.active(at).filter(role=role, scope=scope).values("user_id")
        coach = (
            CoachProfile.objects.filter(center_id=scope, user__in=holders, user__is_active=True)
            .annotate(people=Count("user__mentees"))
            .order_by("-people", "pk")
            .first()
        )
        if coach is None:
            raise Refused("Pusat ini belum punya pendamping.")
        return coach.user_id
    if role == Role.PESERTA:
        one = (
            Enrollment.objects.filter(
                center_id=scope, status__in=Status.open_values(), person__user__is_active=True
            )
            .order_by("-last_activity_at", "pk")
            .values_list("person__user_id", flat=True)
            .first()
        )
        if one is None:
            raise Refused("Pusat ini belum punya peserta dengan akun.")
        return one
    return None


def _account(look: Look, real: User) -> User:
    """The account the pages are drawn for, read masked; it holds the one role and nothing else."""
    if look.user_id is None:
        user = User(pk=uuid4(), display_name=f"Tampilan {ROLES[look.role]}")
    else:
        user = User.objects.get(pk=look.user_id)
    user.is_demo = real.is_demo  # whoever looks has proved themselves, and is asked no second time
    role = RoleAssignment(user_id=user.pk, role=look.role, scope=look.scope, starts_at=now())
    user._active_assignments = [] if look.role == Role.PESERTA else [role]
    return user


class SupportMiddleware:
    """Draws the pages of a support view: masked, read only, for half an hour."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Without a cookie there is no session, and asking for one would mark the answer as personal.
        look = current(request) if request.COOKIES and request.session.session_key else None
        if look is None:
            return self.get_response(request)
        real = request.user
        if not isinstance(real, User) or not real.is_admin:
            request.session.pop(KEY, None)
            return self.get_response(request)
        if now() >= look.until:
            end(request, is_expired=True)
            messages.info(request, "Waktu tampilan dukungan habis. Mulai lagi bila masih perlu.")
            return SeeOther(reverse("support"))
        if request.path in (reverse("support_end"), reverse("logout")):
            return self.get_response(request)
        if request.method not in _SAFE:
            return error_page(request, 403, reason=READ_ONLY)
        return self._look(request, look, real)

    def process_view(
        self, request: HttpRequest, _view: Callable[..., HttpResponse], _args: object, _kwargs: object
    ) -> HttpResponse | None:
        """No file is opened: what is inside one cannot be masked."""
        match = request.resolver_match
        if getattr(request, "support", None) is not None and match and match.url_name in FILES:
            return error_page(request, 403, reason=NO_FILES)
        return None

    def _look(self, request: HttpRequest, look: Look, real: User) -> HttpResponse:
        try:
            with masked_reads():
                request.user = _account(look, real)
                request.support = look  # type: ignore[attr-defined]
                response = self.get_response(request)
                if response.streaming:  # it would be read after the masks are gone
                    response.close()
                    response = error_page(request, 403, reason=NO_FILES)
        except InternalError:
            response = error_page(request, 403, reason=READ_ONLY)
        finally:
            request.user = real
        return response


def landing(look: Look, real: User) -> str:
    """The first page of the role."""
    with masked_reads():
        return landing_url(_account(look, real))
