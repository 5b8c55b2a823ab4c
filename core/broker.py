"""Waking the workers from a page without ever waiting for the broker or failing with it.

What must happen stands in the database (outbox, jobs) and is found by regular scans. A task sent from here
only makes it happen sooner, so a send that fails is forgotten.
"""

import logging
import os
import threading
import time
from contextlib import suppress
from typing import Any

from celery import current_app
from django.conf import settings

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 15.0
"""Nothing is sent for so long after a failure: a dead broker costs one short wait, not one a request."""


class _Breaker:
    """Remembers, in this process, until when the broker is left alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open_until = 0.0

    def may_try(self) -> bool:
        """Return whether to try; while the pause lasts nobody tries, afterwards everyone does."""
        return time.monotonic() >= self._open_until

    def failed(self) -> None:
        """Begin a pause."""
        with self._lock:
            self._open_until = time.monotonic() + PAUSE_SECONDS

    def reset(self) -> None:
        """Forget earlier failures."""
        self._open_until = 0.0


breaker = _Breaker()


def publish(task: str, *, kwargs: dict[str, Any] | None = None, expires: float = 60.0) -> bool:
    """Send a task by name and return whether the broker took it; never raises.

    Waits `settings.BROKER_WAKE_TIMEOUT` seconds at most (once more when the kept connection turns out dead),
    and not at all while a failure is recent.

    `expires` (seconds) drops the wake-up when no worker took it by then: the scan has done the work
    meanwhile.
    """
    if not breaker.may_try():
        return False
    message = {"kwargs": kwargs or {}, "expires": expires, "retry": False, "ignore_result": True}
    try:
        _send(task, message)
    except Exception as error:  # any failure of the broker's client, whatever library it comes from
        breaker.failed()
        logger.warning(
            "broker not reached, work waits for the next scan", extra={"error": type(error).__name__}
        )
        return False
    return True


class _Line:
    """The connection of one thread to the broker, kept between sends: opening one costs ten times a send."""

    def __init__(self) -> None:
        self._kept = threading.local()

    def producer(self) -> tuple[Any, bool]:
        """A producer, and whether it had been used before. A forked process opens a line of its own."""
        if self._is_mine():
            return self._kept.producer, True
        connection = _connection(float(getattr(settings, "BROKER_WAKE_TIMEOUT", 1.0)))
        self._kept.owner, self._kept.connection = os.getpid(), connection
        self._kept.producer = connection.Producer()
        return self._kept.producer, False

    def drop(self) -> None:
        """Close this thread's connection, if it has one."""
        if self._is_mine():
            with suppress(Exception):  # it is broken already, or will be
                self._kept.connection.close()
        self._kept.owner = None

    def _is_mine(self) -> bool:
        return getattr(self._kept, "owner", None) == os.getpid()


line = _Line()


def _send(task: str, message: dict[str, Any]) -> None:
    """Send over the kept connection; over a new one when the broker has closed it meanwhile."""
    producer, is_used = line.producer()
    try:
        current_app.send_task(task, producer=producer, **message)
    except Exception:  # whatever the client raises for a line that died; a new line raises it to the caller
        line.drop()
        if not is_used:
            raise
        _send(task, message)


def _connection(timeout: float) -> Any:
    """Return a connection that gives up after `timeout` seconds and does not try again."""
    options = {
        **(current_app.conf.broker_transport_options or {}),
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "retry_on_timeout": False,
        "max_retries": 0,
    }
    return current_app.connection_for_write(connect_timeout=timeout, transport_options=options)
