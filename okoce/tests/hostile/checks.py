"""The named checks of the battery in their shortest form: each passes on the portal and fails on one hole.

They look at what an outsider could see or do, never at how the portal prevents it.
"""

from __future__ import annotations

import csv
import io
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import reset
from accounts.models import Role, User
from accounts.tests.factories import PASSWORD, staff
from centers.models import Center
from core import files
from core.clock import now
from core.models import AuditEntry, OutboxMessage
from core.validators import clean_phone
from okoce.settings.log import RedactingFormatter
from okoce.tests.canaries import Canaries
from okoce.tests.protection import faults_of
from okoce.tests.test_access import World, ask
from participants.models import Person, Stage, StageTransition
from participants.refusals import Refused
from participants.tests.factories import demo_phone, participant, synthetic_nik
from participants.tests.test_registration_page import valid
from programs.pipeline import moves
from reports import exports
from reports.places import load_place
from reports.questions import FunnelQuery

from .values import REFUSED_FILES, picture


@dataclass(frozen=True)
class Scene:
    """Where the checks look."""

    world: World


def entered(user: User, **options: Any) -> Client:
    """A browser that is signed in."""
    client = Client(**options)
    client.force_login(user, backend="accounts.backends.LoginBackend")
    return client


# Who sees what ------------------------------------------------------------------------------------------


def foreign_is_missing(scene: Scene) -> None:
    """A person of another centre answers 404, as if missing."""
    for who in ("other_coach", "other_manager", "other_dinas"):
        assert ask(scene.world, "person", who, "get").status_code == 404, who


def foreign_is_in_no_list(scene: Scene) -> None:
    """The list of another centre's manager does not name the person."""
    person = scene.world.enrollment.person
    Person.objects.filter(pk=person.pk).update(full_name="TOKENASING Nama")
    assert b"TOKENASING" not in ask(scene.world, "people", "other_manager", "get").content


def strangers_are_led_to_the_door(scene: Scene) -> None:
    """Nobody who is not signed in opens a closed page."""
    for name in ("people", "queue", "dashboard", "journey"):
        answer = Client(raise_request_exception=False).get(reverse(name))
        assert answer.status_code == 303, name
        assert answer["Location"].startswith("/masuk/"), name


def roles_stay_in_their_rooms(scene: Scene) -> None:
    """A citizen does not open staff's pages."""
    for name in ("people", "queue", "dashboard"):
        assert ask(scene.world, name, "citizen", "get").status_code == 403, name


def staff_owe_a_second_factor(scene: Scene) -> None:
    """A manager without one is led to its set-up, the admin site included."""
    for user, path in (
        (staff(Role.PENGELOLA, "P31.74.07"), "/antrean/"),
        (staff(Role.ADMIN, "ID"), "/admin/"),
    ):
        answer = entered(user).get(path)
        assert answer.status_code == 303, path
        assert answer["Location"].startswith("/akun/mfa/"), path


# Requests -----------------------------------------------------------------------------------------------


def a_form_needs_its_token(scene: Scene) -> None:
    """A POST from another site changes nothing."""
    client = entered(scene.world.users["coach"], enforce_csrf_checks=True)
    assert client.post("/keluar/").status_code == 403


def markup_stays_text(scene: Scene) -> None:
    """A name with markup is shown as text."""
    evil = "<script>alert(1)</script>"
    Person.objects.filter(pk=scene.world.enrollment.person_id).update(full_name=evil)
    for name in ("person", "people"):
        assert evil.encode() not in ask(scene.world, name, "manager", "get").content, name


def pages_carry_their_headers(scene: Scene) -> None:
    """Policy, no-store and the rest, on a page and on a refusal."""
    for who, name in (("manager", "queue"), ("citizen", "queue")):
        assert faults_of(ask(scene.world, name, who, "get"), signed_in=True) == []


def sign_in_leads_only_inside(scene: Scene) -> None:
    """`next` never leads to another site."""
    user = _sleeper()
    answer = Client().post("/masuk/", {"login": user.email, "password": PASSWORD, "next": "//jahat.example/"})
    assert answer.status_code in (302, 303)
    assert "jahat.example" not in answer["Location"]


# Sign-in ------------------------------------------------------------------------------------------------


def _sleeper() -> User:
    return staff(Role.PENDAMPING, "P31.74.07", email=f"{uuid4().hex[:10]}@example.com", is_demo=True)


def ten_guesses_are_all(scene: Scene) -> None:
    """After ten wrong passwords the right one is not looked at, whatever X-Forwarded-For says."""
    user, client = _sleeper(), Client()
    for number in range(10):
        client.post(
            "/masuk/", {"login": user.email, "password": "salah sekali"},
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
        )  # fmt: skip
    answer = client.post(
        "/masuk/", {"login": user.email, "password": PASSWORD}, headers={"X-Forwarded-For": "203.0.113.99"}
    )
    assert answer.status_code == 429


def the_session_is_new(scene: Scene) -> None:
    """A session id that was planted before the sign-in is worth nothing after it."""
    user, client = _sleeper(), Client()
    session = client.session
    session["planted"] = "1"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    before = session.session_key
    client.post("/masuk/", {"login": user.email, "password": PASSWORD})
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != before


def disabled_is_out(scene: Scene) -> None:
    """Disabling an account ends its open sessions with the next request."""
    user = scene.world.users["manager"]
    client = entered(user)
    assert client.get("/antrean/").status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/antrean/").status_code == 303


def unknown_answers_like_known(scene: Scene) -> None:
    """Asking for a link says the same for an account and for nobody."""
    user = _sleeper()
    answers = [
        Client().post("/lupa-sandi/", {"login": login}) for login in (user.email, "tidak.ada@example.com")
    ]
    assert len({(answer.status_code, answer.headers.get("Location")) for answer in answers}) == 1


# Writing ------------------------------------------------------------------------------------------------


def an_old_page_moves_nobody(scene: Scene) -> None:
    """Two acts from the same page: the second is told to look again."""
    enrollment, manager = scene.world.enrollment, scene.world.users["manager"]
    version = enrollment.version
    count = StageTransition.objects.filter(enrollment=enrollment).count()
    stages = [Stage.PENDAMPINGAN, Stage.PELATIHAN]
    for _ in range(2):
        try:
            moves.correct(
                enrollment_id=enrollment.pk, actor=manager, version=version,
                to_stage=stages.pop(0), reason="Salah tekan", at=now(),
            )  # fmt: skip
        except Refused:
            continue
    assert StageTransition.objects.filter(enrollment=enrollment).count() - count == 1


def acts_hold_the_row(scene: Scene) -> None:
    """An act locks the enrollment before it judges it."""
    enrollment = scene.world.enrollment
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        coach = scene.world.users["coach"]
        with suppress(Refused):
            moves.advance(enrollment_id=enrollment.pk, actor=coach, version=enrollment.version, at=now())
    locking = [q["sql"] for q in queries if "FOR " in q["sql"] and "participants_enrollment" in q["sql"]]
    assert locking, "no row was locked"


def one_nik_one_person(scene: Scene) -> None:
    """The database itself refuses a second person with the same NIK."""
    nik = synthetic_nik()
    participant(person__nik=nik)
    try:
        with transaction.atomic():
            participant(person__nik=nik)
    except (IntegrityError, ValidationError):
        pass
    assert Person.objects.with_nik(nik).count() == 1


def one_form_one_message(scene: Scene) -> None:
    """A registration that is sent twice makes one person and one welcome."""
    data = valid()
    before = Person.objects.count(), OutboxMessage.objects.count()
    client = Client()
    client.post("/daftar/", data)
    first = Person.objects.count() - before[0], OutboxMessage.objects.count() - before[1]
    assert first[0] == 1
    client.post("/daftar/", data)
    assert (Person.objects.count() - before[0], OutboxMessage.objects.count() - before[1]) == first


def reading_numbers_is_noted(scene: Scene) -> None:
    """Whoever opens the full numbers is in the audit log."""
    enrollment = scene.world.enrollment
    before = AuditEntry.objects.count()
    answer = entered(scene.world.users["manager"]).post(
        reverse("reveal", args=[enrollment.person_id]),
        {"version": enrollment.version, "reason": "Mencocokkan KTP"},
    )
    assert answer.status_code == 200
    assert AuditEntry.objects.count() > before


# Secrets ------------------------------------------------------------------------------------------------


def numbers_rest_sealed(scene: Scene) -> None:
    """Neither NIK nor phone can be read in what the database holds."""
    canaries, nik, phone = Canaries(), synthetic_nik(), demo_phone()
    one = participant(person__nik=nik, person__phone=phone)
    canaries.add(nik=nik, phone=clean_phone(phone))
    with connection.cursor() as cursor:
        cursor.execute("SELECT p::text FROM participants_person p WHERE id = %s", [one.person_id])
        text = cursor.fetchone()[0]
    assert canaries.in_all([("person", text)], encoded=True) == []


def logs_name_no_number(scene: Scene) -> None:
    """A line that somebody wrote with a NIK in it leaves the log without."""
    canaries, nik = Canaries(), synthetic_nik()
    canaries.add(nik=nik)
    formatter = RedactingFormatter(processor=structlog.processors.KeyValueRenderer())
    line = formatter.format(logging.LogRecord("portal", logging.INFO, __file__, 1, f"NIK {nik}", None, None))
    assert canaries.in_text(line) == set()


def cells_run_nothing(scene: Scene) -> None:
    """No cell of a file for spreadsheets begins like a formula."""
    Center.objects.filter(pk=scene.world.enrollment.center_id).update(name="=HYPERLINK(1)")
    place = load_place("31")
    assert place is not None
    text = exports.load_csv(FunnelQuery(area="31"), place, at=now())
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    cells = [cell for row in rows for cell in row]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))]


def pictures_are_written_anew(scene: Scene) -> None:
    """What hides behind a picture is not kept."""
    content = picture() + b"<script>alert(1)</script>"
    stored = files.store_upload(SimpleUploadedFile("ktp.png", content, "image/png"), owner=None)
    assert b"<script>" not in (Path(settings.FILES_DIR) / stored.path).read_bytes()


def documents_cannot_act(scene: Scene) -> None:
    """A document with a program in it is refused."""
    name, content, content_type = REFUSED_FILES["pdf with script"]
    upload = SimpleUploadedFile(name, content, content_type)
    try:
        files.store_upload(upload, owner=None)
    except ValidationError:
        return
    raise AssertionError("a document with a program was stored")


def old_links_open_nothing(scene: Scene) -> None:
    """A link for a new password ends after its day."""
    user = _sleeper()
    link = reset.make_link(user, at=now() - timedelta(days=2))
    assert Client().get(urlsplit(link).path).status_code == 410
