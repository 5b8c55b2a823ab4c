"""An enrollment and the log of everything that moved it."""

from __future__ import annotations

import uuid
from datetime import date
from typing import TYPE_CHECKING, Self

import pghistory
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from core import clock
from core.append_only import append_only
from core.dated import dated_rows
from participants.scoping import enrollment_scope

from .choices import Gender, Pathway, Stage, Status, StopReason, TransitionKind

if TYPE_CHECKING:
    from accounts.models import User


class EnrollmentQuerySet(models.QuerySet["Enrollment"]):
    """Questions about enrollments."""

    def visible_to(self, user: User) -> Self:
        return self.filter(enrollment_scope(user))

    def open(self) -> Self:
        """Still on the way: waiting for a centre, active, or out of reach."""
        return self.filter(status__in=Status.open_values(), erased_at__isnull=True)

    def active(self) -> Self:
        return self.filter(status=Status.AKTIF, erased_at__isnull=True)

    def for_page(self) -> Self:
        """With everything one participant's page names."""
        return self.select_related(
            "person__user",
            "district__regency",
            "village",
            "center",
            "agency",
            "coach",
            "coach__coach_profile",
        )


@pghistory.track()
class Enrollment(models.Model):
    """One person's way through the programme. Only `programs.pipeline.moves` writes stage and status."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField("nomor pendaftaran", max_length=20, unique=True)
    person = models.ForeignKey("participants.Person", on_delete=models.PROTECT, related_name="enrollments")
    pathway = models.CharField("jalur", max_length=20, choices=Pathway.choices)
    district = models.ForeignKey("centers.District", on_delete=models.PROTECT, related_name="+")
    village = models.ForeignKey("centers.Village", null=True, on_delete=models.PROTECT, related_name="+")
    center = models.ForeignKey(
        "centers.Center", null=True, on_delete=models.PROTECT, related_name="enrollments"
    )
    is_center_fallback = models.BooleanField("pusat pengganti", default=False)
    agency = models.ForeignKey("centers.Agency", null=True, on_delete=models.PROTECT, related_name="+")
    licensing_agency = models.ForeignKey(
        "centers.Agency", null=True, on_delete=models.PROTECT, related_name="+"
    )
    coach = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="mentees"
    )
    stage = models.CharField("tahap", max_length=20, choices=Stage.choices, default=Stage.PENDAFTARAN)
    status = models.CharField(max_length=20, choices=Status.choices)
    stop_reason = models.CharField(max_length=20, choices=StopReason.choices, blank=True)
    goal = models.CharField("tujuan", max_length=300, blank=True)
    source = models.CharField("tahu dari", max_length=60, blank=True)
    zone = models.CharField("zona waktu", max_length=30)
    cohort_year = models.PositiveSmallIntegerField("tahun daftar")
    registered_at = models.DateTimeField()
    registered_on = models.DateField()
    stage_entered_at = models.DateTimeField()
    last_activity_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    erased_at = models.DateTimeField(
        "data dihapus", null=True, help_text="Only the anonymous facts are left; counted, never listed."
    )

    objects = EnrollmentQuerySet.as_manager()

    class Meta:
        verbose_name = "keikutsertaan"
        verbose_name_plural = "keikutsertaan"
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(status__in=[Status.MENUNGGU_PUSAT, Status.AKTIF, Status.TIDAK_TERHUBUNGI]),
                name="enrollment_one_open_per_person",
            ),
            models.CheckConstraint(name="enrollment_stage_known", condition=Q(stage__in=Stage.values)),
            models.CheckConstraint(name="enrollment_status_known", condition=Q(status__in=Status.values)),
            models.CheckConstraint(
                name="enrollment_waiting_means_no_center",
                condition=~Q(status=Status.MENUNGGU_PUSAT) | Q(center__isnull=True),
            ),
            models.CheckConstraint(
                name="enrollment_stopped_has_reason",
                condition=~Q(status=Status.BERHENTI) | ~Q(stop_reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["center", "status", "stage"], name="enrollment_center_work"),
            models.Index(fields=["coach", "status"], name="enrollment_coach_work"),
            models.Index(fields=["district"], name="enrollment_district", opclasses=["text_pattern_ops"]),
            models.Index(fields=["-registered_at", "-id"], name="enrollment_newest"),
            models.Index(
                fields=["last_activity_at"], name="enrollment_silent", condition=Q(status=Status.AKTIF)
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def stage_number(self) -> int:
        return Stage(self.stage).number

    @property
    def stage_label(self) -> str:
        return Stage(self.stage).label

    @property
    def status_label(self) -> str:
        return Status(self.status).label

    @property
    def pathway_label(self) -> str:
        return Pathway(self.pathway).label

    @property
    def is_open(self) -> bool:
        return self.status in Status.open_values()

    def days_in_stage(self, today: date) -> int:
        """Day 1 is the day the stage was entered, in the centre's time zone."""
        return (today - clock.local_day(self.stage_entered_at, self.zone)).days + 1

    def days_silent(self, today: date) -> int:
        """Whole days since anything was last heard or done."""
        return (today - clock.local_day(self.last_activity_at, self.zone)).days


class StageTransitionQuerySet(models.QuerySet["StageTransition"]):
    """Questions about the log."""

    def visible_to(self, user: User) -> Self:
        return self.filter(enrollment__in=Enrollment.objects.visible_to(user))


class StageTransition(models.Model):
    """One line of the log: what moved, when, by whom, with the dimensions of that day.

    Append-only in the database. The dimensions are copied so that later transfers, corrections and erasure
    never rewrite what was counted. `version` is the enrollment's version after this row: two writers who
    read the same version cannot both succeed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="transitions")
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=TransitionKind.choices)
    from_stage = models.CharField(max_length=20, choices=Stage.choices, blank=True)
    to_stage = models.CharField(max_length=20, choices=Stage.choices)
    from_status = models.CharField(max_length=20, choices=Status.choices, blank=True)
    to_status = models.CharField(max_length=20, choices=Status.choices)
    reason = models.CharField(max_length=500, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_role = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()
    local_day = models.DateField()
    zone = models.CharField(max_length=30)
    district_code = models.CharField(max_length=8)
    center_code = models.CharField(max_length=20, blank=True)
    agency_code = models.CharField(max_length=40, blank=True)
    pathway = models.CharField(max_length=20, choices=Pathway.choices)
    gender = models.CharField(max_length=1, choices=Gender.choices, blank=True)
    birth_year = models.PositiveSmallIntegerField(null=True)
    cohort_year = models.PositiveSmallIntegerField()

    objects = StageTransitionQuerySet.as_manager()

    class Meta:
        verbose_name = "perpindahan tahap"
        verbose_name_plural = "perpindahan tahap"
        triggers = append_only(redactable=["reason"])
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "version"], name="transition_one_per_version"),
            models.CheckConstraint(
                name="transition_reason_where_needed",
                condition=~Q(
                    kind__in=[TransitionKind.DISPENSASI, TransitionKind.KOREKSI, TransitionKind.BERHENTI]
                )
                | ~Q(reason=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["district_code"], name="transition_district", opclasses=["text_pattern_ops"]
            ),
            models.Index(fields=["center_code", "local_day"], name="transition_center_day"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.from_stage}→{self.to_stage}"

    @property
    def kind_label(self) -> str:
        return TransitionKind(self.kind).label


class ThresholdQuerySet(models.QuerySet["Threshold"]):
    """Questions about dated rules."""

    def on(self, day: date) -> dict[tuple[str, str], int]:
        """Every value in force on a day, by (stage, code)."""
        rows = self.filter(valid_from__lte=day).filter(Q(valid_until__isnull=True) | Q(valid_until__gt=day))
        return {(row.stage, row.code): row.value for row in rows}


class Threshold(models.Model):
    """A number that policy may change, with the days it holds and where it comes from.

    Codes: `batas_diam` days without news before a reminder, `tenggat` days until the next step is due,
    `hadir_persen` least attendance in percent, `sesi` least sessions, `bulan_buku_kas` least months of
    cash book, `terima_tugas` working days in which a coach accepts a task, `tawaran_jam` hours for which
    an offered seat in a class is kept free, `konfirmasi_hari` days after which a session counts although the
    participant said nothing, `masa_serah` days of grace after a hand-over, `naik_diam` how many
    times the limit of silence passes before the managers are told, `cicilan_persen` percent of what comes in
    above which instalments are called heavy. `valid_until` is exclusive.
    """

    stage = models.CharField("tahap", max_length=20, choices=Stage.choices)
    code = models.CharField("kode", max_length=30)
    value = models.PositiveIntegerField("nilai")
    valid_from = models.DateField("berlaku sejak")
    valid_until = models.DateField("berlaku sampai (tidak termasuk)", null=True, blank=True)
    source = models.CharField("dasar", max_length=200)

    objects = ThresholdQuerySet.as_manager()

    class Meta:
        verbose_name = "ambang"
        verbose_name_plural = "ambang"
        ordering = ["stage", "code", "valid_from"]
        triggers = dated_rows(has_end=True)
        constraints = [
            ExclusionConstraint(
                name="threshold_one_value_a_day",
                expressions=[
                    ("stage", RangeOperators.EQUAL),
                    ("code", RangeOperators.EQUAL),
                    (
                        Func(
                            F("valid_from"),
                            F("valid_until"),
                            RangeBoundary(),
                            function="DATERANGE",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message="Sudah ada nilai untuk masa itu. Akhiri dulu nilai yang lama.",
            ),
            models.CheckConstraint(
                name="threshold_ends_after_start",
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage}.{self.code} = {self.value}"
