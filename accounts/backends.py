"""One password check: who is it, if anybody?"""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import check_password, get_hasher, is_password_usable, make_password
from django.http import HttpRequest

from accounts.models import User
from core.joined import joined

_dummy_hashes: dict[str, str] = {}
_BY_ID = joined("SELECT {User} FROM accounts_user WHERE id = %s", User)
"""Asked on every page of everybody who is signed in."""


def _dummy_hash() -> str:
    """A hash of something nobody can type, made by the preferred hasher once per process."""
    algorithm = str(get_hasher().algorithm)
    if algorithm not in _dummy_hashes:
        _dummy_hashes[algorithm] = make_password(secrets.token_urlsafe())
    return _dummy_hashes[algorithm]


class LoginBackend(BaseBackend):
    """Signs in with phone, e-mail or registration number, in any usual spelling.

    Always exactly one hash check: an unknown login, a disabled account and one without a password cost as
    much time as a wrong password and are told apart by nobody.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        login: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """The account with this login and password, or None."""
        if login is None or password is None:
            return None
        return verify(User.objects.find_by_login(login), password)

    def get_user(self, user_id: UUID | str) -> User | None:
        """The user of a session; a disabled one is nobody from the next request on."""
        for (user,) in _BY_ID.rows([user_id]):
            return user if user.is_active else None
        return None


def verify(user: User | None, password: str) -> User | None:
    """`user` when the password is theirs and the account is active, else None; always one hash check."""
    usable = user is not None and user.is_active and is_password_usable(user.password)
    dummy = _dummy_hash()  # asked for in every case: the first time costs a hash of its own
    encoded = user.password if user is not None and usable else dummy

    def upgrade(raw: str) -> None:
        if user is not None and usable:
            user.set_password(raw)
            user.save(update_fields=["password"])

    correct = check_password(password, encoded, setter=upgrade)
    return user if correct and usable else None
