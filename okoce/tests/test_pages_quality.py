"""Every page judged in a real browser: accessibility, valid HTML, focus, targets, narrow screens, silence.

In the gate each page once, light and dark by turns. `make battery` takes every account × both themes × phone
and desk, and writes what it found to docs/measurements/. With a folder in `PICTURES` it photographs what it
judges (`make screens`).
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from core.clock import today
from okoce.testing.processes import Portal
from okoce.testing.services import ROOT

from .judge import invalid_html, judge_page
from .test_access import LINES, World, expected, world  # noqa: F401 (`world` is a fixture)
from .walk import (
    ERROR_PAGES,
    NOT_PAGES,
    ORDER,
    Stop,
    each_page_once,
    enter,
    every_stop,
    fill,
    is_page,
    lay_error_pages,
    words_of,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OWN_FORM = """[...document.querySelectorAll("main form[method=post]")]
  .find((one) => new URL(one.action).pathname === location.pathname)"""
SEND = f"""() => {{
  const form = {OWN_FORM};
  for (const field of form.elements) {{
    if (field.matches("[type=radio], [type=checkbox]")) field.checked = false;
    else if (!field.matches("[type=hidden], button, fieldset")) field.value = "";
  }}
  form.submit();
}}"""
"""Everything emptied, and past the browser's own checks and our scripts: what comes back has the errors."""


class Walk:
    """A browser for each account and theme, and the faults of every page it was led to."""

    def __init__(self, browser: Browser, portal: Portal, world: World, folder: Path) -> None:  # noqa: F811
        self.browser, self.portal, self.world, self.folder = browser, portal, world, folder
        self.faults: list[str] = []
        self.seen = 0
        self.pictures = Path(os.environ["PICTURES"]) if os.environ.get("PICTURES") else None
        self._pages: dict[tuple[str, bool], Page] = {}
        self._noise: list[str] = []

    def page_of(self, who: str, *, dark: bool) -> Page:
        """The page of this account in this theme, opened once."""
        if (who, dark) not in self._pages:
            context = self.browser.new_context(
                color_scheme="dark" if dark else "light", locale="id-ID", reduced_motion="reduce",
                service_workers="block",
            )  # fmt: skip
            enter(context, self.portal.url, self.world.users.get(who))
            lay_error_pages(context, self.portal.url)
            self._listen(context)
            self._pages[who, dark] = context.new_page()
        return self._pages[who, dark]

    def _listen(self, context: BrowserContext) -> None:
        def note(message: ConsoleMessage) -> None:
            if message.type == "error" and "the server responded with a status of" not in message.text:
                self._noise.append(f"console: {message.text}")

        def check(request: Any) -> None:
            if not request.url.startswith((self.portal.url, "data:", "blob:")):
                self._noise.append(f"asks somebody else: {request.url}")

        context.on("console", note)
        context.on("weberror", lambda error: self._noise.append(f"script: {error.error}"))
        context.on("request", check)

    def judge(self, stop: Stop, *, dark: bool, width: int = 360) -> None:
        """Open the page, send its form when the stop says so, and note everything that is wrong."""
        page = self.page_of(stop.who, dark=dark)
        page.set_viewport_size({"width": width, "height": 800})
        answer = page.goto(self.portal.url + stop.path)
        if stop.sends:
            answer = self._send(page) or answer
        assert answer is not None
        theme = "dark" if dark else "light"
        found = [] if answer.status == stop.status else [f"answered {answer.status}, not {stop.status}"]
        found += judge_page(page)
        if self.pictures is not None:
            page.set_viewport_size({"width": width, "height": 800})
            self._photograph(page, stop, f"{width}-{theme}")
        found += self._noise
        self._noise.clear()
        for fault in found:
            print(f"{stop}, {theme}, {width} px: {fault}", flush=True)
            self.faults.append(f"{stop}, {theme}, {width} px: {fault}")
        self.seen += 1
        (self.folder / f"{self.seen:04d}-{words_of(stop.path)}.html").write_bytes(answer.body())

    def _photograph(self, page: Page, stop: Stop, kind: str) -> None:
        assert self.pictures is not None
        self.pictures.mkdir(parents=True, exist_ok=True)
        path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "id", stop.path)
        name = "-".join([stop.who, words_of(path), *(["galat"] if stop.sends else []), kind])
        page.screenshot(path=self.pictures / f"{name}.png", full_page=True)

    def _send(self, page: Page) -> Response | None:
        """Send the form of this address empty; None when the page has none."""
        if not page.evaluate(f"Boolean({OWN_FORM})"):
            return None
        with page.expect_navigation() as sent:
            page.evaluate(SEND)
        return sent.value

    def close(self) -> None:
        """Judge the HTML of all pages together, and close the browsers."""
        for page in self._pages.values():
            page.context.close()
        self.faults += invalid_html(self.folder)


@pytest.fixture
def walk(
    browser: Browser,
    start_portal: Callable[..., Portal],
    world: World,  # noqa: F811
    settings: Any,
    tmp_path: Path,
) -> Walk:
    settings.DEMO_MODE = True
    fill(world)
    return Walk(browser, start_portal(environment={"DEMO_MODE": "1"}), world, tmp_path)


def error_stops() -> list[Stop]:
    """The pages for what went wrong: the real ones for a stranger and a wrong role, and the rest as laid."""
    laid = [Stop(f"error_{status}", "anonymous", path, status) for path, (status, _) in ERROR_PAGES.items()]
    return [Stop("missing", "manager", "/tidak-ada/", 404), Stop("refused", "dinas", "/loket/", 403), *laid]


def test_every_address_is_on_the_walk_or_shows_no_page() -> None:
    """Whoever may open it, an address that answers with a page has an account here that opens it."""
    open_to = {
        name: [who for who in ORDER if expected(name, who, "get") in (200, 410)]
        for name in LINES if is_page(name)
    }  # fmt: skip
    assert [name for name, accounts in open_to.items() if not accounts] == []
    assert NOT_PAGES.keys() <= LINES.keys()


@pytest.mark.timeout(900)  # a minute on a machine of its own
def test_every_page_can_be_used_by_everybody(walk: Walk) -> None:
    stops = [*each_page_once(every_stop(walk.world)), *error_stops()]
    for number, stop in enumerate(stops):
        walk.judge(stop, dark=bool(number % 2))
    walk.close()
    assert walk.seen > 80
    assert walk.faults == [], f"{len(walk.faults)} faults:\n" + "\n".join(walk.faults)


@pytest.mark.battery
def test_every_page_of_every_account_in_both_themes_on_phone_and_desk(walk: Walk) -> None:
    """All of it: accounts × pages × light and dark × 360 and 1280 px, with the figures written down."""
    stops = [*every_stop(walk.world), *error_stops()]
    started = time.monotonic()
    for width, dark in product((360, 1280), (False, True)):
        for stop in stops:
            if "?" not in stop.path or (width == 360 and not dark):
                walk.judge(stop, dark=dark, width=width)
    walk.close()
    _write_down(walk, stops, seconds=time.monotonic() - started)
    assert walk.faults == [], f"{len(walk.faults)} faults:\n" + "\n".join(walk.faults)


JUDGED = """`make battery TESTS=okoce/tests/test_pages_quality.py`: every page of every account, and every
form sent empty, in a real browser, light and dark, 360 and 1280 px wide. Judged: axe-core (WCAG 2.2 AA, best
practice), html-validate, headings and landmarks, visible focus, targets of 44 px, no sideways scrolling at
320 px, a silent console, no request to anybody else. Lists that are filtered are judged once."""


def _write_down(walk: Walk, stops: list[Stop], *, seconds: float) -> None:
    """docs/measurements/<day>-pages.md: what was judged, and every fault or that there is none."""
    accounts = Counter(stop.who for stop in stops)
    lines = [
        f"# Pages, {today():%d %B %Y}",
        "",
        JUDGED,
        "",
        "| account | pages |",
        "|---|---:|",
        *(f"| {who} | {accounts[who]} |" for who in ORDER if accounts[who]),
        "",
        f"{walk.seen} judgements in {seconds / 60:.0f} minutes, {len(walk.faults)} faults.",
        *(f"- {fault}" for fault in walk.faults),
    ]
    folder = ROOT / "docs" / "measurements"
    folder.mkdir(exist_ok=True)
    (folder / f"{today():%Y-%m-%d}-pages.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


PLANTED = {
    "image without words": ('<img src="data:,">', "axe image-alt"),
    "a second h1": ("<h1>Lagi</h1>", "2 h1"),
    "pale words": ('<p class="pale">Pucat</p>', "axe color-contrast"),
    "a small button": ('<button class="tiny">x</button>', "target below 44 px"),
    "no ring": ('<a class="ringless btn" href="/">Buta</a>', "focus is not seen"),
    "a wide box": ('<div class="wide-box">x</div>', "too wide"),
}
"""What is put into a page that is in order, and the fault that must be told."""

SOUND = """<!doctype html><html lang="id"><head><title>Uji</title><style>
.pale { color: #999; } .tiny { padding: 0; border: 0; height: 10px; } .wide-box { width: 400px; }
.ringless:focus { outline: none; } .btn { display: block; height: 44px; }
</style></head><body><header>Kepala</header><main><h1>Uji</h1>%s</main><footer>Kaki</footer></body></html>"""


def test_each_planted_fault_is_found(open_browser_page: Callable[..., Page]) -> None:
    """The judge finds nothing in a sound page, and each of the faults when it is planted."""
    page = open_browser_page(width=360)
    page.set_content(SOUND % "")
    assert judge_page(page) == []
    for name, (html, fault) in PLANTED.items():
        page.set_viewport_size({"width": 360, "height": 740})
        page.set_content(SOUND % html)
        assert any(fault in found for found in judge_page(page)), name


def test_invalid_html_is_found(tmp_path: Path) -> None:
    (tmp_path / "good.html").write_text(SOUND % "<p>Baik</p>", encoding="utf-8")
    assert invalid_html(tmp_path) == []
    (tmp_path / "bad.html").write_text(SOUND % "<p><div>Salah</div></p><b id='a'></b><b id='a'></b>")
    assert {one.split(": ")[1] for one in invalid_html(tmp_path)} >= {"no-implicit-close", "no-dup-id"}
