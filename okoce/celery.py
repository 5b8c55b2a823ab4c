"""The Celery app `okoce`: tasks from every app's tasks.py, the schedule from every app's SCHEDULE."""

from __future__ import annotations

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "okoce.settings.base")

app = Celery("okoce")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def use_portal_logging(**_kwargs: Any) -> None:
    """Give worker and beat the portal's own handlers, which remove personal numbers."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@app.on_after_finalize.connect
def load_schedule(sender: Celery, **_kwargs: Any) -> None:
    """Set beat's table once all apps are known."""
    from okoce.schedule import gather

    sender.conf.beat_schedule = gather()
