"""What people may ask about their own data (UU 27/2022), and how long data are kept."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.access import scopes
from accounts.models import Role
from core import clock, crypto
from core.dated import dated_rows
from core.validators import mask_phone

from .enrollment import Enrollment
from .person import Person

if TYPE_CHECKING:
    from accounts.models import User

ANSWER_WITHIN = timedelta(hours=72)
"""3 × 24 hours to answer: correction (UU 27/2022 art. 30), access (32), withdrawn consent (40), restriction
(41). Erasure (43) names no hours; the portal keeps the same clock."""


class RequestKind(models.TextChoices):
    """What is asked. `henti`: the consent to the programme was withdrawn, so the way ends here."""

    KOREKSI = "koreksi", "Perbaikan data"
    HENTI = "henti", "Berhenti ikut program"
    HAPUS = "hapus", "Penghapusan data"


class RequestOrigin(models.TextChoices):
    """Who began it: the person, or a retention rule that found data older than allowed."""

    WARGA = "warga", "Permintaan peserta"
    RETENSI = "retensi", "Batas masa simpan"


class RequestStatus(models.TextChoices):
    """Where a request stands. An erasure needs two people: the first agrees, the second carries it out."""

    DIAJUKAN = "diajukan", "Menunggu jawaban"
    MENUNGGU_KEDUA = "menunggu_kedua", "Menunggu petugas kedua"
    SELESAI = "selesai", "Selesai"
    DITOLAK = "ditolak", "Ditolak"
    DIBATALKAN = "dibatalkan", "Dibatalkan"

    @classmethod
    def open_values(cls) -> list[str]:
        """Statuses in which somebody still has to answer."""
        return [cls.DIAJUKAN, cls.MENUNGGU_KEDUA]


class DataRequestQuerySet(models.QuerySet["DataRequest"]):
    """Questions about requests."""

    def visible_to(self, user: User) -> Self:
        """One's own requests; the manager those of the own centres; the secretariat all."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if scopes(user, Role.ADMIN):
            return self.all()
        return self.filter(
            Q(person__user_id=user.pk) | Q(enrollment__center_id__in=scopes(user, Role.PENGELOLA))
        )

    def answerable_by(self, user: User) -> Self:
        """Those the user may see as staff: never the own ones."""
        return self.visible_to(user).exclude(person__user_id=user.pk)

    def open(self) -> Self:
        return self.filter(status__in=RequestStatus.open_values())


class DataRequest(models.Model):
    """One request about one person's data: number, owner, status, and when the answer is due.

    `changes` holds the wished values of a correction (field → text); a wished phone number is sealed beside
    it. Erasure empties both, and every free text.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField("nomor", max_length=20, unique=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="data_requests")
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="data_requests")
    kind = models.CharField("jenis", max_length=10, choices=RequestKind.choices)
    origin = models.CharField(
        "asal", max_length=10, choices=RequestOrigin.choices, default=RequestOrigin.WARGA
    )
    status = models.CharField(max_length=20, choices=RequestStatus.choices, default=RequestStatus.DIAJUKAN)
    changes = models.JSONField("perubahan", default=dict, blank=True)
    phone_sealed = crypto.SealedField(null=True)
    phone_mask = models.CharField(max_length=24, blank=True)
    reason = models.CharField("alasan", max_length=300, blank=True)
    answer = models.CharField("jawaban", max_length=300, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="petugas",
    )
    requested_at = models.DateTimeField("diminta", default=clock.now)
    due_at = models.DateTimeField("batas jawaban")
    first_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    first_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    objects = DataRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "permintaan hak data"
        verbose_name_plural = "permintaan hak data"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind"],
                condition=Q(status__in=RequestStatus.open_values()),
                name="data_request_one_open_per_kind",
            ),
            models.CheckConstraint(
                name="data_request_refusal_says_why",
                condition=~Q(status=RequestStatus.DITOLAK) | ~Q(answer=""),
            ),
            models.CheckConstraint(
                name="data_request_decision_has_decider",
                condition=~Q(status__in=[RequestStatus.SELESAI, RequestStatus.DITOLAK])
                | (Q(decided_by__isnull=False) & Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="data_request_erasure_by_two",
                condition=~Q(kind=RequestKind.HAPUS, status=RequestStatus.SELESAI)
                | (Q(first_by__isnull=False) & ~Q(first_by=F("decided_by"))),
                violation_error_message="Penghapusan disetujui oleh dua orang yang berbeda.",
            ),
        ]
        indexes = [
            models.Index(fields=["-requested_at", "-id"], name="data_request_newest"),
            models.Index(
                fields=["due_at"],
                name="data_request_open",
                condition=Q(status__in=RequestStatus.open_values()),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def set_phone(self, e164: str | None) -> None:
        """Seal a wished E.164 number into this row, or clear it."""
        crypto.set_sealed(self, "phone_sealed", e164)
        self.phone_mask = mask_phone(e164) if e164 else ""

    def phone(self) -> str | None:
        """The wished E.164 number, for the act that carries the correction out."""
        return crypto.get_sealed(self, "phone_sealed")

    @property
    def kind_label(self) -> str:
        return RequestKind(self.kind).label

    @property
    def status_label(self) -> str:
        return RequestStatus(self.status).label

    @property
    def is_open(self) -> bool:
        return self.status in RequestStatus.open_values()

    @property
    def is_erasure(self) -> bool:
        return self.kind == RequestKind.HAPUS

    @property
    def is_correction(self) -> bool:
        return self.kind == RequestKind.KOREKSI

    @property
    def is_refused(self) -> bool:
        return self.status == RequestStatus.DITOLAK

    @property
    def is_from_person(self) -> bool:
        return self.origin == RequestOrigin.WARGA

    @property
    def needs_second(self) -> bool:
        return self.status == RequestStatus.MENUNGGU_KEDUA

    def hours_left(self, at: datetime) -> int:
        """Begun hours until the answer is due; 0 and below once the instant has passed."""
        return ceil((self.due_at - at) / timedelta(hours=1))

    def is_overdue(self, at: datetime) -> bool:
        """Open, and the instant of the answer has passed."""
        return self.is_open and at > self.due_at


class RetentionKind(models.TextChoices):
    """What a rule lets go of. All but `peserta_berhenti` are deleted by the nightly run itself."""

    BERKAS_DITOLAK = "berkas_ditolak", "Berkas bukti yang ditolak"
    KTP_TERVERIFIKASI = "ktp_terverifikasi", "Foto KTP sesudah identitas diverifikasi"
    PESAN_DIBACA = "pesan_dibaca", "Pesan yang sudah dibaca"
    PESAN_KELUAR = "pesan_keluar", "Antrean pesan yang sudah terkirim"
    KODE_AKSES = "kode_akses", "Kode cetak yang sudah dipakai atau kedaluwarsa"
    HITUNGAN_MASUK = "hitungan_masuk", "Hitungan percobaan masuk"
    JAWABAN_PENDAFTARAN = "jawaban_pendaftaran", "Jawaban kiriman formulir pendaftaran"
    PESERTA_BERHENTI = "peserta_berhenti", "Peserta berhenti tanpa kegiatan (diusulkan, diputuskan orang)"


class RetentionRuleQuerySet(models.QuerySet["RetentionRule"]):
    """Questions about rules."""

    def on(self, day: date) -> dict[RetentionKind, RetentionRule]:
        """The rule in force for each kind on a day: the one that began last."""
        rows = self.filter(valid_from__lte=day).order_by("kind", "valid_from")
        return {RetentionKind(row.kind): row for row in rows}


class RetentionRule(models.Model):
    """How many months one kind of data is kept, from which day, on what ground.

    A newer row replaces an older one from its day on; 0 months ends the keeping at once, no row keeps for
    good.
    """

    kind = models.CharField("jenis", max_length=30, choices=RetentionKind.choices)
    months = models.PositiveSmallIntegerField("disimpan (bulan)")
    valid_from = models.DateField("berlaku sejak")
    source = models.CharField("dasar", max_length=200)

    objects = RetentionRuleQuerySet.as_manager()

    class Meta:
        verbose_name = "masa simpan"
        verbose_name_plural = "masa simpan"
        ordering = ["kind", "-valid_from"]
        triggers = dated_rows(has_end=False)
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "valid_from"],
                name="retention_one_rule_a_day",
                violation_error_message="Sudah ada masa simpan yang mulai hari itu.",
            ),
            models.CheckConstraint(name="retention_kind_known", condition=Q(kind__in=RetentionKind.values)),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.months} bulan"


class RetentionRun(models.Model):
    """What one rule found and did on one run; a trial run does nothing."""

    kind = models.CharField("jenis", max_length=30, choices=RetentionKind.choices)
    months = models.PositiveSmallIntegerField("disimpan (bulan)")
    ran_at = models.DateTimeField("dijalankan", default=clock.now, db_index=True)
    found = models.PositiveIntegerField("lewat masa simpan")
    done = models.PositiveIntegerField("dihapus atau diusulkan")
    is_trial = models.BooleanField("uji coba")

    class Meta:
        verbose_name = "pelaksanaan masa simpan"
        verbose_name_plural = "pelaksanaan masa simpan"
        ordering = ["-ran_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.ran_at:%Y-%m-%d}: {self.done}/{self.found}"
