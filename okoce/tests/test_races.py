"""Two people act on one participant at the same moment. Each proof is also run without its protection.

Two acts meet after both have read and before either has written (a barrier). With the row lock only one of
them gets there, so the barrier breaks and the other one waits for the first to commit.
Registrations that race are proved in participants/tests, printed codes in accounts/tests.
"""

from __future__ import annotations

import random
import re
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.test import Client

from accounts.models import Role, User
from accounts.tests.factories import staff
from centers.models import CoachProfile
from core.clock import now
from core.models import AuditEntry, OutboxMessage
from core.tests.meeting import MEET_SECONDS, SURE_SECONDS, kinds_of, together
from participants import services
from participants.models import (
    CoachAssignment,
    Enrollment,
    EvidenceKind,
    EvidenceStatus,
    Stage,
    StageEvidence,
    StageTransition,
    Status,
    StopReason,
    TransitionKind,
)
from participants.models.evidence import StageEvidenceQuerySet
from participants.refusals import Refused, Stale
from participants.tests.factories import StageEvidenceFactory, center_of, participant
from programs.pipeline import moves

pytestmark = pytest.mark.django_db(transaction=True)


class Team:
    """A centre with two managers and two coaches, and one participant with every requirement met."""

    def __init__(self) -> None:
        center = center_of()
        self.manager, self.second_manager = (
            staff(Role.PENGELOLA, center.code, display_name=name, is_demo=True)
            for name in ("Maya Kusuma", "Dewi Lestari")
        )
        self.coach, self.second_coach = (
            staff(Role.PENDAMPING, center.code, display_name=name, is_demo=True)
            for name in ("Ratna Dewi", "Budi Santoso")
        )
        for coach in (self.coach, self.second_coach):
            CoachProfile.objects.create(user=coach, center=center)
        self.enrollment = participant(stage=Stage.PERIZINAN, center=center, coach=self.coach)
        StageEvidenceFactory(
            enrollment=self.enrollment, kind=EvidenceKind.NIB, number="9120000012345",
            accepted_by=self.manager,
        )  # fmt: skip

    def advance(self) -> Callable[[], Any]:
        """The coach moves the person on."""
        version = self.enrollment.version
        return lambda: moves.advance(
            enrollment_id=self.enrollment.pk, actor=self.coach, version=version, at=now()
        )

    def stop(self) -> Callable[[], Any]:
        """The manager records that the person stops."""
        version = self.enrollment.version
        return lambda: moves.stop(
            enrollment_id=self.enrollment.pk, actor=self.manager, version=version, why=StopReason.PINDAH,
            reason="", at=now(),
        )  # fmt: skip

    def lines(self) -> list[str]:
        """The log after registration, by version."""
        log = StageTransition.objects.filter(enrollment=self.enrollment, version__gt=self.enrollment.version)
        return list(log.order_by("version", "at").values_list("kind", flat=True))


@pytest.fixture
def team(settings: Any) -> Team:
    settings.DEMO_MODE = True
    return Team()


def unlocked(enrollment_id: UUID) -> Enrollment:
    """What `lock_enrollment` would be without its lock."""
    return Enrollment.objects.get(pk=enrollment_id)


def meet_after(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, function: Callable[..., Any]) -> None:
    """Both acts wait for each other once `function`, put in place of `owner.name`, has read."""
    barrier = threading.Barrier(2)
    is_held_back = function is getattr(owner, name)  # the real one locks
    seconds = MEET_SECONDS if is_held_back else SURE_SECONDS

    def read_and_wait(*args: Any, **kwargs: Any) -> Any:
        found = function(*args, **kwargs)
        with suppress(threading.BrokenBarrierError):
            barrier.wait(seconds)
        return found

    monkeypatch.setattr(owner, name, read_and_wait)


def drop(table: str, name: str) -> None:
    """Take a constraint or unique index away, to see what it alone prevents; the database is thrown away."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
        cursor.execute(f"DROP INDEX IF EXISTS {name}")


def of_kind(answers: list[Any], kind: type) -> Any:
    return next(answer for answer in answers if isinstance(answer, kind))


# Moves --------------------------------------------------------------------------------------------------


def test_coach_and_manager_move_one_person_and_one_wins(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """With lock and version check: one line in the log, and the other is told by whom and what."""
    meet_after(monkeypatch, moves, "_lock", moves._lock)
    answers = together(team.advance(), team.stop())
    assert kinds_of(answers) == {"Enrollment": 1, "Stale": 1}
    winner, told = of_kind(answers, Enrollment), str(of_kind(answers, Stale))
    enrollment = Enrollment.objects.get(pk=team.enrollment.pk)
    assert enrollment.version == team.enrollment.version + 1
    if winner.status == Status.BERHENTI:
        assert (enrollment.stage, team.lines()) == (Stage.PERIZINAN, ["berhenti"])
        assert "Maya Kusuma baru saja mengubah peserta ini: Berhenti" in told
    else:
        assert (enrollment.stage, enrollment.status) == (Stage.PEMASARAN, Status.AKTIF)
        assert team.lines() == ["maju"]
        assert "Ratna Dewi baru saja mengubah peserta ini: Naik tahap" in told
    assert AuditEntry.objects.filter(action__startswith="tahap.").count() == 1
    assert OutboxMessage.objects.count() == 1


def test_without_the_version_check_both_moves_are_written(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock alone lets them through one after the other: the second acts on what it never saw."""
    monkeypatch.setattr(moves, "_lock", lambda pk, version: services.lock_enrollment(pk))
    first = threading.Event()
    advance, stop = team.advance(), team.stop()

    def advance_first() -> Any:
        try:
            return advance()
        finally:
            first.set()

    def stop_second() -> Any:
        assert first.wait(SURE_SECONDS)
        return stop()

    answers = together(advance_first, stop_second)
    assert kinds_of(answers) == {"Enrollment": 2}
    assert team.lines() == ["maju", "berhenti"]


def test_without_the_lock_the_version_in_the_log_still_lets_one_win(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second layer: the unique (enrollment, version) undoes the whole act of the other."""

    def checked_without_lock(enrollment_id: UUID, version: int) -> Enrollment:
        enrollment = unlocked(enrollment_id)
        assert enrollment.version == version, "both were to read the same version"
        return enrollment

    meet_after(monkeypatch, moves, "_lock", checked_without_lock)
    answers = together(team.advance(), team.stop())
    assert kinds_of(answers) == {"Enrollment": 1, "IntegrityError": 1}
    assert "transition_one_per_version" in str(of_kind(answers, IntegrityError))
    assert len(team.lines()) == 1
    enrollment = Enrollment.objects.get(pk=team.enrollment.pk)
    is_stopped = enrollment.status == Status.BERHENTI
    assert team.lines() == ["berhenti" if is_stopped else "maju"]
    assert enrollment.stage == (Stage.PERIZINAN if is_stopped else Stage.PEMASARAN)
    assert OutboxMessage.objects.count() == 1


def test_without_lock_and_constraint_one_move_is_overwritten(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing left: both are told they did it, the log has two lines of one version."""
    drop("participants_stagetransition", "transition_one_per_version")
    meet_after(monkeypatch, moves, "_lock", lambda pk, version: unlocked(pk))
    answers = together(team.advance(), team.stop())
    assert kinds_of(answers) == {"Enrollment": 2}
    assert sorted(team.lines()) == ["berhenti", "maju"]
    versions = StageTransition.objects.filter(enrollment=team.enrollment).values_list("version", flat=True)
    assert list(versions).count(team.enrollment.version + 1) == 2
    assert Enrollment.objects.get(pk=team.enrollment.pk).version == team.enrollment.version + 1
    assert OutboxMessage.objects.count() == 2


def test_the_page_tells_the_second_what_the_first_has_done(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have the person's page open and press a button: the whole way through the web."""
    meet_after(monkeypatch, moves, "_lock", moves._lock)
    address = f"/peserta/{team.enrollment.person_id}/"

    def press(user: User, shown_on: str, path: str, **data: str) -> Callable[[], str]:
        client = Client()
        client.force_login(user, backend="accounts.backends.LoginBackend")
        shown = client.get(address + shown_on).content.decode()
        version = re.search(r'name="version"[^>]* value="(\d+)"', shown)
        assert version
        assert int(version[1]) == team.enrollment.version

        def send() -> str:
            answer = client.post(address + path, {"version": version[1], **data})
            if answer.status_code == 303:
                answer = client.get(answer["Location"])
            assert answer.status_code in (200, 422)
            return str(answer.content.decode())

        return send

    pages = together(
        press(team.coach, "", "naik/"), press(team.manager, "berhenti/", "berhenti/", why="pindah", reason="")
    )
    assert kinds_of(pages) == {"str": 2}
    refused = [page for page in pages if "baru saja mengubah peserta ini" in page]
    assert len(refused) == 1
    assert len(team.lines()) == 1
    done = "Naik tahap" if team.lines() == ["maju"] else "Berhenti"
    assert done in refused[0]


# Evidence -----------------------------------------------------------------------------------------------


@pytest.fixture
def evidence(team: Team) -> StageEvidence:
    return StageEvidenceFactory(enrollment=team.enrollment, kind=EvidenceKind.PRODUK)


def decisions(team: Team, evidence: StageEvidence) -> list[Callable[[], Any]]:
    """One manager accepts, the other sends back."""

    def decide(actor: User, *, accept: bool) -> Callable[[], Any]:
        text = "" if accept else "Foto buram."
        return lambda: services.decide_evidence(
            evidence_id=evidence.pk, actor=actor, accept=accept, rejection=text, at=now()
        )

    return [decide(team.manager, accept=True), decide(team.second_manager, accept=False)]


def decided() -> int:
    return AuditEntry.objects.filter(action="bukti.periksa").count()


@pytest.mark.parametrize("layer", ["both", "evidence row alone"])
def test_of_two_checkers_one_decides(
    team: Team, evidence: StageEvidence, monkeypatch: pytest.MonkeyPatch, layer: str
) -> None:
    """Two locks, of enrollment and of evidence; each of them is enough."""
    lock = services.lock_enrollment if layer == "both" else unlocked
    meet_after(monkeypatch, services, "lock_enrollment", lock)
    answers = together(*decisions(team, evidence))
    assert kinds_of(answers) == {"StageEvidence": 1, "Refused": 1}
    assert "baru saja diperiksa petugas lain" in str(of_kind(answers, Refused))
    stored = StageEvidence.objects.get(pk=evidence.pk)
    winner = of_kind(answers, StageEvidence)
    assert (stored.status, stored.checked_by_id) == (winner.status, winner.checked_by_id)
    assert (decided(), OutboxMessage.objects.count()) == (1, 1)


def test_without_locks_both_checkers_decide(
    team: Team, evidence: StageEvidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accepted and sent back at once, and the citizen is told both."""
    monkeypatch.setattr(services, "lock_enrollment", unlocked)
    barrier = threading.Barrier(2)

    def not_locked(self: StageEvidenceQuerySet, **_options: Any) -> Any:
        rows = list(self)  # both have read before either writes
        with suppress(threading.BrokenBarrierError):
            barrier.wait(SURE_SECONDS)
        found = self._chain()
        found._result_cache = rows
        found.get = lambda **lookup: next(row for row in rows if row.pk == lookup["pk"])
        return found

    monkeypatch.setattr(StageEvidenceQuerySet, "select_for_update", not_locked, raising=False)
    answers = together(*decisions(team, evidence))
    assert kinds_of(answers) == {"StageEvidence": 2}
    assert {answer.status for answer in answers} == {EvidenceStatus.DITERIMA, EvidenceStatus.DITOLAK}
    assert (decided(), OutboxMessage.objects.count()) == (2, 2)


# Coach --------------------------------------------------------------------------------------------------


def assignments(team: Team) -> list[Callable[[], Any]]:
    """Two managers give one person without a coach to two coaches."""
    team.enrollment.assignments.all().delete()
    Enrollment.objects.filter(pk=team.enrollment.pk).update(coach=None)

    def assign(actor: User, coach: User) -> Callable[[], Any]:
        return lambda: services.assign_coach(
            enrollment_id=team.enrollment.pk, actor=actor, coach=coach, at=now(), reason="Satu kampung"
        )

    return [assign(team.manager, team.coach), assign(team.second_manager, team.second_coach)]


def test_two_managers_assign_one_after_the_other(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """The later one hands over properly: one open assignment, the earlier ended as such, both told."""
    meet_after(monkeypatch, services, "lock_enrollment", services.lock_enrollment)
    answers = together(*assignments(team))
    assert kinds_of(answers) == {"CoachAssignment": 2}
    ended, open_one = CoachAssignment.objects.order_by("ended_at")  # NULL comes last
    assert (ended.end_reason, open_one.ended_at) == ("dialihkan", None)
    assert {ended.coach_id, open_one.coach_id} == {team.coach.pk, team.second_coach.pk}
    assert Enrollment.objects.get(pk=team.enrollment.pk).coach_id == open_one.coach_id


def test_without_the_lock_the_database_lets_one_assignment_stand(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_after(monkeypatch, services, "lock_enrollment", unlocked)
    answers = together(*assignments(team))
    assert kinds_of(answers) == {"CoachAssignment": 1, "IntegrityError": 1}
    assert "assignment_one_open" in str(of_kind(answers, IntegrityError))
    assert CoachAssignment.objects.active().count() == 1


def test_without_lock_and_constraint_one_person_has_two_coaches(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop("participants_coachassignment", "assignment_one_open")
    meet_after(monkeypatch, services, "lock_enrollment", unlocked)
    answers = together(*assignments(team))
    assert kinds_of(answers) == {"CoachAssignment": 2}
    assert CoachAssignment.objects.active().count() == 2


def test_a_proof_and_a_move_at_once_keep_both(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sending a proof is no move: neither refuses the other, and nothing written is lost."""
    meet_after(monkeypatch, services, "lock_enrollment", services.lock_enrollment)

    def send_proof() -> StageEvidence:
        return services.submit_evidence(
            enrollment_id=team.enrollment.pk, actor=team.enrollment.person.user, stage=Stage.PEMASARAN,
            kind=EvidenceKind.PRODUK, number="", note="Nastar", happened_on=now().date() - timedelta(days=1),
            store_file=None, at=now(),
        )  # fmt: skip

    answers = together(send_proof, team.advance())
    assert kinds_of(answers) == {"StageEvidence": 1, "Enrollment": 1}
    assert team.lines() == ["maju"]
    assert Enrollment.objects.get(pk=team.enrollment.pk).stage == Stage.PEMASARAN


# Many at once -------------------------------------------------------------------------------------------


def mixed_acts(team: Team, amount: int) -> Counter[str]:
    """Moves, proofs, decisions, goals and coaches on one and the same three people, eight at a time."""
    people = [team.enrollment, *(participant(center="P31.74.07", coach=team.coach) for _ in range(2))]
    dice = random.Random(7)

    def one(number: int) -> Callable[[], Any]:
        person, other = dice.sample(people, 2)
        kind = number % 6

        def act() -> Any:
            version = Enrollment.objects.values_list("version", flat=True).get(pk=person.pk)
            common: dict[str, Any] = {"enrollment_id": person.pk, "at": now()}
            if kind == 0:
                return moves.stop(
                    **common, actor=team.manager, version=version, why=StopReason.PINDAH, reason=""
                )
            if kind == 1:
                return moves.resume(**common, actor=team.second_manager, version=version)
            if kind == 2:
                coach = (team.coach, team.second_coach)[number % 2]
                return services.assign_coach(**common, actor=team.manager, coach=coach, reason="Cuti")
            if kind == 3:
                return services.set_goal(**common, actor=person.person.user, goal=f"Tujuan {number}")
            if kind == 4:
                return services.submit_evidence(
                    **common, actor=person.person.user, stage=Stage.PEMASARAN, kind=EvidenceKind.PRODUK,
                    number="", note=f"Bukti {number}", happened_on=now().date() - timedelta(days=1),
                    store_file=None,
                )  # fmt: skip
            waiting = StageEvidence.objects.pending().filter(enrollment__in=[person, other]).first()
            if waiting is None:
                return None
            return services.decide_evidence(
                evidence_id=waiting.pk, actor=team.second_manager, accept=True, at=now()
            )

        return act

    answers = together(*[one(number) for number in range(amount)], workers=8)
    errors = [answer for answer in answers if isinstance(answer, Exception)]
    unexpected = [error for error in errors if not isinstance(error, Refused)]
    assert unexpected == [], f"{kinds_of(unexpected)}: {unexpected[:3]}"
    for person in people:
        log = list(person.transitions.order_by("version").values_list("version", flat=True))
        assert log == list(range(1, len(log) + 1)), "a version is missing or twice in the log"
        assert Enrollment.objects.get(pk=person.pk).version == len(log)
        assert CoachAssignment.objects.active().filter(enrollment=person).count() == 1
    moved = StageTransition.objects.filter(kind__in=[TransitionKind.BERHENTI, TransitionKind.LANJUT])
    assert moved.count() == sum(
        isinstance(answer, Enrollment) and number % 6 in (0, 1) for number, answer in enumerate(answers)
    )
    return kinds_of(answers)


def test_mixed_acts_never_lock_each_other_out(team: Team) -> None:
    """180 acts by eight at once: no deadlock, every accepted act is there once."""
    found = mixed_acts(team, 180)
    assert found["Enrollment"] + found["StageEvidence"] + found["CoachAssignment"] > 60


@pytest.mark.battery
def test_ten_thousand_mixed_acts_never_lock_each_other_out(team: Team) -> None:
    """The same with 10,000; `OperationalError` would be PostgreSQL's word for a deadlock."""
    found = mixed_acts(team, 10_000)
    assert OperationalError.__name__ not in found
