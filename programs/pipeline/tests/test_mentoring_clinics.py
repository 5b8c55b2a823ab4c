"""Klinik wirausaha: one booking an hour, one a day, numbers in a row, what came of it, who may see it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from accounts.tests.factories import staff
from core.clock import local_day, now
from core.models import AuditEntry, OutboxMessage
from notifications import registry
from participants.erasure import erase_person
from participants.models import Enrollment, Stage, Status, StopReason
from participants.portability import load
from participants.refusals import NotYours, Refused
from participants.tests.factories import center_of, participant
from programs.mentoring import clinics, reminding
from programs.mentoring.models import Clinic, ClinicSlot, ClinicVisit, NextStep, VisitStatus
from programs.mentoring.tests.factories import booked, opened, walked_in
from programs.pipeline import moves

from .test_mentoring_sessions import Pair, told

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


class Desk(Pair):
    """The pair with a clinic tomorrow (three turns), another participant, and the hours of that day."""

    def __init__(self, center: str = "P31.74.07") -> None:
        super().__init__(center)
        self.place = self.one.center
        self.clinic = opened(self.place, self.manager, self.coach)
        self.two = participant(stage=Stage.PELATIHAN, center=self.place)
        self.during = self.clinic.starts_at + MINUTE

    def taken(self) -> list[bool]:
        return list(self.clinic.slots.order_by("starts_at").values_list("is_taken", flat=True))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_manager_opens_hours_in_whole_turns(desk: Desk) -> None:
    clinic = opened(desk.place, desk.manager, desk.coach, begins=time(13), ends=time(14, 10), minutes=30)
    slots = list(clinic.slots.order_by("starts_at"))
    assert [slot.starts_at - clinic.starts_at for slot in slots] == [timedelta(0), timedelta(minutes=30)]
    assert clinic.hours == "13.00–14.10 WIB" and clinic.coach_names == "Ratna Dewi"
    assert AuditEntry.objects.filter(action="klinik.buka", object_id=str(clinic.pk)).exists()
    for wrong in (
        {"day": local_day(now()) - timedelta(days=1)},
        {"day": local_day(now()) + timedelta(days=91)},
        {"begins": time(9), "ends": time(9, 10)},
        {"begins": time(0), "ends": time(23), "minutes": 10},
    ):
        with pytest.raises(Refused):
            opened(desk.place, desk.manager, desk.coach, **wrong)  # type: ignore[arg-type]
    for stranger in (desk.coach, staff(Role.PENGELOLA, "P73.71.01"), staff(Role.ADMIN, "ID"), desk.citizen):
        with pytest.raises(NotYours):
            opened(desk.place, stranger, desk.coach)


def test_an_hour_is_booked_once_however_often_it_is_sent(desk: Desk) -> None:
    visit = booked(desk.one, desk.clinic)
    assert booked(desk.one, desk.clinic) == visit
    assert desk.taken() == [True, False, False]
    assert told("klinik_dipesan") == [str(desk.citizen.pk)]
    with pytest.raises(Refused, match="baru saja dipesan"):
        booked(desk.two, desk.clinic)
    assert ClinicVisit.objects.count() == 1


def test_a_person_has_one_appointment_a_day(desk: Desk) -> None:
    booked(desk.one, desk.clinic)
    with pytest.raises(Refused, match=r"sudah punya janji klinik hari itu: 09\.00 WIB"):
        booked(desk.one, desk.clinic, turn=1)
    second = opened(desk.place, desk.manager, desk.coach, begins=time(14), ends=time(15))
    with pytest.raises(Refused):
        booked(desk.one, second)
    later = opened(desk.place, desk.manager, desk.coach, day=desk.clinic.day + timedelta(days=1))
    booked(desk.one, later)
    assert desk.taken() == [True, False, False]


def test_the_database_itself_refuses_two_in_one_hour_and_two_a_day(desk: Desk) -> None:
    visit = booked(desk.one, desk.clinic)
    free = desk.clinic.slots.filter(is_taken=False).first()
    for fields in (
        {"enrollment": desk.two, "slot": visit.slot},
        {"enrollment": desk.one, "slot": free},
        {"enrollment": None, "slot": free},
        {"enrollment": desk.two, "slot": None},
        {"enrollment": desk.two, "slot": free, "status": VisitStatus.SELESAI, "recorded_at": now()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            ClinicVisit.objects.create(clinic=desk.clinic, day=desk.clinic.day, **fields)


def test_giving_it_up_frees_the_hour(desk: Desk) -> None:
    visit = booked(desk.one, desk.clinic)
    clinics.cancel_visit(visit_id=visit.pk, actor=desk.citizen, at=now())
    assert desk.taken() == [False, False, False]
    assert told("klinik_janji_batal") == [], "who gives up knows"
    booked(desk.two, desk.clinic)
    booked(desk.one, desk.clinic, turn=2)
    assert desk.taken() == [True, False, True]


def test_the_desk_takes_an_appointment_away_and_tells(desk: Desk) -> None:
    visit = booked(desk.one, desk.clinic)
    for stranger in (staff(Role.PENDAMPING, "P73.71.01"), desk.two.person.user, staff(Role.ADMIN, "ID")):
        with pytest.raises(NotYours):
            clinics.cancel_visit(visit_id=visit.pk, actor=stranger, at=now())
    clinics.cancel_visit(visit_id=visit.pk, actor=desk.coach, at=now())
    clinics.cancel_visit(visit_id=visit.pk, actor=desk.coach, at=now())
    assert desk.taken()[0] is False
    assert told("klinik_janji_batal") == [str(desk.citizen.pk)]
    assert AuditEntry.objects.filter(action="klinik.batal_janji").count() == 1


def test_only_people_of_the_centre_book_and_only_hours_to_come(desk: Desk) -> None:
    elsewhere = participant(stage=Stage.PELATIHAN, center=center_of("P73.71.01"))
    with pytest.raises(NotYours):
        booked(elsewhere, desk.clinic)
    slot = desk.clinic.slots.first()
    assert slot is not None
    with pytest.raises(NotYours):
        clinics.book(
            enrollment_id=desk.one.pk, slot_id=slot.pk, actor=desk.coach, topic="Untuk dia", at=now()
        )
    with pytest.raises(Refused, match="sudah lewat"):
        booked(desk.one, desk.clinic, at=desk.clinic.starts_at)
    assert ClinicVisit.objects.count() == 0


def test_numbers_run_on_from_one_in_every_clinic(desk: Desk) -> None:
    token = uuid4()
    first = walked_in(desk.clinic, desk.coach, at=desk.during)
    twice = [
        clinics.give_number(
            clinic_id=desk.clinic.pk, enrollment_id=None, actor=desk.coach, submission_id=token,
            topic="Modal", at=desk.during,
        ).pk
        for _ in range(2)
    ]  # fmt: skip
    third = walked_in(desk.clinic, desk.manager, desk.two, at=desk.during)
    assert (first.number, third.number) == (1, 3) and twice[0] == twice[1]
    assert third.is_here and third.who == desk.two.person.full_name and first.who == "Pengunjung"
    with pytest.raises(Refused, match="sudah tercatat hari ini: nomor 3"):
        walked_in(desk.clinic, desk.coach, desk.two, at=desk.during)
    with pytest.raises(Refused, match="di hari kliniknya"):
        walked_in(desk.clinic, desk.coach, at=desk.clinic.starts_at - timedelta(days=1))
    other = opened(desk.place, desk.manager, desk.coach, begins=time(14), ends=time(15))
    assert walked_in(other, desk.coach, at=desk.during).number == 1
    with pytest.raises(NotYours):
        walked_in(desk.clinic, staff(Role.PENGELOLA, "P73.71.01"), at=desk.during)


def test_who_has_an_hour_is_called_first_then_the_numbers(desk: Desk) -> None:
    visit = booked(desk.one, desk.clinic, turn=1)
    number = walked_in(desk.clinic, desk.coach, at=desk.during)
    clinics.arrive(visit_id=visit.pk, actor=desk.coach, at=desk.during)

    def called() -> Any:
        return clinics.call_next(clinic_id=desk.clinic.pk, actor=desk.coach, at=desk.during).pk

    assert called() == visit.pk
    with pytest.raises(Refused, match="Semua meja"):
        called()
    clinics.finish(
        visit_id=visit.pk, actor=desk.coach, outcome="Harga dihitung ulang.", next_step=NextStep.KELAS,
        at=desk.during,
    )  # fmt: skip
    assert called() == number.pk
    clinics.miss(visit_id=number.pk, actor=desk.coach, at=desk.during)
    with pytest.raises(Refused, match="Belum ada yang menunggu"):
        called()


def test_what_came_of_it_is_told_and_counts_as_heard_from(desk: Desk) -> None:
    visit = booked(desk.one, desk.clinic)
    with pytest.raises(Refused, match="dicatat di hari kliniknya"):
        clinics.arrive(visit_id=visit.pk, actor=desk.coach, at=now())
    with pytest.raises(Refused, match="untuk yang hadir"):
        clinics.finish(
            visit_id=visit.pk, actor=desk.coach, outcome="x", next_step=NextStep.CUKUP, at=desk.during
        )
    clinics.arrive(visit_id=visit.pk, actor=desk.coach, at=desk.during)
    done = clinics.finish(
        visit_id=visit.pk, actor=desk.coach, outcome="Siap mengurus NIB.", next_step=NextStep.IZIN,
        at=desk.during,
    )  # fmt: skip
    assert (done.status, done.next_path) == (VisitStatus.SELESAI, "/saya/")
    with pytest.raises(Refused, match="tidak disimpan"):
        clinics.finish(
            visit_id=visit.pk, actor=desk.manager, outcome="Lain.", next_step=NextStep.CUKUP, at=desk.during
        )
    assert desk.fresh().last_activity_at == desk.during
    assert told("klinik_selesai") == [str(desk.citizen.pk)]
    with pytest.raises(Refused):
        clinics.cancel_visit(visit_id=visit.pk, actor=desk.citizen, at=desk.during)
    assert desk.taken()[0] is True, "an hour that was used is not given away"


def test_who_does_not_come_is_noted_after_the_hour(desk: Desk) -> None:
    visit = booked(desk.one, desk.clinic)
    with pytest.raises(Refused, match="belum tiba"):
        clinics.miss(visit_id=visit.pk, actor=desk.coach, at=desk.clinic.starts_at - MINUTE)
    missed = clinics.miss(visit_id=visit.pk, actor=desk.coach, at=desk.during)
    assert missed.status == VisitStatus.TIDAK_DATANG
    assert desk.fresh().last_activity_at < desk.during, "nothing was heard"
    with pytest.raises(Refused):
        clinics.arrive(visit_id=visit.pk, actor=desk.coach, at=desk.during)


def test_a_clinic_called_off_tells_everybody(desk: Desk) -> None:
    second = staff(Role.PENDAMPING, desk.place.code, is_demo=True)
    desk.clinic.coaches.add(second)
    booked(desk.one, desk.clinic)
    booked(desk.two, desk.clinic, turn=1)
    with pytest.raises(NotYours):
        clinics.cancel_clinic(clinic_id=desk.clinic.pk, actor=desk.coach, reason="Sakit", at=now())
    for _ in range(2):
        clinics.cancel_clinic(clinic_id=desk.clinic.pk, actor=desk.manager, reason="Sakit", at=now())
    assert told("klinik_batal") == sorted([str(desk.citizen.pk), str(desk.two.person.user_id)])
    assert told("klinik_batal_petugas") == sorted([str(desk.coach.pk), str(second.pk)])
    assert set(ClinicVisit.objects.values_list("status", flat=True)) == {"batal"}
    third = participant(stage=Stage.PELATIHAN, center=desk.place)
    with pytest.raises(Refused, match="dibatalkan: Sakit"):
        booked(third, desk.clinic, turn=2)


def test_it_is_reminded_of_the_day_before(desk: Desk) -> None:
    booked(desk.one, desk.clinic)
    with time_machine.travel(desk.clinic.starts_at - timedelta(hours=1), tick=False):
        assert reminding.remind_everywhere(at=now()) == 1
        assert reminding.remind_everywhere(at=now()) == 1
    assert told("klinik_ingat") == [str(desk.citizen.pk)]


def test_whoever_stops_gives_the_hour_back(desk: Desk) -> None:
    booked(desk.one, desk.clinic)
    moves.stop(
        enrollment_id=desk.one.pk, actor=desk.manager, version=desk.fresh().version, why=StopReason.PINDAH,
        reason="", at=now(),
    )  # fmt: skip
    assert desk.taken()[0] is False
    assert Enrollment.objects.get(pk=desk.one.pk).status == Status.BERHENTI
    assert ClinicVisit.objects.get().status == VisitStatus.BATAL


def test_erasing_takes_the_words_and_frees_the_hour(desk: Desk) -> None:
    past = booked(desk.one, desk.clinic, topic="KATA1")
    clinics.arrive(visit_id=past.pk, actor=desk.coach, at=desk.during)
    clinics.finish(
        visit_id=past.pk, actor=desk.coach, outcome="KATA2", next_step=NextStep.CUKUP, at=desk.during
    )
    later = opened(desk.place, desk.manager, desk.coach, day=desk.clinic.day + timedelta(days=1))
    booked(desk.one, later, topic="KATA3")
    held = json.dumps(load(desk.one.person, at=now()), default=str)
    assert "KATA1" in held and "KATA2" in held and "KATA3" in held
    assert erase_person(person_id=desk.one.person_id, actor=desk.manager, reason="Uji", at=now())
    rows = list(ClinicVisit.objects.values())
    assert "KATA" not in json.dumps(rows, default=str)
    assert sorted(row["status"] for row in rows) == ["batal", "selesai"]
    assert not ClinicSlot.objects.filter(clinic=later, is_taken=True).exists()
    assert ClinicVisit.objects.visible_to(desk.manager).count() == 0


@pytest.mark.parametrize(
    "kind", ["klinik_dipesan", "klinik_batal", "klinik_janji_batal", "klinik_selesai", "klinik_ingat"]
)
def test_every_message_finds_its_words(desk: Desk, kind: str) -> None:
    visit = booked(desk.one, desk.clinic)
    Clinic.objects.update(reason="Alasan")
    ClinicVisit.objects.update(outcome="Alasan", next_step=NextStep.CUKUP)
    found = registry.get(kind)
    (values,) = found.context([{"visit": str(visit.pk), "day": str(visit.day)}])
    assert values is not None
    text = found.render(values)
    assert "09.00 WIB" in f"{text.title} {text.body}" or "Alasan" in text.body
    assert text.url == "/klinik/"


def test_the_coaches_message_leads_to_the_desk(desk: Desk) -> None:
    found = registry.get("klinik_batal_petugas")
    known, gone = found.context([{"clinic": str(desk.clinic.pk)}, {"clinic": str(uuid4())}])
    assert gone is None and known is not None
    assert found.render(known).url == f"/klinik/meja/{desk.clinic.pk}/"


# Pages -----------------------------------------------------------------------------------------------------


def form_of(client: Client, address: str, **values: Any) -> dict[str, Any]:
    """What a form holds when it is opened, with some of it filled in."""
    form = client.get(address).context["form"]
    return {"submission_id": form["submission_id"].value(), **values}


def test_a_participant_books_sees_and_gives_up_on_the_pages(desk: Desk) -> None:
    own = desk.client(desk.citizen)
    page = own.get("/klinik/").content.decode()
    assert "3 jam kosong" in page and "Izin dan harga" in page and "Ratna Dewi" in page
    address = f"/klinik/{desk.clinic.pk}/"
    slots = [slot for slot, _label in own.get(address).context["form"].fields["slot"].choices]
    assert own.post(address, {"slot": slots[0]}).status_code == 422
    assert own.post(address, {"topic": "Harga"}).status_code == 422
    assert own.post(address, {"slot": "999999999", "topic": "Harga"}).status_code == 422
    assert own.post(address, {"slot": slots[1], "topic": "Harga kue"}).status_code == 303
    assert own.post(address, {"slot": slots[1], "topic": "Harga kue"}).status_code == 303, "sent twice"
    visit = ClinicVisit.objects.get()
    page = own.get("/klinik/").content.decode()
    assert "09.20 WIB" in page and "Anda punya janji" in page and desk.taken() == [False, True, False]
    file = own.get(f"/klinik/janji/{visit.pk}.ics")
    text = file.content.decode()
    assert file["Content-Type"].startswith("text/calendar") and "STATUS:CONFIRMED" in text
    assert f"DTSTART:{visit.slot.starts_at.astimezone(UTC):%Y%m%dT%H%M%SZ}" in text  # type: ignore[union-attr]
    stranger = desk.client(desk.two.person.user)
    for path in (f"/klinik/janji/{visit.pk}.ics", f"/klinik/janji/{visit.pk}/batal/"):
        assert stranger.get(path).status_code == 404
    late = stranger.post(address, {"slot": slots[1], "topic": "Harga"})
    assert late.status_code == 422 and "baru saja dipesan orang lain" in late.content.decode()
    assert own.post(f"/klinik/janji/{visit.pk}/batal/").status_code == 303
    assert "3 jam kosong" in own.get("/klinik/").content.decode()


def test_the_desk_runs_a_day_on_its_pages(desk: Desk) -> None:
    visit = booked(desk.one, desk.clinic)
    manager = desk.client(desk.manager)
    address = f"/klinik/meja/{desk.clinic.pk}/"
    page = manager.get(address).content.decode()
    assert desk.one.person.full_name in page and "Hadir" not in page, "not before the day"
    with time_machine.travel(desk.during, tick=False):
        coach = desk.client(desk.coach)
        assert coach.post(f"/klinik/kunjungan/{visit.pk}/hadir/").status_code == 303
        values = form_of(coach, f"{address}nomor/", number=desk.two.number.lower(), topic="Modal")
        assert coach.post(f"{address}nomor/", values).status_code == 303
        wrong = form_of(coach, f"{address}nomor/", number="OK-99-999999", topic="Modal")
        answer = coach.post(f"{address}nomor/", wrong)
        assert answer.status_code == 422 and "bukan nomor peserta aktif" in answer.content.decode()
        page = coach.get(address).content.decode()
        assert "nomor 1" in page and desk.two.person.full_name in page
        assert coach.post(f"{address}panggil/").status_code == 303
        assert "Sedang dilayani" in coach.get(address).content.decode()
        done = f"/klinik/kunjungan/{visit.pk}/selesai/"
        assert coach.post(done, {"outcome": "Sudah jelas"}).status_code == 422
        assert coach.post(done, {"outcome": "Sudah jelas.", "next_step": "kelas"}).status_code == 303
        assert coach.get(f"{address}batal/").status_code == 403
        own = desk.client(desk.citizen).get("/klinik/").content.decode()
        assert "Sudah jelas." in own and 'href="/pelatihan/"' in own
    assert "Sudah jelas." in OutboxTexts().of("klinik_selesai")


class OutboxTexts:
    """What a waiting message will say."""

    def of(self, kind: str) -> str:
        row = OutboxMessage.objects.get(ids__kind=kind)
        found = registry.get(kind)
        (values,) = found.context([row.ids])
        assert values is not None
        return found.render(values).body


def test_a_manager_opens_and_cancels_on_the_pages(desk: Desk) -> None:
    manager = desk.client(desk.manager)
    day = desk.clinic.day + timedelta(days=2)
    values = form_of(
        manager, "/klinik/meja/baru/", center=desk.place.pk, day=f"{day:%d/%m/%Y}", begins="08.30",
        ends="11.00", minutes="30", topics="Foto produk", place="Aula", link="", coaches=[str(desk.coach.pk)],
    )  # fmt: skip
    for wrong in (
        {"ends": "08.00"}, {"place": ""}, {"link": "http://a.id"}, {"coaches": [str(desk.manager.pk)]},
        {"coaches": []}, {"center": "P73.71.01"}, {"minutes": "7"}, {"day": "01/01/2020"},
        {"topics": "3174077105950000"},
    ):  # fmt: skip
        answer = manager.post("/klinik/meja/baru/", values | wrong)
        assert answer.status_code == 422, wrong
    for _ in range(2):
        answer = manager.post("/klinik/meja/baru/", values)
        assert answer.status_code == 303
    clinic = Clinic.objects.get(topics="Foto produk")
    assert answer["Location"] == f"/klinik/meja/{clinic.pk}/" and clinic.slots.count() == 5
    assert manager.post(f"/klinik/meja/{clinic.pk}/batal/", {}).status_code == 422
    assert manager.post(f"/klinik/meja/{clinic.pk}/batal/", {"reason": "Aula dipakai"}).status_code == 303
    assert "Aula dipakai" in manager.get(f"/klinik/meja/{clinic.pk}/").content.decode()
    assert "Foto produk" not in desk.client(desk.citizen).get("/klinik/").content.decode()


def test_no_act_asks_more_than_thirty_statements_however_many_come() -> None:
    desk = Desk()
    clinic = opened(desk.place, desk.manager, desk.coach, begins=time(6), ends=time(14), minutes=10)
    for turn in range(6):
        booked(participant(stage=Stage.PELATIHAN, center=desk.place), clinic, turn=turn)
    one, two = clinic.visits.order_by("slot__starts_at")[:2]
    own, coach, manager = desk.client(desk.citizen), desk.client(desk.coach), desk.client(desk.manager)
    free = clinic.slots.filter(is_taken=False).first()
    assert free is not None

    def cost(client: Client, path: str, **values: Any) -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.post(path, values).status_code == 303, path
        return len(caught)

    found = {"book": cost(own, f"/klinik/{clinic.pk}/", slot=free.pk, topic="Harga")}
    mine = ClinicVisit.objects.get(enrollment=desk.one)
    found["own cancel"] = cost(own, f"/klinik/janji/{mine.pk}/batal/")
    address = f"/klinik/meja/{clinic.pk}/"
    with time_machine.travel(clinic.starts_at + timedelta(hours=1), tick=False):
        own, coach, manager = desk.client(desk.citizen), desk.client(desk.coach), desk.client(desk.manager)
        visit = f"/klinik/kunjungan/{one.pk}/"
        found["arrive"] = cost(coach, f"{visit}hadir/")
        number = form_of(coach, f"{address}nomor/", number=desk.two.number, topic="Modal")
        found["number"] = cost(coach, f"{address}nomor/", **number)
        found["call"] = cost(coach, f"{address}panggil/")
        found["finish"] = cost(coach, f"{visit}selesai/", outcome="Jelas.", next_step="cukup")
        found["missed"] = cost(coach, f"/klinik/kunjungan/{two.pk}/tidak-datang/")
        found["cancel"] = cost(manager, f"{address}batal/", reason="Sakit")
    print(found)
    assert max(found.values()) <= 30, found


def test_strangers_find_nothing(desk: Desk) -> None:
    visit = booked(desk.one, desk.clinic)
    elsewhere = participant(stage=Stage.PELATIHAN, center=center_of("P73.71.01"))
    assert desk.client(elsewhere.person.user).get(f"/klinik/{desk.clinic.pk}/").status_code == 404
    for role in (Role.PENDAMPING, Role.PENGELOLA):
        client = desk.client(staff(role, "P73.71.01", is_demo=True))
        assert client.get(f"/klinik/meja/{desk.clinic.pk}/").status_code == 404
        for act in ("hadir", "selesai", "tidak-datang", "batal"):
            assert client.post(f"/klinik/kunjungan/{visit.pk}/{act}/").status_code == 404
        assert desk.one.person.full_name not in client.get("/klinik/meja/").content.decode()


def test_the_clinic_stands_in_the_coachs_calendar(desk: Desk) -> None:
    page = desk.client(desk.coach).get(f"/pendamping/kalender/?tanggal={desk.clinic.day:%d/%m/%Y}")
    assert "Klinik wirausaha: Izin dan harga" in page.content.decode()


@pytest.mark.parametrize(
    ("center", "begins", "starts_at"),
    [
        ("P31.74.07", time(0, 30), "2027-03-01T17:30"),  # WIB
        ("P73.71.01", time(0, 30), "2027-03-01T16:30"),  # WITA
        ("P31.74.07", time(23, 0), "2027-03-02T16:00"),
    ],
)
def test_hours_are_those_of_the_centre_around_midnight(center: str, begins: time, starts_at: str) -> None:
    made_at = datetime(2027, 2, 20, 3, 0, tzinfo=UTC)
    with time_machine.travel(made_at, tick=False):
        pair = Pair(center)
        clinic = opened(
            pair.one.center, pair.manager, pair.coach, day=datetime(2027, 3, 2).date(), begins=begins,
            ends=begins.replace(minute=begins.minute + 20),
        )  # fmt: skip
        assert clinic.starts_at == datetime.fromisoformat(starts_at).replace(tzinfo=UTC)
        for wrong in (clinic.starts_at - timedelta(hours=24), clinic.starts_at + timedelta(hours=24)):
            with pytest.raises(Refused):
                walked_in(clinic, pair.coach, at=wrong)
        assert walked_in(clinic, pair.coach, at=clinic.starts_at).number == 1
