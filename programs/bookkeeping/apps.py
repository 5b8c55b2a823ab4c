from django.apps import AppConfig


class BookkeepingConfig(AppConfig):
    name = "programs.bookkeeping"
    label = "bookkeeping"
    verbose_name = "Pelaporan keuangan"
    default_auto_field = "django.db.models.BigAutoField"
