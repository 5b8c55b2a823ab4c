"""For operators and monitors: /healthz (this process), /readyz (what it depends on), /metrics."""

from __future__ import annotations

import hmac
import ipaddress
import logging
import threading
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView

from accounts.access import public

log = logging.getLogger(__name__)
_migrated = threading.Event()  # once all migrations are applied they stay so for the life of the process


def check_database() -> str:
    """Empty when the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def check_migrations() -> str:
    """Empty when no migration is waiting."""
    if not _migrated.is_set():
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if waiting:
            return f"{len(waiting)} migrations are not applied"
        _migrated.set()
    return ""


def check_broker() -> str:
    """Empty when the broker answers within BROKER_TIMEOUT seconds."""
    with redis.Redis.from_url(
        settings.CELERY_BROKER_URL,
        socket_connect_timeout=settings.BROKER_TIMEOUT,
        socket_timeout=settings.BROKER_TIMEOUT,
    ) as client:
        client.ping()
    return ""


CHECKS: dict[str, Callable[[], str]] = {
    "database": check_database,
    "migrations": check_migrations,
    "broker": check_broker,
}


@public
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """200 while this process can answer at all; asks nothing of anybody else."""
    return HttpResponse("ok\n", content_type="text/plain")


@public
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """200 when database, migrations and broker are in order, else 503; says which, never why in detail."""
    answers: dict[str, str] = {}
    for name, check in CHECKS.items():
        try:
            answers[name] = check() or "ok"
        except Exception:
            # Whatever a driver raises, the answer is "not ready"; the log says why.
            log.exception("readiness check failed: %s", name)
            answers[name] = "unreachable"
    ready = all(answer == "ok" for answer in answers.values())
    return JsonResponse(answers, status=200 if ready else 503)


def may_read_metrics(request: HttpRequest) -> bool:
    """Loopback without a proxy in between, or the bearer token METRICS_TOKEN."""
    given = request.headers.get("Authorization", "")
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    if settings.METRICS_TOKEN and hmac.compare_digest(given.encode(), wanted.encode()):
        return True
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


@public
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus figures; 404 for everybody who may not read them."""
    if not may_read_metrics(request):
        return HttpResponseNotFound()
    return ExportToDjangoView(request)
