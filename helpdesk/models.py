"""Questions and complaints: what was asked, who answers until when, what was said."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Upper
from django.urls import reverse

from centers.models import Center, District
from core import clock
from core.append_only import append_only
from core.crypto import SealedField, blind_index, get_sealed, set_sealed
from core.dated import dated_rows
from core.validators import mask_phone

from .scoping import staff_scope, ticket_scope

if TYPE_CHECKING:
    from accounts.models import User

TEXT_LENGTH = 2_000
"""Characters of one message or note."""


class Kind(models.TextChoices):
    """What somebody wants: to know something, or something put right."""

    PERTANYAAN = "pertanyaan", "Pertanyaan"
    KELUHAN = "keluhan", "Keluhan"


class Topic(models.TextChoices):
    """What it is about. `petugas` in a complaint sends it past the centre."""

    PENDAFTARAN = "pendaftaran", "Pendaftaran atau masuk akun"
    PELATIHAN = "pelatihan", "Kelas dan pelatihan"
    PENDAMPINGAN = "pendampingan", "Pendampingan"
    PERIZINAN = "perizinan", "Izin usaha"
    PEMASARAN = "pemasaran", "Jualan dan pemasaran"
    PERMODALAN = "permodalan", "Modal"
    DATA = "data", "Data pribadi saya"
    PETUGAS = "petugas", "Sikap atau layanan petugas"
    LAINNYA = "lainnya", "Lainnya"


class TicketStatus(models.TextChoices):
    """Whose turn it is. `baru`: staff have to answer; the clock runs only then."""

    BARU = "baru", "Menunggu jawaban petugas"
    DIJAWAB = "dijawab", "Dijawab"
    MENUNGGU_PENANYA = "menunggu_penanya", "Menunggu penanya"
    SELESAI = "selesai", "Selesai"


class Desk(models.TextChoices):
    """Who is in charge; the order is from near to far."""

    PUSAT = "pusat", "Pusat"
    DINAS = "dinas", "Dinas"
    SEKRETARIAT = "sekretariat", "Sekretariat PGO"


class TicketQuerySet(models.QuerySet["Ticket"]):
    """Questions about tickets."""

    def visible_to(self, user: User) -> Self:
        """Tickets the user works on, and the user's own."""
        return self.filter(ticket_scope(user))

    def workable_by(self, user: User) -> Self:
        """Tickets the user works on as staff, internal notes included; never the own ones."""
        return self.filter(staff_scope(user))

    def asked_by(self, user: User) -> Self:
        return self.filter(asker_id=user.pk)

    def open(self) -> Self:
        return self.exclude(status=TicketStatus.SELESAI)

    def waiting(self) -> Self:
        """It is the staff's turn."""
        return self.filter(status=TicketStatus.BARU)

    def overdue(self, at: datetime) -> Self:
        """The staff's turn, and past the limit."""
        return self.waiting().filter(due_at__lte=at)

    def for_page(self) -> Self:
        """With everything a page names."""
        return self.select_related("district__regency", "center__district", "owner", "asker")


class Ticket(models.Model):
    """One question or complaint.

    `due_on` is the last working day for an answer in the ticket's zone and `due_at` the instant after it;
    `escalates_on` the day on which the level above is told. They belong to the present wait, which began at
    `waiting_since`: another message of the asker begins a new one. Name, phone and e-mail are those left for
    the answer; who is signed in is answered in the portal.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField("nomor", max_length=20, unique=True)
    submission_id = models.UUIDField(unique=True, editable=False)
    browser_index = models.BinaryField(max_length=32, editable=False)
    kind = models.CharField("jenis", max_length=12, choices=Kind.choices)
    topic = models.CharField("perihal", max_length=14, choices=Topic.choices)
    summary = models.CharField("ringkasan", max_length=120)
    asker = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="tickets", verbose_name="penanya"
    )
    name = models.CharField("nama", max_length=120)
    phone_sealed = SealedField(null=True, editable=False)
    phone_index = models.BinaryField(max_length=32, null=True, editable=False, db_index=True)
    phone_mask = models.CharField("nomor HP", max_length=24, blank=True)
    email = models.CharField("e-mail", max_length=254, blank=True)
    checks_self = models.BooleanField("mengecek sendiri dengan nomor", default=False)
    district = models.ForeignKey(District, models.PROTECT, null=True, verbose_name="kecamatan")
    center = models.ForeignKey(
        Center, models.PROTECT, null=True, related_name="tickets", verbose_name="pusat"
    )
    is_about_staff = models.BooleanField("tentang petugas pusat", default=False)
    desk = models.CharField("ditangani", max_length=12, choices=Desk.choices)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="owned_tickets",
        verbose_name="penanggung jawab",
    )
    taken_at = models.DateTimeField("diambil", null=True)
    status = models.CharField(
        "status", max_length=18, choices=TicketStatus.choices, default=TicketStatus.BARU
    )
    zone = models.CharField("zona waktu", max_length=20, choices=clock.ZONE_CHOICES)
    opened_at = models.DateTimeField("masuk")
    waiting_since = models.DateTimeField("menunggu sejak")
    due_on = models.DateField("batas hari")
    due_at = models.DateTimeField("batas")
    escalates_on = models.DateField("naik ke atasan")
    reminded_at = models.DateTimeField(null=True, editable=False)
    escalated_at = models.DateTimeField(null=True, editable=False)
    answered_at = models.DateTimeField("dijawab pertama kali", null=True)
    closed_at = models.DateTimeField("ditutup", null=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = "pertanyaan atau keluhan"
        verbose_name_plural = "pertanyaan dan keluhan"
        constraints = [
            models.CheckConstraint(
                name="ticket_number_form", condition=Q(number__regex=r"^B-[0-9]{2}-[0-9]{6,}$")
            ),
            models.CheckConstraint(name="ticket_kind_known", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(name="ticket_status_known", condition=Q(status__in=TicketStatus.values)),
            models.CheckConstraint(
                name="ticket_desk_known",
                condition=Q(desk__in=[Desk.DINAS, Desk.SEKRETARIAT])
                | Q(desk=Desk.PUSAT, center__isnull=False, is_about_staff=False),
            ),
            models.CheckConstraint(
                name="ticket_can_be_answered",
                condition=Q(asker__isnull=False)
                | Q(phone_index__isnull=False)
                | ~Q(email="")
                | Q(checks_self=True),
            ),
            models.CheckConstraint(
                name="ticket_phone_together",
                condition=Q(phone_sealed__isnull=True, phone_index__isnull=True)
                | Q(phone_sealed__isnull=False, phone_index__isnull=False),
            ),
            models.CheckConstraint(
                name="ticket_closed_has_instant",
                condition=Q(status=TicketStatus.SELESAI, closed_at__isnull=False)
                | (~Q(status=TicketStatus.SELESAI) & Q(closed_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="ticket_taken_by_somebody", condition=Q(taken_at__isnull=True) | Q(owner__isnull=False)
            ),
            models.CheckConstraint(
                name="ticket_owner_is_not_asker", condition=~Q(owner=F("asker")) | Q(asker__isnull=True)
            ),
        ]
        indexes = [
            models.Index(fields=["status", "due_at", "id"], name="ticket_queue"),
            models.Index(fields=["center", "status", "due_at", "id"], name="ticket_center_queue"),
            models.Index(fields=["district", "status", "due_at"], name="ticket_area_queue"),
            models.Index(
                fields=["zone", "due_on"], name="ticket_to_remind", condition=Q(status=TicketStatus.BARU)
            ),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="ticket_name_trgm"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """The asker's page."""
        return reverse("help_followup", args=[self.number])

    def set_phone(self, e164: str | None) -> None:
        """Seal an E.164 number into this row, with index and mask, or clear all three; the caller saves."""
        set_sealed(self, "phone_sealed", e164)
        self.phone_index = blind_index(e164, purpose="phone") if e164 else None
        self.phone_mask = mask_phone(e164)

    def phone(self) -> str | None:
        """The number in E.164. Call only for whoever answers this ticket."""
        return get_sealed(self, "phone_sealed")

    # What is true now ----------------------------------------------------------------------------------

    @property
    def is_waiting(self) -> bool:
        """It is the staff's turn."""
        return self.status == TicketStatus.BARU

    @property
    def is_closed(self) -> bool:
        return self.status == TicketStatus.SELESAI

    @property
    def is_complaint(self) -> bool:
        return self.kind == Kind.KELUHAN

    def is_overdue(self, at: datetime) -> bool:
        return self.is_waiting and at >= self.due_at

    def day_number(self, at: datetime) -> int:
        """Calendar days of the present wait in the ticket's zone; the first day is 1."""
        return (self.local_day(at) - self.local_day(self.waiting_since)).days + 1

    def days_late(self, at: datetime) -> int:
        """Calendar days after the last day for an answer; 0 before."""
        return max((self.local_day(at) - self.due_on).days, 0) if self.is_waiting else 0

    def local_day(self, at: datetime) -> date:
        return clock.local_day(at, self.zone)

    @property
    def owner_name(self) -> str:
        """Who answers, as the asker reads it."""
        return self.owner.display_name if self.owner else "Sekretariat PGO"

    @property
    def kind_label(self) -> str:
        return Kind(self.kind).label

    @property
    def topic_label(self) -> str:
        return Topic(self.topic).label

    @property
    def status_label(self) -> str:
        return TicketStatus(self.status).label

    @property
    def place_label(self) -> str:
        """The kecamatan and who is in charge there; select `district__regency` and `center`."""
        if self.district is None:
            return self.center.name if self.center else "Tanpa kecamatan"
        return self.district.full_name

    def begin_wait(self, *, at: datetime, due_on: date, escalates_on: date) -> None:
        """From now on the staff have to answer, until the end of `due_on`; the caller saves."""
        self.status = TicketStatus.BARU
        self.waiting_since = at
        self.due_on = due_on
        self.due_at = clock.day_start(due_on + timedelta(days=1), self.zone)
        self.escalates_on = escalates_on
        self.reminded_at = self.escalated_at = self.closed_at = None


WAIT_FIELDS = [
    "status", "waiting_since", "due_on", "due_at", "escalates_on", "reminded_at", "escalated_at", "closed_at"
]  # fmt: skip
"""The columns that `Ticket.begin_wait` sets."""


class AboutTicketQuerySet(models.QuerySet["TicketMessage"]):
    """Questions about what was said."""

    def visible_to(self, user: User) -> Self:
        return self.filter(ticket_scope(user, "ticket__"))


class TicketMessage(models.Model):
    """What the asker and the staff wrote to each other. Never changed; erasure blanks the text.

    `was_late`: an answer of the staff that ended a wait after its limit.
    """

    class Side(models.TextChoices):
        PENANYA = "penanya", "Penanya"
        PETUGAS = "petugas", "Petugas"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="messages", db_index=False)
    side = models.CharField(max_length=8, choices=Side.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    text = models.CharField(max_length=TEXT_LENGTH)
    was_late = models.BooleanField(default=False)
    at = models.DateTimeField()

    objects = AboutTicketQuerySet.as_manager()

    class Meta:
        verbose_name = "pesan bantuan"
        verbose_name_plural = "pesan bantuan"
        constraints = [
            models.CheckConstraint(
                name="ticket_message_of_staff_has_author",
                condition=Q(side="penanya") | Q(side="petugas", author__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["ticket", "at", "id"], name="ticket_messages")]
        triggers = append_only(redactable=["text"])

    @property
    def is_from_staff(self) -> bool:
        return self.side == self.Side.PETUGAS


class TicketNoteQuerySet(models.QuerySet["TicketNote"]):
    """Questions about the internal log."""

    def visible_to(self, user: User) -> Self:
        """For staff alone: the asker reads messages, not notes."""
        return self.filter(staff_scope(user, "ticket__"))


class TicketNote(models.Model):
    """What the staff keep among themselves: notes and what was done, with its reason. Never changed."""

    class Act(models.TextChoices):
        CATATAN = "catatan", "Catatan"
        AMBIL = "ambil", "Diambil"
        SERAH = "serah", "Diserahkan"
        TUTUP = "tutup", "Ditutup"
        BUKA_LAGI = "buka_lagi", "Dibuka lagi oleh penanya"
        NAIK = "naik", "Lewat batas, atasan diberi tahu"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="notes", db_index=False)
    act = models.CharField(max_length=10, choices=Act.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    text = models.CharField(max_length=TEXT_LENGTH, blank=True)
    at = models.DateTimeField()

    objects = TicketNoteQuerySet.as_manager()

    class Meta:
        verbose_name = "catatan bantuan"
        verbose_name_plural = "catatan bantuan"
        indexes = [models.Index(fields=["ticket", "at", "id"], name="ticket_notes")]
        triggers = append_only(redactable=["text"])

    @property
    def act_label(self) -> str:
        return self.Act(self.act).label


class TicketRuleQuerySet(models.QuerySet["TicketRule"]):
    """Questions about dated rules."""

    def on(self, day: date) -> dict[tuple[str, str], int]:
        """Every value in force on a day, by (kind, code)."""
        rows = self.filter(valid_from__lte=day).filter(Q(valid_until__isnull=True) | Q(valid_until__gt=day))
        return {(row.kind, row.code): row.value for row in rows}


class TicketRule(models.Model):
    """A number of days that policy may change, with the days it holds and where it comes from.

    `tenggat`: working days until an answer. `naik`: further working days until the level above is told.
    `buka_lagi`: calendar days in which a closed ticket may be opened again. `valid_until` is exclusive.
    """

    class Code(models.TextChoices):
        TENGGAT = "tenggat", "Hari kerja sampai dijawab"
        NAIK = "naik", "Hari kerja sesudah batas sampai atasan diberi tahu"
        BUKA_LAGI = "buka_lagi", "Hari untuk membuka lagi"

    kind = models.CharField("jenis", max_length=12, choices=Kind.choices)
    code = models.CharField("kode", max_length=12, choices=Code.choices)
    value = models.PositiveSmallIntegerField("hari")
    valid_from = models.DateField("berlaku sejak")
    valid_until = models.DateField("berlaku sampai (tidak termasuk)", null=True, blank=True)
    source = models.CharField("dasar", max_length=200)

    objects = TicketRuleQuerySet.as_manager()

    class Meta:
        verbose_name = "batas waktu bantuan"
        verbose_name_plural = "batas waktu bantuan"
        ordering = ["kind", "code", "valid_from"]
        triggers = dated_rows(has_end=True)
        constraints = [
            ExclusionConstraint(
                name="ticket_rule_one_value_a_day",
                expressions=[
                    ("kind", RangeOperators.EQUAL),
                    ("code", RangeOperators.EQUAL),
                    (
                        Func(F("valid_from"), F("valid_until"), RangeBoundary(), function="DATERANGE"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message="Sudah ada nilai untuk masa itu. Akhiri dulu nilai yang lama.",
            ),
            models.CheckConstraint(
                name="ticket_rule_ends_after_start",
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                violation_error_message="Hari berakhir harus sesudah hari mulai.",
            ),
            models.CheckConstraint(
                name="ticket_rule_at_least_one_day",
                condition=Q(value__gte=1, value__lte=365),
                violation_error_message="Tulis 1 sampai 365 hari.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}.{self.code} = {self.value}"
