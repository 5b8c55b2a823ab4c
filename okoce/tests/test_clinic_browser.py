"""Klinik wirausaha in a real browser: opened by a manager, booked by a participant, run at the desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from accounts.tests.factories import staff
from core.clock import local_day, now
from okoce.testing.processes import Portal
from participants.models import Stage
from participants.tests.factories import center_of, participant
from programs.mentoring.models import Clinic, ClinicVisit

from .walk import enter

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Team:
    """A centre with manager and coach, and a participant, each with a browser."""

    def __init__(self, portal: Portal, open_page: Callable[..., Page]) -> None:
        self.portal, self.open_page = portal, open_page
        center = center_of("P31.74.07")
        self.manager = staff(Role.PENGELOLA, center.code, is_demo=True, display_name="Maya Contoh")
        self.coach = staff(Role.PENDAMPING, center.code, is_demo=True, display_name="Ratna Contoh")
        self.one = participant(stage=Stage.PELATIHAN, center=center, person__full_name="Siti Contoh")

    def browser(self, user: User | None, path: str) -> Page:
        page = self.open_page(width=360)
        enter(page.context, self.portal.url, user)
        page.goto(self.portal.url + path)
        return page


@pytest.fixture
def team(start_portal: Callable[..., Portal], open_browser_page: Callable[..., Page], settings: Any) -> Team:
    settings.DEMO_MODE = True
    return Team(start_portal(environment={"DEMO_MODE": "1"}), open_browser_page)


def test_from_the_opening_hours_to_what_came_of_it(team: Team) -> None:
    # The manager opens two turns for tomorrow.
    manager = team.browser(team.manager, "/klinik/meja/")
    manager.get_by_role("link", name="Buka klinik").click()
    manager.get_by_label("Tanggal").fill(f"{local_day(now()) + timedelta(days=1):%d/%m/%Y}")
    manager.get_by_label("Dari jam").fill("09.00")
    manager.get_by_label("Sampai jam").fill("09.40")
    manager.get_by_label("Topik").fill("Izin dan harga")
    manager.get_by_label("Tempat").fill("Ruang depan")
    manager.get_by_role("button", name="Buka klinik").click()
    expect(manager.get_by_role("link", name="Pilih paling sedikit satu pendamping.")).to_be_visible()
    manager.get_by_label("Ratna Contoh").check()
    manager.get_by_role("button", name="Buka klinik").click()
    expect(manager.get_by_text("2 jam masih kosong.")).to_be_visible()

    # The participant finds it in the menu and books the second turn.
    citizen = team.browser(team.one.person.user, "/saya/")
    citizen.get_by_role("link", name="Klinik", exact=True).first.click()
    citizen.get_by_role("link", name="09.00–09.40 WIB").click()
    citizen.get_by_label("09.20 WIB").check()
    citizen.get_by_label("Apa yang ingin ditanyakan?").fill("Harga kue")
    citizen.get_by_role("button", name="Pesan jam ini").click()
    expect(citizen.get_by_role("heading", name="Janji Anda")).to_be_visible()
    expect(citizen.get_by_role("link", name="Batalkan janji")).to_be_visible()

    # The day has come: who has a turn arrives, somebody gets a number, both are called in their order.
    today = local_day(now())
    Clinic.objects.update(day=today)
    ClinicVisit.objects.update(day=today)
    desk = team.browser(team.coach, f"/klinik/meja/{Clinic.objects.get().pk}/")
    desk.get_by_role("link", name="Beri nomor antrean").click()
    desk.get_by_label("Yang ditanyakan").fill("Cara mendaftar")
    desk.get_by_role("button", name="Beri nomor").click()
    desk.get_by_role("button", name="Hadir Siti Contoh").click()
    desk.get_by_role("button", name="Panggil berikutnya").click()
    expect(desk.get_by_text("Panggil Siti Contoh, 09.20 WIB.")).to_be_visible()
    desk.get_by_role("link", name="Catat hasil Siti Contoh").click()
    desk.get_by_label("Hasilnya").fill("Harga dihitung ulang.")
    desk.get_by_label("Ikut kelas").check()
    desk.get_by_role("button", name="Simpan hasil").click()
    desk.get_by_role("button", name="Panggil berikutnya").click()
    expect(desk.get_by_text("Panggil Pengunjung, nomor 1.")).to_be_visible()

    # The participant reads what came of it, and where it leads.
    citizen.goto(f"{team.portal.url}/klinik/")
    expect(citizen.get_by_text("Harga dihitung ulang.")).to_be_visible()
    expect(citizen.get_by_role("link", name="Ikut kelas")).to_be_visible()
