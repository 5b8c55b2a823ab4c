from django.apps import AppConfig


class PlacementConfig(AppConfig):
    name = "programs.placement"
    label = "placement"
    verbose_name = "Penempatan kerja"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make known the messages, what erasure takes, and what is held about a person."""
        from . import erasure, holdings  # noqa: F401
        from .messages import register_messages

        register_messages()
