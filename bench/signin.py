"""Does the time of a refusal tell who has an account? Known ones with a wrong password beside unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from urllib.parse import urlencode

from django.db import transaction
from django.test import Client, override_settings

from accounts.tests.factories import UserFactory
from bench.figures import Bench, Figure

_numbers = count(1)


def measure(bench: Bench) -> Iterable[Figure]:
    """Medians with the real hash, by e-mail and by phone; every attempt from an address of its own."""
    rounds = bench.rounds(41, 15)
    with transaction.atomic(), override_settings(PASSWORD_HASHERS=["accounts.hashers.Argon2Profile"]):
        known = [UserFactory(email=f"bench{number}@example.com") for number in range(rounds + 1)]
        phones = [f"0812-0000-1{number:04d}" for number in range(rounds + 1)]
        for user, phone in zip(known, phones, strict=True):
            user.set_phone(f"+62{phone[1:].replace('-', '')}")
            user.save()
        client = Client()
        by_email = [user.email for user in known]
        for name, ours, theirs in (
            ("e-mail", by_email, [f"nobody{number}@example.com" for number in range(rounds + 1)]),
            ("phone", phones, [f"0812-0000-2{number:04d}" for number in range(rounds + 1)]),
        ):
            times = bench.medians(_refused(client, ours), _refused(client, theirs), rounds=rounds)
            slower, faster = max(times), min(times)
            yield Figure(
                f"sign-in by {name}: refusal of a known account beside an unknown one, the slower first",
                slower,
                faster,
                "ms",
                1.1,
            )
        transaction.set_rollback(True)


def _refused(client: Client, logins: list[str]) -> Callable[[], None]:
    waiting = iter(logins)

    def refused() -> None:
        number = next(_numbers)
        answer = client.post(
            "/masuk/",
            urlencode({"login": next(waiting), "password": "bukan-kata-sandinya"}),
            content_type="application/x-www-form-urlencoded",
            REMOTE_ADDR=f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        )
        assert answer.status_code in (200, 422), answer.status_code
        assert "_auth_user_id" not in client.session

    return refused
