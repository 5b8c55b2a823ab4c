"""Data rights in a real browser: download, withdrawal, a correction answered late, erasure by two people."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from accounts.tests.factories import PASSWORD, staff
from core.clock import now
from okoce.testing.processes import Portal
from participants import services
from participants.models import DataRequest, Person, Stage
from participants.tests.factories import center_of, participant

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PICTURES = os.environ.get("OKOCE_PICTURES", "")
"""A folder in which every page is photographed, for looking at; none by default."""


def picture(page: Page, name: str) -> None:
    """No page scrolls sideways; photographed where asked for."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} scrolls sideways by {wide} px"
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def test_a_citizen_takes_her_data_and_goes(
    start_portal: Callable[..., Portal], open_browser_page: Callable[..., Page]
) -> None:
    center = center_of("P31.74.07")
    manager = staff(Role.PENGELOLA, center.code, display_name="Maya Kusuma", is_demo=True)
    admin = staff(Role.ADMIN, "ID", display_name="Sekretariat Contoh", is_demo=True)
    enrollment = participant(
        stage=Stage.PERIZINAN, center=center, person__full_name="Siti Aminah", goal="Warung kopi sendiri"
    )
    person = enrollment.person
    services.reveal(
        enrollment_id=enrollment.pk,
        actor=manager,
        reason="Mencocokkan NIK dengan berkas NIB sebelum diperiksa",
    )
    portal = start_portal(environment={"DEMO_MODE": "1"})

    def signed_in(user: User, *, width: int = 360, dark: bool = False) -> Page:
        page = open_browser_page(width=width, dark=dark, accept_downloads=True)
        page.goto(f"{portal.url}/masuk/")
        page.get_by_label("Nomor HP").fill(user.email or user.login_number or "")
        page.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Masuk", exact=True).click()
        expect(page.get_by_role("button", name="Keluar")).to_be_visible()
        return page

    assert person.user is not None
    own = signed_in(person.user)
    own.goto(f"{portal.url}/saya/data/")
    expect(own.get_by_text("Mencocokkan NIK dengan berkas NIB")).to_be_visible()
    picture(own, "saya-data-360")

    own.get_by_role("link", name="Unduh semua data saya").click()
    picture(own, "unduh-360")
    own.get_by_label("Untuk dipindahkan").check()
    own.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
    with own.expect_download() as waiting:
        own.get_by_role("button", name="Unduh data saya").click()
    data = json.loads(waiting.value.path().read_text())
    assert data["bagian"][0]["isi"][0]["NIK"] == person.nik()
    own.get_by_label("Untuk dibaca").check()
    own.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
    with own.expect_download() as waiting:
        own.get_by_role("button", name="Unduh data saya").click()
    assert waiting.value.suggested_filename.endswith(".pdf")
    if PICTURES:
        waiting.value.save_as(Path(PICTURES) / "data-saya.pdf")

    own.goto(f"{portal.url}/saya/data/")
    own.get_by_role("button", name="Hentikan pengingat").click()
    expect(own.get_by_text("Pengingat berhenti mulai sekarang.")).to_be_visible()
    expect(own.get_by_text("Anda tidak menerima pengingat.")).to_be_visible()

    own.get_by_role("link", name="Ada yang salah? Minta perbaikan").click()
    own.get_by_label("Alamat").fill("Jl. Melati 12")
    own.get_by_label("Tanggal lahir").fill("32/01/2000")
    own.get_by_role("button", name="Kirim permintaan perbaikan").click()
    expect(own.get_by_role("heading", level=2).first).to_be_visible()
    picture(own, "perbaiki-galat-360")
    own.get_by_label("Tanggal lahir").fill(f"{person.birth_date:%d/%m/%Y}")
    own.get_by_role("button", name="Kirim permintaan perbaikan").click()
    expect(own.get_by_text("Sisa 72 jam dari 72")).to_be_visible()
    late = now() - timedelta(hours=75)
    DataRequest.objects.update(requested_at=late, due_at=late + timedelta(hours=72))

    own.goto(f"{portal.url}/saya/data/hapus/")
    picture(own, "hapus-360")
    own.get_by_role("button", name="Minta data saya dihapus").click()
    expect(own.get_by_text("Lewat 3 jam")).to_be_visible()
    expect(own.get_by_text("Sisa 72 jam dari 72")).to_be_visible()
    picture(own, "saya-data-permintaan-360")
    own.goto(f"{portal.url}/saya/data/berhenti/")
    picture(own, "berhenti-360")

    desk = signed_in(manager, width=1280)
    desk.goto(f"{portal.url}/hak-data/")
    expect(desk.get_by_role("row").filter(has_text="Perbaikan data")).to_contain_text("Lewat 3 jam")
    picture(desk, "antrean-1280")
    desk.get_by_role("link", name="Perbaikan data").click()
    expect(desk.get_by_text("Jl. Melati 12")).to_be_visible()
    picture(desk, "permintaan-1280")
    desk.get_by_label("Setujui").check()
    desk.get_by_role("button", name="Kirim jawaban").click()
    expect(desk.get_by_text("dipenuhi.")).to_be_visible()
    desk.get_by_role("link", name="Penghapusan data").click()
    desk.get_by_label("Setujui").check()
    desk.get_by_role("button", name="Kirim jawaban").click()
    expect(desk.get_by_text("menunggu petugas kedua.")).to_be_visible()

    second = signed_in(admin, dark=True)
    second.goto(f"{portal.url}/hak-data/")
    picture(second, "antrean-360-gelap")
    second.get_by_role("link", name="Penghapusan data").click()
    picture(second, "penghapusan-360-gelap")
    second.get_by_label("Setujui").check()
    second.get_by_role("button", name="Kirim jawaban").click()
    expect(second.get_by_text("Data sudah dihapus.")).to_be_visible()

    own.goto(f"{portal.url}/saya/data/")
    expect(own).to_have_url(f"{portal.url}/masuk/?next=/saya/data/")
    left = Person.objects.get(pk=person.pk)
    assert left.erased_at is not None
    assert left.address == ""
