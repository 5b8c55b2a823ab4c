"""Logging: one configuration for web, worker and commands, with personal numbers removed from every line.

Redaction sits in the formatter, the last step before a handler writes, so that messages, arguments and
tracebacks of our own code and of libraries all pass through it.
"""

from __future__ import annotations

import logging
import re
from typing import Any

import structlog

REDACTED_NUMBER = "[16-digit number removed]"
REDACTED_PHONE = "[phone removed]"

# NIK, KK and NPWP have 16 digits; people write them with spaces, dots and dashes between the digits.
SIXTEEN_DIGITS = re.compile(r"(?<!\d)\d(?:[ .\-]?\d){15}(?!\d)")
# Indonesian mobile numbers: 08…, 628…, +62 8…, with 9 to 13 digits in all after the leading 0 or 62.
PHONE = re.compile(r"(?<![\dA-Za-z])(?:\+?62[ .\-]?|0)8\d(?:[ .\-]?\d){6,11}(?!\d)")


def redact(text: str) -> str:
    """The text without runs of 16 digits and without Indonesian mobile numbers."""
    return PHONE.sub(REDACTED_PHONE, SIXTEEN_DIGITS.sub(REDACTED_NUMBER, text))


class RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """Formats any log record and removes personal numbers from the finished line, traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class RefusalInOneLine(logging.Filter):
    """Drops the traceback of refused requests (4xx): the visitor's doing, one line says it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if 400 <= getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True


SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.StackInfoRenderer(),
]


def configure_structlog() -> None:
    """Send structlog's events through the standard logging handlers."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED_PROCESSORS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def logging_config(*, as_json: bool, level: str) -> dict[str, Any]:
    """Django's LOGGING: everything to standard error, as JSON lines or for a person's eyes."""
    renderer: list[Any]
    if as_json:
        renderer = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        renderer = [structlog.dev.ConsoleRenderer(colors=False)]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "portal": {
                "()": "okoce.settings.log.RedactingFormatter",
                "foreign_pre_chain": SHARED_PROCESSORS,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
            }
        },
        "filters": {"refusals": {"()": "okoce.settings.log.RefusalInOneLine"}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "portal", "filters": ["refusals"]}
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "django.security.DisallowedHost": {"handlers": [], "level": "ERROR", "propagate": True},
            "celery": {"handlers": [], "level": level, "propagate": True},
        },
    }
