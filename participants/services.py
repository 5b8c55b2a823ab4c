"""The acts of P1 on a person: the only writes to identity, goal, SKPD, coach, business and evidence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Role, User
from centers.models import Agency, CoachProfile
from core import audit
from core.clock import local_day
from core.models import AuditEntry, StoredFile
from notifications.services import Draft, notify, notify_many

from .models import (
    AssignmentEnd,
    Business,
    CoachAssignment,
    Enrollment,
    EvidenceStatus,
    IdentityDocument,
    IdentityStatus,
    Person,
    StageEvidence,
    Status,
    WorkforceReport,
)
from .models.choices import EvidenceKind, Stage
from .refusals import NotYours, Refused
from .scoping import acting_role

STAFF_WHO_VERIFY = frozenset({Role.PENGELOLA, Role.PENDAMPING, Role.DINAS, Role.ADMIN})
MANAGERS = frozenset({Role.PENGELOLA, Role.ADMIN})


def lock_enrollment(enrollment_id: UUID) -> Enrollment:
    """The enrollment, held for this transaction. Rows that point at it may still be inserted elsewhere.

    Raises Refused for one that was erased, perhaps while the actor waited: nothing is written there again.
    """
    enrollment = Enrollment.objects.select_for_update(of=("self",), no_key=True).get(pk=enrollment_id)
    if enrollment.erased_at is not None:
        raise Refused("Data peserta ini sudah dihapus, jadi tidak ada yang bisa dicatat lagi.")
    return enrollment


def require_role(actor: User, enrollment: Enrollment, allowed: frozenset[Role], *, act: str) -> Role:
    """The role in which the actor acts, or NotYours naming who may. Nobody acts on themselves."""
    if enrollment.person.user_id == actor.pk:
        raise NotYours("Anda tidak bisa memutuskan hal ini untuk diri Anda sendiri.")
    role = acting_role(actor, enrollment, allowed)
    if role is None:
        raise NotYours(f"{act} hanya oleh {_names(allowed)}.")
    return role


def _names(roles: frozenset[Role]) -> str:
    names = {
        Role.PENDAMPING: "pendamping yang ditugaskan",
        Role.PENGELOLA: "pengelola pusatnya",
        Role.DINAS: "dinas wilayahnya",
        Role.ADMIN: "sekretariat",
    }
    return " atau ".join(names[role] for role in names if role in roles)


def _touch(enrollment: Enrollment, at: datetime) -> None:
    enrollment.last_activity_at = max(enrollment.last_activity_at, at)
    enrollment.save(update_fields=["last_activity_at"])


@transaction.atomic
def verify_identity(
    *, enrollment_id: UUID, actor: User, status: IdentityStatus, note: str = "", at: datetime
) -> Person:
    """Record that a document was seen, that it agrees (verified by a second person), or what does not agree.

    Raises NotYours for staff without a role here, Refused when the actor typed the data, brought the photo
    of the KTP or is the person, and when the identity is verified already.
    """
    enrollment = lock_enrollment(enrollment_id)
    require_role(actor, enrollment, MANAGERS, act="Identitas diperiksa")
    person = Person.objects.select_for_update(of=("self",), no_key=True).get(pk=enrollment.person_id)
    if person.user_id == actor.pk:
        raise Refused("Anda tidak bisa memeriksa identitas Anda sendiri.")
    if person.identity_entered_by_id == actor.pk:
        raise Refused("Anda yang mengetik data ini. Pemeriksaan dilakukan petugas lain.")
    if person.is_identity_verified:
        raise Refused("Identitas ini sudah diverifikasi.")
    if IdentityDocument.objects.filter(person=person, uploaded_by=actor).exists():
        raise Refused("Anda yang mengirim foto KTP ini. Pemeriksaan dilakukan petugas lain.")
    if person.nik_index is None and status == IdentityStatus.DIVERIFIKASI:
        raise Refused("Orang ini belum punya NIK. Catat NIK-nya dulu, baru identitas bisa diverifikasi.")
    person.identity_status = status
    person.identity_checked_by = actor
    person.identity_checked_at = at
    person.save(update_fields=["identity_status", "identity_checked_by", "identity_checked_at"])
    _touch(enrollment, at)
    audit.record(
        actor=actor, action="identitas.periksa", obj=person, reason=note, detail={"status": str(status)}
    )
    if status == IdentityStatus.DIKETIK and person.user_id:
        notify(
            user_id=person.user_id,
            kind="identitas_tidak_cocok",
            ids={"enrollment": str(enrollment.pk)},
            dedupe_key=f"identitas-tidak-cocok:{person.pk}:{at:%Y%m%d}",
        )
    if status == IdentityStatus.DIVERIFIKASI and person.user_id:
        notify(
            user_id=person.user_id,
            kind="identitas_diverifikasi",
            ids={"enrollment": str(enrollment.pk)},
            dedupe_key=f"identitas:{person.pk}",
        )
    return person


def mismatch_note(person: Person) -> str:
    """What an officer wrote does not agree with the KTP, as long as that is how it stands; or ""."""
    if person.identity_status != IdentityStatus.DIKETIK or person.identity_checked_at is None:
        return ""
    checks = AuditEntry.objects.filter(object_id=str(person.pk), action="identitas.periksa")
    return checks.order_by("-id").values_list("reason", flat=True).first() or ""


@transaction.atomic
def record_nik(*, enrollment_id: UUID, actor: User, nik: str, at: datetime) -> Person:
    """Give a person without NIK the cleaned NIK that was seen. A known NIK is corrected elsewhere, by two
    people.
    """
    enrollment = lock_enrollment(enrollment_id)
    require_role(actor, enrollment, MANAGERS | {Role.PENDAMPING}, act="NIK dicatat")
    person = Person.objects.select_for_update(of=("self",), no_key=True).get(pk=enrollment.person_id)
    if person.nik_index is not None:
        raise Refused("NIK sudah tercatat. Perbaikan NIK memerlukan persetujuan orang kedua.")
    if Person.objects.with_nik(nik).exists():
        raise Refused("NIK ini sudah dipakai pendaftaran lain. Hubungi sekretariat untuk memeriksanya.")
    person.set_nik(nik)
    person.identity_entered_by = actor
    person.save(update_fields=["nik_sealed", "nik_index", "nik_mask", "identity_entered_by"])
    _touch(enrollment, at)
    audit.record(actor=actor, action="nik.catat", obj=person)
    return person


@transaction.atomic
def set_goal(*, enrollment_id: UUID, actor: User, goal: str, at: datetime) -> Enrollment:
    """Record in one sentence what the person wants to reach: by the person, the coach or the manager."""
    enrollment = lock_enrollment(enrollment_id)
    if enrollment.person.user_id != actor.pk:
        require_role(actor, enrollment, MANAGERS | {Role.PENDAMPING}, act="Tujuan dicatat")
    enrollment.goal = goal
    enrollment.save(update_fields=["goal"])
    _touch(enrollment, at)
    return enrollment


@transaction.atomic
def assign_agency(*, enrollment_id: UUID, actor: User, agency: Agency, at: datetime) -> Enrollment:
    """Set the SKPD pembina, one of the agencies of the place of residence."""
    enrollment = lock_enrollment(enrollment_id)
    require_role(actor, enrollment, MANAGERS, act="SKPD pembina ditetapkan")
    if not Agency.objects.for_area(enrollment.district_id).supervising().filter(pk=agency.pk).exists():
        raise Refused("SKPD ini tidak membina wilayah tempat tinggal peserta.")
    enrollment.agency = agency
    enrollment.save(update_fields=["agency"])
    _touch(enrollment, at)
    audit.record(actor=actor, action="skpd.tetapkan", obj=enrollment, detail={"agency": agency.pk})
    return enrollment


@transaction.atomic
def assign_coach(
    *, enrollment_id: UUID, actor: User, coach: User, at: datetime, note: str = "", reason: str = ""
) -> CoachAssignment:
    """Give the enrollment to a coach of its centre, who then accepts or declines; `note` hands it over.

    An open assignment ends as handed over: the earlier coach is told, and sees the person no more. Raises
    Refused when the coach does not work at the centre or takes nobody now, and, without a `reason`, when
    somebody else has the person or when the coach or the centre already has more people than planned.
    """
    enrollment = lock_enrollment(enrollment_id)
    require_role(actor, enrollment, MANAGERS, act="Pendamping ditetapkan")
    if not enrollment.is_open:
        raise Refused("Peserta ini sudah tidak dalam perjalanan, jadi tidak perlu pendamping baru.")
    profile = (
        CoachProfile.objects.select_related("center", "user")
        .filter(user=coach, center_id=enrollment.center_id)
        .first()
    )
    if profile is None or not coach.is_active:
        raise Refused("Pendamping ini tidak bertugas di pusat peserta.")
    if not profile.is_accepting and enrollment.coach_id != coach.pk:
        raise Refused("Pendamping ini sedang tidak menerima peserta baru.")
    if enrollment.person.user_id == coach.pk:
        raise Refused("Seseorang tidak bisa mendampingi dirinya sendiri.")
    current = CoachAssignment.objects.active().filter(enrollment=enrollment).first()
    if current is not None and current.coach_id == coach.pk:
        return current
    over = _over_capacity(profile)
    if over and not reason:
        raise Refused(f"{over} Tulis alasannya bila tetap ditetapkan.")
    if current is not None and not reason:
        raise Refused("Peserta ini sudah punya pendamping. Tulis alasan mengapa dialihkan.")
    if current is not None:
        # whoever waited for the lock looked at the clock before the other one wrote
        at = max(at, current.assigned_at)
        current.ended_at, current.end_reason = at, AssignmentEnd.DIALIHKAN
        current.save(update_fields=["ended_at", "end_reason"])
    assignment = CoachAssignment.objects.create(
        enrollment=enrollment, coach=coach, assigned_by=actor, assigned_at=at, note=note
    )
    enrollment.coach = coach
    enrollment.save(update_fields=["coach"])
    _touch(enrollment, at)
    detail = {"coach": str(coach.pk), "before": str(current.coach_id) if current else "", "over": over}
    audit.record(actor=actor, action="pendamping.tetapkan", obj=enrollment, reason=reason, detail=detail)
    notify_many(_about_assignment(enrollment, assignment, earlier=current))
    return assignment


def _over_capacity(profile: CoachProfile) -> str:
    """What is full already, as a sentence; empty when neither the coach nor the centre is.

    A guide for people, not a bound: two managers at the same moment may both see the last free place.
    """
    active, center = Enrollment.objects.active(), profile.center
    mentees = active.filter(coach_id=profile.user_id).count()
    people = active.filter(center_id=center.pk)[: center.capacity + 1].count()
    if mentees >= profile.capacity:
        name = profile.user.display_name
        return f"{name} sudah mendampingi {mentees} orang, daya tampungnya {profile.capacity}."
    if people > center.capacity:
        return f"{center.name} sudah melayani lebih dari {center.capacity} orang, daya tampungnya."
    return ""


def _about_assignment(
    enrollment: Enrollment, assignment: CoachAssignment, *, earlier: CoachAssignment | None
) -> list[Draft]:
    """The new coach, the earlier one and the person are told."""
    ids = {"enrollment": str(enrollment.pk)}
    key = f"tugas:{assignment.pk}"
    drafts = [Draft(assignment.coach_id, "peserta_baru", ids, f"{key}:pendamping")]
    if earlier is not None:
        drafts.append(Draft(earlier.coach_id, "tugas_dialihkan", ids, f"{key}:sebelumnya"))
    if enrollment.person.user_id:
        drafts.append(Draft(enrollment.person.user_id, "pendamping_ditetapkan", ids, f"{key}:peserta"))
    return drafts


@transaction.atomic
def accept_assignment(*, enrollment_id: UUID, actor: User, at: datetime) -> CoachAssignment:
    """The coach takes the task on."""
    enrollment = lock_enrollment(enrollment_id)
    assignment = CoachAssignment.objects.active().filter(enrollment=enrollment, coach=actor).first()
    if assignment is None:
        raise NotYours("Tugas ini bukan untuk Anda, atau sudah dialihkan.")
    if assignment.accepted_at is None:
        assignment.accepted_at = at
        assignment.save(update_fields=["accepted_at"])
        _touch(enrollment, at)
    return assignment


@transaction.atomic
def decline_assignment(*, enrollment_id: UUID, actor: User, note: str, at: datetime) -> CoachAssignment:
    """The coach cannot take the task on; the enrollment goes back to the manager's queue."""
    enrollment = lock_enrollment(enrollment_id)
    assignment = CoachAssignment.objects.active().filter(enrollment=enrollment, coach=actor).first()
    if assignment is None:
        raise NotYours("Tugas ini bukan untuk Anda, atau sudah dialihkan.")
    if assignment.accepted_at is not None:
        raise Refused("Tugas ini sudah Anda terima. Minta pengelola mengalihkannya.")
    assignment.ended_at = max(at, assignment.assigned_at)
    assignment.end_reason, assignment.note = AssignmentEnd.MENOLAK, note
    assignment.save(update_fields=["ended_at", "end_reason", "note"])
    enrollment.coach = None
    enrollment.save(update_fields=["coach"])
    if assignment.assigned_by_id is not None:
        notify(
            user_id=assignment.assigned_by_id,
            kind="tugas_ditolak",
            ids={"assignment": str(assignment.pk)},
            dedupe_key=f"tugas:{assignment.pk}:ditolak",
        )
    return assignment


@transaction.atomic
def save_business(
    *,
    enrollment_id: UUID,
    actor: User,
    at: datetime,
    name: str,
    sector: str,
    address: str,
    capital: int | None,
    annual_sales: int | None,
    workers_full_time: int | None,
    workers_part_time: int | None,
) -> Business:
    """Write the business record. Money in whole rupiah; capital without land and buildings."""
    enrollment = lock_enrollment(enrollment_id)
    if enrollment.person.user_id != actor.pk:
        require_role(actor, enrollment, MANAGERS | {Role.PENDAMPING}, act="Data usaha dicatat")
    business = enrollment.person.businesses.order_by("created_at", "pk").first() or Business(
        person_id=enrollment.person_id, created_at=at
    )
    business.name = name
    business.sector = sector
    business.address = address
    business.capital = capital
    business.annual_sales = annual_sales
    business.workers_full_time = workers_full_time
    business.workers_part_time = workers_part_time
    business.updated_at = at
    business.save()
    _report_workforce(business, actor=actor, is_owner=enrollment.person.user_id == actor.pk, at=at)
    _touch(enrollment, at)
    return business


def _report_workforce(business: Business, *, actor: User, is_owner: bool, at: datetime) -> None:
    """Turn changed worker numbers into a report of jobs; what the owner writes is confirmed by the owner."""
    if business.workers_full_time is None:
        return
    full_time, part_time = business.workers_full_time, business.workers_part_time or 0
    last = business.workforce_reports.order_by("-reported_at", "-pk").first()
    if last is not None and (last.full_time, last.part_time) == (full_time, part_time):
        if is_owner and last.confirmed_at is None:
            last.confirmed_at = at
            last.save(update_fields=["confirmed_at"])
        return
    business.workforce_reports.create(
        full_time=full_time,
        part_time=part_time,
        full_time_before=last.full_time if last else 0,
        part_time_before=last.part_time if last else 0,
        reported_by=actor,
        reported_at=at,
        confirmed_at=at if is_owner else None,
    )


@transaction.atomic
def confirm_workforce(*, enrollment_id: UUID, actor: User, at: datetime) -> bool:
    """The owner confirms the last report of workers; False when there is nothing to confirm."""
    enrollment = lock_enrollment(enrollment_id)
    if enrollment.person.user_id != actor.pk:
        raise NotYours("Jumlah pekerja hanya bisa dibenarkan oleh pemilik usaha.")
    last = (
        WorkforceReport.objects.filter(business__person_id=enrollment.person_id)
        .order_by("-reported_at", "-pk")
        .first()
    )
    if last is None or last.confirmed_at is not None:
        return False
    last.confirmed_at = at
    last.save(update_fields=["confirmed_at"])
    _touch(enrollment, at)
    return True


@transaction.atomic
def submit_evidence(
    *,
    enrollment_id: UUID,
    actor: User,
    stage: Stage,
    kind: EvidenceKind,
    number: str,
    note: str,
    happened_on: date,
    store_file: Callable[[], StoredFile] | None,
    at: datetime,
) -> StageEvidence:
    """Bring one proof; it waits for a second person. `store_file` is called only once everything else holds.

    Raises NotYours, or Refused for a date in the future or an enrollment that has ended.
    """
    enrollment = lock_enrollment(enrollment_id)
    if enrollment.person.user_id != actor.pk:
        require_role(actor, enrollment, STAFF_WHO_VERIFY, act="Bukti dikirim")
    if enrollment.status not in (Status.AKTIF, Status.TIDAK_TERHUBUNGI):
        raise Refused("Bukti hanya bisa dikirim selama perjalanan masih berjalan.")
    if happened_on > local_day(at, enrollment.zone):
        raise Refused("Tanggal ini masih di depan. Tulis tanggal yang sudah lewat, atau hari ini.")
    evidence = StageEvidence.objects.create(
        enrollment=enrollment,
        stage=stage,
        kind=kind,
        number=number,
        note=note,
        happened_on=happened_on,
        file=store_file() if store_file else None,
        submitted_by=actor,
        submitted_at=at,
    )
    _touch(enrollment, at)
    return evidence


@transaction.atomic
def decide_evidence(
    *, evidence_id: UUID, actor: User, accept: bool, rejection: str = "", at: datetime
) -> StageEvidence:
    """Accept a proof or send it back with what to mend: by entitled staff who did not bring it.

    Raises NotYours, or Refused when the actor brought it, is the person, or it is decided already.
    """
    evidence = StageEvidence.objects.select_related("enrollment__person").get(pk=evidence_id)
    enrollment = lock_enrollment(evidence.enrollment_id)
    require_role(actor, enrollment, STAFF_WHO_VERIFY, act="Bukti diperiksa")
    evidence = StageEvidence.objects.select_for_update(of=("self",)).get(pk=evidence_id)
    if actor.pk in (evidence.submitted_by_id, enrollment.person.user_id):
        raise Refused("Anda yang mengirim bukti ini. Pemeriksaan dilakukan petugas lain.")
    if not evidence.is_pending:
        raise Refused("Bukti ini baru saja diperiksa petugas lain. Ini keadaan terbarunya.")
    evidence.status = EvidenceStatus.DITERIMA if accept else EvidenceStatus.DITOLAK
    evidence.rejection = "" if accept else rejection
    evidence.checked_by, evidence.checked_at = actor, at
    evidence.save(update_fields=["status", "rejection", "checked_by", "checked_at"])
    _touch(enrollment, at)
    audit.record(actor=actor, action="bukti.periksa", obj=evidence, detail={"status": str(evidence.status)})
    if enrollment.person.user_id:
        notify(
            user_id=enrollment.person.user_id,
            kind="bukti_diterima" if accept else "bukti_dikembalikan",
            ids={"evidence": str(evidence.pk)},
            dedupe_key=f"bukti:{evidence.pk}:{evidence.status}",
        )
    return evidence


HISTORY_SHOWN = 40
"""Audited acts shown on a participant's page, the latest."""


def history_of(enrollment: Enrollment) -> list[AuditEntry]:
    """What staff did for a person apart from moves: checks, assignments, reveals, codes. One statement."""
    keys = [str(enrollment.pk), str(enrollment.person_id), str(enrollment.person.user_id)]
    entries = AuditEntry.objects.filter(object_id__in=keys).exclude(action__startswith="tahap.")
    return list(entries.order_by("-id")[:HISTORY_SHOWN])


@transaction.atomic
def reveal(*, enrollment_id: UUID, actor: User, reason: str) -> tuple[str | None, str | None]:
    """NIK and phone in full, for staff who may see the enrollment, with a reason. Audited; the person can
    see it.
    """
    enrollment = Enrollment.objects.select_related("person").get(pk=enrollment_id)
    role = require_role(actor, enrollment, STAFF_WHO_VERIFY, act="Data lengkap dibuka")
    detail = {"role": str(role)}
    audit.record(actor=actor, action="data.buka", obj=enrollment.person, reason=reason, detail=detail)
    return enrollment.person.nik(), enrollment.person.phone()
