"""The shared base of every app."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Tools without domain words; imports nothing from the other apps."""

    name = "core"
    label = "core"
    verbose_name = "Alat bersama"
    default_auto_field = "django.db.models.BigAutoField"
