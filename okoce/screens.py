"""Photographs of pages, at phone and desk width, in both themes (`make screens`).

Without paths: every page of every demo account, found as a person finds it, by following the links of the
running portal; each address of the walk in `okoce/tests/walk.py` once for each account, its form also sent
empty; certificates as anybody checks them; the pages of trouble; the second factor, set up and taken off.
`python -m okoce.screens --base http://127.0.0.1:8000 / /daftar/ peserta:/saya/` writes
`var/screens/<page>-<width>-<theme>.png`. A path may name the demo account that opens it (`dinas:/dasbor/`,
password from `DEMO_PASSWORD`); with `!` at its end its form is sent empty. Besides the pictures the run
prints, and fails on, what nobody should ship: sideways scrolling, script errors, targets below 44 px, server
errors.
"""

from __future__ import annotations

import argparse
import base64
import hmac
import itertools
import os
import re
import shutil
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, StorageState, ViewportSize, sync_playwright
from playwright.sync_api import Error as BrowserError

ACCOUNTS = {
    "peserta": "warga@example.com",
    "pendamping": "pendamping@example.com",
    "pengelola": "pengelola@example.com",
    "pelatih": "pelatih@example.com",
    "dinas": "dinas@example.com",
    "mitra": "mitra@example.com",
    "admin": "admin@example.com",
}

PERSONAS = {
    "": "anonymous",
    "peserta": "citizen",
    "pendamping": "coach",
    "pengelola": "manager",
    "pelatih": "trainer",
    "dinas": "dinas",
    "mitra": "lender",
    "admin": "admin",
}
"""What the walk of the tests calls them."""

EXTRA = ("/tidak-ada/", "/verifikasi/TIDAKADA/", "peserta:/sekretariat/", "mitra:/pelatihan/kelola/",
         "peserta:/pelatihan/hadir/x/", "/konfirmasi-kerja/x/",
         f"/lupa-sandi/{'0' * 8}-0000-4000-8000-{'0' * 12}/x/")  # fmt: skip
"""Refused, gone or unknown: nobody links there."""

READ = {"class_desk": 20, "class_page": 8, "clinic_desk": 4, "visit_missed": 3}
"""How many of a kind are read for their links, where one is not enough."""

SHOWN = {"class_desk": 7, "class_page": 3, "clinic_desk": 4}
"""How many of a kind are photographed, where one is not enough."""

BUTTON = "main form button:not([type=button])"
TRIES = 11
"""One more than an account may be tried."""

SECOND_FACTOR = "pelatih"
"""The account that gets a second factor for the pictures, and loses it again."""

WIDTHS = (360, 1280)
THEMES = {"light": "terang", "dark": "gelap"}

# Links inside a sentence are exempt from the size of a target (WCAG 2.2, 2.5.8 "inline").
SMALL_TARGETS = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
.filter((e) => {
  const box = (e.closest('label') || e).getBoundingClientRect();
  if (!box.width || !box.height || e.closest('.visually-hidden, .skip, svg')) return false;
  const inSentence = e.tagName === 'A' && !e.className && e.closest('p, dd, td, li, h3, .reading')
    && getComputedStyle(e).display === 'inline';
  return !inSentence && box.height < 43.5;
})
.map((e) => `${e.tagName.toLowerCase()} "${(e.innerText || e.name || '').slice(0, 30)}"`)"""


OWN_FORM = """[...document.querySelectorAll("main form[method=post]")]
.find((form) => new URL(form.action).pathname === location.pathname)"""
SEND_EMPTY = f"""() => {{
  const form = {OWN_FORM};
  for (const field of form.elements) {{
    if (field.matches("[type=radio], [type=checkbox]")) field.checked = false;
    else if (!field.matches("[type=hidden], button, fieldset")) field.value = "";
  }}
  setTimeout(() => form.submit(), 0);
}}"""


@dataclass(frozen=True)
class Target:
    """A page to photograph: who opens it (empty = nobody), its path, whether its form is sent empty."""

    account: str
    path: str
    sends: bool = False

    @classmethod
    def parse(cls, text: str) -> Target:
        """Read `dinas:/dasbor/`, `/dasbor/` or `/masuk/!`."""
        account, found, path = text.partition(":")
        if not found:
            account, path = "", text
        return cls(account, path.rstrip("!"), path.endswith("!"))

    @property
    def name(self) -> str:
        """The name of its pictures."""
        path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "id", self.path.lower())
        slug = re.sub(r"[^a-z0-9]+", "-", path).strip("-") or "beranda"
        return "-".join(filter(None, (self.account, slug, "galat" if self.sends else "")))


@dataclass(frozen=True)
class Camera:
    """Takes the page as it stands at every width and in every theme; complaints are kept."""

    folder: Path
    widths: tuple[int, ...]
    themes: tuple[str, ...]
    complaints: list[str] = field(default_factory=list)

    def shoot(self, page: Page, name: str) -> None:
        page.wait_for_load_state("networkidle")
        for width in self.widths:
            page.set_viewport_size(ViewportSize(width=width, height=800))
            for theme in self.themes:
                page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
                page.evaluate("theme => document.documentElement.dataset.bsTheme = theme", theme)
                self.complaints.extend(f"{name} {width}-{theme}: {words}" for words in _faults(page))
                page.screenshot(path=self.folder / f"{name}-{width}-{theme}.png", full_page=True)


def photograph(
    *,
    base: str,
    targets: list[Target],
    folder: Path,
    widths: tuple[int, ...] = WIDTHS,
    themes: tuple[str, ...] = tuple(THEMES),
    password: str = "",
    everything: bool = False,
) -> list[str]:
    """Write the pictures and return complaints, one line each. `everything`: also what has no address."""
    folder.mkdir(parents=True, exist_ok=True)
    camera = Camera(folder, widths, themes)
    accounts = dict.fromkeys(target.account for target in targets)
    taken: set[str] = set()
    with _browser() as browser:
        for account in accounts:
            own = [target for target in targets if target.account == account]
            state = _sign_in(browser, base, account, password) if account else None
            with _page(browser, camera, base, state) as page:
                for target in own:
                    _visit(page, base, target, camera, _free(target.name, taken))
        if everything:
            with _page(browser, camera, base, None) as page:
                _trouble(page, base, camera)
            with _page(browser, camera, base, None) as page:
                _second_factor(page, base, camera, password)
    return camera.complaints


@contextmanager
def _page(browser: Browser, camera: Camera, base: str, state: StorageState | None) -> Iterator[Page]:
    context = browser.new_context(
        storage_state=state, locale="id-ID", reduced_motion="reduce", service_workers="block"
    )
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.on("pageerror", lambda error: camera.complaints.append(f"{page.url}: {error}"))
    yield page
    context.close()


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"]
        )
        try:
            yield browser
        finally:
            browser.close()


def _sign_in(browser: Browser, base: str, account: str, password: str) -> StorageState:
    """Sign in once and return the cookies that later contexts start from."""
    context = browser.new_context(locale="id-ID")
    page = context.new_page()
    page.goto(f"{base}/masuk/")
    page.fill("[name=login]", ACCOUNTS.get(account, account))
    page.fill("[name=password]", password)
    page.click(BUTTON)
    page.wait_for_load_state()
    state = context.storage_state()
    context.close()
    return state


def _free(name: str, taken: set[str]) -> str:
    """The name, numbered when another page has it already."""
    numbered = (f"{name}-{number}" for number in itertools.count(2))
    found = next(one for one in itertools.chain([name], numbered) if one not in taken)
    taken.add(found)
    return found


def _visit(page: Page, base: str, target: Target, camera: Camera, name: str) -> None:
    answer = page.goto(base + target.path)
    if target.sends:
        if not page.evaluate(f"() => Boolean({OWN_FORM})"):
            camera.complaints.append(f"{name}: no form to send")
            return
        with page.expect_navigation() as sent:
            page.evaluate(SEND_EMPTY)
        answer = sent.value
    status = answer.status if answer else 0
    if status >= 500:
        camera.complaints.append(f"{name}: answered {status}")
    camera.shoot(page, name)


def _trouble(page: Page, base: str, camera: Camera) -> None:
    """The pages of trouble: as the portal would answer them, and real ones where no harm is done."""
    from okoce import crowding
    from okoce.tests.walk import ERROR_PAGES, lay_error_pages

    lay_error_pages(page.context, base)
    full = crowding.PAGE.format(nonce="", seconds=crowding.RETRY_AFTER)
    page.route(
        f"{base}/galat/503/", lambda route: route.fulfill(status=503, body=full, content_type="text/html")
    )
    for path in (*ERROR_PAGES, "/galat/503/"):
        page.goto(base + path)
        camera.shoot(page, Target("", path).name)
    for _ in range(TRIES):
        page.goto(f"{base}/masuk/")
        page.fill("[name=login]", "tidak-ada@example.com")
        page.fill("[name=password]", "bukan kata sandinya")
        page.click(BUTTON)
    camera.shoot(page, "masuk-terlalu-sering")
    page.goto(f"{base}/masuk/")
    page.evaluate("document.querySelector('[name=login]').value = 'x'.repeat(3e6)")
    with page.expect_navigation():
        page.evaluate("setTimeout(() => document.querySelector('main form').submit(), 0)")
    camera.shoot(page, "kiriman-terlalu-besar")


def _second_factor(page: Page, base: str, camera: Camera, password: str) -> None:
    """From setting up to taking off; whatever happens, the account ends without a second factor."""
    login, home = ACCOUNTS[SECOND_FACTOR], f"{base}/akun/mfa"
    _fill_in(page, f"{base}/masuk/", login=login, password=password)
    page.goto(f"{home}/pasang/")
    if page.locator("main [name=password]").count():
        _fill_in(page, "", password=password)
    camera.shoot(page, "mfa-pasang")
    page.click(BUTTON)
    camera.shoot(page, "mfa-pasang-galat")
    _fill_in(page, "", code=_code_now(page.inner_text(".code-box .code")))
    camera.shoot(page, "mfa-kode-cadangan")
    spare = page.locator("ul.code li").all_inner_texts()
    try:
        for path in ("kode-cadangan/baru/", "lepas/"):
            page.goto(f"{home}/{path}")
            camera.shoot(page, Target("", f"mfa-{path}").name)
        page.goto(f"{base}/akun/")
        camera.shoot(page, "mfa-akun")
        page.goto(f"{home}/konfirmasi/?next=/akun/")
        camera.shoot(page, "mfa-konfirmasi")
        page.context.clear_cookies()
        _fill_in(page, f"{base}/masuk/", login=login, password=password)
        camera.shoot(page, "mfa-masuk")
        _fill_in(page, "", code="000000")
        camera.shoot(page, "mfa-masuk-galat")
        _fill_in(page, "", code=spare.pop())
    finally:
        page.goto(f"{home}/lepas/")
        page.click("main form button.btn-danger")


def _fill_in(page: Page, address: str, **values: str) -> None:
    """Fill in the form of a page (of this one without an address) and send it."""
    if address:
        page.goto(address)
    for name, value in values.items():
        page.fill(f"main [name={name}]", value)
    page.click(BUTTON)
    page.wait_for_load_state()


def _code_now(secret: str) -> str:
    """The six figures that an authenticator app shows for this key (RFC 6238)."""
    letters = re.sub(r"[^A-Z2-7]", "", secret)
    key = base64.b32decode(letters + "=" * (-len(letters) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), "sha1")
    start = digest[-1] & 15
    return f"{(struct.unpack_from('>I', digest, start)[0] & 0x7FFFFFFF) % 10**6:06d}"


def _faults(page: Page) -> list[str]:
    """What is wrong in the page as it stands: sideways scrolling and small targets."""
    faults = []
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if over > 0:
        faults.append(f"{over} px wider than the screen")
    small = page.evaluate(SMALL_TARGETS)
    if small:
        faults.append(f"targets below 44 px: {', '.join(small[:8])}")
    return faults


def every_page(*, base: str, password: str) -> list[Target]:
    """One target for each address × demo account that may open it and finds a link to it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "okoce.settings.dev")
    import django

    django.setup()
    from django.urls import NoReverseMatch, resolve, reverse

    from okoce.tests.walk import NOT_SENT_ACT, pages_of, sends_of

    found = [Target.parse(text) for text in (*EXTRA, *_certificates(), *_questions())]
    sent: set[str] = set()
    with _browser() as browser:
        for account, persona in PERSONAS.items():
            state = _sign_in(browser, base, account, password) if account else None
            context = browser.new_context(storage_state=state, locale="id-ID")
            names = pages_of(persona)
            waiting = []
            for name in sorted(names):
                with suppress(NoReverseMatch):
                    waiting.append(reverse(name))
            paths = _follow(context.new_page(), base, waiting, names)
            found += [Target(account, path) for path in paths]
            for path in paths:
                match = resolve(path)
                key = f"{match.url_name} {match.kwargs.get('slug', '')}"
                if match.url_name in sends_of(persona) and NOT_SENT_ACT not in path and key not in sent:
                    sent.add(key)
                    found.append(Target(account, path, sends=True))
            context.close()
    return found


def _certificates() -> list[str]:
    """The public pages of a certificate that counts and of a revoked one, from the portal's own database."""
    from programs.training.models import Certificate

    revoked = Certificate.objects.exclude(revocation=None).values_list("code", flat=True)[:1]
    valid = Certificate.objects.valid().values_list("code", flat=True)[:1]
    return [f"/verifikasi/{code}/" for code in (*valid, *revoked)]


def _questions() -> list[str]:
    """The page an employer is asked on, from the portal's own database."""
    from programs.placement.links import code_of
    from programs.placement.models import Placement

    asked = Placement.objects.unconfirmed().filter(asked_at__isnull=False)[:1]
    return [f"/konfirmasi-kerja/{code_of(one)}/" for one in asked]


def _follow(page: Page, base: str, waiting: list[str], names: frozenset[str]) -> list[str]:
    """Open what waits and what is linked there, one page for each address and each act; returns the paths.

    Some more of each kind are read for their links only: a class that is over leads to other pages than one
    that begins tomorrow.
    """
    from django.urls import Resolver404, resolve

    read: dict[tuple[str, str], list[str]] = {}
    waiting = list(waiting)
    while waiting:
        path = waiting.pop(0)
        try:
            match = resolve(path)
        except Resolver404:
            continue
        name = match.url_name or ""
        same = read.setdefault((name, str(match.kwargs.get("slug", ""))), [])
        if name not in names or path in same or len(same) >= READ.get(name, 1):
            continue
        answer = page.request.get(base + path, max_redirects=0)
        if answer.status != 200 or "text/html" not in answer.headers.get("content-type", ""):
            continue
        same.append(path)
        waiting += dict.fromkeys(re.findall(r'<a [^>]*href="(/[^"?#]*)', answer.text()))
    return [path for (name, _), same in read.items() for path in same[: SHOWN.get(name, 1)]]


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; 1 when there was something to complain about."""
    parser = argparse.ArgumentParser(prog="python -m okoce.screens", description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", help="paths, or account:path; all when none is given")
    parser.add_argument("--base", default=f"http://127.0.0.1:{os.environ.get('PORT') or '8000'}")
    parser.add_argument("--folder", type=Path, default=Path("var/screens"))
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS)))
    parser.add_argument("--themes", default=",".join(THEMES))
    parser.add_argument("--password", default=os.environ.get("DEMO_PASSWORD", "okoce-demo-2026"))
    given = parser.parse_args(arguments)
    base = given.base.rstrip("/")
    try:
        targets = [Target.parse(text) for text in given.pages]
        targets = targets or every_page(base=base, password=given.password)
        complaints = photograph(
            base=base,
            targets=targets,
            folder=given.folder,
            widths=tuple(int(width) for width in given.widths.split(",")),
            themes=tuple(given.themes.split(",")),
            password=given.password,
            everything=not given.pages,
        )
    except BrowserError as error:
        if "ERR_CONNECTION_REFUSED" not in error.message:
            raise
        print(f"Nothing answers at {given.base}. Start the portal with `make run`, or name it with --base.")
        return 1
    for line in complaints:
        print(line)
    print(f"{len(targets)} pages, pictures in {given.folder}, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
