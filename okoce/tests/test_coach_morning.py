"""A coach's morning in a real browser, on a phone: from the list to WhatsApp, to the logged contact."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from accounts.tests.factories import PASSWORD, staff
from centers.models import CoachProfile
from core.clock import now, today
from okoce.testing.processes import Portal
from participants.models import Enrollment, Stage, Status
from participants.tests.factories import center_of, participant
from programs.mentoring.models import ContactLog, Snooze

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LATE, TODAY = "Terlambat", "Hari ini"


class Morning:
    """A coach with a phone and two silent participants."""

    def __init__(self, portal: Portal, open_page: Callable[..., Page]) -> None:
        self.portal, self.open_page = portal, open_page
        center = center_of("P31.74.07")
        self.coach = staff(Role.PENDAMPING, center.code, display_name="Ratna Dewi", is_demo=True)
        CoachProfile.objects.create(user=self.coach, center=center)
        self.budi = self.silent("Budi Santoso", days=18)
        self.nur = self.silent("Nur Aini", days=16)

    def silent(self, name: str, *, days: int) -> Enrollment:
        one = participant(
            stage=Stage.PENDAMPINGAN, coach=self.coach, person__full_name=name,
            registered_at=now() - timedelta(days=40),
        )  # fmt: skip
        Enrollment.objects.filter(pk=one.pk).update(last_activity_at=now() - timedelta(days=days))
        return one

    def signed_in(self, user: User, **options: Any) -> Page:
        page = self.open_page(**options)
        page.goto(f"{self.portal.url}/masuk/")
        page.get_by_label("Nomor HP").fill(user.email or "")
        page.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Masuk", exact=True).click()
        expect(page.get_by_role("button", name="Keluar")).to_be_visible()
        return page


@pytest.fixture
def morning(start_portal: Callable[..., Portal], open_browser_page: Callable[..., Page]) -> Morning:
    return Morning(start_portal(environment={"DEMO_MODE": "1"}), open_browser_page)


def group(page: Page, title: str) -> Any:
    return page.get_by_role("region", name=re.compile(title))


def card(page: Page, name: str) -> Any:
    return page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=name))


def test_from_the_list_to_whatsapp_to_the_logged_contact(morning: Morning) -> None:
    page = morning.signed_in(morning.coach, width=360)
    page.goto(f"{morning.portal.url}/pendamping/")
    names = group(page, LATE).get_by_role("heading", level=3)
    expect(names).to_have_text(["Budi Santoso", "Nur Aini"])
    budi = card(page, "Budi Santoso")
    expect(budi).to_contain_text("18 hari diam, batas 14")

    # One tap to WhatsApp, with a text that fits the reason and no number but the phone.
    link = budi.get_by_role("link", name="WhatsApp").get_attribute("href") or ""
    parts = urlsplit(link)
    text = parse_qs(parts.query)["text"][0]
    assert parts.netloc == "wa.me"
    assert parts.path.lstrip("/") == (morning.budi.person.phone() or "").lstrip("+")
    assert text.startswith("Halo Budi Santoso, saya Ratna Dewi")
    assert "Sudah lama kita belum saling memberi kabar." in text
    assert not re.search(r"\d{16}", text)

    # Everything to tap is large enough for a thumb, and nothing hangs over the side.
    for control in page.locator("main .btn:visible, main summary:visible").all():
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 44, control.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    # Written down: the card leaves the late ones, the person's page tells it.
    budi.get_by_role("link", name="Catat kabar").click()
    page.get_by_label("WhatsApp").check()
    page.get_by_label("Tersambung").check()
    page.get_by_label("Apa kabarnya?").fill("Sudah belanja bahan, tinggal hitung harga.")
    page.get_by_label("Yang disepakati").fill("mengirim daftar harga")
    page.get_by_label("Peserta boleh membaca catatan ini").check()
    page.get_by_role("button", name="Simpan kabar").click()
    expect(page.locator(".messages[role=status]")).to_contain_text("Kabar Budi Santoso tersimpan.")
    expect(page).to_have_url(re.compile(r"/pendamping/$"))
    expect(group(page, LATE).get_by_role("heading", level=3)).to_have_text(["Nur Aini"])
    expect(page.get_by_text("1 peserta lain berjalan sesuai rencana.")).to_be_visible()
    page.goto(f"{morning.portal.url}/peserta/{morning.budi.person_id}/")
    expect(page.get_by_text("WhatsApp, dibalas")).to_be_visible()
    expect(page.get_by_text("Disepakati: mengirim daftar harga.")).to_be_visible()

    # The participant reads what was shared, in plain words.
    citizen = morning.budi.person.user
    assert citizen is not None
    own = morning.signed_in(citizen, width=360)
    own.goto(f"{morning.portal.url}/saya/")
    own.get_by_text("Riwayat Anda").click()
    expect(own.get_by_text("Anda berkirim pesan WhatsApp dengan Ratna Dewi")).to_be_visible()
    expect(own.get_by_text("Sudah belanja bahan")).to_be_visible()


def test_three_tries_then_out_of_reach_then_back(morning: Morning) -> None:
    ContactLog.objects.bulk_create(
        ContactLog(
            enrollment=morning.budi, submission_id=morning.nur.pk if ago == 4 else morning.budi.pk,
            kind="telepon", outcome="tidak_dijawab", happened_at=now() - timedelta(days=ago),
            happened_on=today() - timedelta(days=ago), author=morning.coach,
        )
        for ago in (4, 7)
    )  # fmt: skip
    page = morning.signed_in(morning.coach, width=360, dark=True)
    page.goto(f"{morning.portal.url}/pendamping/")
    expect(card(page, "Budi Santoso")).to_contain_text("2× mencoba")
    card(page, "Budi Santoso").get_by_role("link", name="Catat kabar").click()
    page.get_by_label("Telepon").check()
    page.get_by_label("Tidak dijawab").check()
    page.get_by_role("button", name="Simpan kabar").click()
    expect(page.get_by_role("heading", name="Catat tidak terhubungi")).to_be_visible()
    expect(page.get_by_label("Alasan")).to_have_value(re.compile("^3× mencoba: "))
    page.get_by_role("button", name="Catat tidak terhubungi").click()
    assert Enrollment.objects.get(pk=morning.budi.pk).status == Status.TIDAK_TERHUBUNGI
    page.get_by_role("link", name="Catat kabar").click()
    page.get_by_label("Telepon").check()
    page.get_by_label("Tersambung").check()
    page.get_by_label("Apa kabarnya?").fill("Nomornya baru, sudah bisa dihubungi.")
    page.get_by_role("button", name="Simpan kabar").click()
    page.get_by_role("button", name="Lanjutkan").click()
    expect(page.get_by_role("heading", name="Budi Santoso", level=1)).to_be_visible()
    assert Enrollment.objects.get(pk=morning.budi.pk).status == Status.AKTIF


def test_put_off_without_javascript_and_taken_back(morning: Morning) -> None:
    page = morning.signed_in(morning.coach, width=360, javascript=False)
    page.goto(f"{morning.portal.url}/pendamping/")
    page.get_by_role("link", name="Tunda Nur Aini").click()
    page.get_by_label("Tampilkan lagi tanggal").fill("31/02/2027")
    page.get_by_role("button", name="Tunda peserta").click()
    expect(page.get_by_role("link", name=re.compile("31 Februari"))).to_be_visible()
    page.get_by_label("Tampilkan lagi tanggal").fill(f"{today() + timedelta(days=9):%d/%m/%Y}")
    page.get_by_label("Alasan").fill("Pulang kampung")
    page.get_by_role("button", name="Tunda peserta").click()
    expect(group(page, LATE).get_by_role("heading", level=3)).to_have_text(["Budi Santoso"])
    page.get_by_text("Ditunda: 1").click()
    expect(page.get_by_text("Pulang kampung")).to_be_visible()
    page.get_by_role("button", name="Tampilkan lagi Nur Aini").click()
    expect(group(page, LATE).get_by_role("heading", level=3)).to_have_text(["Budi Santoso", "Nur Aini"])
    assert Snooze.objects.filter(ended_at__isnull=False).count() == 1
