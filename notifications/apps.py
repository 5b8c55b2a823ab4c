from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    label = "notifications"
    verbose_name = "Pemberitahuan"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Put the handlers of the outbox kinds in place."""
        from . import delivery  # noqa: F401 (models must be loaded first)
