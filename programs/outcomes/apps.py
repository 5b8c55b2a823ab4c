from django.apps import AppConfig


class OutcomesConfig(AppConfig):
    name = "programs.outcomes"
    label = "outcomes"
    verbose_name = "Setelah lulus"
    default_auto_field = "django.db.models.BigAutoField"
