"""Who may enter: users, their dated role assignments, printed codes and sign-in counters."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower, Replace
from django.utils.crypto import salted_hmac

from core.clock import now
from core.crypto import SealedField, blind_index, get_sealed, set_sealed
from core.joined import joined
from core.validators import clean_phone, mask_phone

_SEPARATORS = re.compile(r"[\s\-.\u2010-\u2015]+")


class Role(models.TextChoices):
    """Roles of PRODUCT.md; the order is seniority, junior first (the sign-in redirect uses it)."""

    PESERTA = "peserta", "Peserta"
    MITRA_MODAL = "mitra_modal", "Mitra permodalan"
    PELATIH = "pelatih", "Pelatih"
    PENDAMPING = "pendamping", "Pendamping"
    PENGELOLA = "pengelola", "Pengelola pusat"
    DINAS = "dinas", "Dinas"
    ADMIN = "admin", "Admin PGO"


STAFF_ROLES: frozenset[str] = frozenset(role.value for role in Role if role is not Role.PESERTA)
"""Every role but the participant's: these need MFA."""


class UserManager(BaseUserManager["User"]):
    """Creates users and finds them by any of the three identifiers."""

    def create_user(
        self,
        *,
        display_name: str,
        email: str | None = None,
        phone: str | None = None,
        login_number: str | None = None,
        password: str | None = None,
        is_demo: bool = False,
    ) -> User:
        """Store a new user; `phone` is E.164. Without a password the account waits for a printed code."""
        user = User(
            display_name=display_name,
            email=email.strip().lower() or None if email else None,
            login_number=login_number.strip().upper() or None if login_number else None,
            is_demo=is_demo,
        )
        user.set_phone(phone)
        if password is None:
            user.set_unusable_password()
        else:
            user.set_password(password)
        user.save(using=self._db, force_insert=True)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(pk=username or "")

    def find_by_login(self, login: str) -> User | None:
        """The account behind a phone number, e-mail or registration number in any usual form, else None.

        One query whatever the text is, so that the answer takes as long for known and unknown accounts.
        """
        key = canonical_login(login)
        if "@" in key:
            return self.alias(_key=Lower("email")).filter(_key=key).first()
        if key.startswith("+"):
            return self.filter(phone_index=blind_index(key, purpose="phone")).first()
        return self.alias(_key=Replace("login_number", Value("-"), Value(""))).filter(_key=key).first()


def canonical_login(login: str) -> str:
    """One spelling for every way of writing the same identifier: `+62812…`, `a@b.id` or `OK2600001`."""
    text = login.strip()
    if "@" in text:
        return text.lower()
    try:
        return clean_phone(text)
    except ValidationError:
        return _SEPARATORS.sub("", text).upper()


class User(AbstractBaseUser):
    """A person who signs in with phone, e-mail or registration number.

    The phone is sealed; it is found by a keyed index and shown by its mask. What a user may do is decided by
    `RoleAssignment` alone; a user with a `login_number` (a registration number) is a peserta.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    display_name = models.CharField("nama", max_length=200)
    email = models.EmailField("e-mail", max_length=254, null=True, blank=True)
    phone_sealed = SealedField(null=True, blank=True, editable=False)
    phone_index = models.BinaryField(max_length=32, null=True, blank=True, editable=False)
    phone_mask = models.CharField("nomor HP", max_length=32, blank=True, default="", editable=False)
    login_number = models.CharField("nomor pendaftaran", max_length=40, null=True, blank=True)
    is_active = models.BooleanField("aktif", default=True)
    is_demo = models.BooleanField("akun contoh", default=False, editable=False)
    session_epoch = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField("dibuat", default=now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "id"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        db_table = "accounts_user"
        verbose_name = "pengguna"
        verbose_name_plural = "pengguna"
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="accounts_user_email_unique",
                violation_error_message="E-mail ini sudah dipakai.",
            ),
            models.CheckConstraint(
                condition=Q(email__isnull=True) | (Q(email=Lower("email")) & ~Q(email="")),
                name="accounts_user_email_lower",
                violation_error_message="E-mail ditulis dengan huruf kecil.",
            ),
            models.UniqueConstraint(
                fields=["phone_index"],
                name="accounts_user_phone_unique",
                violation_error_message="Nomor HP ini sudah dipakai.",
            ),
            models.CheckConstraint(
                condition=Q(phone_sealed__isnull=True, phone_index__isnull=True)
                | Q(phone_sealed__isnull=False, phone_index__isnull=False),
                name="accounts_user_phone_together",
                violation_error_message="Nomor HP belum lengkap tersimpan.",
            ),
            models.UniqueConstraint(
                Replace("login_number", Value("-"), Value("")),
                name="accounts_user_number_unique",
                violation_error_message="Nomor pendaftaran ini sudah dipakai.",
            ),
            models.CheckConstraint(
                condition=Q(login_number__isnull=True) | Q(login_number__regex=r"^[0-9A-Z]+(-[0-9A-Z]+)*$"),
                name="accounts_user_number_upper",
                violation_error_message="Nomor pendaftaran hanya huruf besar, angka dan tanda hubung.",
            ),
            models.CheckConstraint(
                condition=~Q(display_name=""),
                name="accounts_user_has_name",
                violation_error_message="Tulis nama pengguna.",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name

    def clean(self) -> None:
        super().clean()
        self.email = self.email.strip().lower() or None if self.email else None
        self.login_number = self.login_number.strip().upper() or None if self.login_number else None

    # Phone -----------------------------------------------------------------------------------------------

    def set_phone(self, e164: str | None) -> None:
        """Set the phone (E.164) with index and mask, or clear all three; the caller saves."""
        set_sealed(self, "phone_sealed", e164)
        self.phone_index = blind_index(e164, purpose="phone") if e164 else None
        self.phone_mask = mask_phone(e164)

    def phone(self) -> str | None:
        """The phone in E.164, or None. Raises `core.crypto.SealBroken` when the row was tampered with."""
        return get_sealed(self, "phone_sealed")

    # Sessions --------------------------------------------------------------------------------------------

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Bind sessions to the password and to `session_epoch`: a change of either ends them all."""
        key_salt = "accounts.models.User.session_auth_hash"
        value = f"{self.password}|{self.session_epoch}"
        return salted_hmac(key_salt, value, secret=secret, algorithm="sha256").hexdigest()

    def end_sessions(self) -> None:
        """Sign this user out on every device, from the next request on."""
        User.objects.filter(pk=self.pk).update(session_epoch=F("session_epoch") + 1)
        self.refresh_from_db(fields=["session_epoch"])

    # Roles -----------------------------------------------------------------------------------------------

    def active_assignments(self) -> list[RoleAssignment]:
        """Role assignments in force now; one query for the life of this instance (one request).

        An inactive user has none.
        """
        if not hasattr(self, "_active_assignments"):
            at = now()
            held = _IN_FORCE.rows([self.pk, at, at]) if self.is_active else ()
            self._active_assignments: list[RoleAssignment] = [assignment for (assignment,) in held]
        return self._active_assignments

    def forget_assignments(self) -> None:
        """Drop the loaded assignments, after a grant or an end on this same instance."""
        self.__dict__.pop("_active_assignments", None)

    def refresh_from_db(
        self, using: str | None = None, fields: Any = None, from_queryset: Any = None
    ) -> None:
        self.forget_assignments()
        super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)

    @property
    def is_peserta(self) -> bool:
        """True for a user with a registration number."""
        return self.is_active and self.login_number is not None

    def roles(self) -> frozenset[str]:
        """Codes of the roles in force now, `peserta` included."""
        codes = {assignment.role for assignment in self.active_assignments()}
        if self.is_peserta:
            codes.add(Role.PESERTA.value)
        return frozenset(codes)

    @property
    def is_admin(self) -> bool:
        return Role.ADMIN.value in self.roles()

    @property
    def is_staff(self) -> bool:
        """Django admin's question: admin role only."""
        return self.is_admin

    @property
    def is_superuser(self) -> bool:
        return self.is_admin

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        return self.is_admin

    def has_perms(self, perm_list: Iterable[str], obj: models.Model | None = None) -> bool:
        return self.is_admin

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_admin


class RoleAssignmentQuerySet(models.QuerySet["RoleAssignment"]):
    """Reads as phrases: `RoleAssignment.objects.active(at).with_role(Role.DINAS)`."""

    def active(self, at: datetime) -> Self:
        """In force at that instant: begun, not ended."""
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), starts_at__lte=at)

    def unended(self, at: datetime) -> Self:
        """In force at that instant, or to begin later."""
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at))

    def with_role(self, *roles: str) -> Self:
        return self.filter(role__in=roles)


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class RoleAssignment(models.Model):
    """One role of one user over one scope, with dates.

    Scope: an area code (`31`, `31.74`, `31.74.07`), `ID` for the nation, or a centre code (`P31.74.07`).
    `agency_code` narrows `dinas` to one agency (e.g. PTSP: permits); empty means the whole government.
    """

    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="role_assignments", verbose_name="pengguna"
    )
    role = models.CharField(
        "peran", max_length=20, choices=[c for c in Role.choices if c[0] != Role.PESERTA.value]
    )
    scope = models.CharField("cakupan", max_length=40)
    agency_code = models.CharField("kode SKPD", max_length=40, blank=True, default="")
    starts_at = models.DateTimeField("mulai", default=now)
    ends_at = models.DateTimeField("berakhir", null=True, blank=True)
    granted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="diberikan oleh"
    )
    created_at = models.DateTimeField("dibuat", default=now, editable=False)

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = "penugasan peran"
        verbose_name_plural = "penugasan peran"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="accounts_role_ends_after_start",
                violation_error_message="Tanggal berakhir harus sesudah tanggal mulai.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=sorted(STAFF_ROLES)),
                name="accounts_role_known",
                violation_error_message="Pilih peran petugas yang ada di daftar.",
            ),
            models.CheckConstraint(
                condition=Q(scope__regex=r"^(ID|[0-9]{2}(\.[0-9]{2}){0,2}|[A-Z][0-9.]+(-[0-9]+)?)$"),
                name="accounts_role_scope_form",
                violation_error_message=(
                    "Cakupan ditulis sebagai kode wilayah (31.74), kode pusat (P31.74.07) atau "
                    "ID untuk seluruh negeri."
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "role"], name="accounts_role_user"),
            models.Index(fields=["role", "scope"], name="accounts_role_scope"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.scope}"


_IN_FORCE = joined(
    "SELECT {RoleAssignment} FROM accounts_roleassignment WHERE user_id = %s AND starts_at <= %s"
    " AND (ends_at IS NULL OR ends_at > %s) ORDER BY created_at, id",
    RoleAssignment,
)
"""`RoleAssignment.objects.filter(user=…).active(…)`, asked on every page of everybody who is signed in."""


class AccessCode(models.Model):
    """A printed one-use code: `klaim` opens an assisted account, `reset` sets a new password.

    Only a keyed hash is stored. At most one code per user and purpose is open: a new one voids the older.
    """

    class Purpose(models.TextChoices):
        CLAIM = "klaim", "Klaim akun"
        RESET = "reset", "Kata sandi baru"

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="access_codes", verbose_name="pengguna"
    )
    purpose = models.CharField("keperluan", max_length=10, choices=Purpose.choices)
    code_hash = models.BinaryField(max_length=32, editable=False)
    created_at = models.DateTimeField("dibuat", default=now, editable=False)
    expires_at = models.DateTimeField("berlaku sampai")
    used_at = models.DateTimeField("dipakai", null=True, blank=True)
    voided_at = models.DateTimeField("dibatalkan", null=True, blank=True)
    issued_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="dicetak oleh"
    )

    class Meta:
        verbose_name = "kode cetak"
        verbose_name_plural = "kode cetak"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "purpose"],
                condition=Q(used_at__isnull=True, voided_at__isnull=True),
                name="accounts_code_one_open",
                violation_error_message="Masih ada kode yang berlaku untuk akun ini.",
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=["klaim", "reset"]),
                name="accounts_code_purpose_known",
                violation_error_message="Pilih keperluan kode.",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")),
                name="accounts_code_expires_later",
                violation_error_message="Masa berlaku kode harus sesudah waktu cetak.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} · {self.created_at:%Y-%m-%d}"


class SignInCounter(models.Model):
    """Instants of recent password checks of one key (an account, an unknown login, an address).

    In PostgreSQL, because a flush of the broker must not open the door; keys are keyed hashes, so that no
    phone or e-mail is stored here. Written only by `accounts.lockout`.
    """

    key = models.BinaryField(primary_key=True, max_length=32)
    attempts = ArrayField(models.DateTimeField(), default=list)
    updated_at = models.DateTimeField(default=now, db_index=True)

    class Meta:
        verbose_name = "hitungan masuk"
        verbose_name_plural = "hitungan masuk"


class MfaSecret(models.Model):
    """A secret of somebody's second factor, sealed here so that key rotation reaches it.

    allauth keeps a reference to this row in place of the secret (`accounts.adapters.MfaAdapter`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    text_sealed = SealedField(editable=False)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = "rahasia faktor kedua"
        verbose_name_plural = "rahasia faktor kedua"
