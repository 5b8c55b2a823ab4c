from django.apps import AppConfig


class ParticipantsConfig(AppConfig):
    name = "participants"
    label = "participants"
    verbose_name = "Peserta"
    default_auto_field = "django.db.models.BigAutoField"
