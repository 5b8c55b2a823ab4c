"""A mistyped NIK: who may ask, who may decide, what is written, and what two at once can do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from accounts.tests.factories import UserFactory, grant, staff
from core.clock import now
from core.models import AuditEntry, OutboxMessage, StoredFile
from core.validators import NIK_WARNINGS
from notifications import registry
from participants import corrections
from participants.models import (
    CorrectionStatus,
    Enrollment,
    IdentityDocument,
    IdentityStatus,
    NikCorrection,
    Person,
)
from participants.refusals import NotYours, Refused, Stale
from participants.tests.factories import center_of, participant, synthetic_nik

pytestmark = pytest.mark.django_db

BORN = date(1990, 4, 7)


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


@pytest.fixture
def manager() -> User:
    return staff(Role.PENGELOLA, "P31.74.07", is_demo=True)


@pytest.fixture
def citizen() -> Enrollment:
    return participant(person__full_name="Siti Aminah", person__birth_date=BORN, person__gender="P")


def ask(enrollment: Enrollment, actor: User | None, nik: str = "") -> NikCorrection:
    assert actor is not None
    return corrections.request_correction(
        enrollment_id=enrollment.pk,
        actor=actor,
        nik=nik or synthetic_nik(gender="P"),
        reason="Dua angka tertukar",
        at=now(),
    )


def test_a_citizen_asks_the_second_person_applies_and_everything_follows(
    manager: User, citizen: Enrollment
) -> None:
    person = citizen.person
    old, new = person.nik(), synthetic_nik(gender="P", birth_date=BORN)
    assert old and new != old
    wish = ask(citizen, person.user, new)
    assert (wish.nik(), wish.status) == (new, CorrectionStatus.MENUNGGU)
    Person.objects.filter(pk=person.pk).update(nik_warnings=["tanggal_lahir_berbeda"])
    corrections.approve(correction_id=wish.pk, actor=manager, at=now())
    person.refresh_from_db()
    wish.refresh_from_db()
    assert (person.nik(), person.nik_mask) == (new, wish.nik_mask)
    assert Person.objects.with_nik(new).get() == person
    assert not Person.objects.with_nik(old).exists()
    assert person.nik_warnings == []
    assert (person.identity_status, person.identity_checked_by) == (IdentityStatus.DIVERIFIKASI, manager)
    assert person.identity_entered_by == person.user
    assert (wish.status, wish.decided_by, wish.nik_sealed) == (CorrectionStatus.DISETUJUI, manager, None)
    entry = AuditEntry.objects.get(action="nik.perbaiki")
    assert (entry.object_id, entry.actor_id) == (str(person.pk), manager.pk)
    assert new not in str(entry.detail) + entry.reason and old not in str(entry.detail)
    kinds = list(OutboxMessage.objects.values_list("recipient_id", "ids__kind"))
    assert kinds == [(person.user_id, "nik_diperbaiki")]


def test_the_warnings_are_those_of_the_new_number(manager: User, citizen: Enrollment) -> None:
    wish = ask(citizen, citizen.person.user, synthetic_nik(gender="L", birth_date=date(1980, 1, 2)))
    corrections.approve(correction_id=wish.pk, actor=manager, at=now())
    citizen.person.refresh_from_db()
    assert citizen.person.nik_warnings == ["tanggal_lahir_berbeda", "jenis_kelamin_berbeda"]


def test_the_decision_is_helped_by_the_new_number_and_the_photo(manager: User, citizen: Enrollment) -> None:
    Person.objects.filter(pk=citizen.person_id).update(nik_warnings=["awalan_tidak_dikenal"])
    client = Client()
    client.force_login(manager)
    wrong = ask(citizen, citizen.person.user, synthetic_nik(gender="L", birth_date=date(1980, 1, 2)))
    page = client.get(f"/koreksi-nik/{wrong.pk}/").content.decode()
    assert NIK_WARNINGS["tanggal_lahir_berbeda"] in page and NIK_WARNINGS["awalan_tidak_dikenal"] not in page
    assert "Belum ada foto KTP" in page
    corrections.refuse(correction_id=wrong.pk, actor=manager, answer="Bukan ini.", at=now())
    right = ask(citizen, citizen.person.user, synthetic_nik(gender="P", birth_date=BORN))
    photo = IdentityDocument.objects.create(
        person=citizen.person,
        uploaded_by=citizen.person.user,
        file=StoredFile.objects.create(
            path="contoh.jpg", original_name="ktp.jpg", content_type="image/jpeg", size=3, sha256="0" * 64
        ),
    )
    page = client.get(f"/koreksi-nik/{right.pk}/").content.decode()
    assert "sama dengan tanggal lahir" in page and f'href="/ktp/{photo.pk}/"' in page


def test_both_are_told_and_nobody_reads_a_number(manager: User, citizen: Enrollment) -> None:
    coach = staff(Role.PENDAMPING, "P31.74.07")
    Enrollment.objects.filter(pk=citizen.pk).update(coach=coach)
    citizen.refresh_from_db()
    wish = ask(citizen, coach, nik := synthetic_nik(gender="P"))
    corrections.refuse(correction_id=wish.pk, actor=manager, answer="KTP tidak terbaca", at=now())
    told = dict(OutboxMessage.objects.values_list("recipient_id", "ids__kind"))
    assert told == {citizen.person.user_id: "nik_tetap", coach.pk: "perbaikan_nik_diputuskan"}
    for kind in told.values():
        [text] = registry.get(kind).render_many([{"correction": str(wish.pk)}])
        assert text is not None
        assert "KTP tidak terbaca." in text.body
        assert nik not in text.body
    citizen.person.refresh_from_db()
    assert citizen.person.nik() != nik
    wish.refresh_from_db()
    assert wish.nik_sealed is None


def test_only_entitled_second_people_decide(manager: User, citizen: Enrollment) -> None:
    wish = ask(citizen, manager)
    own = citizen.person.user
    assert own
    for actor in (
        staff(Role.PENGELOLA, "P31.74.05"), staff(Role.DINAS, "31"), staff(Role.PENDAMPING, "P31.74.07"), own,
    ):  # fmt: skip
        with pytest.raises(NotYours):
            corrections.approve(correction_id=wish.pk, actor=actor, at=now())
    with pytest.raises(Refused, match="Anda yang meminta"):
        corrections.approve(correction_id=wish.pk, actor=manager, at=now())
    with pytest.raises(Refused, match="Anda yang meminta"):
        corrections.refuse(correction_id=wish.pk, actor=manager, answer="x", at=now())
    with pytest.raises(Refused, match="Anda yang meminta"):
        corrections.reveal_numbers(correction_id=wish.pk, actor=manager, reason="x")
    grant(own, Role.ADMIN, "ID")
    with pytest.raises(NotYours):
        corrections.approve(correction_id=wish.pk, actor=own, at=now())
    admin = staff(Role.ADMIN, "ID")
    corrections.approve(correction_id=wish.pk, actor=admin, at=now())
    with pytest.raises(Stale):
        corrections.refuse(correction_id=wish.pk, actor=admin, answer="x", at=now())


@pytest.mark.parametrize("status", [CorrectionStatus.DISETUJUI, CorrectionStatus.DITOLAK])
def test_the_database_refuses_a_decision_by_who_asked(
    manager: User, citizen: Enrollment, status: CorrectionStatus
) -> None:
    wish = ask(citizen, manager)
    changed = NikCorrection.objects.filter(pk=wish.pk)
    values: dict[str, Any] = {"status": status, "nik_sealed": None, "answer": "x", "decided_at": now()}
    for decider in (manager, None):
        with pytest.raises(IntegrityError, match="nik_correction_by_second"), transaction.atomic():
            changed.update(decided_by=decider, **values)
    wish.status, wish.decided_by, wish.decided_at = status, manager, now()
    with pytest.raises(ValidationError, match="orang kedua"):
        wish.full_clean(exclude=["nik_sealed"])
    assert changed.update(decided_by=staff(Role.ADMIN, "ID"), **values) == 1


def test_who_may_ask(manager: User, citizen: Enrollment) -> None:
    for actor in (staff(Role.DINAS, "31"), staff(Role.PENDAMPING, "P31.74.07"), UserFactory()):
        with pytest.raises(NotYours):
            ask(citizen, actor)
    wish = ask(citizen, citizen.person.user)
    with pytest.raises(Refused, match="menunggu diperiksa"):
        ask(citizen, manager)
    with pytest.raises(Refused, match="bukan dari Anda"):
        corrections.withdraw(correction_id=wish.pk, actor=manager, at=now())
    corrections.withdraw(correction_id=wish.pk, actor=wish.requested_by, at=now())
    assert ask(citizen, manager).is_pending


def test_what_cannot_be_asked(manager: User, citizen: Enrollment) -> None:
    same = citizen.person.nik()
    assert same
    with pytest.raises(Refused, match="sama dengan"):
        ask(citizen, manager, same)
    nobody = participant(person__nik=None, person__no_nik_reason="Belum jadi")
    with pytest.raises(Refused, match="belum tercatat"):
        ask(nobody, manager)


def test_a_number_of_somebody_else_is_refused_to_staff_and_leads_to_the_merge(
    manager: User, citizen: Enrollment
) -> None:
    owner = participant(person__full_name="Siti Aminah")
    taken = owner.person.nik()
    assert taken
    client = Client()
    assert citizen.person.user
    client.force_login(citizen.person.user)
    # A citizen learns nothing: the answer is that of any number.
    answer = client.post("/saya/perbaikan-nik/", {"nik": taken, "reason": ""})
    assert (answer.status_code, answer["Location"]) == (303, "/saya/")
    wish = NikCorrection.objects.get()
    client.force_login(manager)
    page = client.post(f"/koreksi-nik/{wish.pk}/", {"act": "setujui", "seen": "on"})
    assert page.status_code == 422
    assert f"/duplikat/{owner.person_id}/{citizen.person_id}/gabung/" in page.content.decode()
    wish.refresh_from_db()
    assert wish.is_pending
    Enrollment.objects.filter(pk=owner.pk).update(center=center_of("P31.74.05"))
    page = client.post(f"/koreksi-nik/{wish.pk}/", {"act": "setujui", "seen": "on"})
    body = page.content.decode()
    assert "Minta sekretariat" in body
    assert str(owner.person_id) not in body and owner.number not in body


# Pages -----------------------------------------------------------------------------------------------------


def test_the_whole_way_in_the_browser(manager: User, citizen: Enrollment) -> None:
    client, new = Client(), synthetic_nik(gender="P", birth_date=BORN)
    old = citizen.person.nik()
    assert citizen.person.user and old
    client.force_login(citizen.person.user)
    assert citizen.person.nik_mask in client.get("/saya/perbaikan-nik/").content.decode()
    assert client.post("/saya/perbaikan-nik/", {"nik": new, "reason": "Salah ketik"}).status_code == 303
    waiting = client.get("/saya/perbaikan-nik/").content.decode()
    assert "Menunggu diperiksa" in waiting and new not in waiting
    wish = NikCorrection.objects.get()
    client.force_login(manager)
    queue = client.get("/koreksi-nik/").content.decode()
    assert f"/koreksi-nik/{wish.pk}/" in queue and new not in queue and old not in queue
    address = f"/koreksi-nik/{wish.pk}/"
    page = client.get(address).content.decode()
    assert wish.nik_mask in page and new not in page
    assert client.post(address, {"act": "buka", "reason": ""}).status_code == 422
    opened = client.post(address, {"act": "buka", "reason": "Cocokkan dengan KTP"})
    assert new in opened.content.decode() and old in opened.content.decode()
    assert "no-store" in opened["Cache-Control"]
    entry = AuditEntry.objects.get(action="data.buka")
    assert (entry.object_id, entry.reason) == (str(citizen.person_id), "Cocokkan dengan KTP")
    assert client.post(address, {"act": "setujui"}).status_code == 422
    assert client.post(address, {"act": "setujui", "seen": "on"})["Location"] == "/koreksi-nik/"
    assert Person.objects.with_nik(new).get().pk == citizen.person_id
    assert "Tidak ada yang menunggu" in client.get("/koreksi-nik/").content.decode()
    assert "Sudah diperbaiki" in client.get("/koreksi-nik/?status=semua").content.decode()
    late = client.post(address, {"act": "setujui", "seen": "on"})
    assert late.status_code == 422
    assert "baru saja diputuskan" in late.content.decode()


def test_staff_ask_and_do_not_decide_their_own_wish(manager: User, citizen: Enrollment) -> None:
    client = Client()
    client.force_login(manager)
    address = f"/peserta/{citizen.person_id}/perbaikan-nik/"
    assert client.post(address, {"nik": synthetic_nik()})["Location"] == f"/peserta/{citizen.person_id}/"
    wish = NikCorrection.objects.get()
    page = client.get(f"/koreksi-nik/{wish.pk}/").content.decode()
    assert "Anda yang meminta perbaikan ini" in page and "Perbaiki NIK</button>" not in page
    assert client.post(f"/koreksi-nik/{wish.pk}/", {"act": "setujui", "seen": "on"}).status_code == 422
    assert client.post(address, {"act": "batal"}).status_code == 303
    wish.refresh_from_db()
    assert wish.status == CorrectionStatus.DIBATALKAN
    assert client.post(address, {"act": "batal"}).status_code == 303


def test_foreign_wishes_do_not_exist(manager: User, citizen: Enrollment) -> None:
    there = participant(center=center_of("P31.74.05"))
    wish = ask(there, there.person.user)
    client = Client()
    client.force_login(manager)
    for address in (
        f"/koreksi-nik/{wish.pk}/", f"/koreksi-nik/{uuid4()}/",
        f"/peserta/{there.person_id}/perbaikan-nik/", f"/peserta/{uuid4()}/perbaikan-nik/",
    ):  # fmt: skip
        assert client.get(address).status_code == client.post(address).status_code == 404
    assert wish.nik_mask not in client.get("/koreksi-nik/?status=semua").content.decode()


@pytest.mark.parametrize(
    "nik",
    ["", "123", "３１７４０７４７０４９００００１", "٣١٧٤٠٧٤٧٠٤٩٠٠٠٠١", "3174077704900001", "a" * 10_000,
     "3174074704900001\x00", "-1", "1e15", "3174074713900001", "\u202e3174074704900001x", "9" * 400],
)  # fmt: skip
def test_hostile_numbers_are_refused_beside_the_field(citizen: Enrollment, nik: str) -> None:
    client = Client()
    assert citizen.person.user
    client.force_login(citizen.person.user)
    sent = {"nik": nik, "reason": "Salah ketik"}
    page = client.post("/saya/perbaikan-nik/", sent)
    if nik.startswith("３"):
        assert page.status_code == 303  # fullwidth digits are those sixteen digits
        return
    assert page.status_code == 422
    assert not NikCorrection.objects.exists()
    assert "Salah ketik" in page.content.decode()


def test_a_reason_with_a_number_or_an_unknown_act_is_refused(manager: User, citizen: Enrollment) -> None:
    client = Client()
    client.force_login(manager)
    sent = {"nik": synthetic_nik(), "reason": "Yang benar 3174074704900001"}
    assert client.post(f"/peserta/{citizen.person_id}/perbaikan-nik/", sent).status_code == 422
    wish = ask(citizen, citizen.person.user)
    for act in ("", "hapus", "setujui ", "\x00"):
        assert client.post(f"/koreksi-nik/{wish.pk}/", {"act": act, "seen": "on"}).status_code == 422
    assert client.post(f"/koreksi-nik/{wish.pk}/", {"act": "setujui", "seen": "0"}).status_code == 422
    for query in ("sesudah=zz", "q=%00", "q=" + "x" * 999, "status=aneh", "sesudah=n1.x"):
        assert client.get(f"/koreksi-nik/?{query}").status_code == 200
    wish.refresh_from_db()
    assert wish.is_pending


def test_the_pages_stay_within_their_budgets(manager: User) -> None:
    client = Client()
    client.force_login(manager)

    def cost(act: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as counted:
            act()
        return len(counted)

    wish = ask(first := participant(), first.person.user)
    one = cost(lambda: client.get("/koreksi-nik/"))
    for _ in range(8):
        ask(other := participant(), other.person.user)
    assert one == cost(lambda: client.get("/koreksi-nik/")) <= 12
    assert cost(lambda: client.get(f"/koreksi-nik/{wish.pk}/")) <= 20
    assert cost(lambda: client.post(f"/koreksi-nik/{wish.pk}/", {"act": "setujui", "seen": "on"})) <= 30
    assert cost(lambda: client.get(f"/peserta/{first.person_id}/perbaikan-nik/")) <= 20


# At the same moment ----------------------------------------------------------------------------------------


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run acts on connections of their own; an exception is an answer too."""
    answers: list[Any] = []

    def run(act: Callable[[], Any]) -> None:
        try:
            answers.append(act())
        except Exception as error:
            answers.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


@pytest.fixture
def meeting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two deciders meet after both have seen that the wish waits and before either has written."""
    barrier, look = threading.Barrier(2), corrections._require_pending
    callspec = getattr(request.node, "callspec", None)
    seconds = 2 if callspec and callspec.params["is_protected"] else 30  # the lock keeps one of them away

    def look_and_wait(wish: NikCorrection) -> None:
        look(wish)
        with suppress(threading.BrokenBarrierError):
            barrier.wait(seconds)

    monkeypatch.setattr(corrections, "_require_pending", look_and_wait)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("meeting")
@pytest.mark.parametrize("is_protected", [True, False])
def test_of_two_confirmations_at_once_one_wins(monkeypatch: pytest.MonkeyPatch, is_protected: bool) -> None:
    """Without the lock both would be written and audited."""
    if not is_protected:
        rows = NikCorrection.objects.select_related("enrollment", "person")
        monkeypatch.setattr(corrections, "hold", lambda pk: rows.get(pk=pk))
    citizen = participant()
    wish = ask(citizen, citizen.person.user)
    deciders = [staff(Role.PENGELOLA, "P31.74.07"), staff(Role.ADMIN, "ID")]
    answers = at_once(
        *(
            lambda actor=actor: corrections.approve(correction_id=wish.pk, actor=actor, at=now())  # type: ignore[misc]
            for actor in deciders
        )
    )
    written = AuditEntry.objects.filter(action="nik.perbaiki").count()
    if is_protected:
        assert written == 1
        [late] = [answer for answer in answers if not isinstance(answer, NikCorrection)]
        assert isinstance(late, Stale)
    else:
        assert written == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("meeting")
def test_one_number_is_given_to_one_of_two_people() -> None:
    """Two wishes for the same number confirmed at once: the unique index decides, the other is told."""
    admin, nik = staff(Role.ADMIN, "ID"), synthetic_nik(gender="P")
    people = [participant() for _ in range(2)]
    wishes = [ask(enrollment, enrollment.person.user, nik) for enrollment in people]
    answers = at_once(
        *(
            lambda pk=wish.pk: corrections.approve(  # type: ignore[misc]
                correction_id=pk, actor=User.objects.get(pk=admin.pk), at=now()
            )
            for wish in wishes
        )
    )
    assert Person.objects.with_nik(nik).count() == 1
    [late] = [answer for answer in answers if not isinstance(answer, NikCorrection)]
    assert isinstance(late, corrections.NikTaken)
    assert NikCorrection.objects.pending().count() == 1
