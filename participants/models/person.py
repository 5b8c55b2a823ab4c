"""A person, their consents and their business."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Self

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from core import clock, crypto
from core.validators import mask_nik, mask_phone
from participants.scoping import enrollment_scope

from .choices import BusinessSector, ConsentPurpose, Gender, IdentityStatus

if TYPE_CHECKING:
    from accounts.models import User


class PersonQuerySet(models.QuerySet["Person"]):
    """Questions about people."""

    def visible_to(self, user: User) -> Self:
        """People whose enrollment the user may see, or the user's own record."""
        return self.filter(enrollment_scope(user, "enrollments__") | Q(user_id=user.pk)).distinct()

    def with_nik(self, nik: str) -> Self:
        """The person holding this cleaned 16-digit NIK, found by keyed index."""
        return self.filter(nik_index=crypto.blind_index(nik, purpose="nik"))

    def with_phone(self, e164: str) -> Self:
        """Everybody of a household reached under this E.164 number."""
        return self.filter(phone_index=crypto.blind_index(e164, purpose="phone"))


@pghistory.track(exclude=["nik_sealed", "phone_sealed", "nik_index", "phone_index"])
class Person(models.Model):
    """One citizen. NIK and phone are sealed, bound to this row; masks serve lists, indexes serve look-ups."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="person"
    )
    full_name = models.CharField("nama lengkap", max_length=120)
    nik_sealed = crypto.SealedField(null=True)
    nik_index = models.BinaryField(max_length=32, null=True, unique=True)
    nik_mask = models.CharField(max_length=24, blank=True)
    no_nik_reason = models.CharField("alasan belum punya NIK", max_length=200, blank=True)
    nik_warnings = models.JSONField(default=list, blank=True)
    phone_sealed = crypto.SealedField(null=True)
    phone_index = models.BinaryField(max_length=32, null=True, db_index=True)
    phone_mask = models.CharField(max_length=24, blank=True)
    birth_date = models.DateField("tanggal lahir", null=True)
    gender = models.CharField("jenis kelamin", max_length=1, choices=Gender.choices, blank=True)
    address = models.CharField("alamat", max_length=300, blank=True)
    identity_status = models.CharField(
        max_length=20, choices=IdentityStatus.choices, default=IdentityStatus.DIKETIK
    )
    identity_entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    identity_checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    identity_checked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    erased_at = models.DateTimeField("data dihapus", null=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = "peserta"
        verbose_name_plural = "peserta"
        constraints = [
            models.CheckConstraint(
                name="person_nik_or_reason",
                condition=Q(nik_index__isnull=False) | ~Q(no_nik_reason=""),
                violation_error_message="Isi NIK, atau tulis alasan belum punya NIK.",
            ),
            models.CheckConstraint(
                name="person_identity_checked_by_second",
                condition=Q(identity_checked_by__isnull=True)
                | Q(identity_entered_by__isnull=True)
                | ~Q(identity_checked_by=models.F("identity_entered_by")),
                violation_error_message="Identitas diperiksa oleh orang kedua, bukan yang mengetik.",
            ),
            models.CheckConstraint(
                name="person_verified_has_checker",
                condition=~Q(identity_status=IdentityStatus.DIVERIFIKASI)
                | Q(identity_checked_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["birth_date"], name="person_birth_date"),
            # `icontains` and `iexact` ask UPPER(full_name), so the index is on that and not on the column.
            GinIndex(OpClass(Upper("full_name"), name="gin_trgm_ops"), name="person_name_trgm"),
        ]

    def __str__(self) -> str:
        return self.full_name

    def set_nik(self, nik: str | None) -> None:
        """Seal a cleaned 16-digit NIK into this row, or clear it."""
        if nik is None:
            self.nik_sealed, self.nik_index, self.nik_mask = None, None, ""
            return
        self.nik_sealed = crypto.seal(nik, context=f"participants_person.nik_sealed:{self.pk}")
        self.nik_index = crypto.blind_index(nik, purpose="nik")
        self.nik_mask = mask_nik(nik)

    def set_phone(self, e164: str | None) -> None:
        """Seal an E.164 phone number into this row, or clear it."""
        if e164 is None:
            self.phone_sealed, self.phone_index, self.phone_mask = None, None, ""
            return
        self.phone_sealed = crypto.seal(e164, context=f"participants_person.phone_sealed:{self.pk}")
        self.phone_index = crypto.blind_index(e164, purpose="phone")
        self.phone_mask = mask_phone(e164)

    def nik(self) -> str | None:
        """The plain NIK. Call only for the person herself or an audited reveal."""
        if self.nik_sealed is None:
            return None
        return crypto.unseal(bytes(self.nik_sealed), context=f"participants_person.nik_sealed:{self.pk}")

    def phone(self) -> str | None:
        """The plain E.164 number. Call only for those entitled to contact this person."""
        if self.phone_sealed is None:
            return None
        return crypto.unseal(bytes(self.phone_sealed), context=f"participants_person.phone_sealed:{self.pk}")

    @property
    def is_identity_verified(self) -> bool:
        return self.identity_status == IdentityStatus.DIVERIFIKASI

    @property
    def identity_label(self) -> str:
        return IdentityStatus(self.identity_status).label


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Questions about consents."""

    def visible_to(self, user: User) -> Self:
        return self.filter(person__in=Person.objects.visible_to(user))

    def given(self) -> Self:
        return self.filter(withdrawn_at__isnull=True)


class Consent(models.Model):
    """One consent of one person for one purpose, with the version of the text that was read."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=20, choices=ConsentPurpose.choices)
    text_version = models.CharField(max_length=20)
    given_at = models.DateTimeField(default=clock.now)
    withdrawn_at = models.DateTimeField(null=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = "persetujuan"
        verbose_name_plural = "persetujuan"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "purpose"],
                condition=Q(withdrawn_at__isnull=True),
                name="consent_one_open_per_purpose",
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} v{self.text_version}"


class BusinessQuerySet(models.QuerySet["Business"]):
    """Questions about businesses."""

    def visible_to(self, user: User) -> Self:
        return self.filter(person__in=Person.objects.visible_to(user))

    def complete(self) -> Self:
        """Name, sector, address, capital and workers are known: what P3 asks before a permit is sought."""
        return self.filter(capital__isnull=False, workers_full_time__isnull=False).exclude(
            Q(name="") | Q(sector="") | Q(address="")
        )


@pghistory.track()
class Business(models.Model):
    """The business a person runs or prepares. Capital excludes land and buildings (PP 7/2021 art. 35)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="businesses")
    name = models.CharField("nama usaha", max_length=120)
    sector = models.CharField("bidang", max_length=20, choices=BusinessSector.choices, blank=True)
    kbli_code = models.CharField("KBLI", max_length=5, blank=True)
    kbli_edition = models.CharField("edisi KBLI", max_length=4, blank=True)
    address = models.CharField("alamat usaha", max_length=300, blank=True)
    capital = models.BigIntegerField("modal awal (rupiah)", null=True)
    annual_sales = models.BigIntegerField("penjualan setahun (rupiah)", null=True)
    workers_full_time = models.PositiveIntegerField("pekerja tetap", null=True)
    workers_part_time = models.PositiveIntegerField("pekerja paruh waktu", null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now)

    objects = BusinessQuerySet.as_manager()

    class Meta:
        verbose_name = "usaha"
        verbose_name_plural = "usaha"
        constraints = [
            models.CheckConstraint(
                name="business_money_not_negative",
                condition=(Q(capital__isnull=True) | Q(capital__gte=0))
                & (Q(annual_sales__isnull=True) | Q(annual_sales__gte=0)),
            ),
            models.CheckConstraint(
                name="business_kbli_with_edition",
                condition=Q(kbli_code="") | Q(kbli_edition__in=["2020", "2025"]),
                violation_error_message="Tulis juga edisi KBLI: 2020 atau 2025.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OfBusinessQuerySet(models.QuerySet[Any]):
    """Questions about what belongs to a business."""

    def visible_to(self, user: User) -> Self:
        return self.filter(business__person__in=Person.objects.visible_to(user))


class Product(models.Model):
    """A product's name and kind. Prices, photos and channels belong to marketing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="products")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = OfBusinessQuerySet.as_manager()

    class Meta:
        verbose_name = "produk"
        verbose_name_plural = "produk"

    def __str__(self) -> str:
        return self.name


class WorkforceReport(models.Model):
    """Paid workers other than the owner, as reported; they count as jobs once the owner confirms them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="workforce_reports")
    full_time = models.PositiveIntegerField()
    part_time = models.PositiveIntegerField()
    full_time_before = models.PositiveIntegerField(default=0)
    part_time_before = models.PositiveIntegerField(default=0)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reported_at = models.DateTimeField(default=clock.now)
    confirmed_at = models.DateTimeField(null=True)

    objects = OfBusinessQuerySet.as_manager()

    class Meta:
        verbose_name = "laporan tenaga kerja"
        verbose_name_plural = "laporan tenaga kerja"
        indexes = [models.Index(fields=["business", "-reported_at"], name="workforce_latest")]

    def __str__(self) -> str:
        return f"{self.full_time}+{self.part_time}"
