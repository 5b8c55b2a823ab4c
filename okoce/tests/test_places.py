"""Centres and agencies kept by the secretariat, and the page where its day begins."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from accounts.tests.factories import staff
from centers.models import Agency, Center, CoachProfile
from core import clock
from core.models import AuditEntry, OutboxMessage
from helpdesk.models import Ticket
from helpdesk.tests.factories import ticket
from participants.models import Stage, Status, StopReason
from participants.tests.factories import EnrollmentFactory, center_of, participant

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(settings: Any) -> Client:
    settings.DEMO_MODE = True
    client = Client()
    client.force_login(staff(Role.ADMIN, is_demo=True), backend="accounts.backends.LoginBackend")
    return client


CENTER = {
    "code": "P31.74.05", "name": "Pusat OK OCE Kebayoran Lama", "status": "buka", "opened_on": "01/11/2026",
    "address": "Jl. Contoh 2", "hours": "Senin–Jumat 08.00–16.00", "zone": "", "whatsapp": "0812-0000-00001",
    "capacity": "150", "reason": "SK 4/2026",
}  # fmt: skip


def test_a_centre_is_opened_and_its_hours_are_changed(desk: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert desk.post("/sekretariat/pusat/baru/", CENTER).status_code == 303
    assert len(asked) <= 30
    center = Center.objects.get(pk="P31.74.05")
    assert (center.zone, center.whatsapp, center.district_id) == (
        "Asia/Jakarta",
        "+62812000000001",
        "31.74.05",
    )
    changed = CENTER | {"hours": "Sabtu 08.00–12.00", "capacity": "90"}
    with CaptureQueriesContext(connection) as asked:
        assert desk.post("/sekretariat/pusat/P31.74.05/", changed).status_code == 303
    assert len(asked) <= 30
    entry = AuditEntry.objects.get(action="pusat.diubah")
    assert entry.detail == {"fields": ["capacity", "hours"]}
    assert entry.reason == "SK 4/2026"
    assert desk.post("/sekretariat/pusat/P31.74.05/", changed).status_code == 303
    assert AuditEntry.objects.filter(action="pusat.diubah").count() == 1


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"code": "P99.99.99"}, "Kecamatan dengan kode ini tidak ada."),
        ({"code": "pusat"}, "Tulis P dan kode kecamatan"),
        ({"code": "P31.74.07"}, "sudah dipakai"),
        ({"code": "P31.74.07-2"}, "Kecamatan ini sudah punya pusat"),
        ({"address": ""}, "Tulis alamatnya"),
        ({"whatsapp": "12"}, "nomor"),
        ({"capacity": "0"}, "id_capacity"),
        ({"reason": ""}, "Tulis alasannya"),
    ],
)
def test_a_centre_that_cannot_be_is_refused_with_the_values_kept(
    desk: Client, changes: dict[str, str], text: str
) -> None:
    center_of("P31.74.07")
    answer = desk.post("/sekretariat/pusat/baru/", CENTER | changes)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert text in page
    assert 'aria-invalid="true"' in page or "alert" in page
    assert "Pusat OK OCE Kebayoran Lama" in page
    assert Center.objects.count() == 1


def test_closing_shows_who_depends_on_it_and_waits_for_them(desk: Client) -> None:
    here, near = center_of("P31.74.07"), center_of("P31.74.05")
    coach = staff(Role.PENDAMPING, here.pk)
    profile = CoachProfile.objects.create(user=coach, center=here)
    one = participant(stage=Stage.PELATIHAN, center=here, coach=coach)
    address = f"/sekretariat/pusat/{here.pk}/tutup/"
    with CaptureQueriesContext(connection) as asked:
        page = desk.get(address).content.decode()
    assert len(asked) <= 20
    assert near.name in page
    assert "Pelatihan" in page
    assert "Pusat belum bisa ditutup" in page
    refused = desk.post(address, {"reason": "Pindah gedung"})
    assert refused.status_code == 422
    assert Center.objects.get(pk=here.pk).status == "buka"
    type(one).objects.filter(pk=one.pk).update(status=Status.BERHENTI, stop_reason=StopReason.PINDAH)
    assert desk.post(address, {"reason": "Pindah gedung"}).status_code == 303
    profile.refresh_from_db()
    assert Center.objects.get(pk=here.pk).status == "tutup"
    assert not profile.is_accepting
    assert AuditEntry.objects.get(action="pusat.ditutup").reason == "Pindah gedung"


AGENCY = {
    "code": "31.contoh", "name": "Dinas Contoh", "short_name": "Contoh", "area_code": "31",
    "duties": ["pembina"], "reason": "Pergub 5/2026",
}  # fmt: skip


def test_an_agency_holds_from_its_day_to_its_day(desk: Client) -> None:
    today = clock.today()
    dates = {"starts_on": f"{today + timedelta(days=3):%d/%m/%Y}"}
    assert desk.post("/sekretariat/dinas/baru/", AGENCY | dates).status_code == 303
    assert not Agency.objects.for_area("31.74").filter(pk="31.contoh").exists()
    assert desk.post("/sekretariat/dinas/31.contoh/", AGENCY).status_code == 303
    assert Agency.objects.for_area("31.74").filter(pk="31.contoh").exists()
    assert 'data-l="Wilayah">DKI Jakarta<' in desk.get("/sekretariat/dinas/?q=Contoh").content.decode()
    ended = {"ends_on": f"{today:%d/%m/%Y}"}
    with CaptureQueriesContext(connection) as asked:
        assert desk.post("/sekretariat/dinas/31.contoh/", AGENCY | ended).status_code == 303
    assert len(asked) <= 30
    assert not Agency.objects.for_area("31.74").filter(pk="31.contoh").exists()
    wrong = desk.post("/sekretariat/dinas/31.contoh/", AGENCY | dates | ended)
    assert wrong.status_code == 422
    assert "Hari berakhir harus sesudah hari mulai." in wrong.content.decode()
    assert "Wilayah ini tidak ada" in desk.post(
        "/sekretariat/dinas/baru/", AGENCY | {"code": "x.y", "area_code": "99"}
    ).content.decode()  # fmt: skip


def test_lists_are_searched_and_page_by_code(desk: Client) -> None:
    for code in ("P31.74.05", "P31.74.07", "P73.71.01"):
        center_of(code)
    page = desk.get("/sekretariat/pusat/?q=P31").content.decode()
    assert "P31.74.05" in page and "P73.71.01" not in page
    rest = desk.get("/sekretariat/pusat/?sesudah=P31.74.05").content.decode()
    assert "P31.74.07" in rest and 'pusat/P31.74.05/"' not in rest
    assert "Belum ketemu" in desk.get("/sekretariat/dinas/?q=tidak-ada").content.decode()


def test_the_desk_names_what_waits_and_nothing_else(desk: Client) -> None:
    assert "Tidak ada yang menunggu" in desk.get("/sekretariat/").content.decode()
    staff(Role.PENGELOLA, center_of("P31.74.07").pk)
    EnrollmentFactory(center=None)
    one = ticket()
    Ticket.objects.filter(pk=one.pk).update(due_at=clock.now() - timedelta(days=1))
    OutboxMessage.objects.create(kind="uji", dedupe_key="uji", parked_at=clock.now())
    matters = {
        matter.title: (matter.count, matter.is_late)
        for matter in desk.get("/sekretariat/").context["matters"]
    }
    assert matters == {
        "pertanyaan dan keluhan lewat batas": (1, True),
        "pesan gagal terkirim": (1, True),
        "orang menunggu pusat": (1, False),
    }
