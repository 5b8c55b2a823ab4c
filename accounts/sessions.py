"""Starting, keeping and ending a signed-in session."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

from allauth.account.internal.flows.login import perform_password_login, record_authentication
from allauth.account.models import Login
from django.conf import settings
from django.contrib import auth
from django.db import models
from django.http import HttpRequest, HttpResponse

from accounts.access import SeeOther
from accounts.models import User
from accounts.session_store import SessionStore
from accounts.stages import STATE_KEY
from core.clock import now

BROWSER_COOKIE = "__Host-okoce_browser" if settings.SESSION_COOKIE_SECURE else "okoce_browser"
"""Tells one browser from another for a form that is sent twice; gone with the sign-out, so that the next
person at the same computer is another browser."""
NOTED_AGAIN = timedelta(minutes=1)
_TOKEN = ("CSRF_COOKIE", "CSRF_COOKIE_NEEDS_UPDATE")
"""Where signing in notes the new token against forged forms."""
_BROWSER = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)


def browser_of(request: HttpRequest) -> str:
    """The secret that tells this browser from others; a new one where there is none."""
    value = request.COOKIES.get(BROWSER_COOKIE, "")
    return value if _BROWSER.fullmatch(value) else secrets.token_urlsafe(24)


def remember_browser(request: HttpRequest, response: HttpResponse, browser: str) -> HttpResponse:
    """Set the browser's secret until the browser is closed; signing out removes it."""
    if request.COOKIES.get(BROWSER_COOKIE) != browser:
        response.set_cookie(
            BROWSER_COOKIE, browser, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
        )
    return response


def start_session(request: HttpRequest, user: User, *, redirect_url: str | None = None) -> HttpResponse:
    """Sign a proven user in and return the 303 to the next page.

    The session's key is new from here on. Whoever has a second factor is asked for it first: until then
    nobody is signed in. `redirect_url` must be an address of this host; None leads to the first page of the
    user's role.
    """
    if request.user.is_authenticated:
        auth.logout(request)
    else:
        request.session.cycle_key()
    login = Login(user=user, redirect_url=redirect_url, state={STATE_KEY: user.get_session_auth_hash()})
    response: HttpResponse = perform_password_login(request, {}, login)
    response.status_code = 303
    return response


class FirstSession:
    """Signs in the person whose account this very request makes, by a session written together with it.

    Nothing is asked of the database: such an account has no second factor and was not disabled yet.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._draft: HttpRequest | None = None

    def rows(self, user: User) -> list[models.Model]:
        """The session's row, for the act that inserts the account; asked again when the act is tried again.

        None for a browser that has a session already: `begin` changes that one. Nobody is signed in yet.
        """
        if self._request.session.session_key is not None:
            return []
        self._draft = HttpRequest()
        self._draft.META = dict(self._request.META)
        self._draft.session = store = SessionStore()
        _sign_in(self._draft, user)
        return [store.row()]

    def begin(self, user: User, *, redirect_url: str) -> HttpResponse:
        """Sign the person in, once the account is there; 303 to `redirect_url`."""
        request = self._request
        if self._draft is None:
            if request.user.is_authenticated:
                auth.logout(request)
            _sign_in(request, user)
        else:
            request.session, request.user = self._draft.session, user
            # The new token against forged forms goes to the browser now: with an act that failed it would
            # make the form that is still open a forged one.
            request.META |= {name: self._draft.META[name] for name in _TOKEN}
        return SeeOther(redirect_url)


def _sign_in(request: HttpRequest, user: User) -> None:
    record_authentication(request, user, method="password")
    auth.login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])


def note_sign_in(sender: object, user: User, **_signal: object) -> None:
    """Note when somebody signed in, to the minute: registration has noted the first time with the account."""
    at = now()
    if user.last_login is None or at - user.last_login >= NOTED_AGAIN:
        user.last_login = at
        user.save(update_fields=["last_login"])


def keep_only_this_session(request: HttpRequest, user: User) -> None:
    """End every other session of the user and give this one a new key."""
    user.end_sessions()
    auth.update_session_auth_hash(request, user)
