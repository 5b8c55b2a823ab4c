"""Sessions keep Django's promises with one statement for each act."""

from __future__ import annotations

import pytest
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import session_store
from accounts.session_store import SessionStore

pytestmark = pytest.mark.django_db(transaction=True)


def started(**content: str) -> SessionStore:
    store = SessionStore()
    store.update(content)
    store.save()
    return store


def test_a_new_session_is_one_insert_and_read_by_its_key() -> None:
    with CaptureQueriesContext(connection) as statements:
        store = started(milik="Siti")
    assert len(statements) == 1
    assert len(store.session_key or "") == 32
    assert SessionStore(store.session_key)["milik"] == "Siti"
    assert Session.objects.get().get_decoded() == {"milik": "Siti"}


def test_a_new_key_keeps_the_content_and_the_old_one_opens_nothing() -> None:
    planted = started(milik="Siti").session_key
    store = SessionStore(planted)
    store.cycle_key()
    assert store.session_key != planted
    assert SessionStore(planted).load() == {}
    store.save()
    assert SessionStore(store.session_key)["milik"] == "Siti"
    assert Session.objects.count() == 1


def test_a_key_drawn_twice_before_the_first_save_writes_one_row() -> None:
    store = SessionStore()
    store["milik"] = "Siti"
    store.cycle_key()
    first = store.session_key
    store.cycle_key()
    assert store.session_key != first
    store.save()
    store["milik"] = "Budi"
    store.save()
    assert Session.objects.count() == 1
    assert SessionStore(store.session_key)["milik"] == "Budi"


def test_a_session_that_ended_elsewhere_is_not_made_again() -> None:
    key = started(milik="Siti").session_key
    here, elsewhere = SessionStore(key), SessionStore(key)
    here["milik"] = "Budi"
    elsewhere.flush()
    with pytest.raises(UpdateError):
        here.save()
    assert not Session.objects.exists()


def test_a_key_that_somebody_has_is_refused_and_their_session_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_store.secrets, "token_hex", lambda size: "a" * 2 * size)
    started(milik="Siti")
    with pytest.raises(CreateError):
        started(milik="Budi")
    assert SessionStore("a" * 32)["milik"] == "Siti"


def test_a_row_that_an_act_inserts_is_written_again_only_when_it_has_changed() -> None:
    store = SessionStore()
    store["jalan"] = ["satu"]
    row = store.row()
    row.save(force_insert=True)
    with CaptureQueriesContext(connection) as statements:
        store.save()
    assert not statements
    assert store.modified  # so that the browser gets its key
    changed = SessionStore()
    changed["jalan"] = ["satu"]
    changed.row().save(force_insert=True)
    changed["jalan"].append("dua")
    changed.save()
    assert SessionStore(changed.session_key)["jalan"] == ["satu", "dua"]


def test_a_row_that_was_never_inserted_is_not_made_later() -> None:
    store = SessionStore()
    store["milik"] = "Siti"
    store.row()
    store["milik"] = "Budi"
    with pytest.raises(UpdateError):
        store.save()


def test_ending_a_session_that_was_never_written_asks_nothing() -> None:
    store = SessionStore()
    store.create()
    with CaptureQueriesContext(connection) as statements:
        store.flush()
    assert not statements
    assert store.is_empty()


def test_a_session_packed_by_an_earlier_release_is_still_read() -> None:
    packed = DatabaseSessions().encode({"milik": "Siti" * 40})
    assert packed.startswith(".")
    store = started(milik="Budi")
    Session.objects.update(session_data=packed)
    assert SessionStore(store.session_key)["milik"] == "Siti" * 40
