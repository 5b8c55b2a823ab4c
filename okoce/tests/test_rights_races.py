"""Two people act at the same moment on rights, doubles and desks. Each proof also runs unprotected.

As in `test_races`: two acts, each on a connection of its own, meet after both have read and before either has
written. With the locks in place nobody else gets there, and the second waits for the first to commit.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, OperationalError

from accounts.models import Role, User
from accounts.tests.factories import staff
from centers.models import CoachProfile
from core.clock import now
from core.models import AuditEntry
from core.tests.meeting import MEET_SECONDS, SURE_SECONDS, kinds_of, together
from participants import corrections, erasure, rights, services
from participants.erasure import erase_person
from participants.models import (
    CoachAssignment,
    DataRequest,
    Enrollment,
    EvidenceKind,
    Merge,
    NikCorrection,
    Person,
    Stage,
    StageEvidence,
    StageTransition,
    Status,
    StopReason,
)
from participants.models.correction import NikCorrectionQuerySet
from participants.models.enrollment import EnrollmentQuerySet
from participants.models.person import PersonQuerySet
from participants.models.rights import DataRequestQuerySet
from participants.refusals import Refused, Stale
from participants.tests.factories import StageEvidenceFactory, center_of, participant, synthetic_nik
from programs.pipeline import bulk, merging, moves
from programs.pipeline.models import BulkAct, BulkItem, BulkKind

from .test_races import drop, of_kind

pytestmark = pytest.mark.django_db(transaction=True)

QUERYSETS = (EnrollmentQuerySet, PersonQuerySet, DataRequestQuerySet, NikCorrectionQuerySet)


class Desk:
    """A centre with two managers, the secretariat and two coaches, and one person recorded twice."""

    def __init__(self) -> None:
        center = center_of()
        self.manager, self.second = (
            staff(Role.PENGELOLA, center.code, display_name=name, is_demo=True)
            for name in ("Maya Kusuma", "Dewi Lestari")
        )
        self.admin = staff(Role.ADMIN, "ID", is_demo=True)
        self.coach, self.other_coach = (staff(Role.PENDAMPING, center.code, is_demo=True) for _ in range(2))
        for coach in (self.coach, self.other_coach):
            CoachProfile.objects.create(user=coach, center=center)
        self.kept = participant(
            stage=Stage.PERIZINAN, center=center, coach=self.coach, person__full_name="Siti Aminah"
        )
        StageEvidenceFactory(
            enrollment=self.kept, kind=EvidenceKind.NIB, number="9120000012345", accepted_by=self.manager
        )
        self.double = participant(center=center, person__full_name="Siti Aminah")
        StageEvidenceFactory(enrollment=self.double, kind=EvidenceKind.KEHADIRAN)

    @property
    def citizen(self) -> User:
        user = self.kept.person.user
        assert user is not None
        return user

    def merge(self) -> Callable[[], Any]:
        """One manager takes the double out."""
        return lambda: merging.merge(
            kept_id=self.kept.pk, taken_out_id=self.double.pk, kept_version=self.kept.version,
            taken_out_version=self.double.version, actor=self.manager, reason="Sama", at=now(),
        )  # fmt: skip

    def erase(self, enrollment: Enrollment) -> Callable[[], Any]:
        """The data of one of the two are erased."""
        return lambda: erase_person(
            person_id=enrollment.person_id, actor=self.admin, reason="Percobaan", at=now()
        )

    def stop(self, enrollment: Enrollment, reason: str = "Pindah") -> Callable[[], Any]:
        """The other manager records a stop."""
        return lambda: moves.stop(
            enrollment_id=enrollment.pk, actor=self.second, version=enrollment.version,
            why=StopReason.PINDAH, reason=reason, at=now(),
        )  # fmt: skip


@pytest.fixture
def desk(settings: Any) -> Desk:
    settings.DEMO_MODE = True
    return Desk()


def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row lock of these tables becomes an ordinary read."""
    for queryset in QUERYSETS:
        monkeypatch.setattr(queryset, "select_for_update", lambda self, **_: self._chain(), raising=False)


def meet_before(
    monkeypatch: pytest.MonkeyPatch, *places: tuple[Any, str], seconds: float = MEET_SECONDS
) -> None:
    """Both acts wait for each other, once, at the first of these functions they come to.

    `SURE_SECONDS` where no lock holds one of them back before it gets there.
    """
    barrier, met = threading.Barrier(2), threading.local()

    def waiting(function: Callable[..., Any]) -> Callable[..., Any]:
        def wait_and_call(*args: Any, **kwargs: Any) -> Any:
            if not getattr(met, "once", False):
                met.once = True
                with suppress(threading.BrokenBarrierError):
                    barrier.wait(seconds)
            return function(*args, **kwargs)

        return wait_and_call

    for owner, name in places:
        monkeypatch.setattr(owner, name, waiting(getattr(owner, name)))


def meeting(is_locked: bool) -> float:
    """How long to wait for the other."""
    return MEET_SECONDS if is_locked else SURE_SECONDS


def unexpected(answers: Iterable[Any]) -> list[Exception]:
    """Errors nobody at a desk could read."""
    return [answer for answer in answers if isinstance(answer, Exception) and not isinstance(answer, Refused)]


# Merge and erasure --------------------------------------------------------------------------------------


def people_first(person_ids: Iterable[UUID]) -> dict[UUID, Person]:
    """The order in which an erasure once held its rows."""
    keys = list(person_ids)
    people = Person.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
    held = {person.pk: person for person in people}
    list(Enrollment.objects.select_for_update(of=("self",)).filter(person_id__in=keys).order_by("pk"))
    return held


@pytest.mark.parametrize("who", ["kept", "double"])
def test_a_merge_and_an_erasure_wait_for_each_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    """Both are done, or the merge is refused; what was merged into the erased person is erased with her."""
    meet_when_half_held(monkeypatch, erasure.hold_people)
    answers = together(desk.merge(), desk.erase(getattr(desk, who)))
    assert unexpected(answers) == []
    assert answers[1] is True
    erased = set(Person.objects.filter(erased_at__isnull=False).values_list("pk", flat=True))
    assert getattr(desk, who).person_id in erased
    if isinstance(answers[0], Merge) and who == "kept":
        assert erased == {desk.kept.person_id, desk.double.person_id}
    for person in Person.objects.filter(pk__in=erased):
        assert (person.full_name, person.nik_index, person.address) == ("(data dihapus)", None, "")


def test_in_another_order_merge_and_erasure_lock_each_other_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deadlock there was: one held the enrollments and wanted the people, the other the reverse."""
    meet_when_half_held(monkeypatch, people_first)
    answers = together(desk.merge(), desk.erase(desk.double))
    [error] = unexpected(answers)
    assert isinstance(error, OperationalError)
    assert "deadlock detected" in str(error)


def meet_when_half_held(
    monkeypatch: pytest.MonkeyPatch, hold: Callable[[Iterable[UUID]], dict[UUID, Person]]
) -> None:
    """The merge has its enrollments, the erasure begins with `hold`: now they want each other's rows."""
    barrier = threading.Barrier(2)
    is_wrong = hold is people_first
    lock, calls = merging.lock_enrollment, Counter[str]()

    def lock_and_wait(enrollment_id: UUID) -> Enrollment:
        found = lock(enrollment_id)
        calls["held"] += 1
        if calls["held"] == 2:
            with suppress(threading.BrokenBarrierError):
                barrier.wait(SURE_SECONDS)
        return found

    def wait_and_hold(person_ids: Iterable[UUID]) -> dict[UUID, Person]:
        keys = list(person_ids)
        if is_wrong:
            list(Person.objects.select_for_update(of=("self",)).filter(pk__in=keys).values_list("pk"))
        if not calls["waited"]:
            calls["waited"] += 1
            with suppress(threading.BrokenBarrierError):
                barrier.wait(SURE_SECONDS)
        return hold(keys)

    monkeypatch.setattr(merging, "lock_enrollment", lock_and_wait)
    monkeypatch.setattr(erasure, "hold_people", wait_and_hold)


def test_undoing_a_merge_and_an_erasure_wait_for_each_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = desk.merge()()
    meet_before(monkeypatch, (merging, "_lock_pair"), (erasure, "hold_people"), seconds=SURE_SECONDS)
    answers = together(
        lambda: merging.undo(merge_id=done.pk, actor=desk.manager, reason="Dua orang", at=now()),
        desk.erase(desk.kept),
    )
    assert unexpected(answers) == []
    assert answers[1] is True
    stored = Merge.objects.get(pk=done.pk)
    double = Person.objects.get(pk=desk.double.person_id)
    # Undone first: two people again, one of them erased. Erased first: both are, and the undoing is refused.
    assert (stored.undone_at is None) == isinstance(answers[0], Refused) == (double.erased_at is not None)


# Erasure and moves --------------------------------------------------------------------------------------


def test_a_move_that_waited_for_an_erasure_writes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was typed about somebody who is gone meanwhile is not written behind the erasure."""
    first = threading.Event()
    forget = erasure._forget_history

    def forget_then_let_go(traces: Any) -> None:
        forget(traces)
        first.set()

    monkeypatch.setattr(erasure, "_forget_history", forget_then_let_go)

    def stop_second() -> Any:
        assert first.wait(SURE_SECONDS)
        return desk.stop(desk.double, "tkn9 pindah ke rumah kakak")()

    answers = together(desk.erase(desk.double), stop_second)
    assert answers[0] is True
    assert "sudah dihapus" in str(of_kind(answers, Refused))
    assert not StageTransition.objects.filter(reason__startswith="tkn9").exists()
    assert not AuditEntry.objects.filter(reason__startswith="tkn9").exists()


def test_without_asking_again_under_the_lock_the_text_would_stay(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        moves, "lock_enrollment",
        lambda key: Enrollment.objects.select_for_update(of=("self",), no_key=True).get(pk=key),
    )  # fmt: skip
    assert desk.erase(desk.double)() is True
    desk.stop(desk.double, "tkn9 pindah ke rumah kakak")()
    assert StageTransition.objects.filter(reason__startswith="tkn9").exists()


# Merge, undo and moves ----------------------------------------------------------------------------------


def versions(enrollment: Enrollment) -> list[int]:
    return list(
        StageTransition.objects.filter(enrollment=enrollment)
        .order_by("version")
        .values_list("version", flat=True)
    )


def test_of_a_merge_and_a_move_one_wins(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    meet_before(monkeypatch, (merging, "plan"), (moves, "_write"))
    answers = together(desk.merge(), desk.stop(desk.double))
    assert sorted(kinds_of(answers)) in (["Enrollment", "Stale"], ["Merge", "Stale"])
    assert versions(desk.double) == [1, desk.double.version + 1][-2:]
    is_merged = Merge.objects.exists()
    double = Enrollment.objects.get(pk=desk.double.pk)
    assert double.stop_reason == (StopReason.GANDA if is_merged else StopReason.PINDAH)
    assert StageEvidence.objects.filter(enrollment=desk.double).exists() != is_merged


def test_without_locks_the_log_alone_lets_one_win(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, (merging, "plan"), (moves, "_write"), seconds=SURE_SECONDS)
    answers = together(desk.merge(), desk.stop(desk.double))
    assert "transition_one_per_version" in str(of_kind(answers, IntegrityError))
    assert len(versions(desk.double)) == 2


def test_without_locks_and_constraint_somebody_is_both_merged_and_stopped(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop("participants_stagetransition", "transition_one_per_version")
    without_locks(monkeypatch)
    meet_before(monkeypatch, (merging, "plan"), (moves, "_write"), seconds=SURE_SECONDS)
    answers = together(desk.merge(), desk.stop(desk.double))
    assert kinds_of(answers) == {"Merge": 1, "Enrollment": 1}
    assert versions(desk.double) == [1, 2, 2]


@pytest.mark.parametrize("is_locked", [True, False])
def test_a_merge_is_not_undone_behind_a_move(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, is_locked: bool
) -> None:
    """Whoever goes on has moved since: the undoing is refused, unless it came first as a whole."""
    done = desk.merge()()
    desk.kept.refresh_from_db()
    if not is_locked:
        without_locks(monkeypatch)
    meet_before(monkeypatch, (merging, "_part_people"), (moves, "_write"), seconds=meeting(is_locked))
    answers = together(
        lambda: merging.undo(merge_id=done.pk, actor=desk.manager, reason="Dua orang", at=now()),
        desk.stop(desk.kept),
    )
    assert unexpected(answers) == []
    undone = StageTransition.objects.filter(enrollment=desk.double, kind="lanjut").first()
    moved = StageTransition.objects.get(enrollment=desk.kept, kind="berhenti")
    audited = {entry.action: entry.pk for entry in AuditEntry.objects.all()}
    came_first = undone is not None and audited["tahap.lanjut"] < audited["tahap.berhenti"]
    if is_locked:
        assert came_first == isinstance(answers[0], Merge)
        assert moved.version == desk.kept.version + 1
    else:
        # Both went ahead on what they had read: nobody was told that the other was moving her.
        assert kinds_of(answers) == {"Merge": 1, "Enrollment": 1}


# Decisions ----------------------------------------------------------------------------------------------


def decisions(desk: Desk) -> list[Callable[[], Any]]:
    """One officer changes the NIK, the other leaves it."""
    wish = corrections.request_correction(
        enrollment_id=desk.kept.pk, actor=desk.citizen, nik=synthetic_nik(), reason="Tertukar", at=now()
    )
    return [
        lambda: corrections.approve(correction_id=wish.pk, actor=desk.manager, at=now()),
        lambda: corrections.refuse(correction_id=wish.pk, actor=desk.second, answer="Tetap", at=now()),
    ]


@pytest.mark.parametrize("is_locked", [True, False])
def test_of_two_deciders_on_a_nik_one_decides(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, is_locked: bool
) -> None:
    acts = decisions(desk)
    if not is_locked:
        without_locks(monkeypatch)
    meet_before(monkeypatch, (corrections, "_decide"), seconds=meeting(is_locked))
    answers = together(*acts)
    decided = AuditEntry.objects.filter(action__in=["nik.perbaiki", "nik.perbaikan_ditolak"]).count()
    if is_locked:
        assert kinds_of(answers) == {"NikCorrection": 1, "Stale": 1}
        assert decided == 1
        is_changed = NikCorrection.objects.get().status == "disetujui"
        nik = Person.objects.get(pk=desk.kept.person_id).nik()
        assert (nik != desk.kept.person.nik()) == is_changed
    else:
        assert kinds_of(answers) == {"NikCorrection": 2}
        assert decided == 2


@pytest.mark.parametrize("is_locked", [True, False])
def test_of_two_second_people_one_erases(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, is_locked: bool
) -> None:
    request = rights.request_erasure(
        person_id=desk.kept.person_id, actor=desk.citizen, reason="Pindah", at=now()
    )
    rights.grant(request_id=request.pk, actor=desk.admin, at=now())
    if not is_locked:
        without_locks(monkeypatch)
    meet_before(monkeypatch, (rights, "erase_person"))
    answers = together(
        *(
            lambda actor=actor: rights.grant(request_id=request.pk, actor=actor, at=now())
            for actor in (desk.manager, desk.second)
        )
    )
    agreed = AuditEntry.objects.filter(action="hak_data.setuju", object_id=str(request.pk)).count()
    if is_locked:
        assert kinds_of(answers) == {"DataRequest": 1, "Refused": 1}
        assert "sudah dijawab" in str(of_kind(answers, Refused))
        assert agreed == 1
        assert Person.objects.get(pk=desk.kept.person_id).erased_at is not None
    else:
        assert kinds_of(answers) == {"DataRequest": 2}
        assert agreed == 2


def test_two_who_agree_at_once_are_the_first_and_the_second(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither overwrites the other as the first: two people agreed, and it is done."""
    request = rights.request_erasure(
        person_id=desk.kept.person_id, actor=desk.citizen, reason="Pindah", at=now()
    )
    meet_before(monkeypatch, (rights, "_agree_first"), (rights, "erase_person"))
    answers = together(
        *(
            lambda actor=actor: rights.grant(request_id=request.pk, actor=actor, at=now())
            for actor in (desk.manager, desk.second)
        )
    )
    assert kinds_of(answers) == {"DataRequest": 2}
    stored = DataRequest.objects.get(pk=request.pk)
    assert stored.status == "selesai"
    assert {stored.first_by_id, stored.decided_by_id} == {desk.manager.pk, desk.second.pk}


@pytest.mark.parametrize("layer", ["lock", "constraint", "nothing"])
def test_a_wish_sent_twice_is_one_wish(desk: Desk, monkeypatch: pytest.MonkeyPatch, layer: str) -> None:
    """Two presses of one button."""
    if layer != "lock":
        without_locks(monkeypatch)
    if layer == "nothing":
        drop("participants_datarequest", "data_request_one_open_per_kind")
    meet_before(monkeypatch, (rights, "find_owner"), seconds=meeting(layer == "lock"))
    act = lambda: rights.request_erasure(  # noqa: E731
        person_id=desk.kept.person_id, actor=desk.citizen, reason="Pindah", at=now()
    )
    answers = together(act, act)
    expected = {
        "lock": {"DataRequest": 1, "Refused": 1},
        "constraint": {"DataRequest": 1, "IntegrityError": 1},
        "nothing": {"DataRequest": 2},
    }[layer]
    assert kinds_of(answers) == expected
    assert DataRequest.objects.count() == (2 if layer == "nothing" else 1)


# Acts on many -------------------------------------------------------------------------------------------


def many(desk: Desk, *people: Enrollment) -> Callable[[], Any]:
    """The other manager gives people to the other coach; the preview showed the first coach."""
    coach = CoachProfile.objects.get(user=desk.other_coach)
    plan = bulk.Plan(BulkKind.PENDAMPING, coach=coach, reason="Satu kampung")
    ids = [person.pk for person in people]
    seen = {outcome.enrollment.pk: outcome.seen for outcome in bulk.preview(
        plan=plan, ids=ids, actor=desk.second, at=now()
    )}  # fmt: skip
    return lambda: bulk.execute(bulk_id=uuid4(), plan=plan, ids=ids, seen=seen, actor=desk.second, at=now())


def one(desk: Desk) -> Callable[[], Any]:
    """A manager gives one of them, who has nobody, to the first coach."""
    return lambda: services.assign_coach(
        enrollment_id=desk.double.pk, actor=desk.manager, coach=desk.coach, at=now(), reason="Satu kampung"
    )


def open_ones(enrollment: Enrollment) -> int:
    return CoachAssignment.objects.active().filter(enrollment=enrollment).count()


def test_an_act_on_many_leaves_alone_whom_somebody_has_just_changed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = many(desk, desk.kept, desk.double), one(desk)
    meet_before(monkeypatch, (services, "_over_capacity"))
    answers = together(*acts)
    assert unexpected(answers) == []
    assert kinds_of(answers) == {"BulkAct": 1, "CoachAssignment": 1}
    item = BulkItem.objects.get(bulk=of_kind(answers, BulkAct), enrollment=desk.double)
    double = Enrollment.objects.get(pk=desk.double.pk)
    open_one = CoachAssignment.objects.active().get(enrollment=desk.double)
    assert double.coach_id == open_one.coach_id
    if item.is_done:
        # The act on many came first as a whole; the other handed over after it.
        assert CoachAssignment.objects.filter(enrollment=desk.double).count() == 2
    else:
        assert item.words == "Sementara itu didampingi " + desk.coach.display_name + "."
        assert double.coach_id == desk.coach.pk
    assert open_ones(desk.kept) == 1


@pytest.mark.parametrize("layer", ["constraint", "nothing"])
def test_without_locks_an_act_on_many_and_another_give_one_person_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, layer: str
) -> None:
    acts = many(desk, desk.double), one(desk)
    without_locks(monkeypatch)
    if layer == "nothing":
        drop("participants_coachassignment", "assignment_one_open")
    meet_before(monkeypatch, (services, "_about_assignment"))
    answers = together(*acts)
    if layer == "nothing":
        assert kinds_of(answers) == {"BulkAct": 1, "CoachAssignment": 1}
        assert open_ones(desk.double) == 2
    else:
        assert "assignment_one_open" in str(of_kind(answers, IntegrityError))
        assert open_ones(desk.double) == 1


def test_a_coach_accepts_while_the_act_on_many_is_taken_back(desk: Desk) -> None:
    """Either the coach has the person and the taking back says why not, or nobody has."""
    act = many(desk, desk.kept, desk.double)()
    answers = together(
        lambda: bulk.undo(bulk_id=act.pk, actor=desk.second, at=now()),
        lambda: services.accept_assignment(enrollment_id=desk.double.pk, actor=desk.other_coach, at=now()),
    )
    assert unexpected(answers) == []
    double = Enrollment.objects.get(pk=desk.double.pk)
    item = BulkItem.objects.get(bulk=act, enrollment=desk.double)
    if isinstance(answers[1], CoachAssignment):
        assert (double.coach_id, item.is_done) == (desk.other_coach.pk, True)
        assert item.words
    else:
        assert (double.coach_id, open_ones(desk.double)) == (None, 0)
    assert double.status == Status.AKTIF


def test_the_second_of_two_deciders_is_told_what_happened(desk: Desk) -> None:
    """Without any race at all: the words are those of the race."""
    approve, refuse = decisions(desk)
    approve()
    with pytest.raises(Stale, match="baru saja diputuskan orang lain"):
        refuse()
