"""Demo contacts: what coaches of the home centre wrote down, promised, tried and put off."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core.clock import local_day, next_working_day
from participants.models import Enrollment, Pathway, Stage, Status
from programs.mentoring.models import ContactKind, ContactLog, ContactOutcome, Snooze

from .world import HOME, World

MEETING = ("Minta bertemu di pusat, ada yang mau ditanyakan.", "bertemu di pusat")
HEARD = {
    Stage.PELATIHAN: (("Mau ikut kelas Sabtu, hari lain menjaga anak.", "memilih jadwal kelas"), MEETING),
    Stage.PENDAMPINGAN: (
        ("Sudah belanja bahan, tinggal menghitung harga jual.", "mengirim daftar harga bahan"),
        MEETING,
    ),
    Stage.PERIZINAN: (
        ("Bingung mengisi formulir di OSS, dibantu lewat telepon.", "mengirim foto layar OSS"),
        ("Sudah bertanya ke kelurahan, menunggu surat.", "memberi kabar soal surat kelurahan"),
    ),
    Stage.PEMASARAN: (
        ("Foto produk sudah ada, belum sempat dikirim.", "mengirim foto produk"),
        ("Sedang banyak pesanan, minta bertemu di pusat.", "bertemu di pusat"),
    ),
    Stage.PELAPORAN_KEUANGAN: (("Catatan uang bulan lalu sudah lengkap.", "mengirim catatan uang"), MEETING),
    Stage.PERMODALAN: (
        ("Masih menimbang pinjaman ke koperasi.", "mengirim rincian kebutuhan modal"),
        MEETING,
    ),
}
"""What was said and agreed, as it fits the stage."""
HEARD_OF_WORK = (
    ("Sudah melamar ke dua tempat, menunggu panggilan.", "memberi kabar hasil lamaran"),
    ("Diminta datang wawancara minggu ini.", "memberi kabar sesudah wawancara"),
)
"""The same for those who look for a job."""
PUT_OFF = ("Pulang kampung", "Anak sedang sakit", "Ikut bazar di luar kota")
REACHED_BY = (ContactKind.TELEPON, ContactKind.WHATSAPP, ContactKind.WHATSAPP, ContactKind.KUNJUNGAN)


@dataclass(frozen=True)
class Story:
    """What happened with one participant: reached so many days ago, next contact in so many days."""

    heard_ago: int
    next_in: int
    tries_ago: tuple[int, ...] = ()
    is_put_off: bool = False


STORIES = (
    Story(heard_ago=2, next_in=5),
    Story(heard_ago=3, next_in=6),
    Story(heard_ago=5, next_in=0),
    Story(heard_ago=1, next_in=7),
    Story(heard_ago=9, next_in=-2),
    Story(heard_ago=4, next_in=3),
    Story(heard_ago=12, next_in=4),
    Story(heard_ago=6, next_in=2),
    Story(heard_ago=40, next_in=-33, tries_ago=(9, 6, 3)),
    Story(heard_ago=2, next_in=8),
    Story(heard_ago=20, next_in=-13, is_put_off=True),
    Story(heard_ago=7, next_in=1),
    Story(heard_ago=33, next_in=-20),
)
"""In turn for the mentees of a coach; most are on their way, some are late, one was tried three times."""


def seed_contacts(world: World, *, seed_number: int, at: datetime) -> int:
    """Write contacts and snoozes for the coaches of the home centre; returns how many contacts."""
    rng = random.Random(f"{seed_number}:contacts")
    logs: list[ContactLog] = []
    snoozes: list[Snooze] = []
    heard: list[Enrollment] = []
    for coach in world.places[HOME].coaches:
        mentees = (
            Enrollment.objects.filter(
                coach=coach, status=Status.AKTIF, registered_at__lt=at - timedelta(days=50),
                assignments__ended_at__isnull=True, assignments__accepted_at__isnull=False,
            )
            .order_by("number")
            .distinct()
        )  # fmt: skip
        for number, enrollment in enumerate(mentees):
            story = STORIES[number % len(STORIES)]
            logs.extend(_contacts(enrollment, story, rng, at))
            enrollment.last_activity_at = at - timedelta(days=story.heard_ago)
            enrollment.last_activity_at = max(enrollment.last_activity_at, enrollment.stage_entered_at)
            heard.append(enrollment)
            if story.is_put_off:
                snoozes.append(_snooze(enrollment, rng, at))
    ContactLog.objects.bulk_create(logs)
    Snooze.objects.bulk_create(snoozes)
    Enrollment.objects.bulk_update(heard, ["last_activity_at"], batch_size=500)
    return len(logs)


def _contacts(enrollment: Enrollment, story: Story, rng: random.Random, at: datetime) -> Iterator[ContactLog]:
    today = local_day(at, enrollment.zone)
    looks_for_work = enrollment.pathway == Pathway.CARI_KERJA and enrollment.stage == Stage.PENDAMPINGAN
    note, agreed = rng.choice(
        HEARD_OF_WORK if looks_for_work else HEARD.get(Stage(enrollment.stage), (MEETING,))
    )
    next_on = today + timedelta(days=story.next_in)
    if story.next_in > 0:
        next_on = next_working_day(next_on - timedelta(days=1))
    heard_at = at - timedelta(days=story.heard_ago)
    yield _log(
        enrollment,
        rng,
        heard_at,
        kind=rng.choice(REACHED_BY),
        outcome=ContactOutcome.TERSAMBUNG,
        note=note,
        agreed=agreed,
        next_on=max(next_on, local_day(heard_at, enrollment.zone)),
        is_shared=rng.random() < 0.5,
    )
    for ago in story.tries_ago:
        day = local_day(at - timedelta(days=ago), enrollment.zone)
        yield _log(
            enrollment,
            rng,
            at - timedelta(days=ago),
            kind=ContactKind.TELEPON,
            outcome=ContactOutcome.TIDAK_DIJAWAB,
            next_on=next_working_day(day),
        )


def _log(enrollment: Enrollment, rng: random.Random, at: datetime, **fields: object) -> ContactLog:
    return ContactLog(
        enrollment=enrollment,
        submission_id=UUID(int=rng.getrandbits(128), version=4),
        happened_at=at,
        happened_on=local_day(at, enrollment.zone),
        author=enrollment.coach,
        created_at=at,
        **fields,
    )


def _snooze(enrollment: Enrollment, rng: random.Random, at: datetime) -> Snooze:
    made_on = local_day(at, enrollment.zone) - timedelta(days=1)
    return Snooze(
        enrollment=enrollment,
        coach=enrollment.coach,
        reason=rng.choice(PUT_OFF),
        made_on=made_on,
        until_on=made_on + timedelta(days=rng.randint(5, 12)),
        created_at=at - timedelta(days=1),
    )
