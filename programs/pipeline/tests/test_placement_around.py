"""What surrounds placement: ways that end, strangers, pages, messages, holdings, statements."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from accounts.tests.factories import staff
from core.clock import local_day, now
from core.formats import rupiah
from notifications import registry
from participants.erasure import erase_person
from participants.models import Pathway, StopReason
from participants.portability import load
from participants.tests.factories import (
    demo_phone,
)
from programs.pipeline import moves
from programs.placement import applications, links
from programs.placement.models import Application, EndedBy, Placement, Vacancy
from programs.placement.tests.factories import accepted, applied, confirmed, reported

from .office import Office, asked, demo_mode, told  # noqa: F401 (`demo_mode` is a fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return Office()


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
