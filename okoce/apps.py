from django.apps import AppConfig


class OkoceConfig(AppConfig):
    """The portal itself: home page, launcher, demo data and the commands of the whole."""

    name = "okoce"
    label = "okoce"
    verbose_name = "Portal OK OCE"

    def ready(self) -> None:
        """Make the Celery app the current one, so that `shared_task` binds to it in web processes too."""
        from okoce.celery import app

        app.set_default()
