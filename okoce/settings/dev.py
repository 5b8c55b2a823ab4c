"""Settings of `make run` and of a developer's command line: plain HTTP on this machine, demo mode.

Takes the addresses of the embedded services from the file that the launcher keeps while they run.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

_var = Path(os.environ.get("VAR_DIR", "") or Path(__file__).resolve().parents[2] / "var")
try:
    _running = json.loads((_var / "run" / "services.json").read_text(encoding="utf-8"))
except (OSError, ValueError):
    _running = {}

for _name, _value in {
    "DATABASE_URL": _running.get("DATABASE_URL", "postgresql://postgres@127.0.0.1/okoce"),
    "REDIS_URL": _running.get("REDIS_URL", "redis://127.0.0.1:6379/0"),
    "ALLOWED_HOSTS": "*",
    "SITE_URL": f"http://127.0.0.1:{os.environ.get('PORT') or '8000'}",
    "DEMO_MODE": "1",
    "ALLOW_SYNTHETIC_NIK": "1",
    "SECURE_SSL_REDIRECT": "0",
    "LOG_FORMAT": "console",
    "LOG_LEVEL": "WARNING",
}.items():
    if not os.environ.get(_name):
        os.environ[_name] = _value

from okoce.settings.base import *  # noqa: E402, F403 (the defaults above must be in place first)
from okoce.settings.base import STORAGES, env  # noqa: E402

DEBUG = env.boolean("DEBUG", False)
if DEBUG:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
SESSION_COOKIE_NAME = "sessionid"
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_NAME = "csrftoken"
CSRF_COOKIE_SECURE = False
SECURE_HSTS_SECONDS = 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_HSTS_PRELOAD = False
env.finish()
