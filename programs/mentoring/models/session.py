"""Sessions of a coach with a participant: planned, held or missed, and what the participant says to that."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core import clock
from core.clock import ZONES
from core.formats import clock_time, day_long
from participants.models import Stage
from participants.scoping import acting_role, enrollment_scope

if TYPE_CHECKING:
    from accounts.models import User

LENGTH = timedelta(hours=1)
"""How long a session stands in a calendar."""


class PlaceKind(models.TextChoices):
    """Where a session takes place."""

    PUSAT = "pusat", "Di pusat"
    KUNJUNGAN = "kunjungan", "Kunjungan ke peserta"
    TELEPON = "telepon", "Telepon atau WhatsApp"
    DARING = "daring", "Daring (video)"


class SessionStatus(models.TextChoices):
    """How far a session is. A moved one stays planned, at another time."""

    DIRENCANAKAN = "direncanakan", "Direncanakan"
    TERLAKSANA = "terlaksana", "Terlaksana"
    TIDAK_DATANG = "tidak_datang", "Peserta tidak datang"
    BATAL = "batal", "Dibatalkan"


class SessionAnswer(models.TextChoices):
    """What the participant says of a session that was written down as held."""

    TERJADI = "terjadi", "Benar terjadi"
    TIDAK_TERJADI = "tidak_terjadi", "Tidak terjadi"


class MentoringSessionQuerySet(models.QuerySet["MentoringSession"]):
    """Questions about sessions."""

    def visible_to(self, user: User) -> Self:
        return self.filter(enrollment_scope(user, "enrollment__"))

    def planned(self) -> Self:
        return self.filter(status=SessionStatus.DIRENCANAKAN)

    def held(self) -> Self:
        return self.filter(status=SessionStatus.TERLAKSANA)

    def unanswered(self) -> Self:
        """Held, and the participant has said nothing yet."""
        return self.held().filter(answer="")

    def counted(self, *, silent_until: date) -> Self:
        """Held and confirmed: by the participant, or by nobody's word against it since `silent_until`."""
        return self.held().filter(
            Q(answer=SessionAnswer.TERJADI) | Q(answer="", recorded_on__lte=silent_until)
        )

    def for_page(self) -> Self:
        return self.select_related("coach", "enrollment__person", "enrollment__center")


class MentoringSession(models.Model):
    """One session. `submission_id` is the form that made it, `held_submission_id` the one that said how it
    went: each counts once. `day` is the local day of `starts_at` in `zone`, the centre's when it was planned;
    `stage` the participant's when it was written down, for a session proves the stage it was held in.

    `done` and `agreed` are read by the participant, `private_note` by the coach and the manager alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrollment = models.ForeignKey(
        "participants.Enrollment", on_delete=models.PROTECT, related_name="mentoring_sessions"
    )
    stage = models.CharField("tahap", max_length=20, choices=Stage.choices)
    coach = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    submission_id = models.UUIDField()
    held_submission_id = models.UUIDField(null=True)
    place_kind = models.CharField("tempat", max_length=12, choices=PlaceKind.choices)
    place = models.CharField("alamat", max_length=200, blank=True)
    link = models.CharField("tautan", max_length=300, blank=True)
    topic = models.CharField("topik", max_length=120)
    starts_at = models.DateTimeField("mulai")
    zone = models.CharField(max_length=20, choices=clock.ZONE_CHOICES)
    day = models.DateField("tanggal")
    status = models.CharField(
        max_length=15, choices=SessionStatus.choices, default=SessionStatus.DIRENCANAKAN
    )
    done = models.CharField("yang dikerjakan", max_length=800, blank=True)
    agreed = models.CharField("yang disepakati", max_length=200, blank=True)
    next_on = models.DateField("kontak berikutnya", null=True)
    private_note = models.CharField("catatan pribadi", max_length=800, blank=True)
    reason = models.CharField("alasan", max_length=200, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(null=True)
    recorded_on = models.DateField(null=True)
    answer = models.CharField(max_length=15, choices=SessionAnswer.choices, blank=True)
    answer_note = models.CharField("kata peserta", max_length=300, blank=True)
    answered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = MentoringSessionQuerySet.as_manager()

    class Meta:
        verbose_name = "pertemuan pendampingan"
        verbose_name_plural = "pertemuan pendampingan"
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "submission_id"], name="mentoring_planned_once"),
            models.UniqueConstraint(
                fields=["enrollment", "held_submission_id"], name="mentoring_recorded_once"
            ),
            models.CheckConstraint(
                name="mentoring_place_known", condition=Q(place_kind__in=PlaceKind.values)
            ),
            models.CheckConstraint(
                name="mentoring_recorded_when_over",
                condition=Q(
                    status=SessionStatus.DIRENCANAKAN, recorded_at__isnull=True, recorded_on__isnull=True
                )
                | Q(
                    status__in=[
                        SessionStatus.TERLAKSANA, SessionStatus.TIDAK_DATANG, SessionStatus.BATAL
                    ],
                    recorded_at__isnull=False, recorded_on__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="mentoring_held_says_what",
                condition=~Q(status=SessionStatus.TERLAKSANA) | ~Q(done=""),
            ),
            models.CheckConstraint(
                name="mentoring_answer_to_held",
                condition=Q(answer="", answered_at__isnull=True)
                | Q(
                    answer__in=SessionAnswer.values, answered_at__isnull=False,
                    status__in=[SessionStatus.TERLAKSANA, SessionStatus.BATAL],
                ),
            ),
            models.CheckConstraint(
                name="mentoring_denied_in_words",
                condition=~Q(answer=SessionAnswer.TIDAK_TERJADI) | ~Q(answer_note=""),
            ),
            models.CheckConstraint(
                name="mentoring_next_not_before",
                condition=Q(next_on__isnull=True) | Q(next_on__gte=F("day")),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["enrollment", "-starts_at"], name="mentoring_of_enrollment"),
            models.Index(fields=["coach", "starts_at"], name="mentoring_of_coach"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.topic}"

    @property
    def is_planned(self) -> bool:
        return self.status == SessionStatus.DIRENCANAKAN

    @property
    def is_held(self) -> bool:
        return self.status == SessionStatus.TERLAKSANA

    @property
    def is_called_off(self) -> bool:
        return self.status == SessionStatus.BATAL

    @property
    def is_denied(self) -> bool:
        return self.answer == SessionAnswer.TIDAK_TERJADI

    @property
    def is_confirmed(self) -> bool:
        return self.is_held and self.answer == SessionAnswer.TERJADI

    @property
    def waits_for_answer(self) -> bool:
        return self.is_held and not self.answer

    # How a contact reads (`facts.Touch`): a held session is one, a missed one a try.

    @property
    def outcome(self) -> str:
        """Nothing for a session to come, a cancelled one and one that the participant says never was."""
        is_told = self.status in (SessionStatus.TERLAKSANA, SessionStatus.TIDAK_DATANG)
        return self.status if is_told and not self.is_denied else ""

    @property
    def is_reached(self) -> bool:
        return self.outcome == SessionStatus.TERLAKSANA

    @property
    def is_try(self) -> bool:
        return self.outcome == SessionStatus.TIDAK_DATANG

    @property
    def happened_at(self) -> datetime:
        return self.starts_at

    @property
    def happened_on(self) -> date:
        return self.day

    @property
    def status_label(self) -> str:
        return SessionStatus(self.status).label

    @property
    def meeting_point(self) -> tuple[datetime, str, str, str]:
        """When and where, as somebody has to know who goes there."""
        return (self.starts_at, self.place_kind, self.place, self.link)

    @property
    def place_label(self) -> str:
        return PlaceKind(self.place_kind).label

    @property
    def where(self) -> str:
        """The place as a reader knows it, without the link."""
        return f"{self.place_label}, {self.place}" if self.place else self.place_label

    @property
    def zone_label(self) -> str:
        return ZONES[self.zone]

    @property
    def clock(self) -> str:
        """ "14.20 WIB"."""
        return clock_time(self.starts_at, self.zone)

    @property
    def when(self) -> str:
        """ "Selasa, 1 Desember 2026, 14.20 WIB"."""
        return f"{day_long(self.day)}, {self.clock}"

    def is_private_for(self, user: User) -> bool:
        """Whether a user may read the private note: who accompanies or manages the participant now."""
        from programs.mentoring.services import CALLERS

        if self.enrollment.person.user_id == user.pk:
            return False
        return acting_role(user, self.enrollment, CALLERS) is not None


class SessionFileQuerySet(models.QuerySet["SessionFile"]):
    """Questions about files of sessions."""

    def visible_to(self, user: User) -> Self:
        return self.filter(enrollment_scope(user, "session__enrollment__"))


class SessionFile(models.Model):
    """A photo or document of a session, for the participant too."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(MentoringSession, on_delete=models.CASCADE, related_name="files")
    file = models.ForeignKey("core.StoredFile", on_delete=models.PROTECT, related_name="+")
    title = models.CharField("nama", max_length=80)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=clock.now)

    objects = SessionFileQuerySet.as_manager()

    class Meta:
        verbose_name = "lampiran pertemuan"
        verbose_name_plural = "lampiran pertemuan"
        ordering = ["added_at", "pk"]

    def __str__(self) -> str:
        return self.title
