"""The audit log is written once, and tells who, what and why without personal numbers."""

import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from core import audit
from core.models import AuditEntry, Job
from core.privacy import redact_numbers, redact_values

pytestmark = pytest.mark.django_db


class Someone(SimpleNamespace):
    """Stands for a user: an id and a name."""

    def __str__(self) -> str:
        return str(self.name)


RATNA = Someone(pk=uuid.uuid4(), name="Ratna Dewi")


def entry() -> AuditEntry:
    return audit.record(
        actor=RATNA,
        action="nik.dilihat",
        obj=Job(pk=uuid.UUID(int=1)),
        reason="cocokkan KTP",
        detail={"n": 1},
    )


def test_an_entry_names_actor_record_and_reason() -> None:
    stored = AuditEntry.objects.get(pk=entry().pk)
    assert (stored.actor_id, stored.actor_label, stored.action) == (RATNA.pk, "Ratna Dewi", "nik.dilihat")
    assert (stored.object_type, stored.object_id) == ("core.job", str(uuid.UUID(int=1)))
    assert (stored.reason, stored.detail) == ("cocokkan KTP", {"n": 1})


def test_the_portal_itself_may_be_the_actor() -> None:
    stored = audit.record(actor=None, action="jadwal", obj=None)
    assert (stored.actor_id, stored.actor_label, stored.object_id) == (None, "", "")


def test_personal_numbers_are_not_kept() -> None:
    stored = audit.record(
        actor=RATNA,
        action="catatan",
        obj="3174077105950000",
        reason="NIK 3174 0771 0595 0000, HP 0812-0000-1234",
        detail={"lama": ["+6281200001234", 16], "id": str(uuid.UUID(int=2**100))},
    )
    assert stored.reason == "NIK [NIK], HP [nomor HP]"
    assert stored.detail == {"lama": ["[nomor HP]", 16], "id": str(uuid.UUID(int=2**100))}
    assert stored.object_id == "[NIK]"


def test_ids_and_hashes_are_no_personal_numbers() -> None:
    for text in (str(uuid.uuid4()), uuid.uuid4().hex, "0" * 64, "a0812000012345b", "2026-11-22T10:00:00"):
        assert redact_numbers(text) == text
    assert redact_values({"a": (1, None, "x")}) == {"a": [1, None, "x"]}


@pytest.mark.parametrize(
    "text", ["08-11-2026 10.30", "08.00-12.00", "Rp 8.500.000", "08/11/2026 pukul 08.00"]
)
def test_days_hours_and_amounts_are_no_phone_numbers(text: str) -> None:
    assert redact_numbers(f"Bertemu {text} di pusat") == f"Bertemu {text} di pusat"


@pytest.mark.parametrize(
    "text", ["081200001234", "0812 0000 1234", "08 12 00 00 12 34", "+62 812-0000-1234", "62812.0000.1234"]
)
def test_phone_numbers_are_found_however_they_are_grouped(text: str) -> None:
    assert redact_numbers(f"HP {text}, malam") == "HP [nomor HP], malam"


@pytest.mark.parametrize(
    "act",
    [
        lambda: AuditEntry.objects.update(reason="lain"),
        lambda: AuditEntry.objects.filter(actor_label="Ratna Dewi").delete(),
        lambda: AuditEntry.objects.bulk_update(
            [AuditEntry(pk=AuditEntry.objects.get().pk, reason="x")], ["reason"]
        ),
        lambda: connection.cursor().execute("DELETE FROM core_auditentry"),
        lambda: connection.cursor().execute("TRUNCATE core_auditentry"),
        lambda: connection.cursor().execute("UPDATE core_auditentry SET at = now()"),
    ],
)
def test_the_database_refuses_every_change(act: Any) -> None:
    stored = entry()
    connection.cursor().execute(
        "SET LOCAL okoce.allow_truncate = 'off'"
    )  # whatever the tests' server is set to
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        act()
    assert AuditEntry.objects.get().reason == stored.reason


def test_a_redaction_is_recorded_and_closes_behind_itself() -> None:
    stored = entry()
    rows = AuditEntry.objects.filter(pk=stored.pk)
    changed = audit.redact(
        rows, actor=RATNA, reason="permintaan hapus", obj="orang", values={"reason": "[dihapus]"}
    )
    assert changed == 1
    assert AuditEntry.objects.get(pk=stored.pk).reason == "[dihapus]"
    log = AuditEntry.objects.get(action="data.disamarkan")
    assert log.detail == {"table": "core_auditentry", "columns": ["reason"], "rows": 1}
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        rows.update(reason="lagi")


def test_a_redaction_reaches_only_the_columns_that_may_be_redacted() -> None:
    entry()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        audit.redact(AuditEntry.objects.all(), actor=RATNA, reason="x", obj=None, values={"action": "lain"})
    assert AuditEntry.objects.get().action == "nik.dilihat"


def test_a_redaction_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        audit.redact(AuditEntry.objects.all(), actor=RATNA, reason=" ", obj=None, values={"reason": ""})


def test_a_failed_redaction_leaves_the_table_closed() -> None:
    entry()
    with pytest.raises(IntegrityError), transaction.atomic():
        audit.redact(AuditEntry.objects.all(), actor=RATNA, reason="x", obj=None, values={"action": "lain"})
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        AuditEntry.objects.update(reason="lain")
