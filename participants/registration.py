"""Registration: one pressed button makes one person, one enrollment and one message, or the neutral page.

Everything happens in one transaction. Equal submissions wait for each other under an advisory lock and get
the same answer; what two different submissions could still do to each other (one NIK from two phones) is
decided by the unique indexes, after which the loser is judged again on what the winner stored.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, connection, models, transaction

from accounts.models import Role, User
from centers.assignment import Placement, choose, nearby
from centers.models import Center, District, Village, area_chain, search_key
from core import audit
from core.clock import local_day
from core.crypto import blind_index
from core.inserts import insert_together
from core.validators import Nik, nik_warnings
from notifications.services import Draft, message_row, notify_many

from .models import (
    Business,
    Consent,
    ConsentPurpose,
    Enrollment,
    IdentityStatus,
    Person,
    RegistrationSubmission,
    Stage,
    Status,
    TransitionKind,
)
from .models.choices import Pathway
from .transitions import transition_row

CONSENT_VERSION = "2026-1"
"""The text in templates/participants/registration/_consent.html; a changed text gets a new version."""

RETRIED_CONSTRAINTS = (
    "participants_person_nik_index",
    "accounts_user_phone_unique",
    "accounts_user_email_unique",
)
"""Unique indexes by which somebody else may have been first a moment ago (prefixes of their names)."""

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class RegistrationData:
    """What a person told us, cleaned.

    `phone` is E.164, or "" for somebody at the counter without one; `password` None: claimed later by a code.
    """

    pathway: Pathway
    full_name: str
    district: District
    address: str
    nik: Nik | None = None
    no_nik_reason: str = ""
    birth_date: date | None = None
    gender: str = ""
    phone: str = ""
    email: str = ""
    village: Village | None = None
    business_name: str = ""
    business_sector: str = ""
    goal: str = ""
    source: str = ""
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Assistance:
    """Who filled the form in for somebody, in which role, whether the KTP was seen, and the own centre."""

    by: User
    role: Role
    saw_document: bool = False
    center: Center | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """The enrollment behind a submission; `is_new` is False when the answer is a repeated one."""

    enrollment: Enrollment
    is_new: bool


@dataclass(frozen=True, slots=True)
class Held:
    """Nothing was registered. `person_id`: who holds the NIK, shown only to staff in charge of them."""

    person_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """What the database knows of the submission and of the identifiers in it, and the next number."""

    submission: RegistrationSubmission | None
    nik_person_id: UUID | None
    nik_user_id: UUID | None
    household: Sequence[str]
    household_user_ids: Sequence[UUID]
    phone_user_id: UUID | None
    phone_user_name: str | None
    email_user_id: UUID | None
    email_user_name: str | None
    centers: Sequence[Center]
    licensing: str | None
    number: int

    def names_at_phone(self) -> set[str]:
        """Search keys of everybody already reached under the number."""
        names = [*self.household, *([self.phone_user_name] if self.phone_user_name is not None else [])]
        return {search_key(name) for name in names}

    def contacts(self) -> set[UUID]:
        """Accounts to tell that somebody tried again with their data."""
        found = {self.nik_user_id, self.phone_user_id, self.email_user_id, *self.household_user_ids}
        return {user_id for user_id in found if user_id is not None}


def register_person(
    *,
    data: RegistrationData,
    submission_id: UUID,
    browser: str,
    at: datetime,
    assistance: Assistance | None = None,
    also: Callable[[User], Sequence[models.Model]] | None = None,
) -> Registered | Held:
    """Register a person once per `submission_id`, or hold the submission when the NIK or phone is known.

    `browser` is the secret of the browser that sent it; another browser with the same submission is held.
    A phone shared in a household is accepted for a second person with an own NIK and name, who then signs in
    with the registration number. A known identifier sends its owner one message a day. `also` gives rows that
    stand or fall with the new account, such as the session of who registered; it is asked at each attempt.
    """
    browser_index = _browser_index(browser)
    # 34 ms of work, done before anything is locked.
    password = make_password(data.password)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return _register(data, submission_id, browser_index, password, at, assistance, also)
        except IntegrityError as error:
            if attempt == ATTEMPTS or not _is_lost_race(error):
                raise
    raise AssertionError("the last attempt returns or raises")


def repeated_answer(*, submission_id: UUID, browser: str) -> Registered | Held | None:
    """The answer this very browser was given for a submission; None when it has none. Writes nothing."""
    index = _browser_index(browser)
    answered = RegistrationSubmission.objects.filter(pk=submission_id, browser_index=index).first()
    return None if answered is None else _repeat(answered, index)


def _browser_index(browser: str) -> bytes:
    return blind_index(browser, purpose="registration.browser")


def _register(
    data: RegistrationData,
    submission_id: UUID,
    browser_index: bytes,
    password: str,
    at: datetime,
    assistance: Assistance | None,
    also: Callable[[User], Sequence[models.Model]] | None,
) -> Registered | Held:
    found = look_up(data, submission_id)
    if found.submission is not None:
        return _repeat(found.submission, browser_index)
    if found.nik_person_id is not None or _is_same_person(data, found):
        return _hold(found, submission_id, browser_index, at)
    rows = list(_rows(data, found, _place(data, found, assistance), password, at, assistance))
    enrollment = next(row for row in rows if isinstance(row, Enrollment))
    rows.append(
        RegistrationSubmission(
            pk=submission_id, browser_index=browser_index, enrollment=enrollment, created_at=at
        )
    )
    if also is not None:
        rows.extend(also(next(row for row in rows if isinstance(row, User))))
    insert_together(rows)
    return Registered(enrollment, is_new=True)


LOCK = "SELECT pg_advisory_xact_lock(%(lock)s)"
"""Makes equal submissions wait for each other until the end of the transaction."""

_LOOK_UP = """
SELECT * FROM participants_known(%(submission)s, %(nik)s, %(phone)s, %(email)s, %(regency)s, %(areas)s)
"""


def look_up(data: RegistrationData, submission_id: UUID) -> _Found:
    """Take the lock of the submission, then read everything the decision needs.

    One round trip, two statements: the second begins when the lock is held, so it sees what the previous
    holder committed.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"{LOCK}; {_LOOK_UP}",
            {
                "lock": int.from_bytes(submission_id.bytes[:8], signed=True),
                "submission": submission_id,
                "nik": blind_index(data.nik.value, purpose="nik") if data.nik else None,
                "phone": blind_index(data.phone, purpose="phone") if data.phone else None,
                "email": data.email or None,
                "regency": data.district.regency_id,
                "areas": area_chain(data.district.pk),
            },
        )
        row = cursor.fetchone()
    submission = None
    if row[0] is not None:
        submission = RegistrationSubmission(
            pk=row[0], browser_index=row[1], is_held=row[2], enrollment_id=row[3]
        )
    return _Found(
        submission=submission,
        nik_person_id=row[4],
        nik_user_id=row[5],
        household=row[6] or [],
        household_user_ids=row[7] or [],
        phone_user_id=row[8],
        phone_user_name=row[9],
        email_user_id=row[10],
        email_user_name=row[11],
        centers=nearby(row[12], data.district.regency_id),
        licensing=row[13],
        number=row[14],
    )


def _repeat(submission: RegistrationSubmission, browser_index: bytes) -> Registered | Held:
    """The answer once given, to the browser it was given to; to any other the neutral one."""
    is_same_browser = hmac.compare_digest(bytes(submission.browser_index), browser_index)
    if submission.enrollment_id is None or not is_same_browser:
        return Held()
    enrollment = Enrollment.objects.select_related("person__user").get(pk=submission.enrollment_id)
    return Registered(enrollment, is_new=False)


def _is_same_person(data: RegistrationData, found: _Found) -> bool:
    """Whether a known phone or e-mail may mean the same human: no NIK of their own, or the same name."""
    own_name = search_key(data.full_name)
    names = found.names_at_phone()
    if found.email_user_name is not None:
        names.add(search_key(found.email_user_name))
    return bool(names) and (data.nik is None or own_name in names)


def _hold(found: _Found, submission_id: UUID, browser_index: bytes, at: datetime) -> Held:
    """Keep the neutral answer and tell the owners of the identifiers, once a day each."""
    RegistrationSubmission.objects.create(
        pk=submission_id, browser_index=browser_index, is_held=True, created_at=at
    )
    day = local_day(at)
    notify_many(
        Draft(
            user_id=user_id,
            kind="pendaftaran_dicoba_lagi",
            ids={"user": str(user_id), "day": day.isoformat()},
            dedupe_key=f"daftar-lagi:{user_id}:{day}",
        )
        for user_id in sorted(found.contacts())
    )
    return Held(found.nik_person_id)


def _place(data: RegistrationData, found: _Found, assistance: Assistance | None) -> Placement:
    """The operator's own open centre when it serves this kecamatan, else the rule for everybody."""
    own = assistance.center if assistance else None
    if own is not None and own.is_open and own.district_id == data.district.pk:
        return Placement(own)
    return choose(data.district, found.centers, data.village)


def _rows(
    data: RegistrationData,
    found: _Found,
    placement: Placement,
    password: str,
    at: datetime,
    assistance: Assistance | None,
) -> Iterator[models.Model]:
    """The rows of a new registration, in the order of their foreign keys."""
    center = placement.center
    zone = center.zone if center else data.district.zone
    day = local_day(at, zone)
    number = f"OK-{day:%y}-{found.number:06d}"

    user = User(
        display_name=data.full_name,
        login_number=number,
        email=(data.email or None) if found.email_user_id is None else None,
        password=password,
        created_at=at,
        # Who registers without help is signed in by the same press of the button.
        last_login=None if assistance else at,
    )
    is_shared = bool(found.household) or found.phone_user_id is not None
    user.set_phone(data.phone if data.phone and not is_shared else None)
    yield user

    person = _person(data, user, at, assistance)
    yield person
    for purpose in ConsentPurpose:
        yield Consent(
            person=person,
            purpose=purpose,
            text_version=CONSENT_VERSION,
            given_at=at,
            recorded_by=assistance.by if assistance else None,
        )
    if data.pathway == Pathway.NAIK_KELAS and (data.business_name or data.business_sector):
        yield Business(
            person=person, name=data.business_name, sector=data.business_sector, created_at=at, updated_at=at
        )

    enrollment = Enrollment(
        number=number,
        person=person,
        pathway=data.pathway,
        district=data.district,
        village=data.village,
        center=center,
        is_center_fallback=placement.is_fallback,
        licensing_agency_id=found.licensing,
        stage=Stage.PENDAFTARAN,
        status=Status.AKTIF if center else Status.MENUNGGU_PUSAT,
        goal=data.goal,
        source=data.source,
        zone=zone,
        cohort_year=day.year,
        registered_at=at,
        registered_on=day,
        stage_entered_at=at,
        last_activity_at=at,
    )
    yield enrollment
    yield transition_row(
        enrollment,
        kind=TransitionKind.DAFTAR,
        from_stage="",
        from_status="",
        reason="",
        actor=assistance.by if assistance else user,
        actor_role=assistance.role if assistance else Role.PESERTA,
        at=at,
    )
    if assistance is not None:
        yield audit.entry_row(
            actor=assistance.by,
            action="pendaftaran.dibantu",
            obj=person,
            detail={"saw_document": assistance.saw_document},
        )
    yield message_row(
        Draft(
            user_id=user.pk,
            kind="pendaftaran_diterima",
            ids={"enrollment": str(enrollment.pk)},
            dedupe_key=f"daftar:{enrollment.pk}",
        )
    )


def _person(data: RegistrationData, user: User, at: datetime, assistance: Assistance | None) -> Person:
    """The person row; birth date and sex come from the NIK where they were left empty."""
    saw_document = assistance is not None and assistance.saw_document
    person = Person(
        user=user,
        full_name=data.full_name,
        no_nik_reason="" if data.nik else data.no_nik_reason,
        birth_date=data.birth_date or (data.nik.birth_date if data.nik else None),
        gender=data.gender or (data.nik.gender if data.nik else ""),
        address=data.address,
        nik_warnings=nik_warnings(data.nik, data.birth_date, data.gender) if data.nik else [],
        identity_status=IdentityStatus.DOKUMEN_DILIHAT if saw_document else IdentityStatus.DIKETIK,
        identity_entered_by=assistance.by if assistance else None,
        created_at=at,
    )
    person.set_nik(data.nik.value if data.nik else None)
    person.set_phone(data.phone or None)
    return person


def _is_lost_race(error: IntegrityError) -> bool:
    """Whether another registration with the same NIK, phone or e-mail was committed a moment earlier."""
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None) or ""
    return name.startswith(RETRIED_CONSTRAINTS)
