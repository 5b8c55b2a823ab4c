"""A rule from its preview to its confirmation, and the support view, in a real browser."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role
from accounts.tests.factories import PASSWORD, staff
from core.clock import now
from core.dated import first_free_day_after
from okoce.testing.processes import Portal
from participants.models import Enrollment, Stage, Threshold
from participants.tests.factories import center_of, participant

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PICTURES = os.environ.get("OKOCE_PICTURES", "")


def picture(page: Page, name: str) -> None:
    """No page scrolls sideways; photographed where asked for."""
    page.wait_for_load_state("domcontentloaded")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} scrolls sideways by {wide} px"
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_a_rule_is_previewed_confirmed_and_seen_as_a_manager(
    start_portal: Callable[..., Portal], open_browser_page: Callable[..., Page], width: int, dark: bool
) -> None:
    center = center_of("P31.74.07")
    admin = staff(Role.ADMIN, display_name="Sekretariat Contoh", is_demo=True)
    coach = staff(Role.PENDAMPING, center.pk, display_name="Budi Contoh", is_demo=True)
    caught = participant(stage=Stage.PELATIHAN, center=center, coach=coach, person__full_name="Siti Aminah")
    Enrollment.objects.filter(pk=caught.pk).update(last_activity_at=now() - timedelta(days=25))
    portal = start_portal(environment={"DEMO_MODE": "1"})
    page = open_browser_page(width=width, dark=dark)
    page.goto(f"{portal.url}/masuk/")
    page.get_by_label("Nomor HP").fill(admin.email or "")
    page.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Masuk", exact=True).click()
    page.goto(f"{portal.url}/sekretariat/")
    picture(page, f"sekretariat-{width}")
    page.get_by_role("link", name="Aturan Batas waktu").click()
    picture(page, f"aturan-{width}")
    page.get_by_role("link", name="Pelatihan: hari tanpa kabar sampai diingatkan").click()
    page.get_by_role("link", name="Nilai baru").click()
    since = first_free_day_after(now()) + timedelta(days=10)
    page.get_by_label("Nilai baru").fill("20")
    page.get_by_label("Berlaku sejak").fill(f"{since:%d/%m/%Y}")
    page.get_by_label("Dasar").fill("SK 12/2026")
    page.get_by_label("Alasan").fill("Lebih sigap")
    picture(page, f"aturan-baru-{width}")
    page.get_by_role("button", name="Lihat siapa yang terkena").click()
    expect(page.get_by_role("link", name="Siti Aminah")).to_be_visible()
    picture(page, f"aturan-pratinjau-{width}")
    page.get_by_role("button", name="Simpan nilai baru").click()
    expect(page.get_by_text("Nilai baru tersimpan: 20 hari.")).to_be_visible()
    picture(page, f"aturan-satu-{width}")
    assert Threshold.objects.get(valid_from=since).value == 20
    for name, path in (
        ("audit", "/audit/"), ("pengguna", "/pengguna/"), ("pengguna-satu", f"/pengguna/{coach.pk}/"),
        ("pengguna-baru", "/pengguna/baru/"), ("pusat", "/sekretariat/pusat/"),
        ("pusat-satu", f"/sekretariat/pusat/{center.pk}/"),
        ("pusat-tutup", f"/sekretariat/pusat/{center.pk}/tutup/"), ("dinas", "/sekretariat/dinas/"),
    ):  # fmt: skip
        page.goto(portal.url + path)
        picture(page, f"{name}-{width}")
    page.goto(f"{portal.url}/dukungan/")
    page.get_by_label("Lihat sebagai").select_option("pengelola")
    page.get_by_label("Pusat atau wilayah").fill(center.pk)
    page.get_by_label("Alasan").fill("Pertanyaan B-26-000001")
    page.get_by_role("button", name="Mulai melihat").click()
    page.goto(f"{portal.url}/peserta/")
    expect(
        page.get_by_text("Anda melihat sebagai pengelola pusat, Pusat OK OCE Kebayoran Baru")
    ).to_be_visible()
    expect(page.get_by_text("S. A.").first).to_be_visible()
    expect(page.get_by_text("Siti Aminah")).to_have_count(0)
    picture(page, f"dukungan-{width}")
    page.get_by_role("button", name="Selesai melihat").click()
    expect(page.get_by_role("heading", name="Tampilan dukungan")).to_be_visible()
