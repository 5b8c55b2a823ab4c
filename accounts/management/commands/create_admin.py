"""The first administrator of a new installation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse

from accounts.codes import issue_code
from accounts.models import AccessCode, Role, User
from accounts.roles import grant_role
from core.clock import now


class Command(BaseCommand):
    help = "Membuat admin PGO dan mencetak kode sekali pakai (24 jam) untuk membuat kata sandinya."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="Nama orangnya.")
        parser.add_argument("--email", required=True, help="E-mail untuk masuk.")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Create the account, or give an existing one the role; print the code once."""
        email = options["email"].strip().lower()
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"{email!r} bukan alamat e-mail.") from None
        at = now()
        user = User.objects.find_by_login(email) or User.objects.create_user(
            display_name=options["name"], email=email
        )
        if not user.is_admin:
            grant_role(user=user, role=Role.ADMIN.value, scope="ID", granted_by=None, at=at)
        code = issue_code(user=user, purpose=AccessCode.Purpose.CLAIM.value, issued_by=None, at=at)
        self.stdout.write(f"Admin: {user.display_name} <{email}>")
        self.stdout.write(f"Kode (24 jam, sekali pakai): {code}")
        self.stdout.write(f"Buat kata sandi di {settings.SITE_URL}{reverse('code')}")
