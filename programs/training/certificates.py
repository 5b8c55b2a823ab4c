"""The acts on certificates, and the document itself, set anew from the records at every opening."""

from __future__ import annotations

import secrets
from datetime import datetime
from io import BytesIO
from pathlib import Path
from uuid import UUID

import segno
from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse

from accounts.codes import ALPHABET
from accounts.models import User
from core import audit
from core.clock import local_day
from core.documents import render_pdf
from core.formats import day
from participants.models import Stage, Threshold
from participants.refusals import Refused

from .access import require_manager
from .facts import class_percents
from .models import Certificate, CertificateRevocation, ClassStatus, Seat, TrainingClass
from .services import lock_class, tell

TEMPLATE = Path(__file__).parent / "documents" / "sertifikat.typ"
CODE_LENGTH = 12
"""Letters of the code in the address: 25^12 of them, nobody finds one by trying."""


@transaction.atomic
def issue(*, class_id: UUID, actor: User, at: datetime) -> list[Certificate]:
    """Give everybody who attended enough a certificate, each once; the new ones.

    "Enough" is the dated share on the last day of the class. Raises NotYours, or Refused before the class is
    finished.
    """
    training_class = lock_class(class_id)
    require_manager(actor, training_class, act="Sertifikat diterbitkan")
    if training_class.status != ClassStatus.SELESAI:
        raise Refused("Sertifikat terbit sesudah kelas diselesaikan.")
    needed = Threshold.objects.on(local_day(training_class.ends_at, training_class.zone))
    percents = class_percents(training_class)
    seats = Seat.objects.enrolled().filter(training_class=training_class, certificate__isnull=True)
    passed = [
        seat
        for seat in seats.filter(enrollment__erased_at__isnull=True).in_rank()
        if percents.get(seat.pk, 0) >= needed[Stage.PELATIHAN, "hadir_persen"]
    ]
    made = Certificate.objects.bulk_create(
        Certificate(
            number=number,
            code="".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)),
            seat=seat,
            course=training_class.course.title,
            hours=training_class.course.hours,
            signatory=actor.display_name,
            issued_at=at,
            issued_by=actor,
        )
        for seat, number in zip(passed, _numbers(len(passed), training_class, at), strict=True)
    )
    tell(passed, "sertifikat_terbit", at=at)
    audit.record(actor=actor, action="sertifikat.terbitkan", obj=training_class, detail={"count": len(made)})
    return made


@transaction.atomic
def revoke(*, certificate_id: UUID, actor: User, reason: str, at: datetime) -> CertificateRevocation:
    """Take a certificate's validity away, for good. Raises NotYours; revoked twice, it is revoked."""
    found = Certificate.objects.select_related("seat__training_class").get(pk=certificate_id)
    lock_class(found.seat.training_class_id)
    require_manager(actor, found.seat.training_class, act="Sertifikat dicabut")
    known = CertificateRevocation.objects.filter(certificate=found).first()
    if known is not None:
        return known
    audit.record(actor=actor, action="sertifikat.cabut", obj=found, reason=reason)
    tell([found.seat], "sertifikat_dicabut", at=at)
    return CertificateRevocation.objects.create(certificate=found, reason=reason, at=at, by=actor)


def as_pdf(certificate: Certificate) -> bytes:
    """The document: name, course, hours, number, code, centre, signatory; never the NIK."""
    one = certificate.seat.training_class
    address = check_address(certificate)
    return render_pdf(
        TEMPLATE,
        {
            "name": certificate.seat.enrollment.person.full_name,
            "course": certificate.course,
            "hours": certificate.hours,
            "number": certificate.number,
            "center": one.center.name,
            "place": one.center.district.regency.short_name,
            "held": f"{day(one.starts_on)} sampai {day(one.ends_on)}",
            "issued": day(certificate.issued_on),
            "signatory": certificate.signatory,
            "address": address,
            "revoked": certificate.is_revoked,
            "qr": _picture(address),
        },
    )


def _picture(address: str) -> str:
    """The code as SVG."""
    drawn = BytesIO()
    segno.make(address, micro=False).save(drawn, kind="svg", scale=4, border=2, light="#fff")
    return drawn.getvalue().decode()


def check_address(certificate: Certificate) -> str:
    """Where anybody can check it."""
    return f"{settings.SITE_URL}{reverse('verify', args=[certificate.code])}"


def _numbers(count: int, training_class: TrainingClass, at: datetime) -> list[str]:
    """That many new numbers `SP-26-000123`; a sequence gives each out once."""
    year = local_day(at, training_class.zone).year
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('training_certificate_number') FROM generate_series(1, %s)", [count])
        return [f"SP-{year % 100:02d}-{number:06d}" for (number,) in cursor.fetchall()]
