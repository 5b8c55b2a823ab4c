"""Merging two records of one person and undoing it: what moves, what is refused, who may, races."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from accounts.tests.factories import PASSWORD, grant, staff
from core.clock import now
from core.models import AuditEntry, OutboxMessage
from notifications import registry
from participants.models import (
    Enrollment,
    IdentityStatus,
    Merge,
    NikCorrection,
    Person,
    Stage,
    StageEvidence,
    Status,
    StopReason,
    TransitionKind,
)
from participants.refusals import NotYours, Refused, Stale
from participants.tests.factories import (
    StageEvidenceFactory,
    center_of,
    demo_phone,
    participant,
    synthetic_nik,
)
from programs.pipeline import merging, moves
from programs.training.models import Seat
from programs.training.planning import cancel_class
from programs.training.tests import factories as classes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


@pytest.fixture
def manager() -> User:
    return staff(Role.PENGELOLA, "P31.74.07", is_demo=True)


def double(**fields: Any) -> Enrollment:
    return participant(person__full_name="Siti Aminah", **fields)


def without_nik(**fields: Any) -> Enrollment:
    return double(person__nik=None, person__no_nik_reason="Belum jadi", **fields)


def merge(kept: Enrollment, taken_out: Enrollment, actor: User, **changes: Any) -> Merge:
    values: dict[str, Any] = {
        "kept_id": kept.pk,
        "taken_out_id": taken_out.pk,
        "kept_version": kept.version,
        "taken_out_version": taken_out.version,
        "actor": actor,
        "reason": "KTP dilihat",
        "at": now(),
    }
    return merging.merge(**(values | changes))


def undo(done: Merge, actor: User, **changes: Any) -> Merge:
    return merging.undo(**({"merge_id": done.pk, "actor": actor, "reason": "Keliru", "at": now()} | changes))


TABLES = ("person", "enrollment", "stageevidence", "business", "coachassignment", "consent", "product")


def snapshot(*, but: frozenset[str] = frozenset()) -> dict[str, list[dict[str, Any]]]:
    """Every row of the tables about people, as text, sealed numbers opened, some columns left out."""
    found: dict[str, list[dict[str, Any]]] = {}
    with connection.cursor() as cursor:
        for name in TABLES:
            cursor.execute(f"SELECT to_jsonb(t) FROM participants_{name} t ORDER BY id")
            rows = [row[0] if isinstance(row[0], dict) else json.loads(row[0]) for row in cursor]
            found[name] = [
                {key: value for key, value in row.items() if key not in but and not key.endswith("_sealed")}
                for row in rows
            ]
        cursor.execute("SELECT id, is_active, login_number, phone_mask, email FROM accounts_user ORDER BY id")
        found["user"] = [{"row": [str(value) for value in row]} for row in cursor]
    found["plain"] = [{"nik": p.nik(), "phone": p.phone()} for p in Person.objects.order_by("pk")]
    return found


MOVING = frozenset({"version", "last_activity_at"})


def test_a_merge_stops_the_double_and_moves_proofs_business_and_gaps(manager: User) -> None:
    phone, nik = demo_phone(), synthetic_nik(gender="P")
    kept = without_nik(stage=Stage.PERIZINAN, person__phone=None, person__address="", person__birth_date=None)
    taken = double(person__nik=nik, person__phone=phone, person__address="Jl. Wijaya 3")
    evidence = StageEvidenceFactory(enrollment=taken, accepted_by=manager)
    business = taken.person.businesses.create(name="Dapur Siti")
    log = list(taken.transitions.values_list("pk", "kind", "reason"))
    done = merge(kept, taken, manager)
    kept.refresh_from_db()
    taken.refresh_from_db()
    assert (taken.status, taken.stop_reason, taken.stage) == (
        Status.BERHENTI, StopReason.GANDA, Stage.PENDAFTARAN,
    )  # fmt: skip
    assert (kept.status, kept.stage, kept.version) == (Status.AKTIF, Stage.PERIZINAN, kept.version)
    winner, loser = Person.objects.get(pk=kept.person_id), Person.objects.get(pk=taken.person_id)
    assert (winner.nik(), winner.phone(), winner.address) == (nik, phone, "Jl. Wijaya 3")
    assert winner.birth_date == taken.person.birth_date
    assert (loser.nik(), loser.phone()) == (None, phone)
    assert Person.objects.with_nik(nik).get() == winner
    evidence.refresh_from_db()
    business.refresh_from_db()
    assert (evidence.enrollment_id, business.person_id) == (kept.pk, winner.pk)
    rows = list(taken.transitions.order_by("version").values_list("pk", "kind", "reason"))
    assert rows[: len(log)] == log
    assert [row[1:] for row in rows[len(log) :]] == [
        (TransitionKind.KOREKSI, f"Pendaftaran ganda, digabung ke {kept.number}")
    ]
    told = AuditEntry.objects.filter(action="duplikat.gabung").values_list("object_id", flat=True)
    assert set(told) == {str(winner.pk), str(loser.pk)}
    assert nik.encode() not in b"".join(bytes(v) for v in (done.loser_nik_sealed,) if v)


def test_the_double_account_is_closed_and_its_messages_go_to_the_other(manager: User) -> None:
    kept, taken = double(), double()
    winner, account = kept.person.user, taken.person.user
    assert winner and account
    moves.mark_unreachable(
        enrollment_id=taken.pk, actor=manager, version=taken.version, reason="Diam", at=now()
    )
    OutboxMessage.objects.create(kind="notification", recipient_id=account.pk, ids={}, dedupe_key="waits")
    taken.refresh_from_db()
    client = Client()
    client.force_login(account)
    assert client.get("/saya/").status_code == 200
    done = merge(kept, taken, manager)
    assert client.get("/saya/").status_code == 303
    account.refresh_from_db()
    assert not account.is_active
    assert account.login_number == taken.number
    assert OutboxMessage.objects.get(dedupe_key="waits").recipient_id == winner.pk
    assert not OutboxMessage.objects.pending().filter(recipient_id=account.pk).exists()
    [text] = registry.get("pendaftaran_digabung").render_many(
        [{"merge": str(done.pk), "user": str(winner.pk)}]
    )
    assert text is not None
    assert kept.number in text.body and taken.number in text.body
    undo(done, manager)
    account.refresh_from_db()
    assert account.is_active
    assert client.get("/saya/").status_code == 303  # the old session stays ended
    assert Client().post("/masuk/", {"login": taken.number, "password": PASSWORD}).status_code == 303
    kinds = OutboxMessage.objects.values_list("recipient_id", "ids__kind")
    assert {(winner.pk, "penggabungan_dibatalkan"), (account.pk, "penggabungan_dibatalkan")} <= set(kinds)


def test_a_merge_taken_back_gives_back_the_seats_where_there_is_room(manager: User) -> None:
    """One class has room; one was filled meanwhile: the old place in the queue; one was called off."""
    at, later = classes.AT, classes.AT + timedelta(days=1)
    kept = classes.trainee(person__full_name="Siti Aminah", person__nik=None, person__no_nik_reason="Hilang")
    taken = classes.trainee(person__full_name="Siti Aminah")
    roomy, filled, gone = (
        classes.training_class(name=name, capacity=size) for name, size in (("A", 5), ("B", 1), ("C", 5))
    )
    for one in (roomy, filled, gone):
        classes.enrolled(one, taken)
    done = merge(kept, taken, manager, at=at)
    assert not Seat.objects.live().filter(enrollment=taken).exists()
    classes.enrolled(filled)
    cancel_class(class_id=gone.pk, actor=manager, reason="Pelatih sakit", at=at)
    undo(done, manager, at=later)
    back = Seat.objects.live().filter(enrollment=taken).order_by("training_class__name")
    assert list(back.values_list("training_class__name", "status")) == [("A", "terdaftar"), ("B", "menunggu")]
    roomy.refresh_from_db()
    assert roomy.taken == 1
    told = OutboxMessage.objects.filter(
        recipient_id=taken.person.user_id, dedupe_key__contains=later.isoformat()
    )
    assert sorted(told.filter(ids__kind__startswith="kelas").values_list("ids__kind", flat=True)) == [
        "kelas_batal", "kelas_menunggu", "kelas_terdaftar",
    ]  # fmt: skip


def test_an_account_that_only_the_double_has_moves_to_her(manager: User) -> None:
    kept, taken = double(person__user=None), double()
    account = taken.person.user
    done = merge(kept, taken, manager)
    kept.person.refresh_from_db()
    assert kept.person.user == account
    client = Client()
    client.force_login(account)
    assert kept.number in client.get("/saya/").content.decode()
    undo(done, manager)
    assert Person.objects.get(pk=taken.person_id).user == account
    assert Person.objects.get(pk=kept.person_id).user is None


@pytest.mark.parametrize("case", ["plain", "gaps", "verified", "graduate", "stopped", "waiting"])
def test_undo_restores_every_row(manager: User, case: str) -> None:
    admin = staff(Role.ADMIN, "ID")
    kept: Enrollment
    taken: Enrollment
    if case == "plain":
        kept, taken = double(stage=Stage.PELATIHAN), double()
    elif case == "gaps":
        kept = without_nik(person__phone=None, person__address="", person__birth_date=None, person__gender="")
        taken = double(goal="Punya warung")
    elif case == "verified":
        kept, taken = double(goal="Sendiri"), double(stage=Stage.PENDAMPINGAN)
    elif case == "graduate":
        kept, taken = double(stage=Stage.PERMODALAN), double(stage=Stage.PERMODALAN, status=Status.LULUS)
        Person.objects.filter(pk=kept.person_id).update(identity_status=IdentityStatus.DOKUMEN_DILIHAT)
        kept.person.refresh_from_db()
    elif case == "stopped":
        kept, taken = double(), double(stage=Stage.PELATIHAN, status=Status.BERHENTI)
        Person.objects.filter(pk=taken.person_id).update(identity_status=IdentityStatus.DIKETIK)
    else:
        kept, taken = double(), double(center=None)
    StageEvidenceFactory(enrollment=taken)
    StageEvidenceFactory(enrollment=kept)
    taken.person.businesses.create(name="Dapur Siti")
    if case == "plain":
        kept.person.businesses.create(name="Dapur lain")
    kept, taken = Enrollment.objects.get(pk=kept.pk), Enrollment.objects.get(pk=taken.pk)
    before = snapshot(but=MOVING)
    done = merge(kept, taken, admin)
    assert snapshot(but=MOVING) != before
    undo(done, admin)
    assert snapshot(but=MOVING) == before
    done.refresh_from_db()
    assert done.loser_nik_sealed is None and done.winner_nik_sealed is None
    assert "before" not in done.changes and "after" not in done.changes
    # And once more: an undone merge does not stand in the way of another.
    kept.refresh_from_db()
    taken.refresh_from_db()
    assert merge(kept, taken, admin).is_standing


def test_a_checked_nik_wins_over_a_typed_one(manager: User) -> None:
    kept = double(person__nik=synthetic_nik(gender="P"), person__birth_date=date(1990, 7, 4))
    taken = double(stage=Stage.PELATIHAN, person__nik=(nik := synthetic_nik(gender="P")))
    old = kept.person.nik()
    assert old is not None
    done = merge(kept, taken, manager)
    winner = Person.objects.get(pk=kept.person_id)
    assert (winner.nik(), winner.identity_status) == (nik, IdentityStatus.DIVERIFIKASI)
    assert winner.birth_date == taken.person.birth_date
    assert not Person.objects.with_nik(old).exists()
    undo(done, manager)
    winner.refresh_from_db()
    assert (winner.nik(), winner.identity_status) == (old, IdentityStatus.DIKETIK)
    assert winner.birth_date == date(1990, 7, 4)


def refusals(kept: Enrollment, taken: Enrollment, actor: User) -> str:
    with pytest.raises(Refused) as refused:
        merge(kept, taken, actor)
    assert not Merge.objects.exists()
    taken.refresh_from_db()
    assert taken.stop_reason != StopReason.GANDA
    return str(refused.value)


def test_two_checked_niks_are_never_merged(manager: User) -> None:
    kept, taken = double(stage=Stage.PELATIHAN), double(stage=Stage.PELATIHAN)
    assert "sama-sama sudah diverifikasi" in refusals(kept, taken, manager)


def test_an_account_of_staff_is_never_closed(manager: User) -> None:
    kept, taken = double(), double()
    assert taken.person.user
    grant(taken.person.user, Role.PENDAMPING, "P31.74.07")
    assert "juga akun petugas" in refusals(kept, taken, manager)


def test_what_is_undecided_is_decided_first(manager: User) -> None:
    kept, taken = double(), double()
    wish = NikCorrection(person=taken.person, enrollment=taken, requested_by=manager)
    wish.set_nik(synthetic_nik())
    wish.save()
    assert "perbaikan NIK yang belum diputuskan" in refusals(kept, taken, manager)


def test_only_who_manages_both_merges_and_nobody_herself() -> None:
    kept, taken = double(), double(center=center_of("P31.74.05"))
    for actor in (
        staff(Role.PENGELOLA, "P31.74.07"),
        staff(Role.PENGELOLA, "P31.74.05"),
        staff(Role.DINAS, "31"),
        staff(Role.PENDAMPING, "P31.74.07"),
    ):
        with pytest.raises(NotYours):
            merge(kept, taken, actor)
    own = kept.person.user
    assert own
    grant(own, Role.ADMIN, "ID")
    with pytest.raises(NotYours):
        merge(kept, taken, own)
    assert merge(kept, taken, staff(Role.ADMIN, "ID")).is_standing


def test_an_old_page_does_not_merge(manager: User) -> None:
    kept, taken = double(), double()
    with pytest.raises(Stale):
        merge(kept, taken, manager, kept_version=kept.version + 1)
    with pytest.raises(Refused, match="dua orang yang berbeda"):
        merge(kept, kept, manager)
    assert not Merge.objects.exists()


def test_undo_is_refused_after_thirty_days_and_when_anything_moved(manager: User) -> None:
    kept, taken, third = without_nik(person__phone=None), double(), double()
    done = merge(kept, taken, manager)

    def said(at: Any = None) -> str:
        with pytest.raises(Refused) as refused:
            undo(done, manager, at=at or now())
        done.refresh_from_db()
        assert done.is_standing
        return str(refused.value)

    assert "30 hari" in said(done.merged_at + timedelta(days=30, seconds=1))
    winner = Person.objects.get(pk=kept.person_id)
    nik = winner.nik()
    winner.set_nik(synthetic_nik(gender="P"))
    winner.save()
    assert "NIK" in said()
    winner.set_nik(nik)
    winner.set_phone(demo_phone())
    winner.save()
    assert "nomor HP" in said()
    winner.set_phone(Person.objects.get(pk=taken.person_id).phone())
    winner.save()
    kept.refresh_from_db()
    later = merge(third, kept, manager)
    assert "digabung lagi" in said()
    undo(later, manager)
    assert "tahap atau status" in said()


def test_a_double_is_not_resumed_and_not_stopped_by_hand(manager: User) -> None:
    kept, taken = double(), double()
    with pytest.raises(Refused, match="digabung, bukan dihentikan"):
        moves.stop(
            enrollment_id=taken.pk, actor=manager, version=taken.version, why=StopReason.GANDA,
            reason="", at=now(),
        )  # fmt: skip
    merge(kept, taken, manager)
    taken.refresh_from_db()
    with pytest.raises(Refused, match="Batalkan dulu penggabungannya"):
        moves.resume(enrollment_id=taken.pk, actor=manager, version=taken.version, at=now())


# Pages -----------------------------------------------------------------------------------------------------


def test_manager_merges_two_people_and_undoes_it_in_the_browser(manager: User) -> None:
    kept, taken = double(stage=Stage.PERIZINAN), without_nik()
    client = Client()
    client.force_login(manager)
    address = f"/duplikat/{kept.person_id}/{taken.person_id}/gabung/"
    page = client.get(address).content.decode()
    assert taken.person.phone_mask in page and str(taken.person.phone()) not in page
    assert "Tidak ada" in page and "bukti dipindah dari sini" not in page
    form = {"kept_version": kept.version, "taken_out_version": taken.version, "reason": "KTP dilihat"}
    answer = client.post(address, form)
    assert (answer.status_code, answer["Location"]) == (303, f"/peserta/{kept.person_id}/")
    assert "Batalkan penggabungan" in client.get("/duplikat/gabungan/").content.decode()
    again = client.post(address, form, follow=True).content.decode()
    assert "baru saja berubah" in again or "sudah digabung" in again
    assert Merge.objects.count() == 1
    done = Merge.objects.get()
    undo_address = f"/duplikat/gabungan/{done.pk}/batal/"
    assert client.post(undo_address).status_code == 422
    assert client.post(undo_address, {"reason": "Ternyata kakaknya"})["Location"] == "/duplikat/gabungan/"
    done.refresh_from_db()
    assert (done.is_standing, done.undone_by) == (False, manager)
    assert "Dibatalkan" in client.get("/duplikat/gabungan/").content.decode()
    assert "sudah dibatalkan" in client.post(undo_address, {"reason": "x"}).content.decode()


def test_swapping_changes_who_goes_on(manager: User) -> None:
    kept, taken = double(), double()
    client = Client()
    client.force_login(manager)
    page = client.get(f"/duplikat/{kept.person_id}/{taken.person_id}/gabung/").content.decode()
    assert f"/duplikat/{taken.person_id}/{kept.person_id}/gabung/" in page


def test_foreign_pairs_do_not_exist(manager: User) -> None:
    here, there = double(), double(center=center_of("P31.74.05"))
    done = merge(there, double(center=center_of("P31.74.05")), staff(Role.ADMIN, "ID"))
    client = Client()
    client.force_login(manager)
    for address in (
        f"/duplikat/{here.person_id}/{there.person_id}/gabung/",
        f"/duplikat/{there.person_id}/{here.person_id}/gabung/",
        f"/duplikat/{here.person_id}/{uuid4()}/gabung/",
        f"/duplikat/{here.person_id}/{here.person_id}/gabung/",
        f"/duplikat/gabungan/{done.pk}/batal/",
        f"/duplikat/gabungan/{uuid4()}/batal/",
    ):
        assert client.get(address).status_code == client.post(address).status_code == 404
    assert there.number not in client.get("/duplikat/gabungan/").content.decode()


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"kept_version": "x", "taken_out_version": "1e3"},
        {"kept_version": "-1", "taken_out_version": "٣"},
        {"kept_version": "9" * 400, "taken_out_version": "1"},
        {"kept_version": "1", "taken_out_version": "1", "reason": "\u202e"},
        {"kept_version": "1", "taken_out_version": "1", "reason": "a" * 10_000},
        {"kept_version": ["1", "2"], "taken_out_version": "1", "reason": "a\x00b"},
    ],
)
def test_hostile_forms_merge_nobody(manager: User, sent: dict[str, Any]) -> None:
    kept, taken = double(stage=Stage.PELATIHAN), double()
    client = Client()
    client.force_login(manager)
    answer = client.post(f"/duplikat/{kept.person_id}/{taken.person_id}/gabung/", sent)
    assert answer.status_code in (303, 422)
    assert not Merge.objects.exists()


def test_the_pages_stay_within_their_budgets(manager: User) -> None:
    client = Client()
    client.force_login(manager)

    def cost(act: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as counted:
            assert act().status_code in (200, 303)
        return len(counted)

    pairs = [(double(), without_nik()) for _ in range(6)]
    kept, taken = pairs[0]
    StageEvidenceFactory.create_batch(5, enrollment=taken)
    address = f"/duplikat/{kept.person_id}/{taken.person_id}/gabung/"
    form = {"kept_version": kept.version, "taken_out_version": taken.version}
    assert cost(lambda: client.get(address)) <= 20
    assert cost(lambda: client.post(address, form)) <= 30
    one = cost(lambda: client.get("/duplikat/gabungan/"))
    for kept, taken in pairs[1:]:
        merge(kept, taken, manager)
    assert one == cost(lambda: client.get("/duplikat/gabungan/")) <= 12
    done = Merge.objects.latest("merged_at")
    assert cost(lambda: client.get(f"/duplikat/gabungan/{done.pk}/batal/")) <= 20


# At the same moment ----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_protected", [True, False])
def test_opposite_merges_exclude_each_other(monkeypatch: pytest.MonkeyPatch, is_protected: bool) -> None:
    """A into B and B into A at once: one is done, one refused. Without the locks the database breaks it."""
    admin = staff(Role.ADMIN, "ID")
    one, other = double(), double()
    barrier = threading.Barrier(2)
    look = merging.plan

    def plan_and_meet(*args: Any, **kwargs: Any) -> Any:
        found = look(*args, **kwargs)
        with suppress(threading.BrokenBarrierError):
            barrier.wait(2 if is_protected else 30)
        return found

    def pair_without_lock(first: Any, second: Any) -> tuple[Enrollment, Enrollment]:
        rows = Enrollment.objects.select_related("person__user")
        return rows.get(pk=first), rows.get(pk=second)

    monkeypatch.setattr(merging, "plan", plan_and_meet)
    if not is_protected:
        monkeypatch.setattr(merging, "_lock_pair", pair_without_lock)
    answers: list[object] = []

    def run(kept: Enrollment, taken: Enrollment) -> None:
        try:
            answers.append(merge(kept, taken, User.objects.get(pk=admin.pk)))
        except Exception as error:
            answers.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    out = Enrollment.objects.filter(stop_reason=StopReason.GANDA).count()
    if is_protected:
        assert out == 1
        assert Merge.objects.count() == 1
        [refused] = [answer for answer in answers if not isinstance(answer, Merge)]
        assert isinstance(refused, Refused)
    else:
        assert out == 2 or any(isinstance(answer, DatabaseError) for answer in answers), answers


def test_merged_rows_say_nothing_of_numbers(manager: User) -> None:
    kept, taken = without_nik(), double()
    nik = taken.person.nik()
    assert nik
    done = merge(kept, taken, manager)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(m)::text FROM participants_merge m WHERE id = %s", [done.pk])
        assert nik not in cursor.fetchone()[0]
    assert not any(nik in str(entry.detail) + entry.reason for entry in AuditEntry.objects.all())
    assert StageEvidence.objects.count() == 0
