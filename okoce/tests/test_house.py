"""The ground the other tests stand on: servers, clones, processes."""

from __future__ import annotations

from typing import Any
from urllib.request import urlopen

import pytest
import structlog
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django_structlog.middlewares import RequestMiddleware

from okoce.launch.processes import wait_until
from okoce.testing.services import Services


@pytest.mark.django_db
def test_the_database_is_a_real_postgresql() -> None:
    assert connection.vendor == "postgresql"
    assert connection.pg_version >= 15_00_00


@pytest.mark.django_db(transaction=True)
def test_a_flushing_test_leaves_the_migrated_data_behind(services: Services) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE left_behind (n int)")
    services.reset_database()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations")
        assert cursor.fetchone()[0] > 0
        cursor.execute("SELECT to_regclass('left_behind')")
        assert cursor.fetchone()[0] is None


@pytest.mark.django_db(transaction=True)
def test_the_database_can_be_restarted_under_a_test(services: Services) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (n int)")
    services.restart_database()
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('kept')")
        assert cursor.fetchone()[0] == "kept"


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_takes_work_again_after_the_broker_was_away(services, worker):
    first = worker.child_pids()
    assert first
    services.stop_broker()
    services.start_broker()
    assert wait_until(worker.is_ready, seconds=60), worker.log()


@pytest.mark.django_db(transaction=True)
def test_the_real_web_server_answers_and_survives_a_new_database(services, live_portal):
    with urlopen(f"{live_portal.url}/readyz", timeout=60) as answer:
        assert answer.status == 200
    services.reset_database()
    with urlopen(f"{live_portal.url}/readyz", timeout=60) as answer:
        assert answer.status == 200


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_real_browser_opens_the_portal(live_portal, browser_page):
    answer = browser_page.goto(f"{live_portal.url}/healthz")
    assert answer.status == 200
    assert browser_page.evaluate("window.innerWidth") == 360


@pytest.mark.django_db
def test_not_ready_is_said_when_the_broker_is_away(services, client):
    assert client.get("/readyz").status_code == 200
    services.stop_broker()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"database": "ok", "migrations": "ok", "broker": "unreachable"}
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, 200),
        ({"REMOTE_ADDR": "203.0.113.9"}, 404),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}, 404),
        ({"REMOTE_ADDR": "203.0.113.9", "HTTP_AUTHORIZATION": "Bearer right"}, 200),
        ({"REMOTE_ADDR": "203.0.113.9", "HTTP_AUTHORIZATION": "Bearer wrong"}, 404),
    ],
)
@pytest.mark.django_db
def test_metrics_are_for_loopback_or_the_token(client, settings, headers, status):
    settings.METRICS_TOKEN = "right"
    assert client.get("/metrics", **headers).status_code == status


@pytest.mark.django_db
def test_an_empty_token_opens_nothing(client, settings):
    settings.METRICS_TOKEN = ""
    answer = client.get("/metrics", REMOTE_ADDR="203.0.113.9", HTTP_AUTHORIZATION="Bearer ")
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/healthz", "/no-such-page", "/admin/", "/static/dist/app.css", "/metrics"])
@pytest.mark.django_db
def test_every_answer_carries_the_protective_headers(client, path):
    answer = client.get(path, REMOTE_ADDR="203.0.113.9")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=(self)" in answer.headers["Permissions-Policy"]
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.django_db
def test_a_server_error_carries_them_too(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("okoce.health.may_read_metrics", lambda _request: 1 / 0)
    answer = client.get("/metrics")
    assert answer.status_code == 500
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_answers_to_somebody_with_a_session_are_never_stored(client, django_user_model):
    from accounts.tests.factories import UserFactory

    client.force_login(UserFactory(), backend="accounts.backends.LoginBackend")
    assert client.get("/healthz").headers["Cache-Control"] == "no-store, private"
    assert client.get("/no-such-page").headers["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize(("proxies", "logged"), [(0, "192.0.2.7"), (1, "203.0.113.9")])
def test_the_log_knows_an_address_that_no_header_can_make_up(
    settings: Any, rf: RequestFactory, proxies: int, logged: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    request = rf.get(
        "/",
        REMOTE_ADDR="192.0.2.7",
        HTTP_X_FORWARDED_FOR="198.51.100.1, 203.0.113.9",
        HTTP_X_REAL_IP="10.0.0.1",
    )
    bound: dict[str, Any] = {}

    def answer(_: HttpRequest) -> HttpResponse:
        bound.update(structlog.contextvars.get_contextvars())
        return HttpResponse()

    RequestMiddleware(answer)(request)
    assert bound["ip"] == logged
