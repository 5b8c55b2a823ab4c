"""From outbox to inbox and onward."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tests.factories import UserFactory
from core import clock, outbox
from core.models import OutboxMessage
from notifications import delivery, registry, services
from notifications.channels import email
from notifications.models import Channel, Notification

from .conftest import KIND, CloudApi, SmtpSink, calls

pytestmark = pytest.mark.django_db


def tell(user: User, key: str = "1", **more: Any) -> None:
    services.notify(user_id=user.pk, kind=KIND, ids={"user": str(user.pk)}, dedupe_key=key, **more)


def tell_everybody(users: list[User]) -> None:
    services.notify_many(
        services.Draft(user.pk, KIND, {"user": str(user.pk)}, f"semua:{user.pk}") for user in users
    )


def drain() -> None:
    """Relay until nothing is due."""
    while outbox.relay():
        pass


def deliver_again() -> None:
    """What a broker does that delivers every message a second time."""
    OutboxMessage.objects.update(done_at=None, claim=None, claimed_at=None)
    drain()


def test_an_unknown_kind_is_refused_before_anything_is_written() -> None:
    user = UserFactory()
    known = services.Draft(user.pk, KIND, {"user": str(user.pk)}, "a")
    with pytest.raises(registry.UnknownKind):
        services.notify_many([known, services.Draft(user.pk, "tidak_ada", {}, "b")])
    assert not OutboxMessage.objects.exists()


def test_a_message_reaches_inbox_and_mailbox() -> None:
    user = UserFactory(display_name="Siti Rahmawati", email="siti@contoh.test")
    tell(user)
    drain()
    message = Notification.objects.get()
    assert (message.recipient_id, message.title, message.body, message.url) == (
        user.pk,
        "Kabar untuk Siti Rahmawati",
        "Isi untuk Siti Rahmawati.",
        "/saya/",
    )
    assert message.is_unread
    assert message.emailed_at is not None
    [letter] = mail.outbox
    assert letter.to == ["siti@contoh.test"]
    assert letter.subject == "E-mail untuk Siti Rahmawati"
    assert "Isi untuk Siti Rahmawati." in letter.body
    assert "http://testserver/saya/" in letter.body
    assert "PIN" in letter.body


def test_the_outbox_holds_ids_and_no_words() -> None:
    user = UserFactory(display_name="Siti Rahmawati")
    tell(user)
    assert OutboxMessage.objects.get().ids == {"kind": KIND, "user": str(user.pk)}


def test_delivering_five_times_tells_once() -> None:
    user = UserFactory()
    tell(user)
    drain()
    services.mark_all_read(user=user, at=clock.now())
    for _time in range(4):
        deliver_again()
    message = Notification.objects.get()
    assert not message.is_unread
    assert len(mail.outbox) == 1


def test_the_same_cause_twice_is_one_message() -> None:
    user = UserFactory()
    tell(user)
    tell(user)
    drain()
    assert Notification.objects.count() == 1


def test_a_cause_that_is_undone_tells_nobody() -> None:
    user = UserFactory()
    with transaction.atomic():
        tell(user)
        transaction.set_rollback(True)
    drain()
    assert not Notification.objects.exists()


def test_a_record_that_is_gone_tells_nobody() -> None:
    user = UserFactory()
    services.notify(user_id=user.pk, kind=KIND, ids={"user": str(uuid4())}, dedupe_key="1")
    services.notify(user_id=uuid4(), kind=KIND, ids={"user": str(user.pk)}, dedupe_key="2")
    drain()
    assert not Notification.objects.exists()
    assert not OutboxMessage.objects.pending().exists()


def test_a_kind_that_is_no_longer_known_waits_and_the_others_go_out(monkeypatch: pytest.MonkeyPatch) -> None:
    user = UserFactory()
    registry.register("lama", title="", body="", url="/", context=lambda ids: [{} for _one in ids])
    services.notify(user_id=user.pk, kind="lama", ids={}, dedupe_key="lama")
    tell(user)
    del registry._kinds["lama"]
    drain()
    assert Notification.objects.get().kind == KIND
    assert "lama" in OutboxMessage.objects.get(dedupe_key="n:lama").last_error


def test_a_disabled_user_gets_no_mail() -> None:
    user = UserFactory(is_active=False)
    tell(user)
    drain()
    assert mail.outbox == []


def test_without_an_address_or_with_the_channel_off_the_inbox_is_enough() -> None:
    without, unwilling = UserFactory(email=None), UserFactory()
    services.set_channels(user=unwilling, enabled={Channel.EMAIL: False}, at=clock.now())
    tell_everybody([without, unwilling])
    drain()
    assert Notification.objects.count() == 2
    assert mail.outbox == []
    assert not OutboxMessage.objects.filter(kind="email").exists()


def test_switching_mail_off_counts_until_the_letter_is_posted() -> None:
    user = UserFactory()
    tell(user)
    assert outbox.relay() == 1
    services.set_channels(user=user, enabled={Channel.EMAIL: False}, at=clock.now())
    drain()
    assert mail.outbox == []


def test_not_before_is_kept() -> None:
    user = UserFactory()
    tell(user, not_before=clock.now() + timedelta(hours=1))
    drain()
    assert not Notification.objects.exists()


def test_a_chunk_costs_the_same_for_five_and_for_fifty() -> None:
    def queries_for(count: int) -> int:
        tell_everybody([UserFactory() for _n in range(count)])
        messages = list(OutboxMessage.objects.pending().filter(kind="notification"))
        with CaptureQueriesContext(connection) as captured:
            delivery.deliver(messages)
        OutboxMessage.objects.update(done_at=clock.now())
        return len(captured)

    assert queries_for(5) == queries_for(50) <= 8
    assert calls == [5, 50]


def test_mail_to_fifty_costs_as_many_queries_as_to_five() -> None:
    def queries_for(count: int) -> int:
        mail.outbox.clear()
        tell_everybody([UserFactory() for _n in range(count)])
        delivery.deliver(list(OutboxMessage.objects.pending().filter(kind="notification")))
        waiting = list(OutboxMessage.objects.pending().filter(kind="email"))
        with CaptureQueriesContext(connection) as captured:
            assert delivery.deliver_email(waiting) == {}
        OutboxMessage.objects.update(done_at=clock.now())
        assert len(mail.outbox) == count
        return len(captured)

    assert queries_for(5) == queries_for(50) <= 3


# Mail ------------------------------------------------------------------------------------------------


def test_a_chunk_goes_over_one_connection(smtp: SmtpSink) -> None:
    tell_everybody([UserFactory() for _n in range(20)])
    drain()
    assert (len(smtp.letters), smtp.connections) == (20, 1)


def test_a_server_that_is_away_leaves_the_inbox_and_is_tried_again(settings: Any, smtp: SmtpSink) -> None:
    user = UserFactory()
    settings.EMAIL_PORT = 9
    tell(user)
    drain()
    assert Notification.objects.count() == 1
    waiting = OutboxMessage.objects.get(kind="email")
    assert (waiting.attempts, waiting.parked_at) == (0, None)
    settings.EMAIL_PORT = smtp.port
    OutboxMessage.objects.pending().update(not_before=clock.now())
    drain()
    assert len(smtp.letters) == 1


def test_a_connection_lost_half_way_posts_every_letter_once(smtp: SmtpSink) -> None:
    users = [UserFactory() for _n in range(6)]
    smtp.hang_up_after = 3
    tell_everybody(users)
    drain()
    assert len(smtp.letters) == 3
    smtp.hang_up_after = None
    OutboxMessage.objects.pending().update(not_before=clock.now())
    drain()
    assert len(smtp.letters) == 6
    assert {letter.partition("Message-ID: ")[2].partition("\n")[0] for letter in smtp.letters} == {
        email.message_id(pk) for pk in Notification.objects.values_list("pk", flat=True)
    }


def test_an_address_refused_for_good_does_not_stop_the_others(smtp: SmtpSink) -> None:
    refused, busy, good = UserFactory(), UserFactory(), UserFactory()
    smtp.answers = {str(refused.email): "550 no such mailbox", str(busy.email): "451 come back later"}
    tell_everybody([refused, busy, good])
    drain()
    assert len(smtp.letters) == 1
    assert OutboxMessage.objects.pending().get().recipient_id == busy.pk
    smtp.answers = {}
    OutboxMessage.objects.pending().update(not_before=clock.now())
    drain()
    assert len(smtp.letters) == 2
    assert Notification.objects.get(recipient=refused).emailed_at is None


def test_numbers_typed_into_a_text_do_not_leave_by_mail() -> None:
    user = UserFactory()
    registry.register(
        "catatan",
        title="NIK 3174075206900001",
        body="NIK 3174 0752 0690 0001, telepon 0812-3456-7890",
        url="/saya/",
        context=lambda ids: [{} for _one in ids],
    )
    services.notify(user_id=user.pk, kind="catatan", ids={}, dedupe_key="1")
    drain()
    [letter] = mail.outbox
    assert "3174" not in letter.subject + letter.body
    assert "7890" not in letter.body


def test_a_name_with_line_breaks_cannot_write_headers() -> None:
    user = UserFactory(display_name="Siti\nBcc: lain@contoh.test")
    tell(user)
    drain()
    [letter] = mail.outbox
    assert letter.subject == "E-mail untuk Siti Bcc: lain@contoh.test"
    assert letter.recipients() == [user.email]


def test_without_a_provider_a_letter_is_one_file_however_often_it_is_delivered(
    settings: Any, tmp_path: Path
) -> None:
    settings.EMAIL_BACKEND = "notifications.channels.files.EmailFileBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "email"
    user = UserFactory(email="siti@contoh.test")
    tell(user)
    drain()
    Notification.objects.update(emailed_at=None)
    deliver_again()
    [file] = (tmp_path / "email").iterdir()
    letter = message_from_bytes(file.read_bytes())
    assert letter["To"] == "siti@contoh.test"
    assert letter["Message-ID"] == email.message_id(Notification.objects.get().pk)
    assert file.stat().st_mode & 0o077 == 0


# WhatsApp --------------------------------------------------------------------------------------------


def test_without_a_provider_nothing_waits_for_whatsapp() -> None:
    user = UserFactory(phone="+628120000001")
    tell(user)
    drain()
    assert not OutboxMessage.objects.filter(kind="whatsapp").exists()


def test_whatsapp_gets_the_approved_text_with_name_message_and_address(cloud_api: CloudApi) -> None:
    user = UserFactory(display_name="Siti", phone="+628120000001")
    tell(user)
    drain()
    [request] = cloud_api.requests
    assert (request["path"], request["token"]) == ("/1029/messages", "Bearer token")
    assert request["json"]["to"] == "+628120000001"
    template = request["json"]["template"]
    assert (template["name"], template["language"]) == ("pemberitahuan", {"code": "id"})
    texts = [parameter["text"] for parameter in template["components"][0]["parameters"]]
    assert texts == ["Siti", "Isi untuk Siti.", "http://testserver/saya/"]
    assert Notification.objects.get().whatsapp_at is not None


def test_whatsapp_is_sent_once_and_to_those_who_want_it(cloud_api: CloudApi) -> None:
    told, unwilling = UserFactory(phone="+628120000001"), UserFactory(phone="+628120000002")
    services.set_channels(user=unwilling, enabled={Channel.WHATSAPP: False}, at=clock.now())
    tell_everybody([told, unwilling, UserFactory()])
    drain()
    deliver_again()
    assert [request["json"]["to"] for request in cloud_api.requests] == ["+628120000001"]


def test_a_provider_that_asks_to_wait_gets_the_rest_later(cloud_api: CloudApi) -> None:
    tell_everybody([UserFactory(phone=f"+62812000000{n}") for n in range(1, 5)])
    cloud_api.statuses = [200, 429]
    drain()
    assert Notification.objects.filter(whatsapp_at=None).count() == 3
    OutboxMessage.objects.pending().update(not_before=clock.now())
    drain()
    assert not Notification.objects.filter(whatsapp_at=None).exists()
    assert len(cloud_api.requests) == 5


def test_a_provider_that_is_away_costs_no_attempt(settings: Any, cloud_api: CloudApi) -> None:
    settings.WHATSAPP_API_URL = "http://127.0.0.1:9"
    tell(UserFactory(phone="+628120000001"))
    drain()
    waiting = OutboxMessage.objects.get(kind="whatsapp")
    assert (waiting.attempts, waiting.done_at) == (0, None)


def test_a_number_the_provider_refuses_is_not_tried_again(cloud_api: CloudApi) -> None:
    tell(UserFactory(phone="+628120000001"))
    cloud_api.statuses = [400]
    drain()
    assert not OutboxMessage.objects.pending().exists()
    assert Notification.objects.get().whatsapp_at is None
