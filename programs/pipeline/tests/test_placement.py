"""Job seekers: board, applications, the word of both sides, and `lulus` exactly when both have spoken."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.clock import local_day, now
from core.formats import rupiah
from core.models import AuditEntry, OutboxMessage
from notifications import registry
from participants.erasure import erase_person
from participants.facts import load_shared_facts
from participants.models import Enrollment, EvidenceKind, Pathway, Stage, Status, StopReason
from participants.portability import load
from participants.refusals import NotYours, Refused
from participants.tests.factories import (
    StageEvidenceFactory,
    center_of,
    demo_phone,
    district_of,
    participant,
)
from programs.mentoring.facts import load_facts
from programs.pipeline import moves
from programs.pipeline.stages import checklists
from programs.placement import applications, links, placements, vacancies
from programs.placement.models import Application, ApplicationStatus, EndedBy, Placement, Vacancy
from programs.placement.tests.factories import accepted, applied, confirmed, offer, posted, reported

pytestmark = pytest.mark.django_db


class Office:
    """A centre with a manager and two coaches, and a job seeker in P3."""

    def __init__(self, center: str = "P31.74.07") -> None:
        self.center = center_of(center)
        self.manager = staff(Role.PENGELOLA, self.center.code, display_name="Maya Kusuma", is_demo=True)
        self.coach = staff(Role.PENDAMPING, self.center.code, display_name="Ratna Dewi", is_demo=True)
        self.colleague = staff(Role.PENDAMPING, self.center.code, display_name="Hendra", is_demo=True)
        self.one = self.seeker()
        self.citizen = self.one.person.user

    def seeker(self, **fields: Any) -> Enrollment:
        """Another job seeker."""
        values: dict[str, Any] = {
            "stage": Stage.PENDAMPINGAN, "center": self.center, "coach": self.coach,
            "pathway": Pathway.CARI_KERJA, "registered_at": now() - timedelta(days=40),
        } | fields  # fmt: skip
        return participant(**values)

    def vacancy(self, **fields: Any) -> Vacancy:
        return posted(self.center, self.manager, **fields)

    def client(self, user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user, backend="accounts.backends.LoginBackend")
        return client

    def fresh(self) -> Enrollment:
        return Enrollment.objects.get(pk=self.one.pk)

    def graduate(self) -> Enrollment:
        one = self.fresh()
        return moves.advance(enrollment_id=one.pk, actor=self.coach, version=one.version, at=now())


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> None:
    settings.DEMO_MODE = True


@pytest.fixture
def office() -> Office:
    return Office()


def told(kind: str) -> set[str]:
    """The users for whom messages of a kind are written."""
    rows = OutboxMessage.objects.filter(ids__kind=kind)
    return {str(recipient) for recipient in rows.values_list("recipient_id", flat=True)}


def asked(placement: Placement, actor: User, *, at: datetime | None = None) -> str:
    """The path of the link an employer is sent."""
    found = placements.ask_employer(
        placement_id=placement.pk, actor=actor, phone="+6281200007777", at=at or now()
    )
    return f"/konfirmasi-kerja/{links.code_of(found)}/"


# The board ----------------------------------------------------------------------------------------------


def test_a_form_posts_once_and_only_for_the_own_centre(office: Office) -> None:
    token = uuid4()
    for _ in range(2):
        vacancies.post(
            center=office.center, offer=offer(), submission_id=token, actor=office.manager, at=now()
        )
    assert Vacancy.objects.count() == 1
    for stranger in (staff(Role.PENGELOLA, "P73.71.01"), office.citizen, staff(Role.DINAS, "31")):
        with pytest.raises(NotYours):
            vacancies.post(
                center=office.center, offer=offer(), submission_id=uuid4(), actor=stranger, at=now()
            )
    with pytest.raises(Refused):
        office.vacancy(until_on=local_day(now(), office.center.zone) - timedelta(days=1))
    with pytest.raises(Refused):
        office.vacancy(until_on=local_day(now(), office.center.zone) + timedelta(days=200))


def test_the_board_shows_what_is_open_and_finds_words_and_places(office: Office) -> None:
    there = posted(
        center_of("P73.71.01"), staff(Role.PENGELOLA, "P73.71.01"), position="Penjahit",
        district=district_of("73.71.01"),
    )  # fmt: skip
    here = office.vacancy(position="Kasir", employer="Toko Melati")
    closed = office.vacancy(position="Satpam")
    vacancies.close(vacancy_id=closed.pk, actor=office.manager, reason="Sudah dapat", at=now())
    client = Client()

    def shown(query: str) -> set[str]:
        page = client.get(f"/lowongan/{query}").content.decode()
        return {one.position for one in (there, here, closed) if str(one.pk) in page}

    assert shown("") == {"Kasir", "Penjahit"}
    assert shown("?cari=melati+kas") == {"Kasir"}
    assert shown("?wilayah=Mariso") == {"Penjahit"}
    assert shown("?wilayah=31.74") == {"Kasir"}
    assert shown("?cari=pilot") == set()
    assert "Belum ada yang cocok" in client.get("/lowongan/?cari=pilot").content.decode()
    assert "Sudah ditutup" in client.get(closed.get_absolute_url()).content.decode()


def test_pages_of_the_board_hold_every_vacancy_once(office: Office) -> None:
    for number in range(45):
        office.vacancy(position=f"Kerja {number}", at=now() - timedelta(hours=number))
    client, query, seen = Client(), "", []
    for _ in range(3):
        answer = client.get(f"/lowongan/{query}")
        seen += [one.pk for one in answer.context["rows"]]
        query = answer.context["next_url"]
    assert (len(seen), len(set(seen)), query) == (45, 45, "")


@pytest.mark.parametrize(
    ("center", "hour"), [("P31.74.07", 17), ("P73.71.01", 16), ("P91.71.01", 15)], ids=["WIB", "WITA", "WIT"]
)
def test_the_last_day_ends_at_the_midnight_of_the_centre(center: str, hour: int) -> None:
    with time_machine.travel(datetime(2026, 11, 20, 3, tzinfo=UTC), tick=False):
        office = Office(center)
        vacancy = office.vacancy(until_on=date(2026, 11, 30))
    midnight = datetime(2026, 11, 30, hour, tzinfo=UTC)
    with time_machine.travel(midnight - timedelta(seconds=1), tick=False):
        assert Vacancy.objects.open(now()).filter(pk=vacancy.pk).exists()
        applied(office.one, vacancy)
    with time_machine.travel(midnight, tick=False):
        assert not Vacancy.objects.open(now()).filter(pk=vacancy.pk).exists()
        with pytest.raises(Refused, match="ditutup"):
            applied(office.seeker(), vacancy)


# Applications -------------------------------------------------------------------------------------------


def test_applying_is_for_job_seekers_in_the_third_stage_and_counts_once(office: Office) -> None:
    vacancy = office.vacancy()
    for fields in (
        {"stage": Stage.PELATIHAN}, {"pathway": Pathway.MULAI_USAHA}, {"status": Status.TIDAK_TERHUBUNGI},
    ):  # fmt: skip
        other = office.seeker(**fields)
        with pytest.raises(Refused):
            applied(other, vacancy)
    with pytest.raises(NotYours):
        applications.apply(enrollment_id=office.one.pk, vacancy_id=vacancy.pk, actor=office.coach, at=now())
    first = applied(office.one, vacancy)
    assert applied(office.one, vacancy) == first
    assert Application.objects.count() == 1
    assert told("lamaran_masuk") == {str(office.manager.pk)}


def test_who_withdrew_may_apply_again_and_the_history_keeps_both(office: Office) -> None:
    vacancy = office.vacancy()
    one = applied(office.one, vacancy)
    for _ in range(2):
        applications.withdraw(application_id=one.pk, actor=office.citizen, at=now())
    applied(office.one, vacancy)
    one.refresh_from_db()
    assert one.is_waiting
    assert list(one.changes.values_list("status", flat=True)) == ["melamar", "dibatalkan", "melamar"]
    with pytest.raises(IntegrityError), transaction.atomic():
        one.changes.update(status="diterima")


def test_an_interview_is_told_in_the_time_of_the_centre() -> None:
    with time_machine.travel(datetime(2026, 11, 20, 3, tzinfo=UTC), tick=False):
        office = Office("P73.71.01")
        one = applied(office.one, office.vacancy())
        for _ in range(2):
            applications.invite(
                application_id=one.pk, actor=office.coach, day=date(2026, 11, 25), begins=time(9),
                place="Toko Contoh", at=now(),
            )  # fmt: skip
        one.refresh_from_db()
        assert one.interview_at == datetime(2026, 11, 25, 1, tzinfo=UTC)
        assert one.changes.count() == 2
        rows = OutboxMessage.objects.filter(ids__kind="lamaran_wawancara")
        text = registry.get("lamaran_wawancara").render_many([row.ids for row in rows])[0]
        assert text is not None and "09.00 WITA" in text.title and "Toko Contoh" in text.body
        with pytest.raises(Refused):
            applications.invite(
                application_id=one.pk, actor=office.coach, day=date(2026, 11, 20), begins=time(10, 59),
                place="Toko", at=now(),
            )  # fmt: skip


def test_a_refusal_says_why_and_is_final(office: Office) -> None:
    vacancy = office.vacancy()
    one = applied(office.one, vacancy)
    for _ in range(2):
        applications.refuse(application_id=one.pk, actor=office.coach, reason="Perlu bisa menjahit", at=now())
    one.refresh_from_db()
    assert (one.status, one.reason) == (ApplicationStatus.TIDAK_DITERIMA, "Perlu bisa menjahit")
    assert told("lamaran_ditolak") == {str(office.citizen.pk)}
    with pytest.raises(Refused):
        applied(office.one, vacancy)
    with pytest.raises(Refused):
        accepted(one, office.manager)
    assert "Perlu bisa menjahit" in office.client(office.citizen).get("/saya/lamaran/").content.decode()


def test_no_more_are_accepted_than_are_sought_and_a_full_vacancy_closes(office: Office) -> None:
    vacancy = office.vacancy(places=1)
    one, other = applied(office.one, vacancy), applied(office.seeker(), vacancy)
    first = accepted(one, office.manager)
    assert accepted(one, office.manager) == first
    vacancy.refresh_from_db()
    assert (vacancy.is_closed, vacancy.closed_reason) == (True, vacancies.FILLED)
    with pytest.raises(Refused, match="terisi"):
        accepted(other, office.manager)
    with pytest.raises(Refused):
        vacancies.reopen(vacancy_id=vacancy.pk, actor=office.manager, at=now())
    vacancies.edit(vacancy_id=vacancy.pk, offer=offer(places=2), actor=office.manager, at=now())
    vacancies.reopen(vacancy_id=vacancy.pk, actor=office.manager, at=now())
    accepted(other, office.manager)
    assert Placement.objects.count() == 2


def test_fewer_places_close_a_vacancy_that_has_enough(office: Office) -> None:
    vacancy = office.vacancy(places=2)
    accepted(applied(office.one, vacancy), office.manager)
    assert not Vacancy.objects.get(pk=vacancy.pk).is_closed
    vacancies.edit(vacancy_id=vacancy.pk, offer=offer(places=1), actor=office.manager, at=now())
    assert Vacancy.objects.get(pk=vacancy.pk).closed_reason == vacancies.FILLED


def test_who_writes_down_an_answer_that_came_already_is_told_so(office: Office) -> None:
    placement = accepted(applied(office.one, office.vacancy()), office.manager)
    Client().post(asked(placement, office.manager), {"jawaban": "ya"})
    with pytest.raises(Refused, match="sudah menjawab"):
        placements.vouch(placement_id=placement.pk, actor=office.coach, reason="Saya datang", at=now())


def test_nobody_decides_about_their_own_application(office: Office) -> None:
    both = office.seeker()
    user = both.person.user
    user.role_assignments.create(role=Role.PENDAMPING, scope=office.center.code, granted_by=office.manager)
    user = User.objects.get(pk=user.pk)
    one = applied(both, office.vacancy())
    with pytest.raises(NotYours):
        accepted(one, user)
    placement = accepted(one, office.manager)
    with pytest.raises(NotYours):
        placements.vouch(placement_id=placement.pk, actor=user, reason="Saya sendiri", at=now())


# The rule -----------------------------------------------------------------------------------------------


def test_lulus_comes_exactly_when_both_sides_have_confirmed(office: Office) -> None:
    one = applied(office.one, office.vacancy())
    with pytest.raises(Refused):
        office.graduate()
    applications.invite(
        application_id=one.pk, actor=office.coach, day=local_day(now()) + timedelta(days=2), begins=time(9),
        place="Toko", at=now(),
    )  # fmt: skip
    with pytest.raises(Refused):
        office.graduate()
    placement = accepted(one, office.manager)
    assert told("lamaran_diterima") == {str(office.citizen.pk)}
    with pytest.raises(Refused):
        office.graduate()
    placements.confirm(placement_id=placement.pk, actor=office.citizen, at=now())
    with pytest.raises(Refused):
        office.graduate()
    fresh = office.fresh()
    with pytest.raises(Refused, match="tidak ada tahap sesudahnya"):
        moves.waive(
            enrollment_id=fresh.pk, actor=office.manager, version=fresh.version, reason="Baik", at=now()
        )
    path = asked(placement, office.manager)
    assert Client().post(path, {"jawaban": "ya"}).status_code == 200
    assert told("kerja_dikonfirmasi_peserta") == {str(office.citizen.pk)}
    assert str(office.coach.pk) in told("kerja_dikonfirmasi")
    done = office.graduate()
    assert (done.status, done.stage) == (Status.LULUS, Stage.PENDAMPINGAN)


def test_the_employer_alone_is_not_enough(office: Office) -> None:
    placement = accepted(applied(office.one, office.vacancy()), office.manager)
    placements.vouch(placement_id=placement.pk, actor=office.coach, reason="Bertemu pemiliknya", at=now())
    with pytest.raises(Refused):
        office.graduate()
    placements.confirm(placement_id=placement.pk, actor=office.citizen, at=now())
    assert office.graduate().status == Status.LULUS


def test_a_proof_accepted_before_counts_on_and_no_new_one_is_asked_for(office: Office) -> None:
    page = office.client(office.citizen).get("/saya/bukti/penempatan/")
    assert page.status_code == 404
    StageEvidenceFactory(
        enrollment=office.one, stage=Stage.PENDAMPINGAN, kind=EvidenceKind.PENEMPATAN,
        accepted_by=office.manager,
    )  # fmt: skip
    assert office.graduate().status == Status.LULUS


def test_placements_come_with_the_one_query_of_the_stage(office: Office) -> None:
    people = [office.one, *(office.seeker() for _ in range(5))]
    shared = load_shared_facts(people, on=local_day(now()))
    with CaptureQueriesContext(connection) as before:
        load_facts(people, shared=shared)
    for one in people[:3]:
        confirmed(accepted(applied(one, office.vacancy()), office.manager), office.coach)
    with CaptureQueriesContext(connection) as after:
        found = load_facts(people, shared=shared)
    assert len(before) == len(after) == 1
    assert [found[one.pk].has_placement for one in people] == [True] * 3 + [False] * 3


def test_the_checklist_leads_each_to_where_it_is_met(office: Office) -> None:
    (items,) = checklists([office.one], on=local_day(now())).values()
    assert [item.requirement.code for item in items] == ["penempatan"]
    own = office.client(office.citizen).get("/saya/").content.decode()
    assert "/saya/lamaran/" in own and "/lowongan/" in own
    desk = office.client(office.coach).get(f"/peserta/{office.one.person_id}/").content.decode()
    assert "/pusat/lowongan/" in desk


# The employer's link ------------------------------------------------------------------------------------


def test_fetching_the_link_writes_nothing_and_one_answer_counts(office: Office) -> None:
    placement = accepted(applied(office.one, office.vacancy()), office.manager)
    path, client = asked(placement, office.manager), Client()
    for _ in range(3):
        page = client.get(path)
        assert page.status_code == 200
        assert office.one.person.full_name not in page.content.decode()
    assert client.head(path).status_code == 200
    assert client.post(path, {"jawaban": "mungkin"}).status_code == 422
    placement.refresh_from_db()
    assert placement.employer_at is None
    assert client.post(path, {"jawaban": "ya"}).status_code == 200
    placement.refresh_from_db()
    assert (placement.employer_how, placement.phone_sealed, placement.phone_mask) == ("tautan", None, "")
    assert client.get(path).status_code == client.post(path, {"jawaban": "tidak"}).status_code == 410
    placement.refresh_from_db()
    assert placement.is_standing
    assert AuditEntry.objects.filter(action="kerja.jawab", object_id=str(placement.pk)).count() == 1


def test_a_link_dies_with_time_with_a_newer_one_and_by_forgery() -> None:
    with time_machine.travel(datetime(2026, 11, 20, 3, tzinfo=UTC), tick=False) as clock:
        office = Office()
        placement = accepted(applied(office.one, office.vacancy()), office.manager)
        old = asked(placement, office.manager)
        clock.shift(timedelta(seconds=5))
        new = asked(placement, office.manager)
        client = Client()
        assert (client.get(old).status_code, client.get(new).status_code) == (410, 200)
        assert client.post(old, {"jawaban": "ya"}).status_code == 410
        forged = new[:-2] + ("A" if new[-2] != "A" else "B") + "/"
        assert client.get(forged).status_code == 410
        other = accepted(applied(office.seeker(), office.vacancy()), office.manager)
        assert client.get(new.replace(placement.pk.hex, other.pk.hex)).status_code == 410
        clock.shift(links.GOOD_FOR)
        assert client.get(new).status_code == client.post(new, {"jawaban": "ya"}).status_code == 410
        assert not Placement.objects.filter(employer_at__isnull=False).exists()


def test_who_works_with_the_portal_cannot_answer_for_the_employer(office: Office) -> None:
    placement = accepted(applied(office.one, office.vacancy()), office.manager)
    path = asked(placement, office.manager)
    for user in (office.manager, office.coach, office.citizen):
        client = office.client(user)
        assert client.get(path).status_code == client.post(path, {"jawaban": "ya"}).status_code == 403
    placement.refresh_from_db()
    assert placement.employer_at is None


def test_a_no_of_the_employer_ends_it_and_frees_the_place(office: Office) -> None:
    vacancy = office.vacancy(places=1)
    one = applied(office.one, vacancy)
    placement = accepted(one, office.manager)
    placements.confirm(placement_id=placement.pk, actor=office.citizen, at=now())
    Client().post(asked(placement, office.manager), {"jawaban": "tidak"})
    placement.refresh_from_db()
    one.refresh_from_db()
    assert (placement.ended_side, one.status) == (EndedBy.PEMBERI_KERJA, ApplicationStatus.DIBATALKAN)
    assert told("kerja_dibantah_peserta") == {str(office.citizen.pk)}
    assert {str(office.coach.pk), str(office.manager.pk)} <= told("kerja_dibantah")
    with pytest.raises(Refused):
        office.graduate()
    vacancy.refresh_from_db()
    assert not vacancy.is_closed


def test_the_message_is_ready_for_the_number_that_was_noted(office: Office) -> None:
    placement = accepted(applied(office.one, office.vacancy()), office.manager)
    client, path = office.client(office.manager), f"/pusat/kerja/{placement.pk}/"
    assert "wa.me" not in client.get(path).content.decode()
    assert client.post(f"{path}tanya/", {"phone": "0812-0000-7777"}).status_code == 303
    page = client.get(path).content.decode()
    assert "https://wa.me/6281200007777" in page and "konfirmasi-kerja" in page
    entry = AuditEntry.objects.get(action="kerja.tanya")
    assert entry.detail == {}
    assert "7777" not in client.get(f"{path}tanya/").content.decode()
    own = office.one.person.phone()
    assert client.post(f"{path}tanya/", {"phone": own}).status_code == 422


# Four eyes ----------------------------------------------------------------------------------------------


def test_who_recorded_the_placement_does_not_speak_for_the_employer(office: Office) -> None:
    placement = accepted(applied(office.one, office.vacancy()), office.manager)
    with pytest.raises(Refused, match="petugas lain"):
        placements.vouch(placement_id=placement.pk, actor=office.manager, reason="Saya tahu", at=now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Placement.objects.filter(pk=placement.pk).update(
            employer_at=now(), employer_how="petugas", employer_by=office.manager, employer_note="Saya tahu"
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Placement.objects.filter(pk=placement.pk).update(
            employer_at=now(), employer_how="petugas", employer_by=office.coach, employer_note=""
        )
    for stranger in (staff(Role.PENDAMPING, "P73.71.01"), staff(Role.DINAS, "31")):
        with pytest.raises(NotYours):
            placements.vouch(placement_id=placement.pk, actor=stranger, reason="Saya tahu", at=now())
    placements.vouch(placement_id=placement.pk, actor=office.colleague, reason="Bertemu", at=now())
    placement.refresh_from_db()
    assert placement.employer_by == office.colleague
    assert AuditEntry.objects.filter(action="kerja.catat", object_id=str(placement.pk)).exists()


# The own job --------------------------------------------------------------------------------------------


def test_an_own_job_is_confirmed_the_same_way(office: Office) -> None:
    token = uuid4()
    first = reported(office.one, submission_id=token, phone=demo_phone())
    assert reported(office.one, submission_id=token) == first
    assert told("kerja_dilaporkan") == {str(office.coach.pk), str(office.manager.pk)}
    with pytest.raises(Refused):
        office.graduate()
    path = asked(first, office.coach)
    Client().post(path, {"jawaban": "ya"})
    assert office.graduate().status == Status.LULUS


def test_an_own_job_is_checked(office: Office) -> None:
    today = local_day(now())
    for fields in (
        {"starts_on": today + timedelta(days=91)}, {"starts_on": today - timedelta(days=61)},
        {"phone": office.one.person.phone()},
    ):  # fmt: skip
        with pytest.raises(Refused):
            reported(office.one, **fields)
    young = office.seeker(registered_at=now() - timedelta(days=3))
    with pytest.raises(Refused, match="sebelum pendaftaran"):
        reported(young, starts_on=today - timedelta(days=5))
    with pytest.raises(Refused):
        reported(office.seeker(pathway=Pathway.NAIK_KELAS))
    for _ in range(placements.MOST_REPORTED):
        reported(office.one)
    with pytest.raises(Refused, match="menunggu"):
        reported(office.one)


def test_the_participant_may_say_no_until_both_have_confirmed(office: Office) -> None:
    one = applied(office.one, office.vacancy())
    placement = accepted(one, office.manager)
    client = office.client(office.citizen)
    path = f"/saya/kerja/{placement.pk}/tidak/"
    assert client.post(path, {"reason": ""}).status_code == 422
    assert client.post(path, {"reason": "Terlalu jauh"}).status_code == 303
    placement.refresh_from_db()
    assert (placement.ended_side, placement.ended_reason) == (EndedBy.PESERTA, "Terlalu jauh")
    assert str(office.coach.pk) in told("kerja_dibantah")
    with pytest.raises(Refused):
        placements.confirm(placement_id=placement.pk, actor=office.citizen, at=now())
    whole = confirmed(accepted(applied(office.one, office.vacancy()), office.manager), office.coach)
    with pytest.raises(Refused):
        placements.deny(placement_id=whole.pk, actor=office.citizen, reason="Bosan", at=now())
    with pytest.raises(Refused):
        placements.call_off(placement_id=whole.pk, actor=office.manager, reason="Keliru", at=now())


def test_a_mistake_is_called_off_and_told(office: Office) -> None:
    placement = accepted(applied(office.one, office.vacancy()), office.manager)
    for _ in range(2):
        placements.call_off(placement_id=placement.pk, actor=office.coach, reason="Salah orang", at=now())
    placement.refresh_from_db()
    assert placement.ended_side == EndedBy.PETUGAS
    assert told("kerja_dibatalkan_peserta") == {str(office.citizen.pk)}


# Around -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["stop", "switch", "graduate"])
def test_whose_way_ends_waits_for_nothing(office: Office, how: str) -> None:
    waiting = applied(office.one, office.vacancy())
    taken = office.vacancy(places=1)
    half = accepted(applied(office.one, taken), office.manager)
    own, link = reported(office.one), asked(half, office.manager)
    one = office.fresh()
    if how == "stop":
        moves.stop(
            enrollment_id=one.pk, actor=office.manager, version=one.version, why=StopReason.PINDAH,
            reason="Pindah", at=now(),
        )  # fmt: skip
    elif how == "switch":
        moves.switch_path(
            enrollment_id=one.pk, actor=office.coach, version=one.version, pathway=Pathway.MULAI_USAHA,
            at=now(),
        )  # fmt: skip
    else:
        confirmed(accepted(applied(office.one, office.vacancy()), office.manager), office.coach)
        office.graduate()
    waiting.refresh_from_db()
    assert waiting.is_cancelled
    last = waiting.changes.last()
    assert last is not None and last.note == "Keikutsertaan berakhir"
    for placement in (half, own):
        placement.refresh_from_db()
        assert (placement.ended_side, placement.ended_reason) == (EndedBy.PETUGAS, "Keikutsertaan berakhir")
        assert placement.phone() is None
    assert Client().post(link, {"jawaban": "ya"}).status_code == 410
    taken.refresh_from_db()
    assert not taken.is_closed, "the place is free again"


def test_strangers_find_nothing(office: Office) -> None:
    vacancy = office.vacancy()
    one = applied(office.one, vacancy)
    placement = accepted(one, office.manager)
    pages = [
        f"/pusat/lowongan/{vacancy.pk}/", f"/pusat/lowongan/{vacancy.pk}/ubah/",
        f"/pusat/lamaran/{one.pk}/terima/", f"/pusat/kerja/{placement.pk}/",
        f"/pusat/kerja/{placement.pk}/catat/",
    ]  # fmt: skip
    for role in (Role.PENGELOLA, Role.PENDAMPING):
        user = staff(role, "P73.71.01", is_demo=True)
        assert [office.client(user).get(path).status_code for path in pages] == [404] * len(pages)
        assert str(placement.pk) not in office.client(user).get("/pusat/lowongan/").content.decode()
    other = office.client(office.seeker().person.user)
    for path in (f"/saya/lamaran/{one.pk}/tarik/", f"/saya/kerja/{placement.pk}/tidak/"):
        assert other.get(path).status_code == 404
    assert str(one.pk) not in other.get("/saya/lamaran/").content.decode()


def test_a_placement_is_handled_by_the_posting_centre_and_by_who_accompanies(office: Office) -> None:
    there = Office("P73.71.01")
    placement = accepted(applied(office.one, there.vacancy()), there.manager)
    for user in (there.manager, there.coach, office.coach, office.manager):
        assert office.client(user).get(f"/pusat/kerja/{placement.pk}/").status_code == 200
    assert office.client(office.colleague).get(f"/pusat/kerja/{placement.pk}/").status_code == 404
    own = reported(office.one)
    assert office.client(office.coach).get(f"/pusat/kerja/{own.pk}/").status_code == 200
    assert office.client(there.manager).get(f"/pusat/kerja/{own.pk}/").status_code == 404


def test_the_desk_does_it_all_through_its_forms(office: Office) -> None:
    client = office.client(office.manager)
    page = client.get("/pusat/lowongan/baru/")
    until = local_day(now()) + timedelta(days=20)
    data = {
        "submission_id": str(page.context["form"]["submission_id"].value()), "center": office.center.pk,
        "position": "Penjahit", "employer": "Konveksi Contoh", "district": "Kebayoran Baru",
        "pay_from": "2.500.000", "pay_to": "", "requirements": "Bisa menjahit", "places": "3",
        "until_on": f"{until:%d/%m/%Y}",
    }  # fmt: skip
    assert client.post("/pusat/lowongan/baru/", data | {"district": "Entah"}).status_code == 422
    assert client.post("/pusat/lowongan/baru/", data | {"pay_to": "1.000.000"}).status_code == 422
    assert client.post("/pusat/lowongan/baru/", data | {"employer": "HP 081234567890"}).status_code == 422
    assert client.post("/pusat/lowongan/baru/", data).status_code == 303
    vacancy = Vacancy.objects.get()
    assert (vacancy.pay_from, vacancy.pay_to, vacancy.pay) == (
        2_500_000, 2_500_000, f"{rupiah(2_500_000)} sebulan",
    )  # fmt: skip
    desk = f"/pusat/lowongan/{vacancy.pk}/"
    assert client.post(f"{desk}ubah/", data | {"places": "1"}).status_code == 303
    assert office.client(office.citizen).post(f"/lowongan/{vacancy.pk}/lamar/").status_code == 303
    one = Application.objects.get()
    assert office.one.person.full_name in client.get(desk).content.decode()
    day = local_day(now()) + timedelta(days=3)
    invited = {"day": f"{day:%d/%m/%Y}", "begins": "09.00", "place": "Ruko Melati 2"}
    assert client.post(f"/pusat/lamaran/{one.pk}/wawancara/", invited | {"begins": "25"}).status_code == 422
    assert client.post(f"/pusat/lamaran/{one.pk}/wawancara/", invited).status_code == 303
    answer = client.post(f"/pusat/lamaran/{one.pk}/terima/", {"starts_on": f"{day:%d/%m/%Y}"})
    placement = Placement.objects.get()
    assert answer["Location"] == f"/pusat/kerja/{placement.pk}/"
    assert office.client(office.citizen).post(f"/saya/kerja/{placement.pk}/benar/").status_code == 303
    colleague = office.client(office.colleague)
    assert colleague.post(f"/pusat/kerja/{placement.pk}/catat/", {"reason": "Bertemu"}).status_code == 303
    assert client.post(f"{desk}buka/").status_code == 303
    assert client.post(f"{desk}tutup/", {"reason": "Cukup"}).status_code == 303
    placement.refresh_from_db()
    assert placement.is_confirmed
    for path in (desk, "/pusat/lowongan/", f"/pusat/kerja/{placement.pk}/"):
        assert client.get(path).status_code == 200


def test_the_own_pages_take_the_own_job(office: Office) -> None:
    client = office.client(office.citizen)
    page = client.get("/saya/kerja/baru/")
    data = {
        "submission_id": str(page.context["form"]["submission_id"].value()), "employer": "Bengkel Jaya",
        "position": "Montir", "starts_on": f"{local_day(now()):%d/%m/%Y}", "phone": "",
    }  # fmt: skip
    assert client.post("/saya/kerja/baru/", data | {"phone": "123"}).status_code == 422
    assert client.post("/saya/kerja/baru/", data).status_code == 303
    assert client.post("/saya/kerja/baru/", data).status_code == 303
    assert Placement.objects.count() == 1
    assert "Bengkel Jaya" in client.get("/saya/lamaran/").content.decode()
    starter = office.seeker(pathway=Pathway.MULAI_USAHA)
    assert office.client(starter.person.user).get("/saya/kerja/baru/").status_code == 303


def test_every_message_can_be_told(office: Office) -> None:
    one = applied(office.one, office.vacancy())
    placement = accepted(one, office.manager)
    for kind in ("lamaran_masuk", "lamaran_ditarik", "lamaran_wawancara", "lamaran_diterima",
                 "lamaran_ditolak"):  # fmt: skip
        (text,) = registry.get(kind).render_many([{"kind": kind, "application": str(one.pk)}])
        assert text is not None and text.title and "{" not in text.body
    for kind in ("kerja_dilaporkan", "kerja_dibantah", "kerja_dibantah_peserta", "kerja_dibatalkan",
                 "kerja_dibatalkan_peserta", "kerja_dikonfirmasi", "kerja_dikonfirmasi_peserta"):  # fmt: skip
        (text,) = registry.get(kind).render_many([{"kind": kind, "placement": str(placement.pk)}])
        assert text is not None and text.title and "{" not in text.body


def test_what_we_hold_is_told_and_goes_with_an_erasure(office: Office) -> None:
    token = "JEJAKKERJA"
    one = applied(office.one, office.vacancy(employer=f"{token} toko"))
    applications.refuse(application_id=one.pk, actor=office.manager, reason=f"{token} alasan", at=now())
    reported(office.one, employer=f"{token} bengkel", phone=demo_phone())
    live = applied(office.one, office.vacancy())
    held = str(load(office.one.person, at=now()))
    assert held.count(token) >= 3
    admin = staff(Role.ADMIN, "ID")
    erase_person(person_id=office.one.person_id, actor=admin, reason="Diminta sendiri", at=now())
    live.refresh_from_db()
    assert live.is_cancelled
    assert not Placement.objects.standing().exists()
    assert not Placement.objects.exclude(phone_sealed=None).exists()
    rows = [*Application.objects.all(), *Placement.objects.all()]
    words = [str(vars(row)) for row in rows]
    words += [
        str(vars(change)) for row in rows if isinstance(row, Application) for change in row.changes.all()
    ]
    assert not [text for text in words if token in text]


def test_acts_stay_within_the_budget(office: Office) -> None:
    """QUALITY.md: at most thirty statements for a POST."""
    vacancy = office.vacancy()
    citizen, manager = office.client(office.citizen), office.client(office.manager)

    def count(client: Client, path: str, data: dict[str, str] | None = None) -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.post(path, data or {}).status_code in (200, 303)
        return len(caught)

    day = f"{local_day(now()) + timedelta(days=3):%d/%m/%Y}"
    counts = {"lamar": count(citizen, f"/lowongan/{vacancy.pk}/lamar/")}
    one = Application.objects.get()
    counts["wawancara"] = count(
        manager, f"/pusat/lamaran/{one.pk}/wawancara/", {"day": day, "begins": "9.00", "place": "Toko"}
    )
    counts["terima"] = count(manager, f"/pusat/lamaran/{one.pk}/terima/", {"starts_on": day})
    placement = Placement.objects.get()
    counts["tanya"] = count(manager, f"/pusat/kerja/{placement.pk}/tanya/", {"phone": "081200007777"})
    counts["benar"] = count(citizen, f"/saya/kerja/{placement.pk}/benar/")
    placement.refresh_from_db()
    counts["jawab"] = count(Client(), f"/konfirmasi-kerja/{links.code_of(placement)}/", {"jawaban": "ya"})
    assert {name: number for name, number in counts.items() if number > 30} == {}, counts
