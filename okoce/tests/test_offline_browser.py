"""Without signal, in a real browser: what is written is kept, sent once as its author, shown to no other."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, BrowserType, Page, expect

from accounts.models import Role, User
from accounts.tests.factories import PASSWORD, staff
from centers.models import CoachProfile
from core.clock import now
from okoce.launch.processes import wait_until
from okoce.testing.processes import PATIENCE, Portal
from participants.models import CoachAssignment, Enrollment, Stage
from participants.tests.factories import center_of, participant, synthetic_nik
from programs.mentoring.models import ContactLog

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PICTURES = os.environ.get("OKOCE_PICTURES", "")
"""A folder in which the states are photographed, for looking at; none by default."""

STORED = """async () => {
    const db = await new Promise((good, bad) => {
        const asked = indexedDB.open("okoce", 1);
        asked.onsuccess = () => good(asked.result);
        asked.onerror = bad;
    });
    const all = (name) => new Promise((good) => {
        db.transaction(name).objectStore(name).getAll().onsuccess = (event) => good(event.target.result);
    });
    const found = JSON.stringify([await all("entries"), await all("facts")]);
    db.close();
    return found;
}"""
"""Everything the send queue holds in this browser, of whomever, as one text."""

KEPT = """async () => {
    const found = [];
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) found.push(new URL(request.url).pathname);
    }
    return found.sort();
}"""
"""Addresses that the worker keeps."""


ANSWERS_ARE_LOST = """() => {
    const { fetch } = window;
    const { register } = SyncManager.prototype;
    window.posted = [];
    window.fetch = async (address, options) => {
        const answer = await fetch(address, options);
        if (options?.method !== "POST") return answer;
        window.posted.push([answer.status, options.headers["X-Author"]]);
        throw new TypeError("lost");
    };
    SyncManager.prototype.register = async () => {};
    window.askWorker = async () => register.call((await navigator.serviceWorker.ready).sync, "kirim");
}"""
"""Until the page is left its posts arrive, their answers do not; the worker sends only at `askWorker()`."""

SEND_AS = """async ([path, author]) => {
    const { token } = await (await fetch("/sinyal/")).json();
    const headers = { "X-Author": author, "X-CSRFToken": token };
    const answer = await fetch(path, { method: "POST", headers, body: new URLSearchParams() });
    return [answer.status, await answer.text()];
}"""
"""Posts to a form as the send queue would, in the name of an author."""


def picture(page: Page, name: str) -> None:
    """No page scrolls sideways; photographed in both themes where asked for."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} scrolls sideways by {wide} px"
    for scheme in ("light", "dark") if PICTURES else ():
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=str(Path(PICTURES) / f"{name}-{scheme}.png"), full_page=True)


class Device:
    """A phone or computer with a browser whose storage outlives its windows."""

    def __init__(self, start: Callable[[], BrowserContext], portal: Portal) -> None:
        self._start, self.portal = start, portal
        self.context = start()

    def restart(self) -> Page:
        """Switch the phone off and on."""
        self.context.close()
        self.context = self._start()
        return self.page()

    def page(self) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        return page

    def signal(self, is_there: bool) -> None:
        self.context.set_offline(not is_there)

    def signed_in(self, user: User, path: str) -> Page:
        page = self.page()
        page.goto(f"{self.portal.url}/masuk/?next={path}")
        page.get_by_label("Nomor HP").fill(user.email or user.login_number or "")
        page.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Masuk", exact=True).click()
        page.wait_for_url(self.portal.url + path)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        return page


@pytest.fixture
def device(
    start_portal: Callable[..., Portal],
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    tmp_path: Path,
) -> Iterator[Callable[..., Device]]:
    """`device()` is a phone, `device(is_phone=False)` a computer; all on one portal."""
    portal = start_portal(environment={"DEMO_MODE": "1"})
    made: list[Device] = []

    def make(*, is_phone: bool = True) -> Device:
        folder = tmp_path / f"device-{len(made)}"

        def start() -> BrowserContext:
            size = {"width": 360, "height": 740} if is_phone else {"width": 1280, "height": 800}
            return browser_type.launch_persistent_context(
                folder, **browser_type_launch_args, viewport=size, is_mobile=is_phone, has_touch=is_phone,
                locale="id-ID", timezone_id="Asia/Jakarta", reduced_motion="reduce",
            )  # fmt: skip

        made.append(Device(start, portal))
        return made[-1]

    yield make
    for one in made:
        one.context.close()


@pytest.fixture
def coach() -> User:
    center = center_of("P31.74.07")
    user = staff(Role.PENDAMPING, center.code, display_name="Ratna Dewi", is_demo=True)
    CoachProfile.objects.create(user=user, center=center)
    return user


def mentee(coach: User, name: str = "Budi Santoso") -> Enrollment:
    return participant(
        stage=Stage.PENDAMPINGAN, coach=coach, person__full_name=name,
        registered_at=now() - timedelta(days=40),
    )  # fmt: skip


def form_of(enrollment: Enrollment) -> str:
    return f"/peserta/{enrollment.person_id}/kabar/"


def write(page: Page, note: str) -> None:
    page.get_by_label("Telepon").check()
    page.get_by_label("Tersambung").check()
    page.get_by_label("Apa kabarnya?").fill(note)
    page.get_by_role("button", name="Simpan kabar").click()


def logged() -> list[tuple[str, Any]]:
    return list(ContactLog.objects.order_by("created_at").values_list("note", "author_id"))


KEPT_HEADING = "Catatan Anda disimpan di perangkat ini"


def test_a_contact_logged_without_signal_is_stored_once_though_the_phone_is_switched_off(
    device: Callable[..., Device], coach: User
) -> None:
    budi = mentee(coach)
    phone = device()
    page = phone.signed_in(coach, form_of(budi))
    phone.signal(False)
    expect(page.locator("[data-signal]")).to_contain_text("Anda sedang tanpa sinyal.")
    write(page, "Baru belanja bahan.")
    expect(page.get_by_role("heading", name=KEPT_HEADING)).to_be_visible()
    picture(page, "kabar-disimpan")
    page.goto(f"{phone.portal.url}/pendamping/")
    expect(page.get_by_role("heading", name="Anda sedang tanpa sinyal")).to_be_visible()
    expect(page.get_by_role("heading", name="Kabar Budi Santoso")).to_be_visible()
    picture(page, "tanpa-sinyal")
    # Nothing of a signed-in page is kept: style, scripts, mark, and the page that is the same for all.
    kept = page.evaluate(KEPT)
    assert "/tanpa-sinyal/" in kept
    assert all(path.startswith("/static/") for path in kept if path != "/tanpa-sinyal/"), kept
    assert logged() == []

    page = phone.restart()
    page.goto(f"{phone.portal.url}/pendamping/")
    expect(page.locator("[data-signal]")).to_contain_text("1 catatan sudah terkirim.")
    assert logged() == [("Baru belanja bahan.", coach.pk)]
    page.goto(f"{phone.portal.url}/kiriman/")
    expect(page.locator("[data-entry]")).to_contain_text("Terkirim")
    assert "Baru belanja bahan." not in page.evaluate(STORED)
    picture(page, "kiriman-terkirim")


def test_a_contact_whose_answer_is_lost_is_stored_once_though_tabs_and_worker_send_it_again(
    device: Callable[..., Device], coach: User
) -> None:
    budi = mentee(coach)
    phone = device()
    page = phone.signed_in(coach, "/pendamping/")
    page.goto(phone.portal.url + form_of(budi))
    page.evaluate(ANSWERS_ARE_LOST)
    write(page, "Sudah untung.")
    expect(page.get_by_role("heading", name=KEPT_HEADING)).to_be_visible()
    assert page.evaluate("posted") == [[200, str(coach.pk)]]
    assert logged() == [("Sudah untung.", coach.pk)]
    other = phone.page()
    other.goto(f"{phone.portal.url}/kiriman/", wait_until="commit")
    page.evaluate("askWorker()")
    page.reload()
    expect(other.locator("[data-entry]").filter(has_text="Terkirim")).to_have_count(1)
    assert logged() == [("Sudah untung.", coach.pk)]


def test_two_people_at_one_computer_see_send_and_empty_only_their_own(
    device: Callable[..., Device], coach: User
) -> None:
    second = staff(Role.PENDAMPING, "P31.74.07", display_name="Hendra Wijaya", is_demo=True)
    CoachProfile.objects.create(user=second, center=center_of("P31.74.07"))
    budi, nur = mentee(coach), mentee(second, "Nur Aini")
    computer = device(is_phone=False)
    page = computer.signed_in(coach, form_of(budi))
    computer.signal(False)
    write(page, "Kabar milik Ratna.")
    expect(page.get_by_role("heading", name=KEPT_HEADING)).to_be_visible()
    page.close()
    # Ratna leaves without signing out; her session ends, and Hendra sits down.
    computer.context.clear_cookies()
    computer.signal(True)
    page = computer.signed_in(second, "/kiriman/")
    expect(page.get_by_text("Tidak ada yang menunggu")).to_be_visible()
    expect(page.locator("[data-signal]")).to_be_hidden()
    assert "Kabar milik Ratna." not in page.content()
    assert "Kabar milik Ratna." in page.evaluate(STORED)
    assert logged() == []
    # Were it sent all the same, the portal would not take it as Hendra's.
    answer = page.evaluate(SEND_AS, [form_of(nur), str(coach.pk)])
    assert answer == [409, '{"is_foreign": true}']

    # Hendra's own is refused. He is warned before he signs out, and only his part is emptied.
    page.goto(computer.portal.url + form_of(nur))
    computer.signal(False)
    page.get_by_label("Tanggal kontak").fill("31/02/2026")
    write(page, "Rahasia usaha Nur.")
    expect(page.get_by_role("heading", name=KEPT_HEADING)).to_be_visible()
    computer.signal(True)
    expect(page.get_by_role("heading", name="Catatan Anda belum diterima")).to_be_visible()
    assert "Rahasia usaha" in page.evaluate(STORED)
    page.get_by_role("button", name="Keluar", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("Masih ada 1 catatan")
    picture(page, "keluar-sekarang")
    page.get_by_role("button", name="Keluar dan hapus").click()
    expect(page.get_by_text("Anda sudah keluar.")).to_be_visible()
    left = page.evaluate(STORED)
    assert "Rahasia usaha" not in left
    assert str(second.pk) not in left

    # Ratna was promised that hers is sent.
    page = computer.signed_in(coach, form_of(budi))
    expect(page.locator("[data-signal]")).to_contain_text("1 catatan sudah terkirim.")
    assert logged() == [("Kabar milik Ratna.", coach.pk)]
    # Where the page's own script does not run at the sign-out, the worker forgets.
    assert str(coach.pk) in page.evaluate(STORED)
    page.evaluate("document.querySelector('form[data-sign-out]').submit()")
    expect(page.get_by_text("Anda sudah keluar.")).to_be_visible()
    assert wait_until(lambda: page.evaluate(STORED) == "[[],[]]", seconds=PATIENCE, pause=0.05)


def test_what_the_portal_refuses_later_is_kept_shown_and_can_be_mended(
    device: Callable[..., Device], coach: User
) -> None:
    budi, nur = mentee(coach), mentee(coach, "Nur Aini")
    phone = device()
    page = phone.signed_in(coach, form_of(budi))
    phone.signal(False)
    write(page, "Pindah rumah bulan depan.")
    expect(page.get_by_role("heading", name=KEPT_HEADING)).to_be_visible()
    phone.signal(True)
    expect(page.get_by_role("heading", name="Catatan Anda sudah terkirim")).to_be_visible()
    page.goto(phone.portal.url + form_of(nur))
    phone.signal(False)
    page.get_by_label("Tanggal kontak").fill("31/02/2026")
    write(page, "Masih sakit.")
    expect(page.get_by_role("heading", name=KEPT_HEADING)).to_be_visible()
    page.get_by_role("button", name="Catat kabar lagi").click()
    write(page, "Sudah sembuh.")
    expect(page.get_by_role("heading", name=KEPT_HEADING)).to_be_visible()
    page.close()
    phone.signal(True)
    page = phone.page()
    page.goto(f"{phone.portal.url}/kiriman/")
    expect(page.locator("[data-signal]")).to_contain_text("1 catatan belum diterima.")
    refused = page.get_by_role("listitem").filter(has_text="Belum diterima")
    expect(refused).to_contain_text("31 Februari")
    picture(page, "kiriman-ditolak")
    refused.get_by_role("link", name="Betulkan").click()
    expect(page.get_by_label("Apa kabarnya?")).to_have_value("Masih sakit.")
    page.get_by_label("Tanggal kontak").fill(f"{now():%d/%m/%Y}")
    page.get_by_role("button", name="Simpan kabar").click()
    expect(page.get_by_text("Kabar Nur Aini tersimpan.").first).to_be_visible()
    assert sorted(note for note, _ in logged()) == [
        "Masih sakit.",
        "Pindah rumah bulan depan.",
        "Sudah sembuh.",
    ]

    # Somebody else's participant meanwhile: refused for good, the words can still be read and then deleted.
    page.goto(phone.portal.url + form_of(nur))
    phone.signal(False)
    write(page, "Mau pindah kelas.")
    expect(page.get_by_role("heading", name=KEPT_HEADING)).to_be_visible()
    page.close()
    CoachAssignment.objects.filter(enrollment=nur).update(ended_at=now())
    Enrollment.objects.filter(pk=nur.pk).update(coach=None)
    phone.signal(True)
    page = phone.page()
    page.goto(f"{phone.portal.url}/kiriman/")
    refused = page.get_by_role("listitem").filter(has_text="Belum diterima")
    expect(refused).to_contain_text("Sampaikan isinya kepada pengelola pusat")
    refused.get_by_text("Isi catatan").click()
    expect(refused).to_contain_text("Mau pindah kelas.")
    refused.get_by_role("button", name="Hapus").click()
    refused.get_by_role("button", name="Ya, hapus catatan ini").click()
    expect(refused).to_have_count(0)
    assert len(logged()) == 3
    assert "Mau pindah kelas." not in page.evaluate(STORED)


# The draft of the registration --------------------------------------------------------------------------

LOCAL = "JSON.stringify([{...localStorage}, {...sessionStorage}])"
OFFER = "Ada isian yang belum selesai"


def half(page: Page, device: Device) -> None:
    """Half a registration, with a password that was looked at."""
    page.goto(f"{device.portal.url}/daftar/")
    page.locator("[value=mulai_usaha]").check()
    page.get_by_label("Nama lengkap").fill("Wati Handayani")
    page.get_by_label("Alamat").fill("Jl. Melati 12")
    page.get_by_role("button", name="Lihat kata sandi").click()
    page.locator("[name=password]").fill("kuda-laut-biru-77")
    page.locator("[name=consent]").check()
    assert wait_until(lambda: "Melati" in page.evaluate(LOCAL), seconds=PATIENCE, pause=0.05)


def test_a_draft_survives_a_closed_tab_on_a_phone_and_goes_after_success(
    device: Callable[..., Device],
) -> None:
    center_of("P31.74.07")
    phone = device()
    page = phone.page()
    half(page, phone)
    stored = page.evaluate(LOCAL)
    assert "kuda-laut" not in stored
    assert "consent" not in stored
    page = phone.restart()
    page.goto(f"{phone.portal.url}/daftar/")
    offer = page.get_by_role("region", name=OFFER)
    expect(offer).to_be_visible()
    expect(page.get_by_label("Nama lengkap")).to_have_value("")
    picture(page, "daftar-lanjutkan")
    offer.get_by_role("button", name="Lanjutkan isian").click()
    expect(page.get_by_label("Nama lengkap")).to_have_value("Wati Handayani")
    expect(page.locator("[value=mulai_usaha]")).to_be_checked()
    expect(page.locator("[name=password]")).to_have_value("")
    expect(page.locator("[name=consent]")).not_to_be_checked()
    page.locator("[name=nik]").fill(synthetic_nik(gender="P"))
    page.get_by_label("Nomor HP").fill("0812-0000-12345")
    page.locator("[name=district]").fill("Kebayoran Baru")
    page.get_by_text("Ceritakan tujuan Anda").click()
    page.locator("[name=goal]").fill("Punya warung sendiri")
    page.locator("[name=password]").fill("kuda-laut-biru-77")
    page.locator("[name=consent]").check()
    page.get_by_role("button", name="Kirim pendaftaran").click()
    page.wait_for_url("**/daftar/berhasil/")
    assert Enrollment.objects.get().person.full_name == "Wati Handayani"
    assert wait_until(lambda: "Wati" not in page.evaluate(LOCAL), seconds=PATIENCE, pause=0.05)


def test_on_a_computer_and_at_the_counter_no_draft_is_left_to_the_next_person(
    device: Callable[..., Device], coach: User
) -> None:
    computer = device(is_phone=False)
    page = computer.page()
    half(page, computer)
    page.reload()
    expect(page.get_by_role("region", name=OFFER)).to_be_visible()
    page.close()
    page = computer.page()
    page.goto(f"{computer.portal.url}/daftar/")
    expect(page.get_by_label("Nama lengkap")).to_have_value("")
    expect(page.get_by_role("region", name=OFFER)).to_be_hidden()
    assert "Wati" not in page.evaluate(LOCAL)
    # The phone of the centre, lent for a registration: opening the counter forgets, and keeps nothing itself.
    phone = device()
    page = phone.page()
    half(page, phone)
    page = phone.signed_in(coach, "/loket/")
    assert wait_until(lambda: "Wati" not in page.evaluate(LOCAL), seconds=PATIENCE, pause=0.05)
    page.get_by_label("Nama lengkap").fill("Orang Berikutnya")
    page.get_by_label("Alamat").fill("Jl. Mawar 3")
    page.get_by_role("button", name="Periksa isian").click()
    expect(page.locator("#galat")).to_be_visible()
    assert "Mawar" not in page.evaluate(LOCAL)
