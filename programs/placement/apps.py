from django.apps import AppConfig


class PlacementConfig(AppConfig):
    name = "programs.placement"
    label = "placement"
    verbose_name = "Penempatan kerja"
    default_auto_field = "django.db.models.BigAutoField"
