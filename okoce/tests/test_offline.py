"""What a browser keeps for times without signal: the same for everybody, and nothing of anybody."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.test import Client, override_settings

from accounts.models import Role, User
from accounts.tests.factories import UserFactory, staff
from okoce import offline
from participants.tests.factories import center_of, participant

pytestmark = pytest.mark.django_db


def entered(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.LoginBackend")
    return client


def shell_of(script: str) -> dict[str, Any]:
    """The list in the first line of the worker."""
    first, _, _ = script.partition("\n")
    shell: dict[str, Any] = json.loads(first.removeprefix("const SHELL = ").removesuffix(";"))
    return shell


@pytest.mark.parametrize(("role", "back"), [(Role.PENDAMPING, "/pendamping/"), (Role.PENGELOLA, "/antrean/")])
@override_settings(DEMO_MODE=True)
def test_the_list_of_sendings_leads_back_to_the_own_work(role: Role, back: str) -> None:
    client = entered(staff(role, center_of().code, is_demo=True))
    assert f'href="{back}">Ke ' in client.get("/kiriman/").content.decode()
    assert client.get(back).status_code == 200


@override_settings(DEMO_MODE=True)
def test_the_worker_stands_at_the_root_is_asked_for_anew_and_keeps_only_static_files(client: Client) -> None:
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    policy = answer["Content-Security-Policy"]
    for directive in ("worker-src 'self'", "manifest-src 'self'", "connect-src 'self'"):
        assert directive in policy
    again = client.get("/sw.js", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    shell = shell_of(answer.content.decode())
    assert shell["page"] == "/tanpa-sinyal/"
    assert len(shell["files"]) == len(offline.KEPT_FILES)
    assert all(address.startswith("/static/") for address in shell["files"])
    admin = staff(Role.ADMIN, "ID", is_demo=True)
    for path in shell["signOut"]:
        assert entered(admin).post(path).status_code in (200, 302, 303), path


def test_the_worker_changes_with_what_it_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    before = shell_of(offline._script.__wrapped__())["version"]
    assert shell_of(offline._script.__wrapped__())["version"] == before
    monkeypatch.setattr(offline, "offline_page", lambda: "another page")
    assert shell_of(offline._script.__wrapped__())["version"] != before


def test_the_page_without_signal_is_the_same_for_everybody_and_knows_nobody(client: Client) -> None:
    coach = staff(Role.PENDAMPING, center_of().pk, display_name="Ratna Dewi")
    client.cookies["tema"] = "gelap"
    own = entered(coach).get("/tanpa-sinyal/").content
    assert client.get("/tanpa-sinyal/").content == own
    for part in (b"Ratna", b"csrf", b"nonce", b"data-author"):
        assert part not in own


def test_the_probe_tells_who_is_signed_in_and_gives_strangers_no_token(client: Client) -> None:
    assert client.get("/sinyal/").json() == {"author": "", "token": ""}
    user = UserFactory()
    answer = entered(user).get("/sinyal/")
    assert answer.json()["author"] == str(user.pk)
    assert len(answer.json()["token"]) == 64
    assert "no-store" in answer["Cache-Control"]


def test_the_app_can_be_installed(client: Client) -> None:
    manifest = client.get("/manifest.webmanifest")
    assert manifest["Content-Type"] == "application/manifest+json"
    content = manifest.json()
    assert (content["start_url"], content["display"], content["lang"]) == ("/", "standalone", "id")
    for icon in content["icons"]:
        assert finders.find(urlsplit(icon["src"]).path.removeprefix("/static/"))
    assert {icon["purpose"] for icon in content["icons"]} == {"any", "maskable"}
    assert b'rel="manifest"' in client.get("/daftar/").content


@override_settings(DEMO_MODE=True)
def test_only_pages_of_people_with_such_forms_load_the_send_queue(client: Client) -> None:
    center = center_of("P31.74.07")
    coach = staff(Role.PENDAMPING, center.pk, is_demo=True)
    page = entered(coach).get("/akun/").content.decode()
    assert f'queue.js" defer data-author="{coach.pk}"' in page
    citizen = participant(center=center).person.user
    assert citizen is not None
    for visitor, path in ((client, "/daftar/"), (client, "/"), (entered(citizen), "/akun/")):
        assert "queue.js" not in visitor.get(path).content.decode(), path


@override_settings(DEMO_MODE=True)
def test_only_a_stranger_gets_a_form_with_a_draft(client: Client) -> None:
    """Who is signed in registers somebody else: nothing of that person may stay on the device."""
    assert b'data-draft="baru"' in client.get("/daftar/").content
    assert b'data-draft="terkirim"' in client.post("/daftar/", {}).content
    center = center_of("P31.74.07")
    manager = entered(staff(Role.PENGELOLA, center.pk, is_demo=True))
    assert (
        b'<form class="form groups" action="/daftar/" method="post" novalidate>'
        in manager.get("/daftar/").content
    )
    counter = manager.get("/loket/").content
    assert b'data-draft="loket"' in counter
    assert b"data-offer" not in counter
