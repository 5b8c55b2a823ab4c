"""Signing in and out, a new password, one's own account."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.internal.flows import reauthentication
from allauth.mfa.models import Authenticator
from django.contrib import auth, messages
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import forms, reset, signin
from accounts.access import SeeOther, landing_url, public, signed_in
from accounts.adapters import own_target
from accounts.codes import CodeRefused, redeem_code, replace_password
from accounts.lockout import client_address
from accounts.models import STAFF_ROLES, Role, User
from accounts.sessions import BROWSER_COOKIE, start_session
from accounts.texts import WRONG, try_again_at
from core.audit import record
from core.clock import now

FORM = require_http_methods(["GET", "HEAD", "POST"])


@public
@sensitive_post_parameters()
@never_cache
@FORM
def login(request: HttpRequest) -> HttpResponse:
    """Sign in with phone, e-mail or registration number."""
    target = own_target(request)
    if request.method != "POST":
        if request.user.is_authenticated:
            return SeeOther(target or landing_url(_user(request)))
        return _page(request, "accounts/login.html", forms.SignInForm(), next=target)
    form = forms.SignInForm(request.POST)
    refused: datetime | None = None
    if form.is_valid():
        try:
            user = signin.sign_in_user(**form.cleaned_data, address=client_address(request), at=now())
        except signin.SignInRefused:
            form.add_error(None, WRONG)
        except signin.TooManyAttempts as error:
            refused = error.retry_at
        else:
            return start_session(request, user, redirect_url=target or None)
    return _page(request, "accounts/login.html", form, refused=refused, next=target)


@public
@never_cache
@FORM
def logout(request: HttpRequest) -> HttpResponse:
    """Sign out; a GET only asks, so that no picture or link on another site can do it."""
    if request.method == "POST":
        if request.user.is_authenticated:
            auth.logout(request)
            messages.success(request, "Anda sudah keluar.")
        response = SeeOther("/")
        response.delete_cookie(BROWSER_COOKIE, samesite="Lax")
        return response
    return render(request, "accounts/logout.html")


@public
@never_cache
@FORM
def forgot(request: HttpRequest) -> HttpResponse:
    """Ask for a link; the answer is the same for every login."""
    if request.method != "POST":
        return _page(request, "accounts/forgot.html", forms.ForgotForm())
    form = forms.ForgotForm(request.POST)
    if not form.is_valid():
        return _page(request, "accounts/forgot.html", form)
    with transaction.atomic():
        reset.request_link(login=form.cleaned_data["login"], address=client_address(request), at=now())
    return SeeOther(reverse("forgot_sent"))


@public
@require_safe
def forgot_sent(request: HttpRequest) -> HttpResponse:
    """What happens now, whoever was written."""
    return render(request, "accounts/forgot_sent.html")


@public
@sensitive_post_parameters()
@never_cache
@FORM
def reset_link(request: HttpRequest, uid: UUID, token: str) -> HttpResponse:
    """Set a new password with the link from the e-mail."""
    try:
        owner = reset.owner_of_link(uid=uid, token=token, at=now())
        if request.method != "POST":
            return _page(request, "accounts/reset.html", forms.NewPasswordForm(), owner=owner)
        form = forms.NewPasswordForm(request.POST)
        if not form.is_valid():
            return _page(request, "accounts/reset.html", form, owner=owner)
        user = reset.reset_by_link(uid=uid, token=token, at=now(), **form.cleaned_data)
    except reset.LinkRefused:
        return render(request, "accounts/reset_refused.html", status=410)
    messages.success(request, "Kata sandi baru tersimpan. Anda keluar dari semua perangkat lain.")
    return start_session(request, user)


@public
@sensitive_post_parameters()
@never_cache
@FORM
def code(request: HttpRequest) -> HttpResponse:
    """Set a password with a code printed by the centre: a forgotten password, or the first time."""
    if request.method != "POST":
        return _page(request, "accounts/code.html", forms.CodeForm())
    form = forms.CodeForm(request.POST)
    refused: datetime | None = None
    if form.is_valid():
        try:
            user = redeem_code(**form.cleaned_data, at=now(), address=client_address(request))
        except CodeRefused as error:
            form.add_error("code", str(error))
        except signin.TooManyAttempts as error:
            refused = error.retry_at
        else:
            messages.success(request, "Kata sandi Anda tersimpan. Kode di kertas tidak berlaku lagi.")
            return start_session(request, user)
    return _page(request, "accounts/code.html", form, refused=refused)


@signed_in
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """My details, my password, my second factor, my sessions."""
    user = _user(request)
    types = set(Authenticator.objects.filter(user_id=user.pk).values_list("type", flat=True))
    context = {
        "held_roles": [Role(role).label for role in Role if role.value in user.roles()],
        "has_totp": Authenticator.Type.TOTP in types,
        "must_have_totp": bool(user.roles() & STAFF_ROLES),
        "home": landing_url(user),
    }
    return render(request, "accounts/account.html", context)


@signed_in
@sensitive_post_parameters()
@never_cache
@FORM
def change_password(request: HttpRequest) -> HttpResponse:
    """A new password with the present one; every other device is signed out."""
    if request.method != "POST":
        return _page(request, "accounts/change_password.html", forms.ChangePasswordForm())
    form = forms.ChangePasswordForm(request.POST)
    refused: datetime | None = None
    if form.is_valid():
        refused = _password_missing(request, form, "current_password")
    if form.is_valid() and refused is None:
        user = _user(request)
        with transaction.atomic():
            replace_password(user=user, new_password=form.cleaned_data["new_password"])
            record(actor=user, action="akun.sandi_diganti", obj=user)
        auth.update_session_auth_hash(request, user)
        messages.success(request, "Kata sandi baru tersimpan. Perangkat lain sudah keluar.")
        return SeeOther(reverse("account"))
    return _page(request, "accounts/change_password.html", form, refused=refused)


@signed_in
@never_cache
@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End every session of this account, this one included."""
    user = _user(request)
    with transaction.atomic():
        user.end_sessions()
        record(actor=user, action="akun.keluar_semua", obj=user)
    auth.logout(request)
    messages.success(request, "Anda sudah keluar dari semua perangkat.")
    return SeeOther(reverse("login"))


@signed_in
@sensitive_post_parameters()
@never_cache
@FORM
def reauthenticate(request: HttpRequest) -> HttpResponse:
    """Ask for the password again before something delicate, then go on with it."""
    if request.method != "POST":
        return _page(request, "account/reauthenticate.html", forms.ConfirmForm(), next=own_target(request))
    form = forms.ConfirmForm(request.POST)
    refused: datetime | None = None
    if form.is_valid():
        refused = _password_missing(request, form, "password")
    if form.is_valid() and refused is None:
        reauthentication.reauthenticate_by_password(request)
        return reauthentication.resume_request(request) or SeeOther(reverse("account"))
    return _page(request, "account/reauthenticate.html", form, refused=refused, next=own_target(request))


def _password_missing(request: HttpRequest, form: Form, name: str) -> datetime | None:
    """Check the password in field `name`: adds its error, or returns when it may be tried again."""
    try:
        signin.confirm_password(
            user=_user(request), password=form.cleaned_data[name], address=client_address(request), at=now()
        )
    except signin.SignInRefused:
        form.add_error(name, "Kata sandi ini tidak cocok. Coba lagi.")
    except signin.TooManyAttempts as error:
        return error.retry_at
    return None


def _page(
    request: HttpRequest, template: str, form: Form, *, refused: datetime | None = None, **context: Any
) -> HttpResponse:
    """A form page: 200 when it is new, 422 with errors, 429 when it was tried too often."""
    status = 422 if form.is_bound else 200
    if refused is not None:
        form.add_error(None, try_again_at(refused))
        status = 429
    response = render(request, template, {"form": form, **context}, status=status)
    if refused is not None:
        response["Retry-After"] = str(max(1, int((refused - now()).total_seconds()) + 1))
    return response


def _user(request: HttpRequest) -> User:
    """The signed-in user; the access decorator has made sure."""
    user = request.user
    if not isinstance(user, User):
        raise TypeError("this view needs a signed-in user")
    return user
