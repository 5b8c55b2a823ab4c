"""Klinik wirausaha: open consultation hours of a centre, their slots, and who comes."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.access import scopes
from accounts.models import Role
from core import clock
from core.clock import ZONE_CHOICES, ZONES
from core.formats import clock_time
from participants.models import Status
from participants.scoping import enrollment_scope

if TYPE_CHECKING:
    from accounts.models import User


class ClinicStatus(models.TextChoices):
    """Whether a clinic takes place."""

    DIBUKA = "dibuka", "Dibuka"
    BATAL = "batal", "Dibatalkan"


class VisitStatus(models.TextChoices):
    """How far a visit is."""

    DIPESAN = "dipesan", "Dipesan"
    HADIR = "hadir", "Hadir, menunggu"
    SELESAI = "selesai", "Selesai"
    TIDAK_DATANG = "tidak_datang", "Tidak datang"
    BATAL = "batal", "Dibatalkan"

    @classmethod
    def open_values(cls) -> list[VisitStatus]:
        """Those that somebody still waits for."""
        return [cls.DIPESAN, cls.HADIR]


class NextStep(models.TextChoices):
    """Where a visit leads."""

    CUKUP = "cukup", "Pertanyaannya terjawab"
    PENDAMPING = "pendamping", "Diteruskan dengan pendamping"
    KELAS = "kelas", "Ikut kelas"
    IZIN = "izin", "Mengurus izin usaha"
    KLINIK = "klinik", "Datang lagi ke klinik"
    DAFTAR = "daftar", "Mendaftar di OK OCE"
    LAIN = "lain", "Ke lembaga lain, tertulis di hasil"

    @property
    def path(self) -> str:
        """The page of the portal where it goes on; "" where that is no page."""
        return {
            NextStep.PENDAMPING: "/saya/",
            NextStep.KELAS: "/pelatihan/",
            NextStep.IZIN: "/saya/",
            NextStep.KLINIK: "/klinik/",
            NextStep.DAFTAR: "/daftar/",
        }.get(self, "")


class ClinicQuerySet(models.QuerySet["Clinic"]):
    """Questions about clinics."""

    def run_by(self, user: User) -> Self:
        """The clinics at whose desk somebody sits: those of the centres where they manage or coach."""
        return self.filter(center__in=[*scopes(user, Role.PENGELOLA), *scopes(user, Role.PENDAMPING)])

    def managed_by(self, user: User) -> Self:
        return self.filter(center__in=scopes(user, Role.PENGELOLA))

    def offered_to(self, user: User) -> Self:
        """The clinics of the centre where somebody takes part now."""
        return self.filter(
            center__enrollments__person__user=user,
            center__enrollments__status__in=Status.open_values(),
            center__enrollments__erased_at__isnull=True,
        )

    def for_page(self) -> Self:
        return self.select_related("center").prefetch_related("coaches")


class Clinic(models.Model):
    """Hours of one day at a centre in which anybody of the area may come and ask.

    Days and hours are those of `zone`. `last_number` is the last number given to somebody without an
    appointment; `submission_id` the form that made the clinic, which makes one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey("centers.Center", on_delete=models.PROTECT, related_name="clinics")
    day = models.DateField("tanggal")
    starts_at = models.DateTimeField("mulai")
    ends_at = models.DateTimeField("selesai")
    zone = models.CharField("zona waktu", max_length=20, choices=ZONE_CHOICES)
    slot_minutes = models.PositiveSmallIntegerField("menit tiap orang")
    topics = models.CharField("topik", max_length=200)
    place = models.CharField("tempat", max_length=200, blank=True)
    link = models.URLField("tautan daring", max_length=300, blank=True)
    coaches = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", verbose_name="pendamping")
    status = models.CharField(max_length=10, choices=ClinicStatus.choices, default=ClinicStatus.DIBUKA)
    reason = models.CharField("alasan batal", max_length=200, blank=True)
    last_number = models.PositiveSmallIntegerField("nomor terakhir", default=0)
    submission_id = models.UUIDField(unique=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        verbose_name = "klinik wirausaha"
        verbose_name_plural = "klinik wirausaha"
        constraints = [
            models.CheckConstraint(name="clinic_status_known", condition=Q(status__in=ClinicStatus.values)),
            models.CheckConstraint(name="clinic_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(name="clinic_somewhere", condition=~Q(place="") | ~Q(link="")),
            models.CheckConstraint(
                name="clinic_online_by_https", condition=Q(link="") | Q(link__startswith="https://")
            ),
            models.CheckConstraint(name="clinic_zone_known", condition=Q(zone__in=list(ZONES))),
            models.CheckConstraint(name="clinic_slot_takes_time", condition=Q(slot_minutes__gt=0)),
            models.CheckConstraint(
                name="clinic_cancelled_says_why", condition=~Q(status=ClinicStatus.BATAL) | ~Q(reason="")
            ),
        ]
        indexes = [models.Index(fields=["center", "starts_at", "id"], name="clinic_of_center")]

    def __str__(self) -> str:
        return f"klinik {self.day}"

    @property
    def is_cancelled(self) -> bool:
        return self.status == ClinicStatus.BATAL

    @property
    def hours(self) -> str:
        """ "09.00–11.00 WIB"."""
        begins = clock_time(self.starts_at, self.zone).partition(" ")[0]
        return f"{begins}–{clock_time(self.ends_at, self.zone)}"

    @property
    def where(self) -> str:
        """The place as a reader knows it, without the link."""
        return self.place or "Daring"

    @property
    def coach_names(self) -> str:
        """ "Ratna Dewi, Budi Santoso". Load `coaches` with it."""
        return ", ".join(coach.display_name for coach in self.coaches.all())


class ClinicSlot(models.Model):
    """A time of a clinic for one person. `is_taken` is raised by a conditional UPDATE alone."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="slots")
    starts_at = models.DateTimeField("mulai")
    is_taken = models.BooleanField("dipesan", default=False)

    class Meta:
        verbose_name = "jam klinik"
        verbose_name_plural = "jam klinik"
        ordering = ["starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "starts_at"], name="clinic_slot_once"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%H.%M}"


class ClinicVisitQuerySet(models.QuerySet["ClinicVisit"]):
    """Questions about visits."""

    def visible_to(self, user: User) -> Self:
        """One's own, and those of the desks where somebody sits, as long as the person is not erased."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        places = [*scopes(user, Role.PENGELOLA), *scopes(user, Role.PENDAMPING)]
        at_desk = Q(clinic__center__in=places) & (
            Q(enrollment__isnull=True) | Q(enrollment__erased_at__isnull=True)
        )
        own = Q(enrollment__person__user_id=user.pk) & enrollment_scope(user, "enrollment__")
        return self.filter(own | at_desk)

    def open(self) -> Self:
        return self.filter(status__in=VisitStatus.open_values())

    def booked(self) -> Self:
        return self.filter(status=VisitStatus.DIPESAN)

    def waiting(self) -> Self:
        """Those who are here and were not called yet, in their order: who has an hour by it, then numbers."""
        return self.filter(status=VisitStatus.HADIR, called_at__isnull=True).order_by(
            F("slot__starts_at").asc(nulls_last=True), "number", "pk"
        )

    def called(self) -> Self:
        """Those who sit at the table now."""
        return self.filter(status=VisitStatus.HADIR, called_at__isnull=False)

    def for_page(self) -> Self:
        return self.select_related("clinic__center", "slot", "enrollment__person")


class ClinicVisit(models.Model):
    """One person at a clinic: by an hour booked before, or by a number given at the desk.

    `enrollment` is empty for somebody who is not registered: nothing is kept of them but number and topic.
    `day` is the clinic's. What came of it is read by the participant.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="visits")
    slot = models.ForeignKey(ClinicSlot, null=True, on_delete=models.PROTECT, related_name="visits")
    number = models.PositiveSmallIntegerField("nomor antrean", null=True)
    submission_id = models.UUIDField(null=True)
    enrollment = models.ForeignKey(
        "participants.Enrollment", null=True, on_delete=models.PROTECT, related_name="clinic_visits"
    )
    day = models.DateField("tanggal")
    topic = models.CharField("yang ditanyakan", max_length=200, blank=True)
    status = models.CharField(max_length=15, choices=VisitStatus.choices, default=VisitStatus.DIPESAN)
    called_at = models.DateTimeField("dipanggil", null=True)
    outcome = models.CharField("hasil", max_length=400, blank=True)
    next_step = models.CharField("langkah berikutnya", max_length=12, choices=NextStep.choices, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = ClinicVisitQuerySet.as_manager()

    class Meta:
        verbose_name = "kunjungan klinik"
        verbose_name_plural = "kunjungan klinik"
        constraints = [
            models.UniqueConstraint(
                fields=["slot"], condition=~Q(status=VisitStatus.BATAL), name="clinic_slot_held_once"
            ),
            models.UniqueConstraint(
                fields=["enrollment", "day"],
                condition=Q(status__in=[VisitStatus.DIPESAN, VisitStatus.HADIR]),
                name="clinic_one_open_visit_a_day",
            ),
            models.UniqueConstraint(fields=["clinic", "number"], name="clinic_number_once"),
            models.UniqueConstraint(fields=["clinic", "submission_id"], name="clinic_number_given_once"),
            models.CheckConstraint(name="visit_status_known", condition=Q(status__in=VisitStatus.values)),
            models.CheckConstraint(
                name="visit_by_hour_or_number",
                condition=Q(slot__isnull=False, number__isnull=True, enrollment__isnull=False)
                | Q(slot__isnull=True, number__isnull=False),
            ),
            models.CheckConstraint(
                name="visit_over_when_recorded",
                condition=Q(status__in=[VisitStatus.DIPESAN, VisitStatus.HADIR], recorded_at__isnull=True)
                | Q(
                    status__in=[VisitStatus.SELESAI, VisitStatus.TIDAK_DATANG, VisitStatus.BATAL],
                    recorded_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="visit_finished_says_what",
                condition=~Q(status=VisitStatus.SELESAI) | (~Q(outcome="") & ~Q(next_step="")),
            ),
        ]
        indexes = [models.Index(fields=["enrollment", "-day"], name="visit_of_enrollment")]

    def __str__(self) -> str:
        return f"kunjungan {self.day}"

    @property
    def is_booked(self) -> bool:
        return self.status == VisitStatus.DIPESAN

    @property
    def is_here(self) -> bool:
        return self.status == VisitStatus.HADIR

    @property
    def is_open(self) -> bool:
        return self.status in VisitStatus.open_values()

    @property
    def is_finished(self) -> bool:
        return self.status == VisitStatus.SELESAI

    @property
    def status_label(self) -> str:
        return VisitStatus(self.status).label

    @property
    def badge(self) -> str:
        """Which look its status has."""
        return {
            VisitStatus.DIPESAN: "soon",
            VisitStatus.HADIR: "waiting",
            VisitStatus.SELESAI: "done",
            VisitStatus.TIDAK_DATANG: "late",
            VisitStatus.BATAL: "stopped",
        }[VisitStatus(self.status)]

    @property
    def turn(self) -> str:
        """ "09.20 WIB" or "nomor 3". Load `slot` and `clinic` with it."""
        if self.slot is not None:
            return clock_time(self.slot.starts_at, self.clinic.zone)
        return f"nomor {self.number}"

    @property
    def who(self) -> str:
        """The name, or that nobody is registered. Load `enrollment__person` with it."""
        return self.enrollment.person.full_name if self.enrollment else "Pengunjung"

    @property
    def next_label(self) -> str:
        return NextStep(self.next_step).label if self.next_step else ""

    @property
    def next_path(self) -> str:
        return NextStep(self.next_step).path if self.next_step else ""
