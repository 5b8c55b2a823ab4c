"""A job that somebody got: recorded by one, confirmed by the participant and by the employer."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.access import scopes
from accounts.models import Role
from core import clock, crypto
from core.validators import mask_phone
from participants.scoping import enrollment_scope

from .application import Application
from .choices import EmployerSaid, EndedBy
from .vacancy import desk_q

if TYPE_CHECKING:
    from accounts.models import User


class PlacementQuerySet(models.QuerySet["Placement"]):
    """Questions about placements."""

    def visible_to(self, user: User) -> Self:
        """Those of the participants one sees, and those from the vacancies one works with."""
        worked = desk_q(user, "application__vacancy__") & Q(enrollment__erased_at__isnull=True)
        return self.filter(enrollment_scope(user, "enrollment__") | worked)

    def handled_by(self, user: User) -> Self:
        """Those somebody acts on: of the people they accompany or manage, and from their vacancies."""
        found = desk_q(user, "application__vacancy__") | Q(pk__in=[])
        if user.is_active and scopes(user, Role.ADMIN):
            found = Q(pk__isnull=False)
        elif user.is_active:
            if scopes(user, Role.PENDAMPING):
                found |= Q(enrollment__coach_id=user.pk)
            found |= Q(enrollment__center__in=scopes(user, Role.PENGELOLA))
        return self.filter(found, enrollment__erased_at__isnull=True).exclude(
            enrollment__person__user_id=user.pk
        )

    def standing(self) -> Self:
        """Nobody said that it is none."""
        return self.filter(ended_at__isnull=True)

    def confirmed(self) -> Self:
        """Both sides have said so: this alone ends in `lulus`."""
        return self.standing().filter(participant_at__isnull=False, employer_at__isnull=False)

    def unconfirmed(self) -> Self:
        return self.standing().filter(Q(participant_at__isnull=True) | Q(employer_at__isnull=True))

    def for_page(self) -> Self:
        return self.select_related(
            "application__vacancy", "enrollment__person", "enrollment__center", "recorded_by", "employer_by"
        )


class Placement(models.Model):
    """One job of one participant, from the board (`application`) or found by themselves.

    The employer's number is sealed and kept as long as their answer is awaited. `asked_at` dates the link
    they were sent: an older link opens nothing. Employer's words that staff write down come from somebody
    else than who recorded the placement; the database refuses anything else.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrollment = models.ForeignKey(
        "participants.Enrollment", on_delete=models.PROTECT, related_name="placements"
    )
    application = models.ForeignKey(
        Application, null=True, on_delete=models.PROTECT, related_name="placements"
    )
    submission_id = models.UUIDField(null=True)
    employer = models.CharField("pemberi kerja", max_length=120)
    position = models.CharField("pekerjaan", max_length=120)
    starts_on = models.DateField("mulai bekerja")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=clock.now)
    phone_sealed = crypto.SealedField(null=True)
    phone_mask = models.CharField(max_length=24, blank=True)
    asked_at = models.DateTimeField("ditanyakan", null=True)
    participant_at = models.DateTimeField("dibenarkan peserta", null=True)
    employer_at = models.DateTimeField("dibenarkan pemberi kerja", null=True)
    employer_how = models.CharField(max_length=10, choices=EmployerSaid.choices, blank=True)
    employer_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    employer_note = models.CharField("alasan dicatat petugas", max_length=200, blank=True)
    ended_at = models.DateTimeField("berakhir", null=True)
    ended_side = models.CharField(max_length=15, choices=EndedBy.choices, blank=True)
    ended_reason = models.CharField("alasan berakhir", max_length=200, blank=True)

    objects = PlacementQuerySet.as_manager()

    class Meta:
        verbose_name = "penempatan"
        verbose_name_plural = "penempatan"
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=Q(ended_at__isnull=True), name="placement_once_standing"
            ),
            models.UniqueConstraint(fields=["enrollment", "submission_id"], name="placement_sent_once"),
            models.CheckConstraint(
                name="placement_four_eyes",
                condition=Q(
                    employer_at__isnull=True, employer_how="", employer_by__isnull=True, employer_note=""
                )
                | Q(
                    employer_at__isnull=False, employer_how=EmployerSaid.TAUTAN, employer_by__isnull=True,
                    employer_note="",
                )
                | (
                    Q(
                        employer_at__isnull=False, employer_how=EmployerSaid.PETUGAS,
                        employer_by__isnull=False,
                    )
                    & ~Q(employer_by=F("recorded_by")) & ~Q(employer_note="")
                ),
            ),
            models.CheckConstraint(
                name="placement_ended_says_who",
                condition=Q(ended_at__isnull=True, ended_side="", ended_reason="")
                | (
                    Q(ended_at__isnull=False, ended_side__in=EndedBy.values) & ~Q(ended_reason="")
                ),
            ),
            models.CheckConstraint(
                name="placement_confirmed_stands",
                condition=Q(ended_at__isnull=True) | Q(participant_at__isnull=True)
                | Q(employer_at__isnull=True),
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["enrollment", "-recorded_at"], name="placement_of_enrollment")]

    def __str__(self) -> str:
        return f"{self.position}, {self.employer}"

    def set_phone(self, e164: str) -> None:
        """Seal the employer's number into this row, or clear it."""
        crypto.set_sealed(self, "phone_sealed", e164)
        self.phone_mask = mask_phone(e164) if e164 else ""

    def phone(self) -> str | None:
        return crypto.get_sealed(self, "phone_sealed")

    @property
    def first_name(self) -> str:
        """All that the employer reads of a name. Load `enrollment__person` with it."""
        return self.enrollment.person.full_name.split()[0]

    @property
    def is_standing(self) -> bool:
        return self.ended_at is None

    @property
    def is_confirmed(self) -> bool:
        return self.is_standing and self.participant_at is not None and self.employer_at is not None

    @property
    def is_own(self) -> bool:
        """Found by the participant, not through the board."""
        return self.application_id is None

    @property
    def waits_for_participant(self) -> bool:
        return self.is_standing and self.participant_at is None

    @property
    def waits_for_employer(self) -> bool:
        return self.is_standing and self.employer_at is None
