from django.apps import AppConfig
from django.contrib import admin


class OkoceConfig(AppConfig):
    """The portal itself: home page, launcher, demo data and the commands of the whole."""

    name = "okoce"
    label = "okoce"
    verbose_name = "Portal OK OCE"

    def ready(self) -> None:
        """Make the Celery app the current one, so that `shared_task` binds to it in web processes too, and
        give Django's admin its titles."""
        from okoce.celery import app

        app.set_default()
        admin.site.site_title = "OK OCE"
        admin.site.site_header = "OK OCE: pengaturan sekretariat"
        admin.site.index_title = "Yang bisa diatur"
