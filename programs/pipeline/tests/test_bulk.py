"""Acts on many people: preview, act, undo, hostile input, cost for each person, two managers at once."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from accounts.tests.factories import staff
from centers.models import Agency, Center, CoachProfile
from core.clock import now
from core.models import AuditEntry, OutboxMessage
from core.tests.meeting import together
from participants import erasure, services
from participants.models import CoachAssignment, Enrollment, IdentityStatus, Stage, Status
from participants.refusals import Refused
from participants.tests.factories import EnrollmentFactory, center_of, participant
from programs.pipeline import bulk
from programs.pipeline.models import BulkAct, BulkItem, BulkKind

pytestmark = pytest.mark.django_db

PER_PERSON = 20
"""Most statements an act on many costs for one more person."""


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


class Desk:
    """A centre with two managers and two coaches."""

    def __init__(self) -> None:
        self.center = center_of()
        code = self.center.code
        self.manager = staff(Role.PENGELOLA, code, display_name="Maya Kusuma", is_demo=True)
        self.second = staff(Role.PENGELOLA, code, display_name="Dewi Lestari", is_demo=True)
        self.ratna = self.coach("Ratna Dewi")
        self.budi = self.coach("Budi Santoso")

    def coach(self, name: str, **fields: Any) -> CoachProfile:
        user = staff(Role.PENDAMPING, self.center.code, display_name=name, is_demo=True)
        return CoachProfile.objects.create(user=user, center=self.center, **fields)

    def people(self, many: int) -> list[Enrollment]:
        return [EnrollmentFactory(center=self.center) for _ in range(many)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def keys(people: list[Enrollment]) -> list[UUID]:
    return [person.pk for person in people]


def do(
    plan: bulk.Plan, people: list[Enrollment], actor: User, *, seen: dict[UUID, str] | None = None
) -> BulkAct:
    """Preview and act, as the pages do."""
    if seen is None:
        seen = {
            outcome.enrollment.pk: outcome.seen
            for outcome in bulk.preview(plan=plan, ids=keys(people), actor=actor, at=now())
        }
    return bulk.execute(bulk_id=uuid4(), plan=plan, ids=keys(people), seen=seen, actor=actor, at=now())


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.LoginBackend")
    return client


def outcomes(done: BulkAct) -> dict[UUID, str]:
    return dict(BulkItem.objects.filter(bulk=done).values_list("enrollment_id", "outcome"))


def test_a_preview_refuses_what_the_act_refuses_and_writes_nothing(desk: Desk) -> None:
    near, has_coach = desk.people(1)[0], participant(center=desk.center, coach=desk.ratna.user)
    other = participant(center=desk.center, coach=desk.budi.user)
    over = participant(center=desk.center, status=Status.BERHENTI)
    plan = bulk.Plan(BulkKind.PENDAMPING, coach=desk.ratna)
    before = (OutboxMessage.objects.count(), AuditEntry.objects.count(), CoachAssignment.objects.count())
    found = bulk.preview(plan=plan, ids=keys([near, has_coach, over, other]), actor=desk.manager, at=now())
    said = {outcome.enrollment.pk: outcome.refusal for outcome in found}
    assert said[near.pk] == ""
    assert said[has_coach.pk] == "Sudah didampingi orang ini."
    assert "tidak dalam perjalanan" in said[over.pk]
    assert "Tulis alasan mengapa dialihkan" in said[other.pk]
    near.refresh_from_db()
    assert near.coach_id is None
    after = (OutboxMessage.objects.count(), AuditEntry.objects.count(), CoachAssignment.objects.count())
    assert after == before
    done = do(plan, [near, has_coach, over], desk.manager)
    assert outcomes(done) == {near.pk: "dilakukan", has_coach.pk: "ditolak", over.pk: "ditolak"}


def test_the_preview_fills_a_coach_up_as_the_act_would(desk: Desk) -> None:
    small = desk.coach("Kecil", capacity=2)
    plan = bulk.Plan(BulkKind.PENDAMPING, coach=small)
    found = bulk.preview(plan=plan, ids=keys(desk.people(3)), actor=desk.manager, at=now())
    refusals = [outcome.refusal for outcome in found if outcome.refusal]
    assert len(refusals) == 1 and "Kecil sudah mendampingi 2 orang" in refusals[0]


def test_every_kind_is_done_and_taken_back(desk: Desk) -> None:
    agency = Agency.objects.for_area(desk.center.district_id).supervising().first()
    assert agency is not None
    dinas = staff(Role.DINAS, "31", is_demo=True)
    waiting = EnrollmentFactory(center=None)
    one = desk.people(1)[0]

    def state(person: Enrollment) -> tuple[Any, ...]:
        found = Enrollment.objects.select_related("person").get(pk=person.pk)
        identity = found.person
        return (
            found.coach_id, found.agency_id, found.center_id, found.status, identity.identity_status,
            identity.identity_checked_by_id,
        )  # fmt: skip

    for plan, person, actor in (
        (bulk.Plan(BulkKind.PENDAMPING, coach=desk.ratna), one, desk.manager),
        (bulk.Plan(BulkKind.SKPD, agency=agency), one, desk.manager),
        (bulk.Plan(BulkKind.DOKUMEN), one, desk.manager),
        (bulk.Plan(BulkKind.PUSAT, center=desk.center), waiting, dinas),
    ):
        before = state(person)
        done = do(plan, [person], actor)
        assert outcomes(done) == {person.pk: "dilakukan"}, plan.kind
        assert state(person) != before
        bulk.undo(bulk_id=done.pk, actor=actor, at=now())
        assert outcomes(done) == {person.pk: "dibatalkan"}, plan.kind
        assert state(person) == before
    assert AuditEntry.objects.filter(action="massal.lakukan").count() == 4
    assert AuditEntry.objects.filter(action="massal.batalkan").count() == 4
    told = OutboxMessage.objects.filter(recipient_id=one.person.user_id)
    assert told.filter(ids__kind="pendamping_dipilih_ulang").count() == 1


def test_undo_leaves_alone_what_changed_since_and_says_so(desk: Desk) -> None:
    accepted, moved_on, untouched = desk.people(3)
    done = do(bulk.Plan(BulkKind.PENDAMPING, coach=desk.ratna), [accepted, moved_on, untouched], desk.manager)
    services.accept_assignment(enrollment_id=accepted.pk, actor=desk.ratna.user, at=now())
    services.assign_coach(
        enrollment_id=moved_on.pk, actor=desk.second, coach=desk.budi.user, at=now(), reason="Satu kampung"
    )
    bulk.undo(bulk_id=done.pk, actor=desk.manager, at=now())
    assert outcomes(done) == {
        accepted.pk: "dilakukan", moved_on.pk: "dilakukan", untouched.pk: "dibatalkan",
    }  # fmt: skip
    words = dict(BulkItem.objects.filter(bulk=done).values_list("enrollment_id", "words"))
    assert "sudah menerima" in words[accepted.pk] and "perubahan lain" in words[moved_on.pk]
    coaches = dict(Enrollment.objects.values_list("pk", "coach_id"))
    assert coaches[accepted.pk] == desk.ratna.user_id and coaches[moved_on.pk] == desk.budi.user_id
    assert coaches[untouched.pk] is None


def test_undo_ends_after_thirty_minutes_and_happens_once(desk: Desk) -> None:
    done = do(bulk.Plan(BulkKind.DOKUMEN), desk.people(1), desk.manager)
    with pytest.raises(Refused, match="30 menit"):
        bulk.undo(bulk_id=done.pk, actor=desk.manager, at=done.done_at + timedelta(minutes=30))
    bulk.undo(bulk_id=done.pk, actor=desk.manager, at=done.done_at + timedelta(minutes=29))
    with pytest.raises(Refused, match="sudah dibatalkan"):
        bulk.undo(bulk_id=done.pk, actor=desk.manager, at=now())


def test_marking_documents_seen_never_verifies_or_lowers(desk: Desk) -> None:
    typed = desk.people(1)[0]
    verified = participant(stage=Stage.PELATIHAN, center=desk.center)
    done = do(bulk.Plan(BulkKind.DOKUMEN), [typed, verified], desk.manager)
    assert outcomes(done) == {typed.pk: "dilakukan", verified.pk: "ditolak"}
    found = dict(Enrollment.objects.values_list("pk", "person__identity_status"))
    assert found == {typed.pk: IdentityStatus.DOKUMEN_DILIHAT, verified.pk: IdentityStatus.DIVERIFIKASI}


def test_an_erased_person_is_in_no_act(desk: Desk) -> None:
    one = desk.people(1)[0]
    done = do(bulk.Plan(BulkKind.DOKUMEN), [one], desk.manager)
    erasure.erase_person(person_id=one.person_id, actor=desk.manager, reason="Diminta", at=now())
    assert outcomes(done) == {}


# The pages ------------------------------------------------------------------------------------------------


def test_from_boxes_to_result_and_back_without_a_script(desk: Desk) -> None:
    people = desk.people(3)
    client = signed_in(desk.manager)
    assert f'name="pilih" value="{people[0].pk}"' in client.get("/antrean/").content.decode()
    assert f'name="pilih" value="{people[0].pk}"' in client.get("/peserta/").content.decode()
    assert 'name="pilih"' not in signed_in(desk.ratna.user).get("/peserta/").content.decode()
    chosen = {"tindakan": "pendamping", "pilih": [str(key) for key in keys(people)]}
    assert client.get("/massal/", chosen).status_code == 200
    preview = client.post("/massal/", {**chosen, "langkah": "lihat", "coach": desk.ratna.pk})
    assert preview.status_code == 200 and "3 dari 3 orang" in preview.content.decode()
    assert CoachAssignment.objects.count() == 0
    sent = {
        **chosen, "langkah": "lakukan", "coach": desk.ratna.pk, "id": str(preview.context["bulk_id"]),
        "keadaan": [f"{o.enrollment.pk}={o.seen}" for o in preview.context["affected"]],
    }  # fmt: skip
    first, again = client.post("/massal/", sent), client.post("/massal/", sent)
    assert first.status_code == again.status_code == 303
    assert first["Location"] == again["Location"]
    assert BulkAct.objects.count() == 1 and CoachAssignment.objects.count() == 3
    page = client.get(first["Location"]).content.decode()
    assert "Batalkan untuk 3 orang" in page
    assert signed_in(desk.second).get(first["Location"]).status_code == 404
    assert client.post(first["Location"] + "batal/").status_code == 303
    assert not Enrollment.objects.filter(coach__isnull=False).exists()


def test_foreign_people_and_foreign_choices_change_nothing(desk: Desk) -> None:
    foreign = EnrollmentFactory(center=center_of("P31.74.05"), person__full_name="Orang Lain")
    mine = desk.people(1)[0]
    far = CoachProfile.objects.create(user=staff(Role.PENDAMPING, "P31.74.05"), center=center_of("P31.74.05"))
    client = signed_in(desk.manager)
    both = {"tindakan": "pendamping", "pilih": [str(mine.pk), str(foreign.pk)], "langkah": "lihat"}
    shown = client.post("/massal/", {**both, "coach": desk.ratna.pk})
    assert "Orang Lain" not in shown.content.decode()
    assert client.post("/massal/", {**both, "coach": far.pk}).status_code == 422
    assert client.post("/massal/", {**both, "tindakan": "pusat", "center": "P31.74.05"}).status_code == 422
    only = {**both, "pilih": [str(foreign.pk)], "langkah": "lakukan", "id": str(uuid4())}
    assert client.post("/massal/", {**only, "coach": desk.ratna.pk}).status_code == 422
    assert not BulkAct.objects.exists() and not CoachAssignment.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        {"pilih": "x", "tindakan": "pendamping"},
        {"pilih": "\x00", "tindakan": "\x00"},
        {"pilih": [str(uuid4()) for _ in range(51)], "tindakan": "skpd"},
        {"pilih": "../" * 2_000, "tindakan": "dokumen"},
        {"pilih": "\u202e", "tindakan": "\uff11"},
        {"tindakan": ["dokumen", "pusat"]},
        {"id": "x", "langkah": "lakukan"},
    ],
)
def test_nonsense_is_answered_and_nothing_is_written(desk: Desk, data: dict[str, Any]) -> None:
    client = signed_in(desk.manager)
    assert client.get("/massal/", data).status_code == 422
    assert client.post("/massal/", data).status_code == 422
    assert not BulkAct.objects.exists()


@pytest.mark.parametrize("field", ["coach", "note", "reason", "id", "keadaan"])
@pytest.mark.parametrize("value", ["\x00", "1e10", "-1", "9" * 400, "\u0663", "3174071505900001", "a" * 9000])
def test_hostile_values_in_an_act_write_nothing_for_them(desk: Desk, field: str, value: str) -> None:
    one = desk.people(1)[0]
    sent = {
        "tindakan": "pendamping", "pilih": str(one.pk), "langkah": "lakukan", "coach": desk.ratna.pk,
        "id": str(uuid4()), "keadaan": f"{one.pk}=-",
    }  # fmt: skip
    answer = signed_in(desk.manager).post("/massal/", {**sent, field: value})
    assert answer.status_code in (303, 422)
    if not (field in ("note", "reason") and value in ("1e10", "-1", "\u0663")):
        assert not CoachAssignment.objects.exists()


def test_each_further_person_costs_the_same_and_little(desk: Desk) -> None:
    def cost(many: int) -> int:
        people = desk.people(many)
        seen = {person.pk: "-" for person in people}
        with CaptureQueriesContext(connection) as caught:
            do(bulk.Plan(BulkKind.PENDAMPING, coach=desk.ratna), people, desk.manager, seen=seen)
        return len(caught)

    cost(1)
    two, six, ten = cost(2), cost(6), cost(10)
    assert ten - six == six - two
    assert (ten - six) / 4 <= PER_PERSON
    print(f"{(ten - six) / 4} statements a person, savepoints included")


# Two managers at once -------------------------------------------------------------------------------------


def _race(desk: Desk) -> tuple[list[Enrollment], list[Any]]:
    """Both have seen the same preview; their lists run in opposite orders."""
    people = desk.people(6)
    seen = {person.pk: "-" for person in people}
    ratna, budi = (
        bulk.Plan(BulkKind.PENDAMPING, coach=coach, reason="Satu kampung")
        for coach in (desk.ratna, desk.budi)
    )
    acts = [
        lambda: do(ratna, people, desk.manager, seen=seen),
        lambda: do(budi, people[::-1], desk.second, seen=seen),
    ]
    return people, together(*acts)


@pytest.mark.django_db(transaction=True)
def test_of_two_managers_one_assigns_and_the_other_is_told(desk: Desk) -> None:
    people, answers = _race(desk)
    assert all(isinstance(answer, BulkAct) for answer in answers), answers
    assert CoachAssignment.objects.count() == len(people)
    assert sorted(sorted(set(outcomes(answer).values())) for answer in answers) == [
        ["dilakukan"],
        ["ditolak"],
    ]
    loser = next(answer for answer in answers if "ditolak" in outcomes(answer).values())
    winner = "Ratna Dewi" if loser.actor == desk.second else "Budi Santoso"
    words = set(BulkItem.objects.filter(bulk=loser).values_list("words", flat=True))
    assert words == {f"Sementara itu didampingi {winner}."}


@pytest.mark.django_db(transaction=True)
def test_without_the_state_seen_the_second_manager_overrides_the_first(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the check prevents: both are told they did it, and one of them is wrong."""
    run = bulk._run
    monkeypatch.setattr(bulk, "_run", lambda *args, seen: run(*args, seen=None))
    people, answers = _race(desk)
    assert [set(outcomes(answer).values()) for answer in answers] == [{"dilakukan"}, {"dilakukan"}]
    assert CoachAssignment.objects.count() == 2 * len(people)


@pytest.mark.django_db(transaction=True)
def test_one_preview_sent_twice_at_once_is_one_act(desk: Desk) -> None:
    people, bulk_id = desk.people(3), uuid4()
    plan = bulk.Plan(BulkKind.PENDAMPING, coach=desk.ratna)
    seen = {person.pk: "-" for person in people}
    barrier = threading.Barrier(2)

    def send() -> BulkAct:
        with suppress(threading.BrokenBarrierError):
            barrier.wait(30)
        return bulk.execute(
            bulk_id=bulk_id, plan=plan, ids=keys(people), seen=seen, actor=desk.manager, at=now()
        )

    answers = together(send, send)
    assert [answer.pk for answer in answers] == [bulk_id, bulk_id]
    assert BulkItem.objects.count() == 3 and CoachAssignment.objects.count() == 3


def test_centers_beyond_capacity_are_refused_in_the_preview_without_a_reason(desk: Desk) -> None:
    Center.objects.filter(pk=desk.center.pk).update(capacity=1)
    center = Center.objects.get(pk=desk.center.pk)
    dinas = staff(Role.DINAS, "31", is_demo=True)
    people = [EnrollmentFactory(center=None) for _ in range(2)]

    def refused(reason: str) -> int:
        plan = bulk.Plan(BulkKind.PUSAT, center=center, reason=reason)
        found = bulk.preview(plan=plan, ids=keys(people), actor=dinas, at=now())
        return sum(1 for outcome in found if outcome.refusal)

    assert (refused(""), refused("Sementara, sampai pusat baru buka.")) == (1, 0)
