from django.apps import AppConfig


class MentoringConfig(AppConfig):
    name = "programs.mentoring"
    label = "mentoring"
    verbose_name = "Pendampingan"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make known what an erased person's contacts lose."""
        from . import erasure  # noqa: F401
