from typing import Any

import structlog
from django.apps import AppConfig
from django.contrib import admin
from django.http import HttpRequest
from django_structlog.signals import bind_extra_request_metadata


def note_address(*, request: HttpRequest, **_: Any) -> None:
    """Log from where a request came: the address that sign-in counts, which no header can make up."""
    from accounts.lockout import client_address

    structlog.contextvars.bind_contextvars(ip=client_address(request))


class OkoceConfig(AppConfig):
    """The portal itself: home page, launcher, demo data and the commands of the whole."""

    name = "okoce"
    label = "okoce"
    verbose_name = "Portal OK OCE"

    def ready(self) -> None:
        """Make the Celery app the current one, so that `shared_task` binds to it in web processes too, have
        addresses logged, and give Django's admin its titles."""
        from okoce.celery import app

        app.set_default()
        bind_extra_request_metadata.connect(note_address)
        admin.site.site_title = "OK OCE"
        admin.site.site_header = "OK OCE: pengaturan sekretariat"
        admin.site.index_title = "Yang bisa diatur"
