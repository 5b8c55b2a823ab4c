"""Key files: made once, private, and a start without them stops with a clear message."""

import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from pytest_django import Settings

from core import keys
from core.apps import CoreConfig


def test_keys_are_made_private_and_never_twice(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "keys"
    assert keys.create_missing(folder) == list(keys.KEY_FILES)
    before = {name: (folder / name).read_bytes() for name in keys.KEY_FILES}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in keys.KEY_FILES} == {0o600}
    assert keys.create_missing(folder) == []
    assert {name: (folder / name).read_bytes() for name in keys.KEY_FILES} == before
    assert sorted(path.name for path in folder.iterdir()) == sorted(keys.KEY_FILES)
    assert len(set(before.values())) == 4


def test_only_the_missing_file_is_made(tmp_path: Path) -> None:
    keys.create_missing(tmp_path)
    kept = (tmp_path / keys.ENCRYPTION).read_bytes()
    (tmp_path / keys.INDEX).unlink()
    assert keys.create_missing(tmp_path) == [keys.INDEX]
    assert (tmp_path / keys.ENCRYPTION).read_bytes() == kept


def test_the_command_makes_keys(settings: Settings, tmp_path: Path) -> None:
    settings.KEYS_DIR = tmp_path / "keys"
    call_command("make_keys")
    keys.require(settings.KEYS_DIR)


@pytest.mark.parametrize("name", keys.KEY_FILES)
def test_a_missing_key_stops_the_start_and_is_named(
    name: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.create_missing(tmp_path)
    (tmp_path / name).unlink()
    settings.KEYS_DIR = tmp_path
    monkeypatch.setattr("sys.argv", ["manage.py", "migrate"])
    with pytest.raises(SystemExit, match=name):
        CoreConfig("core", __import__("core")).ready()


def test_the_command_that_makes_keys_starts_without_them(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.KEYS_DIR = tmp_path
    monkeypatch.setattr("sys.argv", ["manage.py", "make_keys"])
    CoreConfig("core", __import__("core")).ready()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (keys.ENCRYPTION, ""),
        (keys.ENCRYPTION, "no-colon\n"),
        (keys.ENCRYPTION, "k1:tooshort\n"),
        (keys.ENCRYPTION, "bad id:" + "A" * 43 + "=\n"),
        (keys.ENCRYPTION, ("k1:" + "A" * 43 + "=\n") * 2),
        (keys.INDEX, "AAAA"),
        (keys.SIGNING, "not base64!"),
        (keys.SECRET, "short"),
        (keys.INDEX, "\xff"),
    ],
)
def test_a_damaged_key_is_named_without_being_shown(name: str, text: str, tmp_path: Path) -> None:
    keys.create_missing(tmp_path)
    (tmp_path / name).write_text(text, encoding="latin-1")
    with pytest.raises(ImproperlyConfigured, match=name) as caught:
        keys.require(tmp_path)
    assert "AAAA" not in str(caught.value)
