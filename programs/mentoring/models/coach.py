"""What is known of a coach for matching, and what a participant wishes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.access import covers
from centers.models import CoachProfile
from core import clock
from participants.models import BusinessSector
from participants.scoping import enrollment_scope

if TYPE_CHECKING:
    from accounts.models import User


class MentorKind(models.TextChoices):
    """What a coach is besides."""

    PROGRAM = "program", "Pendamping program"
    PELAKU_USAHA = "pelaku_usaha", "Pelaku usaha"


class Language(models.TextChoices):
    """Languages in which people are accompanied."""

    INDONESIA = "indonesia", "Indonesia"
    JAWA = "jawa", "Jawa"
    SUNDA = "sunda", "Sunda"
    BETAWI = "betawi", "Betawi"
    MADURA = "madura", "Madura"
    MINANG = "minang", "Minang"
    BATAK = "batak", "Batak"
    MELAYU = "melayu", "Melayu"
    BALI = "bali", "Bali"
    BUGIS = "bugis", "Bugis"
    INGGRIS = "inggris", "Inggris"
    BISINDO = "bisindo", "Bahasa isyarat (BISINDO)"


def short(sector: str) -> str:
    """ "kuliner" of "Kuliner (makanan dan minuman)"."""
    return BusinessSector(sector).label.split(" (")[0].lower()


def spoken(language: str) -> str:
    """ "Sunda", "isyarat (BISINDO)": as it stands after "bahasa"."""
    return Language(language).label.removeprefix("Bahasa ")


class CoachDetailsQuerySet(models.QuerySet["CoachDetails"]):
    """Questions about what coaches can do."""

    def visible_to(self, user: User) -> Self:
        """Those of the coaches a user works with, and the own."""
        return self.filter(profile__in=CoachProfile.objects.visible_to(user).values("pk"))


class CoachDetails(models.Model):
    """Areas, sectors and languages of a coach. Nothing chosen means: not said.

    `areas` are codes of kab/kota (`31.74`) and kecamatan (`31.74.07`).
    """

    profile = models.OneToOneField(
        "centers.CoachProfile", on_delete=models.CASCADE, primary_key=True, related_name="details"
    )
    kind = models.CharField("sebagai", max_length=15, choices=MentorKind.choices, default=MentorKind.PROGRAM)
    areas = ArrayField(models.CharField(max_length=8), verbose_name="wilayah", default=list, blank=True)
    sectors = ArrayField(
        models.CharField(max_length=20, choices=BusinessSector.choices), verbose_name="bidang", default=list,
        blank=True,
    )  # fmt: skip
    languages = ArrayField(
        models.CharField(max_length=15, choices=Language.choices), verbose_name="bahasa", default=list,
        blank=True,
    )  # fmt: skip
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(default=clock.now)

    objects = CoachDetailsQuerySet.as_manager()

    class Meta:
        verbose_name = "keahlian pendamping"
        verbose_name_plural = "keahlian pendamping"
        constraints = [
            models.CheckConstraint(name="coach_kind_known", condition=Q(kind__in=MentorKind.values)),
            models.CheckConstraint(
                name="coach_sectors_known", condition=Q(sectors__contained_by=BusinessSector.values)
            ),
            models.CheckConstraint(
                name="coach_languages_known", condition=Q(languages__contained_by=Language.values)
            ),
        ]

    def __str__(self) -> str:
        return f"keahlian {self.pk}"

    @property
    def is_business_leader(self) -> bool:
        return self.kind == MentorKind.PELAKU_USAHA

    @property
    def kind_label(self) -> str:
        return MentorKind(self.kind).label

    @property
    def sectors_words(self) -> str:
        """ "kuliner, fesyen"."""
        return ", ".join(short(code) for code in self.sectors)

    @property
    def languages_words(self) -> str:
        """ "Indonesia, Sunda"."""
        return ", ".join(spoken(code) for code in self.languages)

    def area_of(self, district_code: str) -> str:
        """The narrowest code served that holds a kecamatan; "" for none."""
        return narrowest(self.areas, district_code)


def narrowest(areas: Iterable[str], district_code: str) -> str:
    """The longest of the codes that hold a kecamatan; "" for none."""
    return max((code for code in areas if covers(code, district_code)), key=len, default="")


class CoachWishQuerySet(models.QuerySet["CoachWish"]):
    """Questions about wishes."""

    def visible_to(self, user: User) -> Self:
        return self.filter(enrollment_scope(user, "enrollment__"))


class CoachWish(models.Model):
    """What a participant would like of a coach; everything may be left open."""

    enrollment = models.OneToOneField(
        "participants.Enrollment", on_delete=models.PROTECT, primary_key=True, related_name="coach_wish"
    )
    sector = models.CharField("bidang", max_length=20, choices=BusinessSector.choices, blank=True)
    language = models.CharField("bahasa", max_length=15, choices=Language.choices, blank=True)
    kind = models.CharField("sebagai", max_length=15, choices=MentorKind.choices, blank=True)
    updated_at = models.DateTimeField(default=clock.now)

    objects = CoachWishQuerySet.as_manager()

    class Meta:
        verbose_name = "keinginan tentang pendamping"
        verbose_name_plural = "keinginan tentang pendamping"

    def __str__(self) -> str:
        return f"keinginan {self.pk}"

    @property
    def words(self) -> str:
        """ "bidang kuliner, bahasa Sunda, pelaku usaha"; "" when nothing was said."""
        parts = [
            f"bidang {short(self.sector)}" if self.sector else "",
            f"bahasa {spoken(self.language)}" if self.language else "",
            MentorKind(self.kind).label.lower() if self.kind else "",
        ]
        return ", ".join(part for part in parts if part)
