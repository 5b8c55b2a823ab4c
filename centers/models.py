"""The places of the programme: administrative areas, agencies, centres and the coaches who work there.

Area codes are the dotted codes of Kemendagri, always text: `31` (province), `31.74` (kabupaten/kota),
`31.74.07` (kecamatan), `31.74.07.1001` (kelurahan/desa). A code that disappears is retired, never deleted,
because people, transitions and statistics go on pointing at it.
"""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Self, TypeVar

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, Q
from django.db.models.functions import Length, Substr
from django.urls import reverse

from accounts.access import area_q, has_role, scopes
from accounts.models import Role
from core import clock
from core.validators import wa_link

if TYPE_CHECKING:
    from accounts.models import User

NATION = "ID"
"""The scope text that stands for the whole country."""

ZONE_OF_OFFSET = {7: "Asia/Jakarta", 8: "Asia/Makassar", 9: "Asia/Jayapura"}
"""UTC offset in hours → IANA zone (WIB, WITA, WIT)."""


def search_key(text: str) -> str:
    """Reduce a name to what a searcher remembers of it: casefolded letters and digits, nothing else.

    "Pal Merah" and "palmerah" give the same key; accents, spaces, hyphens, apostrophes and anything that is
    not a letter or digit fall away. Hostile input gives a harmless, possibly empty, key.
    """
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in folded if char.isalnum())


def area_chain(code: str) -> list[str]:
    """The code and the areas around it, smallest first: `31.74.07` → [`31.74.07`, `31.74`, `31`]; `ID` →
    []."""
    if code == NATION or not code:
        return []
    parts = code.split(".")
    return [".".join(parts[:size]) for size in range(len(parts), 0, -1)]


_AreaT = TypeVar("_AreaT", bound="Area")


class AreaQuerySet(models.QuerySet[_AreaT]):
    """What can be asked of any level of area."""

    def current(self) -> Self:
        """Without the codes that were retired."""
        return self.filter(retired_at=None)


class Area(models.Model):
    """What every level has in common. Rows come from `manage.py load_areas` alone."""

    name = models.CharField("nama", max_length=60)
    search_name = models.CharField("nama untuk pencarian", max_length=60, editable=False)
    retired_at = models.DateTimeField("tidak dipakai sejak", null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Province(Area):
    """Provinsi, e.g. `31` DKI Jakarta."""

    code = models.CharField("kode", max_length=2, primary_key=True)

    objects = AreaQuerySet["Province"].as_manager()

    class Meta:
        verbose_name = "provinsi"
        verbose_name_plural = "provinsi"
        ordering = ["code"]


def short_regency(name: str) -> str:
    """A kab/kota as people say it: "Kota Jakarta Selatan" for "Kota Administrasi Jakarta Selatan"."""
    return name.replace(" Administrasi ", " ")


def place_name(kecamatan: str, regency: str) -> str:
    """ "Kebayoran Baru, Kota Jakarta Selatan", from the two names: kecamatan alone are not unique."""
    return f"{kecamatan}, {short_regency(regency)}"


class Regency(Area):
    """Kabupaten or kota, e.g. `31.74` Kota Administrasi Jakarta Selatan."""

    class Kind(models.TextChoices):
        KABUPATEN = "kabupaten", "Kabupaten"
        KOTA = "kota", "Kota"

    code = models.CharField("kode", max_length=5, primary_key=True)
    province = models.ForeignKey(Province, models.PROTECT, related_name="regencies", verbose_name="provinsi")
    kind = models.CharField("jenis", max_length=10, choices=Kind.choices)
    utc_offset = models.PositiveSmallIntegerField("selisih jam dari UTC")
    capital = models.CharField("ibu kota", max_length=60, blank=True)
    lat = models.FloatField("lintang", null=True, blank=True)
    lng = models.FloatField("bujur", null=True, blank=True)
    area_km2 = models.FloatField("luas (km²)", null=True, blank=True)
    population = models.PositiveIntegerField("penduduk", null=True, blank=True)

    objects = AreaQuerySet["Regency"].as_manager()

    class Meta:
        verbose_name = "kabupaten/kota"
        verbose_name_plural = "kabupaten/kota"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(name="regency_utc_offset_known", condition=Q(utc_offset__in=[7, 8, 9])),
        ]

    @property
    def zone(self) -> str:
        """IANA zone of the region: one of the keys of `core.clock.ZONES`."""
        return ZONE_OF_OFFSET[self.utc_offset]

    @property
    def short_name(self) -> str:
        """The name as people say it: "Kota Jakarta Selatan", "Kabupaten Kepulauan Seribu"."""
        return short_regency(self.name)


class District(Area):
    """Kecamatan (distrik in Papua), e.g. `31.74.07` Kebayoran Baru. Names are not unique: show
    `full_name`."""

    code = models.CharField("kode", max_length=8, primary_key=True)
    regency = models.ForeignKey(
        Regency, models.PROTECT, related_name="districts", verbose_name="kabupaten/kota"
    )
    lat = models.FloatField("lintang", null=True, blank=True)
    lng = models.FloatField("bujur", null=True, blank=True)

    objects = AreaQuerySet["District"].as_manager()

    class Meta:
        verbose_name = "kecamatan"
        verbose_name_plural = "kecamatan"
        ordering = ["code"]
        indexes = [GinIndex(fields=["search_name"], opclasses=["gin_trgm_ops"], name="district_search_trgm")]

    def __str__(self) -> str:
        return self.name

    @property
    def full_name(self) -> str:
        """ "Kebayoran Baru, Kota Jakarta Selatan". Select `regency` with the district, or this costs a
        query."""
        return place_name(self.name, self.regency.name)

    @property
    def label(self) -> str:
        """Same as `full_name`: what a choice list shows."""
        return self.full_name

    @property
    def zone(self) -> str:
        """IANA zone of the kecamatan's region. Select `regency` with the district."""
        return self.regency.zone

    def get_absolute_url(self) -> str:
        return reverse("center_page", args=[self.code])


class Village(Area):
    """Kelurahan or desa. The four last digits tell: 1xxx kelurahan, 2xxx desa, 3xxx desa adat."""

    code = models.CharField("kode", max_length=13, primary_key=True)
    district = models.ForeignKey(District, models.PROTECT, related_name="villages", verbose_name="kecamatan")
    postal_code = models.CharField("kode pos", max_length=5, blank=True)

    objects = AreaQuerySet["Village"].as_manager()

    class Meta:
        verbose_name = "kelurahan/desa"
        verbose_name_plural = "kelurahan/desa"
        ordering = ["code"]

    @property
    def kind(self) -> str:
        """The word for it: "Kelurahan", "Desa" or "Desa adat"."""
        return {"1": "Kelurahan", "3": "Desa adat"}.get(self.code[9:10], "Desa")


def _in_force() -> Q:
    """Agencies in force today, in the secretariat's zone."""
    today = clock.today()
    return (
        Q(is_active=True)
        & (Q(starts_on__isnull=True) | Q(starts_on__lte=today))
        & (Q(ends_on__isnull=True) | Q(ends_on__gt=today))
    )


class AgencyQuerySet(models.QuerySet["Agency"]):
    """Questions to the agency catalogue."""

    def active(self) -> Self:
        """Agencies that may be chosen today: switched on, begun, not ended."""
        return self.filter(_in_force())

    def for_area(self, code: str) -> Self:
        """Active agencies responsible for an area: those of the area and of the areas around it, nearest
        first.

        A region that names none gets the generic national ones (area `ID`), so that nobody is left without.
        """
        chain = area_chain(code)
        named = self.model._default_manager.filter(_in_force(), area_code__in=chain)
        return (
            self.active()
            .filter(Q(area_code__in=chain) | (Q(area_code=NATION) & ~Exists(named)))
            .order_by(Length("area_code").desc(), "position", "code")
        )

    def for_district(self, district: District) -> Self:
        """Active agencies responsible for a kecamatan."""
        return self.for_area(district.code)

    def supervising(self) -> Self:
        """SKPD pembina: may be made responsible for a participant."""
        return self.filter(duties__contains=[Agency.Duty.PEMBINA])

    def licensing(self) -> Self:
        """Offices that issue permits (PTSP)."""
        return self.filter(duties__contains=[Agency.Duty.PERIZINAN])


class Agency(models.Model):
    """A government department (SKPD/OPD) of a region, and what it does for participants.

    Every region names its departments differently, so this is a catalogue per area and never an enum. The
    code is what `RoleAssignment` and a participant's record store.
    """

    class Duty(models.TextChoices):
        PEMBINA = "pembina", "Pembina"
        PERIZINAN = "perizinan", "Perizinan"
        PENDUKUNG = "pendukung", "Pendukung"

    code = models.CharField("kode", max_length=40, primary_key=True)
    name = models.CharField("nama", max_length=160)
    short_name = models.CharField("nama singkat", max_length=60)
    area_code = models.CharField("kode wilayah", max_length=8, db_index=True)
    duties = ArrayField(models.CharField(max_length=12, choices=Duty.choices), verbose_name="tugas")
    sectors = ArrayField(
        models.CharField(max_length=30),
        verbose_name="bidang usaha",
        default=list,
        blank=True,
        help_text="Kode bidang usaha yang dibina, dipisah koma. Kosong berarti semua bidang.",
    )
    position = models.PositiveSmallIntegerField("urutan", default=0)
    is_active = models.BooleanField("aktif", default=True)
    starts_on = models.DateField("berlaku sejak", null=True, blank=True)
    ends_on = models.DateField("berlaku sampai (tidak termasuk)", null=True, blank=True)

    objects = AgencyQuerySet.as_manager()

    class Meta:
        verbose_name = "dinas"
        verbose_name_plural = "dinas"
        ordering = ["area_code", "position", "code"]
        constraints = [
            models.CheckConstraint(
                name="agency_area_code_form",
                condition=Q(area_code__regex=r"^(ID|[0-9]{2}(\.[0-9]{2}){0,2})$"),
                violation_error_message="Tulis kode wilayah seperti 31 atau 31.74, atau ID untuk semua.",
            ),
            models.CheckConstraint(
                name="agency_has_known_duty",
                condition=Q(duties__contained_by=["pembina", "perizinan", "pendukung"])
                & Q(duties__len__gt=0),
                violation_error_message="Pilih satu tugas atau lebih: pembina, perizinan, pendukung.",
            ),
            models.CheckConstraint(
                name="agency_ends_after_start",
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                violation_error_message="Hari berakhir harus sesudah hari mulai.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CenterQuerySet(models.QuerySet["Center"]):
    """Questions to the centres."""

    def open(self) -> Self:
        """Centres that serve people now."""
        return self.filter(status=Center.Status.BUKA)

    def in_area(self, code: str) -> Self:
        """Centres whose kecamatan is the area or lies inside it; `ID` is everywhere."""
        return self.filter(area_q("district__code", [code]))

    def with_place(self) -> Self:
        """With kecamatan, kab/kota and kelurahan, so that labels cost no further query."""
        return self.select_related("district__regency__province", "village")

    def visible_to(self, user: User) -> Self:
        """The centres a member of staff works with.

        Admin sees all, dinas those of its area, centre managers and coaches their own (by role or by coach
        profile). Everybody else, none: the public directory reads `objects` because it is public.
        """
        if has_role(user, Role.ADMIN):
            return self.all()
        areas: list[str] = scopes(user, Role.DINAS)
        own: list[str] = []
        for role in (Role.PENGELOLA, Role.PENDAMPING):
            for scope in scopes(user, role):
                (own if scope.startswith("P") else areas).append(scope)
        allowed = Q(code__in=own)
        if areas:
            allowed |= area_q("district__code", areas)
        if has_role(user, Role.PENDAMPING):
            allowed |= Q(pk__in=CoachProfile.objects.filter(user=user).values("center_id"))
        return self.filter(allowed)


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Center(models.Model):
    """A place of the programme. The main centre of a kecamatan has no village; a kelurahan post names one.

    `capacity` is the number of participants the place can accompany at one time. `whatsapp` is a public
    number of the office, not of a person.
    """

    class Status(models.TextChoices):
        DIRENCANAKAN = "direncanakan", "Direncanakan"
        BUKA = "buka", "Buka"
        JEDA = "jeda", "Jeda sementara"
        TUTUP = "tutup", "Tutup"

    code = models.CharField(
        "kode",
        max_length=12,
        primary_key=True,
        help_text="P dan kode kecamatan, misalnya P31.74.07 atau P31.74.07-2.",
    )
    district = models.ForeignKey(District, models.PROTECT, related_name="centers", verbose_name="kecamatan")
    village = models.ForeignKey(
        Village,
        models.PROTECT,
        related_name="centers",
        verbose_name="kelurahan/desa",
        null=True,
        blank=True,
        help_text="Hanya untuk pos di kelurahan. Pusat kecamatan tidak memakainya.",
    )
    name = models.CharField("nama", max_length=120)
    status = models.CharField("status", max_length=12, choices=Status.choices, default=Status.DIRENCANAKAN)
    address = models.CharField("alamat", max_length=200, blank=True)
    hours = models.CharField(
        "jam buka",
        max_length=120,
        blank=True,
        help_text="Misalnya: Senin–Jumat 08.00–16.00, Sabtu 08.00–12.00.",
    )
    zone = models.CharField(
        "zona waktu", max_length=20, choices=clock.ZONE_CHOICES, default=clock.DEFAULT_ZONE
    )
    capacity = models.PositiveIntegerField("daya tampung (orang)", default=200)
    whatsapp = models.CharField("WhatsApp", max_length=16, blank=True, help_text="Misalnya +6281200000001.")
    opened_on = models.DateField("dibuka pada", null=True, blank=True)
    lat = models.FloatField("lintang", null=True, blank=True)
    lng = models.FloatField("bujur", null=True, blank=True)
    created_at = models.DateTimeField("dibuat", default=clock.now, editable=False)

    objects = CenterQuerySet.as_manager()

    class Meta:
        verbose_name = "pusat"
        verbose_name_plural = "pusat"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="center_code_form",
                condition=Q(code__regex=r"^P[0-9]{2}\.[0-9]{2}\.[0-9]{2}(-[1-9][0-9]?)?$"),
                violation_error_message="Tulis P dan kode kecamatan, misalnya P31.74.07 atau P31.74.07-2.",
            ),
            models.CheckConstraint(
                name="center_code_names_its_district",
                condition=Q(district=Substr("code", 2, 8)),
                violation_error_message="Kode pusat harus memuat kode kecamatannya.",
            ),
            models.CheckConstraint(
                name="center_village_in_district",
                condition=Q(village=None) | Q(district=Substr("village", 1, 8)),
                violation_error_message="Kelurahan ini tidak berada di kecamatan pusat.",
            ),
            models.CheckConstraint(
                name="center_whatsapp_e164",
                condition=Q(whatsapp="") | Q(whatsapp__regex=r"^\+[1-9][0-9]{7,14}$"),
                violation_error_message="Tulis nomor WhatsApp dengan kode negara, misalnya +6281200000001.",
            ),
            models.CheckConstraint(
                name="center_status_known", condition=Q(status__in=["direncanakan", "buka", "jeda", "tutup"])
            ),
            models.CheckConstraint(
                name="center_zone_known",
                condition=Q(zone__in=["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]),
            ),
            models.UniqueConstraint(
                fields=["district"],
                name="center_one_main_place_per_district",
                condition=Q(village=None) & ~Q(status="tutup"),
                violation_error_message="Kecamatan ini sudah punya pusat. Untuk pos, pilih kelurahannya.",
            ),
            models.UniqueConstraint(
                fields=["village"],
                name="center_one_post_per_village",
                condition=Q(village__isnull=False) & ~Q(status="tutup"),
                violation_error_message="Kelurahan ini sudah punya pos.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Serves people now."""
        return self.status == self.Status.BUKA

    @property
    def is_planned(self) -> bool:
        """Announced, not yet serving anybody."""
        return self.status == self.Status.DIRENCANAKAN

    @property
    def is_post(self) -> bool:
        """A kelurahan post beside, or instead of, the main centre of the kecamatan."""
        return self.village_id is not None

    @property
    def zone_label(self) -> str:
        """WIB, WITA or WIT."""
        return clock.ZONES[self.zone]

    @property
    def whatsapp_url(self) -> str:
        """wa.me link to the office, or "" when it has no number."""
        return wa_link(self.whatsapp) if self.whatsapp else ""

    def today(self) -> date:
        """The calendar day at this place."""
        return clock.today(self.zone)

    def get_absolute_url(self) -> str:
        return reverse("center_page", args=[self.district_id])


class CoachProfileQuerySet(models.QuerySet["CoachProfile"]):
    """Questions to the coaches."""

    def accepting(self) -> Self:
        """Coaches who take new mentees: willing, with an account that is on, at a place that serves
        people."""
        return self.filter(is_accepting=True, user__is_active=True, center__status=Center.Status.BUKA)

    def visible_to(self, user: User) -> Self:
        """Coaches of the centres the user works with, and the user's own profile."""
        return self.filter(Q(center__in=Center.objects.visible_to(user).values("pk")) | Q(user=user))


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class CoachProfile(models.Model):
    """What is known of a coach (pendamping) beyond the account. `capacity` is mentees at one time."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="coach_profile", verbose_name="akun"
    )
    center = models.ForeignKey(Center, models.PROTECT, related_name="coaches", verbose_name="pusat")
    capacity = models.PositiveSmallIntegerField("daya tampung (orang)", default=25)
    bio = models.CharField("perkenalan", max_length=300, blank=True)
    is_accepting = models.BooleanField("menerima peserta baru", default=True)
    created_at = models.DateTimeField("dibuat", default=clock.now, editable=False)

    objects = CoachProfileQuerySet.as_manager()

    class Meta:
        verbose_name = "pendamping"
        verbose_name_plural = "pendamping"
        ordering = ["center_id", "pk"]

    def __str__(self) -> str:
        return f"Pendamping {self.pk}"
