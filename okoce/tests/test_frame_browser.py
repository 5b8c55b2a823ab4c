"""The frame in a real browser: quiet panels can be read, the menu stays put, no page scrolls sideways."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from accounts.tests.factories import PASSWORD, UserFactory, staff
from core.tests.test_contrast import contrast
from okoce.testing.processes import Portal
from participants.models import Person, Stage
from participants.tests.factories import center_of, participant

pytestmark = pytest.mark.browser

ENDLESS = "Panjangsekali" * 9
"""A word that no line of a phone can hold."""

COLOURS = """buttons => buttons.map(button => {
    let holder = button;
    while (getComputedStyle(holder).backgroundColor === "rgba(0, 0, 0, 0)") holder = holder.parentElement;
    const back = getComputedStyle(holder).backgroundColor;
    return [button.textContent.trim(), getComputedStyle(button).color, back];
})"""
"""Words, ink and ground of every button."""

QUIET = "quiet => document.querySelector('.next').classList.toggle('is-quiet', quiet)"


@pytest.fixture
def portal(start_portal: Callable[..., Portal]) -> Portal:
    return start_portal(environment={"DEMO_MODE": "1"})


def enter(page: Page, portal: Portal, user: User, path: str) -> None:
    """Sign in through the page, and go on to `path`."""
    page.goto(f"{portal.url}/masuk/?next={path}")
    page.locator("[name=login]").fill(user.email or user.login_number or "")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button.btn-primary").first.click()
    page.wait_for_url(portal.url + path)  # not "**…": the sign-in page has the path in its query


def hex_of(colour: str) -> str:
    """`rgb(93, 35, 82)` as `#5d2352`."""
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    return f"#{red:02x}{green:02x}{blue:02x}"


def is_wide(page: Page) -> bool:
    """Whether the page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_buttons_of_a_panel_can_be_read_also_when_it_is_quiet(
    open_browser_page: Callable[..., Page], portal: Portal, dark: bool
) -> None:
    coach = UserFactory(phone="+6281200000017")
    user = participant(coach=coach).person.user
    page = open_browser_page(dark=dark, reduced_motion="reduce")  # colours at once, not half-way
    enter(page, portal, user, "/saya/")
    for is_quiet in (True, False):
        page.evaluate(QUIET, is_quiet)
        shown = page.eval_on_selector_all(".next .btn", COLOURS)
        assert shown
        for words, ink, back in shown:
            assert contrast(hex_of(ink), hex_of(back)) >= 4.5, (words, is_quiet, ink, back)


def test_the_word_menu_stays_where_it_is_and_the_account_is_in_it(
    open_browser_page: Callable[..., Page], portal: Portal
) -> None:
    manager = staff(Role.PENGELOLA, center_of().pk, is_demo=True)
    page = open_browser_page(width=360)
    enter(page, portal, manager, "/antrean/")
    menu = page.locator(".menu summary")
    closed = menu.bounding_box()
    menu.click()
    expect(page.locator(".menu a", has_text="Akun")).to_be_visible()
    assert menu.bounding_box() == closed
    assert not is_wide(page)
    page.locator(".menu a", has_text="Akun").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Akun saya")


def test_endless_words_break_before_a_page_scrolls_sideways(
    open_browser_page: Callable[..., Page], portal: Portal
) -> None:
    manager = staff(Role.PENGELOLA, center_of().pk, is_demo=True)
    person = participant(stage=Stage.PELATIHAN).person
    Person.objects.filter(pk=person.pk).update(full_name=ENDLESS)
    page = open_browser_page(width=320)
    enter(page, portal, manager, "/peserta/")
    long = ENDLESS[:70]
    for path in ("/peserta/", f"/peserta/{person.pk}/", f"/pusat/?q={long}", f"/peserta/?q={long}"):
        page.goto(portal.url + path)
        assert not is_wide(page), path
    page.goto(f"{portal.url}/loket/")
    for name in ("district", "village", "nik", "phone", "email"):
        page.locator(f"[name={name}]").fill(ENDLESS[:90])
    page.get_by_role("button", name="Periksa isian").click()
    expect(page.locator("#galat")).to_be_visible()
    assert ENDLESS[:20] in page.locator("#galat").inner_text()
    assert not is_wide(page)


def test_groups_of_the_form_are_numbered_without_a_gap(
    open_browser_page: Callable[..., Page], portal: Portal
) -> None:
    page = open_browser_page(width=360)
    page.goto(f"{portal.url}/daftar/")

    def count() -> int:
        return len([one for one in page.locator(".groups > fieldset > legend").all() if one.is_visible()])

    assert count() == 4
    page.locator("[value=naik_kelas]").check()
    assert count() == 5
    counters = page.eval_on_selector_all(
        ".groups > fieldset > legend", "all => all.map(one => getComputedStyle(one, '::before').content)"
    )
    assert set(counters) == {'counter(group) ". "'}


def picture() -> bytes:
    """A small PNG."""
    content = io.BytesIO()
    Image.new("RGB", (400, 300), "#5d2352").save(content, "PNG")
    return content.getvalue()


def test_a_file_field_speaks_our_words_shows_what_was_chosen_and_lets_go_of_it(
    open_browser_page: Callable[..., Page], portal: Portal
) -> None:
    page = open_browser_page(width=360)
    enter(page, portal, participant(stage=Stage.PERIZINAN).person.user, "/saya/bukti/nib/")
    field, frame = page.get_by_label("Berkas"), page.locator("[data-file]")
    button, chosen = frame.locator(".file-pick .btn"), frame.get_by_role("status")
    expect(button).to_have_text("Pilih foto atau berkas")
    with page.expect_file_chooser():
        button.click(force=True)  # the control lies over it
    page.get_by_label("Tanggal").focus()
    page.keyboard.press("Tab")
    expect(field).to_be_focused()
    field.set_input_files({"name": "nib.png", "mimeType": "image/png", "buffer": picture()})
    expect(button).to_have_text("Ganti")
    expect(chosen).to_contain_text("nib.png")
    expect(frame.locator("canvas.file-preview")).to_have_js_property("height", 160)
    frame.get_by_role("button", name="Hapus").click()
    expect(button).to_have_text("Pilih foto atau berkas")
    expect(frame.locator("canvas")).to_have_count(0)
    expect(chosen).to_have_count(0)
    expect(field).to_be_focused()
    assert page.evaluate("document.querySelector('[type=file]').files.length") == 0
    field.set_input_files({"name": "besar.png", "mimeType": "image/png", "buffer": b"x" * 5_300_000})
    expect(chosen).to_contain_text("Terlalu besar")
    assert not is_wide(page)


def test_without_script_the_file_field_is_the_browsers_own(
    open_browser_page: Callable[..., Page], portal: Portal
) -> None:
    page = open_browser_page(javascript=False)
    enter(page, portal, participant(stage=Stage.PERIZINAN).person.user, "/saya/bukti/nib/")
    field = page.get_by_label("Berkas")
    expect(field).to_be_visible()
    expect(field).to_have_css("opacity", "1")
    expect(page.locator(".file-pick")).to_have_count(0)
