"""Users and roles for tests of every app."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import factory
from django.contrib.auth.hashers import get_hasher, make_password

from accounts.models import Role, RoleAssignment, User
from core.clock import now

PASSWORD = "kata-sandi-panjang-7"
"""The password of every factory user."""

_hashed: dict[tuple[str, str], str] = {}


def hashed_password(raw: str = PASSWORD) -> str:
    """The hash of a password, computed once per process (argon2 takes 34 ms)."""
    key = (get_hasher().algorithm, raw)
    if key not in _hashed:
        _hashed[key] = make_password(raw)
    return _hashed[key]


class UserFactory(factory.django.DjangoModelFactory[User]):
    """An active user without roles; `phone="+62812..."` sets sealed number, index and mask."""

    class Meta:
        model = User

    display_name = factory.Sequence(lambda n: f"Warga {n:05d}")
    email = factory.Sequence(lambda n: f"warga{n}@contoh.test")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        phone: str | None = kwargs.pop("phone", None)
        raw: str | None = kwargs.pop("password", PASSWORD)
        user = model_class(*args, **kwargs)
        user.set_phone(phone)
        if raw is None:
            user.set_unusable_password()
        else:
            user.password = hashed_password(raw)
        user.save(force_insert=True)
        return user


class PesertaUserFactory(UserFactory):
    """A user with a registration number, hence a peserta."""

    login_number = factory.Sequence(lambda n: f"OK-T-{n:06d}")


def staff(
    role: Role | str,
    scope: str = "ID",
    *,
    agency_code: str = "",
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    **user_fields: Any,
) -> User:
    """A user holding one role over one scope, in force since yesterday unless told otherwise."""
    user = UserFactory(**user_fields)
    grant(user, role, scope, agency_code=agency_code, starts_at=starts_at, ends_at=ends_at)
    return user


def grant(
    user: User,
    role: Role | str,
    scope: str = "ID",
    *,
    agency_code: str = "",
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> RoleAssignment:
    """Give a user one more role."""
    assignment = RoleAssignment.objects.create(
        user=user,
        role=str(role),
        scope=scope,
        agency_code=agency_code,
        starts_at=starts_at or now() - timedelta(days=1),
        ends_at=ends_at,
    )
    user.forget_assignments()
    return assignment
