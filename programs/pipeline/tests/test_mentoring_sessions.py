"""Sessions: told, moved, written down once, confirmed or denied, in local days, private where they are."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.clock import local_day, now
from core.models import AuditEntry, OutboxMessage
from notifications import registry
from participants.erasure import erase_person
from participants.models import Enrollment, Stage, Status, StopReason
from participants.portability import load
from participants.refusals import NotYours, Refused
from participants.tests.factories import center_of, participant
from programs.mentoring import sessions
from programs.mentoring.facts import load_contact_facts
from programs.mentoring.models import MentoringSession, PlaceKind, SessionAnswer, SessionFile, SessionStatus
from programs.mentoring.tests.factories import agreed, answered, attached, planned, recorded
from programs.pipeline import moves

pytestmark = pytest.mark.django_db


class Pair:
    """A participant of a centre with coach and manager."""

    def __init__(self, center: str = "P31.74.07") -> None:
        place = center_of(center)
        self.coach = staff(Role.PENDAMPING, place.code, display_name="Ratna Dewi", is_demo=True)
        self.manager = staff(Role.PENGELOLA, place.code, display_name="Maya Kusuma", is_demo=True)
        self.one = participant(
            stage=Stage.PENDAMPINGAN, center=place, coach=self.coach, registered_at=now() - timedelta(days=40)
        )
        self.citizen = self.one.person.user
        self.work = f"/peserta/{self.one.person_id}/pendampingan/"

    def client(self, user: User) -> Client:
        client = Client()
        client.force_login(user, backend="accounts.backends.LoginBackend")
        return client

    def fresh(self) -> Enrollment:
        return Enrollment.objects.get(pk=self.one.pk)


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


@pytest.fixture
def pair() -> Pair:
    return Pair()


def told(kind: str) -> list[str]:
    """The users for whom messages of a kind are written, sorted."""
    rows = OutboxMessage.objects.filter(ids__kind=kind)
    return sorted(str(recipient) for recipient in rows.values_list("recipient_id", flat=True))


def test_a_planned_session_is_told_once_however_often_it_is_sent(pair: Pair) -> None:
    token = uuid4()
    first = planned(pair.one, pair.coach, submission_id=token)
    assert planned(pair.one, pair.coach, submission_id=token) == first
    assert MentoringSession.objects.count() == 1
    assert told("sesi_direncanakan") == [str(pair.citizen.pk)]
    with pytest.raises(Refused):
        planned(pair.one, pair.manager, submission_id=token)


def test_a_session_is_planned_ahead_and_by_who_accompanies(pair: Pair) -> None:
    with pytest.raises(Refused):
        planned(pair.one, pair.coach, starts_at=now() - timedelta(minutes=1))
    with pytest.raises(Refused):
        planned(pair.one, pair.coach, starts_at=now() + timedelta(days=91))
    for stranger in (staff(Role.PENDAMPING, "P73.71.01"), staff(Role.ADMIN, "ID"), pair.citizen):
        with pytest.raises(NotYours):
            planned(pair.one, stranger)
    assert MentoringSession.objects.count() == 0


def test_moving_tells_again_and_keeps_one_session(pair: Pair) -> None:
    session = planned(pair.one, pair.coach)
    to = now() + timedelta(days=5)
    sessions.move_session(
        session_id=session.pk, actor=pair.coach, place=sessions.Place(PlaceKind.DARING, link="https://x.id/a"),
        topic="Bahan", day=local_day(to, pair.one.zone), begins=to.time().replace(microsecond=0), at=now(),
    )  # fmt: skip
    session.refresh_from_db()
    assert (session.place_kind, session.link, session.topic) == ("daring", "https://x.id/a", "Bahan")
    assert session.is_planned
    assert told("sesi_pindah") == [str(pair.citizen.pk)]
    assert AuditEntry.objects.filter(action="sesi.pindah", object_id=str(session.pk)).exists()


def test_only_another_time_or_place_is_told(pair: Pair) -> None:
    session = planned(
        pair.one, pair.coach, starts_at=(now() + timedelta(days=2)).replace(second=0, microsecond=0)
    )
    client, address = pair.client(pair.coach), f"/pertemuan/{session.pk}/pindah/"
    sent = {
        "submission_id": str(uuid4()), "day": f"{session.day:%d/%m/%Y}", "begins": session.clock[:5],
        "place_kind": "kunjungan", "where": "Jl. Melati 2", "topic": "Bahan",
    }  # fmt: skip
    page = client.post(address, sent, follow=True).content.decode()
    session.refresh_from_db()
    assert session.topic == "Bahan" and told("sesi_pindah") == []
    assert "Pertemuan diubah." in page and "Peserta diberi tahu" not in page
    page = client.post(address, sent | {"where": "Jl. Mawar 1"}, follow=True).content.decode()
    assert "Peserta diberi tahu" in page and told("sesi_pindah") == [str(pair.citizen.pk)]


def test_what_is_called_off_is_not_said_to_be_over(pair: Pair) -> None:
    session = planned(pair.one, pair.coach, topic="Kata topik")
    sessions.cancel_session(session_id=session.pk, actor=pair.coach, reason="Banjir", at=now())
    for client, address in (
        (pair.client(pair.citizen), "/saya/pertemuan/"),
        (pair.client(pair.coach), pair.work),
    ):
        answer = client.get(address)
        page = answer.content.decode()
        assert not answer.context["over"] and 'id="dibatalkan"' in page and "Banjir" in page
        assert "Belum ada pertemuan</" not in page
    dinas = pair.client(staff(Role.DINAS, "31", is_demo=True)).get(pair.work).content.decode()
    assert "Banjir" not in dinas and "Kata topik" not in dinas
    with time_machine.travel(now() + timedelta(days=3)):
        answer = pair.client(pair.citizen).get("/saya/pertemuan/")
        assert not answer.context["called_off"] and answer.context["over"]


def test_a_wrong_record_is_put_right_with_a_reason(pair: Pair) -> None:
    session = recorded(pair.one, pair.coach, came=False)
    assert told("sesi_tidak_datang") == [str(pair.citizen.pk)]
    assert "Keliru?" in pair.client(pair.citizen).get("/saya/pertemuan/").content.decode()
    client, address = pair.client(pair.coach), f"/pertemuan/{session.pk}/catat/"
    assert address in client.get(pair.work).content.decode()
    page = client.get(address)
    assert "Perbaiki catatan pertemuan" in page.content.decode()
    assert page.context["form"]["came"].value() == SessionStatus.TIDAK_DATANG
    sent = {
        "submission_id": str(uuid4()), "came": "terlaksana", "day": f"{session.day:%d/%m/%Y}",
        "begins": session.clock[:5], "place_kind": "pusat", "topic": "Harga jual", "done": "Menghitung.",
    }  # fmt: skip
    refused = client.post(address, sent)
    assert refused.status_code == 422 and "sudah dicatat" in refused.content.decode()
    for _ in range(2):
        assert client.post(address, sent | {"reason": "Salah tekan"}).status_code == 303
    session.refresh_from_db()
    assert session.is_held and session.waits_for_answer and session.done == "Menghitung."
    assert MentoringSession.objects.count() == 1
    assert AuditEntry.objects.get(action="sesi.koreksi").reason == "Salah tekan"
    assert told("sesi_dicatat") == [str(pair.citizen.pk)]
    # A no is asked again after the record was put right; a yes closes it.
    answered(session, happened=False)
    again = sent | {"submission_id": str(uuid4()), "done": "Membuat daftar.", "reason": "Salah orang"}
    assert client.post(address, again).status_code == 303
    session.refresh_from_db()
    assert session.waits_for_answer and session.answer_note == ""
    answered(session)
    last = client.post(address, again | {"submission_id": str(uuid4())})
    assert last.status_code == 422 and "membenarkan" in last.content.decode()
    assert address not in client.get(pair.work).content.decode()


def test_who_is_to_come_knows_where(pair: Pair) -> None:
    client, address = pair.client(pair.coach), f"/peserta/{pair.one.person_id}/pertemuan/rencanakan/"
    day = local_day(now(), pair.one.zone) + timedelta(days=3)
    sent = {"day": f"{day:%d/%m/%Y}", "begins": "09.00", "topic": "Harga"}
    for kind, where, status in (
        ("daring", "", 422), ("daring", "Rumah", 422), ("kunjungan", "", 422),
        ("kunjungan", "https://x.id/a", 422), ("kunjungan", "Jl. Melati 2", 303), ("telepon", "", 303),
    ):  # fmt: skip
        values = sent | {"submission_id": str(uuid4()), "place_kind": kind, "where": where}
        assert client.post(address, values).status_code == status, (kind, where)


def test_two_people_at_the_same_hour_are_warned_of(pair: Pair) -> None:
    other = participant(stage=Stage.PENDAMPINGAN, center=pair.one.center, coach=pair.coach)
    there = sessions.instant(local_day(now(), pair.one.zone) + timedelta(days=3), time(9), pair.one.zone)
    planned(other, pair.coach, starts_at=there)
    client, address = pair.client(pair.coach), f"/peserta/{pair.one.person_id}/pertemuan/rencanakan/"
    name = other.person.full_name.split()[0]
    day = local_day(there, pair.one.zone)
    for begins, is_warned in (("09.30", True), ("11.00", False)):
        sent = {
            "submission_id": str(uuid4()), "day": f"{day:%d/%m/%Y}", "begins": begins,
            "place_kind": "pusat", "topic": "Harga",
        }  # fmt: skip
        page = client.post(address, sent, follow=True).content.decode()
        assert (f"Bertemu {name}" in page) is is_warned, begins
        assert "Janji bertemu tersimpan" in page


def test_cancelling_says_why_and_what_is_written_down_stays(pair: Pair) -> None:
    session = planned(pair.one, pair.coach)
    for _ in range(2):
        sessions.cancel_session(session_id=session.pk, actor=pair.coach, reason="Banjir", at=now())
    session.refresh_from_db()
    assert (session.status, session.reason) == (SessionStatus.BATAL, "Banjir")
    assert told("sesi_batal") == [str(pair.citizen.pk)]
    held = recorded(pair.one, pair.coach)
    with pytest.raises(Refused):
        sessions.cancel_session(session_id=held.pk, actor=pair.coach, reason="Keliru", at=now())


def test_a_session_is_written_down_once_and_counts_as_heard_from(pair: Pair) -> None:
    Enrollment.objects.filter(pk=pair.one.pk).update(last_activity_at=now() - timedelta(days=18))
    session, token = planned(pair.one, pair.coach), uuid4()
    with time_machine.travel(now() + timedelta(days=2, hours=3)):
        sent = {
            "session": session, "submission_id": token, "agreed": "mencoba harga baru",
            "starts_at": now() - timedelta(hours=1),
        }  # fmt: skip
        first = recorded(pair.one, pair.coach, **sent)
        assert recorded(pair.one, pair.coach, **sent) == first
        with pytest.raises(Refused, match="isi lain"):
            recorded(pair.one, pair.coach, **(sent | {"agreed": "mencoba lagi"}))
        with pytest.raises(Refused):
            recorded(pair.one, pair.coach, session=session)
        assert MentoringSession.objects.count() == 1
        assert first.is_held and first.next_on is not None and first.next_on > first.day
        assert pair.fresh().last_activity_at == first.starts_at
        assert told("sesi_dicatat") == [str(pair.citizen.pk)]
        facts = load_contact_facts([pair.fresh()])[pair.one.pk]
        assert facts.agreed == "mencoba harga baru"
        assert facts.last == first
        assert facts.next_on == first.next_on
        assert facts.session is None


def test_who_did_not_come_was_tried_and_not_heard(pair: Pair) -> None:
    before = pair.fresh().last_activity_at
    session = recorded(pair.one, pair.coach, came=False)
    assert session.status == SessionStatus.TIDAK_DATANG
    assert pair.fresh().last_activity_at == before
    assert told("sesi_dicatat") == []
    facts = load_contact_facts([pair.fresh()])[pair.one.pk]
    assert facts.tried_on == (session.day,)
    assert not facts.is_agreed


def test_three_days_of_not_coming_are_three_tries(pair: Pair) -> None:
    Enrollment.objects.filter(pk=pair.one.pk).update(last_activity_at=now() - timedelta(days=18))
    for days in (9, 6, 3):
        recorded(pair.one, pair.coach, came=False, starts_at=now() - timedelta(days=days))
    assert load_contact_facts([pair.fresh()])[pair.one.pk].is_given_up


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (timedelta(minutes=5), "masih di depan"),
        (timedelta(days=-31), "paling lama 30 hari"),
    ],
)
def test_only_what_has_been_lately_is_written_down(pair: Pair, at: timedelta, words: str) -> None:
    with pytest.raises(Refused, match=words):
        recorded(pair.one, pair.coach, starts_at=now() + at)


@pytest.mark.parametrize(
    ("center", "label", "hours"), [("P31.74.07", "WIB", 7), ("P73.71.01", "WITA", 8), ("P91.71.01", "WIT", 9)]
)
def test_days_are_those_of_the_centre_around_midnight(center: str, label: str, hours: int) -> None:
    """Half past eleven at night and half past midnight, whatever day that is in UTC."""
    midnight = datetime(2026, 12, 2, tzinfo=UTC) - timedelta(hours=hours)
    with time_machine.travel(midnight + timedelta(hours=1)):
        pair = Pair(center)
        late = recorded(pair.one, pair.coach, starts_at=midnight - timedelta(minutes=30))
        early = recorded(pair.one, pair.coach, starts_at=midnight + timedelta(minutes=30))
        assert (late.day.day, late.clock) == (1, f"23.30 {label}")
        assert (early.day.day, early.clock) == (2, f"00.30 {label}")
        assert late.starts_at == midnight - timedelta(minutes=30)
        assert early.recorded_on is not None and early.recorded_on.day == 2
        soon = planned(pair.one, pair.coach, starts_at=midnight + timedelta(hours=23, minutes=59))
        assert (soon.day.day, soon.clock) == (2, f"23.59 {label}")


def test_the_participant_confirms_with_one_tap(pair: Pair) -> None:
    session = recorded(pair.one, pair.coach)
    client = pair.client(pair.citizen)
    page = client.get("/saya/").content.decode()
    assert "Benarkah Anda bertemu Ratna Dewi?" in page
    answer = client.post(f"/saya/pertemuan/{session.pk}/benar/")
    assert (answer.status_code, answer["Location"]) == (303, "/saya/")
    session.refresh_from_db()
    assert session.is_confirmed
    assert "Benarkah Anda bertemu" not in client.get("/saya/").content.decode()
    client.post(f"/saya/pertemuan/{session.pk}/tidak/", {"words": "Ternyata tidak"})
    session.refresh_from_db()
    assert session.answer == SessionAnswer.TERJADI


def test_the_participant_denies_in_words_and_staff_are_told(pair: Pair) -> None:
    session = recorded(pair.one, pair.coach)
    client = pair.client(pair.citizen)
    address = f"/saya/pertemuan/{session.pk}/tidak/"
    assert client.post(address, {"words": " "}).status_code == 422
    assert client.post(address, {"words": "Saya menunggu di rumah."}).status_code == 303
    session.refresh_from_db()
    assert session.is_denied and session.is_held
    assert told("sesi_dibantah") == sorted([str(pair.coach.pk), str(pair.manager.pk)])
    for who in (pair.coach, pair.manager):
        assert "Saya menunggu di rumah." in pair.client(who).get(pair.work).content.decode()
    person = pair.client(pair.coach).get(f"/peserta/{pair.one.person_id}/").content.decode()
    assert "Pertemuan dibantah peserta." in person
    # The coach takes the record back; it is then no contact and counts nowhere.
    pair.client(pair.coach).post(f"/pertemuan/{session.pk}/batal/", {"reason": "Salah orang"})
    session.refresh_from_db()
    assert session.status == SessionStatus.BATAL


def test_a_no_may_become_a_yes(pair: Pair) -> None:
    session = recorded(pair.one, pair.coach)
    answered(session, happened=False)
    answered(session)
    session.refresh_from_db()
    assert session.is_confirmed and session.answer_note == ""


def test_a_no_after_a_yes_is_not_said_to_be_read(pair: Pair) -> None:
    session = recorded(pair.one, pair.coach)
    client = pair.client(pair.citizen)
    deny = f"/saya/pertemuan/{session.pk}/tidak/"
    assert client.post(deny, {"words": "Saya menunggu."}).status_code == 303
    page = client.post(deny, {"words": "Saya menunggu di rumah."}, follow=True).content.decode()
    session.refresh_from_db()
    assert session.answer_note == "Saya menunggu di rumah." and "membaca jawaban Anda" in page
    answered(session)
    page = client.post(deny, {"words": "Tidak jadi."}, follow=True).content.decode()
    session.refresh_from_db()
    assert session.is_confirmed and session.answer_note == ""
    assert "membaca jawaban Anda" not in page and "sudah membenarkan" in page


def test_only_the_participant_answers(pair: Pair) -> None:
    session = recorded(pair.one, pair.coach)
    with pytest.raises(NotYours):
        sessions.answer_session(session_id=session.pk, actor=pair.coach, happened=True, at=now())
    other = participant(stage=Stage.PENDAMPINGAN)
    answer = pair.client(other.person.user).post(f"/saya/pertemuan/{session.pk}/benar/")
    assert answer.status_code == 404


def test_private_notes_are_for_coach_and_manager_alone(pair: Pair) -> None:
    recorded(pair.one, pair.coach, done="Kata bersama", private_note="Kata rahasia")
    admin, dinas = staff(Role.ADMIN, "ID", is_demo=True), staff(Role.DINAS, "31", is_demo=True)
    person = f"/peserta/{pair.one.person_id}/"
    for who, reads, reads_private in (
        (pair.coach, True, True), (pair.manager, True, True), (admin, True, False), (dinas, False, False),
    ):  # fmt: skip
        pages = "".join(pair.client(who).get(path).content.decode() for path in (pair.work, person))
        assert ("Kata bersama" in pages, "Kata rahasia" in pages) == (reads, reads_private), who.roles()
        assert ("Harga jual" in pages) == reads
    client = pair.client(pair.citizen)
    own = "".join(client.get(path).content.decode() for path in ("/saya/", "/saya/pertemuan/"))
    assert "Kata bersama" in own and "Kata rahasia" not in own
    held = json.dumps(load(pair.one.person, at=now()), default=str)
    assert "Kata bersama" in held and "Kata rahasia" not in held


def test_the_queue_sends_once_and_is_told_why_not(pair: Pair) -> None:
    client, token = pair.client(pair.coach), str(uuid4())
    day = local_day(now(), pair.one.zone)
    sent = {
        "submission_id": token, "came": "terlaksana", "day": f"{day - timedelta(days=1):%d/%m/%Y}",
        "begins": "09.00", "place_kind": "pusat", "topic": "Harga", "done": "Menghitung.",
    }  # fmt: skip
    headers = {"X-Author": str(pair.coach.pk)}
    address = f"/peserta/{pair.one.person_id}/pertemuan/catat/"
    for _ in range(3):
        answer = client.post(address, sent, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"next": pair.work})
    assert MentoringSession.objects.count() == 1
    refused = client.post(address, sent | {"submission_id": str(uuid4()), "done": ""}, headers=headers)
    assert refused.status_code == 422
    assert refused.json()["reasons"] == ["Apa yang dikerjakan?: Tulis singkat apa yang dikerjakan."]
    foreign = client.post(address, sent, headers={"X-Author": str(pair.manager.pk)})
    assert foreign.status_code == 409


def test_a_page_records_a_planned_session(pair: Pair) -> None:
    session = planned(pair.one, pair.coach)
    client = pair.client(pair.coach)
    with time_machine.travel(now() + timedelta(days=2, hours=1)):
        client = pair.client(pair.coach)
        address = f"/pertemuan/{session.pk}/catat/"
        page = client.get(address).content.decode()
        assert "Harga jual" in page and session.clock[:5] in page
        answer = client.post(
            address,
            {
                "submission_id": str(uuid4()), "came": "tidak_datang", "day": f"{session.day:%d/%m/%Y}",
                "begins": session.clock[:5], "place_kind": "kunjungan", "topic": "Harga jual",
                "private_note": "HP mati.",
            },
        )  # fmt: skip
        assert answer.status_code == 303
    session.refresh_from_db()
    assert (session.status, session.private_note, session.done) == ("tidak_datang", "HP mati.", "")


def test_a_link_is_taken_apart_from_an_address(pair: Pair) -> None:
    client = pair.client(pair.coach)
    day = local_day(now(), pair.one.zone) + timedelta(days=3)
    sent = {
        "day": f"{day:%d/%m/%Y}", "begins": "09.00", "place_kind": "daring", "topic": "Harga",
        "where": "https://meet.example.com/abc-1234-567-8901",
    }  # fmt: skip
    address = f"/peserta/{pair.one.person_id}/pertemuan/rencanakan/"
    assert client.post(address, sent | {"submission_id": str(uuid4())}).status_code == 303
    made = MentoringSession.objects.get()
    assert (made.link, made.place) == ("https://meet.example.com/abc-1234-567-8901", "")
    for where in ("javascript:alert(1) https://x", "https://x.id/\u202e", "Rumah 0812-0000-12345"):
        answer = client.post(address, sent | {"submission_id": str(uuid4()), "where": where})
        assert (answer.status_code == 422) or "javascript" in where
    assert not MentoringSession.objects.filter(link__startswith="javascript").exists()


def test_files_are_for_the_participant_and_those_around_them(pair: Pair) -> None:
    session = recorded(pair.one, pair.coach)
    one = attached(session, pair.coach)
    address = f"/pertemuan/lampiran/{one.pk}/"
    for who in (pair.citizen, pair.coach, pair.manager):
        assert pair.client(who).get(address).status_code == 200
    other = participant(stage=Stage.PENDAMPINGAN).person.user
    assert pair.client(other).get(address).status_code == 404
    dinas = staff(Role.DINAS, "31", is_demo=True)
    assert pair.client(dinas).get(address).status_code == 403
    for _ in range(sessions.MOST_FILES - 1):
        attached(session, pair.coach)
    with pytest.raises(Refused):
        attached(session, pair.coach)


def test_stopping_cancels_what_is_planned(pair: Pair) -> None:
    session = planned(pair.one, pair.coach)
    moves.stop(
        enrollment_id=pair.one.pk, actor=pair.manager, version=pair.fresh().version, why=StopReason.PINDAH,
        reason="", at=now(),
    )  # fmt: skip
    session.refresh_from_db()
    assert session.status == SessionStatus.BATAL
    assert pair.fresh().status == Status.BERHENTI
    with pytest.raises(Refused):
        planned(pair.one, pair.coach)


def test_erasing_takes_the_words_and_the_files(pair: Pair) -> None:
    held = recorded(pair.one, pair.coach, private_note="KATA1", done="KATA2", agreed="KATA3")
    answered(held, happened=False)
    attached(held, pair.coach, title="KATA4")
    coming = planned(pair.one, pair.coach, topic="KATA5", place="KATA6")
    agreed(pair.one, pair.coach, goal="KATA7", texts=("KATA8",))
    assert erase_person(person_id=pair.one.person_id, actor=pair.manager, reason="Uji", at=now())
    rows = MentoringSession.objects.filter(enrollment=pair.one)
    assert "KATA" not in json.dumps(list(rows.values()), default=str)
    assert rows.get(pk=coming.pk).status == SessionStatus.BATAL
    assert rows.get(pk=held.pk).is_held
    assert SessionFile.objects.count() == 0
    plan = pair.one.action_plans.get()
    assert plan.is_agreed and "KATA" not in plan.goal and plan.steps.count() == 0


@pytest.mark.parametrize(
    "kind", ["sesi_direncanakan", "sesi_pindah", "sesi_batal", "sesi_dicatat", "sesi_dibantah"]
)
def test_every_message_finds_its_words(pair: Pair, kind: str) -> None:
    session = recorded(pair.one, pair.coach)
    found = registry.get(kind)
    (values,) = found.context([{"session": str(session.pk)}])
    assert values is not None
    text = f"{found.title} {found.body} {found.url}".format(**values)
    assert session.topic in text or pair.one.person.full_name in text or "Ratna Dewi" in text
