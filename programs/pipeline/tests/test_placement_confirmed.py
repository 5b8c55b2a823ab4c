"""The word of both sides: the employer's link, four eyes, the own job."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import Role
from accounts.tests.factories import staff
from core.clock import local_day, now
from core.models import AuditEntry
from participants.models import Pathway, Status
from participants.refusals import NotYours, Refused
from participants.tests.factories import (
    demo_phone,
)
from programs.placement import links, placements
from programs.placement.models import ApplicationStatus, EndedBy, Placement
from programs.placement.tests.factories import accepted, applied, confirmed, reported

from .office import Office, asked, demo_mode, told  # noqa: F401 (`demo_mode` is a fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return Office()


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
