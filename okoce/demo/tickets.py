"""Demo questions and complaints: in every state, answered in time and late, with and without an account.

Rows are written as the acts would have written them, from a source of chance of their own, so that people and
places stay as they were for the same seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import User
from core.clock import local_day
from core.crypto import blind_index
from helpdesk.models import Desk, Kind, Ticket, TicketMessage, TicketNote, TicketRule, TicketStatus, Topic
from helpdesk.rules import is_about_staff, wait_from
from helpdesk.services import next_number
from participants.models import Enrollment

from .names import full_name
from .world import HOME, Phones, Place, World

Q, C = Kind.PERTANYAAN, Kind.KELUHAN
NEW, ANSWERED, ASKED_BACK, CLOSED = TicketStatus


@dataclass(frozen=True)
class Story:
    """What one ticket tells: `age` is hours since it was written, `wait` hours until the answer."""

    kind: Kind
    topic: Topic
    text: str
    status: TicketStatus
    age: int
    wait: int = 0
    answer: str = ""
    thanks: str = ""


STORIES = (
    Story(
        Q,
        Topic.PENDAFTARAN,
        "Saya lupa kata sandi dan tidak punya e-mail. Bagaimana masuknya?",
        CLOSED,
        500,
        5,
        "Datang ke pusat dengan KTP, nanti kami cetak kode sekali pakai.",
        "Sudah bisa masuk.",
    ),
    Story(
        Q,
        Topic.PENDAFTARAN,
        "KTP saya masih alamat lama. Apakah tetap bisa ikut di sini?",
        CLOSED,
        420,
        26,
        "Bisa. Yang dipakai tempat tinggal Anda sekarang.",
    ),
    Story(
        Q,
        Topic.PELATIHAN,
        "Kapan kelas dasar berikutnya dibuka? Saya bekerja pagi.",
        ANSWERED,
        100,
        30,
        "Kelas sore dibuka minggu depan, pukul 16.00. Nama Anda kami catat.",
    ),
    Story(Q, Topic.PELATIHAN, "Apakah boleh membawa anak ke kelas?", NEW, 3),
    Story(
        C,
        Topic.PELATIHAN,
        "Kelas dibatalkan tanpa kabar. Saya sudah izin tidak berjualan.",
        CLOSED,
        360,
        20,
        "Pelatih mendadak sakit. Kelas pengganti hari Sabtu, dan kabar kini dikirim lewat WhatsApp.",
    ),
    Story(
        Q,
        Topic.PERIZINAN,
        "NIB diminta kode KBLI. Untuk keripik singkong yang mana?",
        ANSWERED,
        70,
        8,
        "Pendamping Anda membantu memilihnya di pusat. Bawa contoh kemasan.",
    ),
    Story(
        C,
        Topic.PERIZINAN,
        "Izin saya terhambat zonasi sejak dua bulan dan tidak ada yang menjawab.",
        NEW,
        220,
    ),
    Story(
        Q,
        Topic.PERIZINAN,
        "Apakah halal wajib untuk kue basah?",
        ASKED_BACK,
        50,
        6,
        "Kue dijual di rumah atau dititipkan ke toko?",
    ),
    Story(
        C,
        Topic.DATA,
        "Nama saya di portal salah satu huruf, jadi berbeda dengan KTP.",
        CLOSED,
        300,
        12,
        "Sudah dibetulkan oleh dua petugas. Terima kasih sudah memberi tahu.",
        "Terima kasih, sudah benar.",
    ),
    Story(
        C,
        Topic.PETUGAS,
        "Petugas di pusat marah waktu saya bertanya dua kali.",
        ANSWERED,
        120,
        100,
        "Kami sudah berbicara dengan petugas dan pengelola pusat. Anda boleh meminta petugas lain.",
    ),
    Story(C, Topic.PETUGAS, "Diminta uang fotokopi yang tidak ada kuitansinya.", NEW, 30),
    Story(
        Q,
        Topic.PEMASARAN,
        "Bagaimana cara ikut bazar di kelurahan?",
        ANSWERED,
        90,
        20,
        "Daftar lewat pendamping paling lambat Jumat. Siapkan foto produk dan harga.",
    ),
    Story(
        Q,
        Topic.PEMASARAN,
        "Foto produk ditolak karena gelap. Apakah pusat punya kotak foto?",
        CLOSED,
        250,
        4,
        "Ada. Datang Selasa atau Kamis sore.",
    ),
    Story(
        Q,
        Topic.PERMODALAN,
        "Apakah KUR perlu jaminan?",
        ANSWERED,
        40,
        10,
        "Untuk KUR mikro tidak ada agunan tambahan. Bank menilai usahanya.",
    ),
    Story(C, Topic.PERMODALAN, "Ada orang mengaku dari OK OCE dan meminta biaya supaya modal cair.", NEW, 6),
    Story(Q, Topic.PENDAMPINGAN, "Pendamping saya pindah. Siapa gantinya?", NEW, 80),
    Story(
        C,
        Topic.PENDAMPINGAN,
        "Janji bertemu tiga kali diundur.",
        ANSWERED,
        160,
        90,
        "Maaf. Pendamping baru menghubungi Anda hari ini, dan jadwalnya kami pantau.",
    ),
    Story(
        Q,
        Topic.LAINNYA,
        "Apakah layanan ini benar-benar gratis?",
        CLOSED,
        200,
        2,
        "Ya, semua layanan OK OCE gratis. Laporkan bila ada yang meminta uang.",
    ),
    Story(Q, Topic.DATA, "Siapa saja yang bisa melihat nomor HP saya?", NEW, 26),
    Story(
        Q, Topic.LAINNYA, "Pusat buka hari Sabtu?", ANSWERED, 28, 3, "Belum. Senin sampai Jumat, 08.00–16.00."
    ),
)
AGAIN = 10
"""So many stories are told a second time, elsewhere and by somebody without an account."""


def seed_tickets(world: World, *, seed_number: int, at: datetime, phones: Phones) -> int:
    """Write about thirty tickets: a third at the home centre, the rest spread; returns how many."""
    rng = random.Random(f"tickets-{seed_number}")
    askers = list(
        Enrollment.objects.exclude(center=None)
        .exclude(person__user=None)
        .select_related("person__user", "district__regency")
        .order_by("number")[:400]
    )
    rng.shuffle(askers)
    at_home = [one for one in askers if one.center_id == HOME]
    elsewhere = [one for one in askers if one.center_id != HOME]
    written = 0
    for position, story in enumerate((*STORIES, *STORIES[:AGAIN])):
        pool = at_home if position % 3 == 0 and at_home else elsewhere or at_home
        if not pool:
            break
        enrollment = pool.pop()
        is_anonymous = position >= len(STORIES) or position % 4 == 3
        _write(story, enrollment, is_anonymous, world, rng, at, phones)
        written += 1
    return written


def _write(
    story: Story,
    enrollment: Enrollment,
    is_anonymous: bool,
    world: World,
    rng: random.Random,
    at: datetime,
    phones: Phones,
) -> None:
    place = world.places[str(enrollment.center_id)]
    asker = None if is_anonymous else enrollment.person.user
    about_staff = is_about_staff(story.kind, story.topic)
    owner = _dinas(world, str(enrollment.district_id)) if about_staff else _owner(place, rng)
    opened = at - timedelta(hours=story.age, minutes=rng.randint(0, 50))
    zone = place.center.zone
    ticket = Ticket(
        id=UUID(int=rng.getrandbits(128), version=4),
        number=next_number(at=opened, zone=zone),
        submission_id=UUID(int=rng.getrandbits(128), version=4),
        browser_index=blind_index(str(rng.random()), purpose="bantuan.peramban"),
        kind=story.kind,
        topic=story.topic,
        summary=story.text[:120],
        asker=asker,
        name=asker.display_name if asker else full_name(rng, rng.choice("LP")),
        checks_self=False,
        district=enrollment.district,
        center=place.center,
        is_about_staff=about_staff,
        desk=Desk.DINAS if about_staff else Desk.PUSAT,
        owner=owner,
        zone=zone,
        opened_at=opened,
    )
    if asker is None:
        phone = phones.take()
        ticket.set_phone(phone)
        ticket.checks_self = phone is None
    day = local_day(opened, zone)
    wait = wait_from(day, story.kind, TicketRule.objects.on(day))
    ticket.begin_wait(at=opened, due_on=wait.due_on, escalates_on=wait.escalates_on)
    messages, notes = list(_messages(ticket, story, opened)), []
    if story.status != NEW:
        answered = opened + timedelta(hours=story.wait)
        ticket.status, ticket.answered_at = story.status, answered
        ticket.taken_at = answered - timedelta(minutes=20)
        notes.append(TicketNote(ticket=ticket, act=TicketNote.Act.AMBIL, author=owner, at=ticket.taken_at))
    if story.status == CLOSED:
        ticket.closed_at = messages[-1].at + timedelta(hours=20)
        notes.append(TicketNote(ticket=ticket, act=TicketNote.Act.TUTUP, author=owner, at=ticket.closed_at))
    ticket.save(force_insert=True)
    TicketMessage.objects.bulk_create(messages)
    TicketNote.objects.bulk_create(notes)


def _messages(ticket: Ticket, story: Story, opened: datetime) -> Iterator[TicketMessage]:
    yield TicketMessage(
        ticket=ticket, side=TicketMessage.Side.PENANYA, author=ticket.asker, text=story.text, at=opened
    )
    if story.status == NEW:
        return
    answered = opened + timedelta(hours=story.wait)
    yield TicketMessage(
        ticket=ticket,
        side=TicketMessage.Side.PETUGAS,
        author=ticket.owner,
        text=story.answer,
        was_late=ticket.is_overdue(answered),
        at=answered,
    )
    if story.thanks:
        yield TicketMessage(
            ticket=ticket,
            side=TicketMessage.Side.PENANYA,
            author=ticket.asker,
            text=story.thanks,
            at=answered + timedelta(hours=2),
        )


def _owner(place: Place, rng: random.Random) -> User:
    """Mostly the manager; now and then a coach to whom it was given."""
    return rng.choice(place.coaches) if place.coaches and rng.random() < 0.2 else place.manager


def _dinas(world: World, district: str) -> User:
    """The officer of the region around a kecamatan."""
    return next(user for region, user in world.dinas.items() if district.startswith(region))
