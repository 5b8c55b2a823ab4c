"""Settings of the tests: real PostgreSQL and a real broker (started by okoce/testing), real MFA rules."""

from __future__ import annotations

import os

for _name, _value in {
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "SITE_URL": "http://testserver",
    "DEMO_MODE": "0",
    "ALLOW_SYNTHETIC_NIK": "1",
    "SECURE_SSL_REDIRECT": "0",
    "BROKER_TIMEOUT": "2",
    "BROKER_WAKE_TIMEOUT": "3",  # a busy machine is not a dead broker
    "BROKER_VISIBILITY_TIMEOUT": "5",
    "LOG_FORMAT": "json",
    "LOG_LEVEL": "WARNING",
}.items():
    os.environ.setdefault(_name, _value)

from okoce.settings.base import *  # noqa: E402, F403 (the defaults above must be in place first)
from okoce.settings.base import INSTALLED_APPS, PASSWORD_HASHERS, STORAGES  # noqa: E402

INSTALLED_APPS.append("django_migration_linter")  # `make check` asks it about every migration after the first
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
SESSION_COOKIE_NAME = "sessionid"
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_NAME = "csrftoken"
CSRF_COOKIE_SECURE = False
# Fast where the hash is not what is measured; tests of the real profile name it with override_settings.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
# Seconds that a job waits before each part, so that a test can kill its worker in the middle.
JOB_STEP_SECONDS = float(os.environ.get("JOB_STEP_SECONDS", "0"))
