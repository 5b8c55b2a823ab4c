"""`/pengguna/`: find an account, see its roles, give and end them, and the acts on the account itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts import staff_accounts
from accounts.access import SeeOther, assignments, role_required
from accounts.mfa import has_totp
from accounts.models import Role, RoleAssignment, User
from accounts.roles import (
    NOT_YOUR_ACCOUNT,
    NOT_YOURS,
    OWN_ROLE,
    GrantRefused,
    end_role,
    grantable_roles,
    may_grant,
    may_manage,
)
from centers.names import scope_names
from core import clock
from core.keyset import page as keyset_page
from core.refusals import Refused

from . import acts, directory
from .forms import GrantForm, NewUserForm, ReasonForm, UserFilterForm

KEEPERS = (Role.PENGELOLA, Role.ADMIN)
FORM = require_http_methods(["GET", "HEAD", "POST"])
LEFT_ALONE = (
    "Peserta dampingannya lalu tampil di Antrean, bagian “Belum diterima”, sampai dipilihkan pendamping lain."
)
"""What becomes of the people of a coach who leaves."""


@role_required(*KEEPERS)
@require_safe
def user_list(request: HttpRequest) -> HttpResponse:
    """Staff, the newest account first; filters and keyset pages."""
    form = UserFilterForm(request.GET)
    form.is_valid()
    filters = {name: value for name, value in form.cleaned_data.items() if value}
    page = keyset_page(
        directory.search(_actor(request), filters, at=clock.now()),
        cursor=request.GET.get("sesudah", ""), field="created_at", size=directory.PAGE_SIZE,
    )  # fmt: skip
    kept = {name: request.GET[name] for name in form.fields if request.GET.get(name)}

    def link(cursor: str) -> str:
        return f"?{urlencode({**kept, 'sesudah': cursor})}" if cursor else ""

    names = scope_names(role.scope for user in page.rows for role in user.current_roles)  # type: ignore[attr-defined]
    context = {
        "form": form,
        "rows": [{"user": user, "roles": _held(user.current_roles, names)} for user in page.rows],  # type: ignore[attr-defined]
        "next_url": link(page.next_cursor),
        "previous_url": link(page.previous_cursor),
        "is_filtered": bool(filters),
        "ignored": [
            f"Saringan “{form.fields[name].label}” tidak dikenali dan tidak dipakai." for name in form.errors
        ],
    }
    return render(request, "centers/staff/list.html", context)


@role_required(*KEEPERS)
@require_safe
def user_page(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """One account: roles with scope and dates, and what may be done to it."""
    user, actor, at = _visible(request, user_id), _actor(request), clock.now()
    held = assignments(actor)
    roles = list(
        RoleAssignment.objects.filter(user=user).select_related("granted_by").order_by("-starts_at", "-pk")
    )
    unended = [one for one in roles if one.ends_at is None or one.ends_at > at]
    names = scope_names(one.scope for one in roles)
    is_self = user.pk == actor.pk
    may = not is_self and may_manage(held, user, unended)
    context = {
        "person": user,
        "rows": [
            {
                "role": one,
                "place": names.get(one.scope, one.scope),
                "state": "done" if one not in unended else "soon" if one.starts_at > at else "active",
                "word": "Berakhir"
                if one not in unended
                else "Akan mulai"
                if one.starts_at > at
                else "Berlaku",
                "may_end": one in unended and not is_self and may_grant(held, one.role, one.scope),
            }
            for one in roles
        ],
        "is_self": is_self,
        "may_manage": may,
        "may_grant": not is_self and user.is_active and bool(grantable_roles(held)),
        "has_second_factor": has_totp(user),
        "offers": [act for act in ACCOUNT_ACTS.values() if may and act.fits(user)],
        "crumbs": [{"label": "Pengguna", "href": reverse("users")}, {"label": user.display_name}],
    }
    return render(request, "centers/staff/user.html", context)


@role_required(*KEEPERS)
@FORM
def user_new(request: HttpRequest) -> HttpResponse:
    """Open an account with its first role and show the one-use code, once."""
    actor, at = _actor(request), clock.now()
    form = NewUserForm(**_sent(request), actor=actor, today=clock.today())
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            user, code = acts.open_with(
                name=data["name"], email=data["email"], phone=data["phone"], grant=form.grant(),
                actor=actor, at=at,
            )  # fmt: skip
        except (GrantRefused, Refused) as refusal:
            form.add_error(None, str(refusal))
        else:
            return _code_page(request, user, code)
    context = {
        "form": form,
        "question": "Akun petugas baru",
        "consequence": "Akun dibuat bersama satu peran. Sesudahnya tampil kode sekali pakai: salin, "
        "lalu berikan langsung kepada orangnya.",
        "verb": "Buat akun dan cetak kode",
        "cancel": reverse("users"),
    }
    return render(request, "layout/confirm.html", context, status=422 if form.errors else 200)


@role_required(*KEEPERS)
@FORM
def role_new(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Give one more role."""
    user, actor = _visible(request, user_id), _actor(request)
    if user.pk == actor.pk:
        raise PermissionDenied(OWN_ROLE)
    form = GrantForm(**_sent(request), actor=actor, today=clock.today())
    if request.method == "POST" and form.is_valid():
        try:
            acts.give(user=user, grant=form.grant(), actor=actor, at=clock.now())
        except (GrantRefused, Refused) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Peran diberikan kepada {user.display_name}.")
            return _back_to(user)
    context = {
        "form": form,
        "question": f"Beri peran kepada {user.display_name}",
        "consequence": "Peran berlaku sejak sekarang. Petugas memakai pengaman dua langkah saat masuk.",
        "verb": "Beri peran",
        "cancel": reverse("user", args=[user.pk]),
    }
    return render(request, "layout/confirm.html", context, status=422 if form.errors else 200)


@role_required(*KEEPERS)
@FORM
def role_end(request: HttpRequest, user_id: UUID, role_id: int) -> HttpResponse:
    """End one role, after a question."""
    user, actor, form = _visible(request, user_id), _actor(request), ReasonForm(**_sent(request))
    one = RoleAssignment.objects.filter(pk=min(role_id, 2**62), user=user).first()
    if one is None:
        raise Http404("Tidak ditemukan.")
    if user.pk == actor.pk or not may_grant(assignments(actor), one.role, one.scope):
        raise PermissionDenied(OWN_ROLE if user.pk == actor.pk else NOT_YOURS)
    if request.method == "POST" and form.is_valid():
        try:
            end_role(assignment=one, ended_by=actor, at=clock.now(), reason=form.cleaned_data["reason"])
        except GrantRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Peran diakhiri.")
            return _back_to(user)
    place = scope_names([one.scope]).get(one.scope, one.scope)
    context = {
        "form": form,
        "question": f"Akhiri peran {one.get_role_display()}, {place}?",
        "consequence": f"{user.display_name} kehilangan peran ini pada halaman berikutnya yang dibuka."
        + (f" {LEFT_ALONE}" if one.role == Role.PENDAMPING else ""),
        "verb": "Akhiri peran",
        "danger": True,
        "cancel": reverse("user", args=[user.pk]),
    }
    return render(request, "layout/confirm.html", context, status=422 if form.errors else 200)


@dataclass(frozen=True, slots=True)
class AccountAct:
    """One act on an account: its words, when it fits, and what does it."""

    slug: str
    title: str
    question: str
    consequence: str
    verb: str
    done: str
    perform: Callable[..., User]
    fits: Callable[[User], bool]
    danger: bool = False


ACCOUNT_ACTS: dict[str, AccountAct] = {
    act.slug: act
    for act in (
        AccountAct(
            "keluar", "Keluarkan dari semua perangkat", "Keluarkan {name} dari semua perangkat?",
            "Orangnya harus masuk lagi di setiap HP dan komputer.", "Keluarkan",
            "Sudah keluar dari semua perangkat.", staff_accounts.sign_out, lambda user: user.is_active,
        ),
        AccountAct(
            "pengaman", "Lepas pengaman dua langkah (HP hilang)", "Lepas pengaman dua langkah {name}?",
            "Pastikan dulu ini orangnya sendiri. Ia memasang yang baru saat masuk berikutnya.",
            "Lepas pengaman",
            "Pengaman dua langkah dilepas.", staff_accounts.remove_second_factor, has_totp, True,
        ),
        AccountAct(
            "nonaktif", "Nonaktifkan akun", "Nonaktifkan akun {name}?",
            "Orangnya keluar dari semua perangkat dan tidak bisa masuk. Datanya tetap tersimpan.",
            "Nonaktifkan",
            "Akun dinonaktifkan.", staff_accounts.disable, lambda user: user.is_active, True,
        ),
        AccountAct(
            "aktif", "Aktifkan lagi", "Aktifkan lagi akun {name}?",
            "Orangnya bisa masuk lagi. Peran yang masih berlaku ikut kembali.", "Aktifkan",
            "Akun aktif lagi.", staff_accounts.enable, lambda user: not user.is_active,
        ),
    )
}  # fmt: skip


@role_required(*KEEPERS)
@FORM
def user_act(request: HttpRequest, user_id: UUID, slug: str) -> HttpResponse:
    """One of the acts on the account, after a question and with a reason."""
    user, act, form = _manageable(request, user_id), ACCOUNT_ACTS.get(slug), ReasonForm(**_sent(request))
    if act is None:
        raise Http404("Tidak ditemukan.")
    if request.method == "POST" and form.is_valid():
        try:
            act.perform(
                user_id=user.pk, actor=_actor(request), at=clock.now(), reason=form.cleaned_data["reason"]
            )
        except GrantRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, act.done)
            return _back_to(user)
    context = {
        "form": form,
        "question": act.question.format(name=user.display_name),
        "consequence": f"{act.consequence} {LEFT_ALONE}"
        if act.slug == "nonaktif" and Role.PENDAMPING in user.roles()
        else act.consequence,
        "verb": act.verb,
        "danger": act.danger,
        "cancel": reverse("user", args=[user.pk]),
    }
    return render(request, "layout/confirm.html", context, status=422 if form.errors else 200)


@role_required(*KEEPERS)
@FORM
def user_code(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Print a one-use code, after a question; it is shown once."""
    user = _manageable(request, user_id)
    if request.method == "POST":
        try:
            code = staff_accounts.print_code(user_id=user.pk, actor=_actor(request), at=clock.now())
        except GrantRefused as refusal:
            messages.error(request, str(refusal))
            return _back_to(user)
        return _code_page(request, user, code)
    context = {
        "question": f"Cetak kode sekali pakai untuk {user.display_name}?",
        "consequence": "Kode lama tidak berlaku lagi. Kode baru berlaku 24 jam dan hanya tampil sekali. "
        "Berikan langsung kepada orangnya, sesudah melihat KTP.",
        "verb": "Cetak kode",
        "cancel": reverse("user", args=[user.pk]),
    }
    return render(request, "layout/confirm.html", context)


# parts -----------------------------------------------------------------------------------------------------


def _actor(request: HttpRequest) -> User:
    return cast(User, request.user)


def _held(roles: list[RoleAssignment], names: dict[str, str]) -> list[dict[str, str]]:
    """Each role with the name of its place."""
    return [{"label": one.get_role_display(), "place": names.get(one.scope, one.scope)} for one in roles]


def _sent(request: HttpRequest) -> dict[str, Any]:
    return {"data": request.POST} if request.method == "POST" else {}


def _visible(request: HttpRequest, user_id: UUID) -> User:
    """The account, when the actor may look at it; else 404."""
    user = directory.visible_users(_actor(request)).filter(pk=user_id).first()
    if user is None:
        raise Http404("Tidak ditemukan.")
    return user


def _manageable(request: HttpRequest, user_id: UUID) -> User:
    """The account, when the actor may act on it; the act itself asks again, behind its lock."""
    user, actor = _visible(request, user_id), _actor(request)
    theirs = RoleAssignment.objects.filter(user=user).unended(clock.now())
    if user.pk == actor.pk or not may_manage(assignments(actor), user, theirs):
        raise PermissionDenied(NOT_YOUR_ACCOUNT)
    return user


def _back_to(user: User) -> HttpResponse:
    return SeeOther(reverse("user", args=[user.pk]))


def _code_page(request: HttpRequest, user: User, code: str) -> HttpResponse:
    context = {
        "person": user,
        "code": code,
        "crumbs": [
            {"label": "Pengguna", "href": reverse("users")},
            {"label": user.display_name, "href": reverse("user", args=[user.pk])},
            {"label": "Kode sekali pakai"},
        ],
    }
    return render(request, "centers/staff/code.html", context)
