"""Every page of the portal as everybody who may open it: one list for the checks, the pictures and the bench.

The list is worked out from the table of addresses in `test_access.LINES`, so a new address is on the walk as
soon as it has its line there; what answers with something else than a page is named in `NOT_PAGES`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.test import Client, RequestFactory
from django.urls import reverse
from playwright.sync_api import BrowserContext

from accounts.models import User
from okoce import errors
from participants.models import Enrollment

from .test_access import LINES, World, expected
from .test_no_queries_grow import LOOKS
from .test_no_queries_grow import World as Crowd

NOT_PAGES = {
    "healthz": "text for probes",
    "readyz": "JSON for probes",
    "metrics": "text for Prometheus",
    "worker": "a script",
    "manifest": "JSON of the installable app",
    "robots": "text for search engines",
    "sitemap": "XML for search engines",
    "meeting_file": "a file",
    "calendar_feed": "a calendar for phones",
    "signal": "JSON for scripts",
    "statistics_json": "JSON",
    "statistics_csv": "a CSV file",
    "area_search": "a part of a page, for htmx",
    "register_check": "a part of a page, for htmx",
    "evidence_file": "a picture or a PDF",
    "ktp_file": "a picture",
    "dashboard_json": "JSON",
    "dashboard_csv": "a CSV file",
    "account_login": "the same address as `login`",
    "class_calendar": "a calendar file",
    "my_visit_calendar": "a calendar file",
    "certificate": "a PDF",
    "certificates_print": "a PDF",
    "class_report": "a PDF",
    "class_sheet": "a PDF",
    "class_workbook": "a workbook",
    "material_file": "a PDF or a picture",
}
"""Addresses that answer GET with 200, but not with a page, and what they answer with."""

ORDER = ("anonymous", "citizen", "coach", "manager", "dinas", "admin", "trainer", "lender")
"""One account of each kind; the first that may open a page opens it where once is enough."""

NOT_SENT = {
    "bulk": "answers the form of the list of people",
    "my_data_erase": "needs no reason: sent empty, it is done",
    "nik_correction_request": "a wish waits there already; the same form is sent on `my_nik_correction`",
    "application_withdraw": "needs no reason: sent empty, it is done",
    "merge_undo": "needs no reason: sent empty, it is done",
    "secretariat_center_close": "needs no reason: sent empty, it is done",
}
"""Pages whose form is not sent empty on the walk."""

NOT_SENT_ACT = "tujuan"
"""The goal may be empty."""

OWN_ACTS = ("tujuan", "usaha")
ACTS = ("koreksi", "dispensasi", "berhenti", "tidak-terhubungi", "jalur", "skpd", "pendamping", "tujuan",
        "usaha", "identitas", "nik", "pusat", "tolak-tugas", "lanjut")  # fmt: skip
"""Forms behind one address; the ones that do not fit the person of the world answer 404 and are left out."""


@dataclass(frozen=True)
class Stop:
    """One page as one account, and whether the empty form of the page is sent from it."""

    name: str
    who: str
    path: str
    status: int = 200
    sends: bool = False

    def __str__(self) -> str:
        return f"{self.path} as {self.who}{' (sent empty)' if self.sends else ''}"


def is_page(name: str) -> bool:
    """Whether an address shows a page to anybody; POST-only addresses and files do not."""
    return name not in NOT_PAGES and LINES[name].get in (200, 410)


def pages_of(who: str) -> frozenset[str]:
    """The names of all pages that this account may open."""
    return frozenset(name for name in LINES if is_page(name) and expected(name, who, "get") == 200)


def sends_of(who: str) -> frozenset[str]:
    """The names of the pages of this account whose form may be sent empty: it comes back with its errors."""
    return frozenset(name for name in pages_of(who) - NOT_SENT.keys() if expected(name, who, "post") == 422)


def path_of(world: World, name: str, **changes: str) -> str:
    """The address with the records of the world in it."""
    line = LINES[name].kwargs
    kwargs = {key: text[1:] if text.startswith("=") else world.values[text] for key, text in line.items()}
    return reverse(name, kwargs=kwargs | changes)


def fill(world: World) -> None:
    """Six of everything that a page lists, so that no page is judged by its empty state alone."""
    crowd = Crowd()
    crowd.grow(6)
    enrollment = Enrollment.objects.get(pk=world.enrollment.pk)
    staff = (world.users[who] for who in ("coach", "manager", "dinas", "admin"))
    for user in (enrollment.person.user, *staff):
        crowd.tell(user)
        crowd.tell(user)


def every_stop(world: World) -> list[Stop]:
    """Every page × account, and every form that answers an empty POST with its errors."""
    stops: list[Stop] = []
    for name in sorted(LINES):
        if not is_page(name):
            continue
        for who in ORDER:
            status = expected(name, who, "get")
            if status not in (200, 410):
                continue
            path = path_of(world, name)
            stops.append(Stop(name, who, path, status))
            if name in sends_of(who) and NOT_SENT_ACT not in path:
                stops.append(Stop(name, who, path, 422, sends=True))
            queries = {look.query for look in LOOKS if (look.name, look.who) == (name, who) and look.query}
            stops += [Stop(name, who, path + query) for query in sorted(queries)]
    stops += _acts(world)
    return stops


def _acts(world: World) -> list[Stop]:
    """The forms that share one address, asked in the process whether they are open to this person."""
    found = []
    for name, who, slugs in (("act", "manager", ACTS), ("act", "dinas", ACTS), ("act", "coach", ACTS),
                             ("my_act", "citizen", OWN_ACTS)):  # fmt: skip
        client = Client()
        client.force_login(world.users[who], backend="accounts.backends.LoginBackend")
        taken = {text[1:] for text in LINES[name].kwargs.values() if text.startswith("=")}
        for slug in slugs:
            path = path_of(world, name, slug=slug)
            if slug not in taken and client.get(path).status_code == 200:
                found.append(Stop(name, who, path))
                if slug != NOT_SENT_ACT:
                    found.append(Stop(name, who, path, 422, sends=True))
    return found


def each_page_once(stops: list[Stop]) -> list[Stop]:
    """The first account for each path, and one sent form for each address."""
    once: dict[tuple[Any, ...], Stop] = {}
    for stop in sorted(stops, key=lambda stop: ORDER.index(stop.who)):
        if "?" not in stop.path:
            once.setdefault((stop.name, stop.path, stop.sends), stop)
    return list(once.values())


ERROR_PAGES = {f"/galat/{status}/": (status, "") for status in errors.TITLES} | {
    "/galat/csrf/": (403, "csrf")
}
"""Addresses that the browser gets answered with the error pages themselves, without a real fault."""


def lay_error_pages(context: BrowserContext, base: str) -> None:
    """Answer the addresses of `ERROR_PAGES` in this browser, as the portal answers in trouble."""
    request = RequestFactory().get("/")
    for path, (status, name) in ERROR_PAGES.items():
        more = {"code": "A7-3F"} if status == 500 else {}
        body = errors.error_page(request, status, name=name, **more).content
        context.route(
            base + path,
            lambda route, _request, status=status, body=body: route.fulfill(
                status=status, body=body, headers={"Content-Type": "text/html; charset=utf-8"}
            ),
        )


def enter(context: BrowserContext, base: str, user: User | None) -> None:
    """Give a browser the session of this user, as after signing in."""
    if user is None:
        return
    client = Client()
    client.force_login(user, backend="accounts.backends.LoginBackend")
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": base}])


def words_of(path: str) -> str:
    """A name for files."""
    return re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "beranda"
