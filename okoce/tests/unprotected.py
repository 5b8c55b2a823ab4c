"""The portal without its protections, for the web server of one test: proof that a race can be lost.

Row locks are gone, a moved page is not noticed, equal registrations do not wait for each other, and whoever
has read takes a moment before writing, so that many have read the same. Constraints are dropped by the test.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import QuerySet

from okoce.wsgi import application
from participants import registration, services
from programs.mentoring import clinics
from programs.mentoring.models import ClinicSlot
from programs.pipeline import moves
from programs.training import services as training
from programs.training.models import ClassStatus, TrainingClass

__all__ = ["application"]

MOMENT = 0.05
"""Seconds between reading and writing."""
WRITES = re.compile(
    r"\b(INSERT INTO|UPDATE) \"?(participants|helpdesk|mentoring|placement|training|accounts_accesscode)"
)


def hesitate(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    """Wait before a write of an act."""
    if WRITES.search(str(sql)):
        time.sleep(MOMENT)
    return execute(sql, params, many, context)


def slow_down(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Every connection of this portal hesitates."""
    if hesitate not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, hesitate)  # those who add one for a while take away the last


def take_seat(training_class: TrainingClass) -> bool:
    """Ask first, write afterwards."""
    found = TrainingClass.objects.get(pk=training_class.pk)
    if found.taken >= found.capacity:
        return False
    TrainingClass.objects.filter(pk=found.pk).update(
        taken=found.taken + 1,
        status=ClassStatus.PENUH if found.taken + 1 == found.capacity else found.status,
    )
    return True


def take_slot(slot_id: int) -> bool:
    """Ask first, write afterwards."""
    if ClinicSlot.objects.get(pk=slot_id).is_taken:
        return False
    ClinicSlot.objects.filter(pk=slot_id).update(is_taken=True)
    return True


connection_created.connect(slow_down)
for connection in connections.all(initialized_only=True):
    slow_down(connection)
QuerySet.select_for_update = lambda self, *_args, **_options: self  # type: ignore[method-assign]
moves._lock = lambda enrollment_id, version: services.lock_enrollment(enrollment_id)
registration.LOCK = "SELECT %(lock)s"
training.take_seat = take_seat
clinics.take_slot = take_slot
