from django.apps import AppConfig


class PipelineConfig(AppConfig):
    name = "programs.pipeline"
    label = "pipeline"
    verbose_name = "Tahapan"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make known what is forgotten of acts on many people."""
        from . import erasure  # noqa: F401
