"""The page of registration on a phone of 360 px: what it says and when, and that it stays calm."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from playwright.sync_api import Locator, Page, expect

from okoce.testing.processes import Portal
from participants.models import Enrollment
from participants.tests.factories import center_of, demo_phone, synthetic_nik

from .judge import invalid_html, judge_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NIK = "3174075205900000"
SAID = "Lahir 12 Mei 1990, perempuan, NIK dari Kota Jakarta Selatan."
PASSWORD = "kuda-laut-biru-77"

scripts = pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])

LISTEN = """() => {
  window.heard = [];
  for (const line of document.querySelectorAll("[aria-live]"))
    new MutationObserver(() => window.heard.push(line.textContent.trim()))
      .observe(line, { childList: true, characterData: true, subtree: true });
}"""
"""Notes whatever a screen reader would be told by itself."""

FOLLOW_FETCH = """() => {
  const { fetch } = window;
  window.answered = 0;
  window.fetch = async (...asked) => {
    const answer = await fetch(...asked);
    const body = await answer.json();
    setTimeout(() => { window.answered += 1; });
    return { json: async () => body };
  };
}"""
"""Counts what the page fetched and read; in the page, as a service worker hides some of it from outside."""


def field(page: Page, name: str) -> Locator:
    return page.locator(f"[name={name}]")


def line(page: Page, name: str) -> Locator:
    """Where the page speaks about a field."""
    return page.locator(f"#id_{name}-l")


def heard(page: Page) -> list[str]:
    found: list[str] = page.evaluate("() => window.heard.splice(0)")
    return [words for words in found if words]


def top(control: Locator) -> float:
    """Where a control stands in the page."""
    where: float = control.evaluate("one => one.getBoundingClientRect().top + scrollY")
    return where


def opened(page: Page, portal: Portal) -> Page:
    page.goto(f"{portal.url}/daftar/")
    return page


def begin_nik(page: Page) -> None:
    """Go to the NIK; the names of places are there before anything is typed."""
    page.evaluate(FOLLOW_FETCH)
    field(page, "nik").focus()
    page.wait_for_function("() => window.answered > 0")


def complete(page: Page, **changes: str) -> None:
    """Fill in all that is asked; a change to "" leaves a field empty."""
    values = {
        "full_name": "Siti Contoh", "nik": synthetic_nik(gender="P"), "phone": demo_phone(),
        "district": "Kebayoran Baru", "address": "Jl. Wijaya Timur No. 12", "password": PASSWORD,
    } | changes  # fmt: skip
    page.locator("[value=mulai_usaha]").check()
    for name, text in values.items():
        field(page, name).fill(text)
    field(page, "consent").check()


def send(page: Page) -> None:
    page.get_by_role("button", name="Kirim pendaftaran").click()


# What it says, and when -----------------------------------------------------------------------------------


def test_a_nik_explains_itself_once_and_only_when_it_is_left(browser_page: Page, live_portal: Portal) -> None:
    page = opened(browser_page, live_portal)
    expect(line(page, "nik")).to_have_attribute("aria-live", "polite")
    assert "id_nik-l" in (field(page, "nik").get_attribute("aria-describedby") or "").split()
    page.evaluate(LISTEN)
    begin_nik(page)
    page.keyboard.type(NIK[:9])
    page.keyboard.type(NIK[9:])
    assert heard(page) == []
    page.keyboard.press("Tab")
    expect(line(page, "nik")).to_have_text(SAID)
    expect(field(page, "phone")).to_be_focused()
    assert heard(page) == [SAID]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert heard(page) == []
    expect(line(page, "nik")).to_have_text(SAID)


def test_what_seems_wrong_is_said_gently_and_goes_while_it_is_corrected(
    browser_page: Page, live_portal: Portal
) -> None:
    page = opened(browser_page, live_portal)
    page.evaluate(LISTEN)
    begin_nik(page)
    page.keyboard.type(NIK[:15])
    page.keyboard.press("Tab")
    expect(line(page, "nik")).to_have_text("Baru 15 angka. NIK punya 16 angka.")
    assert heard(page) == ["Baru 15 angka. NIK punya 16 angka."]
    field(page, "nik").focus()
    page.keyboard.press("End")
    expect(line(page, "nik")).to_have_text("Baru 15 angka. NIK punya 16 angka.")
    page.keyboard.type(NIK[15:])
    expect(line(page, "nik")).to_have_text("")
    assert heard(page) == []
    page.keyboard.press("Tab")
    expect(line(page, "nik")).to_have_text(SAID)


def test_fields_that_are_passed_empty_and_names_are_met_with_silence(
    browser_page: Page, live_portal: Portal
) -> None:
    page = opened(browser_page, live_portal)
    page.evaluate(LISTEN)
    field(page, "full_name").fill("S")
    for name in ("full_name", "nik", "phone", "password", "consent"):
        field(page, name).focus()
    assert heard(page) == []


def test_the_phone_is_said_back_and_the_password_is_counted_once(
    browser_page: Page, live_portal: Portal
) -> None:
    page = opened(browser_page, live_portal)
    page.evaluate(LISTEN)
    for typed, said in (
        ("6281200001234", "Nomor Anda: 0812-0000-1234."),
        ("0812-00", "Nomor ini belum lengkap."),
        ("nol delapan", "Tulis angkanya saja, tanpa huruf."),
    ):
        field(page, "phone").fill(typed)
        field(page, "phone").blur()
        expect(line(page, "phone")).to_have_text(said)
        assert heard(page) == [said]
    secret = field(page, "password")
    secret.focus()
    page.keyboard.type("kuda")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Lihat kata sandi")).to_be_focused()
    assert heard(page) == []  # the button belongs to the field
    page.keyboard.press("Tab")
    expect(line(page, "password")).to_have_text("Baru 4 huruf. Paling sedikit 10.")
    heard(page)
    secret.focus()
    page.keyboard.press("End")
    page.keyboard.type("-laut-biru")
    secret.blur()
    expect(line(page, "password")).to_have_text("Panjangnya sudah cukup.")
    secret.focus()
    page.keyboard.press("End")
    page.keyboard.type("-77")
    secret.blur()
    assert heard(page) == ["Panjangnya sudah cukup."]


def test_without_the_names_of_places_the_rest_is_said(browser_page: Page, live_portal: Portal) -> None:
    page = opened(browser_page, live_portal)
    page.evaluate(
        "() => { window.fetch = async (address) => { window.asked = address; throw new TypeError(); } }"
    )
    field(page, "nik").focus()
    page.wait_for_function("() => window.asked?.includes('places')")
    page.keyboard.type(NIK)
    page.keyboard.press("Tab")
    expect(line(page, "nik")).to_have_text("Lahir 12 Mei 1990, perempuan.")


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_below_moves_when_the_page_speaks(
    open_browser_page: Callable[..., Page], live_portal: Portal, width: int
) -> None:
    page = opened(open_browser_page(width=width), live_portal)
    below = field(page, "address")
    before = top(below)
    begin_nik(page)
    page.keyboard.type(NIK)
    assert abs(top(below) - before) < 1
    page.keyboard.press("Tab")
    expect(line(page, "nik")).to_have_text(SAID)
    assert abs(top(below) - before) < 1
    for typed in ("0812-00", "0812-0000-000000", "nol delapan", "+65 0000", "0800-000-000", "0812-0000-1234"):
        field(page, "phone").fill(typed)
        field(page, "phone").blur()
        expect(line(page, "phone")).not_to_have_text("")
        assert abs(top(below) - before) < 1, typed
    consent = top(field(page, "consent"))
    field(page, "password").fill("kuda")
    field(page, "consent").focus()
    expect(line(page, "password")).to_contain_text("Baru 4 huruf")
    assert abs(top(field(page, "consent")) - consent) < 1


# Only what matters ----------------------------------------------------------------------------------------


@scripts
def test_questions_of_one_path_wait_for_that_path(
    open_browser_page: Callable[..., Page], live_portal: Portal, javascript: bool
) -> None:
    page = opened(open_browser_page(javascript=javascript), live_portal)
    for name in ("business_name", "business_sector", "no_nik_reason", "birth_date", "goal", "source"):
        expect(field(page, name).first).to_be_hidden()
    choice = top(page.locator("[value=naik_kelas]"))
    page.locator("[value=naik_kelas]").check()
    expect(field(page, "business_name")).to_be_visible()
    assert abs(top(page.locator("[value=naik_kelas]")) - choice) < 1
    page.keyboard.press("Tab")
    expect(field(page, "business_name")).to_be_focused()
    page.locator("[value=cari_kerja]").check()
    expect(field(page, "business_name")).to_be_hidden()
    page.keyboard.press("Tab")
    expect(field(page, "full_name")).to_be_focused()


@scripts
def test_without_a_nik_the_questions_open_with_the_keyboard(
    open_browser_page: Callable[..., Page], live_portal: Portal, javascript: bool
) -> None:
    page = opened(open_browser_page(javascript=javascript), live_portal)
    field(page, "nik").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(field(page, "no_nik_reason")).to_be_focused()
    page.keyboard.type("KTP belum jadi")
    page.keyboard.press("Tab")
    expect(field(page, "birth_date")).to_be_focused()


def test_who_writes_a_nik_is_not_asked_why_there_is_none(browser_page: Page, live_portal: Portal) -> None:
    page = opened(browser_page, live_portal)
    question = page.get_by_text("Saya belum punya NIK")
    expect(question).to_be_visible()
    field(page, "nik").press_sequentially("31")
    expect(question).to_be_hidden()
    field(page, "nik").fill("")
    expect(question).to_be_visible()
    question.click()
    field(page, "no_nik_reason").fill("Hilang")
    field(page, "nik").fill(NIK)
    expect(field(page, "no_nik_reason")).to_be_visible()  # what was opened is not taken away


# Sending and mending --------------------------------------------------------------------------------------


def test_no_check_stands_in_the_way_and_the_server_judges(browser_page: Page, live_portal: Portal) -> None:
    center_of("P31.74.07")
    page = opened(browser_page, live_portal)
    complete(page, nik=NIK[:15], phone="nol delapan", password="kuda")
    send(page)
    summary = page.locator("#galat")
    expect(summary).to_be_focused()
    assert page.evaluate("performance.getEntriesByType('navigation')[0].responseStatus") == 422
    expect(summary.get_by_role("heading")).to_have_text("Ada 3 isian yang perlu dibetulkan")
    assert Enrollment.objects.count() == 0
    for words, name in (
        ("NIK harus 16 angka", "nik"),
        ("Nomor HP hanya", "phone"),
        ("Kata sandi", "password"),
    ):
        summary.get_by_role("link", name=re.compile(words)).click()
        expect(field(page, name)).to_be_focused()
        expect(field(page, name)).to_be_in_viewport()
        expect(field(page, name)).to_have_attribute("aria-invalid", "true")


def test_an_error_goes_while_it_is_corrected_and_the_field_stays_where_it_is(
    browser_page: Page, live_portal: Portal
) -> None:
    center_of("P31.74.07")
    page = opened(browser_page, live_portal)
    complete(page, nik=NIK[:15])
    send(page)
    number = field(page, "nik")
    expect(number).to_have_attribute("aria-invalid", "true")
    page.wait_for_load_state()  # the scripts of the new page have run
    error = page.locator("#id_nik-e")
    expect(error).to_be_visible()
    number.focus()
    before = (top(number), number.bounding_box(), top(field(page, "address")))
    page.keyboard.press("End")
    page.keyboard.type(NIK[15:])
    expect(error).to_be_hidden()
    assert number.get_attribute("aria-invalid") is None
    assert (number.get_attribute("aria-describedby") or "").split() == ["id_nik-h", "id_nik-l"]
    after = (top(number), number.bounding_box(), top(field(page, "address")))
    assert after == before
    field(page, "password").fill(PASSWORD)
    send(page)
    page.wait_for_url("**/daftar/berhasil/")
    assert Enrollment.objects.count() == 1


def test_without_scripts_the_summary_leads_to_the_fields(
    open_browser_page: Callable[..., Page], live_portal: Portal
) -> None:
    page = opened(open_browser_page(javascript=False), live_portal)
    send(page)
    expect(page).to_have_title(re.compile("^Galat:"))
    expect(page.get_by_role("button", name="Lihat kata sandi")).to_have_count(0)
    for name in ("pathway", "full_name", "nik", "phone", "district", "address", "password", "consent"):
        link = page.locator(f"#galat a[href='#id_{name}']")
        link.click()
        expect(page.locator(f"#id_{name}")).to_be_in_viewport()
        expect(page).to_have_url(re.compile(f"#id_{name}$"))
    expect(line(page, "nik")).to_be_hidden()  # no room is kept for words that cannot come


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_and_its_errors_have_no_faults(
    open_browser_page: Callable[..., Page], live_portal: Portal, dark: bool
) -> None:
    center_of("P31.74.07")
    page = opened(open_browser_page(dark=dark), live_portal)
    page.locator("[value=naik_kelas]").check()
    page.get_by_text("Ceritakan tujuan Anda").click()
    field(page, "nik").fill(NIK)
    field(page, "phone").fill("0812-00")
    field(page, "password").fill("kuda")
    field(page, "consent").focus()
    expect(line(page, "password")).to_contain_text("Baru 4 huruf")
    assert judge_page(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    send(page)
    expect(page.locator("#galat")).to_be_focused()
    assert judge_page(page) == []


def test_the_html_is_valid_empty_refused_and_answered(tmp_path: Path) -> None:
    center_of("P31.74.07")
    client = Client()
    data = {
        "submission_id": str(uuid4()), "pathway": "naik_kelas", "full_name": "Siti Contoh",
        "nik": synthetic_nik(), "phone": demo_phone(), "district": "31.74.07", "address": "Jl. Wijaya 1",
        "password": PASSWORD, "consent": "on",
    }  # fmt: skip
    (tmp_path / "empty.html").write_bytes(client.get("/daftar/").content)
    (tmp_path / "refused.html").write_bytes(client.post("/daftar/", {"nik": "31", "goal": "Warung"}).content)
    assert client.post("/daftar/", data).status_code == 303
    (tmp_path / "answer.html").write_bytes(client.get("/daftar/berhasil/").content)
    assert invalid_html(tmp_path) == []


def test_only_this_page_loads_its_script_and_places_only_come_for_a_nik(
    open_browser_page: Callable[..., Page], live_portal: Portal
) -> None:
    page = open_browser_page(service_workers="block")  # it would hide some of the page's requests from us
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{live_portal.url}/masuk/")
    assert [url for url in asked if "registration" in url] == []
    opened(page, live_portal)
    assert len([url for url in asked if re.search(r"/registration[^/]*\.js$", url)]) == 1
    assert [url for url in asked if "places" in url] == []
    begin_nik(page)
    field(page, "phone").focus()
    field(page, "nik").focus()
    assert len([url for url in asked if "places" in url]) == 1


# The page to keep -----------------------------------------------------------------------------------------


def registered(page: Page, portal: Portal, **changes: str) -> Enrollment:
    center_of(
        "P31.74.07", whatsapp="+628120000017", address="Jl. Contoh No. 1", hours="Senin–Jumat 08.00–16.00"
    )
    opened(page, portal)
    complete(page, **changes)
    send(page)
    page.wait_for_url("**/daftar/berhasil/")
    return Enrollment.objects.select_related("center").get()


@scripts
def test_the_answer_is_worth_keeping(
    open_browser_page: Callable[..., Page], live_portal: Portal, javascript: bool
) -> None:
    page = open_browser_page(javascript=javascript, dark=javascript)
    enrollment = registered(page, live_portal)
    number = page.locator(".code-big")
    expect(number).to_have_text(enrollment.number)
    assert number.evaluate("one => parseFloat(getComputedStyle(one).fontSize)") >= 28
    box = number.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 740  # on the first screen
    keep = page.get_by_role("link", name="Simpan lewat WhatsApp").get_attribute("href") or ""
    assert keep.startswith("https://wa.me/?text=")
    assert enrollment.number in keep
    assert "Siti" not in keep
    panel = page.get_by_role("region", name="Petugas memeriksa data Anda")
    expect(panel).to_contain_text("Paling lambat")
    expect(panel).to_contain_text("Pusat OK OCE Kebayoran Baru")
    center = page.get_by_role("region", name="Pusat OK OCE Kebayoran Baru")
    expect(center).to_contain_text("Jl. Contoh No. 1")
    expect(center.get_by_role("link", name="0812-0000-017")).to_have_attribute(
        "href", "https://wa.me/628120000017"
    )
    expect(page.get_by_role("region", name="Yang dibawa ke pusat").get_by_role("listitem")).to_have_text(
        ["KTP", "Nomor pendaftaran ini"]
    )
    for name in ("Salin", "Cetak atau simpan PDF"):
        expect(page.get_by_role("button", name=name)).to_have_count(int(javascript))
    if javascript:  # the judge is a script itself
        assert judge_page(page) == []


def test_the_number_is_copied_with_one_press(
    open_browser_page: Callable[..., Page], live_portal: Portal
) -> None:
    page = open_browser_page(permissions=["clipboard-read", "clipboard-write"])
    enrollment = registered(page, live_portal)
    page.get_by_role("button", name="Salin").click()
    expect(page.get_by_role("button", name="Tersalin")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == enrollment.number


@pytest.mark.parametrize("sheet", ["A4", "A6"])
def test_on_paper_it_is_one_sheet_with_everything_and_no_buttons(
    browser_page: Page, live_portal: Portal, sheet: str
) -> None:
    page = browser_page
    enrollment = registered(page, live_portal, full_name="Raden Ayu Siti Rahmawati Handayani Kusumaningrum")
    content = page.pdf(
        format=sheet, margin={"top": "10mm", "right": "10mm", "bottom": "10mm", "left": "10mm"}
    )
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == 1
    page.emulate_media(media="print")
    for words in (enrollment.number, "bukti pendaftaran tanggal", "Jl. Contoh No. 1", "Paling lambat", "KTP"):
        expect(page.get_by_text(words, exact=words == "KTP").first).to_be_visible()
    for gone in (
        "Salin",
        "Cetak atau simpan PDF",
        "Simpan lewat WhatsApp",
        "Lihat langkah saya",
        "Butuh bantuan?",
    ):
        expect(page.get_by_text(gone, exact=True)).to_be_hidden()
