"""What allauth does differently here: it provides the second factor, the portal's own pages do the rest."""

from __future__ import annotations

import uuid
from io import BytesIO
from typing import Any

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.access import SeeOther, landing_url
from accounts.models import MfaSecret
from core.clock import now
from core.crypto import get_sealed, set_sealed

RECENTLY = 300
"""Seconds after which a password or code must be given again before the second factor is changed."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in stages, redirects and texts of the portal."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_password": "Kata sandi tidak cocok. Coba lagi.",
        "rate_limited": "Terlalu banyak percobaan. Tunggu sebentar, lalu coba lagi.",
        "too_many_login_attempts": "Terlalu banyak percobaan. Tunggu sebentar, lalu coba lagi.",
    }

    def get_login_stages(self) -> list[str]:
        """The second factor, then a last look at the account: it may have changed while the person typed."""
        return ["allauth.mfa.stages.AuthenticateStage", "accounts.stages.StillValidStage"]

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return landing_url(request.user)  # type: ignore[arg-type]

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return "/"

    def is_safe_url(self, url: str | None) -> bool:
        """Only addresses of this very host: no other allowed host, no other scheme."""
        request = context.request
        return is_own_address(request, url)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        return SeeOther("/masuk/")

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().post_login(request, user, **kwargs)
        response.status_code = 303
        return response

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not within five minutes of the last password or code, signing in included."""
        if not super().is_reauthentication_required(app=app, **kwargs):
            return False
        request = context.request
        records = get_authentication_records(request, request.user)
        last = max((record.get("at", 0) for record in records), default=0)
        return bool(now().timestamp() - last >= RECENTLY)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """No mail from here: messages leave through the outbox."""


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets sealed in a table that key rotation knows; Indonesian texts."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "add_email_blocked": "E-mail tidak bisa ditambah selama pengaman dua langkah aktif.",
        "cannot_delete_authenticator": "Pengaman dua langkah tidak bisa dimatikan.",
        "cannot_generate_recovery_codes": "Kode cadangan baru ada setelah pengaman dua langkah aktif.",
        "incorrect_code": "Kode tidak cocok. Tunggu kode berikutnya di aplikasi, lalu coba lagi.",
        "unverified_email": "E-mail belum diperiksa.",
    }

    def encrypt(self, text: str) -> str:
        """Seal a secret in its own row and return the reference to it."""
        secret = MfaSecret(id=uuid.uuid4())
        set_sealed(secret, "text_sealed", text)
        secret.save(force_insert=True)
        return str(secret.pk)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret behind a reference; raises MfaSecret.DoesNotExist or SealBroken."""
        return get_sealed(MfaSecret.objects.get(pk=encrypted_text), "text_sealed") or ""

    def build_totp_svg(self, url: str) -> str:
        """The QR code as SVG, on white in either theme so that a phone can read it."""
        picture = BytesIO()
        segno.make(url, micro=False).save(picture, kind="svg", scale=5, border=4, light="#fff")
        return picture.getvalue().decode()

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """What the authenticator app shows beside the code: the name, never phone or e-mail."""
        return str(user)


def is_own_address(request: HttpRequest, url: str | None) -> bool:
    """Whether a redirect target stays on this host: a path from the root, in plain printable characters."""
    if not url or not url.startswith("/") or not url.isascii() or not url.isprintable():
        return False
    return url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )


def own_target(request: HttpRequest) -> str:
    """Where the person wanted to go (`next`): an address of this host, else empty."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    return target if len(target) < 2000 and is_own_address(request, target) else ""
