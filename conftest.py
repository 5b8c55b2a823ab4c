"""Every run of the tests: real PostgreSQL and broker of its own, a real browser, nothing left behind.

Importing this file sets the environment and Django up, before any test module is collected. The servers start
with the first test that needs the database or asks for `services`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from okoce.testing.services import Services

SERVICES = Services()
SERVICES.announce()
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the browser's event loop shares the thread of the tests

import django  # noqa: E402 (the environment must be complete first)

django.setup()

from django.core.cache import caches  # noqa: E402
from django.test import TransactionTestCase  # noqa: E402
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect  # noqa: E402

from okoce.testing.processes import PATIENCE, Portal, Worker  # noqa: E402

expect.set_options(timeout=PATIENCE * 1000)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Workers read their settings after they have chosen servers of their own, not when pytest starts."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def pytest_unconfigure() -> None:
    """End everything we started, also after Ctrl-C."""
    SERVICES.stop()


def make_database_new(_case: TransactionTestCase) -> None:
    """Instead of emptying all tables (areas and thresholds too): a new clone of the template."""
    SERVICES.mend()
    SERVICES.reset_database()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """A migrated database with the areas of a few regions, cloned from the template."""
    SERVICES.start()
    flush = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = make_database_new  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = flush  # type: ignore[method-assign]
    with django_db_blocker.unblock():
        from django.db import connections

        connections.close_all()


@pytest.fixture(autouse=True)
def _places_are_read_anew() -> None:
    """What one test read of the areas is not believed by the next."""
    caches["places"].clear()


@pytest.fixture
def services(django_db_setup: None) -> Iterator[Services]:
    """The servers of this process; whatever a test stopped runs again afterwards."""
    yield SERVICES
    SERVICES.mend()


@pytest.fixture
def start_worker(transactional_db: None, services: Services) -> Iterator[Callable[..., Worker]]:
    """Starts Celery workers for this test: `start_worker(name="second", environment={...})`."""
    started: list[Worker] = []

    def start(
        name: str = "worker", *, concurrency: int = 1, environment: dict[str, str] | None = None
    ) -> Worker:
        process = Worker(services, name, environment)
        process.concurrency = concurrency
        started.append(process)
        process.start()
        return process

    services.flush_broker()
    yield start
    for process in started:
        process.stop()
    services.mend()
    services.flush_broker()


@pytest.fixture
def worker(start_worker: Callable[..., Worker]) -> Worker:
    """One real Celery worker on the test database."""
    return start_worker()


@pytest.fixture
def start_portal(transactional_db: None, services: Services) -> Iterator[Callable[..., Portal]]:
    """Starts the portal's web server for this test: `start_portal(environment={"DEMO_MODE": "1"})`."""
    started: list[Portal] = []

    def start(name: str = "portal", *, environment: dict[str, str] | None = None) -> Portal:
        process = Portal(services, name, environment)
        started.append(process)
        process.start()
        return process

    yield start
    for process in started:
        process.stop()


@pytest.fixture
def live_portal(start_portal: Callable[..., Portal]) -> Portal:
    """The portal on its real web server; `.url`, `.log()`."""
    return start_portal()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's chromium, quiet and without network of its own."""
    program = shutil.which("chromium")
    if program is None:
        pytest.fail(
            "chromium is missing: the browser tests need it. Install it with: apt-get install chromium"
        )
    return {
        **browser_type_launch_args,
        "executable_path": program,
        "args": [
            "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-default-apps",
        ],
    }  # fmt: skip


@pytest.fixture
def open_browser_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page as a person of their own: `open_browser_page(width=360, dark=True, javascript=False)`.

    At the end the test fails when a page broke the content security policy or threw an error.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            complaints.append(message.text)

    def open_page(
        *, width: int = 360, height: int = 740, dark: bool = False, javascript: bool = True, **options: Any
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            locale="id-ID",
            timezone_id="Asia/Jakarta",
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(f"JavaScript error: {error}"))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def browser_page(open_browser_page: Callable[..., Page]) -> Page:
    """One page on a phone of 360 px, light."""
    return open_browser_page()
