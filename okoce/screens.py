"""Photographs of pages, at phone and desk width, in both themes (`make screens`).

Without paths: every page of every demo account, found as a person finds it, by following the links of the
running portal; each address of the walk in `okoce/tests/walk.py` once for each account.
`python -m okoce.screens --base http://127.0.0.1:8000 / /daftar/ peserta:/saya/` writes
`var/screens/<page>-<width>-<theme>.png`. A path may name the demo account that opens it (`dinas:/dasbor/`,
password from `DEMO_PASSWORD`). Besides the pictures the run prints, and fails on, what nobody should ship:
sideways scrolling, script errors, targets below 44 px, server errors.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, ViewportSize, sync_playwright
from playwright.sync_api import Error as BrowserError

ACCOUNTS = {
    "peserta": "warga@example.com",
    "pendamping": "pendamping@example.com",
    "pengelola": "pengelola@example.com",
    "dinas": "dinas@example.com",
    "admin": "admin@example.com",
}

PERSONAS = {
    "": "anonymous",
    "peserta": "citizen",
    "pendamping": "coach",
    "pengelola": "manager",
    "dinas": "dinas",
    "admin": "admin",
}
"""What the walk of the tests calls them."""

EXTRA = ("/tidak-ada/",)

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


@dataclass(frozen=True)
class Target:
    """A page to photograph: who opens it (empty = nobody), its path, and the name of its pictures."""

    account: str
    path: str

    @classmethod
    def parse(cls, text: str) -> Target:
        """Read `dinas:/dasbor/` or `/dasbor/`."""
        account, found, path = text.partition(":")
        return cls(account, path) if found else cls("", text)

    @property
    def name(self) -> str:
        path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "id", self.path.lower())
        slug = re.sub(r"[^a-z0-9]+", "-", path).strip("-") or "beranda"
        return f"{self.account}-{slug}" if self.account else slug


def photograph(
    *,
    base: str,
    targets: list[Target],
    folder: Path,
    widths: tuple[int, ...] = WIDTHS,
    themes: tuple[str, ...] = tuple(THEMES),
    password: str = "",
) -> list[str]:
    """Write the pictures and return complaints, one line each."""
    folder.mkdir(parents=True, exist_ok=True)
    complaints: list[str] = []
    accounts = dict.fromkeys(target.account for target in targets)
    with _browser() as browser:
        for account in accounts:
            own = [target for target in targets if target.account == account]
            state = _sign_in(browser, base, account, password) if account else None
            for width in widths:
                for theme in themes:
                    context = browser.new_context(
                        viewport=ViewportSize(width=width, height=800),
                        storage_state=state,
                        locale="id-ID",
                        color_scheme="dark" if theme == "dark" else "light",
                        reduced_motion="reduce",
                    )
                    context.add_cookies([{"name": "tema", "value": THEMES[theme], "url": base}])
                    complaints += _visit(context, base, own, folder, f"{width}-{theme}")
                    context.close()
    return complaints


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
    page.click("main form button:not([type=button])")
    page.wait_for_load_state()
    state = context.storage_state()
    context.close()
    return state


def _visit(context: BrowserContext, base: str, targets: list[Target], folder: Path, suffix: str) -> list[str]:
    complaints: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(f"{page.url} {suffix}: {error}"))
    for target in targets:
        answer = page.goto(base + target.path)
        page.wait_for_load_state("networkidle")
        status = answer.status if answer else 0
        if status >= 500:
            complaints.append(f"{target.path} {suffix}: answered {status}")
        complaints += [f"{target.path} {suffix}: {words}" for words in _faults(page)]
        page.screenshot(path=folder / f"{target.name}-{suffix}.png", full_page=True)
    return complaints


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
    from django.urls import NoReverseMatch, reverse

    from okoce.tests.walk import pages_of

    found: list[Target] = [Target("", path) for path in EXTRA]
    with _browser() as browser:
        for account, persona in PERSONAS.items():
            state = _sign_in(browser, base, account, password) if account else None
            context = browser.new_context(storage_state=state, locale="id-ID")
            names = pages_of(persona)
            waiting = []
            for name in sorted(names):
                with suppress(NoReverseMatch):
                    waiting.append(reverse(name))
            found += [Target(account, path) for path in _follow(context.new_page(), base, waiting, names)]
            context.close()
    return found


def _follow(page: Page, base: str, waiting: list[str], names: frozenset[str]) -> list[str]:
    """Open what waits and what is linked there, one page for each address and each act; returns the paths."""
    from django.urls import Resolver404, resolve

    taken: dict[tuple[str, str], str] = {}
    waiting = list(waiting)
    while waiting:
        path = waiting.pop(0)
        try:
            match = resolve(path)
        except Resolver404:
            continue
        name = match.url_name or ""
        key = (name, str(match.kwargs.get("slug", "")))
        if name not in names or key in taken:
            continue
        answer = page.request.get(base + path, max_redirects=0)
        if answer.status != 200 or "text/html" not in answer.headers.get("content-type", ""):
            continue
        taken[key] = path
        links = re.findall(r'<a [^>]*href="(/[^"?#]*)', answer.text())
        waiting += [link for link in dict.fromkeys(links) if link not in taken.values()]
    return list(taken.values())


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
