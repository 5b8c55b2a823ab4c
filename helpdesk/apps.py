from django.apps import AppConfig


class HelpdeskConfig(AppConfig):
    name = "helpdesk"
    label = "helpdesk"
    verbose_name = "Bantuan"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the kinds of messages and the letter to people without an account known."""
        from . import letters  # noqa: F401 (registers the handler; models must be loaded first)
        from .messages import register_messages

        register_messages()
