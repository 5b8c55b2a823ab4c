"""The inbox and the channels, as their owner and as a stranger see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from accounts.tests.factories import PesertaUserFactory, UserFactory, staff
from core import clock
from notifications import readers, services
from notifications.models import Channel, Notification

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)


def message(user: User, position: int = 0, **fields: object) -> Notification:
    """One message; a higher position is newer. Every second one shares its instant with the one before."""
    values = {
        "recipient": user,
        "kind": "uji",
        "dedupe_key": str(uuid4()),
        "title": f"Judul {position:03d}",
        "body": "Isi",
        "url": "/saya/",
        "created_at": START + timedelta(minutes=position // 2),
    }
    return Notification.objects.create(**(values | fields))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def citizen() -> User:
    return PesertaUserFactory()


def titles(response: object) -> list[str]:
    return [shown.title for shown in response.context["page"].messages]  # type: ignore[attr-defined]


def test_strangers_are_led_to_sign_in() -> None:
    for address in ("/pesan/", "/pesan/pengaturan/"):
        response = Client().get(address)
        assert response.status_code == 303
        assert response["Location"].startswith("/masuk/")


def test_the_inbox_shows_own_messages_only_and_marks_the_unread(citizen: User) -> None:
    message(citizen, title="Belum", url="/saya/")
    message(citizen, title="Sudah", read_at=START)
    message(UserFactory(), title="Rahasia orang lain")
    page = signed_in(citizen).get("/pesan/").content.decode()
    assert "1 pesan belum dibaca." in page
    assert page.count("Belum dibaca</span>") == 1
    assert "Rahasia" not in page


def test_an_admin_does_not_see_the_messages_of_others(citizen: User) -> None:
    message(citizen, title="Rahasia")
    admin = staff(Role.ADMIN)
    assert list(Notification.objects.visible_to(admin)) == []


def test_an_empty_inbox_says_what_will_come(citizen: User) -> None:
    page = signed_in(citizen).get("/pesan/").content.decode()
    assert "Belum ada pesan" in page
    assert "Kabar tentang langkah Anda akan tampil di sini." in page


def test_what_a_text_contains_is_never_markup(citizen: User) -> None:
    message(citizen, title="<b>x</b>", body="<script>alert(1)</script>")
    page = signed_in(citizen).get("/pesan/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_pages_go_by_key_through_every_message_once_and_back(citizen: User) -> None:
    for position in range(45):
        message(citizen, position)
    client = signed_in(citizen)
    shown, addresses, address = [], [], "/pesan/"
    while address:
        response = client.get(address)
        addresses.append(address)
        shown.append(titles(response))
        older = response.context["page"].older
        address = f"/pesan/?sesudah={older.pk}" if older else ""
    assert [len(page) for page in shown] == [20, 20, 5]
    everything = [title for page in shown for title in page]
    assert len(set(everything)) == 45
    minutes = [int(title.split()[1]) // 2 for title in everything]
    assert minutes == sorted(minutes, reverse=True)
    back = client.get(f"/pesan/?sebelum={client.get(addresses[2]).context['page'].newer.pk}")
    assert titles(back) == shown[1]
    assert titles(client.get(f"/pesan/?sebelum={back.context['page'].newer.pk}")) == shown[0]


def test_a_page_costs_the_same_for_one_and_for_twenty_messages(citizen: User) -> None:
    client = signed_in(citizen)
    message(citizen)
    client.get("/pesan/")
    counts = []
    for more in (0, 19):
        for position in range(more):
            message(citizen, position)
        with CaptureQueriesContext(connection) as captured:
            client.get("/pesan/")
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 12


@pytest.mark.parametrize("key", ["sesudah", "sebelum"])
def test_a_key_that_is_not_ones_own_is_not_found(citizen: User, key: str) -> None:
    foreign = message(UserFactory())
    client = signed_in(citizen)
    for value in (foreign.pk, uuid4(), "bukan-kunci", "%00", "１"):
        assert client.get("/pesan/", {key: str(value)}).status_code == 404


def test_marking_one_as_read_leaves_the_others(citizen: User) -> None:
    first, second = message(citizen), message(citizen, 1)
    response = signed_in(citizen).post(f"/pesan/{first.pk}/dibaca/")
    assert (response.status_code, response["Location"]) == (303, "/pesan/")
    first.refresh_from_db()
    second.refresh_from_db()
    assert not first.is_unread
    assert second.is_unread


def test_opening_marks_as_read_and_goes_where_the_message_leads(citizen: User) -> None:
    first = message(citizen, url="/laporan/")
    response = signed_in(citizen).post(f"/pesan/{first.pk}/dibaca/", {"buka": "1"})
    assert (response.status_code, response["Location"]) == (303, "/laporan/")
    assert services.unread_count(citizen) == 0


def test_a_foreign_message_answers_like_a_missing_one_and_stays_unread(citizen: User) -> None:
    foreign = message(UserFactory())
    client = signed_in(citizen)
    assert client.post(f"/pesan/{foreign.pk}/dibaca/").status_code == 404
    assert client.post(f"/pesan/{uuid4()}/dibaca/").status_code == 404
    foreign.refresh_from_db()
    assert foreign.is_unread


def test_reading_needs_a_post(citizen: User) -> None:
    own = message(citizen)
    client = signed_in(citizen)
    assert client.get(f"/pesan/{own.pk}/dibaca/").status_code == 405
    assert client.get("/pesan/dibaca/").status_code == 405
    assert client.post("/pesan/").status_code == 405


def test_all_can_be_marked_as_read_at_once(citizen: User) -> None:
    other = message(UserFactory())
    message(citizen)
    message(citizen, 1)
    assert signed_in(citizen).post("/pesan/dibaca/").status_code == 303
    assert services.unread_count(citizen) == 0
    other.refresh_from_db()
    assert other.is_unread


def test_counting_the_unread_is_one_query_and_ends_at_a_hundred(citizen: User) -> None:
    for position in range(105):
        message(citizen, position)
    with CaptureQueriesContext(connection) as captured:
        assert services.unread_count(citizen) == 100
    assert len(captured) == 1


def test_channels_are_on_until_they_are_switched_off(citizen: User) -> None:
    client = signed_in(citizen)
    assert services.channels_of(citizen) == {Channel.EMAIL: True, Channel.WHATSAPP: True}
    response = client.post("/pesan/pengaturan/", {"whatsapp": "on"})
    assert (response.status_code, response["Location"]) == (303, "/pesan/pengaturan/")
    assert services.channels_of(citizen) == {Channel.EMAIL: False, Channel.WHATSAPP: True}
    client.post("/pesan/pengaturan/", {"email": "on", "whatsapp": "on"})
    assert services.channels_of(citizen) == {Channel.EMAIL: True, Channel.WHATSAPP: True}


def test_the_channels_page_shows_what_is_chosen(citizen: User) -> None:
    services.set_channels(user=citizen, enabled={Channel.EMAIL: False}, at=clock.now())
    page = signed_in(citizen).get("/pesan/pengaturan/").content.decode()
    assert 'name="email" aria' in page
    assert 'name="whatsapp" checked' in page
    assert "Layanan WhatsApp belum tersambung." in page
    assert str(citizen.email) in page


def test_a_message_leads_only_into_the_portal(citizen: User) -> None:
    for url in ("https://lain.test/", "//lain.test/", ""):
        with pytest.raises(IntegrityError), transaction.atomic():
            message(citizen, url=url)


# where the reader lives ----------------------------------------------------------------------------------


@pytest.fixture
def one_source(monkeypatch: pytest.MonkeyPatch) -> Callable[[readers.Reader | None], None]:
    """Let a test say what is known of readers."""

    def say(found: readers.Reader | None) -> None:
        monkeypatch.setattr(readers, "_sources", [lambda _user: found])

    return say


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "2 November 2026, 10.00 WIB"),
        (readers.Reader("Asia/Jayapura"), "2 November 2026, 12.00 WIT"),
    ],
)
def test_moments_are_told_in_the_readers_zone(
    citizen: User,
    one_source: Callable[[readers.Reader | None], None],
    found: readers.Reader | None,
    words: str,
) -> None:
    one_source(found)
    message(citizen)
    assert words in signed_in(citizen).get("/pesan/").content.decode()


def test_the_centre_of_the_reader_is_the_one_to_ask(
    citizen: User, one_source: Callable[[readers.Reader | None], None]
) -> None:
    one_source(readers.Reader(center={"name": "Pusat Tebet", "whatsapp": "+628120000017"}))
    page = signed_in(citizen).get("/pesan/").content.decode()
    assert "Pusat Tebet" in page
    assert 'href="https://wa.me/628120000017"' in page


def test_nothing_is_promised_that_no_page_offers(citizen: User, settings) -> None:
    settings.WHATSAPP_TOKEN = ""
    page = signed_in(citizen).get("/pesan/pengaturan/").content.decode()
    assert "tidak ada pesan yang dikirim ke sana" in page
    assert "meneruskan" not in page
