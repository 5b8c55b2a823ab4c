"""Fixtures of the core tests: folders of their own, no handlers or job kinds left over from other apps."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from core import broker, jobs, keys, outbox


@pytest.fixture
def files_dir(settings: Settings, tmp_path: Path) -> Path:
    """An empty private folder for stored files."""
    folder = tmp_path / "files"
    settings.FILES_DIR = folder
    return folder


@pytest.fixture
def keys_dir(settings: Settings, tmp_path: Path) -> Path:
    """A folder with fresh keys."""
    folder = tmp_path / "keys"
    keys.create_missing(folder)
    settings.KEYS_DIR = folder
    return folder


@pytest.fixture
def no_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test register outbox handlers and job kinds of its own."""
    monkeypatch.setattr(outbox, "_handlers", {})
    monkeypatch.setattr(jobs, "_kinds", {})


@pytest.fixture(autouse=True)
def closed_breaker() -> Iterator[None]:
    """One test's dead broker, or connection to it, is not another's."""
    broker.breaker.reset()
    broker.line.drop()
    yield
    broker.breaker.reset()
    broker.line.drop()
