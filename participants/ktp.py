"""The photo of a KTP: brought by the person or by staff, opened only to be compared, gone afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Role, User
from core import audit, files
from core.models import StoredFile

from .models import IdentityDocument, Person
from .refusals import Refused
from .scoping import acting_role
from .services import MANAGERS, lock_enrollment, require_role

COMPARING = "mencocokkan KTP"
"""Why a KTP and the full NIK are opened while an identity is checked; the person can read it."""


@transaction.atomic
def attach_identity_document(
    *, enrollment_id: UUID, actor: User, store_file: Callable[[], StoredFile], at: datetime
) -> IdentityDocument:
    """Keep a photo of the KTP for the check; an earlier photo is deleted. `store_file` is called last.

    Raises NotYours, or Refused once the identity is verified: nothing is kept without need.
    """
    enrollment = lock_enrollment(enrollment_id)
    if enrollment.person.user_id != actor.pk:
        require_role(actor, enrollment, MANAGERS | {Role.PENDAMPING}, act="Foto KTP dikirim")
    person = Person.objects.select_for_update(of=("self",), no_key=True).get(pk=enrollment.person_id)
    if person.is_identity_verified:
        raise Refused("Identitas sudah diverifikasi, jadi foto KTP tidak diperlukan lagi.")
    earlier = IdentityDocument.objects.select_related("file").filter(person=person).first()
    if earlier is not None:
        earlier.delete()
        files.delete(earlier.file)
    document = IdentityDocument.objects.create(
        person=person, file=store_file(), uploaded_by=actor, uploaded_at=at
    )
    audit.record(actor=actor, action="ktp.unggah", obj=person)
    return document


@transaction.atomic
def open_identity_document(*, document: IdentityDocument, actor: User) -> StoredFile:
    """The file, for somebody who may see it. Staff who open it are named in the audit log, as in a reveal."""
    if document.person.user_id != actor.pk:
        ways = document.person.enrollments.order_by("-registered_at", "-pk")
        role = next((found for one in ways if (found := acting_role(actor, one, MANAGERS))), None)
        audit.record(
            actor=actor,
            action="data.buka",
            obj=document.person,
            reason=COMPARING,
            detail={"what": "foto KTP"} | ({"role": str(role)} if role else {}),
        )
    return document.file
