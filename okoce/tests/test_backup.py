"""Backup and restore: equal to the row, refused where something would be overwritten, usable afterwards."""

from __future__ import annotations

from pathlib import Path

import psycopg2
import pytest
from django.conf import settings

from okoce.operations import backup
from okoce.operations.drill import drill
from participants.models import Person, Stage
from participants.tests.factories import participant

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_drill_restores_every_table_and_the_copy_works(services):
    for stage in (Stage.PENDAFTARAN, Stage.PERIZINAN):
        participant(stage=stage)
    said: list[str] = []
    assert drill(say=said.append, dsn=services.dsn) == []
    assert "registered and signed in" in said[-1]
    assert Person.objects.count() == 2, "the drill wrote into the database it was to read"


def test_a_difference_is_found(services, tmp_path):
    participant()
    backup.backup(tmp_path / "b", dsn=services.dsn)
    assert backup.differences(tmp_path / "b", dsn=services.dsn) == []
    with psycopg2.connect(services.dsn) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE participants_person SET address = 'lain'")
    wrong = backup.differences(tmp_path / "b", dsn=services.dsn)
    assert [line.split(":")[0] for line in wrong if "event" not in line] == ["participants_person"]


def test_nothing_is_overwritten(services, tmp_path):
    folder = tmp_path / "b"
    backup.backup(folder, dsn=services.dsn)
    with pytest.raises(backup.BackupRefused, match="not empty"):
        backup.backup(folder, dsn=services.dsn)
    with pytest.raises(backup.BackupRefused, match="database is not empty"):
        backup.restore(folder, dsn=services.dsn, files_dir=tmp_path / "files")
    with pytest.raises(backup.BackupRefused, match="holds no backup"):
        backup.restore(tmp_path / "nothing", dsn=services.dsn, files_dir=tmp_path / "files")


def test_keys_are_not_in_the_backup(services, tmp_path):
    backup.backup(tmp_path / "b", dsn=services.dsn)
    secret = (Path(settings.KEYS_DIR) / "encryption.keys").read_bytes().split(b":")[1].strip()[:20]
    assert all(secret not in file.read_bytes() for file in (tmp_path / "b").iterdir())
