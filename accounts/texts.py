"""Sentences said in more than one place."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.clock import DEFAULT_ZONE
from core.formats import moment

WRONG = (
    "Nomor HP, e-mail, nomor pendaftaran, atau kata sandi tidak cocok. "
    "Coba lagi, atau minta kode baru ke pusat."
)


def try_again_at(retry_at: datetime) -> str:
    """When it may be tried again, to the minute, and the way out."""
    minute = (retry_at + timedelta(seconds=59)).replace(second=0, microsecond=0)
    return (
        "Sudah terlalu banyak percobaan. "
        f"Demi keamanan akun, coba lagi mulai {moment(minute, DEFAULT_ZONE)}. "
        "Bila perlu cepat, datang atau hubungi pusat dengan membawa KTP: petugas bisa membantu."
    )
