"""In a real browser, with real web server and worker: a report is ordered, watched and downloaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role
from accounts.tests.factories import PASSWORD, staff
from okoce.testing.processes import Portal, Worker
from participants.models import Stage, Status
from participants.tests.factories import participant

pytestmark = pytest.mark.browser


@pytest.fixture
def portal(start_portal: Callable[..., Portal]) -> Portal:
    return start_portal(environment={"DEMO_MODE": "1"})


def signed_in(page: Page, portal: Portal, path: str) -> None:
    """Enter as dinas of Jakarta, through the sign-in page."""
    dinas = staff(Role.DINAS, "31", is_demo=True, email="dinas.uji@contoh.test")
    page.goto(f"{portal.url}/masuk/?next={path}")
    page.get_by_label("Nomor HP").or_(page.locator("[name=login]")).first.fill(dinas.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button.btn-primary").first.click()
    page.wait_for_url(portal.url + path)


def test_a_report_appears_without_a_reload(
    open_browser_page: Callable[..., Page],
    portal: Portal,
    start_worker: Callable[..., Worker],
    tmp_path: Path,
) -> None:
    participant()
    page = open_browser_page(width=360)
    start_worker(environment={"JOB_STEP_SECONDS": "0.4"})
    signed_in(page, portal, "/laporan/")
    page.get_by_role("button", name="Buat laporan").click()
    expect(page.get_by_text("Laporan sedang dibuat.")).to_be_visible()
    expect(page.get_by_text("Corong DKI Jakarta")).to_be_visible()
    link = page.get_by_role("link", name="Unduh Excel")
    expect(link).to_be_visible(timeout=60_000)
    expect(page.locator("[hx-trigger]")).to_have_count(0)
    with page.expect_download() as waiting:
        link.click()
    assert waiting.value.suggested_filename.startswith("corong-31-")
    assert Path(waiting.value.path()).read_bytes()[:2] == b"PK"


def test_the_dashboard_works_without_javascript_and_does_not_scroll_sideways(
    open_browser_page: Callable[..., Page], portal: Portal
) -> None:
    participant(stage=Stage.PEMASARAN)
    participant(stage=Stage.PELATIHAN, status=Status.BERHENTI, center="P31.71.01")
    page = open_browser_page(width=320, javascript=False)
    signed_in(page, portal, "/dasbor/")
    expect(page.get_by_role("heading", level=1)).to_have_text("DKI Jakarta, semua angkatan")
    page.locator("select[name=jalur]").select_option("mulai_usaha")
    page.get_by_role("button", name="Terapkan").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("jalur Mulai usaha")
    page.get_by_text("44 kecamatan sebagai daftar").click()
    expect(page.get_by_role("link", name="Kebayoran Baru").last).to_be_visible()
    while page.locator("main details:not([open]) > summary").count():
        page.locator("main details:not([open]) > summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
