"""Rows of several tables written in one round trip, as their models would write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core.crypto import SealBroken
from core.inserts import insert_together
from core.models import AuditEntry, Job, OutboxMessage

pytestmark = pytest.mark.django_db
User: Any = get_user_model()
AT = datetime(2026, 3, 2, 4, 5, 6, 789, tzinfo=UTC)


def test_rows_of_three_tables_cost_one_statement() -> None:
    with CaptureQueriesContext(connection) as statements:
        insert_together(
            [
                User(display_name="Siti"),
                AuditEntry(action="uji"),
                AuditEntry(action="uji"),
                OutboxMessage(kind="uji", dedupe_key="a"),
            ]
        )
    assert len(statements) == 1
    assert (User.objects.count(), AuditEntry.objects.count(), OutboxMessage.objects.count()) == (1, 2, 1)


def test_nothing_to_write_asks_nothing() -> None:
    with CaptureQueriesContext(connection) as statements:
        insert_together([])
    assert not statements


def job(**changes: Any) -> Job:
    fields: dict[str, Any] = {
        "kind": "uji",
        "params": {"a": [1, "dua 'tiga'; --", None], "%s": "%"},
        "requested_by_id": uuid4(),
        "note": "kutip ' dan %s; SELECT 1",
        "created_at": AT,
    }
    return Job(**(fields | changes))


def test_every_value_is_stored_as_save_stores_it() -> None:
    together, alone = job(), job()
    alone.requested_by_id = together.requested_by_id
    insert_together([together])
    alone.save()
    stored = list(Job.objects.filter(pk__in=[together.pk, alone.pk]).values())
    for row in stored:
        del row["id"]
    assert stored[0] == stored[1]


def test_text_where_a_number_or_an_id_belongs_is_converted_by_the_field() -> None:
    requester = uuid4()
    row = job(requested_by_id=str(requester), total="7", params="teks")
    insert_together([row])
    row.refresh_from_db()
    assert (row.requested_by_id, row.total, row.params) == (requester, 7, "teks")


def test_a_field_of_our_own_still_refuses_what_is_not_sealed() -> None:
    with pytest.raises(SealBroken):
        insert_together([User(display_name="Siti", phone_sealed=b"0812", phone_index=b"x")])
    assert not User.objects.exists()


def test_a_refused_row_takes_all_others_along() -> None:
    rows = [User(display_name="Siti"), User(display_name="")]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_together(rows)
    assert not User.objects.exists()


def test_a_written_row_is_updated_by_save_afterwards() -> None:
    user = User(display_name="Siti")
    insert_together([user])
    user.display_name = "Siti Aminah"
    with CaptureQueriesContext(connection) as statements:
        user.save()
    assert [re.match(r"\w+", entry["sql"])[0] for entry in statements] == ["UPDATE"]  # type: ignore[index]
    assert User.objects.get().display_name == "Siti Aminah"
