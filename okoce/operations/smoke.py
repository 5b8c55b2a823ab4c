"""One registration and one sign-in through the portal's own pages, on a copy. Never on a database in use."""

from __future__ import annotations

import secrets
import sys
from datetime import timedelta
from uuid import uuid4


def main() -> int:
    """0 when a made-up person could register and sign in."""
    import django

    django.setup()
    from django.conf import settings
    from django.test import Client

    from centers.models import Center
    from core.clock import today
    from participants.models import Person

    host = next((name for name in settings.ALLOWED_HOSTS if name not in ("*", "")), "localhost").lstrip(".")
    center = Center.objects.open().order_by("code").first()
    district = center.district_id if center else "31.74.07"
    password = secrets.token_urlsafe(12)
    born = today() - timedelta(days=10_000 + secrets.randbelow(8_000))
    nik = f"{district.replace('.', '')}{born:%d%m%y}0000"
    # A number that somebody else has too signs nobody in: demo data hold most of these.
    free = (
        number
        for number in (f"{secrets.randbelow(100_000):05d}" for _ in range(1_000))
        if not Person.objects.with_phone(f"+628120000{number}").exists()
    )
    phone = f"0812-0000-{next(free)}"
    before = Person.objects.count()
    browser = Client(headers={"host": host})
    browser.get("/daftar/", secure=True)
    answer = browser.post(
        "/daftar/",
        {
            "pathway": "mulai_usaha",
            "nik": nik,
            "full_name": "Percobaan Pemulihan",
            "phone": phone,
            "district": district,
            "address": "Jl. Percobaan No. 1",
            "password": password,
            "consent": "on",
            "submission_id": str(uuid4()),
        },
        secure=True,
    )
    if answer.status_code != 303 or not answer["Location"].endswith("/berhasil/"):
        print(f"registration answered {answer.status_code}", file=sys.stderr)
        return 1
    if Person.objects.count() != before + 1:
        print("the registration was not stored", file=sys.stderr)
        return 1
    again = Client(headers={"host": host})
    answer = again.post("/masuk/", {"login": phone, "password": password}, secure=True)
    if answer.status_code != 303 or again.get("/saya/", secure=True).status_code != 200:
        print(f"sign-in answered {answer.status_code}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
