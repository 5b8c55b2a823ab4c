from django.apps import AppConfig


class CentersConfig(AppConfig):
    name = "centers"
    label = "centers"
    verbose_name = "Pusat"
    default_auto_field = "django.db.models.BigAutoField"
