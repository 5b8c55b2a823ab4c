from django.apps import AppConfig


class CapitalConfig(AppConfig):
    name = "programs.capital"
    label = "capital"
    verbose_name = "Permodalan"
    default_auto_field = "django.db.models.BigAutoField"
