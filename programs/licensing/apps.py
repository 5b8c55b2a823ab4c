from django.apps import AppConfig


class LicensingConfig(AppConfig):
    name = "programs.licensing"
    label = "licensing"
    verbose_name = "Perizinan"
    default_auto_field = "django.db.models.BigAutoField"
