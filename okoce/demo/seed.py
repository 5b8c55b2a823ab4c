"""Writes the demo: places, staff and participants, the same for the same seed, size and day."""

from __future__ import annotations

import io
import random
from datetime import datetime

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from PIL import Image, ImageDraw

from core import files
from core.models import StoredFile

from .classes import seed_classes
from .clinics import seed_clinics, seed_coaches
from .contacts import seed_contacts
from .people import Crowd
from .sessions import seed_sessions
from .tickets import seed_tickets
from .work import seed_work
from .world import Phones, build_world, shared_password


@transaction.atomic
def seed(*, participants: int, seed_number: int, at: datetime) -> int:
    """Write the default profile and return the number of participants. Needs areas; the database holds
    nobody yet.
    """
    rng = random.Random(seed_number)
    phones, password = Phones(), shared_password()
    world = build_world(rng, at=at, phones=phones, password=password)
    crowd = Crowd(rng, world, at=at, phones=phones, password=password, picture=demo_picture())
    rows = crowd.draw(participants)
    rows.write()
    seed_contacts(world, seed_number=seed_number, at=at)
    seed_sessions(world, seed_number=seed_number, at=at)
    seed_coaches(world, at=at)
    seed_clinics(world, seed_number=seed_number, at=at)
    seed_classes(world, seed_number=seed_number, at=at)
    seed_tickets(world, seed_number=seed_number, at=at, phones=phones)
    seed_work(world, seed_number=seed_number, at=at, phones=phones)
    return len(rows.people)


def demo_picture() -> StoredFile:
    """One picture that stands for every demo proof, and says so."""
    image = Image.new("RGB", (900, 600), "#e6eae1")
    draw = ImageDraw.Draw(image)
    draw.rectangle((40, 40, 860, 560), outline="#6f7769", width=4)
    draw.text((70, 80), "BUKTI CONTOH", fill="#1d211b", font_size=56)
    draw.text((70, 170), "Gambar ini dibuat untuk data contoh.", fill="#4d5549", font_size=32)
    content = io.BytesIO()
    image.save(content, "PNG")
    return files.store_upload(
        SimpleUploadedFile("bukti-contoh.png", content.getvalue(), content_type="image/png"), owner=None
    )
