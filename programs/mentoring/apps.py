from django.apps import AppConfig


class MentoringConfig(AppConfig):
    name = "programs.mentoring"
    label = "mentoring"
    verbose_name = "Pendampingan"
    default_auto_field = "django.db.models.BigAutoField"
