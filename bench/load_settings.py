"""The portal under load: the settings of the tests, with the password hash of production."""

from __future__ import annotations

from okoce.settings.base import PASSWORD_HASHERS as PRODUCTION_HASHERS
from okoce.settings.test import *  # noqa: F403

# The tests have put a fast hash in front of this very list.
PASSWORD_HASHERS = [hasher for hasher in PRODUCTION_HASHERS if "MD5" not in hasher]
WHITENOISE_AUTOREFRESH = False
