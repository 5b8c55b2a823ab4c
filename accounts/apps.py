from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    name = "accounts"
    label = "accounts"
    verbose_name = "Akun"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import outbox  # noqa: F401 (registers the handler; models must be loaded first)
        from accounts.sessions import note_sign_in

        # Under the name of Django's own receiver, which then stays away.
        user_logged_in.connect(note_sign_in, dispatch_uid="update_last_login")
