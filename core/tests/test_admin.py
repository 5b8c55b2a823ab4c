"""The admin pages of core change nothing, save bringing parked messages back."""

import pytest
from django.contrib import admin
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import RequestFactory

from core import clock, outbox
from core.models import AuditEntry, Job, OutboxMessage


@pytest.mark.parametrize("model", [AuditEntry, OutboxMessage, Job])
def test_rows_cannot_be_added_changed_or_deleted(model: type) -> None:
    page = admin.site._registry[model]
    request = RequestFactory().get("/")
    assert not page.has_add_permission(request)
    assert not page.has_change_permission(request)
    assert not page.has_delete_permission(request)


@pytest.mark.django_db
def test_parked_messages_can_be_sent_again() -> None:
    outbox.enqueue(kind="uji", recipient=None, ids={}, dedupe_key="a")
    OutboxMessage.objects.update(parked_at=clock.now(), attempts=10)
    request = RequestFactory().post("/")
    request.session = {}  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    admin.site._registry[OutboxMessage].send_again(request, OutboxMessage.objects.all())  # type: ignore[attr-defined]
    assert [str(message) for message in request._messages] == ["1 pesan akan dikirim lagi."]  # type: ignore[attr-defined]
    assert OutboxMessage.objects.pending().get().attempts == 0
