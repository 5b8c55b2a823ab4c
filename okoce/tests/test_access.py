"""Every address × every kind of visitor × own or foreign record × method, with the expected status.

A new address without a line here fails the first test. A foreign record answers like a missing one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from PIL import Image

from accounts.models import Role, User
from accounts.tests.factories import grant, staff
from centers.models import Agency, CoachProfile
from core import files
from core.clock import local_day, now
from core.models import Job
from helpdesk import services as helpdesk
from helpdesk.models import Ticket
from helpdesk.tests.factories import ticket
from notifications.models import Notification
from participants.models import (
    DataRequest,
    Enrollment,
    EvidenceKind,
    IdentityDocument,
    Merge,
    NikCorrection,
    RequestKind,
    Stage,
    StageEvidence,
    Threshold,
)
from participants.tests.factories import StageEvidenceFactory, center_of, participant, synthetic_nik
from programs.mentoring.models import ActionPlan, ClinicVisit, MentoringSession, SessionFile
from programs.mentoring.tests import factories as mentoring
from programs.pipeline.models import BulkAct, BulkItem, BulkKind
from programs.placement.models import Application, Placement
from programs.placement.tests import factories as placement
from programs.training import attendance, materials, planning
from programs.training import services as training
from programs.training.models import Attendance, Certificate, Presence, Question, Seat, TrainerKind
from programs.training.schedule import Slot

pytestmark = pytest.mark.django_db

STAFF = frozenset({"coach", "manager", "dinas", "admin"})
OUTSIDERS = frozenset({"other_coach", "other_manager", "other_dinas"})
EVERYBODY = frozenset(
    {
        "anonymous", "citizen", "other_citizen", "coach", "other_coach", "manager", "other_manager", "dinas",
        "other_dinas", "admin", "trainer", "lender",
    }
)  # fmt: skip
SIGNED_IN = EVERYBODY - {"anonymous"}
CITIZENS = frozenset({"citizen", "other_citizen"})
MANAGERS = frozenset({"manager", "other_manager"})
COACHES = frozenset({"coach", "other_coach"})
DINAS = frozenset({"dinas", "other_dinas"})
CARERS = frozenset({"coach", "manager"})
IN_CHARGE = frozenset({"manager", "admin"})
ADMIN = frozenset({"admin"})
KEEPERS = MANAGERS | ADMIN
LEADERS = COACHES | MANAGERS | {"admin", "trainer"}


@dataclass(frozen=True)
class Line:
    """What one address answers. `may` enter; those not in `sees` get 404 for the record of the world.

    `get` and `post` are what a visitor gets who may and sees (an empty POST is sent). Who may not: 403,
    anonymous: 303 to the sign-in page. `unseen` is what those get who may but do not see;
    `refused` see the record but may not do this to it.
    """

    may: frozenset[str]
    get: int = 200
    post: int = 405
    sees: frozenset[str] = EVERYBODY
    kwargs: dict[str, str] = field(default_factory=dict)
    unseen: int = 404
    signed_in_get: int = 0
    refused: frozenset[str] = frozenset()


PERSON = {"person_id": "person"}
TICKET = {"number": "ticket"}
EVIDENCE = {"person_id": "person", "evidence_id": "evidence"}
COACH = {"user_id": "coach"}
CLASS = {"class_id": "class"}
SEAT = {"seat_id": "seat"}
VACANCY = {"vacancy_id": "vacancy"}
APPLICATION = {"application_id": "application"}
JOB = {"placement_id": "placement"}
MEETING = {"session_id": "meeting"}
PLAN = {"plan_id": "plan"}
CLINIC = {"clinic_id": "clinic"}
VISIT = {"visit_id": "visit"}
RULE = {"family": "=tahap", "key": "=pelatihan.batas_diam"}

LINES: dict[str, Line] = {
    "healthz": Line(EVERYBODY),
    "readyz": Line(EVERYBODY),
    "metrics": Line(EVERYBODY),
    "home": Line(EVERYBODY),
    "theme": Line(EVERYBODY, get=405, post=303),
    "worker": Line(EVERYBODY),
    "manifest": Line(EVERYBODY),
    "signal": Line(EVERYBODY),
    "no_signal": Line(EVERYBODY),
    "accessibility": Line(EVERYBODY),
    "robots": Line(EVERYBODY),
    "sitemap": Line(EVERYBODY),
    "sendings": Line(SIGNED_IN),
    "statistics": Line(EVERYBODY),
    "statistics_json": Line(EVERYBODY, get=503),
    "statistics_csv": Line(EVERYBODY, get=503),
    "statistics_glossary": Line(EVERYBODY),
    "area_search": Line(EVERYBODY),
    "center_list": Line(EVERYBODY),
    "center_page": Line(EVERYBODY, kwargs={"code": "=31.74.07"}),
    "help": Line(EVERYBODY, post=422),
    "help_check": Line(EVERYBODY, post=422),
    "help_followup": Line(EVERYBODY, sees=frozenset({"citizen"}), kwargs=TICKET, post=422, unseen=303),
    "help_queue": Line(STAFF | OUTSIDERS),
    "help_ticket": Line(STAFF | OUTSIDERS, sees=STAFF, kwargs=TICKET),
    "help_take": Line(STAFF | OUTSIDERS, sees=STAFF, kwargs=TICKET, get=405, post=303),
    "help_answer": Line(STAFF | OUTSIDERS, sees=STAFF, kwargs=TICKET, get=405, post=422),
    "help_note": Line(STAFF | OUTSIDERS, sees=STAFF, kwargs=TICKET, get=405, post=422),
    "help_close": Line(STAFF | OUTSIDERS, sees=STAFF, kwargs=TICKET, post=422),
    "help_hand_over": Line(STAFF | OUTSIDERS, sees=STAFF, kwargs=TICKET, post=422),
    "register": Line(EVERYBODY, post=422),
    "register_check": Line(EVERYBODY),
    "register_success": Line(SIGNED_IN, sees=CITIZENS, unseen=303),
    "counter": Line(COACHES | MANAGERS, post=422),
    "counter_slip": Line(
        COACHES | MANAGERS, sees=frozenset({"coach", "manager"}), kwargs={"number": "number"}, post=422
    ),
    "person_code": Line(COACHES | MANAGERS | {"admin"}, sees=STAFF, kwargs=PERSON, post=422),
    "journey": Line(CITIZENS),
    "my_evidence_add": Line(CITIZENS, kwargs={"kind": "=nib"}, post=422),
    "confirm_workforce": Line(CITIZENS, get=405, post=303),
    "my_act": Line(CITIZENS, kwargs={"slug": "=tujuan"}, post=422),
    "evidence_file": Line(
        CITIZENS | STAFF | OUTSIDERS, kwargs={"evidence_id": "evidence"}, sees=STAFF | {"citizen"}
    ),
    "people": Line(STAFF | OUTSIDERS, post=303),
    "person": Line(STAFF | OUTSIDERS, sees=STAFF, kwargs=PERSON),
    "advance": Line(STAFF | OUTSIDERS, sees=STAFF, kwargs=PERSON, get=405, post=303),
    "accept_assignment": Line(COACHES, sees=frozenset({"coach"}), kwargs=PERSON, get=405, post=303),
    "contact": Line(COACHES | MANAGERS, sees=frozenset({"coach", "manager"}), kwargs=PERSON, post=422),
    "mentoring": Line(STAFF | OUTSIDERS, sees=STAFF, kwargs=PERSON),
    **{
        name: Line(COACHES | MANAGERS, sees=CARERS, kwargs=PERSON, post=422)
        for name in ("meeting_new", "meeting_log", "plan_edit")
    },
    **{
        name: Line(COACHES | MANAGERS, sees=CARERS, kwargs=MEETING, post=422)
        for name in ("meeting_record", "meeting_move", "meeting_cancel", "meeting_file_add")
    },
    "meeting_file": Line(
        CITIZENS | COACHES | KEEPERS, sees=CARERS | {"citizen", "admin"}, kwargs={"file_id": "meeting_file"}
    ),
    "plan_aloud": Line(COACHES | MANAGERS, sees=CARERS, kwargs=PLAN, post=422),
    "plan_print": Line(CITIZENS | COACHES | KEEPERS, sees=CARERS | {"citizen", "admin"}, kwargs=PLAN),
    "step_tick": Line(
        CITIZENS | COACHES | MANAGERS,
        sees=CARERS | {"citizen"},
        kwargs={"step_id": "plan_step"},
        get=405,
        post=303,
    ),
    "my_meetings": Line(CITIZENS),
    "my_meeting_confirm": Line(CITIZENS, sees=frozenset({"citizen"}), kwargs=MEETING, get=405, post=303),
    "my_meeting_deny": Line(CITIZENS, sees=frozenset({"citizen"}), kwargs=MEETING, post=422),
    "my_plan": Line(CITIZENS),
    "my_plan_agree": Line(CITIZENS, sees=frozenset({"citizen"}), kwargs=PLAN, get=405, post=303),
    "my_plan_change": Line(CITIZENS, sees=frozenset({"citizen"}), kwargs=PLAN, post=422),
    "sketch": Line(COACHES | MANAGERS, sees=CARERS, kwargs=PERSON, post=303),
    "sketch_print": Line(CITIZENS | COACHES | KEEPERS, sees=CARERS | {"citizen", "admin"}, kwargs=PERSON),
    "money": Line(COACHES, sees=frozenset({"coach"}), kwargs=PERSON, post=303),
    "trouble": Line(COACHES, sees=frozenset({"coach"}), kwargs=PERSON, post=303),
    **{name: Line(CITIZENS, post=303) for name in ("my_sketch", "my_money", "my_trouble")},
    "calendar": Line(COACHES),
    "calendar_renew": Line(COACHES, get=405, post=200),
    "calendar_feed": Line(EVERYBODY, kwargs={"secret": "=x"}, get=404),
    "coach_profile": Line(COACHES, sees=frozenset({"coach"}), post=422),
    "my_wish": Line(CITIZENS, post=303),
    "my_clinics": Line(CITIZENS),
    "my_clinic": Line(CITIZENS, sees=frozenset({"citizen"}), kwargs=CLINIC, post=422),
    "my_visit_cancel": Line(CITIZENS, sees=frozenset({"citizen"}), kwargs=VISIT, post=303),
    "my_visit_calendar": Line(CITIZENS, sees=frozenset({"citizen"}), kwargs=VISIT),
    "clinic_desk_list": Line(COACHES | MANAGERS),
    "clinic_new": Line(MANAGERS, post=422),
    "clinic_desk": Line(COACHES | MANAGERS, sees=CARERS, kwargs=CLINIC),
    "clinic_number": Line(COACHES | MANAGERS, sees=CARERS, kwargs=CLINIC, post=422),
    "clinic_call": Line(COACHES | MANAGERS, sees=CARERS, kwargs=CLINIC, get=405, post=303),
    "clinic_cancel": Line(MANAGERS, sees=frozenset({"manager"}), kwargs=CLINIC, post=422),
    "visit_arrive": Line(COACHES | MANAGERS, sees=CARERS, kwargs=VISIT, get=405, post=303),
    "visit_finish": Line(COACHES | MANAGERS, sees=CARERS, kwargs=VISIT, post=422),
    "visit_missed": Line(COACHES | MANAGERS, sees=CARERS, kwargs=VISIT, post=303),
    "visit_cancel": Line(COACHES | MANAGERS, sees=CARERS, kwargs=VISIT, post=303),
    "snooze": Line(COACHES, sees=frozenset({"coach"}), kwargs=PERSON, post=422),
    "snooze_undo": Line(COACHES, sees=frozenset({"coach"}), kwargs=PERSON, get=405, post=303),
    "reveal": Line(STAFF | OUTSIDERS, sees=STAFF, kwargs=PERSON, post=422),
    "evidence_add": Line(STAFF | OUTSIDERS, sees=STAFF, kwargs=PERSON | {"kind": "=nib"}, post=422),
    "evidence_check": Line(STAFF | OUTSIDERS, sees=STAFF, kwargs=EVIDENCE, post=422),
    "act": Line(
        STAFF | OUTSIDERS,
        sees=STAFF,
        kwargs=PERSON | {"slug": "=koreksi"},
        post=422,
        refused=frozenset({"coach", "dinas"}),
    ),
    "my_nik_correction": Line(CITIZENS, post=422),
    "nik_corrections": Line(MANAGERS | {"admin"}),
    "nik_correction": Line(
        MANAGERS | {"admin"}, sees=IN_CHARGE, kwargs={"correction_id": "correction"}, post=422
    ),
    "nik_correction_request": Line(
        COACHES | MANAGERS | {"admin"}, sees=frozenset({"coach"}) | IN_CHARGE, kwargs=PERSON, post=422
    ),
    "duplicates": Line(MANAGERS | DINAS | {"admin"}),
    "duplicate_different": Line(
        MANAGERS | {"admin"}, sees=IN_CHARGE, kwargs={"one": "person", "other": "twin"}, post=303
    ),
    "merge": Line(
        MANAGERS | {"admin"}, sees=IN_CHARGE, kwargs={"kept": "person", "taken_out": "twin"}, post=303
    ),
    "merges": Line(MANAGERS | DINAS | {"admin"}),
    "merge_undo": Line(MANAGERS | {"admin"}, sees=IN_CHARGE, kwargs={"merge_id": "merge"}, post=422),
    "my_data": Line(CITIZENS),
    "my_data_reveal": Line(CITIZENS, post=422),
    "my_data_download": Line(CITIZENS, post=422),
    "my_data_correct": Line(CITIZENS, post=422),
    "my_data_erase": Line(CITIZENS, post=422),
    "my_data_leave": Line(CITIZENS, post=422),
    "my_data_consent": Line(CITIZENS, kwargs={"purpose": "=pengingat"}, get=405, post=303),
    "my_data_cancel": Line(
        CITIZENS, kwargs={"number": "=HD-26-999999"}, sees=frozenset({"citizen"}), get=405, post=303
    ),
    "data_requests": Line(MANAGERS | {"admin"}),
    "data_request": Line(MANAGERS | {"admin"}, sees=IN_CHARGE, kwargs={"request_id": "request"}, post=422),
    "queue": Line(MANAGERS | DINAS | {"admin"}),
    "desk_evidence": Line(MANAGERS | DINAS | {"admin"}),
    "desk_unanswered": Line(MANAGERS | DINAS | {"admin"}),
    "desk_waiting": Line(MANAGERS | DINAS | {"admin"}),
    "desk_team": Line(MANAGERS | DINAS | {"admin"}),
    "desk_supervision": Line(MANAGERS | DINAS | {"admin"}),
    "desk_place": Line(
        DINAS | {"admin"}, sees=frozenset({"dinas", "admin"}), kwargs=PERSON, get=405, post=303
    ),
    "my_ktp_add": Line(CITIZENS, post=422),
    "ktp_add": Line(COACHES | MANAGERS | {"admin"}, sees=STAFF, kwargs=PERSON, post=422),
    "ktp_file": Line(
        CITIZENS | MANAGERS | {"admin"},
        sees=frozenset({"citizen", "manager", "admin"}),
        kwargs={"document_id": "document"},
    ),
    "compare_nik": Line(MANAGERS | {"admin"}, sees=STAFF, kwargs=PERSON, get=405, post=303),
    "bulk": Line(MANAGERS | DINAS | {"admin"}, post=422),
    "bulk_result": Line(
        MANAGERS | DINAS | {"admin"}, sees=frozenset({"manager", "admin"}), kwargs={"bulk_id": "bulk"}
    ),
    "bulk_undo": Line(
        MANAGERS | DINAS | {"admin"},
        sees=frozenset({"manager", "admin"}),
        kwargs={"bulk_id": "bulk"},
        get=405,
        post=303,
    ),
    "coach_day": Line(COACHES),
    "dashboard": Line(MANAGERS | DINAS | {"admin"}),
    "reconcile": Line(DINAS | {"admin"}),
    "dashboard_json": Line(MANAGERS | DINAS | {"admin"}),
    "dashboard_csv": Line(MANAGERS | DINAS | {"admin"}),
    "secretariat": Line(ADMIN),
    "audit": Line(ADMIN),
    "audit_export": Line(ADMIN, get=405, post=200),
    "support": Line(ADMIN, post=422),
    "support_end": Line(ADMIN, get=405, post=303),
    "rules": Line(ADMIN),
    "rule": Line(ADMIN, kwargs=RULE),
    "rule_new": Line(ADMIN, kwargs=RULE, post=422),
    "rule_withdraw": Line(ADMIN, kwargs=RULE | {"value_id": "rule_value"}, post=422),
    "secretariat_centers": Line(ADMIN),
    "secretariat_center_new": Line(ADMIN, post=422),
    "secretariat_center": Line(ADMIN, kwargs={"code": "=P31.74.07"}, post=422),
    "secretariat_center_close": Line(ADMIN, kwargs={"code": "=P31.74.07"}, post=422),
    "secretariat_agencies": Line(ADMIN),
    "secretariat_agency_new": Line(ADMIN, post=422),
    "secretariat_agency": Line(ADMIN, kwargs={"code": "agency"}, post=422),
    "vacancy_list": Line(EVERYBODY),
    "vacancy_page": Line(EVERYBODY, kwargs=VACANCY),
    "vacancy_apply": Line(CITIZENS, kwargs=VACANCY, get=405, post=303),
    "placement_answer": Line(EVERYBODY, kwargs={"code": "=x"}, get=410, post=410),
    "my_applications": Line(CITIZENS),
    "application_withdraw": Line(CITIZENS, sees=frozenset({"citizen"}), kwargs=APPLICATION, post=303),
    "job_new": Line(CITIZENS, get=303, post=303),  # the people of the world are not looking for work
    "placement_confirm": Line(CITIZENS, sees=frozenset({"citizen"}), kwargs=JOB, get=405, post=303),
    "placement_deny": Line(CITIZENS, sees=frozenset({"citizen"}), kwargs=JOB, post=422),
    "vacancy_desk_list": Line(COACHES | KEEPERS),
    "vacancy_new": Line(COACHES | MANAGERS, post=422),
    "vacancy_desk": Line(COACHES | KEEPERS, sees=CARERS | ADMIN, kwargs=VACANCY),
    "vacancy_edit": Line(COACHES | KEEPERS, sees=CARERS | ADMIN, kwargs=VACANCY, post=422),
    "vacancy_close": Line(COACHES | KEEPERS, sees=CARERS | ADMIN, kwargs=VACANCY, post=422),
    "vacancy_reopen": Line(COACHES | KEEPERS, sees=CARERS | ADMIN, kwargs=VACANCY, get=405, post=303),
    **{
        name: Line(COACHES | KEEPERS, sees=CARERS | ADMIN, kwargs=APPLICATION, post=422)
        for name in ("application_invite", "application_accept", "application_refuse")
    },
    "placement_desk": Line(COACHES | KEEPERS, sees=CARERS | ADMIN, kwargs=JOB),
    **{
        name: Line(COACHES | KEEPERS, sees=CARERS | ADMIN, kwargs=JOB, post=422)
        for name in ("placement_ask", "placement_vouch", "placement_call_off")
    },
    "class_list": Line(EVERYBODY),
    "class_page": Line(EVERYBODY, kwargs=CLASS),
    "class_calendar": Line(EVERYBODY, kwargs=CLASS),
    "class_enrol": Line(CITIZENS, kwargs=CLASS, get=405, post=303),
    "seat_accept": Line(
        CITIZENS | COACHES | MANAGERS | ADMIN,
        sees=frozenset({"citizen", "coach", "manager", "admin"}),
        kwargs=SEAT,
        get=405,
        post=303,
    ),
    "seat_give_up": Line(
        CITIZENS | COACHES | MANAGERS | ADMIN,
        sees=frozenset({"citizen", "coach", "manager", "admin"}),
        kwargs=SEAT,
        post=303,
    ),
    "seat_move": Line(KEEPERS, sees=IN_CHARGE, kwargs=SEAT, post=422),
    "class_desk_list": Line(LEADERS),
    "class_new": Line(MANAGERS, post=422),
    "courses": Line(KEEPERS),
    "course_new": Line(KEEPERS, post=422),
    "course_edit": Line(KEEPERS, sees=IN_CHARGE, kwargs={"course_id": "course"}, post=422),
    "question_add": Line(KEEPERS, sees=IN_CHARGE, kwargs={"course_id": "course"}, post=422),
    "question_edit": Line(KEEPERS, sees=IN_CHARGE, kwargs={"question_id": "question"}, post=422),
    "class_test": Line(CITIZENS, sees=frozenset({"citizen"}), kwargs=CLASS | {"moment": "=awal"}, post=422),
    "class_survey": Line(CITIZENS, sees=frozenset({"citizen"}), kwargs=CLASS, get=303, post=303),
    "material_add": Line(KEEPERS, sees=IN_CHARGE, kwargs={"course_id": "course"}, post=422),
    "material_file": Line(
        CITIZENS | LEADERS, sees=IN_CHARGE | {"trainer", "citizen"}, kwargs={"material_id": "material"}
    ),
    "class_desk": Line(LEADERS, sees=IN_CHARGE | {"trainer"}, kwargs=CLASS),
    "class_open": Line(KEEPERS, sees=IN_CHARGE, kwargs=CLASS, get=405, post=303),
    "class_finish": Line(KEEPERS, sees=IN_CHARGE, kwargs=CLASS, post=303),
    "class_cancel": Line(KEEPERS, sees=IN_CHARGE, kwargs=CLASS, post=422),
    "class_capacity": Line(KEEPERS, sees=IN_CHARGE, kwargs=CLASS, post=422),
    "class_edit": Line(KEEPERS, sees=IN_CHARGE, kwargs=CLASS, post=422),
    "session_move": Line(KEEPERS, sees=IN_CHARGE, kwargs={"session_id": "session"}, post=422),
    "class_people": Line(KEEPERS, sees=IN_CHARGE, kwargs=CLASS, post=422),
    "verify": Line(EVERYBODY, kwargs={"code": "certificate_code"}),
    "certificate": Line(
        CITIZENS | STAFF | OUTSIDERS | {"trainer"},
        sees=STAFF | {"citizen", "trainer"},
        kwargs={"certificate_id": "certificate"},
    ),
    "certificate_revoke": Line(KEEPERS, sees=IN_CHARGE, kwargs={"certificate_id": "certificate"}, post=422),
    "verify_form": Line(EVERYBODY),
    "certificates_issue": Line(KEEPERS, sees=IN_CHARGE, kwargs=CLASS, get=303, post=303),
    "certificates_print": Line(KEEPERS, sees=IN_CHARGE, kwargs=CLASS),
    **{
        name: Line(LEADERS, sees=IN_CHARGE | {"trainer"}, kwargs=CLASS)
        for name in ("class_report", "class_workbook", "class_sheet")
    },
    "roll_call": Line(LEADERS, sees=IN_CHARGE | {"trainer"}, kwargs={"session_id": "session"}, post=422),
    "session_code": Line(LEADERS, sees=IN_CHARGE | {"trainer"}, kwargs={"session_id": "session"}),
    "check_in": Line(CITIZENS, kwargs={"code": "=x"}, get=410, post=410),
    "attendance_correct": Line(
        LEADERS, sees=IN_CHARGE | {"trainer"}, kwargs={"attendance_id": "attendance"}, post=422
    ),
    "users": Line(KEEPERS),
    "user_new": Line(KEEPERS, post=422),
    "user": Line(KEEPERS, sees=IN_CHARGE, kwargs=COACH),
    "role_new": Line(KEEPERS, sees=IN_CHARGE, kwargs=COACH, post=422),
    "role_end": Line(KEEPERS, sees=IN_CHARGE, kwargs=COACH | {"role_id": "role"}, post=422),
    "user_code": Line(KEEPERS, sees=IN_CHARGE, kwargs=COACH, post=200),
    "user_act": Line(KEEPERS, sees=IN_CHARGE, kwargs=COACH | {"slug": "=keluar"}, post=422),
    "reports": Line(MANAGERS | DINAS | {"admin"}, post=422),
    "report_download": Line(
        MANAGERS | DINAS | {"admin"}, sees=frozenset({"dinas"}), kwargs={"job_id": "job"}, get=404
    ),
    "report_retry": Line(
        MANAGERS | DINAS | {"admin"}, sees=frozenset({"dinas"}), kwargs={"job_id": "job"}, get=405, post=303
    ),
    "inbox": Line(SIGNED_IN),
    "inbox_read_all": Line(SIGNED_IN, get=405, post=303),
    "inbox_read": Line(
        SIGNED_IN, kwargs={"notification_id": "notification"}, sees=frozenset({"citizen"}), get=405, post=303
    ),
    "inbox_preferences": Line(SIGNED_IN, post=303),
    "login": Line(EVERYBODY, post=422, signed_in_get=303),
    "account_login": Line(EVERYBODY, post=422, signed_in_get=303),
    "logout": Line(EVERYBODY, post=303),
    "forgot": Line(EVERYBODY, post=422),
    "forgot_sent": Line(EVERYBODY),
    "code": Line(EVERYBODY, post=422),
    "reset_link": Line(EVERYBODY, kwargs={"uid": "unknown", "token": "=x"}, get=410, post=410),
    "account": Line(SIGNED_IN),
    "change_password": Line(SIGNED_IN, post=422),
    "sign_out_everywhere": Line(SIGNED_IN, get=405, post=303),
    "account_reauthenticate": Line(SIGNED_IN, post=422),
    "mfa_index": Line(SIGNED_IN, get=303),
    "mfa_authenticate": Line(EVERYBODY, get=302, post=302),
    "mfa_reauthenticate": Line(SIGNED_IN, get=302, post=302),
    "mfa_activate_totp": Line(SIGNED_IN, get=302, post=302),
    "mfa_deactivate_totp": Line(SIGNED_IN, get=404, post=404),
    "mfa_view_recovery_codes": Line(SIGNED_IN, get=404),
    "mfa_generate_recovery_codes": Line(SIGNED_IN, get=302, post=302),
    "mfa_download_recovery_codes": Line(SIGNED_IN, get=404, post=404),
}


def named_patterns() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every named address of ours; Django's admin is tested as a whole."""

    def walk(resolver: URLResolver) -> Iterator[URLPattern]:
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLResolver):
                if pattern.app_name != "admin":
                    yield from walk(pattern)
            else:
                yield pattern

    for pattern in walk(get_resolver()):
        if pattern.name:
            yield pattern.name, pattern.callback


def test_every_address_has_a_line_and_every_line_an_address() -> None:
    names = {name for name, _ in named_patterns()}
    assert sorted(names - LINES.keys() - {"showcase"}) == []
    assert sorted(LINES.keys() - names) == []


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    """Roles alone are the question here; MFA has tests of its own."""
    settings.DEMO_MODE = True


@dataclass
class World:
    """One participant in Kebayoran Baru with staff around them, and staff elsewhere."""

    users: dict[str, User]
    values: dict[str, Any]
    enrollment: Enrollment


@pytest.fixture
def world() -> World:
    here, there = center_of("P31.74.07"), center_of("P73.71.01")
    users = {
        "coach": staff(Role.PENDAMPING, here.code, is_demo=True),
        "manager": staff(Role.PENGELOLA, here.code, is_demo=True),
        "dinas": staff(Role.DINAS, "31", is_demo=True),
        "other_coach": staff(Role.PENDAMPING, there.code, is_demo=True),
        "other_manager": staff(Role.PENGELOLA, there.code, is_demo=True),
        "other_dinas": staff(Role.DINAS, "73", is_demo=True),
        "admin": staff(Role.ADMIN, "ID", is_demo=True),
        "trainer": staff(Role.PELATIH, here.code, is_demo=True),
        "lender": staff(Role.MITRA_MODAL, "ID", is_demo=True),
    }
    CoachProfile.objects.create(user=users["coach"], center=here)
    enrollment = participant(stage=Stage.PERIZINAN, center=here, coach=users["coach"])
    other = participant(stage=Stage.PERIZINAN, center=there, coach=users["other_coach"])
    users["citizen"], users["other_citizen"] = enrollment.person.user, other.person.user
    evidence = StageEvidenceFactory(enrollment=enrollment, kind=EvidenceKind.NIB, file=_file())
    job = Job.objects.create(
        kind="corong_bulanan", params={"area": "31", "month": "2026-10", "center": "", "agency": ""},
        requested_by_id=users["dinas"].pk, status=Job.Status.GAGAL,
    )  # fmt: skip
    note = Notification.objects.create(
        recipient=users["citizen"],
        kind="lulus",
        dedupe_key="x",
        title="Lulus",
        body="Anda lulus.",
        url="/saya/",
    )
    twin, double = participant(center=here), participant(center=here)
    merge = Merge.objects.create(
        winner=enrollment.person, loser=double.person, kept=enrollment, taken_out=double,
        kept_version=1, taken_out_version=1, merged_by=users["manager"],
    )  # fmt: skip
    asked_at = now()
    request = DataRequest.objects.create(
        number="HD-26-999999", person=enrollment.person, enrollment=enrollment, kind=RequestKind.KOREKSI,
        changes={"address": "Jl. Lain 2"}, requested_at=asked_at, due_at=asked_at + timedelta(hours=72),
    )  # fmt: skip
    document = IdentityDocument.objects.create(
        person=enrollment.person, file=_file(), uploaded_by=users["citizen"]
    )
    bulk = BulkAct.objects.create(kind=BulkKind.SKPD, actor=users["manager"])
    BulkItem.objects.create(bulk=bulk, enrollment=enrollment, outcome="ditolak", words="Sudah itu.")
    taught = lesson(users, enrollment)
    certificate = Certificate.objects.create(
        number="SP-26-999999", code="ACDEFGHJKMNP", seat=taught, course="Dasar usaha", hours=6,
        signatory="Maya Contoh", issued_at=now(), issued_by=users["manager"],
    )  # fmt: skip
    meeting = mentoring.planned(enrollment, users["coach"], topic="topik", place="gang")
    attached = mentoring.attached(meeting, users["coach"], title="foto")
    mentoring.recorded(enrollment, users["coach"], done="dikerjakan")
    mentoring.agreed(enrollment, users["coach"], goal="rencana lama")
    plan = mentoring.proposed(enrollment, users["coach"], goal="rencana")
    clinic = mentoring.opened(here, users["manager"], users["coach"])
    visit = mentoring.booked(enrollment, clinic, topic="harga")
    vacancy = placement.posted(here, users["manager"], position="lowongan")
    application = placement.application_row(enrollment, vacancy)
    job_found = placement.placement_row(enrollment, users["manager"], position="kerja")
    values = {
        "clinic": clinic.pk,
        "visit": visit.pk,
        "vacancy": vacancy.pk,
        "application": application.pk,
        "placement": job_found.pk,
        "meeting": meeting.pk,
        "meeting_file": attached.pk,
        "plan": plan.pk,
        "plan_step": plan.steps.get(number=1).pk,
        "coach": users["coach"].pk,
        "course": taught.training_class.course_id,
        "class": taught.training_class_id,
        "seat": taught.pk,
        "question": Question.objects.create(
            course=taught.training_class.course, number=1, text="Soal", choices=["Ya", "Tidak"], answer=0
        ).pk,
        "material": materials.add_file(
            course_id=taught.training_class.course_id,
            actor=users["manager"],
            title="Panduan",
            store_file=_file,
        ).pk,
        "certificate": certificate.pk,
        "certificate_code": certificate.code,
        "session": taught.training_class.sessions.get(number=1).pk,
        "attendance": Attendance.objects.get(seat=taught).pk,
        "rule_value": Threshold.objects.get(stage=Stage.PELATIHAN, code="batas_diam").pk,
        "agency": Agency.objects.earliest("pk").pk,
        "role": users["coach"].role_assignments.get().pk,
        "document": document.pk,
        "bulk": bulk.pk,
        "request": request.pk,
        "person": enrollment.person_id,
        "twin": twin.person_id,
        "merge": merge.pk,
        "correction": _wish(enrollment, users["coach"]).pk,
        "evidence": evidence.pk,
        "number": enrollment.number,
        "job": job.pk,
        "ticket": own_ticket(users).number,
        "notification": note.pk,
        "unknown": uuid4(),
    }
    return World(users, values, enrollment)


def lesson(users: dict[str, User], enrollment: Enrollment) -> Seat:
    """The citizen's seat in an open class of the centre, taught by the trainer; its first session is on."""
    at = now()
    text = planning.CourseText(
        title="Dasar usaha", level="dasar", aims="Menghitung harga", hours=6, topics=["Satu", "Dua"],
        materials=[("Buku", "https://contoh.id/buku")],
    )  # fmt: skip
    center = enrollment.center
    assert center is not None
    course = planning.save_course(course_id=None, center=center, text=text, actor=users["manager"], at=at)
    starts = at + timedelta(minutes=30)
    slots = [Slot(starts + timedelta(days=n), starts + timedelta(days=n, hours=2)) for n in range(2)]
    plan = planning.ClassPlan(
        name="Angkatan 1", place="Ruang Melati", online_url="", capacity=20, opens_on=local_day(at),
        closes_on=local_day(starts), slots=slots, trainers={users["trainer"].pk: TrainerKind.MITRA},
    )  # fmt: skip
    one = planning.plan_class(course=course, center=center, plan=plan, actor=users["manager"], at=at)
    planning.open_class(class_id=one.pk, actor=users["manager"], at=at)
    seat = training.enrol(enrollment_id=enrollment.pk, class_id=one.pk, actor=enrollment.person.user, at=at)
    attendance.roll_call(
        session_id=one.sessions.get(number=1).pk, actor=users["trainer"], submission_id=uuid4(),
        presences={seat.pk: Presence.HADIR}, decided_at=None, at=at,
    )  # fmt: skip
    return seat


def own_ticket(users: dict[str, User]) -> Ticket:
    """A question of the citizen, given to the coach and taken by them."""
    one = ticket(asker=users["citizen"], at=now())
    to = helpdesk.Target(person_id=users["coach"].pk)
    helpdesk.hand_over(ticket_id=one.pk, actor=users["manager"], to=to, reason="Peserta Anda", at=now())
    return helpdesk.take(ticket_id=one.pk, actor=users["coach"], at=now())


def _wish(enrollment: Enrollment, asked_by: User) -> NikCorrection:
    wish = NikCorrection(person=enrollment.person, enrollment=enrollment, requested_by=asked_by)
    wish.set_nik(synthetic_nik())
    wish.save()
    return wish


def _file() -> Any:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "#ddd").save(content, "PNG")
    return files.store_upload(SimpleUploadedFile("nib.png", content.getvalue(), "image/png"), owner=None)


def ask(world: World, name: str, who: str, method: str) -> HttpResponse:
    """One request as one visitor; an empty POST with a CSRF-free client."""
    client = Client(raise_request_exception=True)
    if who != "anonymous":
        client.force_login(world.users[who], backend="accounts.backends.LoginBackend")
    line = LINES[name]
    kwargs = {
        key: value[1:] if value.startswith("=") else world.values[value] for key, value in line.kwargs.items()
    }
    address = reverse(name, kwargs=kwargs)
    return getattr(client, method)(address)


def expected(name: str, who: str, method: str) -> int:
    line = LINES[name]
    if who not in line.may:
        return 303 if who == "anonymous" else 403
    status = line.get if method == "get" else line.post
    if who not in line.sees and status != 405:
        return line.unseen
    if who in line.refused:
        return 403
    if method == "get" and who != "anonymous" and line.signed_in_get:
        return line.signed_in_get
    return status


@pytest.mark.parametrize("name", sorted(LINES))
def test_every_visitor_gets_what_the_line_says(world: World, name: str) -> None:
    wrong = []
    for who in sorted(EVERYBODY):
        for method in ("get", "post"):
            world.enrollment.refresh_from_db()
            answer, wanted = ask(world, name, who, method), expected(name, who, method)
            if answer.status_code != wanted:
                wrong.append(f"{method} {name} as {who}: {answer.status_code}, not {wanted}")
            if who == "anonymous" and answer.status_code == 303 and who not in LINES[name].may:
                assert answer["Location"].startswith("/masuk/")
    assert wrong == []


TOKEN = "TOKENASING"

NONCE = re.compile(rb'nonce="[^"]*"|csrfmiddlewaretoken" value="[^"]*"')


@pytest.mark.parametrize(
    "name",
    [
        "person",
        "reveal",
        "act",
        "evidence_add",
        "evidence_check",
        "evidence_file",
        "help_ticket",
        "help_close",
        "help_hand_over",
    ],
)
@pytest.mark.parametrize("who", sorted(OUTSIDERS))
def test_a_foreign_record_answers_like_a_missing_one(world: World, name: str, who: str) -> None:
    foreign = ask(world, name, who, "get")
    missing_values = world.values | {"person": uuid4(), "evidence": uuid4(), "ticket": "B-26-999999"}
    missing = ask(World(world.users, missing_values, world.enrollment), name, who, "get")
    assert foreign.status_code == missing.status_code == 404
    assert NONCE.sub(b"", foreign.content) == NONCE.sub(b"", missing.content)


def test_the_admin_site_is_for_the_admin_role(world: World) -> None:
    wrong = {}
    for who in sorted(EVERYBODY):
        client = Client()
        if who != "anonymous":
            client.force_login(world.users[who], backend="accounts.backends.LoginBackend")
        status = client.get("/admin/").status_code
        if status != {"anonymous": 303, "admin": 200}.get(who, 403):
            wrong[who] = status
    assert wrong == {}


TAUGHT = {"class_desk", "roll_call", "attendance_correct"}
"""Pages on which a trainer reads the names of the own class, and nothing else of the people in it."""


def test_no_response_carries_a_token_of_a_foreign_record(world: World) -> None:
    """Every text of the participant's record is marked; staff and people elsewhere never read a mark."""
    person = world.enrollment.person
    person.full_name, person.address = f"{TOKEN} Nama", f"{TOKEN} alamat"
    person.no_nik_reason = f"{TOKEN} alasan"
    person.save()
    Enrollment.objects.filter(pk=world.enrollment.pk).update(goal=f"{TOKEN} tujuan", source=f"{TOKEN} sumber")
    StageEvidence.objects.filter(enrollment=world.enrollment).update(note=f"{TOKEN} catatan", number=TOKEN)
    person.businesses.create(name=f"{TOKEN} usaha", address=f"{TOKEN} alamat usaha")
    MentoringSession.objects.update(topic=f"{TOKEN} topik", place=f"{TOKEN} gang")
    MentoringSession.objects.held().update(done=f"{TOKEN} dikerjakan", private_note=f"{TOKEN} pribadi")
    SessionFile.objects.update(title=f"{TOKEN} foto")
    ActionPlan.objects.update(goal=f"{TOKEN} rencana")
    ClinicVisit.objects.update(topic=f"{TOKEN} ditanyakan", outcome=f"{TOKEN} hasil")
    Application.objects.update(interview_place=f"{TOKEN} kantor", reason=f"{TOKEN} alasan")
    Placement.objects.update(employer=f"{TOKEN} toko", position=f"{TOKEN} kasir")
    Notification.objects.filter(recipient=person.user).update(title=f"{TOKEN} judul", body=f"{TOKEN} isi")
    one = Ticket.objects.get(number=world.values["ticket"])
    Ticket.objects.filter(pk=one.pk).update(name=f"{TOKEN} penanya", summary=f"{TOKEN} ringkasan")
    helpdesk.write_again(ticket_id=one.pk, author=person.user, text=f"{TOKEN} tanya", at=now())
    helpdesk.add_note(ticket_id=one.pk, actor=world.users["coach"], text=f"{TOKEN} internal", at=now())
    found, read = [], 0
    for who in sorted(EVERYBODY - STAFF - {"citizen"}):
        for name in LINES:
            for method in ("get", "post"):
                answer = ask(world, name, who, method)
                content = b"".join(answer.streaming_content) if answer.streaming else answer.content
                read += 1
                if who == "trainer" and name in TAUGHT:
                    content = content.replace(f"{TOKEN} Nama".encode(), b"")
                if name == "verify":  # anybody reads the first name of a certificate's holder, and an initial
                    content = content.replace(f"{TOKEN} N.".encode(), b"")
                if TOKEN.encode() in content:
                    found.append(f"{method} {name} as {who}")
    assert found == []
    assert read > 500
    # The mark is really shown to those who may see it, or this test would prove nothing.
    assert TOKEN.encode() in ask(world, "person", "manager", "get").content
    assert f"{TOKEN} internal".encode() in ask(world, "help_ticket", "coach", "get").content
    own = ask(world, "help_followup", "citizen", "get").content
    assert f"{TOKEN} tanya".encode() in own and f"{TOKEN} internal".encode() not in own


def test_ending_a_role_closes_the_page_on_the_next_request(world: World) -> None:
    client = Client()
    client.force_login(world.users["manager"], backend="accounts.backends.LoginBackend")
    assert client.get("/antrean/").status_code == 200
    ended = world.enrollment.registered_at
    world.users["manager"].role_assignments.update(starts_at=ended - timedelta(days=9), ends_at=ended)
    assert client.get("/antrean/").status_code == 403
    grant(world.users["manager"], Role.PENGELOLA, "P31.74.07")
    assert client.get("/antrean/").status_code == 200
