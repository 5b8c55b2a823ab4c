"""Rotating the encryption key keeps everything readable, whenever it is interrupted."""

import io
import uuid
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models
from django.test.utils import isolate_apps

from core import crypto, keys, rotation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("keys_dir")]

with isolate_apps("core"):

    class Secret(models.Model):
        """A table of this test alone."""

        id = models.UUIDField(primary_key=True, default=uuid.uuid4)
        nik = crypto.SealedField(null=True)
        phone = crypto.SealedField(null=True)

        class Meta:
            app_label = "core"
            db_table = "core_test_secret"


@pytest.fixture(autouse=True)
def secrets(db: None, keys_dir: Path, monkeypatch: pytest.MonkeyPatch) -> list[Secret]:
    """Twelve rows, each with a NIK and every third without a phone, in batches of five."""
    with connection.schema_editor() as editor:
        editor.create_model(Secret)
    fields = [(Secret, Secret._meta.get_field(name)) for name in ("nik", "phone")]
    monkeypatch.setattr(rotation, "sealed_fields", lambda: iter(fields))
    monkeypatch.setattr(rotation, "BATCH", 5)
    monkeypatch.setattr(rotation, "WRITERS_END_SECONDS", 0.0)
    rows = []
    for number in range(12):
        row = Secret()
        crypto.set_sealed(row, "nik", f"31740771059500{number:02}")
        crypto.set_sealed(row, "phone", f"+62812000000{number:02}" if number % 3 else None)
        rows.append(row)
    Secret.objects.bulk_create(rows)
    return rows


def assert_readable(rows: list[Secret]) -> None:
    stored = Secret.objects.in_bulk([row.pk for row in rows])
    for number, row in enumerate(rows):
        assert crypto.get_sealed(stored[row.pk], "nik") == f"31740771059500{number:02}"
        expected = f"+62812000000{number:02}" if number % 3 else None
        assert crypto.get_sealed(stored[row.pk], "phone") == expected


def rotate(*arguments: str) -> str:
    out = io.StringIO()
    call_command("rotate_keys", *arguments, stdout=out)
    return out.getvalue()


def test_rotation_moves_every_value_to_the_new_key(secrets: list[Secret], keys_dir: Path) -> None:
    old = keys.read_encryption(keys_dir).active
    assert "20 values sealed again" in rotate()
    new = keys.read_encryption(keys_dir).active
    assert new != old
    assert rotation.keys_in_use() == {new: 20}
    assert old in keys.read_encryption(keys_dir).by_id
    assert_readable(secrets)


def test_an_interrupted_rotation_goes_on_with_the_same_key(secrets: list[Secret], keys_dir: Path) -> None:
    def stop(column: str, done: int) -> None:
        raise KeyboardInterrupt

    new = keys.add_encryption_key(keys_dir)
    with pytest.raises(KeyboardInterrupt):
        rotation.reseal_all(progress=stop)
    assert rotation.keys_in_use()[new] == 5
    assert_readable(secrets)
    assert "unfinished" in rotate()
    assert rotation.keys_in_use() == {new: 20}
    assert keys.read_encryption(keys_dir).active == new
    assert_readable(secrets)


def test_pruning_removes_only_keys_without_values(secrets: list[Secret], keys_dir: Path) -> None:
    old = keys.read_encryption(keys_dir).active
    keys.add_encryption_key(keys_dir)
    assert rotation.prune() == []  # every value still needs the old key
    assert f"Removed: {old}" in rotate("--prune")
    assert len(keys.read_encryption(keys_dir).by_id) == 1
    assert_readable(secrets)


def test_two_values_swapped_between_rows_are_noticed(secrets: list[Secret]) -> None:
    first, second = secrets[1], secrets[2]
    Secret.objects.filter(pk=first.pk).update(nik=second.nik)
    Secret.objects.filter(pk=second.pk).update(nik=first.nik)
    for row in Secret.objects.filter(pk__in=[first.pk, second.pk]):
        with pytest.raises(crypto.SealBroken):
            crypto.get_sealed(row, "nik")
    with pytest.raises(crypto.SealBroken, match=r"core_test_secret\.nik:"):
        rotate()


def test_a_value_swapped_between_columns_is_noticed(secrets: list[Secret]) -> None:
    Secret.objects.filter(pk=secrets[1].pk).update(nik=models.F("phone"))
    with pytest.raises(crypto.SealBroken):
        crypto.get_sealed(Secret.objects.get(pk=secrets[1].pk), "nik")


@pytest.mark.parametrize(("value", "error"), [("3174077105950000", TypeError), (b"3174", crypto.SealBroken)])
def test_a_sealed_column_takes_nothing_plain(value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        Secret.objects.create(nik=value)


def test_the_real_columns_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    found = {f"{model._meta.label}.{field.name}" for model, field in rotation.sealed_fields()}
    expected = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.local_fields
        if field.name.endswith("_sealed")
    }
    assert found == expected
    assert "accounts.User.phone_sealed" in found
