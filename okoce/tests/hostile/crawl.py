"""Finds every form and query string there is, from the table of addresses and the pages behind it.

A new address is covered because it stands in `test_access.LINES`; its forms are read from its page. Forms
whose page cannot be opened in the world of the tests are named in `BLIND`; a test fails for one in neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.contrib import admin
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from okoce.tests.test_access import LINES, World

from .forms import Control, Form, parameters, read

VISITORS = ("anonymous", "citizen", "coach", "dinas", "manager", "admin")
"""All stand around the same record; what is elsewhere is foreign to all but the admin."""
LEAVES = frozenset({"logout", "sign_out_everywhere"})
EVERYWHERE = ("sesudah", "q", "next", "unduh", "page", "nama_yang_tidak_ada")
"""Parameters that any page may be asked with."""
MOST_PAGES = 900

BLIND: dict[str, tuple[str, ...]] = {
    "code": ("login", "code", "new_password"),
    "reset_link": ("new_password",),
    "account_login": ("login", "password", "next"),
    "mfa_authenticate": ("code", "next"),
    "mfa_reauthenticate": ("code", "next"),
    "mfa_activate_totp": ("code",),
    "mfa_deactivate_totp": ("next",),
    "mfa_generate_recovery_codes": ("next",),
    "mfa_download_recovery_codes": ("next",),
    "accept_assignment": (),
    "advance": ("version",),
    "bulk": ("tindakan", "langkah", "id", "pilih", "keadaan", "agency", "coach"),
    "bulk_undo": (),
    "confirm_workforce": (),
    "class_enrol": (),
    "class_open": (),
    "class_finish": (),
    "seat_accept": (),
    "check_in": (),
    "clinic_call": (),
    "visit_arrive": (),
    "certificates_issue": (),
    "vacancy_apply": (),
    "vacancy_reopen": (),
    "placement_answer": ("jawaban",),
    "job_new": ("submission_id", "employer", "position", "starts_on", "phone"),
    "class_survey": ("rating", "words"),
    "desk_place": ("version", "center"),
    "help_take": (),
    "merge": ("kept_version", "taken_out_version", "reason"),
    "merge_undo": ("reason",),
    "snooze_undo": (),
    "secretariat_center_close": ("reason", "version", "on"),
    "support_end": (),
    "compare_nik": (),
    "audit_export": ("reason", "q", "aksi", "dari", "sampai", "orang"),
}
"""Forms behind a state that the world has not (a code, a link, a task that waits): their fields, by hand."""


@dataclass(frozen=True)
class Place:
    """A visitor at an address."""

    visitor: str
    name: str
    path: str


@dataclass
class Found:
    """All there is to attack."""

    forms: dict[tuple[str, ...], tuple[Place, Form]] = field(default_factory=dict)
    queries: dict[str, tuple[Place, list[str]]] = field(default_factory=dict)
    targets: set[str] = field(default_factory=set)
    pages: int = 0


def name_of(path: str) -> str:
    """The name of an address (with the namespace), "" for none."""
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""


def shape(path: str) -> str:
    """The address without what names a record: pages of one shape are one page."""
    path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<uuid>", path)
    return re.sub(r"\d[\d.\-]*", "<n>", path)


def path_of(world: World, name: str) -> str:
    """The address of a name with the records of the world in it."""
    kwargs = {
        key: value[1:] if value.startswith("=") else world.values[value]
        for key, value in LINES[name].kwargs.items()
    }
    return reverse(name, kwargs=kwargs)


def seeds(world: World, visitor: str) -> Iterator[str]:
    """Where a visitor begins: every address they may open; all of Django's admin for the admin."""
    for name, line in LINES.items():
        if (
            visitor in line.may
            and visitor in line.sees
            and visitor not in line.refused
            and name not in LEAVES
        ):
            yield path_of(world, name)
    if visitor != "admin":
        return
    yield reverse("admin:index")
    for model in admin.site._registry:
        stem = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{stem}_changelist")
        yield reverse(f"{stem}_add")
        if (first := model._default_manager.first()) is not None:
            yield reverse(f"{stem}_change", args=[first.pk])


def browser(world: World, visitor: str) -> Client:
    """A signed-in browser in which errors of the server are raised."""
    client = Client(raise_request_exception=True)
    if visitor != "anonymous":
        client.force_login(world.users[visitor], backend="accounts.backends.LoginBackend")
    return client


def crawl(world: World, browsers: dict[str, Client], *, thorough: bool) -> Found:
    """Open every page of every shape, following links, and collect forms and queries.

    Thorough: each visitor opens each page. Otherwise a page that one visitor opened is known, and no links
    are followed inside Django's admin.
    """
    found, seen = Found(), set[str]()
    for visitor, client in browsers.items():
        waiting = list(seeds(world, visitor))
        if thorough:
            seen = set()
        while waiting and found.pages < MOST_PAGES:
            path = urlsplit(waiting.pop(0)).path
            if shape(path) in seen:
                continue
            name = name_of(path)
            if not name or name in LEAVES:
                continue
            found.pages += 1
            answer = client.get(path)
            if thorough or answer.status_code == 200:
                seen.add(shape(path))
            if answer.status_code != 200:
                continue
            place = Place(visitor, name, path)
            _note_query(found, place, [])
            if answer.streaming or not answer.headers.get("Content-Type", "").startswith("text/html"):
                continue
            forms, links = read(answer.content.decode(), path)
            for form in forms:
                _note_form(found, place, form)
            for link in sorted(links):
                target, names = parameters(link)
                if names and (target_name := name_of(target)):
                    _note_query(found, Place(visitor, target_name, target), names)
                if target.startswith(("/static/", "/admin/jsi18n" if thorough else "/admin/")):
                    continue
                waiting.append(target)
    _add_blind(world, found)
    return found


def _note_form(found: Found, place: Place, form: Form) -> None:
    path = urlsplit(form.address).path
    target = name_of(path)
    if not target or target in LEAVES:
        return
    if form.method == "get":
        _note_query(found, Place(place.visitor, target, path), form.names)
        return
    found.targets.add(target)
    key = (target, shape(path), *sorted(form.names))
    found.forms.setdefault(key, (Place(place.visitor, target, form.address), form))


def _note_query(found: Found, place: Place, names: list[str]) -> None:
    known = found.queries.setdefault(shape(place.path), (place, list(EVERYWHERE)))[1]
    known.extend(name for name in dict.fromkeys(names) if name not in known and name != "csrfmiddlewaretoken")


def _add_blind(world: World, found: Found) -> None:
    for name, fields in BLIND.items():
        line = LINES[name]
        visitor = next(v for v in VISITORS if v in line.may and v in line.sees and v not in line.refused)
        path = path_of(world, name)
        kinds = {field_name: "password" if "password" in field_name else "text" for field_name in fields}
        form = Form(path, "post", [Control(field_name, kind) for field_name, kind in kinds.items()])
        found.targets.add(name)
        found.forms.setdefault((name, path, *fields), (Place(visitor, name, path), form))
