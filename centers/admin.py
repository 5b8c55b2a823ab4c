"""Centres, agencies and coaches for the secretariat. Areas can be read and never written: `load_areas` owns
them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from centers.models import Agency, Center, CoachProfile, District, Province, Regency, Village, search_key
from core import clock
from core.admin import PlainTextAdmin
from core.audit import record
from core.validators import clean_phone


class AuditedAdmin(PlainTextAdmin):
    """Stores with an audit entry that names the changed fields; nothing is deleted here."""

    audit_name = ""
    show_full_result_count = False
    list_per_page = 50

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Places and coaches are closed or switched off, not deleted: people and statistics point at them."""
        return False

    def save_model(
        self, request: HttpRequest, obj: models.Model, form: forms.ModelForm, change: bool
    ) -> None:
        """Write the record and its audit entry together."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            action = f"{self.audit_name}.{'diubah' if change else 'dibuat'}"
            record(actor=request.user, action=action, obj=obj, detail={"fields": form.changed_data})


class CenterForm(forms.ModelForm):
    """A centre; the WhatsApp number in any usual form, the time zone from the kecamatan when left empty."""

    whatsapp = forms.CharField(
        label="WhatsApp", required=False, max_length=30, help_text="Nomor kantor, tampil untuk umum."
    )
    zone = forms.ChoiceField(
        label="Zona waktu", required=False, choices=[("", "Ikut kecamatan"), *clock.ZONE_CHOICES]
    )

    class Meta:
        model = Center
        fields = (
            "code", "name", "district", "village", "status", "address", "hours", "zone", "capacity",
            "whatsapp", "opened_on", "lat", "lng",
        )  # fmt: skip

    def clean_whatsapp(self) -> str:
        """E.164, or empty."""
        raw: str = self.cleaned_data["whatsapp"]
        return clean_phone(raw) if raw.strip() else ""

    def clean(self) -> dict[str, Any]:
        """Fill the zone from the kecamatan; an open centre needs what people must know to come."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("zone"):
            district = (
                cleaned.get("district") or District.objects.filter(pk=self.instance.district_id).first()
            )
            cleaned["zone"] = district.zone if district else clock.DEFAULT_ZONE
        if cleaned.get("status") == Center.Status.BUKA:
            for name, text in (
                ("address", "Tulis alamatnya: orang perlu tahu ke mana harus datang."),
                ("opened_on", "Tulis tanggal bukanya."),
            ):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, text)
        return cleaned


@admin.register(Center)
class CenterAdmin(AuditedAdmin):
    """Open, pause and close places. The code stays what it was: scopes and people carry it."""

    form = CenterForm
    audit_name = "pusat"
    list_display = ("code", "name", "district", "status", "capacity", "zone")
    list_filter = ("status", "zone", "district__regency__province")
    list_select_related = ("district",)
    search_fields = ("code", "name", "district__name")
    autocomplete_fields = ("district", "village")
    ordering = ("code",)

    def get_readonly_fields(self, request: HttpRequest, obj: Center | None = None) -> tuple[str, ...]:
        """Code and kecamatan are fixed once the place exists."""
        return ("code", "district") if obj else ()


class AgencyForm(forms.ModelForm):
    """A department; duties as tick boxes."""

    duties = forms.MultipleChoiceField(
        label="Tugas", choices=Agency.Duty.choices, widget=forms.CheckboxSelectMultiple
    )
    sectors = SimpleArrayField(
        forms.CharField(max_length=30), label="Bidang usaha", required=False,
        help_text="Kode bidang usaha, dipisah koma. Kosong berarti semua bidang.",
    )  # fmt: skip

    class Meta:
        model = Agency
        fields = ("code", "name", "short_name", "area_code", "duties", "sectors", "position", "is_active",
                  "starts_on", "ends_on")  # fmt: skip


@admin.register(Agency)
class AgencyAdmin(AuditedAdmin):
    """The catalogue of departments per region."""

    form = AgencyForm
    audit_name = "dinas"
    list_display = ("short_name", "name", "area_code", "position", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name", "short_name", "area_code")
    ordering = ("area_code", "position", "code")

    def get_readonly_fields(self, request: HttpRequest, obj: Agency | None = None) -> tuple[str, ...]:
        """The code is fixed once it exists: roles and people carry it."""
        return ("code",) if obj else ()


@admin.register(CoachProfile)
class CoachProfileAdmin(AuditedAdmin):
    """Coaches, their centre and capacity. The role itself is given under the roles of accounts."""

    audit_name = "pendamping"
    list_display = ("user", "center", "capacity", "is_accepting")
    list_filter = ("is_accepting", "center__status")
    list_select_related = ("user", "center")
    search_fields = ("user__display_name", "center__code", "center__name")
    autocomplete_fields = ("user", "center")
    fields = ("user", "center", "capacity", "bio", "is_accepting")
    ordering = ("center_id", "pk")


class AreaAdmin(PlainTextAdmin):
    """Areas, to look up. Their search ignores case and spaces."""

    list_display: tuple[str, ...] = ("code", "name", "retired_at")
    search_fields = ("code", "search_name")
    ordering = ("code",)
    list_per_page = 50
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By the start of the code or by part of the name."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if term[:1].isdigit():
            return queryset.filter(pk__startswith=term), False
        return queryset.filter(search_name__contains=search_key(term)), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Codes come from Kemendagri."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Codes come from Kemendagri."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Codes get retired, never deleted."""
        return False


admin.site.register([Province], AreaAdmin)


@admin.register(Regency)
class RegencyAdmin(AreaAdmin):
    """Kabupaten and kota."""

    list_display = ("code", "name", "province", "utc_offset", "retired_at")
    list_select_related = ("province",)
    list_filter = ("province",)


@admin.register(District)
class DistrictAdmin(AreaAdmin):
    """Kecamatan."""

    list_display = ("code", "name", "regency", "retired_at")
    list_select_related = ("regency",)


@admin.register(Village)
class VillageAdmin(AreaAdmin):
    """Kelurahan and desa."""

    list_display = ("code", "name", "district", "postal_code", "retired_at")
    list_select_related = ("district",)
