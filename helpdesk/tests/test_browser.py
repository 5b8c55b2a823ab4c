"""In a real browser: a complaint answered in time and one answered late, from the question to the end."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from accounts.tests.factories import PASSWORD, staff
from centers.tests.factories import CenterFactory
from core.clock import now
from core.models import OutboxMessage
from helpdesk.models import Ticket, TicketMessage
from helpdesk.reminders import remind_everywhere
from okoce.testing.processes import Portal

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PICTURES = os.environ.get("OKOCE_PICTURES", "")
"""A folder in which every page is photographed, for looking at; none by default."""


def picture(page: Page, name: str) -> None:
    """No page scrolls sideways; photographed where asked for."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} scrolls sideways by {wide} px"
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def complain(page: Page, portal: Portal, text: str) -> tuple[str, str]:
    """Write a complaint as somebody without an account; returns number and code."""
    page.goto(f"{portal.url}/")
    page.get_by_role("link", name="Tulis pertanyaan atau keluhan").click()
    page.get_by_label("Saya punya keluhan").check()
    page.get_by_label("Tentang apa?").select_option("perizinan")
    page.get_by_label("Ceritakan").fill(text)
    page.locator("[name=district]").fill("Kebayoran Baru, Jakarta Selatan")
    page.get_by_label("Nama Anda").fill("Siti Contoh")
    page.locator("[name=phone]").fill("0812-0000-1234")
    page.get_by_role("button", name="Kirim", exact=True).click()
    page.wait_for_url("**/bantuan/B-*/")
    number = page.url.rstrip("/").rsplit("/", 1)[1]
    code = page.get_by_text("Kode untuk melihat jawaban").locator("xpath=..").inner_text()
    found = next(word for word in code.split() if len(word) == 9 and word[4] == "-")
    return number, found


def make_late(number: str) -> None:
    """Take the ticket eight days back, limit and all, as if nobody had looked at it."""
    back = timedelta(days=8)
    one = Ticket.objects.get(number=number)
    Ticket.objects.filter(pk=one.pk).update(
        opened_at=one.opened_at - back,
        waiting_since=one.waiting_since - back,
        due_on=one.due_on - back,
        due_at=one.due_at - back,
        escalates_on=one.escalates_on - back,
    )


def test_a_complaint_answered_in_time_and_one_late(
    start_portal: Callable[..., Portal], open_browser_page: Callable[..., Page]
) -> None:
    center = CenterFactory(code="P31.74.07")
    manager = staff(Role.PENGELOLA, center.pk, display_name="Maya Kusuma", is_demo=True)
    dinas = staff(Role.DINAS, "31", display_name="Rudi Hartono", is_demo=True)
    portal = start_portal(environment={"DEMO_MODE": "1"})
    citizen = open_browser_page(width=360)

    def signed_in(user: User, **options: object) -> Page:
        page = open_browser_page(**options)
        page.goto(f"{portal.url}/masuk/?next=/antrean-bantuan/")
        page.locator("[name=login]").fill(user.email or "")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("main form button.btn-primary").first.click()
        page.wait_for_url(f"{portal.url}/antrean-bantuan/")
        return page

    early, code = complain(citizen, portal, "NIB saya belum keluar.")
    expect(citizen.get_by_text("Hari ke-1, paling lambat")).to_be_visible()
    expect(citizen.get_by_text("Maya Kusuma").first).to_be_visible()
    picture(citizen, "asked-360")
    late, _code = complain(open_browser_page(width=360, javascript=False), portal, "Tidak ada yang menjawab.")
    make_late(late)

    office = signed_in(manager, width=1280)
    expect(office.locator("tbody tr").first).to_contain_text(late)
    expect(office.locator("tbody tr").first).to_contain_text("Lewat")
    picture(office, "queue-1280")
    for number in (early, late):
        office.goto(f"{portal.url}/antrean-bantuan/{number}/")
        office.get_by_role("button", name="Ambil").click()
        office.get_by_label("Jawaban untuk penanya").fill(f"Jawaban untuk {number}.")
        office.get_by_role("button", name="Kirim jawaban").click()
        expect(office.locator(".messages[role=status]")).to_contain_text("Jawaban terkirim")
    picture(office, "ticket-1280")
    answers = TicketMessage.objects.filter(side="petugas").values_list("ticket__number", "was_late")
    assert dict(answers) == {early: False, late: True}

    # Another phone: number and code are enough, and the asker opens it again.
    other = open_browser_page(width=360, dark=True)
    other.goto(f"{portal.url}/bantuan/cek/?nomor={early}")
    other.get_by_label("Kode").fill(code.lower())
    picture(other, "check-360-dark")
    other.get_by_role("button", name="Lihat jawaban").click()
    expect(other.get_by_text(f"Jawaban untuk {early}.")).to_be_visible()
    expect(other.get_by_text(code)).to_have_count(0)
    office.goto(f"{portal.url}/antrean-bantuan/{early}/tutup/")
    office.get_by_role("button", name="Tutup pertanyaan").click()
    other.reload()
    other.get_by_label("Tulis balasan").fill("Belum beres.")
    other.get_by_role("button", name="Buka lagi").click()
    expect(other.get_by_text("Giliran petugas").first).to_be_visible()
    picture(other, "reopened-360-dark")

    # Left lying again: the owner is told, then the dinas above.
    make_late(early)
    morning = now().replace(hour=5, minute=0)
    told = OutboxMessage.objects.filter(kind="notification").values_list("ids__kind", "recipient_id")
    wanted = {("bantuan_lewat", manager.pk), ("bantuan_naik", dinas.pk)}
    for day in range(30):  # holidays and weekends remind nobody, and do not count
        remind_everywhere(at=morning + timedelta(days=day))
        if wanted <= set(told.all()):
            break
    assert wanted <= set(told.all())
    above = signed_in(dinas, width=360)
    picture(above, "queue-360")
    above.goto(f"{portal.url}/antrean-bantuan/{early}/")
    picture(above, "ticket-360")
    expect(above.locator("a[href*='wa.me/628120000']")).to_have_count(0)
