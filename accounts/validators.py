"""Password rules with texts a citizen understands: at least 10 characters, not a common one."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.password_validation import CommonPasswordValidator, MinimumLengthValidator
from django.core.exceptions import ValidationError

MIN_LENGTH = 10
MAX_LENGTH = 1000
"""Longer texts are refused before they are hashed."""


class LongEnough(MinimumLengthValidator):
    """At least 10 characters; says how many were written."""

    def __init__(self, min_length: int = MIN_LENGTH) -> None:
        super().__init__(min_length)

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        if len(password) < self.min_length:
            raise ValidationError(
                f"Kata sandi paling sedikit {self.min_length} huruf atau angka. "
                f"Yang Anda tulis baru {len(password)}. Tambah beberapa lagi.",
                code="password_too_short",
            )

    def get_help_text(self) -> str:
        return f"Paling sedikit {self.min_length} huruf atau angka."


class NotCommon(CommonPasswordValidator):
    """Not among the 20,000 passwords that are tried first by thieves."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        if password.lower().strip() in self.passwords:
            raise ValidationError(
                "Kata sandi ini terlalu mudah ditebak. Pakai dua atau tiga kata yang hanya Anda yang tahu.",
                code="password_too_common",
            )

    def get_help_text(self) -> str:
        return "Bukan kata sandi yang banyak dipakai orang."
