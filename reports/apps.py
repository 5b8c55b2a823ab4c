from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    label = "reports"
    verbose_name = "Laporan"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the report job and its message known to web and worker processes."""
        from .messages import register_messages

        register_messages()
