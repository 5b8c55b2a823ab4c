"""The acts on certificates, and the documents, set anew from the records at every opening."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.urls import reverse

from accounts.codes import ALPHABET
from accounts.models import User
from core import audit, jobs
from core.clock import local_day
from core.documents import render_pdf
from core.formats import day, number
from core.models import Job
from participants.models import Stage, Threshold
from participants.refusals import Refused

from .access import require_manager
from .facts import share
from .models import Certificate, CertificateRevocation, ClassStatus, Seat, TrainingClass
from .services import lock_class, tell

KIND = "sertifikat_kelas"
DOCUMENTS = Path(__file__).parent / "documents"
TEMPLATE = DOCUMENTS / "sertifikat.typ"
CODE_LENGTH = 12
"""Letters of the code in the address: 25^12 of them, nobody finds one by trying."""
CHUNK = 50
"""Certificates that are written and committed together."""
MOST_IN_ONE = 500
"""Certificates in one file for printing: no class is larger, and they take half a second."""


@transaction.atomic
def order(*, class_id: UUID, actor: User, at: datetime) -> Job | None:
    """Let a worker give everybody who attended enough a certificate; None when all have theirs.

    "Enough" is the dated share on the last day of the class. Pressed twice, it is one order. Raises NotYours,
    or Refused before the class is finished.
    """
    training_class = lock_class(class_id)
    require_manager(actor, training_class, act="Sertifikat diterbitkan")
    if training_class.status != ClassStatus.SELESAI:
        raise Refused("Sertifikat terbit sesudah kelas diselesaikan.")
    running = latest_order(class_id)
    if running is not None and not running.is_finished:
        return running
    count = without_certificate(training_class).count()
    if not count:
        return None
    detail = {"count": count}
    audit.record(actor=actor, action="sertifikat.terbitkan", obj=training_class, detail=detail)
    return jobs.start(
        kind=KIND,
        params={"class": str(class_id), "at": at.isoformat()},
        requested_by=actor,
        dedupe_key=f"{_key(class_id)}{at.isoformat()}",
    )


def latest_order(class_id: UUID) -> Job | None:
    """The last order of certificates for a class."""
    return Job.objects.filter(dedupe_key__startswith=_key(class_id)).order_by("-created_at", "-pk").first()


def _key(class_id: UUID) -> str:
    return f"{KIND}:{class_id}:"


def entitled(training_class: TrainingClass) -> QuerySet[Seat]:
    """Seats of everybody who attended enough, as on an attendance sheet."""
    thresholds = Threshold.objects.on(local_day(training_class.ends_at, training_class.zone))
    seats = Seat.objects.enrolled().filter(training_class=training_class, enrollment__erased_at__isnull=True)
    enough = thresholds[Stage.PELATIHAN, "hadir_persen"]
    return seats.annotate(percent=share()).filter(percent__gte=enough).in_rank()


def without_certificate(training_class: TrainingClass) -> QuerySet[Seat]:
    """Those of them who have none yet."""
    return entitled(training_class).filter(certificate__isnull=True)


def no_longer_entitled(training_class: TrainingClass) -> QuerySet[Certificate]:
    """Valid certificates of people whose attendance was corrected to too little since."""
    found = Certificate.objects.valid().filter(seat__training_class=training_class)
    found = found.filter(seat__enrollment__erased_at__isnull=True).select_related("seat__enrollment__person")
    return found.exclude(seat__in=entitled(training_class).values("pk")).order_by("number")


@jobs.job(KIND)
def issue_all(job_run: jobs.JobRun) -> None:
    """Issue what is still missing, chunk after chunk. Killed or run twice, nobody gets two: every chunk
    looks again under the lock of the class, and the database allows one a seat."""
    class_id, at = UUID(job_run.params["class"]), datetime.fromisoformat(job_run.params["at"])
    issuer = User.objects.get(pk=str(job_run.requested_by_id))
    training_class = TrainingClass.objects.get(pk=class_id)
    total = entitled(training_class).count()
    done = total - without_certificate(training_class).count()
    while True:
        job_run.progress(done, total)
        time.sleep(float(getattr(settings, "JOB_STEP_SECONDS", 0)))
        made = issue_some(class_id=class_id, issuer=issuer, at=at)
        if not made:
            return
        done += len(made)


@transaction.atomic
def issue_some(*, class_id: UUID, issuer: User, at: datetime) -> list[Certificate]:
    """The next certificates of a class, with the news to their holders; none when everybody has theirs."""
    training_class = TrainingClass.objects.select_related("course").get(pk=lock_class(class_id).pk)
    passed = list(without_certificate(training_class)[:CHUNK])
    made = Certificate.objects.bulk_create(
        Certificate(
            number=given,
            code=new_code(),
            seat=seat,
            course=training_class.course.title,
            hours=training_class.course.hours,
            signatory=issuer.display_name,
            issued_at=at,
            issued_by=issuer,
        )
        for seat, given in zip(passed, new_numbers(len(passed), training_class, at), strict=True)
    )
    tell(passed, "sertifikat_terbit", at=at)
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


def words_of(certificate: Certificate) -> dict[str, Any]:
    """What stands on the document: name, course, hours, number, code, centre, signatory; never the NIK."""
    one = certificate.seat.training_class
    return {
        "name": certificate.seat.enrollment.person.full_name,
        "course": certificate.course,
        "hours": certificate.hours,
        "number": certificate.number,
        "center": one.center.name,
        "place": one.center.district.regency.short_name,
        "held": one.days_words,
        "issued": day(certificate.issued_on),
        "signatory": certificate.signatory,
        "site": f"{settings.SITE_URL}{reverse('verify_form')}".removeprefix("https://"),
        "code": " ".join(certificate.code[start : start + 4] for start in range(0, len(certificate.code), 4)),
        "revoked": certificate.is_revoked,
        "qr": _picture(check_address(certificate)),
    }


def as_pdf(certificates: Sequence[Certificate]) -> bytes:
    """The documents, a page each. Load them with `for_page`."""
    title = f"Sertifikat {certificates[0].number}" if len(certificates) == 1 else "Sertifikat pelatihan"
    return render_pdf(TEMPLATE, {"title": title, "all": [words_of(one) for one in certificates]})


def to_print(training_class: TrainingClass) -> QuerySet[Certificate]:
    """The valid certificates of a class, as on an attendance sheet."""
    found = Certificate.objects.valid().for_page().filter(seat__training_class=training_class)
    found = found.filter(seat__enrollment__erased_at__isnull=True)
    return found.order_by("seat__enrollment__person__full_name", "pk")[:MOST_IN_ONE]


def _picture(address: str) -> str:
    """The code as SVG."""
    drawn = BytesIO()
    segno.make(address, micro=False).save(drawn, kind="svg", scale=4, border=2, light="#fff")
    return drawn.getvalue().decode()


def check_address(certificate: Certificate) -> str:
    """Where anybody can check it."""
    return f"{settings.SITE_URL}{reverse('verify', args=[certificate.code])}"


def new_numbers(count: int, training_class: TrainingClass, at: datetime) -> list[str]:
    """That many new numbers `SP-26-000123`; a sequence gives each out once."""
    year = local_day(at, training_class.zone).year
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('training_certificate_number') FROM generate_series(1, %s)", [count])
        return [f"SP-{year % 100:02d}-{given:06d}" for (given,) in cursor.fetchall()]


def new_code() -> str:
    """A code that nobody guesses."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def progress_words(job: Job) -> str:
    """ "320 dari 1.000 sertifikat terbit"."""
    if not job.total:
        return "Menunggu giliran."
    return f"{number(job.done)} dari {number(job.total)} sertifikat terbit"
