"""Regular work of classes. Every task may run twice or at the same time as itself."""

from __future__ import annotations

from celery import shared_task

from core import clock

from . import planning, services

SCHEDULE = {
    "training: end offers and begin classes": {"task": "training.keep_classes", "schedule": 60.0},
}


@shared_task(name="training.keep_classes")
def keep_classes() -> int:
    """End unanswered offers, make the next ones, and begin what begins now."""
    at = clock.now()
    return planning.begin_classes(at=at) + services.expire_offers(at=at)
