"""People and enrollments for tests of every app, consistent with the log of registration and moves."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import factory

from accounts.models import Role, User
from accounts.tests.factories import PASSWORD, UserFactory, hashed_password
from centers.models import Center, District, Province, Regency, Village, search_key
from core.clock import local_day, now
from participants.models import (
    Consent,
    ConsentPurpose,
    Enrollment,
    EvidenceKind,
    EvidenceStatus,
    IdentityStatus,
    Pathway,
    Person,
    Stage,
    StageEvidence,
    Status,
    StopReason,
    TransitionKind,
)
from participants.transitions import log_transition

AREAS = {
    "31.74.07": ("Daerah Khusus Ibukota Jakarta", "Kota Administrasi Jakarta Selatan", "Kebayoran Baru", 7),
    "31.74.05": ("Daerah Khusus Ibukota Jakarta", "Kota Administrasi Jakarta Selatan", "Kebayoran Lama", 7),
    "31.71.01": ("Daerah Khusus Ibukota Jakarta", "Kota Administrasi Jakarta Pusat", "Gambir", 7),
    "73.71.01": ("Sulawesi Selatan", "Kota Makassar", "Mariso", 8),
    "91.71.01": ("Papua", "Kota Jayapura", "Jayapura Utara", 9),
}
"""Kecamatan that tests name: province, regency, own name, hours from UTC."""

FIRST_BIRTH = date(1950, 1, 1)
_niks = count()
_phones = count(1)
_numbers = count(1)


def synthetic_nik(prefix: str = "317407", gender: str = "L", birth_date: date | None = None) -> str:
    """A NIK that no person has (serial 0000). Without a birth date: another one on every call."""
    born = birth_date or FIRST_BIRTH + timedelta(days=next(_niks))
    day = born.day + (40 if gender == "P" else 0)
    return f"{prefix}{day:02d}{born:%m%y}0000"


def demo_phone() -> str:
    """An E.164 number of the demo block 0812-0000-xxxxx, another one on every call."""
    return f"+628120000{next(_phones) % 100_000:05d}"


def district_of(code: str = "31.74.07") -> District:
    """The kecamatan with its kab/kota and province, made when the test database does not hold it."""
    found = District.objects.select_related("regency").filter(pk=code).first()
    if found is not None:
        return found
    province_name, regency_name, name, offset = AREAS[code]
    province, _ = Province.objects.get_or_create(
        code=code[:2], defaults={"name": province_name, "search_name": search_key(province_name)}
    )
    regency, _ = Regency.objects.get_or_create(
        code=code[:5],
        defaults={
            "name": regency_name,
            "search_name": search_key(regency_name),
            "province": province,
            "kind": Regency.Kind.KOTA,
            "utc_offset": offset,
        },
    )
    return District.objects.create(code=code, name=name, search_name=search_key(name), regency=regency)


def village_of(code: str = "31.74.07.1001", name: str = "Melawai") -> Village:
    """A kelurahan of a kecamatan that `district_of` knows."""
    found = Village.objects.filter(pk=code).first()
    return found or Village.objects.create(
        code=code, name=name, search_name=search_key(name), district=district_of(code[:8])
    )


def center_of(code: str = "P31.74.07", **fields: Any) -> Center:
    """The open centre with this code; fields are used when it is made now."""
    found = Center.objects.select_related("district__regency").filter(pk=code).first()
    if found is not None:
        return found
    place = district_of(code[1:9])
    defaults: dict[str, Any] = {
        "district": place,
        "name": f"Pusat OK OCE {place.name}",
        "status": Center.Status.BUKA,
        "address": "Jl. Contoh No. 1",
        "hours": "Senin–Jumat 08.00–16.00",
        "zone": place.zone,
        "whatsapp": "+628120000000",
    }
    return Center.objects.create(code=code, **(defaults | fields))


class PersonFactory(factory.django.DjangoModelFactory[Person]):
    """A woman with a synthetic NIK and a demo phone.

    `nik=None` needs `no_nik_reason`; `user=None`: no account.
    """

    class Meta:
        model = Person

    # As long as each other: none is the beginning of another.
    full_name = factory.Sequence(lambda n: f"Warga Contoh {n:05d}")
    gender = "P"
    birth_date = factory.Sequence(lambda n: FIRST_BIRTH + timedelta(days=n))
    address = "Jl. Contoh No. 7"

    @classmethod
    def _create(cls, model_class: type[Person], *args: Any, **kwargs: Any) -> Person:
        nik = kwargs.pop("nik", "")
        phone = kwargs.pop("phone", "")
        if nik == "":
            nik = synthetic_nik(gender=kwargs["gender"])
        if phone == "":
            phone = demo_phone()
        if "user" not in kwargs:
            kwargs["user"] = UserFactory(display_name=kwargs["full_name"], phone=phone)
        person = model_class(*args, **kwargs)
        person.set_nik(nik)
        person.set_phone(phone)
        person.save(force_insert=True)
        return person


class EnrollmentFactory(factory.django.DjangoModelFactory[Enrollment]):
    """An active enrollment in P1 with its `daftar` row, as registration leaves it.

    `center=None` gives `menunggu_pusat` unless a status is named; `district` follows the centre. The account
    of the person gets the registration number. `registered_at` is three days ago unless given.
    """

    class Meta:
        model = Enrollment

    person = factory.SubFactory(PersonFactory)
    pathway = Pathway.MULAI_USAHA
    stage = Stage.PENDAFTARAN

    @classmethod
    def _create(cls, model_class: type[Enrollment], *args: Any, **kwargs: Any) -> Enrollment:
        at: datetime = kwargs.pop("registered_at", None) or now() - timedelta(days=3)
        place: Center | None = kwargs.pop("center") if "center" in kwargs else center_of()
        home: District = kwargs.pop("district", None) or (place.district if place else district_of())
        zone = place.zone if place else home.zone
        day = local_day(at, zone)
        fields: dict[str, Any] = {
            "number": f"OK-{day:%y}-9{next(_numbers):05d}",
            "center": place,
            "district": home,
            "status": Status.AKTIF if place else Status.MENUNGGU_PUSAT,
            "zone": zone,
            "cohort_year": day.year,
            "registered_at": at,
            "registered_on": day,
            "stage_entered_at": at,
            "last_activity_at": at,
        }
        enrollment = model_class(*args, **(fields | kwargs))
        enrollment.save(force_insert=True)
        user: User | None = enrollment.person.user
        if user is not None and user.login_number is None:
            user.login_number = enrollment.number
            user.save(update_fields=["login_number"])
        for purpose in ConsentPurpose:
            Consent.objects.get_or_create(
                person=enrollment.person, purpose=purpose, defaults={"text_version": "1", "given_at": at}
            )
        log_transition(
            enrollment,
            kind=TransitionKind.DAFTAR,
            from_stage="",
            from_status="",
            reason="",
            actor=user,
            actor_role=Role.PESERTA,
            at=at,
        )
        return enrollment


class StageEvidenceFactory(factory.django.DjangoModelFactory[StageEvidence]):
    """A waiting proof with a note, brought by the person's own account.

    `accepted_by=<user>` accepts it as that second person.
    """

    class Meta:
        model = StageEvidence

    enrollment = factory.SubFactory(EnrollmentFactory)
    stage = factory.LazyAttribute(lambda own: own.enrollment.stage)
    kind = EvidenceKind.SERTIFIKAT
    note = "Bukti contoh"
    happened_on = factory.LazyFunction(lambda: local_day(now(), "Asia/Jakarta") - timedelta(days=1))
    submitted_by = factory.LazyAttribute(lambda own: own.enrollment.person.user or UserFactory())

    @classmethod
    def _create(cls, model_class: type[StageEvidence], *args: Any, **kwargs: Any) -> StageEvidence:
        checker: User | None = kwargs.pop("accepted_by", None)
        if checker is not None:
            kwargs |= {"status": EvidenceStatus.DITERIMA, "checked_by": checker, "checked_at": now()}
        return model_class.objects.create(*args, **kwargs)


def participant(
    *,
    stage: Stage = Stage.PENDAFTARAN,
    status: Status | None = None,
    center: Center | str | None = "P31.74.07",
    coach: User | None = None,
    registered_at: datetime | None = None,
    **fields: Any,
) -> Enrollment:
    """An enrollment that walked to `stage` and now has `status`, with every row of the log in between.

    `center` is a centre, its code, or None. Fields named `person__…` go to the person, others to the
    enrollment.
    """
    place = center_of(center) if isinstance(center, str) else center
    start = registered_at or now() - timedelta(days=30)
    enrollment = EnrollmentFactory(center=place, registered_at=start, **fields)
    if coach is not None:
        enrollment.coach = coach
        enrollment.assignments.create(coach=coach, assigned_at=start, accepted_at=start)
    at = start
    while enrollment.stage != stage:
        at += timedelta(hours=1)
        before = enrollment.stage
        enrollment.stage = list(Stage)[Stage(before).number]
        _step(enrollment, TransitionKind.MAJU, from_stage=before, from_status=enrollment.status, at=at)
        enrollment.stage_entered_at = at
    if status is not None and status != enrollment.status:
        at += timedelta(hours=1)
        before = enrollment.status
        enrollment.status = status
        kind = {
            Status.BERHENTI: TransitionKind.BERHENTI,
            Status.LULUS: TransitionKind.LULUS,
            Status.TIDAK_TERHUBUNGI: TransitionKind.TIDAK_TERHUBUNGI,
            Status.AKTIF: TransitionKind.LANJUT,
        }[status]
        if status == Status.BERHENTI and not enrollment.stop_reason:
            enrollment.stop_reason = StopReason.PINDAH
        _step(enrollment, kind, from_stage=enrollment.stage, from_status=before, at=at)
    enrollment.last_activity_at = at
    if enrollment.stage_number > 1:
        _verify(enrollment, at=start)
    enrollment.save()
    return enrollment


def _step(
    enrollment: Enrollment, kind: TransitionKind, *, from_stage: str, from_status: str, at: datetime
) -> None:
    enrollment.version += 1
    log_transition(
        enrollment,
        kind=kind,
        from_stage=from_stage,
        from_status=from_status,
        reason="Alasan contoh" if kind == TransitionKind.BERHENTI else "",
        actor=enrollment.coach,
        actor_role=Role.PENDAMPING if enrollment.coach else None,
        at=at,
    )


def _verify(enrollment: Enrollment, *, at: datetime) -> None:
    """Nobody leaves P1 without an identity that a second person checked, and a goal."""
    person = enrollment.person
    person.identity_status = IdentityStatus.DIVERIFIKASI
    person.identity_checked_by = UserFactory()
    person.identity_checked_at = at
    person.save(update_fields=["identity_status", "identity_checked_by", "identity_checked_at"])
    enrollment.goal = enrollment.goal or "Punya usaha sendiri"


__all__ = [
    "PASSWORD",
    "EnrollmentFactory",
    "PersonFactory",
    "StageEvidenceFactory",
    "center_of",
    "demo_phone",
    "district_of",
    "hashed_password",
    "participant",
    "synthetic_nik",
    "village_of",
]
