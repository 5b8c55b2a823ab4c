"""SQL statements of every page and act: within the budget, and the same for 5 rows as for 40.

Counted is everything a signed-in visitor costs: session, user, roles and savepoints too. What the statements
are is printed when a budget is broken.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags
from PIL import Image

from accounts.codes import issue_code
from accounts.models import AccessCode, Role, User
from accounts.tests.factories import PASSWORD, staff
from centers.models import Agency, CoachProfile, District
from core.clock import local_day, now
from core.models import Job
from helpdesk import services as helpdesk
from helpdesk.models import Ticket
from helpdesk.tests.factories import ticket
from notifications.models import Notification
from participants import rights
from participants.models import (
    Business,
    DataRequest,
    Enrollment,
    EvidenceKind,
    Pathway,
    Stage,
    Status,
    Threshold,
    WorkforceReport,
)
from participants.tests.factories import (
    EnrollmentFactory,
    PersonFactory,
    StageEvidenceFactory,
    center_of,
    demo_phone,
    participant,
    synthetic_nik,
)
from participants.tests.test_counter import answers
from participants.tests.test_registration_page import valid
from programs.mentoring.models import ClinicVisit, VisitStatus
from programs.mentoring.tests import factories as mentoring
from programs.pipeline.models import BulkAct, BulkItem, BulkKind
from programs.placement.tests import factories as placement
from programs.training import attendance, planning
from programs.training.models import Certificate, Presence, Seat, TrainerKind, TrainingClass
from programs.training.schedule import Slot
from programs.training.tests import factories as training
from reports import monthly
from reports.cuts import take_cut
from reports.models import ReconcileRun
from reports.questions import FunnelQuery
from reports.reconcile.findings import Check, Finding

from .test_access import LINES

pytestmark = pytest.mark.django_db

LIST, RECORD, ACT = 12, 20, 30
"""Most statements of a list or public page, of a page about one record, and of a POST (QUALITY.md)."""

FEW, MANY = 5, 40


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True
    cache.clear()


class World:
    """A centre full of people: `grow` adds to every list that a page shows."""

    def __init__(self) -> None:
        self.center = center_of(capacity=100_000)
        code = self.center.code
        self.users = {
            "anonymous": None,
            "manager": staff(Role.PENGELOLA, code, is_demo=True),
            "coach": staff(Role.PENDAMPING, code, is_demo=True),
            "dinas": staff(Role.DINAS, "31", is_demo=True),
            "admin": staff(Role.ADMIN, "ID", is_demo=True),
        }
        CoachProfile.objects.create(user=self.coach, center=self.center)
        self.enrollment = participant(stage=Stage.PERIZINAN, center=self.center, coach=self.coach)
        self.users["citizen"] = self.enrollment.person.user
        self.evidence = StageEvidenceFactory(enrollment=self.enrollment, kind=EvidenceKind.NIB)
        self.notification = self.tell(self.enrollment.person.user)
        self.job = self.order()
        self.ticket = self.ask(self.enrollment.person.user)
        self.request = self.wish(self.enrollment)
        self.seat = training.enrolled(self.lesson(0), self.enrollment, at=now())
        self.session = self.seat.training_class.sessions.get(number=1)
        self.call(self.seat)
        self.certificate = self.certify(self.seat)
        self.meeting = mentoring.planned(self.enrollment, self.coach)
        self.plan = mentoring.proposed(self.enrollment, self.coach)
        self.clinic = mentoring.opened(
            self.center, self._user("manager"), self.coach, begins=time(0), ends=time(8), minutes=10
        )
        self.visit = mentoring.booked(self.enrollment, self.clinic)
        self.vacancy = placement.posted(self.center, self._user("manager"))
        self.application = placement.application_row(self.enrollment, self.vacancy)
        self.job_found = placement.placement_row(self.enrollment, self._user("manager"))
        self.bulk = BulkAct.objects.create(kind=BulkKind.DOKUMEN, actor=self._user("manager"))
        for number in (1, 2):
            participant(center=self.center, person__full_name=f"Siti Aminah {'I' * number}",
                        person__birth_date=date(1991, 5, 17))  # fmt: skip
        self.rows = 0
        elsewhere = District.objects.filter(pk__startswith="31.").exclude(pk=self.center.district_id)
        self.places = list(elsewhere.select_related("regency").order_by("-pk")[:MANY])

    @property
    def coach(self) -> User:
        return self._user("coach")

    def _user(self, who: str) -> User:
        user = self.users[who]
        assert user is not None
        return user

    def lesson(self, number: int) -> TrainingClass:
        """An open class of the centre whose first session is on."""
        at = now()
        starts = at + timedelta(minutes=30)
        slots = [Slot(starts + timedelta(days=n), starts + timedelta(days=n, hours=2)) for n in range(3)]
        text = planning.CourseText(
            title=f"Kursus {number}", level="dasar", aims="Menghitung", hours=6, topics=["Satu", "Dua"]
        )
        manager = self._user("manager")
        course = planning.save_course(course_id=None, center=self.center, text=text, actor=manager, at=at)
        plan = planning.ClassPlan(
            name=f"Angkatan {number}", place=f"Ruang {number}", online_url="", capacity=300,
            opens_on=local_day(at), closes_on=local_day(starts), slots=slots,
            trainers={self.coach.pk: TrainerKind.PENDAMPING},
        )  # fmt: skip
        one = planning.plan_class(course=course, center=self.center, plan=plan, actor=manager, at=at)
        return planning.open_class(class_id=one.pk, actor=manager, at=at)

    def certify(self, seat: Seat) -> Certificate:
        """What the seat's person got."""
        return Certificate.objects.create(
            number=f"SP-{seat.pk.hex[:12]}", code=seat.pk.hex[:16].upper(), seat=seat, course="Dasar",
            hours=6, signatory="Maya Contoh", issued_at=now(), issued_by=self._user("manager"),
        )  # fmt: skip

    def call(self, seat: Seat) -> None:
        """The seat's person is here."""
        attendance.roll_call(
            session_id=self.session.pk, actor=self.coach, submission_id=uuid4(),
            presences={seat.pk: Presence.HADIR}, decided_at=None, at=now(),
        )  # fmt: skip

    def consult(self, enrollment: Enrollment, number: int) -> None:
        """One more at the clinic, one more in its queue, one more clinic with the citizen's appointment."""
        mentoring.booked(enrollment, self.clinic, turn=number + 1)
        ClinicVisit.objects.create(
            clinic=self.clinic,
            day=self.clinic.day,
            number=number + 1,
            topic="Modal",
            status=VisitStatus.HADIR,
        )
        day = self.clinic.day + timedelta(days=1 + number)
        coaches = [self.coach, staff(Role.PENDAMPING, self.center.code, is_demo=True)]
        clinic = mentoring.opened(self.center, self._user("manager"), *coaches, day=day)
        mentoring.booked(self.enrollment, clinic)

    def tell(self, user: User | None) -> Notification:
        key = str(uuid4())
        return Notification.objects.create(
            recipient=user, kind="lulus", dedupe_key=key, title="Lulus", body="Isi", url="/saya/"
        )

    def order(self) -> Job:
        job = monthly.order(
            user=self._user("dinas"), query=FunnelQuery(area="31"), month=now().date(), token=uuid4()
        )
        Job.objects.filter(pk=job.pk).update(status=Job.Status.GAGAL, note="Belum berhasil.")
        return job

    def ask(self, asker: User | None) -> Ticket:
        """A question in the hands of the coach; its manager, dinas and admin see it too."""
        one = ticket(asker=asker, at=now())
        Ticket.objects.filter(pk=one.pk).update(owner=self.coach, taken_at=now())
        return one

    def wish(self, enrollment: Enrollment) -> DataRequest:
        """A correction of one's own data, in the queue of the manager and of the secretariat."""
        return rights.request_correction(
            person_id=enrollment.person_id, actor=enrollment.person.user, full_name="", birth_date=None,
            gender="", address="Jl. Lain 2", phone="", reason="", at=now(),
        )  # fmt: skip

    def recount(self, enrollment: Enrollment) -> None:
        """A run that found something about a person the reader may see."""
        found = Finding(
            Check.KEADAAN, "Tahap", "wilayah 31.74.07", "pelatihan", "perizinan", area="31.74.07",
            subject=enrollment.pk,
        )  # fmt: skip
        ReconcileRun.objects.create(
            started_at=now(), ended_at=now(), people=1, rows_read=1, pages=1, differences=1,
            findings=[found.as_json()],
        )  # fmt: skip

    def grow(self, rows: int) -> None:
        """Until there are `rows` of everything: people of the centre and coach in every stage, silent, with
        proofs and businesses; people without centre; centres; coaches; messages; reports; a long history.
        """
        stages = list(Stage)
        for number in range(self.rows, rows):
            stage = stages[number % len(stages)]
            long_ago = now() - timedelta(days=60 + number)
            one = participant(
                stage=stage, center=self.center, coach=self.coach if number % 2 else None,
                registered_at=long_ago, pathway=list(Pathway)[number % 2 + 1],
            )  # fmt: skip
            Enrollment.objects.filter(pk=one.pk).update(last_activity_at=long_ago)
            StageEvidenceFactory(enrollment=one)
            mentoring.recorded(self.enrollment, self.coach)
            if one.coach_id:
                mentoring.planned(one, self.coach)
                mentoring.agreed(one, self.coach)
            self.consult(one, number)
            vacancy = placement.posted(self.center, self._user("manager"))
            for who in (self.enrollment, one):
                placement.application_row(who, vacancy)
                placement.placement_row(who, self._user("manager"))
            placement.application_row(one, self.vacancy)
            self.lesson(number + 1)
            if one.stage != Stage.PENDAFTARAN:
                seat = training.enrolled(self.seat.training_class, one, at=now())
                self.call(seat)
                self.certify(seat)
            Business.objects.create(person=one.person, name=f"Usaha {number}")
            EnrollmentFactory(center=self.center, coach=self.coach)
            EnrollmentFactory(center=None)
            self.wish(one)
            BulkItem.objects.create(bulk=self.bulk, enrollment=one, outcome="ditolak", words="Sudah dilihat.")
            asked = participant(center=self.center, coach=self.coach, registered_at=long_ago)
            asked.assignments.update(accepted_at=None)
            StageEvidenceFactory(enrollment=self.enrollment, kind=EvidenceKind.PRODUK)
            self.tell(self.enrollment.person.user)
            for who in ("manager", "coach", "dinas"):
                self.tell(self.users[who])
            self.order()
            self.recount(one)
            self.ask(None)
            self.ask(self.enrollment.person.user)
            helpdesk.write_again(
                ticket_id=self.ticket.pk, author=self.enrollment.person.user, text="Tambahan", at=now()
            )
            helpdesk.add_note(ticket_id=self.ticket.pk, actor=self.coach, text="Catatan", at=now())
            if number < 10:
                mate = staff(Role.PENDAMPING, self.center.code, is_demo=True)
                profile = CoachProfile.objects.create(user=mate, center=self.center)
                mentoring.described(profile, sectors=["kuliner"], languages=["sunda"])
            place = self.places[number]
            EnrollmentFactory(center=center_of(f"P{place.pk}", district=place))
        self.rows = rows
        take_cut(at=now(), again=True)

    def client(self, who: str) -> Client:
        client = Client()
        if who != "anonymous":
            client.force_login(self._user(who), backend="accounts.backends.LoginBackend")
        return client

    def path(self, name: str) -> str:
        values = {
            "person_id": self.enrollment.person_id,
            "evidence_id": self.evidence.pk,
            "number": self.enrollment.number,
            "job_id": self.job.pk,
            "code": self.center.district_id,
            "bulk_id": self.bulk.pk,
            "class_id": self.seat.training_class_id,
            "seat_id": self.seat.pk,
            "session_id": self.session.pk,
            "course_id": self.seat.training_class.course_id,
            "certificate_id": self.certificate.pk,
            "attendance_id": self.seat.attendance.get().pk,
            "request_id": self.request.pk,
            "vacancy_id": self.vacancy.pk,
            "application_id": self.application.pk,
            "placement_id": self.job_found.pk,
            "value_id": Threshold.objects.get(stage=Stage.PELATIHAN, code="batas_diam").pk,
            "user_id": self.coach.pk,
            "role_id": self.coach.role_assignments.get().pk,
        }
        if LINES[name].kwargs.get("session_id") == "meeting":
            values["session_id"] = self.meeting.pk
        values["plan_id"] = self.plan.pk
        values["clinic_id"], values["visit_id"] = self.clinic.pk, self.visit.pk
        if LINES[name].kwargs.get("number") == "ticket":
            values["number"] = self.ticket.number
        if name == "verify":
            values["code"] = self.certificate.code
        if name.startswith("secretariat_center"):
            values["code"] = self.center.pk
        elif name == "secretariat_agency":
            values["code"] = Agency.objects.earliest("pk").pk
        return reverse(
            name, kwargs={key: values.get(key) or text[1:] for key, text in LINES[name].kwargs.items()}
        )


@pytest.fixture
def world() -> World:
    return World()


@dataclass(frozen=True)
class Look:
    """One page as one visitor, with its budget."""

    name: str
    who: str
    most: int
    query: str = ""
    htmx: bool = False

    def __str__(self) -> str:
        htmx = " (htmx)" if self.htmx else ""
        return f"{self.name}{self.query} as {self.who}{htmx}"


STAFF = ("coach", "manager", "dinas", "admin")
ALL = ("anonymous", "citizen", *STAFF)
PUBLIC_PAGES = (
    "home", "center_list", "center_page", "register", "register_check", "login", "logout", "forgot",
    "forgot_sent", "code", "help", "help_check", "statistics", "statistics_json", "statistics_csv",
    "statistics_glossary", "accessibility", "sitemap",
)  # fmt: skip

LOOKS = [
    *(Look(name, who, LIST) for name in PUBLIC_PAGES for who in ("anonymous", "citizen", "manager")
      if not (name == "login" and who != "anonymous")),
    *(Look("people", who, LIST) for who in STAFF),
    *(Look("people", who, LIST, query) for who in ("manager", "dinas") for query in (
        "?q=warga", "?q=OK-2", "?tahap=perizinan&jalur=mulai_usaha", "?diam=on", "?bukti=on",
        "?wilayah=31.74&tahun=2026&status=aktif",
    )),
    Look("people", "manager", LIST, htmx=True),
    *(Look("help_queue", who, LIST) for who in STAFF),
    Look("help_queue", "manager", LIST, "?q=siti&status=terbuka&jenis=pertanyaan"),
    Look("help_followup", "citizen", RECORD),
    *(Look(name, who, RECORD) for who in STAFF for name in ("help_ticket", "help_close", "help_hand_over")),
    *(Look(name, who, LIST) for who in ("manager", "dinas", "admin")
      for name in ("queue", "desk_evidence", "desk_unanswered", "desk_waiting", "desk_team",
                   "desk_supervision", "bulk")),
    *(Look("queue", who, LIST, "?kurang=pendamping&nik=ada&menunggu=7&q=a") for who in ("manager", "dinas")),
    *(Look("bulk_result", who, LIST) for who in ("manager", "admin")),
    Look("my_ktp_add", "citizen", RECORD),
    *(Look("ktp_add", who, RECORD) for who in ("coach", "manager")),
    Look("coach_day", "coach", LIST),
    *(Look(name, who, LIST) for name in ("signal", "sendings") for who in ("coach", "citizen")),
    *(Look(name, "anonymous", 0) for name in ("signal", "worker", "manifest", "no_signal", "robots")),
    *(Look(name, who, LIST) for name in ("duplicates", "merges") for who in ("manager", "dinas", "admin")),
    *(Look("nik_corrections", who, LIST) for who in ("manager", "admin")),
    Look("duplicates", "manager", LIST, "?q=siti aminah"),
    *(Look("dashboard", who, LIST, query) for who in ("manager", "dinas", "admin")
      for query in ("", "?jalur=mulai_usaha")),
    *(Look("dashboard", "dinas", LIST, f"?wilayah={area}") for area in ("31.74", "31.74.07")),
    *(Look(name, who, LIST) for name in ("dashboard_json", "dashboard_csv") for who in ("manager", "admin")),
    *(Look("reconcile", who, LIST) for who in ("dinas", "admin")),
    *(Look("reports", who, LIST, htmx=htmx) for who in ("manager", "dinas", "admin")
      for htmx in (False, True)),
    *(Look("users", who, LIST, query) for who in ("manager", "admin")
      for query in ("", "?q=warga", "?peran=pendamping&akun=aktif&cakupan=P31.74.07")),
    *(Look(name, who, RECORD) for who in ("manager", "admin")
      for name in ("user", "user_new", "role_new", "role_end", "user_code", "user_act")),
    *(Look(name, "admin", LIST) for name in (
        "secretariat", "audit", "rules", "secretariat_centers", "secretariat_agencies")),
    *(Look("secretariat_centers", "admin", LIST, f"?perlu={need}") for need in ("pengelola", "peserta")),
    *(Look(name, "admin", RECORD) for name in (
        "support", "rule", "rule_new", "rule_withdraw", "secretariat_center", "secretariat_center_new",
        "secretariat_center_close", "secretariat_agency", "secretariat_agency_new")),
    Look("audit", "admin", LIST, "?pelaku=warga&tindakan=peserta&wilayah=31.74"),
    Look("audit", "admin", LIST, "?nomor=OK-26-000001"),
    *(Look("inbox", who, LIST) for who in ("citizen", "coach", "manager")),
    Look("inbox_preferences", "citizen", LIST),
    Look("area_search", "anonymous", LIST, "?district=keb&name=district_pick"),
    Look("center_list", "anonymous", LIST, "?q=kebayoran"),
    Look("center_list", "anonymous", LIST, "?wilayah=31"),
    *(Look(name, "anonymous", LIST, query) for name in ("statistics", "statistics_json", "statistics_csv")
      for query in ("?wilayah=31.74", "?wilayah=31.74.07&tahun=2026", "?wilayah=32&jalur=naik_kelas")),
    *(Look(name, who, RECORD) for name in ("journey", "register_success") for who in ("citizen",)),
    *(Look(f"my_data{page}", "citizen", RECORD)
      for page in ("", "_reveal", "_download", "_correct", "_erase", "_leave")),
    *(Look("data_requests", who, LIST, query) for who in ("manager", "admin")
      for query in ("", "?status=semua&jenis=koreksi")),
    *(Look("data_request", who, RECORD) for who in ("manager", "admin")),
    Look("my_evidence_add", "citizen", RECORD),
    Look("my_nik_correction", "citizen", RECORD),
    *(Look("nik_correction_request", who, RECORD) for who in ("coach", "manager")),
    *(Look(name, who, RECORD) for who in STAFF
      for name in ("person", "reveal", "evidence_add", "evidence_check")),
    *(Look("contact", who, RECORD) for who in ("manager", "coach")),
    *(Look("mentoring", who, RECORD) for who in STAFF),
    *(Look(name, who, RECORD) for who in ("manager", "coach")
      for name in ("meeting_new", "meeting_log", "meeting_record", "meeting_move", "meeting_cancel",
                   "meeting_file_add", "plan_edit", "plan_aloud", "plan_print")),
    *(Look(name, "citizen", RECORD) for name in ("my_meetings", "my_plan", "my_meeting_deny",
                                                 "my_plan_change", "plan_print")),
    *(Look(name, "coach", RECORD) for name in ("sketch", "sketch_print", "money", "trouble")),
    *(Look(name, "citizen", RECORD) for name in ("my_sketch", "sketch_print", "my_money", "my_trouble")),
    *(Look("calendar", "coach", LIST, query) for query in ("", "?lihat=hari")),
    Look("coach_profile", "coach", RECORD),
    Look("my_wish", "citizen", RECORD),
    Look("my_clinics", "citizen", LIST),
    *(Look(name, "citizen", RECORD) for name in ("my_clinic", "my_visit_cancel", "my_visit_calendar")),
    *(Look("clinic_desk_list", who, LIST) for who in ("manager", "coach")),
    *(Look(name, who, RECORD) for who in ("manager", "coach")
      for name in ("clinic_desk", "clinic_number", "visit_finish", "visit_missed", "visit_cancel")),
    *(Look(name, "manager", RECORD) for name in ("clinic_new", "clinic_cancel")),
    Look("snooze", "coach", RECORD),
    *(Look("counter_slip", who, RECORD) for who in ("manager", "coach")),
    *(Look("person_code", who, RECORD) for who in ("manager", "coach")),
    *(Look("counter", who, RECORD) for who in ("manager", "coach")),
    *(Look("vacancy_list", who, LIST, query) for who in ("anonymous", "citizen", "manager")
      for query in ("", "?wilayah=kebayoran&cari=kasir")),
    *(Look("vacancy_page", who, RECORD) for who in ("anonymous", "citizen", "manager", "coach")),
    *(Look(name, "citizen", RECORD)
      for name in ("my_applications", "application_withdraw", "placement_deny")),
    *(Look("vacancy_desk_list", who, LIST) for who in ("manager", "coach", "admin")),
    *(Look(name, who, RECORD) for who in ("manager", "coach") for name in (
        "vacancy_desk", "vacancy_new", "vacancy_edit", "vacancy_close", "application_invite",
        "application_accept", "application_refuse", "placement_desk", "placement_ask", "placement_vouch",
        "placement_call_off")),
    *(Look("class_list", who, LIST, query) for who in ("anonymous", "citizen", "manager")
      for query in ("", "?wilayah=kebayoran&tingkat=dasar&buka=on")),
    *(Look("class_page", who, RECORD) for who in ("anonymous", "citizen", "manager", "coach")),
    Look("class_calendar", "anonymous", LIST),
    Look("verify", "anonymous", LIST),
    Look("verify_form", "anonymous", LIST),
    Look("certificate_revoke", "manager", RECORD),
    *(Look("class_desk_list", who, LIST) for who in ("manager", "coach", "admin")),
    *(Look("courses", who, LIST) for who in ("manager", "admin")),
    *(Look(name, who, RECORD) for who in ("manager", "coach")
      for name in ("class_desk", "roll_call", "session_code", "attendance_correct")),
    *(Look(name, "manager", RECORD) for name in (
        "class_new", "course_new", "course_edit", "question_add", "material_add", "class_cancel",
        "class_finish", "class_capacity", "class_edit", "session_move", "class_people", "seat_move",
        "seat_give_up")),
    *(Look(name, who, RECORD) for name in ("account", "change_password", "account_reauthenticate")
      for who in ("citizen", "manager")),
]  # fmt: skip

NO_DATA = {
    "healthz", "readyz", "metrics",  # probes of the operators
    "desk_place", "compare_nik", "bulk_undo",  # POST only
    "ktp_file", "certificate", "certificates_print",  # a file
    "question_edit", "class_test", "class_survey",  # counted in programs/training/tests/test_feedback.py
    "material_file",  # a file: who may open it is in programs/training/tests/test_materials.py
    "class_report", "class_workbook", "class_sheet",  # files: counted in training
    "meeting_file",  # a file
    "my_data_consent", "my_data_cancel",  # POST only
    "theme", "snooze_undo", "advance", "confirm_workforce", "accept_assignment", "inbox_read_all",
    "inbox_read",
    "sign_out_everywhere",
    "help_take", "help_answer", "help_note",
    "report_retry",  # POST only
    "class_enrol", "class_open", "seat_accept", "certificates_issue",  # POST only
    "calendar_renew", "calendar_feed",  # counted in programs/mentoring/tests/test_agenda.py
    "step_tick", "my_meeting_confirm", "my_plan_agree", "clinic_call", "visit_arrive",  # POST only
    "vacancy_apply", "vacancy_reopen", "placement_confirm",  # POST only
    "job_new", "placement_answer",  # for job seekers and employers: programs/pipeline/tests/test_placement.py
    "check_in",  # a code that is good for minutes: counted in programs/training/tests/test_pages.py
    "audit_export", "support_end",  # POST only
    "act", "my_act",  # with the acts themselves, below
    "evidence_file", "report_download",  # a file: one record and its bytes, below
    "account_login",  # the same address as `login`
    "duplicate_different", "merge", "merge_undo", "nik_correction",  # two people each: see IN_OWN_TESTS
    "reset_link",  # below, with a real link
    "mfa_index", "mfa_authenticate", "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp",
    "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_download_recovery_codes",  # allauth's
}  # fmt: skip


IN_OWN_TESTS = {
    "duplicate_different", "merge", "merge_undo",
    "nik_correction", "nik_correction_request", "my_nik_correction",
    "my_data_reveal", "my_data_download", "my_data_correct", "my_data_erase", "my_data_leave",
    "my_data_consent", "my_data_cancel", "data_request",
    "help", "help_check", "help_followup", "help_take", "help_answer", "help_note", "help_close", "people",
    "help_hand_over",
    "support", "support_end", "rule_new", "rule_withdraw",
    "secretariat_center", "secretariat_center_new", "secretariat_center_close",
    "secretariat_agency", "secretariat_agency_new",
    "class_enrol", "class_open", "class_finish", "class_cancel", "class_capacity", "class_people",
    "class_edit", "session_move",
    "class_new", "course_new", "course_edit", "material_add", "seat_accept", "seat_give_up", "seat_move",
    "roll_call", "check_in", "attendance_correct", "certificates_issue", "certificate_revoke",
    "class_test", "class_survey", "question_add", "question_edit",
    "meeting_new", "meeting_log", "meeting_record", "meeting_move", "meeting_cancel", "meeting_file_add",
    "sketch", "money", "trouble", "my_sketch", "my_money", "my_trouble",
    "calendar_renew", "plan_edit", "plan_aloud", "step_tick", "my_meeting_confirm", "my_meeting_deny",
    "my_plan_agree", "my_plan_change",
    "coach_profile", "my_wish", "my_clinic", "my_visit_cancel", "clinic_new", "clinic_number",
    "clinic_call", "clinic_cancel", "visit_arrive", "visit_finish", "visit_missed", "visit_cancel",
    "vacancy_apply", "vacancy_reopen", "placement_confirm", "placement_deny", "application_withdraw",
    "job_new", "vacancy_new", "vacancy_edit", "vacancy_close", "application_invite", "application_accept",
    "application_refuse", "placement_ask", "placement_vouch", "placement_call_off", "placement_answer",
}  # fmt: skip
"""Their acts need two people each, a password or a code: counted in test_duplicates, test_merging,
test_corrections, test_rights, test_people_search, test_rules, test_places, and in the own tests of helpdesk
and training."""


def test_every_address_that_shows_data_has_a_budget() -> None:
    assert {look.name for look in LOOKS} | NO_DATA == LINES.keys()
    assert {look.name for look in LOOKS} & NO_DATA == set()


def count(what: object, send: Callable[[], Any], *, status: int) -> list[str]:
    """The statements of one request, which must be answered as expected."""
    with CaptureQueriesContext(connection) as caught:
        answer = send()
        if getattr(answer, "streaming", False):
            b"".join(answer.streaming_content)
    text = "" if answer.streaming else re.sub(r"\s+", " ", strip_tags(answer.content.decode()))[-1500:]
    assert answer.status_code == status, f"{what}: {answer.status_code}, not {status}: {text}"
    return [query["sql"] for query in caught.captured_queries]


def listed(statements: list[str]) -> str:
    return "\n".join(f"  {number}. {sql[:160]}" for number, sql in enumerate(statements, start=1))


def test_no_page_asks_more_for_more_rows(world: World) -> None:
    """Each page for 5 and for 40 rows: the same number of statements, and within its budget."""
    clients = {who: world.client(who) for who in world.users}
    counted: dict[Look, list[list[str]]] = {look: [] for look in LOOKS}
    for rows in (FEW, MANY):
        world.grow(rows)
        for look in counted:
            headers = {"HX-Request": "true"} if look.htmx else {}
            path = world.path(look.name) + look.query

            def get(look: Look = look, path: str = path, headers: dict[str, str] = headers) -> Any:
                return clients[look.who].get(path, headers=headers)

            get()  # what a process asks only once is not the page's
            cache.clear()
            counted[look].append(count(look, get, status=200))
    wrong = []
    for look, (few, many) in counted.items():
        if len(few) != len(many):
            more = many if len(many) > len(few) else few
            wrong.append(f"{look}: {len(few)} for {FEW} rows, {len(many)} for {MANY}\n{listed(more)}")
        elif len(many) > look.most:
            wrong.append(f"{look}: {len(many)}, not {look.most}\n{listed(many)}")
    for look, (_few, many) in sorted(counted.items(), key=lambda pair: -len(pair[1][1])):
        print(f"{len(many):3d} of {look.most} {look}")
    assert wrong == [], "\n".join(wrong)


# Acts ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Act:
    """One POST that succeeds: what is sent, and by whom. `prepare` makes the person it is done to."""

    name: str
    who: str
    data: Callable[[World, Enrollment], dict[str, Any]]
    prepare: Callable[[World], Enrollment]
    slug: str = ""
    status: int = 303

    def __str__(self) -> str:
        return f"{self.name}{self.slug and '/'}{self.slug} as {self.who}"


def chosen_by_boxes(world: World, enrollment: Enrollment) -> dict[str, Any]:
    """One person, seen in the preview as just typed, to be marked."""
    del world
    return {
        "tindakan": "dokumen", "langkah": "lakukan", "id": str(uuid4()), "pilih": str(enrollment.pk),
        "keadaan": f"{enrollment.pk}=diketik",
    }  # fmt: skip


def photo(world: World, enrollment: Enrollment) -> dict[str, Any]:
    del world, enrollment
    return {"file": SimpleUploadedFile("ktp.png", PNG, "image/png")}


def nothing(world: World, enrollment: Enrollment) -> dict[str, Any]:
    del world, enrollment
    return {}


def version(world: World, enrollment: Enrollment) -> dict[str, Any]:
    del world
    return {"version": enrollment.version}


def sending(**values: Any) -> Callable[[World, Enrollment], dict[str, Any]]:
    return lambda world, enrollment: {"version": enrollment.version, **values}


def beginner(world: World) -> Enrollment:
    """Somebody in P1 of the centre, without coach."""
    return EnrollmentFactory(center=world.center)


def licensing(world: World) -> Enrollment:
    """Somebody in P4 with the coach, whose permit does not come."""
    return participant(stage=Stage.PERIZINAN, center=world.center, coach=world.coach)


def mentee(world: World) -> Enrollment:
    """Somebody in P4 with the coach, and everything P4 asks."""
    one = licensing(world)
    StageEvidenceFactory(enrollment=one, kind=EvidenceKind.NIB, accepted_by=world.users["manager"])
    return one


def asked(world: World) -> Enrollment:
    """Somebody whose coach has not answered yet."""
    one = participant(center=world.center, coach=world.coach)
    one.assignments.update(accepted_at=None)
    return one


def of_status(status: Status) -> Callable[[World], Enrollment]:
    return lambda world: participant(
        stage=Stage.PERIZINAN, center=world.center, coach=world.coach, status=status
    )


def reported(world: World) -> Enrollment:
    """Somebody about whose business the coach has reported workers."""
    one = mentee(world)
    business = Business.objects.create(person=one.person, name="Dapur Siti")
    WorkforceReport.objects.create(business=business, full_time=2, part_time=1, reported_by=world.coach)
    return one


def waiting(world: World) -> Enrollment:
    del world
    return EnrollmentFactory(center=None)


def without_nik(world: World) -> Enrollment:
    person = PersonFactory(nik=None, no_nik_reason="Belum jadi")
    return EnrollmentFactory(center=world.center, person=person)


def agency_of(world: World, enrollment: Enrollment) -> dict[str, Any]:
    agency = Agency.objects.for_area(enrollment.district_id).supervising().first()
    assert agency is not None
    return {"version": enrollment.version, "agency": agency.pk}


def coach_of(world: World, enrollment: Enrollment) -> dict[str, Any]:
    profile = CoachProfile.objects.get(user=world.coach)
    return {"version": enrollment.version, "coach": profile.pk, "reason": "Satu kampung."}


def proof(world: World, enrollment: Enrollment) -> dict[str, Any]:
    picture = SimpleUploadedFile("nib.png", PNG, "image/png")
    day = f"{now():%d/%m/%Y}"
    return {"version": enrollment.version, "number": "9120000012345", "happened_on": day, "file": picture}


def contact_of(world: World, enrollment: Enrollment) -> dict[str, Any]:
    del world, enrollment
    day = f"{now():%d/%m/%Y}"
    return {"submission_id": str(uuid4()), "kind": "telepon", "outcome": "tersambung", "note": "Baik",
            "happened_on": day}  # fmt: skip


def snooze_of(world: World, enrollment: Enrollment) -> dict[str, Any]:
    del world, enrollment
    return {"until_on": f"{now() + timedelta(days=5):%d/%m/%Y}", "reason": "Pulang kampung"}


def a_png() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "#ddd").save(content, "PNG")
    return content.getvalue()


PNG = a_png()
REASON = {"reason": "Sudah disepakati bersama."}
BUSINESS = {
    "name": "Dapur Siti", "sector": "kuliner", "address": "Jl. Wijaya", "capital": "2.500.000",
    "workers_full_time": "1",
}  # fmt: skip

ACTS = [
    Act("register", "anonymous", lambda w, e: valid(email=f"{uuid4().hex}@contoh.id"), beginner),
    Act("register", "anonymous", lambda w, e: valid(nik=e.person.nik()), beginner),
    Act("register", "anonymous", lambda w, e: valid(nik="1"), beginner, status=422),
    Act("counter", "manager", lambda w, e: answers(step="simpan"), beginner, status=200),
    Act("counter_slip", "manager", sending(seen="on"), beginner, status=200),
    Act("person_code", "manager", sending(seen="on"), beginner, status=200),
    Act("my_evidence_add", "citizen", proof, mentee),
    Act("my_act", "citizen", sending(goal="Punya warung sendiri"), mentee, "tujuan"),
    Act("my_act", "citizen", sending(**BUSINESS), mentee, "usaha"),
    Act("confirm_workforce", "citizen", nothing, reported),
    Act("advance", "coach", version, mentee),
    Act("advance", "coach", sending(version=1), mentee),
    Act("accept_assignment", "coach", version, asked),
    Act("contact", "coach", contact_of, mentee),
    Act("contact", "manager", contact_of, mentee),
    Act("contact", "coach", contact_of, of_status(Status.TIDAK_TERHUBUNGI)),
    Act("snooze", "coach", snooze_of, mentee),
    Act("snooze_undo", "coach", nothing, mentee),
    Act("desk_place", "dinas", lambda w, e: {"version": 1, "center": w.center.pk}, waiting),
    Act("my_ktp_add", "citizen", photo, beginner),
    Act("ktp_add", "coach", photo, lambda w: EnrollmentFactory(center=w.center, coach=w.coach)),
    Act("compare_nik", "manager", nothing, beginner, status=200),
    Act("bulk", "manager", chosen_by_boxes, beginner),
    Act("bulk_undo", "manager", nothing, beginner),
    Act("reveal", "manager", sending(**REASON), mentee, status=200),
    Act("evidence_add", "coach", proof, mentee),
    Act("evidence_check", "manager", sending(decision="terima"), mentee),
    Act("evidence_check", "dinas", sending(decision="kembalikan", rejection="Foto buram."), mentee),
    Act("act", "manager", sending(to_stage="pelatihan", **REASON), mentee, "koreksi"),
    Act("act", "dinas", sending(**REASON), licensing, "dispensasi"),
    Act("act", "manager", sending(why="pindah"), mentee, "berhenti"),
    Act("act", "manager", version, of_status(Status.BERHENTI), "lanjut"),
    Act("act", "coach", sending(**REASON), mentee, "tidak-terhubungi"),
    Act("act", "manager", sending(pathway="naik_kelas"), mentee, "jalur"),
    Act("act", "dinas", lambda w, e: {"version": 1, "center": w.center.pk}, waiting, "pusat"),
    Act("act", "manager", sending(status="diverifikasi"), beginner, "identitas"),
    Act("act", "manager", lambda w, e: {"version": 1, "nik": synthetic_nik(gender="P")}, without_nik, "nik"),
    Act("act", "manager", sending(goal="Punya warung"), beginner, "tujuan"),
    Act("act", "manager", agency_of, beginner, "skpd"),
    Act("act", "manager", coach_of, beginner, "pendamping"),
    Act("act", "coach", sending(note="Sedang penuh."), asked, "tolak-tugas"),
    Act("act", "coach", sending(**BUSINESS), mentee, "usaha"),
    Act("user_new", "manager", lambda w, e: {"name": "Dewi", "email": f"{uuid4().hex}@example.com",
        "role": "pendamping", "scope": w.center.pk, "reason": "Surat tugas"}, beginner, status=200),
    Act("role_new", "admin", lambda w, e: {"role": "pelatih", "scope": w.center.pk, "reason": "Surat tugas"},
        beginner),
    Act("user_act", "admin", sending(**REASON), beginner, "keluar"),
    Act("user_code", "admin", nothing, beginner, status=200),
    Act("role_end", "manager", sending(**REASON), beginner),
    Act("audit_export", "admin", nothing, beginner, status=200),
    Act("inbox_read", "citizen", nothing, mentee),
    Act("inbox_read_all", "citizen", nothing, mentee),
    Act("inbox_preferences", "citizen", lambda w, e: {"email": "on"}, mentee),
    Act("theme", "anonymous", lambda w, e: {"tema": "gelap"}, beginner),
    Act(
        "reports", "dinas",
        lambda w, e: {"wilayah": "31", "bulan": f"{now():%Y-%m}", "permintaan": str(uuid4())}, beginner,
    ),
    Act("report_retry", "dinas", nothing, beginner),
    Act("login", "anonymous", lambda w, e: {"login": e.number, "password": PASSWORD}, mentee),
    Act(
        "login", "anonymous", lambda w, e: {"login": demo_phone(), "password": "salah sekali"}, mentee,
        status=422,
    ),
    Act("logout", "citizen", nothing, mentee),
    Act("forgot", "anonymous", lambda w, e: {"login": e.person.user.email}, mentee),
    Act(
        "code", "anonymous",
        lambda w, e: {"login": e.number, "code": printed(e.person.user), "new_password": "tiga kata panjang"},
        mentee,
    ),
    Act(
        "change_password", "citizen",
        lambda w, e: {"current_password": PASSWORD, "new_password": "tiga kata yang panjang"}, mentee,
    ),
    Act("account_reauthenticate", "citizen", lambda w, e: {"password": PASSWORD}, mentee),
    Act("sign_out_everywhere", "citizen", nothing, mentee),
]  # fmt: skip


def marked(world: World, enrollment: Enrollment) -> BulkAct:
    """An act on many that says it has marked this person, to be taken back."""
    done = BulkAct.objects.create(kind=BulkKind.DOKUMEN, actor=world._user("manager"))
    BulkItem.objects.create(
        bulk=done, enrollment=enrollment, outcome="dilakukan", before={"status": "diketik"},
        after={"status": "dokumen_dilihat"},
    )  # fmt: skip
    return done


def printed(user: User) -> str:
    return issue_code(user=user, purpose=AccessCode.Purpose.RESET, issued_by=None, at=now())


def test_every_address_that_takes_a_post_has_an_act() -> None:
    """Allauth's pages of the second factor are allauth's; the link of a letter opens one form of ours."""
    taking = {name for name, line in LINES.items() if line.post != 405}
    elsewhere = {name for name in NO_DATA if name.startswith("mfa_")} | {"account_login", "reset_link"}
    elsewhere |= IN_OWN_TESTS
    assert {act.name for act in ACTS} == taking - elsewhere


def test_no_act_asks_more_for_more_rows(world: World) -> None:
    """Each act and the page it is done on, in a world of 5 and of 40 rows, with a person made for it."""
    counted: dict[Act, list[list[str]]] = {act: [] for act in ACTS}
    pages: dict[Act, list[list[str]]] = {act: [] for act in ACTS if LINES[act.name].get == 200}
    for rows in (FEW, MANY):
        world.grow(rows)
        for act in counted:
            for is_measured in (False, True):
                enrollment = act.prepare(world)
                evidence = StageEvidenceFactory(enrollment=enrollment, kind=EvidenceKind.SKU)
                citizen = enrollment.person.user
                note = world.tell(citizen)
                mate = staff(Role.PENDAMPING, world.center.code, is_demo=True)
                values = {
                    "user_id": mate.pk, "role_id": mate.role_assignments.get().pk,
                    "person_id": enrollment.person_id, "evidence_id": evidence.pk,
                    "number": enrollment.number, "bulk_id": marked(world, enrollment).pk,
                    "job_id": world.order().pk, "notification_id": note.pk, "slug": act.slug, "kind": "nib",
                }  # fmt: skip
                path = reverse(act.name, kwargs={key: values[key] for key in LINES[act.name].kwargs})
                data = act.data(world, enrollment)
                client = Client()
                user = citizen if act.who == "citizen" else world.users[act.who]
                if user is not None:
                    client.force_login(user, backend="accounts.backends.LoginBackend")

                def post(client: Client = client, path: str = path, data: Any = data) -> Any:
                    return client.post(path, data)

                if LINES[act.name].get == 200:
                    page = count(f"page of {act}", lambda c=client, p=path: c.get(p), status=200)
                    if is_measured:
                        pages[act].append(page)
                statements = count(act, post, status=act.status)
                if is_measured:
                    counted[act].append(statements)
    wrong = []
    for kind, found in (("", counted), ("page of ", pages)):
        for act, (few, many) in sorted(found.items(), key=lambda pair: -len(pair[1][1])):
            most = RECORD if kind else ACT
            print(f"{len(many):3d} of {most} {kind}{act}")
            if len(few) != len(many):
                longer = max(few, many, key=len)
                wrong.append(
                    f"{kind}{act}: {len(few)} for {FEW} rows, {len(many)} for {MANY}\n{listed(longer)}"
                )
            elif len(many) > most:
                wrong.append(f"{kind}{act}: {len(many)}, not {most}\n{listed(many)}")
    assert wrong == [], "\n".join(wrong)
