"""allauth's pages of the second factor, with our access rules, status codes and audit entries."""

from __future__ import annotations

from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.mfa.base import views as base
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import mfa
from accounts.access import SeeOther, landing_url, public, signed_in
from accounts.adapters import own_target
from accounts.models import User
from accounts.sessions import keep_only_this_session
from core.audit import record


class Authenticate(base.AuthenticateView):  # type: ignore[misc]
    """The code between the password and the session."""

    def _build_forms(self) -> Any:
        """One form only: allauth takes a body without a code for a security key, which we do not offer."""
        data = self.request.POST if self.request.method == "POST" else None
        self.webauthn_form = None
        self.auth_form = self.get_form_class()(user=self.stage.login.user, data=data)
        return self.auth_form

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        response.status_code = 422
        return response


class Reauthenticate(base.ReauthenticateView):  # type: ignore[misc]
    """The code asked again inside a session."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "next": own_target(self.request)}

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        response.status_code = 422
        return response


class Activate(totp.ActivateTOTPView):  # type: ignore[misc]
    """Connects an authenticator app; other sessions of the account end."""

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        response.status_code = 422
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        user = _user(self.request)
        mfa.note_passed(self.request)
        keep_only_this_session(self.request, user)
        record(actor=user, action="akun.mfa_aktif", obj=user)
        response.status_code = 303
        return response


class Deactivate(totp.DeactivateTOTPView):  # type: ignore[misc]
    """Disconnects the app, to connect another; staff are led to that at once."""

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        user = _user(self.request)
        kept = [r for r in get_authentication_records(self.request, user) if r.get("method") != "mfa"]
        self.request.session[AUTHENTICATION_METHODS_SESSION_KEY] = kept
        keep_only_this_session(self.request, user)
        record(actor=user, action="akun.mfa_lepas", obj=user)
        response.status_code = 303
        return response


class RecoveryCodes(recovery.ViewRecoveryCodesView):  # type: ignore[misc]
    """The spare codes, and the way on."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "home": landing_url(_user(self.request))}


def _user(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise TypeError("this view needs a signed-in user")
    return user


@signed_in
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """allauth's overview: ours is the account page."""
    return SeeOther(reverse("account"))


authenticate = public(Authenticate.as_view())
reauthenticate = signed_in(Reauthenticate.as_view())
activate = signed_in(Activate.as_view())
deactivate = signed_in(Deactivate.as_view())
recovery_codes = signed_in(RecoveryCodes.as_view())
generate_recovery_codes = signed_in(recovery.GenerateRecoveryCodesView.as_view())
download_recovery_codes = signed_in(recovery.DownloadRecoveryCodesView.as_view())
