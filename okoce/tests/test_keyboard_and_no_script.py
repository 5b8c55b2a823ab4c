"""The keyboard alone, with and without scripts: somebody registers, and staff move somebody one stage on.

No mouse and no reaching into the page: from the address on only Tab, Space, Enter, arrows and letters.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role
from accounts.tests.factories import PASSWORD, staff
from centers.models import CoachProfile
from okoce.testing.processes import Portal
from participants.models import Enrollment, EvidenceKind, Stage
from participants.tests.factories import StageEvidenceFactory, center_of, participant, synthetic_nik

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST_TABS = 90
"""A page on which nothing is found after so many Tabs holds the reader, or lacks what was looked for."""

HERE = """selector => {
    const here = document.activeElement;
    if (!here || here === document.body || !here.matches(selector)) return "";
    return (here.innerText || here.name || here.tagName).trim();
}"""

scripts = pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])


class Keys:
    """Somebody at the keys of one page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go(self, address: str) -> None:
        """What is typed into the address line."""
        self.page.goto(address)

    def reach(self, selector: str, words: str = "") -> None:
        """Tab on until the focus is on this control, which must show it."""
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            found = self.page.evaluate(HERE, selector)
            if found and words in found:
                assert self.page.evaluate("() => document.activeElement.matches(':focus-visible')")
                return
        raise AssertionError(f"{selector} {words!r} is not reached with {MOST_TABS} Tabs at {self.page.url}")

    def write(self, name: str, text: str) -> None:
        """Go to the field and type."""
        self.reach(f"[name={name}]")
        self.page.keyboard.type(text)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def choose(self, name: str, value: str) -> None:
        """Go to a group of choices and move with the arrows until this one is taken."""
        self.reach(f"input[name={name}]")
        self.press("Space")
        chosen = "name => document.querySelector(`input[name=${name}]:checked`)?.value"
        for _ in range(6):
            if self.page.evaluate(chosen, name) == value:
                return
            self.press("ArrowDown")
        raise AssertionError(f"{value} of {name} is not reached with arrows")


@scripts
def test_somebody_registers_with_the_keyboard_alone(
    live_portal: Portal, open_browser_page: Callable[..., Page], javascript: bool
) -> None:
    center_of("P31.74.07")
    keys = Keys(open_browser_page(width=360, javascript=javascript))
    keys.go(f"{live_portal.url}/daftar/")
    keys.choose("pathway", "mulai_usaha")
    keys.write("full_name", "Siti Papan Ketik")
    keys.write("nik", synthetic_nik("317407", "P"))
    keys.write("phone", "0812-0000-99002")
    keys.write("district", "Kebayoran Baru")
    keys.write("address", "Jl. Wijaya Timur No. 12")
    keys.write("password", "warung-kopi-melati-7")
    keys.reach("[name=consent]")
    keys.press("Space")
    keys.reach("button", "Kirim pendaftaran")
    keys.press("Enter")
    keys.page.wait_for_url("**/daftar/berhasil/")
    enrollment = Enrollment.objects.get(person__full_name="Siti Papan Ketik")
    expect(keys.page.get_by_text(enrollment.number).first).to_be_visible()


@scripts
def test_staff_move_somebody_one_stage_on_with_the_keyboard_alone(
    start_portal: Callable[..., Portal], open_browser_page: Callable[..., Page], javascript: bool
) -> None:
    portal = start_portal(environment={"DEMO_MODE": "1"})
    center = center_of("P31.74.07")
    coach = staff(Role.PENDAMPING, center.code, is_demo=True)
    manager = staff(Role.PENGELOLA, center.code, is_demo=True)
    CoachProfile.objects.create(user=coach, center=center)
    one = participant(stage=Stage.PERIZINAN, center=center, coach=coach)
    StageEvidenceFactory(enrollment=one, kind=EvidenceKind.NIB, accepted_by=manager)
    keys = Keys(open_browser_page(width=360, javascript=javascript))
    keys.go(f"{portal.url}/masuk/?next=/peserta/{one.person_id}/")
    keys.write("login", coach.email or "")
    keys.write("password", PASSWORD)
    keys.press("Enter")
    keys.page.wait_for_url(f"{portal.url}/peserta/{one.person_id}/")
    keys.reach("button", "Naikkan ke Pemasaran")
    keys.press("Enter")
    expect(keys.page.get_by_role("status").filter(has_text=re.compile("Pemasaran"))).to_be_visible()
    one.refresh_from_db()
    assert one.stage == Stage.PEMASARAN
