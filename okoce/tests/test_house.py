"""The ground the other tests stand on: servers, clones, processes."""

from __future__ import annotations

import pytest
from django.db import connection

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
