"""Emptying an account whose owner's data are erased: the row stays, as others' records point at it."""

from __future__ import annotations

from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F

from accounts import lockout
from accounts.models import AccessCode, RoleAssignment, SignInCounter, User

ERASED_NAME = "Peserta (data dihapus)"


@transaction.atomic
def empty_account(*, user_id: UUID) -> bool:
    """Take name, phone, e-mail, number and password out of an account and end its sessions.

    Somebody who works here, or did, keeps the account of that work and loses the participant's number alone;
    returns False then.
    """
    if RoleAssignment.objects.filter(user_id=user_id).exists():
        User.objects.filter(pk=user_id).update(login_number=None)
        AccessCode.objects.filter(user_id=user_id, purpose=AccessCode.Purpose.CLAIM).delete()
        return False
    user = User.objects.select_for_update(of=("self",)).get(pk=user_id)
    User.objects.filter(pk=user_id).update(
        display_name=ERASED_NAME,
        email=None,
        phone_sealed=None,
        phone_index=None,
        phone_mask="",
        login_number=None,
        password=make_password(None),
        is_active=False,
        session_epoch=F("session_epoch") + 1,
    )
    AccessCode.objects.filter(user_id=user_id).delete()
    Authenticator.objects.filter(user_id=user_id).delete()
    EmailAddress.objects.filter(user_id=user_id).delete()
    SignInCounter.objects.filter(key=lockout.account_key(user)).delete()
    return True
