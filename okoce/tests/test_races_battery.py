"""Two hundred clients at the real portal press the same thing at the same moment, twenty times.

Web server with two processes, PostgreSQL, broker and worker are real. After each run the rows are counted.
Each race is then run at a portal without its protections (`unprotected.py`, constraints dropped), where the
same count must notice it. Every race is proved once and deterministically in the gate too: `test_races`,
`test_rights_races` and the tests of the apps.
"""

from __future__ import annotations

import os
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.codes import issue_code
from accounts.models import AccessCode, Role, SignInCounter, User
from accounts.tests.factories import UserFactory, staff
from centers.models import CoachProfile
from core.clock import local_day, now
from core.models import AuditEntry, OutboxMessage
from helpdesk.models import TicketMessage
from helpdesk.tests.factories import ticket
from notifications.models import Notification
from okoce import crowding
from okoce.launch.processes import wait_until
from okoce.testing.processes import Portal, Worker
from okoce.testing.services import ROOT, Services
from participants import corrections, rights
from participants.models import (
    CoachAssignment,
    Enrollment,
    EvidenceKind,
    Merge,
    Person,
    Stage,
    StageEvidence,
    StageTransition,
    StopReason,
)
from participants.tests.factories import StageEvidenceFactory, center_of, participant, synthetic_nik
from participants.tests.test_registration_page import valid
from programs.mentoring.models import ContactLog, MentoringSession
from programs.mentoring.tests.factories import local, planned
from programs.training.models import ClassStatus, Seat, SeatStatus, TrainingClass
from programs.training.tests.factories import course, training_class

pytestmark = [pytest.mark.battery, pytest.mark.django_db(transaction=True), pytest.mark.timeout(3600)]

CLIENTS = 200
RUNS = int(os.environ.get("RACE_RUNS", "20"))
TARGET = ROOT / "docs" / "measurements" / "2026-11-30-races.md"
MOVED = "baru saja mengubah peserta ini"


@dataclass(frozen=True)
class Press:
    """One client: who it is signed in as, and the form it sends."""

    path: str
    form: dict[str, Any]
    user: User | None = None
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    press: Press
    status: int
    location: str
    text: str


Count = Callable[[list[Answer]], list[str]]
"""Looks into the database after a run; says what is wrong there."""


class Crowd:
    """Two hundred clients of one portal; a client that is told to come again comes again."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.full = 0
        self.statuses: Counter[int] = Counter()
        self._sessions: dict[Any, str] = {}

    def press(self, presses: list[Press]) -> list[Answer]:
        """All at once; the answers in their order."""
        for press in presses:
            self._session(press.user)
        gate = threading.Barrier(len(presses))

        def one(press: Press) -> Answer:
            gate.wait(60)
            return self._ask(press)

        with ThreadPoolExecutor(len(presses)) as pool:
            answers = list(pool.map(one, presses))
        self.statuses.update(answer.status for answer in answers)
        return answers

    def _session(self, user: User | None) -> str:
        if user is None:
            return ""
        if user.pk not in self._sessions:
            client = Client()
            client.force_login(user, backend="accounts.backends.LoginBackend")
            self._sessions[user.pk] = client.cookies[django_settings.SESSION_COOKIE_NAME].value
        return self._sessions[user.pk]

    def _ask(self, press: Press) -> Answer:
        token = secrets.token_hex(16)
        cookies = {"csrftoken": token, **press.cookies}
        if press.user is not None:
            cookies[django_settings.SESSION_COOKIE_NAME] = self._session(press.user)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": token, **press.headers,
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        }  # fmt: skip
        body = urlencode({"csrfmiddlewaretoken": token, **press.form})
        while True:
            link = HTTPConnection("127.0.0.1", self.portal.port, timeout=120)
            try:
                link.request("POST", press.path, body, headers)
                got = link.getresponse()
                text = got.read().decode(errors="replace")
            except (OSError, HTTPException) as error:
                return Answer(press, 0, "", repr(error))
            finally:
                link.close()
            if got.status != 503 or not got.getheader("Retry-After"):
                return Answer(press, got.status, got.getheader("Location") or "", text)
            self.full += 1
            time.sleep(0.3 + 0.7 * random.random())


class Team:
    """A centre with two managers, the secretariat and two coaches."""

    def __init__(self) -> None:
        self.center = center_of()
        self.managers = [
            staff(Role.PENGELOLA, self.center.code, display_name=name, is_demo=True)
            for name in ("Maya Kusuma", "Dewi Lestari")
        ]
        self.admin = staff(Role.ADMIN, "ID", display_name="Sekretariat Contoh", is_demo=True)
        self.coaches = [
            staff(Role.PENDAMPING, self.center.code, display_name=name, is_demo=True)
            for name in ("Ratna Dewi", "Budi Santoso")
        ]
        self.profiles = [
            CoachProfile.objects.create(user=coach, center=self.center, capacity=30_000)
            for coach in self.coaches
        ]
        type(self.center).objects.filter(pk=self.center.pk).update(capacity=30_000)
        self.learners: list[Enrollment] = []
        self.course = course()

    def ready(self) -> Enrollment:
        """Somebody whom the first coach may move on."""
        one = participant(stage=Stage.PERIZINAN, center=self.center, coach=self.coaches[0])
        StageEvidenceFactory(
            enrollment=one, kind=EvidenceKind.NIB, number="9120000012345", accepted_by=self.managers[0]
        )
        return one


def act(enrollment: Enrollment, slug: str) -> str:
    return reverse("act", args=[enrollment.person_id, slug])


def log_of(enrollment: Enrollment) -> list[str]:
    """What is wrong with the log of somebody's moves."""
    versions = list(
        StageTransition.objects.filter(enrollment=enrollment)
        .order_by("version")
        .values_list("version", flat=True)
    )
    last = Enrollment.objects.get(pk=enrollment.pk).version
    return [] if versions == list(range(1, last + 1)) else [f"log {versions} beside version {last}"]


def exactly(what: str, found: int, wanted: int = 1) -> list[str]:
    return [] if found == wanted else [f"{what}: {found}, not {wanted}"]


def alternating(*presses: Press) -> list[Press]:
    return [presses[number % len(presses)] for number in range(CLIENTS)]


# The races ----------------------------------------------------------------------------------------------


def registration(team: Team) -> tuple[list[Press], Count]:
    """Four people's forms, each sent fifty times."""
    del team
    forms = [valid() for _ in range(4)]
    browsers = [Client().get("/daftar/").cookies["okoce_browser"].value for _ in forms]

    def count(answers: list[Answer]) -> list[str]:
        wrong = [f"answered {a.status} {a.location}" for a in answers
                 if (a.status, a.location) != (303, "/daftar/berhasil/")]  # fmt: skip
        for form in forms:
            people = list(Person.objects.with_nik(form["nik"]))
            wrong += exactly("people of one form", len(people))
            keys = [f"n:daftar:{one.pk}" for one in Enrollment.objects.filter(person__in=people)]
            wrong += exactly(
                "welcomes of one form", OutboxMessage.objects.filter(dedupe_key__in=keys).count()
            )
            wrong += exactly("accounts of one form", User.objects.filter(person__in=people).count())
        return wrong

    pairs = zip(forms, browsers, strict=True)
    return alternating(
        *(Press("/daftar/", form, cookies={"okoce_browser": browser}) for form, browser in pairs)
    ), count


def move(team: Team) -> tuple[list[Press], Count]:
    """The coach moves somebody on, the manager records that she stops: a hundred times each."""
    one = team.ready()

    def count(answers: list[Answer]) -> list[str]:
        lines = StageTransition.objects.filter(enrollment=one, version__gt=one.version)
        wrong = exactly("moves", lines.count()) + log_of(one)
        wrong += exactly("messages", OutboxMessage.objects.filter(ids__enrollment=str(one.pk)).count())
        refused = [answer for answer in answers if answer.status == 422]
        wrong += ["refused without a reason" for answer in refused if MOVED not in answer.text]
        return wrong + exactly(
            "answers that say neither", len([a for a in answers if a.status not in (303, 422)]), 0
        )

    return alternating(
        Press(reverse("advance", args=[one.person_id]), {"version": one.version}, team.coaches[0]),
        Press(
            act(one, "berhenti"), {"version": one.version, "why": "pindah", "reason": ""}, team.managers[0]
        ),
    ), count


def coach(team: Team) -> tuple[list[Press], Count]:
    """Two managers give somebody to two coaches."""
    one = participant(center=team.center)

    def count(answers: list[Answer]) -> list[str]:
        rows = CoachAssignment.objects.filter(enrollment=one)
        wrong = exactly("open assignments", rows.active().count())
        wrong += exactly("assignments noted", AuditEntry.objects.filter(
            action="pendamping.tetapkan", object_id=str(one.pk)).count(), rows.count())  # fmt: skip
        wrong += exactly("ended, but not handed over",
                         rows.exclude(ended_at=None).exclude(end_reason="dialihkan").count(), 0)  # fmt: skip
        current = rows.active().first()
        if current is None or Enrollment.objects.get(pk=one.pk).coach_id != current.coach_id:
            wrong.append("the coach is another than the assignment says")
        return wrong + exactly("not done", len([answer for answer in answers if answer.status != 303]), 0)

    path = act(one, "pendamping")
    form = {"version": one.version, "reason": "Satu kampung."}
    return alternating(
        *(
            Press(path, form | {"coach": profile.pk}, manager)
            for profile, manager in zip(team.profiles, team.managers, strict=True)
        )
    ), count


def contact(team: Team) -> tuple[list[Press], Count]:
    """One contact, written without signal, is sent two hundred times."""
    one = participant(stage=Stage.PENDAMPINGAN, center=team.center, coach=team.coaches[0])
    form = {
        "submission_id": str(uuid4()), "kind": "telepon", "outcome": "tersambung", "note": "Baik",
        "happened_on": f"{now():%d/%m/%Y}",
    }  # fmt: skip

    def count(answers: list[Answer]) -> list[str]:
        wrong = exactly("contacts", ContactLog.objects.filter(enrollment=one).count())
        return wrong + exactly("different answers", len({(a.status, a.text) for a in answers}))

    headers = {"X-Author": str(team.coaches[0].pk)}
    path = reverse("contact", args=[one.person_id])
    return alternating(Press(path, form, team.coaches[0], headers=headers)), count


def answered(team: Team) -> tuple[list[Press], Count]:
    """Two officers answer one question, each a hundred times the same."""
    one = ticket()

    def count(answers: list[Answer]) -> list[str]:
        said = TicketMessage.objects.filter(ticket=one, side="petugas")
        return exactly("replies", said.count()) + exactly(
            "answers that say neither", len([a for a in answers if a.status not in (303, 422)]), 0
        )

    return alternating(*(
        Press(reverse("help_answer", args=[one.number]), {"text": f"Jawaban {number}."}, manager)
        for number, manager in enumerate(team.managers)
    )), count  # fmt: skip


def nik(team: Team) -> tuple[list[Press], Count]:
    """A manager and the secretariat confirm one correction of a NIK."""
    one = participant(center=team.center)
    wish = corrections.request_correction(
        enrollment_id=one.pk,
        actor=one.person.user,
        nik=synthetic_nik(gender="P"),
        reason="Salah ketik",
        at=now(),
    )

    def count(answers: list[Answer]) -> list[str]:
        noted = AuditEntry.objects.filter(
            action="nik.perbaiki", object_id__in=[str(one.person_id), str(wish.pk), str(one.pk)]
        )
        changed = Person.objects.get(pk=one.person_id).nik() != one.person.nik()
        return (
            exactly("confirmations", noted.count())
            + exactly("changes", int(changed))
            + exactly("answers that say neither", len([a for a in answers if a.status not in (303, 422)]), 0)
        )

    form = {"act": "setujui", "seen": "on"}
    return alternating(
        *(
            Press(reverse("nik_correction", args=[wish.pk]), form, user)
            for user in (team.managers[0], team.admin)
        )
    ), count


def merge(team: Team) -> tuple[list[Press], Count]:
    """One manager merges two records, the other records that one of them stops."""
    kept = participant(stage=Stage.PERIZINAN, center=team.center)
    double = participant(center=team.center)
    form = {"kept_version": kept.version, "taken_out_version": double.version, "reason": "KTP dilihat"}

    def count(answers: list[Answer]) -> list[str]:
        merged = Merge.objects.filter(kept=kept, taken_out=double).count()
        moved = StageTransition.objects.filter(enrollment=double, version__gt=double.version)
        wrong = exactly("moves of the double", moved.count()) + log_of(kept) + log_of(double)
        why = StopReason.GANDA if merged else StopReason.PINDAH
        if Enrollment.objects.get(pk=double.pk).stop_reason != why:
            wrong.append("merged, and stopped for another reason")
        bad = [answer for answer in answers if answer.status not in (303, 422, 404)]
        return wrong + exactly("answers that say neither", len(bad), 0)

    return alternating(
        Press(reverse("merge", args=[kept.person_id, double.person_id]), form, team.managers[0]),
        Press(
            act(double, "berhenti"),
            {"version": double.version, "why": "pindah", "reason": ""},
            team.managers[1],
        ),
    ), count


def judged(team: Team) -> tuple[list[Press], Count]:
    """One manager accepts a proof, the other sends it back."""
    one = participant(stage=Stage.PEMASARAN, center=team.center)
    proof = StageEvidenceFactory(enrollment=one, kind=EvidenceKind.PRODUK)

    def count(answers: list[Answer]) -> list[str]:
        noted = AuditEntry.objects.filter(action="bukti.periksa", object_id=str(proof.pk)).count()
        told = OutboxMessage.objects.filter(ids__evidence=str(proof.pk)).count()
        stored = StageEvidence.objects.get(pk=proof.pk)
        wrong = exactly("decisions", noted) + exactly("messages", told)
        wrong += exactly("still waiting", int(stored.checked_by_id is None), 0)
        bad = [answer for answer in answers if answer.status not in (303, 422)]
        return wrong + exactly("answers that say neither", len(bad), 0)

    path, form = reverse("evidence_check", args=[one.person_id, proof.pk]), {"version": one.version}
    return alternating(
        Press(path, form | {"decision": "terima"}, team.managers[0]),
        Press(path, form | {"decision": "kembalikan", "rejection": "Foto buram."}, team.managers[1]),
    ), count


def erased(team: Team) -> tuple[list[Press], Count]:
    """The second officer grants an erasure while the coach writes about the person."""
    one = participant(stage=Stage.PENDAMPINGAN, center=team.center, coach=team.coaches[0])
    token = f"tkn{uuid4().hex[:12]}"
    wish = rights.request_erasure(person_id=one.person_id, actor=one.person.user, reason="Pindah", at=now())
    rights.grant(request_id=wish.pk, actor=team.admin, at=now())
    grant = Press(
        reverse("data_request", args=[wish.pk]), {"decision": "setuju", "answer": ""}, team.managers[0]
    )

    def note() -> Press:
        form = {
            "submission_id": str(uuid4()), "kind": "telepon", "outcome": "tersambung",
            "note": token, "happened_on": f"{now():%d/%m/%Y}",
        }  # fmt: skip
        return Press(reverse("contact", args=[one.person_id]), form, team.coaches[0])

    def count(answers: list[Answer]) -> list[str]:
        wrong = exactly("erased", int(Person.objects.get(pk=one.person_id).erased_at is not None))
        wrong += exactly("words left", ContactLog.objects.filter(note__contains=token).count(), 0)
        agreed = AuditEntry.objects.filter(action="hak_data.setuju", object_id=str(wish.pk))
        wrong += exactly("second agreements", agreed.count())
        bad = [answer for answer in answers if answer.status not in (303, 404, 409, 422)]
        return wrong + exactly("answers that say neither", len(bad), 0)

    return [grant if number % 20 == 7 else note() for number in range(CLIENTS)], count


def code(team: Team) -> tuple[list[Press], Count]:
    """A printed code is redeemed by two hundred, each with a password of their own."""
    del team
    SignInCounter.objects.all().delete()
    user = UserFactory()
    printed = issue_code(user=user, purpose=AccessCode.Purpose.RESET, issued_by=None, at=now())

    def count(answers: list[Answer]) -> list[str]:
        winners = [answer for answer in answers if answer.status == 303]
        used = AccessCode.objects.filter(user=user, used_at__isnull=False).count()
        wrong = exactly("winners", len(winners)) + exactly("codes used", used)
        if winners and not User.objects.get(pk=user.pk).check_password(winners[0].press.form["new_password"]):
            wrong.append("the password is not the winner's")
        bad = [answer for answer in answers if answer.status not in (303, 422, 429)]
        return wrong + exactly("answers that say neither", len(bad), 0)

    form = {"login": user.email, "code": printed}
    return [
        Press("/lupa-sandi/kode/", form | {"new_password": f"tiga kata panjang {number}"})
        for number in range(CLIENTS)
    ], count


SEATS = 25


def learners(team: Team, many: int) -> list[Enrollment]:
    """People whom a class is for; the same ones in every run."""
    while len(team.learners) < many:
        team.learners.append(participant(stage=Stage.PELATIHAN, center=team.center))
    return team.learners[:many]


def next_class(team: Team, capacity: int) -> TrainingClass:
    """One more class that takes names."""
    at = now()
    return training_class(
        center=team.center, manager=team.managers[0], capacity=capacity, at=at,
        first_on=local_day(at) + timedelta(days=9), of=team.course,
    )  # fmt: skip


def seats(team: Team) -> tuple[list[Press], Count]:
    """Two hundred people enrol for the last 25 seats of a class."""
    people = learners(team, CLIENTS)
    one = next_class(team, SEATS)

    def count(answers: list[Answer]) -> list[str]:
        found = Counter(Seat.objects.filter(training_class=one).values_list("status", flat=True))
        wrong = exactly("seats", found[SeatStatus.TERDAFTAR], SEATS)
        wrong += exactly("waiting", found[SeatStatus.MENUNGGU], CLIENTS - SEATS)
        wrong += exactly("counted seats", TrainingClass.objects.get(pk=one.pk).taken, SEATS)
        told = OutboxMessage.objects.filter(ids__seat__in=[str(seat.pk) for seat in one.seats.all()])
        kinds = Counter(told.values_list("ids__kind", flat=True))
        wrong += exactly("told of a seat", kinds["kelas_terdaftar"], SEATS)
        wrong += exactly("told of the queue", kinds["kelas_menunggu"], CLIENTS - SEATS)
        return wrong + exactly("answers that say neither", len([a for a in answers if a.status != 303]), 0)

    path = reverse("class_enrol", args=[one.pk])
    return [Press(path, {}, who.person.user) for who in people], count


HALF = CLIENTS // 2


def promoted(team: Team) -> tuple[list[Press], Count]:
    """A hundred give up their seats while a hundred wait for one and a hundred more ask for one."""
    at = now()
    people = learners(team, 3 * HALF)
    seated, waiting, late = people[:HALF], people[HALF : 2 * HALF], people[2 * HALF :]
    one = next_class(team, HALF)
    rows = [
        Seat(training_class=one, enrollment=who, status=SeatStatus.TERDAFTAR, queued_at=at) for who in seated
    ]
    rows += [
        Seat(
            training_class=one,
            enrollment=who,
            status=SeatStatus.MENUNGGU,
            queued_at=at - timedelta(seconds=HALF - n),
        )
        for n, who in enumerate(waiting)
    ]
    Seat.objects.bulk_create(rows)
    TrainingClass.objects.filter(pk=one.pk).update(taken=HALF, status=ClassStatus.PENUH)

    def count(answers: list[Answer]) -> list[str]:
        found = {
            status: set(
                Seat.objects.filter(training_class=one, status=status).values_list("enrollment", flat=True)
            )
            for status in SeatStatus.values
        }
        offered = [str(seat.pk) for seat in rows[HALF:]]
        told = OutboxMessage.objects.filter(ids__seat__in=offered, ids__kind="kelas_tawaran")
        wrong = exactly("seats given up", len(found[SeatStatus.BATAL]), HALF)
        wrong += exactly("offers", len(found[SeatStatus.DITAWARI]), HALF)
        wrong += exactly(
            "offers past the queue", len(found[SeatStatus.DITAWARI] - {w.pk for w in waiting}), 0
        )
        wrong += exactly("seats past the queue", len(found[SeatStatus.TERDAFTAR]), 0)
        wrong += exactly("people told of an offer", told.values("ids__seat").distinct().count(), HALF)
        wrong += exactly("offers told", told.count(), HALF)
        wrong += exactly("counted seats", TrainingClass.objects.get(pk=one.pk).taken, HALF)
        return wrong + exactly("answers that say neither", len([a for a in answers if a.status != 303]), 0)

    give_up = [
        Press(reverse("seat_give_up", args=[row.pk]), {}, row.enrollment.person.user) for row in rows[:HALF]
    ]
    ask = [Press(reverse("class_enrol", args=[one.pk]), {}, who.person.user) for who in late]
    return [press for pair in zip(give_up, ask, strict=True) for press in pair], count


def met(team: Team) -> tuple[list[Press], Count]:
    """The coach and a manager write down one planned session, each form another one."""
    at = now()
    one = participant(stage=Stage.PENDAMPINGAN, center=team.center, coach=team.coaches[0])
    session = planned(one, team.coaches[0], at=at - timedelta(days=3), starts_at=at - timedelta(hours=1))
    day, begins = local(at - timedelta(hours=1), one)

    def press(number: int) -> Press:
        form = {
            "submission_id": str(uuid4()), "day": f"{day:%d/%m/%Y}", "begins": f"{begins:%H.%M}",
            "place_kind": "pusat", "topic": "Harga jual", "came": "terlaksana", "done": f"Ditulis {number}.",
        }  # fmt: skip
        writer = (team.coaches[0], team.managers[0])[number % 2]
        return Press(reverse("meeting_record", args=[session.pk]), form, writer)

    def count(answers: list[Answer]) -> list[str]:
        stored = MentoringSession.objects.get(pk=session.pk)
        done = [answer for answer in answers if answer.status == 303]
        wrong = exactly("records", len(done)) + exactly("sessions", one.mentoring_sessions.count())
        wrong += ["what stands is not the winner's" for won in done if won.press.form["done"] != stored.done]
        told = OutboxMessage.objects.filter(ids__session=str(session.pk), ids__kind="sesi_dicatat")
        wrong += exactly("asked to confirm", told.count())
        bad = [answer for answer in answers if answer.status not in (303, 422)]
        return wrong + exactly("answers that say neither", len(bad), 0)

    return [press(number) for number in range(CLIENTS)], count


RACES: dict[str, tuple[Callable[[Team], tuple[list[Press], Count]], tuple[tuple[str, str], ...]]] = {
    "one registration sent 50 times, four at once": (
        registration,
        (("participants_person", "nik_index"), ("accounts_user", "phone_index"),
         ("participants_registrationsubmission", "_pkey")),
    ),
    "coach and manager move one person": (
        move, (("participants_stagetransition", "transition_one_per_version"),),
    ),
    "two managers, two coaches, one person": (
        coach, (("participants_coachassignment", "assignment_one_open"),),
    ),
    "one contact without signal, sent 200 times": (contact, (("mentoring_contactlog", "contact_sent_once"),)),
    "two officers answer one question": (answered, ()),
    "a NIK confirmed twice": (nik, ()),
    "a merge and a move": (merge, (("participants_stagetransition", "transition_one_per_version"),)),
    "a proof judged twice": (judged, ()),
    "an erasure and what is written meanwhile": (erased, ()),
    "a printed code redeemed by 200": (code, ()),
    "200 people, the last 25 seats": (
        seats,
        (("training_trainingclass", "class_never_oversold"),
         ("training_trainingclass", "class_open_means_a_free_seat"),
         ("training_trainingclass", "class_full_means_no_free_seat")),
    ),
    "100 give up a seat, 100 wait, 100 more ask": (promoted, ()),
    "a session written down twice": (met, (("mentoring_mentoringsession", "mentoring_recorded_once"),)),
}  # fmt: skip
"""What happens, and the constraints that are dropped where it has to be noticed: table, part of the name."""


class Web(Portal):
    """The portal as it is served: two processes, a bounded queue in front."""

    target = "okoce.wsgi:application"

    def command(self) -> list[str]:
        command = super().command()
        command[command.index("--workers") + 1] = "2"
        command[command.index("--blocking-threads") + 1] = str(crowding.THREADS)
        return [*command[:-1], self.target]


class Unprotected(Web):
    target = "okoce.tests.unprotected:application"


def drop(table: str, part: str) -> None:
    """Take away constraints and unique indexes with this in their definition; the database is thrown away."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('u', 'p', 'c')"
            " AND (conname LIKE %s OR pg_get_constraintdef(oid) LIKE %s)",
            [table, f"%{part}%", f"%{part}%"],
        )
        names = [name for (name,) in cursor.fetchall()]
        for name in names:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}" CASCADE')
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = %s AND indexdef LIKE 'CREATE UNIQUE%%'"
            " AND indexdef LIKE %s", [table, f"%{part}%"],
        )  # fmt: skip
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP INDEX "{name}"')
            names.append(name)
    assert names, f"nothing of {table} is called {part}"


def deadlocks(services: Services) -> int:
    assert services.postgres is not None
    return services.postgres.log.read_text(errors="replace").count("deadlock detected")


HEAD = """# Races

`make battery TESTS=okoce/tests/test_races_battery.py`: 200 clients at one moment, 20 runs a race unless the
row says fewer (`RACE_RUNS`), at the real portal: granian with two processes, PostgreSQL, broker, worker, on
2 cores that also ran the clients and other work. After every run the rows are counted. A friendly 503 asks a
client to come again, and it does. Last but one: what the same count finds first at a portal without row
locks, version check and the constraints that help here.

| race | runs in order | answers | friendly 503 | answers ≥ 500 | deadlocks | without protection | seconds |
|---|---|---|---:|---:|---:|---|---:|"""
FOOT = """
The capacity of a centre and of a coach is a guide for people, not a bound: two managers at the same moment
may both see the last free place (`participants/services.py`), so it is not among the races."""


def write_row(name: str, figures: str) -> None:
    """Put the figures of one race into docs/measurements, in the order of the races."""
    text = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    kept = {line.split(" | ")[0][2:]: line for line in text.splitlines() if line.startswith("| ")}
    kept[name] = f"| {name} | {figures}"
    lines = [HEAD, *(kept[race] for race in RACES if race in kept), FOOT]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize("name", RACES)
def test_a_race_is_won_every_time_and_lost_without_protection(
    name: str, services: Services, start_worker: Callable[..., Worker], settings: Any
) -> None:
    settings.DEMO_MODE = True
    begin_race, constraints = RACES[name]
    team = Team()
    locked = deadlocks(services)
    started = time.monotonic()
    start_worker()
    web = Web(services, "web", {"DEMO_MODE": "1"})
    web.start()
    try:
        crowd = Crowd(web)
        for run in range(RUNS):
            presses, count = begin_race(team)
            wrong = count(crowd.press(presses))
            assert wrong == [], f"run {run + 1}: {wrong[:5]}\n{web.log()[-3000:]}"
        assert wait_until(lambda: not OutboxMessage.objects.pending().exists(), seconds=120, pause=0.5)
    finally:
        web.stop()
    if begin_race is registration:
        told = Notification.objects.filter(kind="pendaftaran_diterima")
        assert (told.count(), told.values("recipient").distinct().count()) == (4 * RUNS, 4 * RUNS)
    took = time.monotonic() - started
    worst = max(crowd.statuses)
    assert worst < 500, crowd.statuses
    assert 0 not in crowd.statuses, "a client got no answer at all"
    assert deadlocks(services) == locked

    for table, part in constraints:
        drop(table, part)
    bare = Unprotected(services, "unprotected", {"DEMO_MODE": "1"})
    bare.start()
    try:
        noticed: list[str] = []
        for _ in range(3):
            presses, count = begin_race(team)
            found = count(Crowd(bare).press(presses))
            # Done too often; a portal in pieces that did nothing would prove nothing.
            noticed = [one for one in found if not one.startswith("answer") and ": 0, not" not in one]
            if noticed:
                break
    finally:
        bare.stop()
    assert noticed, "without protection nothing was noticed in three runs"
    statuses = ", ".join(f"{amount:,} × {status}" for status, amount in sorted(crowd.statuses.items()))
    write_row(name, f"{RUNS} of {RUNS} | {statuses} | {crowd.full:,} | 0 | 0 | {noticed[0]} | {took:.0f} |")
