"""Erasing people changes no statistic by a digit, and leaves nothing that names them anywhere."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from PIL import Image

from accounts.models import Role, User
from accounts.tests.factories import staff
from centers.models import CoachProfile
from core import audit, files, outbox
from core.clock import local_day, now
from core.crypto import blind_index
from core.validators import clean_nik
from helpdesk import services as helpdesk
from helpdesk.models import Kind, Topic
from okoce.demo.seed import seed
from participants import corrections, ktp, rights, services
from participants.erasure import erase_person
from participants.models import DataRequest, Enrollment, EvidenceKind, Person, StageEvidence, Status
from participants.models.choices import Pathway
from participants.registration import Registered, RegistrationData, register_person
from participants.tests.factories import center_of, demo_phone, participant, synthetic_nik
from programs.mentoring import services as mentoring
from programs.mentoring import sheets
from programs.mentoring.models import ContactKind, ContactOutcome
from programs.mentoring.models.sheets import SKETCH
from programs.mentoring.tests import factories as meetings
from programs.pipeline import bulk, merging, moves
from programs.pipeline.models import BulkKind
from programs.placement.tests import factories as work
from reports.cuts import take_cut

pytestmark = pytest.mark.django_db(transaction=True)

MARK = "tkn9"
"""Begins every text of those who will be erased; nothing else in the portal does."""


@pytest.fixture(autouse=True)
def places(settings: Any, tmp_path: Path) -> None:
    settings.DEMO_MODE = True
    settings.FILES_DIR = tmp_path / "files"
    settings.EMAIL_FILE_PATH = tmp_path / "email"
    settings.EMAIL_BACKEND = "notifications.channels.files.EmailFileBackend"


def mark(person: Person, number: int) -> str:
    """Write this person's token into every text anybody ever typed about them, by the acts there are."""
    token, at = f"{MARK}{number:04d}", now()
    enrollment = person.enrollments.select_related("center").latest("registered_at")
    user = person.user
    assert user is not None
    person.full_name, person.address, person.no_nik_reason = f"{token} Nama", f"{token} jalan", f"{token} nik"
    person.save()
    user.display_name, user.email = person.full_name, f"{token}@example.com"
    user.save()
    enrollment.goal, enrollment.source = f"{token} tujuan", f"{token} teman"
    enrollment.save(update_fields=["goal", "source"])
    business = person.businesses.first() or person.businesses.create(name="x")
    business.name, business.address, business.capital = f"{token} usaha", f"{token} pasar", 77_123_456
    business.save()
    business.products.create(name=f"{token} keripik", kind=f"{token} makanan")
    StageEvidence.objects.create(
        enrollment=enrollment,
        stage=enrollment.stage,
        kind=EvidenceKind.NIB,
        number=f"{token} 91200",
        note=f"{token} catatan",
        file=picture(token),
        happened_on=at.date(),
        submitted_by=user,
    )
    rights.request_correction(
        person_id=person.pk, actor=user, full_name=f"{token} Baru", birth_date=None, gender="", phone="",
        address=f"{token} rumah", reason=f"{token} pindah", at=at,
    )  # fmt: skip
    if enrollment.center is not None and enrollment.is_open:
        manager = manager_of(enrollment.center.code)
        services.reveal(enrollment_id=enrollment.pk, actor=manager, reason=f"{token} ditelepon")
        coach = coach_of(enrollment.center.code)
        services.assign_coach(
            enrollment_id=enrollment.pk, actor=manager, coach=coach, at=at, note=f"{token} dekat rumah",
            reason=f"{token} satu kampung",
        )  # fmt: skip
        spoken_about(token, enrollment, coach, manager, at=at)
        if number % 2:
            enrollment.refresh_from_db()
            moves.stop(
                enrollment_id=enrollment.pk, actor=manager, version=enrollment.version,
                why=moves.StopReason.LAINNYA, reason=f"{token} pindah kota", at=at,
            )  # fmt: skip
    asked_by(token, enrollment, user, at=at)
    audit.record(
        actor=None, action="coba", obj=None, reason=f"tentang {enrollment.number}", detail={"x": token}
    )
    return token


def asked_by(token: str, enrollment: Enrollment, user: User, *, at: datetime) -> None:
    """A complaint with an addition and a note of the staff, a wish for another NIK, a photo of the KTP."""
    question = helpdesk.Question(
        Kind.KELUHAN, Topic.DATA, f"{token} nama saya salah", f"{token} Nama", checks_self=True,
        district=enrollment.district,
    )  # fmt: skip
    asked = helpdesk.ask(question=question, submission_id=uuid4(), browser=f"{token}", asker=user, at=at)
    assert asked is not None
    helpdesk.write_again(ticket_id=asked.ticket.pk, author=user, text=f"{token} tambahan", at=at)
    admin = User.objects.filter(role_assignments__role=Role.ADMIN).first()
    assert admin is not None
    helpdesk.add_note(ticket_id=asked.ticket.pk, actor=admin, text=f"{token} sudah ditelepon", at=at)
    corrections.request_correction(
        enrollment_id=enrollment.pk, actor=user, nik=synthetic_nik(), reason=f"{token} tertukar", at=at
    )
    person = Person.objects.get(pk=enrollment.person_id)
    if not person.is_identity_verified:
        ktp.attach_identity_document(
            enrollment_id=enrollment.pk, actor=user, store_file=lambda: picture(token), at=at
        )


def spoken_about(token: str, enrollment: Enrollment, coach: User, manager: User, *, at: datetime) -> None:
    """What a coach writes down, and a manager with an act on many."""
    enrollment.refresh_from_db()
    mentoring.log_contact(
        enrollment_id=enrollment.pk, actor=coach, submission_id=uuid4(), kind=ContactKind.TELEPON,
        outcome=ContactOutcome.TERSAMBUNG, happened_on=local_day(at, enrollment.zone),
        note=f"{token} anaknya sakit", agreed=f"{token} datang Senin", at=at,
    )  # fmt: skip
    mentoring.put_off(
        enrollment_id=enrollment.pk, actor=coach, until_on=local_day(at, enrollment.zone) + timedelta(days=3),
        reason=f"{token} sakit", at=at,
    )  # fmt: skip
    held = meetings.recorded(
        enrollment, coach, starts_at=at, at=at, done=f"{token} menghitung", agreed=f"{token} mencoba",
        private_note=f"{token} sedih",
    )  # fmt: skip
    meetings.attached(held, coach, title=f"{token} foto")
    meetings.agreed(enrollment, coach, goal=f"{token} warung", texts=(f"{token} urus izin",), at=at)
    clinic = meetings.opened(enrollment.center, manager, coach, at=at)
    meetings.booked(enrollment, clinic, topic=f"{token} modal", at=at)
    assert enrollment.center is not None
    vacancy = work.posted(enrollment.center, manager)
    applied = work.application_row(
        enrollment, vacancy, status="tidak_diterima", reason=f"{token} penuh", interview_place=f"{token} toko"
    )
    applied.changes.create(status="tidak_diterima", note=f"{token} penuh", by=manager)
    job = work.placement_row(enrollment, manager, employer=f"{token} toko", position=f"{token} kasir")
    job.set_phone(demo_phone())
    job.save()
    answers = dict.fromkeys(SKETCH, f"{token} tetangga")
    sheets.save_sketch(enrollment_id=enrollment.pk, actor=coach, answers=answers, version="", at=at)
    mate = CoachProfile.objects.create(
        user=staff(Role.PENDAMPING, enrollment.center_id, is_demo=True), center_id=enrollment.center_id
    )
    plan = bulk.Plan(BulkKind.PENDAMPING, coach=mate, note=f"{token} ramah", reason=f"{token} dekat rumah")
    seen = {
        o.enrollment.pk: o.seen for o in bulk.preview(plan=plan, ids=[enrollment.pk], actor=manager, at=at)
    }
    done = bulk.execute(bulk_id=uuid4(), plan=plan, ids=[enrollment.pk], seen=seen, actor=manager, at=at)
    assert done.items.get().is_done


def picture(token: str) -> Any:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "#ddd").save(content, "PNG")
    return files.store_upload(SimpleUploadedFile(f"{token}.png", content.getvalue(), "image/png"), owner=None)


def manager_of(code: str) -> User:
    found = User.objects.filter(role_assignments__role=Role.PENGELOLA, role_assignments__scope=code).first()
    return found or staff(Role.PENGELOLA, code, is_demo=True)


def coach_of(code: str) -> User:
    """A coach of the centre other than the demo's, so that every assignment is a new one."""
    coach = staff(Role.PENDAMPING, code, is_demo=True)
    CoachProfile.objects.create(user=coach, center_id=code)
    return coach


def questions() -> Iterator[str]:
    """Nation, provinces, kota, kecamatan, centres, paths and years of everybody there is."""
    yield ""
    districts = sorted(set(Enrollment.objects.values_list("district_id", flat=True)))
    areas = {code[:length] for code in districts for length in (2, 5, 8)}
    yield from (f"?wilayah={area}" for area in sorted(areas))
    yield from (f"?jalur={path}" for path in Pathway.values)
    years = sorted(set(Enrollment.objects.values_list("cohort_year", flat=True)))
    yield from (f"?tahun={year}" for year in years)
    yield from (f"?tahun={year}&jalur={path}" for year in years for path in Pathway.values)
    centers = sorted(set(Enrollment.objects.exclude(center=None).values_list("center_id", flat=True)))
    yield from (f"?pusat={code}" for code in centers)


def statistics(client: Client) -> dict[str, Any]:
    """Every funnel, without the instant at which it was asked for."""
    found = {}
    for question in questions():
        answer = client.get(f"/dasbor/corong.json{question}")
        assert answer.status_code == 200, question
        found[question] = {key: value for key, value in answer.json().items() if key != "cutoff"}
    return found


def public_statistics(client: Client) -> dict[str, Any]:
    """Every public funnel after a new daily cut, as JSON, as CSV and as a page, without the cut-off."""
    cut = take_cut(at=now(), again=True)
    assert cut is not None
    shown = cut.taken_at.astimezone(ZoneInfo("Asia/Jakarta")).isoformat(timespec="seconds")
    found: dict[str, Any] = {}
    for question in questions():
        if "pusat=" in question:
            continue
        answer = client.get(f"/statistik/corong.json{question}").json()
        found[question] = {key: value for key, value in answer.items() if key != "cutoff"}
        text = client.get(f"/statistik/corong.csv{question}").content.decode()
        found[f"csv{question}"] = text.replace(shown, "")
        page = client.get(f"/statistik/{question}").content.decode()
        page = page[page.index("<main") : page.index("</main>")]
        found[f"page{question}"], times = re.subn(r"terakhir [^·]+·", "", page)
        assert times == 1, "the page says once when it was counted"
    return found


def dump() -> dict[str, bytes]:
    """Every table of the database as text, by COPY: what a backup would hold."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(table_name) FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1"
        )
        tables = [row[0] for row in cursor.fetchall()]
        found = {}
        for table in tables:
            stream = io.BytesIO()
            cursor.cursor.copy_expert(f"COPY (SELECT * FROM {table}) TO STDOUT", stream)
            found[table] = stream.getvalue()
    return found


def on_disk() -> dict[str, bytes]:
    folders = (Path(django_settings.FILES_DIR), Path(django_settings.EMAIL_FILE_PATH))
    return {
        str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()
    }


def holding(needle: bytes, pages: dict[str, bytes]) -> list[str]:
    return [name for name, content in pages.items() if needle.lower() in content.lower()]


def test_erasing_a_fifth_changes_no_statistic_and_leaves_no_trace() -> None:
    seed(participants=200, seed_number=7, at=now())
    admin = User.objects.filter(role_assignments__role=Role.ADMIN).first()
    people = list(Person.objects.filter(nik_index__isnull=False, user__isnull=False).order_by("pk"))
    chosen = people[::5][:40]
    assert len(chosen) >= 38
    for number, person in enumerate(chosen):
        mark(person, number)
    while outbox.relay():
        pass
    known = [
        (person.nik(), person.phone(), person.enrollments.latest("registered_at").number) for person in chosen
    ]
    client = Client()
    client.force_login(admin, backend="accounts.backends.LoginBackend")
    before = statistics(client)
    public_before = public_statistics(Client())
    # The marks are really everywhere, or their absence would prove nothing.
    marked = set(holding(MARK.encode(), dump()))
    assert marked >= {
        "accounts_user", "participants_person", "participants_personevent", "participants_enrollment",
        "participants_enrollmentevent", "participants_business", "participants_businessevent",
        "participants_product", "participants_stageevidence", "participants_stagetransition",
        "participants_coachassignment", "participants_coachassignmentevent", "participants_datarequest",
        "notifications_notification", "core_auditentry", "core_storedfile", "helpdesk_ticket",
        "helpdesk_ticketmessage", "helpdesk_ticketnote", "mentoring_contactlog", "mentoring_snooze",
        "mentoring_mentoringsession", "mentoring_sessionfile", "mentoring_actionplan", "mentoring_planstep",
        "mentoring_businesssketch", "mentoring_clinicvisit",
        "placement_application", "placement_applicationchange",
        "placement_placement",
        "pipeline_bulkact", "participants_nikcorrection",
    }  # fmt: skip
    disk = on_disk()
    assert len(disk) > len(chosen)
    assert any(name.endswith(".eml") and MARK.encode() in disk[name] for name in disk)

    for person in chosen:
        assert erase_person(person_id=person.pk, actor=admin, reason="Percobaan", at=now())

    assert statistics(client) == before
    assert public_statistics(Client()) == public_before
    assert public_before[""]["stages"][0]["reached"] >= 200
    assert len(public_before) > 60
    assert before[""]["stages"][0]["reached"] >= 200
    assert before[""]["permits"]["people"] > 0
    database, disk = dump(), on_disk()
    assert holding(MARK.encode(), database) == []
    assert [name for name in disk if MARK.encode() in disk[name].lower()] == []
    for nik, phone, number in known:
        assert nik and phone
        for needle in (nik, phone, number):
            assert holding(needle.encode(), database) == [], needle
        for value, purpose in ((nik, "nik"), (phone, "phone")):
            assert holding(blind_index(value, purpose=purpose).hex().encode(), database) == [], purpose
        assert not Person.objects.with_nik(nik).exists()
        assert User.objects.find_by_login(phone) is None
        assert User.objects.find_by_login(number) is None
    assert not StageEvidence.objects.filter(enrollment__person__in=chosen, file__isnull=False).exists()
    # A second time nothing happens; the statistics still agree with a fresh look.
    assert not erase_person(person_id=chosen[0].pk, actor=admin, reason="Percobaan", at=now())


def test_erasing_whoever_was_merged_leaves_nothing_of_either_record() -> None:
    """The double, what moved and what the merge kept for its undoing go with her; every figure stays."""
    center = center_of()
    admin = staff(Role.ADMIN, "ID", is_demo=True)
    manager = staff(Role.PENGELOLA, center.code, is_demo=True)
    kept, double = (
        participant(center=center, person__full_name=f"{MARK}{name} Siti", person__address=f"{MARK} jalan")
        for name in ("a", "b")
    )
    numbers = [
        value for one in (kept, double) for value in (one.person.nik(), one.person.phone(), one.number)
    ]
    StageEvidence.objects.create(
        enrollment=double, stage=double.stage, kind=EvidenceKind.NIB, number=f"{MARK} 812",
        file=picture(MARK), happened_on=now().date(), submitted_by=double.person.user,
    )  # fmt: skip
    merging.merge(
        kept_id=kept.pk, taken_out_id=double.pk, kept_version=kept.version, taken_out_version=double.version,
        actor=manager, reason=f"{MARK} sama orangnya", at=now(),
    )  # fmt: skip
    while outbox.relay():
        pass
    client = Client()
    client.force_login(admin, backend="accounts.backends.LoginBackend")
    before = statistics(client)
    assert {"participants_merge", "participants_mergeevent"} & set(holding(MARK.encode(), dump()))
    assert erase_person(person_id=kept.person_id, actor=admin, reason="Percobaan", at=now())
    assert statistics(client) == before
    database = dump()
    for needle in (MARK, *numbers):
        assert needle
        assert holding(needle.encode(), database) == [], needle
    assert not [name for name, content in on_disk().items() if MARK.encode() in content.lower()]


def test_the_erased_may_come_again_as_somebody_new() -> None:
    enrollment = participant(center=center_of())
    person = enrollment.person
    nik, phone = person.nik(), person.phone()
    assert nik and phone
    erase_person(person_id=person.pk, actor=None, reason="Percobaan", at=now())
    again = register_person(
        data=RegistrationData(
            pathway=Pathway.MULAI_USAHA, full_name="Siti Aminah", district=enrollment.district,
            address="Jl. Baru 1", nik=clean_nik(nik), phone=phone, password="sandi-baru-2026",
        ),
        submission_id=uuid4(), browser="x", at=now(),
    )  # fmt: skip
    assert isinstance(again, Registered)
    assert again.enrollment.person_id != person.pk
    assert User.objects.find_by_login(phone) == again.enrollment.person.user
    assert not User.objects.get(pk=enrollment.person.user_id).is_active


def test_the_whole_way_takes_two_people_and_ends_every_session() -> None:
    enrollment = participant(center=center_of())
    first, second = staff(Role.PENGELOLA, enrollment.center_id), staff(Role.ADMIN, "ID")
    user = enrollment.person.user
    own = Client()
    own.force_login(user, backend="accounts.backends.LoginBackend")
    assert own.get("/saya/").status_code == 200
    at = now()
    request = rights.request_erasure(person_id=enrollment.person_id, actor=user, reason="Pindah", at=at)
    assert request.due_at == at + timedelta(hours=72)
    rights.grant(request_id=request.pk, actor=first, at=at)
    with pytest.raises(rights.Refused, match="petugas kedua"):
        rights.grant(request_id=request.pk, actor=first, at=at)
    assert Person.objects.get(pk=enrollment.person_id).erased_at is None
    rights.grant(request_id=request.pk, actor=second, at=at)
    request = DataRequest.objects.get(pk=request.pk)
    assert (request.status, request.first_by, request.decided_by) == ("selesai", first, second)
    assert request.reason == ""
    assert own.get("/saya/").status_code == 303
    enrollment.refresh_from_db()
    assert enrollment.status == Status.AKTIF
    assert enrollment.coach_id is None
    assert json.dumps(request.changes) == "{}"
