"""What waits for the secretariat: counted, with the page that deals with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q

from accounts.models import Role, RoleAssignment, User
from centers.models import Center, District
from core.models import Job, OutboxMessage
from helpdesk.services import counts_for
from participants.models import DataRequest, Enrollment, NikCorrection, Status


@dataclass(frozen=True, slots=True)
class Matter:
    """How many, of what, what it means, and where it is dealt with. `is_late` needs a hand today."""

    count: int
    title: str
    text: str
    href: str
    verb: str
    is_late: bool = False


def load_matters(user: User, *, at: datetime) -> list[Matter]:
    """Everything that waits, the late first; seven statements. Nothing that is at rest is named."""
    help_counts = counts_for(user, at=at)
    requests = (
        DataRequest.objects.visible_to(user)
        .open()
        .aggregate(open=Count("pk"), late=Count("pk", filter=Q(due_at__lte=at)))
    )
    waiting = Enrollment.objects.filter(status=Status.MENUNGGU_PUSAT, erased_at__isnull=True).count()
    wishes = NikCorrection.objects.decidable_by(user).pending().count()
    machine = {
        "parked": OutboxMessage.objects.parked().count(),
        "failed": Job.objects.filter(status=Job.Status.GAGAL).count(),
    }
    places = _places(at)
    matters = [
        Matter(
            help_counts.overdue,
            "pertanyaan dan keluhan lewat batas",
            "Penanya sudah menunggu lebih lama dari janji kita.",
            "/antrean-bantuan/?lewat=on",
            "Buka antrean",
            True,
        ),
        Matter(
            requests["late"],
            "permintaan data lewat 3 × 24 jam",
            "Batas undang-undang sudah lewat.",
            "/hak-data/",
            "Buka permintaan",
            True,
        ),
        Matter(
            machine["parked"],
            "pesan gagal terkirim",
            "Sudah dicoba berkali-kali dan ditahan. Periksa, lalu kirim ulang.",
            "/admin/core/outboxmessage/?parked_at__isempty=0",
            "Periksa pesan",
            True,
        ),
        Matter(
            machine["failed"],
            "laporan gagal dibuat",
            "Pemesannya melihat pesan galat.",
            "/admin/core/job/?status__exact=gagal",
            "Periksa laporan",
            True,
        ),
        Matter(
            places["retired"],
            "pusat di kecamatan yang kodenya dicabut",
            "Pindahkan ke kecamatan yang berlaku sekarang.",
            "/sekretariat/pusat/?perlu=wilayah",
            "Lihat pusat",
            True,
        ),
        Matter(
            places["closed"],
            "pusat tutup yang masih punya peserta",
            "Pesertanya menunggu dipindahkan.",
            "/sekretariat/pusat/?perlu=peserta",
            "Lihat pusat",
            True,
        ),
        Matter(
            help_counts.waiting - help_counts.overdue,
            "pertanyaan dan keluhan menunggu jawaban",
            "Masih dalam batas waktu.",
            "/antrean-bantuan/",
            "Buka antrean",
        ),
        Matter(
            requests["open"] - requests["late"],
            "permintaan data berjalan",
            "Jam 3 × 24 jam sedang berjalan.",
            "/hak-data/",
            "Buka permintaan",
        ),
        Matter(
            waiting,
            "orang menunggu pusat",
            "Kabupaten atau kotanya belum punya pusat yang buka.",
            "/antrean/menunggu-pusat/",
            "Tempatkan",
        ),
        Matter(
            wishes,
            "perbaikan NIK menunggu orang kedua",
            "Diputuskan oleh orang yang tidak memintanya.",
            "/koreksi-nik/",
            "Periksa NIK",
        ),
        Matter(
            places["unmanned"],
            "pusat buka tanpa pengelola",
            "Beri peran pengelola kepada seseorang.",
            "/sekretariat/pusat/?perlu=pengelola",
            "Lihat pusat",
        ),
    ]
    return [matter for matter in matters if matter.count]


def _places(at: datetime) -> dict[str, int]:
    """Centres that need a hand, by why."""
    found: dict[str, int] = Center.objects.aggregate(
        retired=Count("pk", filter=in_retired_area()),
        closed=Count("pk", filter=closed_with_people()),
        unmanned=Count("pk", filter=open_without_manager(at)),
    )
    return found


def in_retired_area() -> Q:
    """Centres not closed whose kecamatan is retired."""
    retired = District.objects.filter(pk=OuterRef("district_id"), retired_at__isnull=False)
    return ~Q(status=Center.Status.TUTUP) & Q(Exists(retired))


def closed_with_people() -> Q:
    """Closed centres with people still on the way."""
    people = Enrollment.objects.filter(center=OuterRef("pk"), status__in=Status.open_values())
    return Q(status=Center.Status.TUTUP) & Q(Exists(people))


def open_without_manager(at: datetime) -> Q:
    """Open centres that nobody manages now."""
    held = RoleAssignment.objects.active(at).filter(
        role=Role.PENGELOLA, scope=OuterRef("pk"), user__is_active=True
    )
    return Q(status=Center.Status.BUKA) & ~Q(Exists(held))
