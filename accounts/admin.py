"""Users and roles for the secretariat: no hashes, no sealed columns, nobody changes their own roles."""

from __future__ import annotations

from typing import Any

from allauth.account import admin as allauth_account_admin
from allauth.account.models import EmailAddress
from allauth.mfa import admin as allauth_mfa_admin
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.codes import issue_code
from accounts.models import AccessCode, RoleAssignment, User
from accounts.roles import GrantRefused, check_grant, end_role
from core.admin import PlainTextAdmin
from core.audit import record
from core.clock import now
from core.fields import PhoneField

# These register pages of their own when they are imported. allauth's would show secrets' references; Django's
# groups open nothing here, where roles have a scope and dates.
for _module, _model in (
    (allauth_account_admin, EmailAddress),
    (allauth_mfa_admin, Authenticator),
    (auth_admin, Group),
):
    if _module and admin.site.is_registered(_model):
        admin.site.unregister(_model)


class UserForm(forms.ModelForm):
    """A user's details; the phone is written, never read back."""

    phone = PhoneField(required=False, label="Nomor HP baru", help_text="Kosongkan bila tidak berubah.")

    class Meta:
        model = User
        fields = ("display_name", "email", "login_number", "is_active")

    def clean_phone(self) -> str:
        """Refuse a number that is another account's."""
        phone: str = self.cleaned_data["phone"]
        if phone:
            other = User.objects.find_by_login(phone)
            if other is not None and other.pk != self.instance.pk:
                raise forms.ValidationError("Nomor HP ini sudah dipakai akun lain.", code="unique")
        return phone


@admin.register(User)
class UserAdmin(PlainTextAdmin):
    """Find, open, disable; end sessions; take away a lost second factor; print a code."""

    form = UserForm
    list_display = ("display_name", "email", "phone_mask", "login_number", "is_active", "created_at")
    list_filter = ("is_active", "is_demo", "role_assignments__role")
    search_fields = ("display_name", "email", "login_number")
    ordering = ("display_name", "pk")
    list_per_page = 50
    show_full_result_count = False
    readonly_fields = ("phone_mask", "is_demo", "created_at", "last_login")
    fields = (
        "display_name",
        "email",
        "phone_mask",
        "phone",
        "login_number",
        "is_active",
        "is_demo",
        "created_at",
        "last_login",
    )
    actions = ("end_sessions", "remove_second_factor", "print_code")

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Accounts are disabled, not deleted."""
        return False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Offer the printed code for everybody but oneself."""
        obj: User | None = kwargs.get("obj")
        context["may_print_code"] = obj is None or obj.pk != request.user.pk
        return super().render_change_form(request, context, *args, **kwargs)

    def response_add(
        self, request: HttpRequest, obj: User, post_url_continue: str | None = None
    ) -> HttpResponse:
        """After "Simpan dan cetak kode" the account's page, with the code on it."""
        return self._with_code(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: User) -> HttpResponse:
        """As after adding."""
        return self._with_code(request, obj) or super().response_change(request, obj)

    def _with_code(self, request: HttpRequest, user: User) -> HttpResponse | None:
        if "_code" not in request.POST or user.pk == request.user.pk:
            return None
        self._show_new_code(request, user)
        return redirect("admin:accounts_user_change", user.pk)

    def _show_new_code(self, request: HttpRequest, user: User) -> None:
        """Issue a code and show it once: to open an account, or for a new password of one that is open."""
        if not isinstance(request.user, User):
            return
        purpose = AccessCode.Purpose.RESET if user.has_usable_password() else AccessCode.Purpose.CLAIM
        code = issue_code(user=user, purpose=purpose.value, issued_by=request.user, at=now())
        self.message_user(
            request,
            f"Kode untuk {user}: {code}. Tampil sekali ini saja, berlaku 24 jam.",
            messages.WARNING,
        )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Nobody locks themselves out."""
        own = ("is_active",) if obj is not None and obj.pk == request.user.pk else ()
        return (*self.readonly_fields, *own)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Store, with an audit entry that names the changed fields."""
        if phone := form.cleaned_data.get("phone"):
            obj.set_phone(phone)
        if not change:
            obj.set_unusable_password()
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            action = "akun.diubah" if change else "akun.dibuat"
            record(actor=request.user, action=action, obj=obj, detail={"fields": form.changed_data})

    @admin.action(description="Keluarkan dari semua perangkat")
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """End every session of the chosen accounts."""
        for user in queryset.order_by("pk"):
            with transaction.atomic():
                user.end_sessions()
                record(actor=request.user, action="akun.keluar_semua", obj=user)
        self.message_user(request, "Akun yang dipilih sudah keluar dari semua perangkat.")

    @admin.action(description="Lepas pengaman dua langkah (HP hilang)")
    def remove_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Remove authenticator and recovery codes after the person was identified; they set up a new one."""
        for user in queryset.exclude(pk=request.user.pk or "").order_by("pk"):
            with transaction.atomic():
                Authenticator.objects.filter(user_id=user.pk).delete()
                user.end_sessions()
                record(actor=request.user, action="akun.mfa_dilepas_admin", obj=user)
        self.message_user(
            request, "Pengaman dua langkah dilepas. Orangnya memasang yang baru saat masuk berikutnya."
        )

    @admin.action(description="Cetak kode kata sandi (24 jam, sekali pakai)")
    def print_code(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Show a code for exactly one account, once."""
        chosen = list(queryset.exclude(pk=request.user.pk or "")[:2])
        if len(chosen) != 1:
            self.message_user(request, "Pilih satu akun, bukan akun sendiri.", level=messages.ERROR)
            return
        self._show_new_code(request, chosen[0])


class RoleAssignmentForm(forms.ModelForm):
    """A new assignment, checked: not for oneself."""

    request: HttpRequest

    class Meta:
        model = RoleAssignment
        fields = ("user", "role", "scope", "agency_code", "starts_at", "ends_at")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        holder = self.instance.user if self.instance.pk else self.cleaned_data.get("user")
        if isinstance(self.request.user, User):
            check_grant(user=holder, granted_by=self.request.user)
        return cleaned


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(PlainTextAdmin):
    """Grant with dates; later only the end can change, so that the past stays true."""

    form = RoleAssignmentForm
    list_display = ("user", "role", "scope", "agency_code", "starts_at", "ends_at", "granted_by")
    list_filter = ("role",)
    list_select_related = ("user", "granted_by")
    search_fields = ("user__display_name", "user__email", "scope")
    autocomplete_fields = ("user",)
    ordering = ("-created_at", "-pk")
    list_per_page = 50
    show_full_result_count = False
    actions = ("end_now",)

    def has_delete_permission(self, request: HttpRequest, obj: RoleAssignment | None = None) -> bool:
        """Assignments end; they are not deleted."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: RoleAssignment | None = None) -> tuple[str, ...]:
        return () if obj is None else ("user", "role", "scope", "agency_code", "starts_at")

    def get_form(
        self, request: HttpRequest, obj: RoleAssignment | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Give the form the request, whose user must not be the holder."""
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"request": request})

    def save_model(self, request: HttpRequest, obj: RoleAssignment, form: Any, change: bool) -> None:
        """Store with grantor and audit entry."""
        if not change and isinstance(request.user, User):
            obj.granted_by = request.user
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            record(
                actor=request.user,
                action="akun.peran_diubah" if change else "akun.peran_diberikan",
                obj=obj,
                detail={"role": obj.role, "scope": obj.scope, "user": str(obj.user_id)},
            )

    @admin.action(description="Akhiri sekarang")
    def end_now(self, request: HttpRequest, queryset: QuerySet[RoleAssignment]) -> None:
        """End the chosen assignments at once."""
        for assignment in queryset.order_by("pk"):
            try:
                if isinstance(request.user, User):
                    end_role(assignment=assignment, ended_by=request.user, at=now())
            except GrantRefused as refused:
                self.message_user(request, str(refused), level=messages.ERROR)
