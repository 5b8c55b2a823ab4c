"""Is this person who they say? Counted, and answered alike for known and unknown accounts."""

from __future__ import annotations

from datetime import datetime

from accounts import lockout
from accounts.backends import verify
from accounts.models import User


class SignInRefused(Exception):
    """Login and password do not belong together; whether the account exists is not said."""


class TooManyAttempts(Exception):
    """The limit of checks is reached; `retry_at` is the instant from which it may be tried again."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__("too many attempts")
        self.retry_at = retry_at


def admit_or_refuse(*, key: bytes, address: str | None, at: datetime) -> None:
    """Count one attempt of an account and of a network address (None: not from the network).

    Raises TooManyAttempts. Must not run inside a transaction that a refusal rolls back.
    """
    if address is not None and (
        retry_at := lockout.admit(lockout.address_key(address), at=at, limit=lockout.address_limit())
    ):
        raise TooManyAttempts(retry_at)
    if retry_at := lockout.admit(key, at=at, limit=lockout.account_limit()):
        raise TooManyAttempts(retry_at)


def give_back(*, key: bytes, address: str | None, at: datetime) -> None:
    """The attempt succeeded: it no longer counts."""
    lockout.give_back(key, at=at)
    if address is not None:
        lockout.give_back(lockout.address_key(address), at=at)


def sign_in_user(*, login: str, password: str, address: str, at: datetime) -> User:
    """The account of a login and its password. Raises SignInRefused or TooManyAttempts."""
    user = User.objects.find_by_login(login)
    return _checked(user, key=lockout.login_key(login, user), password=password, address=address, at=at)


def confirm_password(*, user: User, password: str, address: str, at: datetime) -> None:
    """Prove again that the signed-in person knows the password; the same counter as signing in."""
    _checked(user, key=lockout.account_key(user), password=password, address=address, at=at)


def _checked(user: User | None, *, key: bytes, password: str, address: str, at: datetime) -> User:
    admit_or_refuse(key=key, address=address, at=at)
    verified = verify(user, password)
    if verified is None:
        raise SignInRefused
    give_back(key=key, address=address, at=at)
    return verified
