"""The shared base of every app."""

import sys
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from core import keys


class CoreConfig(AppConfig):
    """Tools without domain words; imports nothing from the other apps."""

    name = "core"
    label = "core"
    verbose_name = "Alat bersama"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Stop the start with one message when a key is missing, save for commands that need none."""
        if len(sys.argv) > 1 and sys.argv[1] in getattr(settings, "KEYLESS_COMMANDS", ()):
            return
        try:
            keys.require(Path(settings.KEYS_DIR))
        except ImproperlyConfigured as error:
            raise SystemExit(f"The portal cannot start. {error}") from None
