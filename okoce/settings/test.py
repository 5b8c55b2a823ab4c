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
    "BROKER_VISIBILITY_TIMEOUT": "5",
    "LOG_FORMAT": "json",
    "LOG_LEVEL": "WARNING",
}.items():
    os.environ.setdefault(_name, _value)

from okoce.settings.base import *  # noqa: E402, F403 (the defaults above must be in place first)
from okoce.settings.base import PASSWORD_HASHERS, STORAGES  # noqa: E402

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
SESSION_COOKIE_NAME = "sessionid"
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_NAME = "csrftoken"
CSRF_COOKIE_SECURE = False
# Fast where the hash is not what is measured; tests of the real profile name it with override_settings.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
