"""A missing or bad setting stops the start and is named; no log line holds a personal number."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from core import keys
from okoce.schedule import ScheduleClash, gather
from okoce.settings.environment import Environment, SettingsRefused
from okoce.settings.log import logging_config, redact
from okoce.testing.services import ROOT

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "okoce.settings.base",
    "ALLOWED_HOSTS": "portal.okoce.example",
    "SITE_URL": "https://portal.okoce.example",
    "DATABASE_URL": "postgresql://okoce:s3cret-word@127.0.0.1:1/okoce",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def start(folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Start Django with production settings, with some of the variables changed (empty: unset)."""
    values = PRODUCTION | {"KEYS_DIR": str(folder), "VAR_DIR": str(folder)} | changes
    environment = {"PATH": os.environ["PATH"], **{name: value for name, value in values.items() if value}}
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def keys_dir(tmp_path: Path) -> Path:
    keys.create_missing(tmp_path)
    return tmp_path


def test_production_settings_start_when_everything_is_given(keys_dir):
    done = start(keys_dir)
    assert done.returncode == 0, done.stderr


def test_every_missing_value_is_named_in_one_message(tmp_path):
    done = start(tmp_path, ALLOWED_HOSTS="", SITE_URL="", DATABASE_URL="", REDIS_URL="")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for name in ("KEYS_DIR", "ALLOWED_HOSTS", "SITE_URL", "DATABASE_URL", "REDIS_URL"):
        assert name in done.stderr


@pytest.mark.parametrize("missing", keys.KEY_FILES)
def test_one_missing_key_stops_the_start_and_is_named(keys_dir, missing):
    (keys_dir / missing).unlink()
    done = start(keys_dir)
    assert done.returncode == 1
    assert missing in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://root:s3cret-word@localhost/okoce"),
        ("DATABASE_URL", "postgresql://okoce:s3cret-word@localhost:port/okoce"),
        ("REDIS_URL", "localhost:6379"),
        ("SITE_URL", "portal.okoce.example"),
        ("DEMO_MODE", "perhaps"),
        ("BROKER_TIMEOUT", "0"),
        ("BROKER_TIMEOUT", "four"),
        ("LOG_LEVEL", "LOUD"),
        ("EMAIL_PROVIDER", "pigeon"),
    ],
)
def test_a_bad_value_is_named_and_no_password_repeated(keys_dir, name, value):
    done = start(keys_dir, **{name: value})
    assert done.returncode == 1
    assert f"- {name} " in done.stderr
    assert "s3cret-word" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_choice_that_needs_more_values_names_them(keys_dir):
    assert "EMAIL_HOST is missing" in start(keys_dir, EMAIL_PROVIDER="smtp").stderr


def test_readers_collect_all_problems_before_they_stop():
    env = Environment({"A": "maybe", "B": "１２"})
    env.boolean("A", False)
    env.integer("B", 1)
    env.text("C")
    with pytest.raises(SettingsRefused) as refused:
        env.finish()
    assert [problem[0] for problem in refused.value.problems] == ["A", "B", "C"]
    assert refused.value.code == str(refused.value)


def test_production_cookies_and_transport_are_strict(keys_dir):
    code = (
        "from django.conf import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME,"
        " s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS,"
        " s.DEBUG, s.DEMO_MODE, s.ALLOW_SYNTHETIC_NIK)"
    )
    environment = PRODUCTION | {"KEYS_DIR": str(keys_dir), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.stdout.split() == [
        "__Host-sessionid", "__Host-csrftoken", "True", "True", "True", "31536000", "False", "False", "False",
    ]  # fmt: skip


def test_no_inline_script_or_style_is_allowed():
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert "'none'" in directives["default-src"]
    allowed = {str(source) for sources in directives.values() for source in sources}
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:"} & allowed


@pytest.mark.parametrize(
    "text",
    [
        "3174052505990001",
        "3174 0525 0599 0001",
        "31.74.05.250599.0001",
        "3174-0525-0599-0001",
        "３１７４０５２５０５９９０００１",
    ],
)
def test_sixteen_digits_are_removed_however_written(text):
    assert redact(f"bad value {text}!") == "bad value [16-digit number removed]!"


@pytest.mark.parametrize(
    "text", ["081234567890", "0812-3456-7890", "+62 812-3456-7890", "6281234567890", "+6281234567"]
)
def test_mobile_numbers_are_removed_however_written(text):
    assert redact(f"to {text}, twice {text}") == "to [phone removed], twice [phone removed]"


@pytest.mark.parametrize(
    "text", ["31.74.07.1001", "2026-11-22T18:27:07.123456Z", "65.414 of 284.164", "port 8000"]
)
def test_other_numbers_stay(text):
    assert redact(text) == text


def test_log_lines_with_arguments_and_tracebacks_are_redacted():
    config = logging_config(as_json=True, level="INFO")
    stream = io.StringIO()
    config["handlers"]["console"]["stream"] = stream
    config["root"]["handlers"] = []
    config["loggers"] = {"probe": {"handlers": ["console"], "level": "INFO", "propagate": False}}
    config["disable_existing_loggers"] = False
    logging.config.dictConfig(config)
    log = logging.getLogger("probe")
    log.info("sent to %s", "081234567890")
    try:
        int("3174052505990001x")
    except ValueError:
        log.exception("failed")
    logging.config.dictConfig(settings.LOGGING)
    written = stream.getvalue()
    assert "ValueError" in written
    assert "removed" in written
    assert "081234567890" not in written
    assert "3174052505990001" not in written


def test_every_scheduled_task_exists_and_old_runs_expire():
    from okoce.celery import app

    app.loader.import_default_modules()
    table = gather()
    assert table, "no app schedules anything"
    for name, entry in table.items():
        assert entry["task"] in app.tasks, f"{name}: there is no task {entry['task']}"
        assert entry["options"]["expires"] > 0


def test_two_apps_cannot_schedule_under_one_name(monkeypatch):
    from accounts import tasks as first
    from core import tasks as second

    entry = {"same name": {"task": "x", "schedule": 1.0}}
    monkeypatch.setattr(first, "SCHEDULE", entry, raising=False)
    monkeypatch.setattr(second, "SCHEDULE", entry, raising=False)
    with pytest.raises(ScheduleClash, match="same name"):
        gather()
