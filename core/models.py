"""What every app needs recorded: stored files, the audit log, the outbox and long jobs.

Users live above this app, so people are kept as plain UUIDs here, without foreign keys.
"""

import uuid
from datetime import datetime, timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from core import clock
from core.append_only import append_only


class StoredFile(models.Model):
    """A file under `settings.FILES_DIR`, written by `core.files` alone and never changed afterwards."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    path = models.CharField("letak", max_length=120, unique=True, help_text="Relative to FILES_DIR.")
    sha256 = models.CharField("sidik jari", max_length=64, db_index=True)
    size = models.BigIntegerField("ukuran (bita)")
    content_type = models.CharField("jenis", max_length=100)
    original_name = models.CharField("nama asli", max_length=120)
    width = models.PositiveIntegerField("lebar (piksel)", null=True, blank=True)
    height = models.PositiveIntegerField("tinggi (piksel)", null=True, blank=True)
    uploaded_by_id = models.UUIDField("pengunggah", null=True, blank=True, db_index=True)
    run_token = models.UUIDField(
        "dibuat oleh proses", null=True, blank=True, db_index=True, help_text="Set for files made by a job."
    )
    created_at = models.DateTimeField("dibuat", default=clock.now, db_index=True)

    class Meta:
        verbose_name = "berkas"
        verbose_name_plural = "berkas"
        constraints = [models.CheckConstraint(condition=Q(size__gte=0), name="storedfile_size_not_negative")]

    def __str__(self) -> str:
        return self.original_name

    @property
    def is_image(self) -> bool:
        """Whether a browser can show the file as a picture."""
        return self.content_type.startswith("image/")


class AuditEntry(models.Model):
    """Who did what to which record, when and why. Append-only by trigger; written by `core.audit.record`."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField("waktu", default=clock.now, db_index=True)
    actor_id = models.UUIDField("pelaku", null=True, blank=True, db_index=True)
    actor_label = models.CharField("nama pelaku", max_length=200, blank=True)
    action = models.CharField("tindakan", max_length=80, db_index=True)
    object_type = models.CharField("jenis objek", max_length=80, blank=True)
    object_id = models.CharField("nomor objek", max_length=80, blank=True)
    reason = models.TextField("alasan", blank=True)
    detail = models.JSONField("rincian", default=dict, blank=True, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = "catatan audit"
        verbose_name_plural = "catatan audit"
        ordering = ["-id"]
        indexes = [models.Index(fields=["object_type", "object_id", "-id"], name="auditentry_object_idx")]
        triggers = append_only(redactable=["actor_label", "reason", "detail"])

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}".strip()


class OutboxQuerySet(models.QuerySet["OutboxMessage"]):
    """Phrases about messages that wait."""

    def pending(self) -> "OutboxQuerySet":
        """Messages neither delivered nor parked, whether due or not."""
        return self.filter(done_at__isnull=True, parked_at__isnull=True)

    def due(self, at: datetime) -> "OutboxQuerySet":
        """Messages that may be claimed at the instant `at`."""
        return self.pending().filter(claimed_at__isnull=True, not_before__lte=at)

    def parked(self) -> "OutboxQuerySet":
        """Messages given up after the last attempt; `core.outbox.requeue` brings them back."""
        return self.filter(parked_at__isnull=False, done_at__isnull=True)


class OutboxMessage(models.Model):
    """An effect to carry out after its cause is committed; written in the cause's transaction.

    `ids` holds record ids only, never names, numbers or texts of people.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField("jenis", max_length=80)
    recipient_id = models.UUIDField("penerima", null=True, blank=True, db_index=True)
    ids = models.JSONField("nomor terkait", default=dict, encoder=DjangoJSONEncoder)
    dedupe_key = models.CharField("kunci sekali kirim", max_length=200, unique=True)
    not_before = models.DateTimeField("tidak sebelum", default=clock.now)
    created_at = models.DateTimeField("dibuat", default=clock.now)
    claim = models.UUIDField("pengambil", null=True, blank=True)
    claimed_at = models.DateTimeField("diambil", null=True, blank=True)
    done_at = models.DateTimeField("selesai", null=True, blank=True)
    parked_at = models.DateTimeField("ditahan", null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("percobaan", default=0)
    last_error = models.TextField("galat terakhir", blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = "pesan keluar"
        verbose_name_plural = "pesan keluar"
        indexes = [
            models.Index(
                fields=["not_before", "id"],
                name="outbox_pending_idx",
                condition=Q(done_at__isnull=True, parked_at__isnull=True),
            ),
            models.Index(
                fields=["claim"],
                name="outbox_claim_idx",
                condition=Q(claim__isnull=False, done_at__isnull=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(claim__isnull=True, claimed_at__isnull=True)
                | Q(claim__isnull=False, claimed_at__isnull=False),
                name="outbox_claim_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.dedupe_key}"


class Job(models.Model):
    """Long work with progress and one result. `run` is the token of the one runner that may finish it."""

    class Status(models.TextChoices):
        ANTRE = "antre", "Menunggu giliran"
        JALAN = "jalan", "Sedang dibuat"
        SELESAI = "selesai", "Selesai"
        GAGAL = "gagal", "Gagal"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("jenis", max_length=80)
    params = models.JSONField("permintaan", default=dict, encoder=DjangoJSONEncoder)
    requested_by_id = models.UUIDField("peminta", null=True, blank=True, db_index=True)
    dedupe_key = models.CharField("kunci sekali jalan", max_length=200, unique=True, null=True, blank=True)
    status = models.CharField("status", max_length=10, choices=Status, default=Status.ANTRE)
    done = models.PositiveIntegerField("sudah", default=0)
    total = models.PositiveIntegerField("dari", default=0)
    note = models.CharField("keterangan", max_length=200, blank=True)
    error = models.TextField("galat", blank=True)
    run = models.UUIDField("proses", null=True, blank=True)
    lease_until = models.DateTimeField("dipegang sampai", null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("percobaan", default=0)
    result = models.ForeignKey(
        StoredFile,
        verbose_name="hasil",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="jobs",
    )
    created_at = models.DateTimeField("diminta", default=clock.now)
    started_at = models.DateTimeField("mulai", null=True, blank=True)
    finished_at = models.DateTimeField("selesai pada", null=True, blank=True)

    class Meta:
        verbose_name = "pekerjaan"
        verbose_name_plural = "pekerjaan"
        indexes = [
            models.Index(
                fields=["created_at"], name="job_open_idx", condition=Q(status__in=["antre", "jalan"])
            ),
            models.Index(fields=["requested_by_id", "-created_at"], name="job_requester_idx"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="jalan") | Q(run__isnull=False, lease_until__isnull=False),
                name="job_running_has_lease",
            ),
            models.CheckConstraint(
                condition=Q(total=0) | Q(done__lte=F("total")), name="job_done_within_total"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def is_finished(self) -> bool:
        """Whether the job has ended, well or badly."""
        return self.status in (self.Status.SELESAI, self.Status.GAGAL)

    @property
    def is_failed(self) -> bool:
        """Whether the job ended without a result."""
        return self.status == self.Status.GAGAL

    @property
    def percent(self) -> int | None:
        """Progress from 0 to 100, or None while the amount of work is unknown."""
        if self.status == self.Status.SELESAI:
            return 100
        return min(99, self.done * 100 // self.total) if self.total else None

    @property
    def duration(self) -> timedelta | None:
        """Time from start to end, None while not finished."""
        if self.started_at is None or self.finished_at is None:
            return None
        return self.finished_at - self.started_at
