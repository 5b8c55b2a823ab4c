from django.apps import AppConfig


class MarketingConfig(AppConfig):
    name = "programs.marketing"
    label = "marketing"
    verbose_name = "Pemasaran"
    default_auto_field = "django.db.models.BigAutoField"
