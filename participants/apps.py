from django.apps import AppConfig


class ParticipantsConfig(AppConfig):
    name = "participants"
    label = "participants"
    verbose_name = "Peserta"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the messages of participants and pipeline known."""
        from notifications.readers import register_source

        from .messages import register_messages
        from .readers import reader_of
        from .rights_messages import register_rights_messages

        register_messages()
        register_rights_messages()
        register_source(reader_of)
