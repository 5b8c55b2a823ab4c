"""Job seekers: the board, applications, and `lulus` exactly when both sides have spoken."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.clock import local_day, now
from core.models import OutboxMessage
from notifications import registry
from participants.facts import load_shared_facts
from participants.models import EvidenceKind, Pathway, Stage, Status
from participants.refusals import NotYours, Refused
from participants.tests.factories import (
    StageEvidenceFactory,
    center_of,
    district_of,
)
from programs.mentoring.facts import load_facts
from programs.pipeline import moves
from programs.pipeline.stages import checklists
from programs.placement import applications, placements, vacancies
from programs.placement.models import Application, ApplicationStatus, Placement, Vacancy
from programs.placement.tests.factories import accepted, applied, confirmed, offer, posted

from .office import Office, asked, demo_mode, told  # noqa: F401 (`demo_mode` is a fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return Office()


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
