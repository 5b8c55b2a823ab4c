"""The direction of the house: who points at whom, which page is open to whom, what no template holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.access import Access
from okoce.testing.checks import SOURCES
from okoce.testing.services import ROOT

LAYERS = (
    "core", "accounts", "notifications", "centers", "helpdesk", "participants", "training", "placement",
    "mentoring", "licensing", "marketing", "bookkeeping", "capital", "outcomes", "pipeline", "reports",
    "okoce",
)  # fmt: skip
"""Lowest first: an app may point at itself and at what stands before it."""


def upward_relations() -> list[str]:
    """Every foreign key, one-to-one and many-to-many of ours that points at a higher app."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.app_label
        if label not in LAYERS:
            continue
        for field in model._meta.get_fields(include_hidden=True):
            if field.auto_created or not field.is_relation or field.related_model is None:
                continue
            target = field.related_model._meta.app_label
            if target in LAYERS and LAYERS.index(target) > LAYERS.index(label):
                found.append(f"{label}.{model.__name__}.{field.name} -> {target}")
    return found


def test_all_apps_of_the_house_are_installed_and_ranked():
    ours = {
        config.label
        for config in apps.get_app_configs()
        if Path(config.path).is_relative_to(ROOT / "") and ".venv" not in config.path
    }
    assert ours == set(LAYERS)


def test_no_relation_points_upwards():
    assert upward_relations() == []


def test_an_upward_relation_would_be_found(monkeypatch):
    monkeypatch.setattr("okoce.tests.test_house_layers.LAYERS", tuple(reversed(LAYERS)))
    assert upward_relations()


def views(
    patterns: list[URLPattern | URLResolver], prefix: str = "", app: str = ""
) -> Iterator[tuple[str, str, object]]:
    """Every address pattern with its application namespace and view."""
    for entry in patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from views(entry.url_patterns, path, entry.app_name or app)
        else:
            yield path, app, entry.callback


def test_every_page_says_who_may_open_it():
    silent = [
        path
        for path, app, view in views(get_resolver().url_patterns)
        if app != "admin" and not isinstance(getattr(view, "access", None), Access)
    ]
    assert silent == []


TEMPLATES = sorted(
    path
    for path in ROOT.rglob("templates/**/*.html")
    if not {".venv", "node_modules", "var"} & set(path.parts)
)
INLINE = {
    "an inline event handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element without nonce": re.compile(r"<style(?![^>]*nonce=)", re.IGNORECASE),
    "a script written into the page without nonce": re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*nonce=)(?![^>]*type=\"application/(?:ld\+)?json\")", re.IGNORECASE
    ),
    "a javascript: address": re.compile(r"(?:href|action)\s*=\s*[\"']?\s*javascript:", re.IGNORECASE),
    "another host's file": re.compile(r"<(?:script|link|img)[^>]*(?:src|href)=[\"']https?://", re.IGNORECASE),
    "a switched-off escape": re.compile(r"\|\s*safe\b|{%\s*autoescape off"),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_hold_nothing_that_the_security_policy_forbids(path):
    if path.relative_to(ROOT).parts[:2] in {("templates", "emails"), ("templates", "whatsapp")}:
        return  # read in mail programs, which know no nonce; they are checked for hosts and escapes below
    text = re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [what for what, pattern in INLINE.items() if pattern.search(text)] == []


@pytest.mark.parametrize("name", ["an inline event handler", "a script written into the page without nonce"])
def test_the_forbidden_things_would_be_found(name):
    sample = {
        "an inline event handler": '<a onclick="go()">',
        "a script written into the page without nonce": "<script>go()</script>",
    }
    assert INLINE[name].search(sample[name])


def test_no_module_is_a_drawer_for_everything():
    forbidden = {"utils.py", "helpers.py", "misc.py"}
    ours = [path for label in SOURCES for path in (ROOT / label).rglob("*.py")]
    assert [str(path) for path in ours if path.name in forbidden] == []


def test_only_core_calls_markup_safe():
    labels = (
        "accounts",
        "notifications",
        "centers",
        "helpdesk",
        "participants",
        "programs",
        "reports",
        "okoce",
    )
    found = [
        str(path.relative_to(ROOT))
        for label in labels
        for path in (ROOT / label).rglob("*.py")
        if "tests" not in path.parts
        and re.search(r"mark_safe\(|SafeString\(|html_safe", path.read_text("utf-8"))
    ]
    assert found == []
